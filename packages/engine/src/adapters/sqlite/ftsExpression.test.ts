import { AkiDbError } from "@akidb/base";
import Sqlite from "better-sqlite3";
import fc from "fast-check";
import { expect, it } from "vitest";
import { ftsExpression } from "../../fullText/ftsExpression.ts";
import { parseFullText } from "../../fullText/parseFullText.ts";
import { wordFormsOf } from "../../fullText/wordForms.ts";
import { textTable } from "./textSchema.ts";

it.each(["none", "german"] as const)(
  "a query is understood by SQLite whenever it is at all (%s)",
  async (language) => {
    const forms = await wordFormsOf(language);
    const written = (query: string): string => ftsExpression(parseFullText(query), forms).matches;
    const database = new Sqlite(":memory:");
    database.exec(textTable("texts", language));
    database.exec("insert into texts (rowid, text) values (1, 'a b c')");
    const match = database.prepare("select bm25(texts) from texts where texts match ?");
    const piece = fc.oneof(
      fc.constantFrom(
        "a",
        "b",
        "Häuser",
        '"',
        "(",
        ")",
        "*",
        "+",
        "-",
        " AND ",
        " OR ",
        " NOT ",
        " ",
        "NEAR(",
        ":",
        "^",
        "{",
        "}",
      ),
      fc.constantFrom(
        "\0",
        "\\",
        "'",
        ";",
        "--",
        "東京",
        "é",
        "e\u0301",
        "\u{1F600}",
        "\uD800",
        "\uFDD0",
        "𞤀",
        "½",
      ),
      fc.string({ unit: "binary", maxLength: 4 }),
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 24 }), (pieces) => {
        const query = pieces.join("");
        let parsed: ReturnType<typeof parseFullText>;
        try {
          parsed = parseFullText(query);
        } catch (error) {
          expect(error).toBeInstanceOf(AkiDbError);
          return;
        }
        const { matches, scores } = ftsExpression(parsed, forms);
        match.all(matches);
        if (scores !== undefined) match.all(scores);
      }),
      { numRuns: 700 },
    );
    match.all(
      written(
        Array.from({ length: 1_000 }, (_, n) => `häuser${String.fromCharCode(97 + (n % 26))}en*`).join(" "),
      ),
    );
    match.all(written(`${"(".repeat(32)}a${" AND Häuser*) OR c".repeat(32)}`));
    database.close();
  },
);

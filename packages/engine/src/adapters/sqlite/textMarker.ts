import type { TextLanguage } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { MarkedText } from "../../documents/documentTexts.ts";
import { anyPhraseOf } from "../../fullText/ftsExpression.ts";
import type { FullTextPhrase } from "../../fullText/fullTextQuery.ts";
import { boundary, withoutBoundaries } from "../../fullText/textForm.ts";
import { wordFormsOf } from "../../fullText/wordForms.ts";
import { markedTable } from "./textSchema.ts";

/** Noncharacters of Unicode, which no text is meant to have; one that has them loses them here. */
const [open, close] = ["\uFDD1", "\uFDD2"] as const;
const reserved = /[\uFDD1\uFDD2]/g;

/** They do not nest, so each one opens or closes. */
const mark = /[\uFDD1\uFDD2]/;

/** What would be taken for one of ours, else. */
const unreserved = (text: string): string => text.replace(reserved, "\uFFFD").replaceAll(boundary, "\n");

/** Tells what FTS5 takes for a match in texts, by an index of them alone. */
export class TextMarker {
  readonly #databases = new Map<TextLanguage, Database>();

  async mark(
    texts: readonly string[],
    phrases: readonly FullTextPhrase[],
    language: TextLanguage,
  ): Promise<readonly MarkedText[]> {
    const forms = await wordFormsOf(language);
    const database = this.#open(language);
    database.exec("begin");
    try {
      const add = database.prepare("insert into marked (rowid, text) values (?, ?)");
      for (const [index, text] of texts.entries()) add.run(index, forms.formOf(unreserved(text)));
      const marked = new Map(
        database
          .prepare<[open: string, close: string, match: string], readonly [index: number, text: string]>(
            "select rowid, highlight(marked, 0, ?, ?) from marked where marked match ?",
          )
          .raw()
          .all(open, close, anyPhraseOf(phrases, forms)),
      );
      return texts.map((text, index) => {
        const form = marked.get(index);
        return form === undefined ? [text] : joined(forms.inText(unreserved(text), form.split(mark)));
      });
    } finally {
      database.exec("rollback");
    }
  }

  close(): void {
    for (const database of this.#databases.values()) database.close();
    this.#databases.clear();
  }

  #open(language: TextLanguage): Database {
    const existing = this.#databases.get(language);
    if (existing !== undefined) return existing;
    const database = new Sqlite(":memory:");
    database.exec(markedTable("marked", language));
    this.#databases.set(language, database);
    return database;
  }
}

/** What touches is one. */
function joined(pieces: MarkedText): MarkedText {
  const [first = "", ...others] = pieces.map(withoutBoundaries);
  const result = [first];
  for (let at = 0; at < others.length; at += 2) {
    const [sought, following] = [others[at]!, others[at + 1]!];
    if (result.length > 1 && result.at(-1) === "") {
      result.pop();
      result.push(result.pop()! + sought, following);
    } else result.push(sought, following);
  }
  return result;
}

import type { TextLanguage } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { MarkedText } from "../../documents/documentTexts.ts";
import { boundary, tokenizerForm, withoutBoundaries } from "../../fullText/textForm.ts";
import { markedTable } from "./textSchema.ts";

/** Noncharacters of Unicode, which no text is meant to have; one that has them loses them here. */
const [open, close] = ["\uFDD1", "\uFDD2"] as const;
const reserved = /[\uFDD1\uFDD2]/g;

/** What would be taken for one of ours, else. */
const unreserved = (text: string): string => text.replace(reserved, "\uFFFD").replaceAll(boundary, "\n");

/** Tells what FTS5 takes for a match in texts, by an index of them alone. */
export class TextMarker {
  readonly #databases = new Map<TextLanguage, Database>();

  /** @param expression of FTS5: any of the phrases to be marked */
  mark(texts: readonly string[], expression: string, language: TextLanguage): readonly MarkedText[] {
    const database = this.#open(language);
    database.exec("begin");
    try {
      const add = database.prepare("insert into marked (rowid, text) values (?, ?)");
      for (const [index, text] of texts.entries()) add.run(index, tokenizerForm(unreserved(text)));
      const marked = new Map(
        database
          .prepare<[open: string, close: string, match: string], readonly [index: number, text: string]>(
            "select rowid, highlight(marked, 0, ?, ?) from marked where marked match ?",
          )
          .raw()
          .all(open, close, expression),
      );
      return texts.map((text, index) => piecesOf(marked.get(index) ?? text));
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

/** Marks do not nest, so each one opens or closes. What touches is one. */
const piecesOf = (marked: string): MarkedText =>
  withoutBoundaries(marked)
    .replaceAll(close + open, "")
    .split(/[\uFDD1\uFDD2]/);

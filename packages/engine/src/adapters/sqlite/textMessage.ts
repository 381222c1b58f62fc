import type { TextLanguage } from "@akidb/base";
import type { MarkedText } from "../../documents/documentTexts.ts";
import type { TextHits } from "../../documents/textReading.ts";
import type { FullTextPhrase, FullTextQuery } from "../../fullText/fullTextQuery.ts";
import type { WriteFailure } from "./documentWriteMessage.ts";
import type { TextFile } from "./textReadings.ts";

/** To the thread that searches texts. Each is answered once, `close` never. */
export type TextRequest = { readonly requestId: number } & TextTask;

export type TextTask =
  | { readonly kind: "open"; readonly readingId: number; readonly file: TextFile }
  | {
      readonly kind: "search";
      readonly readingId: number;
      readonly query: FullTextQuery;
      /** Not zero as soon as nobody waits any more: shared, since a message would come too late. */
      readonly cancelled: Int32Array<SharedArrayBuffer>;
    }
  | { readonly kind: "next"; readonly readingId: number; readonly count: number }
  | { readonly kind: "close"; readonly readingId: number }
  | {
      readonly kind: "mark";
      readonly texts: readonly string[];
      readonly phrases: readonly FullTextPhrase[];
      readonly language: TextLanguage;
    }
  | { readonly kind: "forget"; readonly path: string };

export type TextReply = { readonly requestId: number } & (
  | { readonly kind: "opened"; readonly appliedLsn: number; readonly isComplete: boolean }
  | { readonly kind: "found"; readonly count: number }
  | { readonly kind: "hits"; readonly hits: TextHits }
  | { readonly kind: "marked"; readonly texts: readonly MarkedText[] }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly failure: WriteFailure }
);

import type { StoredPoints } from "../geoPoints.ts";
import type { KeywordImage, StoredKeywords } from "../keywordIndex.ts";
import type { StoredPostings } from "../postingList.ts";
import type { StoredRuns } from "../sortedRuns.ts";
import type { PartImage } from "./partImage.ts";

/** What a file's directory says of a field; its regions come in the order of these. */
export interface StoredField {
  readonly path: string;
  readonly exists: StoredPostings;
  readonly nulls: StoredPostings;
  readonly trues: StoredPostings;
  readonly falses: StoredPostings;
  readonly longTexts: StoredPostings;
  readonly strings?: StoredPostings | undefined;
  readonly numbers?: StoredRuns | undefined;
  readonly instants?: StoredRuns | undefined;
  readonly points?: StoredPoints | undefined;
  readonly keywords?: StoredKeywords | undefined;
}

interface FieldParts {
  readonly exists: PartImage<StoredPostings>;
  readonly nulls: PartImage<StoredPostings>;
  readonly trues: PartImage<StoredPostings>;
  readonly falses: PartImage<StoredPostings>;
  readonly longTexts: PartImage<StoredPostings>;
  readonly strings: PartImage<StoredPostings> | undefined;
  readonly numbers: PartImage<StoredRuns> | undefined;
  readonly instants: PartImage<StoredRuns> | undefined;
  readonly points: PartImage<StoredPoints> | undefined;
  readonly keywords: KeywordImage | undefined;
}

/** A field at the moment of its making. */
export class FieldImage implements Disposable {
  readonly #path: string;
  readonly #parts: FieldParts;

  constructor(path: string, parts: FieldParts) {
    this.#path = path;
    this.#parts = parts;
  }

  async part(): Promise<PartImage<StoredField>> {
    const { exists, nulls, trues, falses, longTexts, strings, numbers, instants, points } = this.#parts;
    const keywords = await this.#parts.keywords?.part();
    const parts = [exists, nulls, trues, falses, longTexts, strings, numbers, instants, points, keywords];
    return {
      description: {
        path: this.#path,
        exists: exists.description,
        nulls: nulls.description,
        trues: trues.description,
        falses: falses.description,
        longTexts: longTexts.description,
        strings: strings?.description,
        numbers: numbers?.description,
        instants: instants?.description,
        points: points?.description,
        keywords: keywords?.description,
      },
      regions: parts.flatMap((part) => part?.regions ?? []),
    };
  }

  [Symbol.dispose](): void {
    this.#parts.keywords?.[Symbol.dispose]();
  }
}

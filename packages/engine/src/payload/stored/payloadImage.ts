import type { PayloadFieldType } from "@akidb/base";
import type { StreamedRegion } from "../../checkpoint/writeStreamedFile.ts";
import type { FieldImage, StoredField } from "./fieldImage.ts";
import { packedRegion, packRegions } from "./packedRegion.ts";
import { type PartImage, regionOf } from "./partImage.ts";

/** The first region of a file, as JSON. */
export interface PayloadDirectory {
  /** Absent where there are none. */
  readonly declared?: Readonly<Record<string, PayloadFieldType>>;
  readonly fieldsMax: number;
  readonly distinctMax: number;
  /** Whether there were more paths than had an index. */
  readonly isFull: boolean;
  readonly fields: readonly StoredField[];
  /** Of each region behind this one, the lengths of the parts in it. */
  readonly packs: readonly (readonly number[])[];
}

type PayloadHead = Omit<PayloadDirectory, "fields" | "packs">;

/** A payload index at one moment, to be written while rows are added and removed; to be disposed of then. */
export class PayloadImage implements Disposable {
  /** Every row of the collection, which is in it if it has anything to be there. */
  readonly rowCount: number;
  readonly #head: PayloadHead;
  readonly #fields: readonly FieldImage[];

  constructor(rowCount: number, head: PayloadHead, fields: readonly FieldImage[]) {
    this.rowCount = rowCount;
    this.#head = head;
    this.#fields = fields;
  }

  /** What a file has to hold. */
  async regions(): Promise<readonly StreamedRegion[]> {
    const parts: PartImage<StoredField>[] = [];
    for (const field of this.#fields) parts.push(await field.part());
    const packs = packRegions(parts.flatMap(({ regions }) => regions));
    const directory: PayloadDirectory = {
      ...this.#head,
      fields: parts.map(({ description }) => description),
      packs: packs.map((pack) => pack.map(({ byteLength }) => byteLength)),
    };
    const bytes = new TextEncoder().encode(JSON.stringify(directory));
    return [regionOf("directory", bytes), ...packs.map(packedRegion)];
  }

  [Symbol.dispose](): void {
    for (const field of this.#fields) field[Symbol.dispose]();
  }
}

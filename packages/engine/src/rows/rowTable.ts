import { assert, type DocumentId, type IdGenerator, idFromBytes, idToBytes } from "@akidb/base";
import { chunkOfRow, rowsMax } from "../index/rowChunks.ts";
import { compareToKey, type IdOrderKey } from "./idOrder.ts";
import { type HashKey, hashText, hashWords } from "./keyedHash.ts";
import { RowHashTable } from "./rowHashTable.ts";
import { allocateRowKeyChunk, idBytes, type RowKeyChunk, rowKeyBytes, wordsPerId } from "./rowKeyChunk.ts";

/** What a row says of its document. */
export interface RowKeys {
  readonly id: DocumentId;
  readonly externalId: string | undefined;
}

/** Of a document in the two hash tables: a third of their slots are taken when they are emptiest. */
const hashBytesMax = 2 * 3 * Uint32Array.BYTES_PER_ELEMENT;

export interface RowTableLoad {
  readonly rowCount: number;
  /** Puts an image's bytes back, part by part, and tells the key of its table. */
  readonly fill: (parts: readonly Uint8Array[]) => Promise<HashKey>;
  /** Of a row of the index, as of the image. */
  readonly isAlive: (row: number) => boolean;
}

/** Entered in the hash tables between two turns of the event loop: some milliseconds. */
const rowsPerSlice = 16_384;

/**
 * Whose documents the rows of an index are: row → id, id → row, and external id → candidate rows. External ids themselves
 * are not kept, only 32 bits of hash: who looks for one compares it with the documents of the candidates.
 *
 * Rows keep what they say when their document is replaced or deleted; the index knows which are dead. 20 bytes a row, and
 * 12 to 24 a document in the two hash tables.
 */
export class RowTable {
  readonly hashKey: HashKey;
  readonly #chunks: RowKeyChunk[] = [];
  readonly #byId = new RowHashTable((row) => this.#idHash(row));
  readonly #byExternalId = new RowHashTable((row) => this.#externalHash(row));
  readonly #words = new Uint32Array(wordsPerId);
  readonly #wordBytes = new Uint8Array(this.#words.buffer);
  #rowCount = 0;
  #count = 0;

  constructor(hashKey: HashKey) {
    this.hashKey = hashKey;
  }

  /** The table that {@link RowTable.image} was taken of. */
  static async load({ rowCount, fill, isAlive }: RowTableLoad): Promise<RowTable> {
    const chunks = Array.from({ length: chunksFor(rowCount) }, (_, chunk) => allocateRowKeyChunk(chunk));
    const table = new RowTable(await fill(imageOf(chunks, rowCount)));
    table.#chunks.push(...chunks);
    table.#rowCount = rowCount;
    for (let row = 0; row < rowCount; row++) {
      if (isAlive(row)) table.#enter(row, table.#idHash(row));
      if ((row + 1) % rowsPerSlice === 0) await new Promise((resolve) => setImmediate(resolve));
    }
    return table;
  }

  /** Documents. */
  get count(): number {
    return this.#count;
  }

  /** Rows, dead ones included; every row is below. */
  get rowCount(): number {
    return this.#rowCount;
  }

  /** Reserved pages that were never written do not count. */
  get memoryBytes(): number {
    return this.#rowCount * rowKeyBytes + this.#byId.memoryBytes + this.#byExternalId.memoryBytes;
  }

  /** What as many rows will take, each of another document. */
  growthBytes(count: number): number {
    return count * (rowKeyBytes + hashBytesMax);
  }

  /** Makes room, so that putting these cannot fail. */
  reserve(documents: readonly RowKeys[]): void {
    this.#reserveRows(documents.length);
    const idHashes = () => documents.map(({ id }) => this.#hashOfId(id));
    const textHashes = () =>
      documents.flatMap(({ externalId }) => (externalId === undefined ? [] : [this.#hashOfText(externalId)]));
    this.#byId.reserve(documents.length, idHashes);
    this.#byExternalId.reserve(documents.length, textHashes);
  }

  /**
   * @param row the next one
   * @returns the row of the document that it replaces
   */
  put(row: number, { id, externalId }: RowKeys): number | undefined {
    assert(row === this.#rowCount, "rows are put in their order");
    const hash = this.#hashOfId(id);
    const replaced = this.#findWords(hash);
    if (replaced !== undefined) this.#leave(replaced, hash);
    const chunk = this.#addRow();
    chunk.ids.set(this.#words, (row - chunk.firstRow) * wordsPerId);
    chunk.externalHashes[row - chunk.firstRow] = externalId === undefined ? 0 : this.#hashOfText(externalId);
    this.#enter(row, hash);
    return replaced;
  }

  /** Puts the next row as `row` of another table of the same key has it; its document is not in this one. */
  copy(source: RowTable, row: number): void {
    assert(source.hashKey === this.hashKey, "hashes are copied between tables of one key");
    const target = this.#rowCount;
    const from = source.#chunks[chunkOfRow(row)]!;
    const index = row - from.firstRow;
    const chunk = this.#addRow();
    const words = from.ids.subarray(index * wordsPerId, (index + 1) * wordsPerId);
    chunk.ids.set(words, (target - chunk.firstRow) * wordsPerId);
    chunk.externalHashes[target - chunk.firstRow] = from.externalHashes[index]!;
    this.#enter(target, this.#idHash(target));
  }

  /** @returns the row of the document removed; undefined if there is no such document */
  remove(id: DocumentId): number | undefined {
    const hash = this.#hashOfId(id);
    const row = this.#findWords(hash);
    if (row !== undefined) this.#leave(row, hash);
    return row;
  }

  rowOf(id: DocumentId): number | undefined {
    return this.#findWords(this.#hashOfId(id));
  }

  /** Whether a document has the id of the row. */
  holdsIdOf(source: RowTable, row: number): boolean {
    return this.#findIdOf(source, row) !== undefined;
  }

  /** Whether the row's document is there, and neither replaced nor deleted. */
  isCurrent(row: number): boolean {
    return this.#findIdOf(this, row) === row;
  }

  /** @param row of any document that is or was there */
  idOf(row: number): DocumentId {
    assert(row < this.#rowCount, "only a row that was put has an id");
    const { ids, firstRow } = this.#chunks[chunkOfRow(row)]!;
    return idFromBytes(new Uint8Array(ids.buffer, ids.byteOffset + (row - firstRow) * idBytes, idBytes));
  }

  /** Whether a row's id comes before the key's (below 0), is the same (0), or comes behind. */
  compareId(row: number, key: IdOrderKey): number {
    const { ids, firstRow } = this.#chunks[chunkOfRow(row)]!;
    return compareToKey(ids, (row - firstRow) * wordsPerId, key);
  }

  /** The first row whose document may have the external id, and that is accepted. */
  findExternalId(externalId: string, accept: (row: number) => boolean): number | undefined {
    const hash = this.#hashOfText(externalId);
    return this.#byExternalId.find(hash, (row) => this.#externalHash(row) === hash && accept(row));
  }

  /**
   * The bytes of the first rows, as views of the memory: they stay as they are, whatever is put and removed later.
   *
   * @returns parts of the same sizes for the same count
   */
  image(rowCount: number): readonly Uint8Array[] {
    assert(rowCount <= this.#rowCount, "an image has only rows that were put");
    return imageOf(this.#chunks, rowCount);
  }

  /** The memory of its chunks, in their order, for a `SharedRowIds`: of the rows that there is room for. */
  shared(): readonly SharedArrayBuffer[] {
    return this.#chunks.map(({ memory }) => memory);
  }

  #reserveRows(added: number): void {
    const rowCount = this.#rowCount + added;
    if (rowCount > rowsMax) throw new RangeError(`more than ${rowsMax} rows`);
    while (this.#chunks.length < chunksFor(rowCount))
      this.#chunks.push(allocateRowKeyChunk(this.#chunks.length));
  }

  #addRow(): RowKeyChunk {
    this.#reserveRows(1);
    return this.#chunks[chunkOfRow(this.#rowCount++)]!;
  }

  #enter(row: number, hash: number): void {
    this.#byId.add(row, hash);
    const externalHash = this.#externalHash(row);
    if (externalHash !== 0) this.#byExternalId.add(row, externalHash);
    this.#count += 1;
  }

  #leave(row: number, hash: number): void {
    this.#byId.remove(row, hash);
    const externalHash = this.#externalHash(row);
    if (externalHash !== 0) this.#byExternalId.remove(row, externalHash);
    this.#count -= 1;
  }

  #findIdOf(source: RowTable, row: number): number | undefined {
    const { ids, firstRow } = source.#chunks[chunkOfRow(row)]!;
    const at = (row - firstRow) * wordsPerId;
    this.#words.set(ids.subarray(at, at + wordsPerId));
    return this.#findWords(hashWords(this.hashKey, this.#words, wordsPerId, wordsPerId));
  }

  /** The row of the id in `#words`. */
  #findWords(hash: number): number | undefined {
    return this.#byId.find(hash, this.#hasWords);
  }

  readonly #hasWords = (row: number): boolean => {
    const { ids, firstRow } = this.#chunks[chunkOfRow(row)]!;
    const at = (row - firstRow) * wordsPerId;
    const words = this.#words;
    return (
      ids[at] === words[0] && ids[at + 1] === words[1] && ids[at + 2] === words[2] && ids[at + 3] === words[3]
    );
  };

  /** Leaves the id in `#words`. */
  #hashOfId(id: DocumentId): number {
    idToBytes(id, this.#wordBytes);
    return hashWords(this.hashKey, this.#words, wordsPerId, wordsPerId);
  }

  #hashOfText(externalId: string): number {
    // 0 means that there is none.
    return hashText(this.hashKey, externalId) || 1;
  }

  #idHash(row: number): number {
    const { ids, firstRow } = this.#chunks[chunkOfRow(row)]!;
    const at = (row - firstRow) * wordsPerId;
    return hashWords(this.hashKey, ids.subarray(at, at + wordsPerId), wordsPerId, wordsPerId);
  }

  #externalHash(row: number): number {
    const { externalHashes, firstRow } = this.#chunks[chunkOfRow(row)]!;
    return externalHashes[row - firstRow]!;
  }
}

/** Not to be guessed by those who choose ids. */
export function makeHashKey(ids: IdGenerator): HashKey {
  // The last 8 bytes of an identifier are random but for two bits.
  const view = new DataView(idToBytes(ids.next()).buffer);
  return { low: view.getUint32(8, true), high: view.getUint32(12, true) };
}

const chunksFor = (rowCount: number): number => (rowCount === 0 ? 0 : chunkOfRow(rowCount - 1) + 1);

const imageOf = (chunks: readonly RowKeyChunk[], rowCount: number): readonly Uint8Array[] =>
  chunks
    .filter(({ firstRow }) => firstRow < rowCount)
    .flatMap(({ firstRow, ids, externalHashes }) => {
      const rows = Math.min(externalHashes.length, rowCount - firstRow);
      return [
        new Uint8Array(ids.buffer, ids.byteOffset, rows * idBytes),
        new Uint8Array(externalHashes.buffer, externalHashes.byteOffset, rows * 4),
      ];
    });

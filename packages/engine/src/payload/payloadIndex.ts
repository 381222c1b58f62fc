import { assertNever, type JsonObject, type JsonValue, type PayloadFieldType } from "@akidb/base";
import { type FieldPath, formatFieldPath, parseFieldPath } from "../filter/fieldPath.ts";
import { everything, type Filter } from "../filter/filter.ts";
import { toGeoPoint } from "../filter/geo.ts";
import { isScalar } from "../filter/scalar.ts";
import { FieldIndex } from "./fieldIndex.ts";
import { effortNs, FindEffort } from "./findEffort.ts";
import { clearTail, emptyRowBitset, fullRowBitset } from "./rowBitset.ts";
import { complement, exactly, intersection, type RowSets, union } from "./rowSets.ts";
import { type PayloadDirectory, PayloadImage } from "./stored/payloadImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";

export interface PayloadIndexOptions {
  /** Types of fields, by their paths as filters name them: they have an index from the beginning, which counts for none. */
  readonly declared?: Readonly<Record<string, PayloadFieldType>>;
  /** Paths that get an index; those met later are looked up in the documents. */
  readonly fieldsMax: number;
  /** Different texts of a field beyond which it is indexed for equality alone. */
  readonly distinctMax: number;
}

export interface FieldIndexInfo {
  readonly field: string;
  readonly type: PayloadFieldType | "auto";
  readonly documentCount: number;
  readonly memoryBytes: number;
  /** Whether prefixes, words and ranges of texts need the documents, since there are so many different ones. */
  readonly isHashed: boolean;
}

export interface PayloadIndexLoad {
  readonly directory: PayloadDirectory;
  readonly regions: StoredRegions;
  readonly options: PayloadIndexOptions;
  /** Of the image. */
  readonly rowCount: number;
}

export interface PayloadStats {
  /** Declared ones, then the largest first. */
  readonly fields: readonly FieldIndexInfo[];
  /** Whether there were more paths than may have an index. */
  readonly isFull: boolean;
}

/**
 * An index over every scalar, element and point in the metadata of documents, by row, made without being asked. It
 * answers a filter with bitsets; what it cannot tell it says. Rows of dead documents stay until they are removed: who
 * asks leaves them out.
 */
export class PayloadIndex {
  readonly #options: PayloadIndexOptions;
  readonly #fields = new Map<string, FieldIndex>();
  readonly #root: PathNode = { path: "", field: undefined, children: undefined };
  readonly #declaredCount: number;
  /** Whether there was a path too many, so that an unknown one need not be absent. */
  #isFull = false;

  constructor(options: PayloadIndexOptions) {
    this.#options = options;
    for (const path of Object.keys(options.declared ?? {})) {
      this.#enter(path, new FieldIndex(options.distinctMax));
    }
    this.#declaredCount = this.#fields.size;
  }

  /**
   * That which an image was taken of.
   *
   * @returns undefined where an index of these options would be another one
   * @throws DamagedFileError
   */
  static async load({
    directory,
    regions,
    options,
    rowCount,
  }: PayloadIndexLoad): Promise<PayloadIndex | undefined> {
    const { distinctMax, isFull, fields } = directory;
    if (!areSame(directory, options)) return undefined;
    const index = new PayloadIndex(options);
    index.#isFull = isFull;
    for (const stored of fields) {
      const field = await FieldIndex.load(stored, regions, { distinctMax, rowEnd: rowCount });
      index.#enter(stored.path, field);
    }
    regions.end();
    return index;
  }

  /** @param rowCount every row that was added is below */
  image(rowCount: number): PayloadImage {
    const head = { ...this.#options, isFull: this.#isFull };
    const fields = [...this.#fields].map(([path, field]) => field.image(path, rowCount));
    return new PayloadImage(rowCount, head, fields);
  }

  get memoryBytes(): number {
    let bytes = 0;
    for (const field of this.#fields.values()) bytes += field.memoryBytes;
    return bytes;
  }

  stats(): PayloadStats {
    return { fields: this.#info(), isFull: this.#isFull };
  }

  #info(): readonly FieldIndexInfo[] {
    const { declared = {} } = this.#options;
    const infos = [...this.#fields].map(
      ([field, index]): FieldIndexInfo => ({
        field,
        type: Object.hasOwn(declared, field) ? declared[field]! : "auto",
        documentCount: index.rowCount,
        memoryBytes: index.memoryBytes,
        isHashed: index.isHashed,
      }),
    );
    const others = infos.slice(this.#declaredCount);
    return [...infos.slice(0, this.#declaredCount), ...others.sort((a, b) => b.memoryBytes - a.memoryBytes)];
  }

  /** Undefined where no document has the path, or where it has no index since {@link PayloadIndex.isFull}. */
  field(path: FieldPath): FieldIndex | undefined {
    return this.#fields.get(formatFieldPath(path));
  }

  /** Whether there were more paths than may have an index. */
  get isFull(): boolean {
    return this.#isFull;
  }

  add(row: number, metadata: JsonObject): void {
    this.#addObject(this.#root, metadata, row);
  }

  /** @param metadata what was added for the row */
  remove(row: number, metadata: JsonObject): void {
    removeObject(this.#root, metadata, row);
  }

  /**
   * Keys of the object that say the same before and after are left alone.
   *
   * @param before what was added for the row
   */
  replace(row: number, before: JsonObject, after: JsonObject): void {
    const isChanged = (key: string): boolean => textOf(before, key) !== textOf(after, key);
    removeObject(this.#root, keysOf(before, isChanged), row);
    this.#addObject(this.#root, keysOf(after, isChanged), row);
  }

  /**
   * @param rowCount rows from here on are none of the answer's
   * @param effort what it may take; conditions behind are left to the documents
   */
  find(filter: Filter, rowCount: number, effort = new FindEffort()): RowSets {
    switch (filter.kind) {
      case "and":
        if (filter === everything || filter.filters.length === 0) return exactly(fullRowBitset(rowCount));
        return intersection(this.#findEach(filter.filters, rowCount, effort));
      case "or":
        return union(this.#findEach(filter.filters, rowCount, effort));
      case "not":
        return complement(this.find(filter.filter, rowCount, effort), rowCount);
      case "field": {
        if (effort.isSpent) return unknown(rowCount);
        effort.spend((effortNs.word * rowCount) / 32);
        const field = this.#fields.get(formatFieldPath(filter.path));
        if (field !== undefined) {
          const found = field.find(filter.test, rowCount, effort);
          clearTail(found.lower, rowCount);
          clearTail(found.upper, rowCount);
          return found;
        }
        return this.#isFull ? unknown(rowCount) : exactly(emptyRowBitset(rowCount));
      }
      default:
        return assertNever(filter);
    }
  }

  /** One that is unknown stands for all behind what may be taken. */
  *#findEach(filters: readonly Filter[], rowCount: number, effort: FindEffort): Iterable<RowSets> {
    for (const filter of filters) {
      if (effort.isSpent) {
        yield unknown(rowCount);
        return;
      }
      yield this.find(filter, rowCount, effort);
    }
  }

  #addObject(node: PathNode, object: JsonObject, row: number): void {
    for (const key of Object.keys(object)) {
      if (key === "") continue;
      const child = childOf(node, key) ?? this.#grow(node, key);
      if (child === undefined) this.#isFull = true;
      else this.#addValue(child, object[key]!, row);
    }
  }

  #addValue(node: PathNode, value: JsonValue, row: number): void {
    node.field ??= this.#makeField(node.path);
    if (node.field === undefined) this.#isFull = true;
    node.field?.addExistence(row);
    if (isScalar(value)) {
      node.field?.addScalar(value === 0 ? 0 : value, row);
    } else if (Array.isArray(value)) {
      for (const element of value as readonly JsonValue[]) this.#addValue(node, element, row);
    } else {
      const point = toGeoPoint(value);
      if (point !== undefined) node.field?.addPoint(point, row);
      this.#addObject(node, value as JsonObject, row);
    }
  }

  /** @returns undefined where there is no place for another path: those below it have none, either */
  #grow(node: PathNode, key: string): PathNode | undefined {
    const path = node === this.#root ? formatFieldPath([key]) : `${node.path}.${formatFieldPath([key])}`;
    const field = this.#makeField(path);
    return field && addChild(node, key, { path, field, children: undefined });
  }

  #makeField(path: string): FieldIndex | undefined {
    if (this.#fields.size - this.#declaredCount >= this.#options.fieldsMax) return undefined;
    const field = new FieldIndex(this.#options.distinctMax);
    this.#fields.set(path, field);
    return field;
  }

  /** Also where there is none left; the paths above it may have no field. */
  #enter(path: string, field: FieldIndex): void {
    this.#fields.set(path, field);
    let node = this.#root;
    const keys = parseFieldPath(path)!;
    for (const [depth, key] of keys.entries()) {
      const above = {
        path: formatFieldPath(keys.slice(0, depth + 1)),
        field: undefined,
        children: undefined,
      };
      node = childOf(node, key) ?? addChild(node, key, above);
    }
    node.field = field;
  }
}

const unknown = (rowCount: number): RowSets => ({
  lower: emptyRowBitset(rowCount),
  upper: fullRowBitset(rowCount),
});

/** A path of metadata, below those that lead to it. */
interface PathNode {
  readonly path: string;
  field: FieldIndex | undefined;
  children: Map<string, PathNode> | undefined;
}

const childOf = (node: PathNode, key: string): PathNode | undefined => node.children?.get(key);

function addChild(node: PathNode, key: string, child: PathNode): PathNode {
  node.children ??= new Map();
  node.children.set(key, child);
  return child;
}

function removeObject(node: PathNode, object: JsonObject, row: number): void {
  for (const key of Object.keys(object)) {
    const child = childOf(node, key);
    if (child !== undefined) removeValue(child, object[key]!, row);
  }
}

function removeValue(node: PathNode, value: JsonValue, row: number): void {
  const { field } = node;
  field?.removeExistence(row);
  if (isScalar(value)) {
    field?.removeScalar(value === 0 ? 0 : value, row);
  } else if (Array.isArray(value)) {
    for (const element of value as readonly JsonValue[]) removeValue(node, element, row);
  } else {
    const point = toGeoPoint(value);
    if (point !== undefined) field?.removePoint(point, row);
    removeObject(node, value as JsonObject, row);
  }
}

function areSame(a: PayloadIndexOptions, b: PayloadIndexOptions): boolean {
  const fieldsOf = ({ declared = {} }: PayloadIndexOptions) =>
    JSON.stringify(Object.entries(declared).sort());
  return a.fieldsMax === b.fieldsMax && a.distinctMax === b.distinctMax && fieldsOf(a) === fieldsOf(b);
}

const textOf = (object: JsonObject, key: string): string | undefined =>
  Object.hasOwn(object, key) ? JSON.stringify(object[key]) : undefined;

function keysOf(object: JsonObject, isWanted: (key: string) => boolean): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([key]) => isWanted(key)));
}

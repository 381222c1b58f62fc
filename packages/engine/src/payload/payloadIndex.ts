import { assertNever, type JsonObject, type JsonValue, type PayloadFieldType } from "@akidb/base";
import { type FieldPath, formatFieldPath } from "../filter/fieldPath.ts";
import { everything, type Filter, type GeoPoint, type Scalar } from "../filter/filter.ts";
import { toGeoPoint } from "../filter/geo.ts";
import { isScalar } from "../filter/scalar.ts";
import { FieldIndex } from "./fieldIndex.ts";
import { emptyRowBitset, fullRowBitset } from "./rowBitset.ts";
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
  readonly #declaredCount: number;
  /** Whether there was a path too many, so that an unknown one need not be absent. */
  #isFull = false;

  constructor(options: PayloadIndexOptions) {
    this.#options = options;
    for (const field of Object.keys(options.declared ?? {})) this.#addField(field);
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
      index.#fields.set(stored.path, field);
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
    for (const [key, values] of valuesByPath(metadata)) {
      const field = this.#fieldFor(key);
      if (field === undefined) continue;
      field.addExistence(row);
      for (const value of values.scalars) field.addScalar(value, row);
      for (const point of values.points) field.addPoint(point, row);
    }
  }

  /** @param metadata what was added for the row */
  remove(row: number, metadata: JsonObject): void {
    for (const [key, values] of valuesByPath(metadata)) {
      const field = this.#fields.get(key);
      if (field === undefined) continue;
      field.removeExistence(row);
      for (const value of values.scalars) field.removeScalar(value, row);
      for (const point of values.points) field.removePoint(point, row);
    }
  }

  /** @param rowCount rows from here on are none of the answer's */
  find(filter: Filter, rowCount: number): RowSets {
    switch (filter.kind) {
      case "and":
        if (filter === everything || filter.filters.length === 0) return exactly(fullRowBitset(rowCount));
        return intersection(filter.filters.map((each) => this.find(each, rowCount)));
      case "or":
        return union(filter.filters.map((each) => this.find(each, rowCount)));
      case "not":
        return complement(this.find(filter.filter, rowCount), rowCount);
      case "field": {
        const field = this.#fields.get(formatFieldPath(filter.path));
        if (field !== undefined) return field.find(filter.test, rowCount);
        const none = emptyRowBitset(rowCount);
        return this.#isFull ? { lower: none, upper: fullRowBitset(rowCount) } : exactly(none);
      }
      default:
        return assertNever(filter);
    }
  }

  /** About how many rows pass, by what can be counted without looking at them. */
  estimate(filter: Filter, rowCount: number): number {
    switch (filter.kind) {
      case "and":
        return Math.min(rowCount, ...filter.filters.map((each) => this.estimate(each, rowCount)));
      case "or": {
        const sum = filter.filters.reduce((total, each) => total + this.estimate(each, rowCount), 0);
        return Math.min(rowCount, sum);
      }
      case "not":
        return Math.max(0, rowCount - this.estimate(filter.filter, rowCount));
      case "field":
        return this.#fields.get(formatFieldPath(filter.path))?.estimate(filter.test) ?? 0;
      default:
        return assertNever(filter);
    }
  }

  #fieldFor(key: string): FieldIndex | undefined {
    const field = this.#fields.get(key);
    if (field !== undefined) return field;
    if (this.#fields.size - this.#declaredCount >= this.#options.fieldsMax) {
      this.#isFull = true;
      return undefined;
    }
    return this.#addField(key);
  }

  #addField(key: string): FieldIndex {
    const field = new FieldIndex(this.#options.distinctMax);
    this.#fields.set(key, field);
    return field;
  }
}

function areSame(a: PayloadIndexOptions, b: PayloadIndexOptions): boolean {
  const fieldsOf = ({ declared = {} }: PayloadIndexOptions) =>
    JSON.stringify(Object.entries(declared).sort());
  return a.fieldsMax === b.fieldsMax && a.distinctMax === b.distinctMax && fieldsOf(a) === fieldsOf(b);
}

interface ValuesOfPath {
  readonly scalars: Set<Scalar>;
  readonly points: GeoPoint[];
}

/** Each value once: an index takes a pair of value and row only once. */
function valuesByPath(metadata: JsonObject): ReadonlyMap<string, ValuesOfPath> {
  const paths = new Map<string, ValuesOfPath>();
  const enter = (path: FieldPath): ValuesOfPath => {
    const key = formatFieldPath(path);
    let values = paths.get(key);
    if (values === undefined) {
      values = { scalars: new Set(), points: [] };
      paths.set(key, values);
    }
    return values;
  };
  const visit = (path: FieldPath, value: JsonValue): void => {
    const values = enter(path);
    if (isScalar(value)) {
      values.scalars.add(value === 0 ? 0 : value);
    } else if (Array.isArray(value)) {
      for (const element of value as readonly JsonValue[]) visit(path, element);
    } else {
      const point = toGeoPoint(value);
      if (point !== undefined) values.points.push(point);
      visitObject(path, value as JsonObject);
    }
  };
  const visitObject = (path: FieldPath, object: JsonObject): void => {
    for (const [key, value] of Object.entries(object)) if (key !== "") visit([...path, key], value);
  };
  visitObject([], metadata);
  return paths;
}

import { assertNever } from "@akidb/base";
import type { FieldTest, GeoPoint, RangeTest, Scalar } from "../filter/filter.ts";
import { parseInstant } from "../filter/instant.ts";
import { matchesValue } from "../filter/matchesValue.ts";
import { hasWordsOf } from "../filter/words.ts";
import { endsOf } from "./endsOf.ts";
import { effortNs, type FindEffort } from "./findEffort.ts";
import { GeoPoints } from "./geoPoints.ts";
import { KeywordIndex } from "./keywordIndex.ts";
import { PostingList } from "./postingList.ts";
import { addRow, emptyRowBitset, type RowBitset } from "./rowBitset.ts";
import { exactly, type RowSets } from "./rowSets.ts";
import { SortedRuns } from "./sortedRuns.ts";
import { FieldImage, type StoredField } from "./stored/fieldImage.ts";
import type { StoredRegions } from "./stored/storedRegions.ts";

/** Longer texts are not worth a place: equality with one is looked up in the documents. */
export const indexedCharactersMax = 256;

export interface FieldParts {
  readonly nulls: PostingList;
  readonly trues: PostingList;
  readonly falses: PostingList;
  /** Rows with a text that is in none of the other parts. */
  readonly longTexts: PostingList;
  /** Rows with any text. */
  readonly strings: PostingList | undefined;
  readonly keywords: KeywordIndex | undefined;
  readonly numbers: SortedRuns | undefined;
  readonly instants: SortedRuns | undefined;
  readonly points: GeoPoints | undefined;
}

/** All that documents have at one path: every value is found under its type. */
export class FieldIndex {
  readonly #distinctMax: number;
  #exists = new PostingList();
  #nulls = new PostingList();
  #trues = new PostingList();
  #falses = new PostingList();
  /** Texts too long to be indexed. */
  #longTexts = new PostingList();
  #strings: PostingList | undefined;
  #keywords: KeywordIndex | undefined;
  #numbers: SortedRuns | undefined;
  #instants: SortedRuns | undefined;
  #points: GeoPoints | undefined;
  /** The last one that a value was added to, and its values. */
  #lastRow: number | undefined;
  #firstValue: Scalar = null;
  #otherValues: Set<Scalar> | undefined;

  constructor(distinctMax: number) {
    this.#distinctMax = distinctMax;
  }

  /** That which an image was taken of. */
  static async load(
    stored: StoredField,
    regions: StoredRegions,
    { distinctMax, rowEnd }: { readonly distinctMax: number; readonly rowEnd: number },
  ): Promise<FieldIndex> {
    const field = new FieldIndex(distinctMax);
    const { strings, numbers, instants, points, keywords } = stored;
    field.#exists = PostingList.load(stored.exists, regions);
    field.#nulls = PostingList.load(stored.nulls, regions);
    field.#trues = PostingList.load(stored.trues, regions);
    field.#falses = PostingList.load(stored.falses, regions);
    field.#longTexts = PostingList.load(stored.longTexts, regions);
    field.#strings = strings && PostingList.load(strings, regions);
    field.#numbers = numbers && SortedRuns.load(numbers, regions);
    field.#instants = instants && SortedRuns.load(instants, regions);
    field.#points = points && GeoPoints.load(points, regions);
    field.#keywords = keywords && (await KeywordIndex.load(keywords, regions, { distinctMax, rowEnd }));
    return field;
  }

  /** @param rowEnd every row is below */
  image(path: string, rowEnd: number): FieldImage {
    return new FieldImage(path, {
      exists: this.#exists.image(path),
      nulls: this.#nulls.image(path),
      trues: this.#trues.image(path),
      falses: this.#falses.image(path),
      longTexts: this.#longTexts.image(path),
      strings: this.#strings?.image(path),
      numbers: this.#numbers?.image(path),
      instants: this.#instants?.image(path),
      points: this.#points?.image(path),
      keywords: this.#keywords?.image(path, rowEnd),
    });
  }

  get memoryBytes(): number {
    const parts = [
      this.#exists,
      this.#nulls,
      this.#trues,
      this.#falses,
      this.#longTexts,
      this.#strings,
      this.#keywords,
      this.#numbers,
      this.#instants,
      this.#points,
    ];
    return parts.reduce((sum, part) => sum + (part?.memoryBytes ?? 0), 0);
  }

  /** Whether texts were too many for anything but equality. */
  get isHashed(): boolean {
    return this.#keywords?.isHashed === true;
  }

  get rowCount(): number {
    return this.#exists.count;
  }

  /** What values are counted from. */
  get parts(): FieldParts {
    return {
      nulls: this.#nulls,
      trues: this.#trues,
      falses: this.#falses,
      longTexts: this.#longTexts,
      strings: this.#strings,
      keywords: this.#keywords,
      numbers: this.#numbers,
      instants: this.#instants,
      points: this.#points,
    };
  }

  addExistence(row: number): void {
    this.#exists.add(row);
  }

  addPoint(point: GeoPoint, row: number): void {
    this.#points ??= new GeoPoints();
    this.#points.add(point, row);
  }

  addScalar(value: Scalar, row: number): void {
    if (this.#isRepeated(value, row)) return;
    switch (typeof value) {
      case "number":
        this.#numbers ??= new SortedRuns();
        this.#numbers.add(value, row);
        break;
      case "boolean":
        (value ? this.#trues : this.#falses).add(row);
        break;
      case "string":
        this.#addString(value, row);
        break;
      case "object":
        this.#nulls.add(row);
        break;
    }
  }

  removeExistence(row: number): void {
    this.#lastRow = undefined;
    this.#exists.remove(row);
    this.#longTexts.remove(row);
    this.#strings?.remove(row);
  }

  removePoint(point: GeoPoint, row: number): void {
    this.#points?.remove(point, row);
  }

  removeScalar(value: Scalar, row: number): void {
    switch (typeof value) {
      case "number":
        this.#numbers?.remove(value, row);
        break;
      case "boolean":
        (value ? this.#trues : this.#falses).remove(row);
        break;
      case "string": {
        if (value.length > indexedCharactersMax) break;
        this.#keywords?.remove(value, row);
        const instant = parseInstant(value);
        if (instant !== undefined) this.#instants?.remove(instant, row);
        break;
      }
      case "object":
        this.#nulls.remove(row);
        break;
    }
  }

  find(test: FieldTest, rowCount: number, effort: FindEffort): RowSets {
    const found = emptyRowBitset(rowCount);
    effort.spend(this.#effortOf(test));
    const visit = (row: number): void => {
      effort.spend(effortNs.row);
      if (row < rowCount) addRow(found, row);
    };
    switch (test.kind) {
      case "exists":
        this.#exists.addTo(found);
        return exactly(found);
      case "equals":
        return this.#equals(test.operands, found, visit);
      case "range":
        return this.#inRange(test, found, visit);
      case "contains":
        this.#findEqual(test.operand, found, visit);
        if (typeof test.operand !== "string") return exactly(found);
        return this.#amongTexts(test, found, visit);
      case "prefix":
        return this.#amongTexts(test, found, visit);
      case "geoRadius":
        this.#points?.forEachInRadius(test, visit);
        return exactly(found);
      case "geoBox":
        this.#points?.forEachInBox(test, visit);
        return exactly(found);
      default:
        return assertNever(test);
    }
  }

  /** Before any row is found. */
  #effortOf(test: FieldTest): number {
    const ofTexts = (ns: number): number => ns * (this.#keywords?.dictionary?.size ?? 0);
    switch (test.kind) {
      case "exists":
        return 0;
      case "equals":
        return effortNs.operand * test.operands.length;
      case "range":
        return test.of === "string" ? ofTexts(effortNs.text) : effortNs.operand;
      case "contains":
        return ofTexts(effortNs.textOfWords);
      case "prefix":
        return ofTexts(effortNs.text);
      case "geoRadius":
      case "geoBox":
        return effortNs.point * (this.#points?.count ?? 0);
      default:
        return assertNever(test);
    }
  }

  /** Whether it was the last row added that has the value already: an array may hold it a thousand times. */
  #isRepeated(value: Scalar, row: number): boolean {
    if (row !== this.#lastRow) {
      this.#lastRow = row;
      this.#firstValue = value;
      this.#otherValues = undefined;
      return false;
    }
    if (value === this.#firstValue || this.#otherValues?.has(value)) return true;
    this.#otherValues ??= new Set();
    this.#otherValues.add(value);
    return false;
  }

  #addString(value: string, row: number): void {
    this.#strings ??= new PostingList();
    this.#strings.add(row);
    if (value.length > indexedCharactersMax) {
      this.#longTexts.add(row);
      return;
    }
    this.#keywords ??= new KeywordIndex(this.#distinctMax);
    this.#keywords.add(value, row);
    const instant = parseInstant(value);
    if (instant === undefined) return;
    this.#instants ??= new SortedRuns();
    this.#instants.add(instant, row);
  }

  #equals(operands: readonly Scalar[], found: RowBitset, visit: (row: number) => void): RowSets {
    for (const operand of operands) this.#findEqual(operand, found, visit);
    const asksForText = operands.some((operand) => typeof operand === "string");
    if (asksForText && this.isHashed) {
      const lower = emptyRowBitset(32 * found.length);
      return { lower, upper: this.#withLongTexts(operands, found) };
    }
    const asksForLong = operands.some(isLong);
    return asksForLong
      ? { lower: found, upper: this.#withLongTexts(operands, found.slice()) }
      : exactly(found);
  }

  #withLongTexts(operands: readonly Scalar[], rows: RowBitset): RowBitset {
    if (operands.some(isLong)) this.#longTexts.addTo(rows);
    return rows;
  }

  #findEqual(operand: Scalar, found: RowBitset, visit: (row: number) => void): void {
    switch (typeof operand) {
      case "number":
        this.#numbers?.forEachIn(operand, operand, visit);
        break;
      case "boolean":
        (operand ? this.#trues : this.#falses).addTo(found);
        break;
      case "string": {
        this.#keywords?.forEachEqual(operand, visit);
        const instant = parseInstant(operand);
        if (instant !== undefined) this.#instants?.forEachIn(instant, instant, visit);
        break;
      }
      case "object":
        this.#nulls.addTo(found);
        break;
    }
  }

  #inRange(test: RangeTest, found: RowBitset, visit: (row: number) => void): RowSets {
    if (test.of === "string") return this.#amongTexts(test, found, visit);
    const [from, to] = endsOf(test.bounds);
    (test.of === "number" ? this.#numbers : this.#instants)?.forEachIn(from, to, visit);
    return exactly(found);
  }

  /** What only the texts themselves can tell. */
  #amongTexts(
    test: Extract<FieldTest, { kind: "range" | "contains" | "prefix" }>,
    found: RowBitset,
    visit: (row: number) => void,
  ): RowSets {
    if (this.isHashed) {
      // Equal ones that were found so far are candidates among all the other texts.
      const upper = found.slice();
      this.#strings?.addTo(upper);
      return { lower: emptyRowBitset(32 * found.length), upper };
    }
    // Equal ones were found by whoever looks for words.
    this.#keywords?.forEachPassing(textTest(test), visit);
    if (this.#longTexts.count === 0) return exactly(found);
    const upper = found.slice();
    this.#longTexts.addTo(upper);
    return { lower: found, upper };
  }
}

function textTest(test: Extract<FieldTest, { kind: "range" | "contains" | "prefix" }>) {
  if (test.kind === "contains") return hasWordsOf(String(test.operand));
  if (test.kind === "prefix") return (text: string): boolean => text.startsWith(test.prefix);
  return (text: string): boolean => matchesValue(text, test);
}

const isLong = (operand: Scalar): boolean =>
  typeof operand === "string" && operand.length > indexedCharactersMax;

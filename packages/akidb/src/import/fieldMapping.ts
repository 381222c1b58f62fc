import { type DocumentInput, invalidArgument, type JsonObject, type JsonValue, parseId } from "@akidb/base";
import { isJsonObject, parseJson } from "../json/parseJson.ts";
import { documentOfExport } from "./documentOfExport.ts";
import { type Fields, type FieldValue, isFloats, valueToJson } from "./row.ts";
import { isBase64Vector, rowVector } from "./rowVector.ts";

/** Which fields of a row become what of a document; where one is not named, the first of its usual names. */
export interface FieldMapping {
  readonly id?: string;
  readonly externalId?: string;
  /** Joined by line breaks. */
  readonly text?: readonly string[];
  readonly vector?: string;
  /** All that are not used otherwise, if absent. */
  readonly metadata?: readonly string[];
}

/** By what a field that is not named is recognised: the first whose value can be that. */
const usualNames = {
  id: ["id", "doc_id", "_id"],
  externalId: ["external_id"],
  text: ["text", "content", "body", "document"],
  vector: ["vector", "embedding", "values"],
} as const;

/** What the value of a metadata field is in the document; undefined leaves it out. */
export type MetadataValue = (value: JsonValue) => JsonValue | undefined;

/**
 * The document of a row. An id that is not a UUID is the document's external id, unless another field is. A field
 * `metadata` that holds an object (in CSV: as JSON) is merged with the other metadata. Without a mapping, a row of an
 * export is the document that was exported.
 *
 * @throws AkiDbError `invalid_argument` that names the field
 */
export function mapRow(row: Fields, mapping: FieldMapping, metadataValue: MetadataValue): DocumentInput {
  const exported = Object.keys(mapping).length === 0 ? documentOfExport(row) : undefined;
  if (exported !== undefined) return exported;
  const named = new Set([mapping.id, mapping.externalId, mapping.vector, ...(mapping.text ?? [])]);
  const usual = (names: readonly string[], fits: (value: FieldValue) => boolean): string | undefined =>
    names.find((name) => !named.has(name) && hasValue(row, name) && fits(row[name] as FieldValue));
  const idField = mapping.id ?? usual(usualNames.id, isName);
  const externalIdField = mapping.externalId ?? usual(usualNames.externalId, isName);
  const usualText = usual(usualNames.text, (value) => typeof value === "string");
  const textFields = mapping.text ?? (usualText === undefined ? [] : [usualText]);
  const vectorField = mapping.vector ?? usual(usualNames.vector, looksLikeVector);

  const used = new Set<string>();
  const id = idField === undefined ? undefined : readName(row, idField, mapping.id !== undefined);
  const uuid = id === undefined ? undefined : parseId(id);
  let externalId: string | undefined;
  if (externalIdField !== undefined) {
    externalId = readName(row, externalIdField, mapping.externalId !== undefined);
    used.add(externalIdField);
  }
  if (mapping.id !== undefined && uuid === undefined && externalId !== undefined) {
    throw invalidArgument(mapping.id, "must be a UUID, to be the id of a document that has an external id");
  }
  if (idField !== undefined && (uuid !== undefined || externalId === undefined)) {
    used.add(idField);
    if (uuid === undefined) externalId = id;
  }
  const text = textFields
    .map((name) => readText(row, name))
    .filter((part) => part !== undefined)
    .join("\n");
  for (const name of textFields) used.add(name);
  const vector = vectorField === undefined ? undefined : readVector(row, vectorField);
  if (vectorField !== undefined) used.add(vectorField);
  if (text === "" && vector === undefined) throw nothingToSearch(Object.keys(row), mapping);

  const metadata = readMetadata(row, mapping.metadata, used, metadataValue);
  return {
    ...(uuid === undefined ? {} : { id: uuid }),
    ...(externalId === undefined ? {} : { externalId }),
    ...(text === "" ? {} : { text }),
    ...(vector === undefined ? {} : { vector }),
    ...(Object.keys(metadata).length === 0 ? {} : { metadata }),
  };
}

/**
 * For files whose rows all have the same columns.
 *
 * @throws AkiDbError `invalid_argument` where a column that is named is not there, or none could be searched
 */
export function checkColumns(columns: readonly string[], mapping: FieldMapping): void {
  for (const name of namedFields(mapping)) {
    if (!columns.includes(name)) {
      throw invalidArgument(
        "",
        `has no column ${JSON.stringify(name)}; its columns are ${columns.join(", ")}`,
      );
    }
  }
  const searchable: readonly string[] = [...usualNames.text, ...usualNames.vector];
  const isSearchable = mapping.text !== undefined || mapping.vector !== undefined;
  if (!isSearchable && !columns.some((name) => searchable.includes(name)))
    throw nothingToSearch(columns, mapping);
}

const namedFields = ({ id, externalId, vector, text, metadata }: FieldMapping): readonly string[] =>
  [id, externalId, vector, ...(text ?? []), ...(metadata ?? [])].filter((name) => name !== undefined);

/** Those that a mapping can take anything from; the others need not be read. */
export function columnsToRead(columns: readonly string[], mapping: FieldMapping): readonly string[] {
  if (mapping.metadata === undefined) return columns;
  const possible = new Set<string>([...namedFields(mapping), ...Object.values(usualNames).flat()]);
  return columns.filter((name) => possible.has(name));
}

function nothingToSearch(names: readonly string[], { text, vector }: FieldMapping) {
  if (text !== undefined || vector !== undefined) {
    return invalidArgument("", `has nothing in ${[...(text ?? []), ...(vector ? [vector] : [])].join(", ")}`);
  }
  return invalidArgument(
    "",
    `has no text or vector under their usual names; name the field with --map text=NAME or --map vector=NAME (there are ${names.join(", ")})`,
  );
}

const isName = (value: FieldValue): boolean => typeof value === "string" || typeof value === "number";

/** What only begins like a vector is a mistake to be told; what does not is some other `values`. */
const looksLikeVector = (value: FieldValue): boolean =>
  isFloats(value) ||
  Array.isArray(value) ||
  isBase64Vector(value) ||
  (typeof value === "string" && value.trimStart().startsWith("["));

const hasValue = (row: Fields, name: string): boolean =>
  Object.hasOwn(row, name) && row[name] !== null && row[name] !== "";

function readName(row: Fields, name: string, isRequired: boolean): string | undefined {
  if (!hasValue(row, name)) {
    if (isRequired) throw invalidArgument(name, "is missing");
    return undefined;
  }
  const value = row[name];
  if (typeof value === "string") return value;
  if (typeof value === "number") return String(value);
  throw invalidArgument(name, "must be a string or a number, to be the document's id");
}

function readText(row: Fields, name: string): string | undefined {
  if (!hasValue(row, name)) return undefined;
  const value = row[name];
  if (typeof value !== "string") throw invalidArgument(name, "must be a string, to be the document's text");
  return value;
}

function readVector(row: Fields, name: string): Float32Array | undefined {
  if (!hasValue(row, name)) return undefined;
  const value = row[name] as FieldValue;
  return rowVector(name, typeof value === "string" ? parsedOrText(value) : value);
}

function readMetadata(
  row: Fields,
  chosen: readonly string[] | undefined,
  used: ReadonlySet<string>,
  metadataValue: MetadataValue,
): JsonObject {
  const names = chosen ?? Object.keys(row).filter((name) => !used.has(name));
  // From entries and not by assignment: a field may be called __proto__.
  const nested: [string, JsonValue][] = [];
  const own: [string, JsonValue][] = [];
  for (const name of names) {
    if (!Object.hasOwn(row, name)) continue;
    const raw = valueToJson(row[name] as FieldValue);
    const object = name === "metadata" ? (typeof raw === "string" ? parsedOrText(raw) : raw) : undefined;
    if (isJsonObject(object)) {
      nested.push(...Object.entries(object));
      continue;
    }
    const value = metadataValue(raw);
    if (value !== undefined) own.push([name, value]);
  }
  return Object.fromEntries([...nested, ...own]);
}

function parsedOrText(text: string): JsonValue {
  const parsed = parseJson(text);
  return parsed.ok ? parsed.value : text;
}

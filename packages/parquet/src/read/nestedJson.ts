import { assembleLists, assembleNested } from "hyparquet/src/assemble.js";
import { convert, DEFAULT_PARSERS } from "hyparquet/src/convert.js";
import type { ColumnDecoder, DecodedArray } from "hyparquet/src/types.js";
import { type ColumnChunkPlace, readColumnPages } from "./columnPages.ts";
import { invalid, unsupported } from "./parquetFileError.ts";
import type { SchemaNode } from "./schemaNode.ts";

/** Of one row group, which is held as a whole, as objects. */
const groupBytesMax = 64n * 1024n * 1024n;
const groupEntriesMax = 8n * 1024n * 1024n;

interface NestedColumn {
  readonly node: SchemaNode;
  readonly leaves: readonly ColumnChunkPlace[];
  readonly rowCount: number;
}

/** A column of a row group that is a STRUCT, a MAP or a LIST, as JSON. The library puts the nested values together. */
export async function readNestedJson({ node, leaves, rowCount }: NestedColumn): Promise<(string | null)[]> {
  const sum = (size: (leaf: ColumnChunkPlace) => bigint) =>
    leaves.reduce((total, leaf) => total + size(leaf), 0n);
  if (
    sum(({ metadata }) => metadata.total_uncompressed_size) > groupBytesMax ||
    sum(({ metadata }) => metadata.num_values) > groupEntriesMax
  ) {
    throw unsupported("is nested and too large in one row group; write smaller row groups, or JSON as text");
  }
  const columns = new Map<string, DecodedArray>();
  for (const leaf of leaves) columns.set(leaf.leaf.path.join("."), await readLeaf(leaf));
  assembleNested(columns, node, DEFAULT_PARSERS);
  const values = columns.get(node.path.join("."));
  if (values?.length !== rowCount)
    throw invalid(`has ${values?.length ?? 0} values in a row group of ${rowCount}`);
  return Array.from(values as unknown[], toJson);
}

async function readLeaf(place: ColumnChunkPlace): Promise<DecodedArray> {
  const { leaf, metadata } = place;
  const decoder = {
    ...metadata,
    pathInSchema: [...leaf.path],
    element: leaf.element,
    schemaPath: [...leaf.nodes],
    parsers: DEFAULT_PARSERS,
  } as ColumnDecoder;
  let rows: unknown[] = [];
  for await (const page of readColumnPages(place)) {
    const values = convert(page.values as DecodedArray, decoder);
    const levels =
      page.definitionLevels.length > 0 || page.repetitionLevels.length > 0 || leaf.definitionMax === 0
        ? page.definitionLevels
        : new Uint8Array(page.entryCount).fill(leaf.definitionMax);
    const assembled = assembleLists(
      rows,
      [...levels],
      [...page.repetitionLevels],
      values,
      decoder.schemaPath,
    );
    if (assembled !== rows) rows = [...rows, ...assembled];
  }
  return rows;
}

function toJson(value: unknown): string | null {
  if (value === null || value === undefined) return null;
  return JSON.stringify(value, (_, each: unknown) => {
    if (typeof each === "bigint") return Number.isSafeInteger(Number(each)) ? Number(each) : String(each);
    if (each instanceof Uint8Array) throw invalid("holds bytes, which JSON cannot have");
    return each;
  });
}

import type { FileMetaData, RowGroup } from "hyparquet";
import { documentFormatVersion, formatVersionKey } from "../format/fileKeys.ts";
import { damaged, unsupported } from "./parquetFileError.ts";
import { type SchemaNode, schemaTree } from "./schemaNode.ts";

/** A row group that has rows. */
export interface FileGroup {
  readonly group: RowGroup;
  readonly rowCount: number;
  readonly firstRow: number;
}

export interface InspectedFile {
  readonly root: SchemaNode;
  readonly groups: readonly FileGroup[];
  readonly keyValues: ReadonlyMap<string, string>;
}

/** What a footer says of its file, as far as it makes sense. */
export function inspectFile(metadata: FileMetaData): InspectedFile {
  const keyValues = new Map(
    (metadata.key_value_metadata ?? []).map(({ key, value }) => [key, value ?? ""] as const),
  );
  const version = keyValues.get(formatVersionKey);
  if (version !== undefined && !isKnownVersion(version)) {
    throw unsupported(
      `was written in version ${version} of AkiDB's format; this is version ${documentFormatVersion}`,
    );
  }
  return { root: schemaTree(metadata.schema), groups: groupsOf(metadata), keyValues };
}

const isKnownVersion = (version: string): boolean =>
  /^[1-9]\d*$/.test(version) && Number(version) <= documentFormatVersion;

function groupsOf(metadata: FileMetaData): FileGroup[] {
  const groups: FileGroup[] = [];
  let rows = 0;
  for (const group of metadata.row_groups) {
    const rowCount = Number(group.num_rows);
    if (!(rowCount >= 0)) throw damaged(`has a row group of ${group.num_rows} rows`);
    if (rowCount > 0) groups.push({ group, rowCount, firstRow: rows });
    rows += rowCount;
  }
  if (rows !== Number(metadata.num_rows) || !Number.isSafeInteger(rows)) {
    throw damaged(`says that it has ${metadata.num_rows} rows; its row groups have ${rows}`);
  }
  return groups;
}

import type { RowGroup } from "hyparquet";
import type { ByteSource } from "../byteSource.ts";
import type { ColumnChunkPlace } from "./columnPages.ts";
import type { Leaf } from "./leaf.ts";
import { chunkRange } from "./pageStream.ts";
import { damaged, unsupported } from "./parquetFileError.ts";

export interface RowGroupPlace {
  readonly source: ByteSource;
  readonly group: RowGroup;
  readonly dataEnd: number;
}

/** Where a row group keeps the values of a leaf. */
export function columnChunk({ group, source, dataEnd }: RowGroupPlace, leaf: Leaf): ColumnChunkPlace {
  const path = leaf.path.join(".");
  const chunk = group.columns.find(({ meta_data }) => meta_data?.path_in_schema.join(".") === path);
  if (chunk?.meta_data === undefined) throw damaged("is not in every row group");
  if (chunk.file_path !== undefined) throw unsupported("is in another file");
  const metadata = chunk.meta_data;
  if (metadata.type !== leaf.element.type) throw damaged("has another type than its schema says");
  if (!(metadata.num_values >= 0n && metadata.num_values <= BigInt(Number.MAX_SAFE_INTEGER))) {
    throw damaged(`says that it has ${metadata.num_values} values`);
  }
  return { source, range: chunkRange(metadata, dataEnd), metadata, leaf };
}

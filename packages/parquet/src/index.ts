export type { ByteSink } from "./byteSink.ts";
export type { ByteSource } from "./byteSource.ts";
export type { DocumentColumns, FoundColumns } from "./documentColumns.ts";
export { type Compression, compressions } from "./format/compression.ts";
export { type DocumentFile, type DocumentFileOptions, openDocumentFile } from "./read/openDocumentFile.ts";
export {
  openTableFile,
  type TableFields,
  type TableFile,
  type TableFileOptions,
  type TableRow,
} from "./read/openTableFile.ts";
export { ParquetFileError, type ParquetProblem } from "./read/parquetFileError.ts";
export type { BatchLimits } from "./read/rowGroupReader.ts";
export type { TableValue } from "./read/tableColumn.ts";
export {
  DocumentFileWriter,
  type DocumentFileWriterOptions,
  type WrittenFile,
} from "./write/documentFileWriter.ts";

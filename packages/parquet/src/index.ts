export type { ByteSink } from "./byteSink.ts";
export type { ByteSource } from "./byteSource.ts";
export type { DocumentColumns, FoundColumns } from "./documentColumns.ts";
export { type Compression, compressions } from "./format/compression.ts";
export { documentFormatVersion } from "./format/fileKeys.ts";
export { type DocumentFile, type DocumentFileOptions, openDocumentFile } from "./read/openDocumentFile.ts";
export { ParquetFileError, type ParquetProblem } from "./read/parquetFileError.ts";
export type { BatchLimits } from "./read/rowGroupReader.ts";
export {
  DocumentFileWriter,
  type DocumentFileWriterOptions,
  type WrittenFile,
} from "./write/documentFileWriter.ts";

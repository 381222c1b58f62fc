export type {
  AkiDb,
  CallOptions,
  Collection,
  CollectionInfo,
  CreateCollectionInput,
  Document,
  DocumentInput,
  EmbedInput,
  EmbedResult,
  ErrorCode,
  FieldViolation,
  Include,
  JsonObject,
  JsonValue,
  Match,
  Metric,
  Page,
  PageRequest,
  QueryInput,
  QueryResult,
  UpsertItem,
  UpsertOptions,
  UpsertResult,
} from "@akidb/base";
export { AkiDbError, isAkiDbError } from "@akidb/base";
export { type ConnectOptions, connect } from "@akidb/client";
export { type OpenOptions, open } from "@akidb/database";

export * from "./generated/akidb/collection/v1/collection.ts";
export * from "./generated/akidb/collection/v1/collection_management.ts";
export * from "./generated/akidb/collection/v1/document.ts";
export * from "./generated/akidb/collection/v1/error.ts";
export * from "./generated/akidb/collection/v1/query.ts";
export * from "./generated/akidb/embedding/v1/embedding.ts";
export { descriptors } from "./generated/descriptors.ts";
export { BadRequest, ErrorInfo, RequestInfo, RetryInfo } from "./generated/google/rpc/error_details.ts";
export { Status } from "./generated/google/rpc/status.ts";

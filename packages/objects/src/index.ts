export { type LocalObjectStoreOptions, openLocalObjectStore } from "./adapters/localObjectStore.ts";
export { allObjects } from "./allObjects.ts";
export { allUnfinished } from "./allUnfinished.ts";
export { DamagedObjectError } from "./damagedObjectError.ts";
export { lazyObjectStore } from "./lazyObjectStore.ts";
export { measuredObjectStore, type ObjectMeter } from "./measuredObjectStore.ts";
export { type MemoryObjectStoreOptions, openMemoryObjectStore } from "./memory/memoryObjectStore.ts";
export { type ObjectBytes, type ObjectBytesOptions, objectBytes } from "./objectBytes.ts";
export { type ObjectChecksum, objectChecksum } from "./objectChecksum.ts";
export { compareObjectKeys } from "./objectKey.ts";
export { objectLimits } from "./objectLimits.ts";
export type {
  ByteRange,
  DeleteFailure,
  GetOptions,
  ListOptions,
  ObjectBody,
  ObjectCallOptions,
  ObjectInfo,
  ObjectPage,
  ObjectReading,
  ObjectStore,
  PutOptions,
  PutReceipt,
  UnfinishedPage,
  UnfinishedPut,
} from "./objectStore.ts";
export {
  ObjectStoreAwayError,
  ObjectStoreCircuit,
  type ObjectStoreCircuitOptions,
} from "./objectStoreCircuit.ts";
export type { PackedObject } from "./pack/packedObject.ts";
export { PackedUploads, type PackedUploadsOptions } from "./pack/packedUploads.ts";
export { readPackedObject } from "./pack/readPack.ts";
export { type ObjectSink, ParallelUploads, type ParallelUploadsOptions } from "./parallelUploads.ts";
export type { RetryNotice, RetryOptions } from "./retry/retryOptions.ts";
export { openS3ObjectStore } from "./s3/openS3ObjectStore.ts";
export { parseS3Encryption, type S3Encryption } from "./s3/s3Encryption.ts";
export type { S3ObjectStoreOptions } from "./s3/s3Options.ts";
export { Slots } from "./slots.ts";

export { type S3Server, startS3Server } from "./adapters/startS3Server.ts";
export type { S3Failing, S3Fault, S3Operation } from "./s3Fault.ts";
export type { S3Credentials } from "./signatureV4.ts";

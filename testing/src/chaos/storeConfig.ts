import { writeFileSync } from "node:fs";
import type { ObjectStoreOptions } from "@akidb/database";
import type { S3Server } from "@akidb/objects/s3-server";

/** @param endpoint through which it is asked; its own if absent */
export function objectStoreOf(
  { bucketName, credentials, endpoint: own }: S3Server,
  endpoint = own,
): ObjectStoreOptions {
  return { kind: "s3", bucket: bucketName, endpoint, ...credentials, forcePathStyle: true };
}

/** A configuration of `akidb serve`. */
export function writeStoreConfig(path: string, options: ObjectStoreOptions): void {
  const lines = Object.entries(options).map(
    ([name, value]) =>
      `${name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)} = ${JSON.stringify(value)}`,
  );
  writeFileSync(path, `[object_store]\n${lines.join("\n")}\n`);
}

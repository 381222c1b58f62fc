import { type AkiDb, invalidArgument } from "@akidb/base";

/** Stands for `grpcDatabase.ts` in bundles for browsers, which cannot speak gRPC: `browser` in package.json says so. */
export function grpcDatabase(): AkiDb {
  throw invalidArgument(
    "url",
    "browsers cannot speak gRPC; name the server's REST address: http://127.0.0.1:8080",
  );
}

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { noDeadline } from "@akidb/base";
import { startS3Server } from "@akidb/objects/s3-server";
import { it } from "vitest";
import { ownProcess } from "../access/caller.ts";
import { openDatabase } from "../openDatabase.ts";
import { operations } from "../operations/operations.ts";

const call = { requestId: "test", deadline: noDeadline(), caller: ownProcess };

it("nobody waits long for a store that takes everything and answers nothing: neither deletions nor the end", async () => {
  const directory = mkdtempSync(join(tmpdir(), "akidb-deaf-"));
  await using server = await startS3Server();
  for (const operation of ["GetObject", "PutObject", "ListObjectsV2", "HeadObject"] as const) {
    server.faults.add({ operation, failing: { kind: "delay", delayMs: 60_000 }, times: 1_000 });
  }
  const database = await openDatabase({
    directory,
    command: "test",
    objectStore: {
      kind: "s3",
      bucket: server.bucketName,
      endpoint: server.endpoint,
      ...server.credentials,
      forcePathStyle: true,
    },
    objectStoreTuning: { patienceMs: 50 },
    wal: { sync: "never", segmentBytesMax: 16 * 1_024 },
  });
  await database.loaded();
  const vector = new Float32Array(16).fill(1);
  for (const collection of ["books", "films"]) {
    const input = { name: collection, dimension: 16, tieringPolicy: "memory_s3" } as const;
    await database.execute(operations.createCollection, input, call);
    // Some files of the log, which are on their way.
    for (let count = 0; count < 20; count++) {
      const documents = [{ vector, text: "x".repeat(2_000) }];
      await database.execute(operations.upsertDocuments, { collection, documents }, call);
    }
  }
  // Each attempt of each call would wait for 20 seconds.
  await database.execute(operations.deleteCollection, { collection: "books" }, call);
  await database.close();
  rmSync(directory, { recursive: true });
}, 60_000);

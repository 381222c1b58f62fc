import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { startServerProcess } from "./adapters/cliProcess.test.support.ts";
import { startGrpcServer } from "./adapters/grpcServer.test.support.ts";
import { startRerankServer } from "./adapters/rerankServer.test.support.ts";
import { checkAkiDb } from "./akiDb.contract.ts";
import { connect, open } from "./index.ts";

function newDirectory(): { readonly root: string; readonly path: string; readonly backupTo: string } {
  const root = mkdtempSync(join(tmpdir(), "akidb-contract-"));
  const path = join(root, "data");
  mkdirSync(path);
  return { root, path, backupTo: join(root, "backups") };
}

const { url: rerankUrl, close } = await startRerankServer();
afterAll(close);

for (const [name, threshold] of [
  ["in-process", 10_000],
  ["in-process, with a graph from the first document", 0],
] as const) {
  checkAkiDb(name, async () => {
    const { root, path, backupTo } = newDirectory();
    const db = await open({
      path,
      backupTo,
      wal: { sync: "never" },
      hnsw: { threshold },
      rerank: { url: rerankUrl, name: "letters" },
    });
    return {
      db,
      close: async () => {
        await db.close();
        rmSync(root, { recursive: true });
      },
    };
  });
}

checkAkiDb("over REST", async () => {
  const { root, path, backupTo } = newDirectory();
  const server = await startServerProcess(path, {
    AKIDB_BACKUP_TO: backupTo,
    AKIDB_RERANK_URL: rerankUrl,
    AKIDB_RERANK_NAME: "letters",
  });
  const db = connect({ url: server.url });
  return {
    db,
    close: async () => {
      await db.close();
      await server.stop();
      rmSync(root, { recursive: true });
    },
  };
});

checkAkiDb("over gRPC", async () => {
  const { root, path, backupTo } = newDirectory();
  const server = await startGrpcServer(path, {
    "--backup-to": backupTo,
    "--rerank-url": rerankUrl,
    "--rerank-name": "letters",
  });
  const db = connect({ url: server.grpcUrl });
  return {
    db,
    close: async () => {
      await db.close();
      await server.close();
      rmSync(root, { recursive: true });
    },
  };
});

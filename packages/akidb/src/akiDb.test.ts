import { mkdirSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { startRerankServer } from "./adapters/rerankServer.test.support.ts";
import { type ServerHere, startServerHere } from "./adapters/serverHere.test.support.ts";
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

for (const [name, urlOf] of [
  ["over REST", ({ url }: ServerHere) => url],
  ["over gRPC", ({ grpcUrl }: ServerHere) => grpcUrl],
] as const) {
  checkAkiDb(name, async () => {
    const { root, path, backupTo } = newDirectory();
    const server = await startServerHere(path, {
      "--backup-to": backupTo,
      "--rerank-url": rerankUrl,
      "--rerank-name": "letters",
    });
    const db = connect({ url: urlOf(server) });
    return {
      db,
      close: async () => {
        await db.close();
        await server.close();
        rmSync(root, { recursive: true });
      },
    };
  });
}

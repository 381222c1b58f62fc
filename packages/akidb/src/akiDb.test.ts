import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServerProcess } from "./adapters/cliProcess.test.support.ts";
import { checkAkiDb } from "./akiDb.contract.ts";
import { connect, open } from "./index.ts";

const newDirectory = (): string => mkdtempSync(join(tmpdir(), "akidb-contract-"));

for (const [name, threshold] of [
  ["in-process", 10_000],
  ["in-process, with a graph from the first document", 0],
] as const) {
  checkAkiDb(name, async () => {
    const path = newDirectory();
    const db = await open({ path, wal: { sync: "never" }, hnsw: { threshold } });
    return {
      db,
      close: async () => {
        await db.close();
        rmSync(path, { recursive: true });
      },
    };
  });
}

checkAkiDb("over REST", async () => {
  const path = newDirectory();
  const server = await startServerProcess(path);
  const db = connect({ url: server.url });
  return {
    db,
    close: async () => {
      await db.close();
      await server.stop();
      rmSync(path, { recursive: true });
    },
  };
});

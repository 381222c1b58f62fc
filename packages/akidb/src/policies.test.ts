import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServerHere } from "./adapters/serverHere.test.support.ts";
import { connect, open } from "./index.ts";
import { checkPolicies } from "./policies.contract.ts";

const newDirectory = (): string => mkdtempSync(join(tmpdir(), "akidb-policies-"));

checkPolicies("in-process", async () => {
  const path = newDirectory();
  const db = await open({ path, wal: { sync: "never" } });
  return {
    db,
    close: async () => {
      await db.close();
      rmSync(path, { recursive: true });
    },
  };
});

checkPolicies("over REST", async () => {
  const path = newDirectory();
  const server = await startServerHere(path);
  const db = connect({ url: server.url });
  return {
    db,
    close: async () => {
      await db.close();
      await server.close();
      rmSync(path, { recursive: true });
    },
  };
});

checkPolicies("over gRPC", async () => {
  const path = newDirectory();
  const server = await startServerHere(path);
  const db = connect({ url: server.grpcUrl });
  return {
    db,
    close: async () => {
      await db.close();
      await server.close();
      rmSync(path, { recursive: true });
    },
  };
});

import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startServerProcess } from "./adapters/cliProcess.test.support.ts";
import { startGrpcServer } from "./adapters/grpcServer.test.support.ts";
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

checkPolicies("over gRPC", async () => {
  const path = newDirectory();
  const server = await startGrpcServer(path);
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

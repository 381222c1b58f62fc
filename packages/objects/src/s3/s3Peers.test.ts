import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { systemRandom } from "@akidb/base";
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { describe, it } from "vitest";
import { checkObjectStore } from "../objectStore.contract.ts";
import { openS3ObjectStore } from "./openS3ObjectStore.ts";

/** Servers that others wrote, where the machine has them: they keep our own one honest. */
interface S3Peer {
  readonly name: string;
  /** @returns why the machine cannot run it */
  missing(): string | undefined;
  command(port: number, directory: string): readonly [command: string, ...args: string[]];
  readonly lacks: Parameters<typeof checkObjectStore>[2];
}

const credentials = { accessKeyId: "peer-key", secretAccessKey: "peer-secret" };

const peers: readonly S3Peer[] = [
  {
    name: "moto",
    missing: () =>
      spawnSync("python3", ["-c", "import moto.server"]).status === 0
        ? undefined
        : "python3 with the module moto is not there",
    command: (port) => ["python3", "-m", "moto.server", "-H", "127.0.0.1", "-p", String(port)],
    // As of 5.2 it looks at If-None-Match there, not at If-Match.
    lacks: ["if-match of parts"],
  },
  {
    name: "MinIO",
    missing: () => (spawnSync("minio", ["--version"]).status === 0 ? undefined : "no minio on the PATH"),
    command: (port, directory) => ["minio", "server", directory, "--address", `127.0.0.1:${port}`],
    lacks: [],
  },
];

for (const peer of peers) {
  const missing = peer.missing();
  if (missing === undefined) checkPeer(peer);
  else {
    console.log(`object store s3 of ${peer.name}: skipped, because ${missing}`);
    describe(`object store s3 of ${peer.name}`, () => it.skip(missing));
  }
}

function checkPeer({ name, command, lacks }: S3Peer): void {
  const open = async () => {
    const directory = mkdtempSync(join(tmpdir(), "akidb-peer-"));
    const port = await freePort();
    const [program, ...args] = command(port, directory);
    const env = {
      ...process.env,
      MINIO_ROOT_USER: credentials.accessKeyId,
      MINIO_ROOT_PASSWORD: credentials.secretAccessKey,
    };
    const server = spawn(program, args, { env, stdio: "ignore" });
    const endpoint = `http://127.0.0.1:${port}`;
    await createBucket(endpoint, "peer-bucket");
    const store = await openS3ObjectStore({
      endpoint,
      bucket: "peer-bucket",
      prefix: "under",
      ...credentials,
      forcePathStyle: true,
      random: systemRandom,
    });
    const end = async () => {
      await ended(server);
      rmSync(directory, { recursive: true });
    };
    return { store, end };
  };
  checkObjectStore(`s3 of ${name}`, open, lacks);
}

async function freePort(): Promise<number> {
  const probe = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => probe.once("listening", resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  return typeof address === "object" && address !== null ? address.port : 0;
}

/** Once it succeeds, the server is up. */
async function createBucket(endpoint: string, bucket: string): Promise<void> {
  const client = new S3Client({ endpoint, region: "us-east-1", credentials, forcePathStyle: true });
  for (let attempt = 1; ; attempt++) {
    try {
      await client.send(new CreateBucketCommand({ Bucket: bucket }));
      break;
    } catch (error) {
      if (attempt === 300) throw error;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }
  client.destroy();
}

async function ended(server: ChildProcess): Promise<void> {
  const exit = new Promise((resolve) => server.once("exit", resolve));
  server.kill("SIGTERM");
  const timer = setTimeout(() => server.kill("SIGKILL"), 5_000);
  await exit;
  clearTimeout(timer);
}

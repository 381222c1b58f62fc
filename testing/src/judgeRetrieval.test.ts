import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";

let data: string;
beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), "judge-"));
  mkdirSync(join(data, "qrels"));
  writeFileSync(
    join(data, "queries.jsonl"),
    '{"_id":"1","text":"one"}\n{"_id":"2","text":"two"}\n{"_id":"3","text":"x"}\n',
  );
  writeFileSync(join(data, "qrels", "test.tsv"), "query-id\tcorpus-id\tscore\n1\ta\t1\n2\tb\t1\n3\tc\t0\n");
});
afterEach(() => rmSync(data, { recursive: true }));

test("averages over the judged queries", async () => {
  const answers: Record<string, readonly string[]> = { one: ["a", "b"], two: ["a", "b"] };
  await using server = await serve((body) => ({
    matches: (answers[body.text] ?? []).map((external_id) => ({ id: "-", external_id })),
  }));
  const { code, stdout } = await judge("--url", server.url, "--data", data);
  expect(code).toBe(0);
  expect(stdout).toContain(`nDCG@10 ${((1 + 1 / Math.log2(3)) / 2).toFixed(4)} over 2 queries`);
});

test("says that documents lack external ids", async () => {
  await using server = await serve(() => ({ matches: [{ id: "0198c5a8" }] }));
  expect(await judge("--url", server.url, "--data", data)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining("document 0198c5a8 of corpus has no external id"),
  });
});

test("says that the folder is absent", async () => {
  const path = join(data, "absent");
  expect(await judge("--data", path)).toMatchObject({
    code: 1,
    stderr: `${join(path, "qrels", "test.tsv")} does not exist; name the folder of a corpus with --data\n`,
  });
});

test("says that the server is absent", async () => {
  const { url, [Symbol.asyncDispose]: close } = await serve(() => ({}));
  await close();
  expect(await judge("--url", url, "--data", data)).toMatchObject({
    code: 1,
    stderr: `no server answers at ${url}\n`,
  });
});

interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

function judge(...args: string[]): Promise<Finished> {
  const script = join(import.meta.dirname, "judgeRetrieval.ts");
  return new Promise((resolve) => {
    const child = execFile(process.execPath, [script, ...args], (_error, stdout, stderr) =>
      resolve({ code: child.exitCode ?? -1, stdout, stderr }),
    );
  });
}

/** Answers every query with what `answer` makes of its body. */
async function serve(
  answer: (body: { text: string }) => unknown,
): Promise<{ url: string } & AsyncDisposable> {
  const server: Server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify(answer(JSON.parse(Buffer.concat(chunks).toString("utf8")))));
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.asyncDispose]: () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

import { type AkiDbError, splitLines } from "@akidb/base";
import { afterEach, expect, it } from "vitest";
import { childProcess } from "../adapters/childProcess.ts";
import { type ProcessSession, SupervisedProcess, type SupervisedRun } from "./supervisedProcess.ts";

class Session implements ProcessSession {
  readonly ended = Promise.withResolvers<AkiDbError>();
  readonly #lines: string[] = [];
  readonly run: SupervisedRun;

  constructor(run: SupervisedRun) {
    this.run = run;
  }

  async read(output: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const line of splitLines(output, 1_000)) {
      if (line.kind === "line") this.#lines.push(Buffer.from(line.bytes).toString());
    }
  }

  end(reason: AkiDbError): void {
    this.ended.resolve(reason);
  }

  async line(): Promise<string> {
    await expect.poll(() => this.#lines.length).toBeGreaterThan(0);
    return this.#lines.shift()!;
  }
}

const opened: SupervisedProcess<Session>[] = [];
afterEach(async () => {
  for (const supervised of opened.splice(0)) await supervised.close();
});

function supervise(script: string, command = [process.execPath, "-e", script]) {
  const time = { ms: 0 };
  const told: string[] = [];
  const supervised = new SupervisedProcess<Session>({
    name: "the program",
    launch: () => childProcess(command),
    openSession: (run) => new Session(run),
    clock: { nowMs: () => time.ms, monotonicMs: () => time.ms },
    onLine: (line) => told.push(line),
    graceMs: 100,
  });
  opened.push(supervised);
  return { supervised, time, told };
}

const isAlive = (pid: number): boolean => {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
};

const echo = "process.stdin.pipe(process.stdout);";

it("runs one process, and starts it when it is first asked for", async () => {
  const { supervised } = supervise(echo);
  const session = supervised.session();
  expect(supervised.session()).toBe(session);
  session.run.write("one\n");
  expect(await session.line()).toBe("one");
});

it("starts it again after a while that doubles, until it has proved itself", async () => {
  const { supervised, time } = supervise("process.exit(3)");
  let session = supervised.session();
  for (const delayMs of [500, 1_000, 2_000]) {
    const reason = await session.ended.promise;
    expect(reason).toMatchObject({
      code: "unavailable",
      message: "the program ended with exit code 3",
      retryAfterMs: delayMs,
    });
    time.ms += delayMs - 1;
    expect(() => supervised.session()).toThrow(
      "the program ended with exit code 3; it will be started again",
    );
    time.ms += 1;
    session = supervised.session();
  }
  session.run.prove();
  expect((await session.ended.promise).retryAfterMs).toBe(500);
});

it("waits half a minute at most", async () => {
  const { supervised, time } = supervise("", ["/nowhere/to/be/found"]);
  let retryAfterMs: number | undefined;
  for (let i = 0; i < 8; i++) {
    const reason = await supervised.session().ended.promise;
    expect(reason.message).toBe("the program cannot be started: there is no such program");
    retryAfterMs = reason.retryAfterMs;
    time.ms += 30_000;
  }
  expect(retryAfterMs).toBe(30_000);
});

it("kills what is given up, with whatever it has started", async () => {
  const { supervised } = supervise(`
    const { pid } = require("node:child_process").spawn(process.execPath, ["-e", "setInterval(() => {}, 1e6)"]);
    console.log(pid);
    setInterval(() => {}, 1e6);`);
  const session = supervised.session();
  const pid = Number(await session.line());
  session.run.giveUp("is no good", { isPassing: false });
  const reason = await session.ended.promise;
  expect(reason.message).toBe("the program is no good");
  expect(reason.retryAfterMs).toBeUndefined();
  await expect.poll(() => isAlive(pid)).toBe(false);
});

it("asks it to end, and kills it where it does not", async () => {
  const { supervised } = supervise(`
    process.on("SIGTERM", () => console.log("asked"));
    console.log(process.pid);
    setInterval(() => {}, 1e6);`);
  const session = supervised.session();
  const pid = Number(await session.line());
  await supervised.close();
  expect((await session.ended.promise).message).toBe("the database is closing");
  expect(await session.line()).toBe("asked");
  expect(isAlive(pid)).toBe(false);
  expect(() => supervised.session()).toThrow("the database is closing");
});

it("tells what it complains of, and no more of it than a log can bear", async () => {
  const { supervised, told } = supervise(`
    console.error("x".repeat(100_000));
    for (let i = 0; i < 500; i++) console.error("line", i, "\\x1b[31mred", "y".repeat(600));
    console.error("the last word");
    process.exitCode = 1;`);
  const reason = await supervised.session().ended.promise;
  expect(reason.message).toBe("the program ended with exit code 1");
  expect(reason.cause).toEqual(new Error("its last line was: the last word"));
  await expect.poll(() => told.at(-1)).toBe("(and 402 more lines)");
  expect(told[0]).toBe("(a line that is too long)");
  expect(told).toHaveLength(101);
  expect(told[1]).toMatch(/^line 0 \[31mred y+…$/);
  expect(Math.max(...told.map(({ length }) => length))).toBeLessThanOrEqual(501);
});

it("gives a program nothing of the database's own environment", async () => {
  process.env["AKIDB_TEST_SECRET"] = "secret";
  try {
    const { supervised } = supervise(
      "console.log(String(process.env.AKIDB_TEST_SECRET), typeof process.env.PATH)",
    );
    expect(await supervised.session().line()).toBe("undefined string");
  } finally {
    delete process.env["AKIDB_TEST_SECRET"];
  }
});

import { setTimeout as pause } from "node:timers/promises";
import { type AkiDb, isAkiDbError, type ReembeddingInfo, SeededRandom } from "@akidb/base";
import { connect } from "@akidb/client";
import { type ServerProcess, startServerProcess } from "../serverProcess.ts";

export interface ReembedLoadOptions {
  readonly directory: string;
  readonly seed: number;
  readonly documentCount: number;
  readonly fromDimension: number;
  readonly toDimension: number;
  readonly searchesPerSecond: number;
  /** Whether the server is killed when about half of the documents are done. */
  readonly isKilled: boolean;
  /** Searches go on so long after the flip. */
  readonly settleMs: number;
  readonly say: (line: string) => void;
}

export interface ReembedLoadReport {
  readonly searches: number;
  readonly failed: readonly string[];
  readonly empty: number;
  /** Searches of which the document whose text was asked for was not the first. */
  readonly wrong: number;
  /** Searches while the server was away, which are asked again and counted once. */
  readonly askedAgain: number;
  readonly writes: number;
  /** What a report said that cannot be. */
  readonly untruths: readonly string[];
  readonly doneBeforeKill: number | undefined;
  readonly doneAfterKill: number | undefined;
  readonly searchMsP50: number;
  readonly searchMsP99: number;
  readonly searchMsMax: number;
  readonly tookMs: number;
}

const name = "docs";
const words = ["harbour", "lantern", "orchard", "violin", "glacier", "compass", "meadow", "engine", "ledger"];

/** Each of its own: it is nearest to itself, whatever the model. */
function textOf(key: number): string {
  const random = new SeededRandom(key);
  const picked = Array.from({ length: 12 }, () => words[random.nextInt(words.length)]!);
  return `${picked.join(" ")} number${key} and item${key * 7}`;
}

/** Re-embeds a collection of a server under searches and writes of another process, which is this one. */
export async function runReembedLoad(options: ReembedLoadOptions): Promise<ReembedLoadReport> {
  const { directory, documentCount, fromDimension, toDimension, isKilled, say } = options;
  let server = await startServerProcess(directory);
  let db = await connect({ url: server.url });
  await fill(db, documentCount, fromDimension);
  say(`${documentCount} documents with vectors of ${fromDimension}`);
  const load = new Load(options, () => db);
  const searching = load.run();
  const startedMs = performance.now();
  let doneBeforeKill: number | undefined;
  let doneAfterKill: number | undefined;
  try {
    await db.collection(name).reembedding.start({ dimension: toDimension });
    const watch = new ProgressWatch();
    let isFlipped = false;
    while (!isFlipped) {
      const info = await db.collection(name).reembedding.get();
      watch.look(info);
      isFlipped = info.state === "flipped";
      const done = info.documentsDone ?? 0;
      if (isKilled && doneBeforeKill === undefined && done >= documentCount / 2 && !isFlipped) {
        doneBeforeKill = done;
        ({ server, db } = await killAndRestart(server, directory, load));
        doneAfterKill = await firstDone(db);
        say(`killed at ${doneBeforeKill} documents; up again, it goes on from ${doneAfterKill}`);
        watch.restarted();
      }
      await pause(50);
    }
    const tookMs = performance.now() - startedMs;
    // The searches that follow are those of the new vectors.
    await pause(options.settleMs);
    await load.stop();
    await searching;
    await checkAll(db, options, load);
    return { ...load.report(), untruths: watch.untruths, doneBeforeKill, doneAfterKill, tookMs };
  } finally {
    await load.stop();
    await db.close();
    await server.stop();
  }
}

async function fill(db: AkiDb, documentCount: number, dimension: number): Promise<void> {
  await db.createCollection({ name, dimension });
  for (let from = 0; from < documentCount; from += 1_000) {
    const count = Math.min(1_000, documentCount - from);
    const documents = Array.from({ length: count }, (_, at) => ({
      externalId: `k${from + at}`,
      text: textOf(from + at),
    }));
    await db.collection(name).upsert(documents);
  }
}

async function killAndRestart(server: ServerProcess, directory: string, load: Load) {
  load.isServerAway = true;
  await server.kill();
  const next = await startServerProcess(directory);
  const db = await connect({ url: next.url });
  load.isServerAway = false;
  return { server: next, db };
}

async function firstDone(db: AkiDb): Promise<number> {
  for (;;) {
    const { documentsDone, state } = await db.collection(name).reembedding.get();
    if (documentsDone !== null) return documentsDone;
    if (state !== "copying") throw new Error(`it did not go on, but is ${state}`);
    await pause(5);
  }
}

/** Searches at a steady rate, and a write now and then. */
class Load {
  readonly #options: ReembedLoadOptions;
  readonly #db: () => AkiDb;
  readonly #random: SeededRandom;
  readonly #latencies: number[] = [];
  readonly #failed: string[] = [];
  readonly #running = new Set<Promise<void>>();
  #empty = 0;
  #wrong = 0;
  #askedAgain = 0;
  #writes = 0;
  #isStopped = false;
  isServerAway = false;

  constructor(options: ReembedLoadOptions, db: () => AkiDb) {
    this.#options = options;
    this.#db = db;
    this.#random = new SeededRandom(options.seed);
  }

  /** Keys from here on are written while it goes on. */
  get writtenKeys(): readonly number[] {
    return Array.from({ length: this.#writes }, (_, at) => this.#options.documentCount + at);
  }

  async run(): Promise<void> {
    const intervalMs = 1_000 / this.#options.searchesPerSecond;
    const startMs = performance.now();
    for (let turn = 0; !this.#isStopped; turn++) {
      const work = turn % 10 === 9 ? this.#write() : this.#search();
      this.#running.add(work);
      void work.finally(() => this.#running.delete(work));
      const dueMs = startMs + (turn + 1) * intervalMs;
      await pause(Math.max(0, dueMs - performance.now()));
    }
    await Promise.all(this.#running);
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await Promise.all(this.#running);
  }

  report() {
    const sorted = this.#latencies.toSorted((a, b) => a - b);
    const at = (share: number): number =>
      sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? 0;
    return {
      searches: sorted.length,
      failed: this.#failed,
      empty: this.#empty,
      wrong: this.#wrong,
      askedAgain: this.#askedAgain,
      writes: this.#writes,
      searchMsP50: at(0.5),
      searchMsP99: at(0.99),
      searchMsMax: sorted.at(-1) ?? 0,
    };
  }

  async #search(): Promise<void> {
    const key = this.#random.nextInt(this.#options.documentCount);
    let startMs = 0;
    const answer = await this.#ask((db) => {
      startMs = performance.now();
      return db.collection(name).query({ text: textOf(key), topK: 10 });
    });
    if (answer === undefined) return;
    this.#latencies.push(performance.now() - startMs);
    const { matches } = answer;
    if (matches.length === 0) this.#empty += 1;
    else if (matches[0]!.externalId !== `k${key}`) this.#wrong += 1;
  }

  async #write(): Promise<void> {
    const key = this.#options.documentCount + this.#writes;
    this.#writes += 1;
    const document = { externalId: `k${key}`, text: textOf(key) };
    const answer = await this.#ask((db) => db.collection(name).upsert([document]));
    if (answer !== undefined && answer.items[0]?.ok !== true) this.#failed.push("a document was refused");
  }

  /** A server that was killed answers nobody: whoever asked it asks again. */
  async #ask<T>(work: (db: AkiDb) => Promise<T>): Promise<T | undefined> {
    for (;;) {
      const db = this.#db();
      try {
        return await work(db);
      } catch (error) {
        const isAway = this.isServerAway || db !== this.#db();
        if (!isAway) {
          this.#failed.push(isAkiDbError(error) ? `${error.code}: ${error.message}` : String(error));
          return undefined;
        }
        this.#askedAgain += 1;
        await pause(50);
      }
    }
  }
}

/** What a report says must fit what the ones before said. */
class ProgressWatch {
  readonly untruths: string[] = [];
  #done = 0;
  #state: ReembeddingInfo["state"] = "copying";

  look(info: ReembeddingInfo): void {
    const { state, documentsDone: done, documentsTotal: total, secondsLeft, documentsPerSecond } = info;
    if (done !== null && total !== null && done > total) this.#say(`${done} of ${total} are done`);
    if (done !== null && done < this.#done) this.#say(`${done} are done after ${this.#done}`);
    if (state === "flipped" && this.#state === "copying" && this.#done === 0) this.#say("it flipped at once");
    if (secondsLeft !== null && (secondsLeft < 0 || documentsPerSecond === null))
      this.#say("a time of nowhere");
    if (state === "paused" || state === "cancelled") this.#say(`it is ${state}: ${info.stateReason}`);
    if (state === "catching_up" && done !== null && total !== null && done < total * 0.99) {
      this.#say(`it catches up with ${done} of ${total}`);
    }
    this.#done = Math.max(this.#done, done ?? 0);
    this.#state = state;
  }

  /** What was not durable is done again. */
  restarted(): void {
    this.#done = 0;
  }

  #say(untruth: string): void {
    this.untruths.push(untruth);
  }
}

/** Every document is there once, with a vector of the new model, and is what its text finds. */
async function checkAll(
  db: AkiDb,
  { documentCount, toDimension }: ReembedLoadOptions,
  load: Load,
): Promise<void> {
  const expected = new Set(Array.from({ length: documentCount }, (_, key) => `k${key}`));
  for (const key of load.writtenKeys) expected.add(`k${key}`);
  const info = await db.getCollection(name);
  if (info.dimension !== toDimension) throw new Error(`the collection has dimension ${info.dimension}`);
  for await (const { externalId, vector } of db.collection(name).scroll({ include: ["vector"] })) {
    if (!expected.delete(externalId!)) throw new Error(`${externalId} is there twice, or was never written`);
    if (vector?.length !== toDimension) throw new Error(`${externalId} has another vector`);
  }
  if (expected.size > 0)
    throw new Error(`${expected.size} documents are missing: ${[...expected].slice(0, 5)}`);
}

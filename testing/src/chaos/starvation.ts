import { setTimeout as sleep } from "node:timers/promises";
import { connect } from "@akidb/client";
import { startServerProcess } from "../serverProcess.ts";
import { countingFetch } from "./countingFetch.ts";
import { starveCpu } from "./cpuStarvation.ts";
import { HotLoad, type LoadSample } from "./hotLoad.ts";

export interface StarvationOptions {
  readonly directory: string;
  readonly seed: number;
  /** With all that the machine has, before. */
  readonly wholeMs: number;
  readonly starvedMs: number;
  /** Of one core. */
  readonly share: number;
  readonly collectionCount: number;
  /** Between two steps of each writer and reader. */
  readonly pauseMs: number;
}

export interface StarvationReport {
  readonly whole: LoadSample;
  readonly starved: LoadSample;
  readonly usedShare: number;
  /** Answers of the server that were errors, tried again by the client or not. */
  readonly refusedCount: number;
  readonly verified: number;
  readonly faults: readonly string[];
}

/**
 * A server in a process of its own under load, that gets a tenth of a core all of a sudden: latency rises, and nothing fails. It
 * ends in order while it starves, and all is there when it starts again.
 */
export async function runStarvation(options: StarvationOptions): Promise<StarvationReport> {
  const { directory, seed, pauseMs, collectionCount } = options;
  const counting = countingFetch();
  const collections = Array.from({ length: collectionCount }, (_, number) => `c${number}`);
  const load = new HotLoad({ collections, seed, pauseMs, tieringPolicy: "memory" });
  const faults: string[] = [];
  let server = await startServerProcess(directory);
  try {
    const db = connect({ url: server.url, fetch: counting.fetch });
    await load.createCollections(db);
    load.start(db);
    await sleep(options.wholeMs);
    const whole = load.sample();
    using starvation = starveCpu(server.pid, options.share);
    await sleep(options.starvedMs / 2);
    await db.collection("c0").createSnapshot();
    await sleep(options.starvedMs / 2);
    await load.stop();
    const starved = load.sample();
    await db.close();
    const status = await server.stop();
    const usedShare = starvation.usedShare();
    if (status !== 0) faults.push(`the server ended with ${status}`);
    server = await startServerProcess(directory);
    const verified = await load.verify(connect({ url: server.url }));
    return {
      ...{ whole, starved, usedShare, verified },
      refusedCount: counting.refusedCount,
      faults: [...faults, ...load.faults],
    };
  } finally {
    await load.stop();
    await server.kill();
  }
}

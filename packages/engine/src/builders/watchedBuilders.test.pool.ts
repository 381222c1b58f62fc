import { Worker } from "node:worker_threads";
import type { BuilderRequest } from "./builderMessage.ts";
import { Builders } from "./builders.ts";

export interface WatchedBuilders {
  readonly builders: Builders;
  /** All that were started. */
  readonly workers: readonly Worker[];
  /** Of what was asked of them, in the order of their asking. */
  readonly kinds: readonly BuilderRequest["kind"][];
}

/** Builders whose threads a test can end, and whose requests it can count. */
export function watchedBuilders(threadCount: number): WatchedBuilders {
  const workers: Worker[] = [];
  const kinds: BuilderRequest["kind"][] = [];
  const builders = new Builders({
    threadCount,
    startWorker: (workerData) => {
      const worker = new Worker(new URL("./builderWorker.ts", import.meta.url), { workerData });
      const post = worker.postMessage.bind(worker);
      worker.postMessage = (request: BuilderRequest, handedOver?: readonly ArrayBuffer[]) => {
        kinds.push(request.kind);
        post(request, handedOver);
      };
      workers.push(worker);
      return worker;
    },
  });
  return { builders, workers, kinds };
}

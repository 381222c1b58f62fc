/** Neighbours sought everywhere here. */
export const k = 10;
export const efConstruction = 200;

/** Searches done one after another, with what they took. */
export interface Slice {
  readonly queries: number;
  readonly wallSeconds: number;
  /** Of the whole process that searched: what it would have taken on a core of its own. */
  readonly cpuSeconds: number;
}

/** One engine over one dataset, its index built. */
export interface Engine {
  readonly name: string;
  /** What its recall is measured at, ascending. */
  readonly efs: readonly number[];
  /** The `k` nearest rows of every query, one query after another. */
  readonly find: (ef: number) => Promise<Uint32Array>;
  /** Searches on one thread for about that long, going round the queries. */
  readonly slice: (ef: number, forMs: number) => Promise<Slice>;
  readonly close: () => void;
}

/** An engine that runs in this process and thread. */
export interface InProcess {
  readonly name: string;
  readonly efs: readonly number[];
  readonly queryCount: number;
  /** Makes searches use `ef`. */
  readonly useEf: (ef: number) => void;
  readonly search: (query: number) => ArrayLike<number>;
  readonly close?: () => void;
}

const queriesBetweenLooks = 20;

export function inProcess({ name, efs, queryCount, useEf, search, close }: InProcess): Engine {
  let next = 0;
  return {
    name,
    efs,
    find: async (ef) => {
      useEf(ef);
      const found = new Uint32Array(queryCount * k);
      for (let query = 0; query < queryCount; query++) found.set(Array.from(search(query)), query * k);
      return found;
    },
    slice: async (ef, forMs) => {
      useEf(ef);
      const stop = startWatch();
      let queries = 0;
      let watch = stop();
      do {
        for (let i = 0; i < queriesBetweenLooks; i++) {
          search(next);
          next = (next + 1) % queryCount;
        }
        queries += queriesBetweenLooks;
        watch = stop();
      } while (watch.wallSeconds * 1_000 < forMs);
      return { queries, ...watch };
    },
    close: close ?? (() => {}),
  };
}

/** @returns what has passed since, for this process with all its threads */
export function startWatch(): () => { readonly wallSeconds: number; readonly cpuSeconds: number } {
  const wall = performance.now();
  const cpu = process.cpuUsage();
  return () => {
    const { user, system } = process.cpuUsage(cpu);
    return { wallSeconds: (performance.now() - wall) / 1_000, cpuSeconds: (user + system) / 1e6 };
  };
}

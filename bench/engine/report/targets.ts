import type { CurveSet } from "../parts/curves.ts";
import { type Clock, rateAt } from "./rateAt.ts";

/** How many times the queries per second of the fastest of `peers` an engine is to reach. */
export interface Target {
  readonly label: string;
  readonly engine: string;
  readonly peers: readonly string[];
  readonly ratioMin: number;
}

const npmPeers = ["hnswlib-node rebuilt", "hnswlib-node", "usearch f32", "usearch i8 rescored"];

export const targets: readonly Target[] = [
  { label: "int8 / best npm peer", engine: "AkiDB int8", peers: npmPeers, ratioMin: 2.5 },
  { label: "int8, base SIMD / best npm peer", engine: "AkiDB int8, base SIMD", peers: npmPeers, ratioMin: 2 },
  { label: "int8 / hnswlib C++", engine: "AkiDB int8", peers: ["hnswlib C++"], ratioMin: 1.8 },
  {
    label: "none / hnswlib-node rebuilt",
    engine: "AkiDB none",
    peers: ["hnswlib-node rebuilt"],
    ratioMin: 1.2,
  },
];

/** @returns undefined where one of them does not reach the recall */
export function ratioOf(
  { curves }: CurveSet,
  { engine, peers }: Target,
  at: { readonly recall: number; readonly clock: Clock },
): number | undefined {
  const rateOf = (name: string) => {
    const curve = curves.find((each) => each.name === name);
    return curve === undefined ? undefined : rateAt(curve, at.recall, at.clock);
  };
  const ours = rateOf(engine);
  const best = Math.max(...peers.map((name) => rateOf(name) ?? 0));
  return ours === undefined || best === 0 ? undefined : ours / best;
}

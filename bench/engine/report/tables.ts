import type { BuildRace } from "../parts/build.ts";
import type { CurveSet } from "../parts/curves.ts";
import type { FilteredSearch } from "../parts/filters.ts";
import type { MemoryUse } from "../parts/memory.ts";
import type { MixedLoad } from "../parts/mixed.ts";
import type { ScanRate } from "../parts/scan.ts";
import type { ThreadScaling } from "../parts/threads.ts";
import type { Measured, Part, Results } from "../results.ts";
import { digits, markdownTable, percent, whole } from "./markdownTable.ts";
import { rateAt } from "./rateAt.ts";
import { ratioOf, type Target, targets } from "./targets.ts";

/** Markdown by the name of the block in the document that it fills; none for what was not measured. */
export function tablesOf(results: Results): ReadonlyMap<string, string> {
  const { curves, build, threads, memory, scan, filters, mixed } = results;
  return new Map([
    ["occasion", occasions(results)],
    ...(curves ? curveTables(Object.values(curves)) : []),
    ...(build ? [["build", buildTable(Object.values(build))] as const] : []),
    ...(threads ? [["threads", threadsTable(Object.values(threads))] as const] : []),
    ...(memory ? [["memory", memoryTable(Object.values(memory))] as const] : []),
    ...(scan ? [["scan", scanTable(Object.values(scan))] as const] : []),
    ...(filters ? [["filters", filtersTable(Object.values(filters))] as const] : []),
    ...(mixed ? [["mixed", mixedTable(Object.values(mixed))] as const] : []),
  ]);
}

const curveTables = (sets: readonly CurveSet[]): readonly (readonly [string, string])[] => [
  ["ratios", ratios(sets)],
  ["rates", rates(sets)],
];

const recalls = [0.95, 0.99];

const setName = ({ dataset, rows, linksMax }: CurveSet): string =>
  `${dataset}, ${whole(rows)} rows, M ${linksMax}`;

function ratios(sets: readonly CurveSet[]): string {
  const lines = sets.flatMap((set) =>
    recalls.map((recall) => [
      `${setName(set)}, at ${recall}`,
      ...targets.map((target) => ratioCell(set, target, recall)),
    ]),
  );
  return markdownTable(
    ["", ...targets.map(({ label }) => label)],
    [
      ["*target*", ...targets.map(({ ratioMin }) => `*${ratioMin}*`)],
      ...lines,
      ["*reached*", ...targets.map((target) => `*${reached(sets, target)}*`)],
    ],
  );
}

function ratioCell(set: CurveSet, target: Target, recall: number): string {
  const clock = ratioOf(set, target, { recall, clock: "queriesPerSecond" });
  const cpu = ratioOf(set, target, { recall, clock: "queriesPerCpuSecond" });
  if (cpu === undefined) return "–";
  const shown = digits(cpu, 2);
  return `${cpu >= target.ratioMin ? `**${shown}**` : shown} (${digits(clock, 2)})`;
}

function reached(sets: readonly CurveSet[], target: Target): string {
  const measured = sets.flatMap((set) =>
    recalls.flatMap((recall) => ratioOf(set, target, { recall, clock: "queriesPerCpuSecond" }) ?? []),
  );
  return `${measured.filter((ratio) => ratio >= target.ratioMin).length} of ${measured.length}`;
}

function rates(sets: readonly CurveSet[]): string {
  const names = [...new Set(sets.flatMap(({ curves }) => curves.map(({ name }) => name)))];
  const cell = (set: CurveSet, name: string) => {
    const curve = set.curves.find((each) => each.name === name);
    if (curve === undefined) return "–";
    return recalls.map((recall) => whole(rateAt(curve, recall, "queriesPerCpuSecond"))).join(" / ");
  };
  return markdownTable(
    ["", ...sets.map(({ dataset, linksMax }) => `${dataset}, M ${linksMax}`)],
    names.map((name) => [name, ...sets.map((set) => cell(set, name))]),
  );
}

const buildTable = (all: readonly BuildRace[]): string =>
  markdownTable(
    ["rows linked per CPU second, one thread", "AkiDB int8", "hnswlib C++", "ratio", "by the clock"],
    all.map(({ dataset, rows, akidb, hnswlibCpp, ratio, cpuRatio }) => [
      `${dataset}, ${whole(rows)} rows`,
      whole(akidb.rowsPerCpuSecond),
      whole(hnswlibCpp.rowsPerCpuSecond),
      digits(cpuRatio, 2),
      digits(ratio, 2),
    ]),
  );

const threadsTable = (all: readonly ThreadScaling[]): string =>
  markdownTable(
    ["per second", "one thread", "two threads", "ratio", "ratio by CPU time"],
    all.map(({ dataset, rows, work, one, two, ratio, cpuRatio }) => [
      `${dataset}, ${work === "link" ? "rows linked" : "queries, ef 64"}, ${whole(rows)} rows`,
      whole(one.perSecond),
      whole(two.perSecond),
      digits(ratio, 2),
      digits(cpuRatio, 2),
    ]),
  );

const memoryTable = (all: readonly MemoryUse[]): string =>
  markdownTable(
    ["bytes a vector", "codes", "links", "bookkeeping", "sum / dimension", "floats", "all / dimension"],
    all.map(({ quantization, dimension, linksMax, bytes }) => {
      const walked = bytes.codes + bytes.links + bytes.bookkeeping;
      return [
        `${quantization}, ${dimension}-d, M ${linksMax}`,
        whole(bytes.codes),
        whole(bytes.links),
        whole(bytes.bookkeeping),
        digits(walked / dimension, 2),
        whole(bytes.vectors),
        digits((walked + bytes.vectors) / dimension, 2),
      ];
    }),
  );

const million = (value: number): string => digits(value / 1e6, 1);

const scanTable = (all: readonly ScanRate[]): string =>
  markdownTable(
    ["million rows scored per CPU second", "512 KiB of codes, cached", "50,000 rows, from memory"],
    all.map(({ dimension, quantization, cachedRowsPerCpuSecond, memoryRowsPerCpuSecond }) => [
      `${dimension}-d, ${quantization}`,
      million(cachedRowsPerCpuSecond),
      million(memoryRowsPerCpuSecond),
    ]),
  );

function filtersTable(all: readonly FilteredSearch[]): string {
  const shares = [...new Set(all.map(({ share }) => share))];
  const rows = [...new Set(all.map(({ dataset, place }) => `${dataset}, ${place}`))];
  return markdownTable(
    ["matches: recall, CPU µs, ratio to unfiltered", ...shares.map(percent)],
    rows.map((row) => [
      row,
      ...shares.map((share) => {
        const found = all.find((each) => `${each.dataset}, ${each.place}` === row && each.share === share);
        if (found === undefined) return "";
        return `${digits(found.recall, 3)}, ${whole(found.searchCpuUs)}, ${digits(found.ratio, 2)}`;
      }),
    ]),
  );
}

const mixedTable = (all: readonly MixedLoad[]): string =>
  markdownTable(
    [
      "searches, ef 64",
      "per second",
      "per CPU second",
      "P50 µs",
      "P95 µs",
      "P99 µs",
      "rows written per second",
    ],
    all.flatMap(({ dataset, quiet, whileWriting, writtenPerSecond }) =>
      [
        { label: "alone", load: quiet, written: "" },
        { label: "while another thread writes", load: whileWriting, written: whole(writtenPerSecond) },
      ].map(({ label, load, written }) => [
        `${dataset}, ${label}`,
        whole(load.searchesPerSecond),
        whole(load.searchesPerCpuSecond),
        whole(load.p50Us),
        whole(load.p95Us),
        whole(load.p99Us),
        written,
      ]),
    ),
  );

/** Where and when everything was measured, once for each machine and day, and how busy it was. */
function occasions(results: Results): string {
  const parts = Object.keys(results) as Part[];
  const all = parts.flatMap((part) => Object.values(results[part] ?? {}) as Measured<object>[]);
  const loads = new Map<string, number[]>();
  for (const { on } of all) {
    const machine = `${on.cpu}, ${on.cores} cores, ${on.memoryGib} GiB, Node ${on.node}; ${on.date}`;
    loads.set(machine, [...(loads.get(machine) ?? []), on.load]);
  }
  return [...loads]
    .map(
      ([machine, load]) =>
        `${machine}, load average ${whole(Math.min(...load))} to ${whole(Math.max(...load))}.`,
    )
    .join("\n");
}

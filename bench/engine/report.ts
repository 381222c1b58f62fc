export interface Point {
  readonly ef: number;
  readonly recall: number;
  readonly queriesPerSecond: number;
}

export interface Curve {
  readonly name: string;
  /** null where the index came from an earlier run. */
  readonly buildRowsPerSecond: number | null;
  readonly points: readonly Point[];
}

export interface Report {
  readonly node: string;
  readonly arch: string;
  readonly sets: { readonly dataset: string; readonly rows: number; readonly curves: readonly Curve[] }[];
}

/** Queries per second at a recall, between the two measured points around it (logarithmic). */
export function rateAt(points: readonly Point[], recall: number): number | undefined {
  const above = points.findIndex((point) => point.recall >= recall);
  if (above <= 0) return above === 0 ? points[0]!.queriesPerSecond : undefined;
  const [low, high] = [points[above - 1]!, points[above]!];
  const share = (recall - low.recall) / (high.recall - low.recall);
  return Math.exp(Math.log(low.queriesPerSecond) * (1 - share) + Math.log(high.queriesPerSecond) * share);
}

const rounded = (value: number | null | undefined): string =>
  value === undefined || value === null ? "–" : Math.round(value).toLocaleString("en");

export function markdown({ node, arch, sets }: Report): string {
  const tables = sets.map(({ dataset, rows, curves }) => {
    const lines = curves.map(({ name, buildRowsPerSecond, points }) => {
      const sweep = points.map(
        ({ ef, recall, queriesPerSecond }) => `${ef}: ${recall.toFixed(3)} / ${rounded(queriesPerSecond)}`,
      );
      const cells = [
        name,
        rounded(rateAt(points, 0.95)),
        rounded(rateAt(points, 0.99)),
        rounded(buildRowsPerSecond),
      ];
      return `| ${cells.join(" | ")} | ${sweep.join(", ")} |`;
    });
    return [
      `## ${dataset}, ${rows.toLocaleString("en")} rows, recall@10, one thread`,
      "",
      "| engine | queries/s at 0.95 | at 0.99 | rows/s built | ef: recall / queries/s |",
      "|---|--:|--:|--:|---|",
      ...lines,
    ].join("\n");
  });
  return [`Node ${node}, ${arch}; medians of rounds in turns.`, ...tables].join("\n\n");
}

import type { CurveSet } from "../parts/curves.ts";

/** Ours warm and solid, peers cold and dashed; bright enough on black, dark enough on white. */
const looks = [
  { name: "AkiDB int8", color: "#e8590c", dash: [1, 0], shape: "circle" },
  { name: "AkiDB int8, base SIMD", color: "#f59f00", dash: [1, 0], shape: "square" },
  { name: "AkiDB none", color: "#e64980", dash: [1, 0], shape: "diamond" },
  { name: "AkiDB binary", color: "#ae3ec9", dash: [1, 0], shape: "cross" },
  { name: "hnswlib C++", color: "#1c7ed6", dash: [6, 3], shape: "circle" },
  { name: "hnswlib-node rebuilt", color: "#0ca678", dash: [6, 3], shape: "square" },
  { name: "hnswlib-node", color: "#15aabf", dash: [2, 3], shape: "diamond" },
  { name: "usearch f32", color: "#868e96", dash: [6, 3], shape: "triangle-up" },
  { name: "usearch i8 rescored", color: "#7950f2", dash: [2, 3], shape: "triangle-down" },
] as const;

const recallTicks = [0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];
/** Spreads what is near 1: equal steps halve, or tenth, what is missed. */
const spread = (recall: number): number => -Math.log10(1 - recall);

/** A Vega-Lite specification: queries per second over recall, both logarithmic. */
export function curvesPicture({ dataset, rows, linksMax, curves }: CurveSet): object {
  const [first, last] = [spread(recallTicks[0]!), spread(recallTicks.at(-1)!)];
  const values = curves.flatMap(({ name, points }) =>
    points
      .map(({ ef, recall, queriesPerCpuSecond }) => ({
        name,
        ef,
        at: spread(recall),
        rate: queriesPerCpuSecond,
      }))
      .filter(({ at }) => at >= first && at <= last),
  );
  const scaleOf = <T>(of: (look: (typeof looks)[number]) => T) => ({
    domain: looks.map(({ name }) => name),
    range: looks.map(of),
  });
  const labels = { titleFontSize: 14, labelFontSize: 13 };
  const legend = { title: null, labelLimit: 0, labelFontSize: 13, symbolSize: 90, symbolStrokeWidth: 2 };
  return {
    title: `${dataset}, ${rows.toLocaleString("en")} rows, M ${linksMax}: recall@10 and queries per CPU second`,
    width: 640,
    height: 400,
    data: { values },
    mark: { type: "line", point: { size: 60, filled: true }, strokeWidth: 2.5 },
    encoding: {
      x: {
        field: "at",
        type: "quantitative",
        title: "recall@10",
        scale: { domain: [first, last], nice: false },
        axis: {
          ...labels,
          values: recallTicks.map(spread),
          labelExpr: "format(1 - pow(10, -datum.value), '.3~f')",
        },
      },
      y: {
        field: "rate",
        type: "quantitative",
        title: "queries per CPU second, one thread",
        scale: { type: "log", nice: false, padding: 12 },
        axis: { ...labels, format: "~s" },
      },
      order: { field: "ef" },
      color: { field: "name", scale: scaleOf(({ color }) => color), legend },
      strokeDash: { field: "name", scale: scaleOf(({ dash }) => dash), legend },
      shape: { field: "name", scale: scaleOf(({ shape }) => shape), legend },
    },
    config: {
      background: null,
      font: "system-ui, sans-serif",
      title: { fontSize: 16, anchor: "start" },
      view: { stroke: null },
      axis: { gridColor: "#868e96", gridOpacity: 0.3, domainColor: "#868e96", tickColor: "#868e96" },
    },
  };
}

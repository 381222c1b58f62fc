/** The first column is text, the others are numbers. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
  const rule = head.map((_, i) => (i === 0 ? "---" : "--:"));
  return [line(head), `|${rule.join("|")}|`, ...rows.map(line)].join("\n");
}

export const whole = (value: number | undefined): string =>
  value === undefined ? "–" : Math.round(value).toLocaleString("en");

export const digits = (value: number | undefined, count: number): string =>
  value === undefined ? "–" : value.toFixed(count);

export const percent = (share: number): string => `${Number((share * 100).toPrecision(3))} %`;

import type { Clock } from "@akidb/base";
import { formatBytes, formatCount } from "../terminal/formatNumber.ts";
import type { Terminal } from "../terminal/terminal.ts";

export interface ImportProgress {
  update(state: ImportState): void;
  stop(): void;
}

export interface ImportState {
  readonly bytesRead: number;
  readonly importedCount: number;
  readonly rejectedCount: number;
}

export interface ImportProgressOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly title: string;
  readonly totalBytes: number | undefined;
}

const lineIntervalMs = 5_000;

/** A bar on a terminal, otherwise (or where the size is not known) a line every five seconds; both on stderr. */
export function startImportProgress(options: ImportProgressOptions): ImportProgress {
  const { terminal, clock, title, totalBytes } = options;
  const startMs = clock.monotonicMs();
  const bar = totalBytes === undefined ? undefined : terminal.startBar({ title, total: totalBytes });
  let lineMs = startMs;
  const caption = ({ bytesRead, importedCount, rejectedCount }: ImportState): string => {
    const seconds = (clock.monotonicMs() - startMs) / 1000;
    const rate = seconds > 0 ? importedCount / seconds : 0;
    const total = totalBytes === undefined ? "" : `/${formatBytes(totalBytes)}`;
    const rejected = rejectedCount === 0 ? "" : `, ${formatCount(rejectedCount)} rejected`;
    return `${formatBytes(bytesRead)}${total}, ${formatCount(importedCount)} documents${rejected}, ${formatCount(rate)}/s`;
  };
  return {
    update: (state) => {
      if (bar !== undefined) return bar.update(state.bytesRead, caption(state));
      const nowMs = clock.monotonicMs();
      if (nowMs - lineMs < lineIntervalMs) return;
      lineMs = nowMs;
      terminal.note(`${title}: ${caption(state)}\n`);
    },
    stop: () => bar?.stop(),
  };
}

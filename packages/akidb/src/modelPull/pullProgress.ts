import type { Clock } from "@akidb/base";
import { formatBytes } from "../terminal/formatNumber.ts";
import type { Terminal } from "../terminal/terminal.ts";

interface PullProgressOptions {
  readonly terminal: Terminal;
  readonly clock: Clock;
  readonly title: string;
  readonly totalBytes: number;
}

export interface PullProgress {
  update(bytes: number): void;
  stop(): void;
}

const lineIntervalMs = 5_000;

/** A bar on a terminal, with the time that is left; otherwise a line every five seconds. Both on stderr. */
export function startPullProgress({ terminal, clock, title, totalBytes }: PullProgressOptions): PullProgress {
  const startMs = clock.monotonicMs();
  const bar = terminal.startBar({ title, total: totalBytes });
  let lineMs = startMs;
  let firstBytes: number | undefined;
  return {
    update: (bytes) => {
      // What was here before has not come at any rate.
      firstBytes ??= bytes;
      const nowMs = clock.monotonicMs();
      const rate = nowMs > startMs ? (1_000 * Math.max(0, bytes - firstBytes)) / (nowMs - startMs) : 0;
      const caption = `${formatBytes(bytes)}/${formatBytes(totalBytes)}, ${formatBytes(Math.round(rate))}/s`;
      if (bar !== undefined) return bar.update(bytes, caption);
      if (nowMs - lineMs < lineIntervalMs) return;
      lineMs = nowMs;
      const left = rate > 0 ? `, ${Math.ceil((totalBytes - bytes) / rate)} s left` : "";
      terminal.note(`${title}: ${caption}${left}\n`);
    },
    stop: () => bar?.stop(),
  };
}

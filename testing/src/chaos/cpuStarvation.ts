import { readFileSync } from "node:fs";

/** What a process gets while it lasts; it is given everything back once this is disposed of. */
export interface CpuStarvation extends Disposable {
  /** What it has taken of one core so far, between 0 and 1 or, before anything was done about it, more. */
  usedShare(): number;
}

/** Short enough for every request to see some of it. */
const sliceMs = 5;

/** Linux counts the time of processes in these. */
const ticksPerSecond = 100;

/** Where it had less for a while, it may not make up for more than this. */
const creditMsMax = 50;

/**
 * Lets a process of this user run for a share of one core alone, all its threads together: it is stopped whenever it has had
 * more, as cpulimit does, which needs no root and no cgroups. The processor's time that it has taken decides, not the clock's:
 * on a machine that is busy it gets as much as on an idle one.
 */
export function starveCpu(pid: number, share: number): CpuStarvation {
  const startMs = performance.now();
  const takenAtStartMs = cpuMs(pid);
  let allowedMs = 0;
  let lookedAtMs = startMs;
  let takenMs = takenAtStartMs;
  let isStopped = false;

  function look(): void {
    const nowMs = performance.now();
    const nowTakenMs = cpuMs(pid);
    allowedMs = Math.min(creditMsMax, allowedMs + share * (nowMs - lookedAtMs) - (nowTakenMs - takenMs));
    lookedAtMs = nowMs;
    takenMs = nowTakenMs;
    if (isStopped === allowedMs <= 0) return;
    isStopped = !isStopped;
    process.kill(pid, isStopped ? "SIGSTOP" : "SIGCONT");
  }

  const timer = setInterval(() => {
    try {
      look();
    } catch {
      // It has ended.
      clearInterval(timer);
    }
  }, sliceMs);
  return {
    usedShare: () => (takenMs - takenAtStartMs) / (lookedAtMs - startMs),
    [Symbol.dispose]: () => {
      clearInterval(timer);
      try {
        if (isStopped) process.kill(pid, "SIGCONT");
      } catch {
        // It has ended.
      }
    },
  };
}

/** In user space and in the kernel, of all threads (proc_pid_stat(5)). */
function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  // The command's name is in brackets, and may hold anything.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  return (1_000 / ticksPerSecond) * (Number(fields[11]) + Number(fields[12]));
}

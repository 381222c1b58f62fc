import { formatBytes } from "../terminal/formatNumber.ts";
import { type Finding, fine, problem, warning } from "./finding.ts";
import type { Machine } from "./machine.ts";

const nodeMajorMin = 22;
const memoryBytesMin = 512 * 1024 * 1024;

/** What does not depend on where the data is. */
export const checkMachine = (machine: Machine): readonly Finding[] => [
  checkNode(machine),
  checkMemory(machine),
];

function checkNode({ nodeVersion }: Machine): Finding {
  const major = Number(nodeVersion.split(".")[0]);
  if (major >= nodeMajorMin) return fine("node", nodeVersion);
  return problem("node", `${nodeVersion} is too old`, `install Node ${nodeMajorMin} or a newer one`);
}

function checkMemory({ memory }: Machine): Finding {
  const { totalBytes, limitBytes, heapBytes } = memory;
  const usable = limitBytes ?? totalBytes;
  const source = limitBytes === undefined ? "of the machine" : "by the limit of its container";
  const detail = `${formatBytes(usable)} ${source}, ${formatBytes(heapBytes)} of them for the heap at most`;
  if (usable < memoryBytesMin) {
    return warning(
      "memory",
      detail,
      `give it ${formatBytes(memoryBytesMin)} or more: vectors are kept in memory`,
    );
  }
  if (heapBytes > usable) {
    const advice =
      "set NODE_OPTIONS=--max-old-space-size to less than the limit, so that Node collects garbage in time";
    return warning("memory", detail, advice);
  }
  return fine("memory", detail);
}

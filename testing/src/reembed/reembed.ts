/**
 * `npm run test:reembed`: a server re-embeds 20,000 documents while another process searches 50 times a second and writes, and is
 * killed in the middle; with `--kills`, a process is killed at each point where it touches its files. Fails where a search fails
 * or finds nothing, where a document is lost, and where the progress is not true.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { builtUrl } from "../builtUrl.ts";
import { killEverywhere, killFigures } from "../failpoints/killEverywhere.ts";
import { checkAfterwards, prepare, reembedProgram } from "./reembedKills.ts";
import { runReembedLoad } from "./reembedLoad.ts";

const { values } = parseArgs({
  options: {
    documents: { type: "string", default: "20000" },
    searches: { type: "string", default: "50" },
    seed: { type: "string", default: "1" },
    from: { type: "string", default: "384" },
    to: { type: "string", default: "768" },
    kills: { type: "boolean", default: false },
    // With kills: of points whose names this expression finds.
    points: { type: "string", default: "" },
  },
});

const root = mkdtempSync(join(tmpdir(), "akidb-reembed-"));
const problems = values.kills ? await kills() : await load();
for (const problem of problems) console.error(`FAILED: ${problem}`);
if (problems.length > 0) {
  console.error(`the data directory is kept in ${root}`);
  process.exitCode = 1;
} else {
  rmSync(root, { recursive: true });
}

async function kills(): Promise<readonly string[]> {
  await prepare(root);
  console.log(`kills at each point, seed ${values.seed}`);
  const report = await killEverywhere({
    history: { program: reembedProgram, root },
    restart: builtUrl(import.meta.url, "../failpoints/startChild.js"),
    check: checkAfterwards,
    only: new RegExp(values.points),
    seed: Number(values.seed),
    say: console.log,
  });
  for (const line of killFigures(report)) console.log(line);
  return report.problems;
}

async function load(): Promise<readonly string[]> {
  const report = await runReembedLoad({
    directory: join(root, "data"),
    seed: Number(values.seed),
    documentCount: Number(values.documents),
    fromDimension: Number(values.from),
    toDimension: Number(values.to),
    searchesPerSecond: Number(values.searches),
    isKilled: true,
    settleMs: 1_000,
    say: console.log,
  });
  const { searches, failed, empty, wrong, askedAgain, writes, untruths } = report;
  const ms = (value: number): string => `${value.toFixed(1)} ms`;
  console.log(
    `flipped after ${(report.tookMs / 1_000).toFixed(1)} s; ${searches} searches: ${failed.length} failed, ${empty} empty, ` +
      `${wrong} with another document first; ${writes} writes; ${askedAgain} asked again while the server was killed\n` +
      `searches: P50 ${ms(report.searchMsP50)}, P99 ${ms(report.searchMsP99)}, longest ${ms(report.searchMsMax)}\n` +
      `progress: ${untruths.length} reports that cannot be; ` +
      `${report.doneBeforeKill} documents done before the kill, ${report.doneAfterKill} at the first look after it`,
  );
  return [
    ...failed.slice(0, 10),
    ...untruths.slice(0, 10),
    ...(empty > 0 ? [`${empty} searches found nothing`] : []),
    ...(wrong > 0 ? [`${wrong} searches found another document first`] : []),
    ...(report.doneBeforeKill === undefined ? ["it was done before it could be killed"] : []),
    ...(report.doneAfterKill === 0 ? ["it began anew after the kill"] : []),
  ];
}

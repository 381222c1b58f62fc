// Draws what bench/results/engine.json holds: the tables of docs/engine.md, and a picture for each dataset.
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { documentFile, picturesFolder } from "./folders.ts";
import { curvesPicture } from "./report/curvesPicture.ts";
import { fillBlocks } from "./report/fillBlocks.ts";
import { svgOf } from "./report/svgOf.ts";
import { tablesOf } from "./report/tables.ts";
import { readResults } from "./results.ts";

export async function drawAll(): Promise<void> {
  const results = readResults();
  mkdirSync(picturesFolder, { recursive: true });
  const pictures: string[] = [];
  for (const set of Object.values(results.curves ?? {})) {
    const name = `engine-${set.dataset.replaceAll(" ", "-").toLowerCase()}-m${set.linksMax}.svg`;
    writeFileSync(`${picturesFolder}${name}`, await svgOf(curvesPicture(set)));
    pictures.push(`![${set.dataset}, M ${set.linksMax}: queries per second over recall](pictures/${name})`);
  }
  const blocks = new Map(tablesOf(results)).set("pictures", pictures.join("\n\n"));
  writeFileSync(documentFile, fillBlocks(readFileSync(documentFile, "utf8"), blocks));
  console.error(`drawn: ${documentFile} and ${pictures.length} pictures`);
}

if (import.meta.main) await drawAll();

/** Writes a data directory: `goldenWriter.js <directory> closed|killed`. */
import { open } from "@akidb/database";
import { goldenOptions, writeGoldenData } from "./goldenData.ts";

const [directory, end] = process.argv.slice(2);
const db = await open({ path: directory!, ...goldenOptions });
await writeGoldenData(db);
if (end === "killed") process.kill(process.pid, "SIGKILL");
await db.close();

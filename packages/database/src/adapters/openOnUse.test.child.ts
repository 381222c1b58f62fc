import { SeededRandom } from "@akidb/base";
import { open } from "../open.ts";

/** Writes to collections in turn, three of them open at most, and says what was acknowledged: `directory seed first`. */
const [directory, seed, first] = process.argv.slice(2);
const random = new SeededRandom(Number(seed));
const db = await open({ path: directory!, openBound: { collectionsMax: 3 } });
process.stdout.write("ready\n");
for (let n = Number(first); ; n++) {
  const name = `c${random.nextInt(12)}`;
  const vector = new Float32Array(16).fill(1 + random.nextFloat());
  await db.collection(name).upsert([{ externalId: `d${n}`, vector }], { atomic: true });
  process.stdout.write(`${name} ${n}\n`);
}

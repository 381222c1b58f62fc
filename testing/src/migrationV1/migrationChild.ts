/**
 * The process that is killed while it migrates. Arguments: the directory of 1.x, the data directory, the kind of step before
 * which it kills itself (`never` for none), and which of them.
 */
import { systemClock, systemRandom } from "@akidb/base";
import { migrateV1 } from "@akidb/migration";

const [v1Directory, v2Directory, kind, occurrence] = process.argv.slice(2);
let passed = 0;
await migrateV1({
  v1Directory: v1Directory!,
  v2Directory: v2Directory!,
  clock: systemClock,
  random: systemRandom,
  command: "a process that is killed",
  onPlan: () => process.stdout.write("begun\n"),
  beforeStep: (step) => {
    if (step.kind !== kind) return;
    passed += 1;
    if (passed !== Number(occurrence)) return;
    process.kill(process.pid, "SIGKILL");
    for (;;);
  },
});

/** The server that is killed: one that does within a second what others do within hours. Argument: the data directory. */
import type { EngineTuning } from "@akidb/database";
import { loadConfig, serve } from "@akidb/server";

const tuning: EngineTuning = {
  segmentRowsMax: 512,
  checkpointPolicy: { logBytesMin: 400_000, logShareMin: 0.1, linkedRowsMin: 400 },
};
const flags = {
  "--data-dir": process.argv[2],
  "--rest-port": "0",
  "--grpc-port": "0",
  "--log-level": "warn",
  "--hnsw-threshold": "150",
  "--wal-segment-bytes": "1048576",
  "--wal-retention-seconds": "0",
};
const config = loadConfig({ flags, environment: {}, readFile: () => "", isTerminal: false });
await serve(config, { command: "crash server", showKey: () => {}, tuning });

export {
  backupReportToWire,
  collectionToWire,
  documentToWire,
  errorMapping,
  queryResultToWire,
  snapshotToWire,
  vectorFromWire,
  vectorToWire,
  verificationReportToWire,
} from "@akidb/protocol";
export { type ConnectOptions, connect } from "./connect.ts";

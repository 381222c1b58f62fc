export {
  backupReportToWire,
  collectionToWire,
  documentToWire,
  errorMapping,
  facetsResultToWire,
  queryResultToWire,
  snapshotToWire,
  vectorFromWire,
  vectorToWire,
  verificationReportToWire,
} from "@akidb/protocol";
export { type ConnectOptions, connect } from "./connect.ts";

export {
  backupReportToWire,
  collectionToWire,
  documentToWire,
  errorMapping,
  facetsResultToWire,
  policyToWire,
  queryResultToWire,
  shippedPoliciesToWire,
  snapshotToWire,
  vectorFromWire,
  vectorToWire,
  verificationReportToWire,
} from "@akidb/protocol";
export { type ConnectOptions, connect } from "./connect.ts";

export {
  backupReportToWire,
  collectionToWire,
  databaseToWire,
  documentToWire,
  errorMapping,
  facetsResultToWire,
  jobToWire,
  policyToWire,
  queryResultToWire,
  shippedPoliciesToWire,
  snapshotToWire,
  tenantToWire,
  vectorFromWire,
  vectorToWire,
  verificationReportToWire,
} from "@akidb/protocol";
export { type ConnectOptions, connect } from "./connect.ts";

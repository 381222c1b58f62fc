export {
  collectionToWire,
  documentToWire,
  errorMapping,
  queryResultToWire,
  snapshotToWire,
} from "@akidb/protocol";
export { type ConnectOptions, connect } from "./connect.ts";

export { collectionToWire, documentToWire, errorMapping, queryResultToWire } from "@akidb/protocol";
export { type ConnectOptions, connect } from "./connect.ts";

export { shutdownSignal } from "./adapters/shutdownSignal.ts";
export {
  type Config,
  type ConfigSources,
  databaseOptions,
  loadConfig,
  type OptionFlag,
  optionFlags,
} from "./config/index.ts";
export { type RunningServer, type ServerParts, serve, startServer } from "./main.ts";

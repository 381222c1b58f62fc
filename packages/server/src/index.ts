export { type Config, type ConfigSources, loadConfig, type OptionFlag, optionFlags } from "./config/index.ts";
export { databaseOptions } from "./databaseOptions.ts";
export { type RunningServer, type ServerParts, serve, startServer } from "./main.ts";

export { databaseOptions } from "../databaseOptions.ts";
export type { Config } from "./config.ts";
export { type ConfigSources, loadConfig } from "./loadConfig.ts";
export { type OptionFlag, optionFlags } from "./optionFlags.ts";

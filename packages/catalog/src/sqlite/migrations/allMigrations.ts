import type { Migration } from "../migration.ts";
import { hierarchy } from "./0001hierarchy.ts";

/** Oldest first. */
export const allMigrations: readonly Migration[] = [hierarchy];

import { invalidArgument } from "@akidb/base";

/** For a provider with a single model. @throws AkiDbError `invalid_argument` */
export function requireModelName(known: string, name: string): void {
  if (name === known) return;
  throw invalidArgument("model", `${JSON.stringify(name)} is not known; the models are: ${known}`);
}

import fs from "node:fs/promises";
import { syncBuiltinESMExports } from "node:module";

export interface BrokenFolder {
  /** Whatever is done to the folder from now on fails with this code. */
  break(code: "EIO" | "EACCES"): void;
  mend(): void;
}

const calls = ["open", "readdir", "unlink", "mkdir"] as const;

/** A folder that fails as a share in the network does, for this process alone. */
export function brokenFolder(path: string): BrokenFolder {
  let code: string | undefined;
  for (const name of calls) {
    const original = fs[name] as (...args: unknown[]) => Promise<unknown>;
    const orFail = async (...args: unknown[]): Promise<unknown> => {
      if (code !== undefined && String(args[0]).startsWith(path)) {
        throw Object.assign(new Error(`${code}: ${name}`), { code });
      }
      return await original(...args);
    };
    Object.assign(fs, { [name]: orFail });
  }
  syncBuiltinESMExports();
  return {
    break: (failing) => {
      code = failing;
    },
    mend: () => {
      code = undefined;
    },
  };
}

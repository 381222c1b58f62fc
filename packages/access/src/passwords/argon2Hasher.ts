import type { Random } from "@akidb/base";
import { hash, parseOptions, verify } from "@node-rs/argon2";
import { accessLimits } from "../accessLimits.ts";
import { normalizePassword } from "./checkPassword.ts";
import { type PasswordCosts, type PasswordHasher, passwordCosts } from "./passwordHasher.ts";
import { WaitingLine } from "./waitingLine.ts";

export interface Argon2HasherOptions {
  readonly random: Random;
  /** Those of today if absent; tests take less. */
  readonly costs?: PasswordCosts;
}

const saltBytes = 16;

/** Hashes in threads of libuv's pool, a few at once. */
export async function argon2Hasher(options: Argon2HasherOptions): Promise<PasswordHasher> {
  const { random, costs = passwordCosts } = options;
  const line = new WaitingLine({
    runningMax: accessLimits.passwordHashesMax,
    waitingMax: accessLimits.passwordHashQueueMax,
  });
  const makeHash = (password: string): Promise<string> =>
    hash(normalizePassword(password), {
      memoryCost: costs.memoryKiB,
      timeCost: costs.passes,
      parallelism: costs.lanes,
      salt: random.fill(new Uint8Array(saltBytes)),
    });
  const nobodysHash = await makeHash(Buffer.from(random.fill(new Uint8Array(saltBytes))).toString("base64"));

  return {
    hash: (password) => line.run(() => makeHash(password)),

    verify: (password, passwordHash) =>
      line.run(async () => {
        const isRight = await verify(passwordHash ?? nobodysHash, normalizePassword(password)).catch(
          () => false,
        );
        return isRight && passwordHash !== undefined;
      }),

    isOutdated(passwordHash) {
      const { memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
      return memoryCost !== costs.memoryKiB || timeCost !== costs.passes || parallelism !== costs.lanes;
    },
  };
}

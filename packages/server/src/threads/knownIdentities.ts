import type { Clock } from "@akidb/base";
import type { Identified, PresentedCredential, SharedGeneration } from "@akidb/database";

/** Whoever was known longest is asked about again. */
const knownMax = 10_000;

/** Who shows which credential, as another thread said: until a time, and while the control plane stays the same. */
export class KnownIdentities {
  readonly #clock: Clock;
  readonly #generation: SharedGeneration;
  readonly #known = new Map<string, Identified>();

  constructor(clock: Clock, generation: SharedGeneration) {
    this.#clock = clock;
    this.#generation = generation;
  }

  /** The same object each time. */
  find(credential: PresentedCredential): Identified["principal"] | undefined {
    const key = keyOf(credential);
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    const { principal, untilMs, generation } = known;
    if (generation === this.#generation.now && this.#clock.nowMs() < untilMs) return principal;
    this.#known.delete(key);
    return undefined;
  }

  keep(credential: PresentedCredential, identified: Identified): void {
    this.#known.set(keyOf(credential), identified);
    const [oldest] = this.#known.keys();
    if (this.#known.size > knownMax && oldest !== undefined) this.#known.delete(oldest);
  }
}

function keyOf(credential: PresentedCredential): string {
  switch (credential.kind) {
    case "none":
      return "";
    case "api_key":
    case "legacy_api_key":
      return Buffer.from(credential.key.keyHash).toString("base64");
    case "access_token":
      return credential.token;
  }
}

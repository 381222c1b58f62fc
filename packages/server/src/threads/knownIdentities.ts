import type { Clock } from "@akidb/base";
import {
  credentialKey,
  type Identified,
  type PresentedCredential,
  type SharedGeneration,
} from "@akidb/database";

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
    const key = credentialKey(credential);
    const known = this.#known.get(key);
    if (known === undefined) return undefined;
    const { principal, untilMs, generation } = known;
    if (generation === this.#generation.now && this.#clock.nowMs() < untilMs) return principal;
    this.#known.delete(key);
    return undefined;
  }

  keep(credential: PresentedCredential, identified: Identified): void {
    this.#known.set(credentialKey(credential), identified);
    const [oldest] = this.#known.keys();
    if (this.#known.size > knownMax && oldest !== undefined) this.#known.delete(oldest);
  }
}

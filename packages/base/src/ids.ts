import { v7 } from "uuid";
import type { Clock } from "./clock.ts";
import type { Random } from "./random.ts";

declare const brand: unique symbol;

/** A canonical lower-case UUID that names one kind of thing; the brand keeps kinds apart at compile time. */
export type Id<Kind extends string> = string & { readonly [brand]: Kind };

export type TenantId = Id<"tenant">;
export type DatabaseId = Id<"database">;
export type CollectionId = Id<"collection">;
export type DocumentId = Id<"document">;
export type DeadLetterId = Id<"dead letter">;
export type SnapshotId = Id<"snapshot">;
export type UserId = Id<"user">;
export type ApiKeyId = Id<"api key">;
export type PolicyId = Id<"policy">;
export type ModelId = Id<"model">;
export type ReembeddingId = Id<"reembedding">;
export type SessionId = Id<"session">;
export type AuditLogId = Id<"audit log">;

const idBytes = 16;

const uuidPattern = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A UUID of any version in either case, in canonical lower case; undefined if `text` is not one. */
export function parseId<Kind extends string>(text: string): Id<Kind> | undefined {
  const lower = text.toLowerCase();
  return uuidPattern.test(lower) ? (lower as Id<Kind>) : undefined;
}

/** Makes time-ordered identifiers (UUID v7, RFC 9562). */
export interface IdGenerator {
  next<Kind extends string>(): Id<Kind>;
}

/**
 * Identifiers of one generator sort in the order they were made, also within a millisecond and when the clock goes
 * back: `uuid` keeps a 32-bit sequence per generator only for its own state, so the sequence is handed to it here.
 */
export class UuidV7Generator implements IdGenerator {
  readonly #clock: Clock;
  readonly #random: Random;
  /** Drawn for many identifiers at once: one call of the system's generator takes longer than all the rest. */
  readonly #randomness = new Uint8Array(4_096);
  #randomnessUsed = 4_096;
  #lastMs = -1;
  #sequence = 0;

  constructor(clock: Clock, random: Random) {
    this.#clock = clock;
    this.#random = random;
  }

  next<Kind extends string>(): Id<Kind> {
    const random = this.#drawRandom();
    const nowMs = this.#clock.nowMs();
    if (nowMs > this.#lastMs) {
      this.#lastMs = nowMs;
      // 31 random bits leave room for two billion identifiers in the same millisecond.
      this.#sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
    } else {
      this.#sequence += 1;
    }
    return v7({ msecs: this.#lastMs, seq: this.#sequence, random }) as Id<Kind>;
  }

  #drawRandom(): Uint8Array {
    if (this.#randomnessUsed === this.#randomness.length) {
      this.#random.fill(this.#randomness);
      this.#randomnessUsed = 0;
    }
    this.#randomnessUsed += idBytes;
    return this.#randomness.subarray(this.#randomnessUsed - idBytes, this.#randomnessUsed);
  }
}

const hex = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, "0"));

/**
 * @param bytes to be filled: 16
 * @returns 16 bytes, big-endian as RFC 9562 has them, so that byte order is time order. Own code, because `uuid` refuses
 * identifiers of versions it does not know, and clients bring those.
 */
export function idToBytes(id: Id<string>, bytes = new Uint8Array(idBytes)): Uint8Array {
  let at = 0;
  for (let i = 0; i < idBytes; i++) {
    if (id.charCodeAt(at) === hyphen) at += 1;
    bytes[i] = (digitOf(id.charCodeAt(at)) << 4) | digitOf(id.charCodeAt(at + 1));
    at += 2;
  }
  return bytes;
}

const hyphen = 0x2d;

/** @param code of a digit or a lower-case letter up to f */
const digitOf = (code: number): number => (code < 0x3a ? code - 0x30 : code - 0x57);

/** @param bytes 16 of them */
export function idFromBytes<Kind extends string>(bytes: Uint8Array): Id<Kind> {
  let text = "";
  for (let i = 0; i < 16; i++)
    text += (i === 4 || i === 6 || i === 8 || i === 10 ? "-" : "") + hex[bytes[i]!]!;
  return text as Id<Kind>;
}

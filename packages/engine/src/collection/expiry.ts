import { type FieldViolation, limits } from "@akidb/base";
import { parseInstant } from "../filter/instant.ts";

/** When a document is to expire: a duration counts from the moment at which its write is decided. */
export type Expiry =
  | { readonly kind: "never" }
  | { readonly kind: "after"; readonly durationMs: number }
  | { readonly kind: "at"; readonly timeMs: number };

export interface ExpiryInput {
  readonly ttlSeconds?: unknown;
  readonly expiresAt?: unknown;
}

const zone = /(?:z|[+-]\d{2}:?\d{2})$/i;

/** @returns undefined where nothing is said of it, or with violations added */
export function checkExpiry(
  { ttlSeconds, expiresAt }: ExpiryInput,
  { mayBeNull }: { readonly mayBeNull: boolean },
  violations: FieldViolation[],
): Expiry | undefined {
  if (ttlSeconds !== undefined && expiresAt !== undefined) {
    violations.push({ path: "expires_at", detail: "says the same as ttl_seconds; give one of them" });
    return undefined;
  }
  if (mayBeNull && (ttlSeconds === null || expiresAt === null)) return { kind: "never" };
  if (ttlSeconds !== undefined) {
    if (typeof ttlSeconds === "number" && ttlSeconds > 0 && ttlSeconds <= limits.ttlSecondsMax) {
      return { kind: "after", durationMs: Math.ceil(ttlSeconds * 1_000) };
    }
    const detail = `must be a number of seconds above 0, at most ${limits.ttlSecondsMax}`;
    violations.push({ path: "ttl_seconds", detail });
  }
  if (expiresAt !== undefined) {
    const timeMs =
      typeof expiresAt === "string" && zone.test(expiresAt) ? parseInstant(expiresAt) : undefined;
    if (timeMs !== undefined) return { kind: "at", timeMs: Math.ceil(timeMs) };
    const detail = 'must be a time of ISO 8601 with its zone, such as "2026-01-31T12:00:00Z"';
    violations.push({ path: "expires_at", detail });
  }
  return undefined;
}

export function expiresAtMs(expiry: Expiry, nowMs: number): number | undefined {
  switch (expiry.kind) {
    case "never":
      return undefined;
    case "after":
      return nowMs + expiry.durationMs;
    case "at":
      return expiry.timeMs;
  }
}

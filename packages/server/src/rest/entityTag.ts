import { invalidArgument } from "@akidb/base";
import type { FastifyRequest } from "fastify";

/** A document's version as an `ETag` (RFC 9110, 8.8.3): strong, since a version is never used for anything else. */
export const entityTag = (version: number): string => `"${version}"`;

/**
 * The version that a request's `If-Match` or `If-None-Match: *` demands, as `if_version` does; undefined where it demands
 * none.
 *
 * @param ifVersion of the body, which must not say anything else
 * @throws AkiDbError `invalid_argument`
 */
export function demandedVersion(
  headers: FastifyRequest["headers"],
  ifVersion?: number,
): { readonly ifVersion?: number } {
  const demanded = [matchedVersion(headers["if-match"]), absence(headers["if-none-match"]), ifVersion].filter(
    (version) => version !== undefined,
  );
  const [first, ...others] = demanded;
  if (first === undefined) return {};
  if (others.some((version) => version !== first)) {
    throw invalidArgument("if_version", "is another version than that of If-Match or If-None-Match");
  }
  return { ifVersion: first };
}

function matchedVersion(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined;
  const digits = /^"(0|[1-9]\d{0,15})"$/.exec(ifMatch)?.[1];
  if (digits !== undefined) return Number(digits);
  throw invalidArgument("if-match", 'must be one version in quotes, such as "3"');
}

function absence(ifNoneMatch: string | undefined): number | undefined {
  if (ifNoneMatch === undefined) return undefined;
  if (ifNoneMatch === "*") return 0;
  throw invalidArgument("if-none-match", "must be *, for a document that does not exist");
}

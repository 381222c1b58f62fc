import { AkiDbError } from "@akidb/base";
import { accessLimits } from "../accessLimits.ts";
import { type ApiKeySecret, parseApiKey } from "./apiKeySecret.ts";
import { type LegacyApiKey, looksLikeToken, parseLegacyApiKey } from "./legacyApiKey.ts";

/** What a request shows for itself. */
export type PresentedCredential =
  | { readonly kind: "none" }
  | { readonly kind: "api_key"; readonly key: ApiKeySecret }
  | { readonly kind: "legacy_api_key"; readonly key: LegacyApiKey }
  | { readonly kind: "access_token"; readonly token: string };

export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly xApiKey?: string | undefined;
}

/** Of the one answer to everything that is wrong, so that nobody learns what was nearly right. */
export const unauthenticated = (): AkiDbError =>
  new AkiDbError(
    "unauthenticated",
    'no valid credentials: give an API key or an access token as "Authorization: Bearer …", or an API key as X-API-Key',
  );

const bearer = /^Bearer +([A-Za-z0-9._~+/=-]+)$/i;

/** @throws AkiDbError `unauthenticated` for what is no credential, and for two that differ */
export function readCredential({ authorization, xApiKey }: CredentialHeaders): PresentedCredential {
  const presented = [bearerToken(authorization), xApiKey].filter((text) => text !== undefined);
  const [first] = presented;
  if (first === undefined) return { kind: "none" };
  const isTooLong = presented.some((text) => text.length > accessLimits.credentialCharactersMax);
  if (isTooLong || presented.some((text) => text !== first)) throw unauthenticated();
  const key = parseApiKey(first);
  if (key !== undefined) return { kind: "api_key", key };
  const legacyKey = parseLegacyApiKey(first);
  if (legacyKey !== undefined) return { kind: "legacy_api_key", key: legacyKey };
  // X-API-Key takes no token, and whatever begins like a key is a broken one.
  if (xApiKey !== undefined || !looksLikeToken(first)) throw unauthenticated();
  return { kind: "access_token", token: first };
}

function bearerToken(authorization: string | undefined): string | undefined {
  if (authorization === undefined) return undefined;
  if (authorization.length > accessLimits.credentialCharactersMax) throw unauthenticated();
  const token = bearer.exec(authorization)?.[1];
  if (token === undefined) throw unauthenticated();
  return token;
}

/** By which the same credential is known again; of a key its hash, for the secret itself is not kept. */
export function credentialKey(credential: PresentedCredential): string {
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

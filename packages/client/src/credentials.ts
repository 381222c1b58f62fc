import { invalidArgument } from "@akidb/base";
import { ownerHeader } from "@akidb/protocol";

/** What a client shows for itself: one of these, or nothing where the server lets everybody in. */
export interface Credentials {
  readonly apiKey?: string | undefined;
  /** An access token, or what gives the one of the day: it is asked before each request. */
  readonly token?: string | (() => string | Promise<string>) | undefined;
  /**
   * What the file `OWNER` in the server's data directory says, for whoever may read it; taken from the server's own machine
   * alone.
   */
  readonly ownerProof?: string | undefined;
}

/** Of every request. */
export type CredentialHeaders = () => Promise<Readonly<Record<string, string>>>;

/** As RFC 6750, 2.1, has it; anything else could not be sent. */
const sendable = /^[A-Za-z0-9._~+/=-]+$/;

/** @throws AkiDbError `invalid_argument`, which never shows a secret */
export function credentialHeaders({ apiKey, token, ownerProof }: Credentials): CredentialHeaders {
  const given = Object.entries({ apiKey, token, ownerProof }).filter(([, value]) => value !== undefined);
  const [first, second] = given.map(([name]) => name);
  if (second !== undefined) throw invalidArgument(second, `must not be given together with ${first}`);
  if (ownerProof !== undefined) {
    const proof = checked("ownerProof", ownerProof);
    return async () => ({ [ownerHeader]: proof });
  }
  if (typeof token === "function") return async () => bearer(checked("token", await token()));
  const secret = apiKey === undefined ? token : checked("apiKey", apiKey);
  if (secret === undefined) return async () => ({});
  const headers = bearer(checked("token", secret));
  return async () => headers;
}

const bearer = (secret: string) => ({ authorization: `Bearer ${secret}` });

function checked(field: string, secret: string): string {
  if (typeof secret === "string" && sendable.test(secret)) return secret;
  throw invalidArgument(field, "has characters that no credential has");
}

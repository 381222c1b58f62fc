import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFileSync } from "node:fs";
import { AkiDbError, type Clock, failedPrecondition } from "@akidb/base";

/** What a server shows for itself, as PEM. */
export interface TlsMaterial {
  readonly cert: string;
  readonly key: string;
  readonly notAfter: string;
}

export interface TlsFiles {
  readonly tlsCert: string | undefined;
  readonly tlsKey: string | undefined;
}

/**
 * Undefined where none are configured.
 *
 * @throws AkiDbError `failed_precondition` for files that cannot be read, are not what they should be, or do not belong
 *   together, and for a certificate whose time is not now
 */
export function readTls({ tlsCert, tlsKey }: TlsFiles, clock: Clock): TlsMaterial | undefined {
  if (tlsCert === undefined || tlsKey === undefined) return undefined;
  const cert = readPem("server.tls_cert", tlsCert);
  const key = readPem("server.tls_key", tlsKey);
  const certificate = parse("server.tls_cert", "no certificate in PEM", () => new X509Certificate(cert));
  const privateKey = parse("server.tls_key", "no private key in PEM, or one with a passphrase", () =>
    createPrivateKey({ key, format: "pem" }),
  );
  if (!certificate.checkPrivateKey(privateKey)) {
    throw failedPrecondition("server.tls_key: is not the key of the certificate in server.tls_cert");
  }
  const { validFromDate, validToDate } = certificate;
  const nowMs = clock.nowMs();
  if (validFromDate.getTime() > nowMs || validToDate.getTime() <= nowMs) {
    throw failedPrecondition(
      `server.tls_cert: is valid from ${validFromDate.toISOString()} to ${validToDate.toISOString()}, which is not now`,
    );
  }
  return { cert, key, notAfter: validToDate.toISOString() };
}

function readPem(option: string, path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    const reason = code === "ENOENT" ? "does not exist" : `cannot be read (${code})`;
    throw failedPrecondition(`${option}: the file ${JSON.stringify(path)} ${reason}`);
  }
}

function parse<Parsed>(option: string, complaint: string, read: () => Parsed): Parsed {
  try {
    return read();
  } catch (cause) {
    throw new AkiDbError("failed_precondition", `${option}: the file holds ${complaint}`, { cause });
  }
}

import { type AkiDbError, failedPrecondition } from "@akidb/base";

/** @param problem as TLS names it */
export const untrustedCertificate = (url: string, problem: string): AkiDbError =>
  failedPrecondition(
    `the certificate of ${url} is not trusted (${problem}); it must name this address, and NODE_EXTRA_CA_CERTS may name a ` +
      "file with the authority that signed it",
  );

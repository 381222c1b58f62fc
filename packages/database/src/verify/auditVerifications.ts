import { type AuditPosition, type AuditVerification, unavailable } from "@akidb/base";
import { verifyAuditInThread } from "../adapters/verifyAuditInThread.ts";

/** Verifications of the audit log while it is written: one at a time, each in a thread of its own. */
export class AuditVerifications {
  readonly #catalogPath: string;
  readonly #abort = new AbortController();
  #last: Promise<unknown> = Promise.resolve();

  constructor(catalogPath: string) {
    this.#catalogPath = catalogPath;
  }

  /** Rejects with `unavailable` where it could not be done to its end, and with the signal's reason. */
  verify(known: AuditPosition | undefined, signal: AbortSignal): Promise<AuditVerification> {
    const verification = {
      path: this.#catalogPath,
      known,
      signal: AbortSignal.any([signal, this.#abort.signal]),
    };
    const verified = this.#last.then(() => verifyAuditInThread(verification));
    this.#last = verified.catch(() => {});
    return verified;
  }

  /** Ends the one that runs. */
  async close(): Promise<void> {
    this.#abort.abort(unavailable("the database is closing"));
    await this.#last;
  }
}

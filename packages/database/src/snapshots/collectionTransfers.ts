import { type CollectionId, type Deadline, noDeadline, unavailable } from "@akidb/base";
import type { CollectionRecord } from "@akidb/catalog";
import { Lanes } from "../lanes.ts";

/**
 * What goes to the object store or comes from there: of a collection one after the other. It ends early where the collection is
 * being deleted, or everything closed.
 */
export class CollectionTransfers {
  readonly #lanes = new Lanes<CollectionId>();
  readonly #aborts = new Map<CollectionId, AbortController>();
  #isStopped = false;

  get isStopped(): boolean {
    return this.#isStopped;
  }

  isBusy(id: CollectionId): boolean {
    return this.#lanes.isBusy(id);
  }

  /**
   * @param work ends early where the deadline says so
   * @throws AkiDbError `unavailable` where everything is being closed
   */
  run<T>({ id }: Pick<CollectionRecord, "id">, work: (deadline: Deadline) => Promise<T>): Promise<T> {
    return this.#lanes.run(id, () => {
      if (this.#isStopped) throw unavailable("the database is closing");
      return work(noDeadline(this.#abortOf(id).signal));
    });
  }

  /** Ends those of a collection that is being deleted; while `work` runs, there are none. */
  without<T>({ id }: Pick<CollectionRecord, "id">, work: () => Promise<T>): Promise<T> {
    this.#abortOf(id).abort(unavailable("the collection is being deleted"));
    return this.#lanes.run(id, async () => {
      this.#aborts.delete(id);
      return await work();
    });
  }

  /** Ends all, and begins none any more. */
  stop(): void {
    this.#isStopped = true;
    for (const abort of this.#aborts.values()) abort.abort(unavailable("the database is closing"));
  }

  /** Resolves when all that have begun have ended. */
  idle(): Promise<void> {
    return this.#lanes.idle();
  }

  #abortOf(id: CollectionId): AbortController {
    const known = this.#aborts.get(id);
    if (known !== undefined) return known;
    const abort = new AbortController();
    this.#aborts.set(id, abort);
    return abort;
  }
}

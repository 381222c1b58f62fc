import type { AppliedState } from "../collection/appliedState.ts";
import type { OpenCollectionOptions } from "../collection/openCollectionOptions.ts";
import type { DocumentStore } from "../documents/documentStore.ts";
import type { CollectionShare } from "./collectionShare.ts";
import { SharedMoment } from "./sharedMoment.ts";

export interface StateSharingParts {
  readonly options: Pick<OpenCollectionOptions, "ids" | "dimension" | "metric" | "graph">;
  readonly documents: DocumentStore;
  /** What is served. */
  readonly state: () => AppliedState;
}

interface Shared {
  readonly share: CollectionShare;
  readonly moment: SharedMoment;
}

/** Lets other threads search what a collection serves, and tells them when they may not rely on it. */
export class StateSharing {
  readonly #parts: StateSharingParts;
  #shared: Shared | undefined;

  constructor(parts: StateSharingParts) {
    this.#parts = parts;
    parts.documents.onWritten = () => this.#settle();
  }

  /** Undefined while there is no graph: then every search is short. */
  share(): CollectionShare | undefined {
    if (this.#shared === undefined || this.#shared.moment.isEnded) this.#shared = this.#begin();
    return this.#shared?.share;
  }

  /** To be called when another thread has ended, by its number as a guest. */
  releaseGuest(guestNumber: number): void {
    this.#parts.state().index.releaseGuest(guestNumber);
  }

  /** To be called before anything is applied. */
  changing(): void {
    this.#shared?.moment.change();
  }

  /** To be called before something else is served. */
  end(): void {
    this.#shared?.moment.end();
    this.#shared = undefined;
  }

  #begin(): Shared | undefined {
    const { options, state, documents } = this.#parts;
    const { index, rows } = state();
    const moment = new SharedMoment();
    const segments = index.share(moment);
    if (segments === undefined) return undefined;
    const share = {
      id: options.ids.next(),
      dimension: options.dimension,
      metric: options.metric,
      efSearch: options.graph.efSearch,
      moment: moment.memory,
      segments,
      firstSlot: options.graph.builders.firstGuestSlot,
      rowKeys: rows.shared(),
      documents: documents.path,
    };
    this.#shared = { share, moment };
    this.#settle();
    return this.#shared;
  }

  /** Other threads read documents from the file alone, know of no expiry, and have no more memory than they were given. */
  #settle(): void {
    if (this.#shared === undefined) return;
    const { documents, state } = this.#parts;
    const { rows, expirations } = state();
    const { share, moment } = this.#shared;
    if (rows.shared().length > share.rowKeys.length) this.end();
    else if (documents.writtenLsn === documents.appliedLsn && expirations.count === 0) moment.settle();
  }
}

import {
  type Clock,
  type CollectionId,
  type CollectionTier,
  formatTimestamp,
  isAkiDbError,
  type SnapshotId,
  type Tier,
} from "@akidb/base";
import type { Catalog, CollectionTierAttributes, CollectionTierRecord, Repositories } from "@akidb/catalog";
import { Lanes } from "../lanes.ts";
import { eachItem } from "../tenancy/eachItem.ts";
import { AccessCounter } from "./accessCounter.ts";

export interface CollectionTiersOptions {
  readonly catalog: Pick<Catalog, "collectionTiers" | "transaction">;
  readonly clock: Clock;
  /** In which uses are counted together. */
  readonly accessWindowMs: number;
  /** Who only reads what is not hot gets it in place. */
  readonly readInPlace: boolean;
  /** Where the files of a collection are, below the data directory. */
  readonly pathOf: (id: CollectionId) => string;
}

/** Of one collection; what others hold shows what is so now. */
export interface TierState {
  readonly tier: Tier;
  readonly pinned: boolean;
  /** What a cold one consists of; of others, what they are to consist of, or came back from for the time being. */
  readonly snapshotId: SnapshotId | null;
  readonly access: AccessCounter;
  /** When it was last used, or else when it came to be. */
  readonly idleSinceMs: number;
}

interface Changing {
  tier: Tier;
  pinned: boolean;
  snapshotId: SnapshotId | null;
  readonly access: AccessCounter;
  readonly createdAtMs: number;
  /** Not in the catalog yet: hot or warm, which differ in memory alone. */
  isTierChanged: boolean;
}

export type TierChange = Partial<Pick<TierState, "tier" | "pinned" | "snapshotId">>;

/** Rows that are written at once: everything else of the catalog waits meanwhile. */
const rowsPerTransaction = 100;

/**
 * In which tier each collection is. The catalog's row is the truth about what is cold: it changes with its commit. What is hot
 * or warm is open or closed, which ends with the process, so rows follow that, and the uses, some seconds later.
 */
export class CollectionTiers {
  readonly #options: CollectionTiersOptions;
  readonly #states = new Map<CollectionId, Changing>();
  /** One change of rows after the other: none is overwritten by what was so before. */
  readonly #writes = new Lanes<"rows">();

  private constructor(options: CollectionTiersOptions) {
    this.#options = options;
  }

  static async load(options: CollectionTiersOptions): Promise<CollectionTiers> {
    const tiers = new CollectionTiers(options);
    const { collectionTiers } = options.catalog;
    // Rows that are damaged are left out: what they say is not used, and all that is not cold is served from its files.
    for await (const row of eachItem((page) => collectionTiers.list(page))) {
      tiers.#states.set(row.collectionId, tiers.#stateOf(row));
    }
    return tiers;
  }

  of(id: CollectionId): TierState {
    const state = this.#state(id);
    const { access, createdAtMs } = state;
    return {
      tier: state.tier,
      pinned: state.pinned,
      snapshotId: state.snapshotId,
      access,
      idleSinceMs: access.now.lastAtMs ?? createdAtMs,
    };
  }

  isCold(id: CollectionId): boolean {
    return this.#states.get(id)?.tier === "cold";
  }

  isPinned(id: CollectionId): boolean {
    return this.#states.get(id)?.pinned === true;
  }

  /** Before it is opened. */
  isReadInPlace(id: CollectionId): boolean {
    const { tier, pinned } = this.#state(id);
    return this.#options.readInPlace && tier !== "hot" && !pinned;
  }

  describe(id: CollectionId): CollectionTier {
    const { tier, pinned, snapshotId, access } = this.#state(id);
    const { count, windowStartMs, lastAtMs } = access.now;
    return {
      tier,
      pinned,
      accessCount: count,
      accessWindowStart: windowStartMs === undefined ? null : formatTimestamp(windowStartMs),
      lastAccessedAt: lastAtMs === undefined ? null : formatTimestamp(lastAtMs),
      snapshotId,
    };
  }

  /** What is counted for a collection, each time that a use of it has ended. */
  accessOf(id: CollectionId): AccessCounter {
    return this.#state(id).access;
  }

  /** That it was opened or closed. One that is cold stays so until its files count again. */
  note(id: CollectionId, tier: "hot" | "warm"): void {
    const state = this.#state(id);
    if (state.tier === "cold" || state.tier === tier) return;
    state.tier = tier;
    state.isTierChanged = true;
  }

  /** Durable when it resolves; until then all is as it was. */
  async set(id: CollectionId, change: TierChange): Promise<void> {
    await this.#writes.run("rows", async () => {
      const state = this.#state(id);
      const { collectionTiers } = this.#options.catalog;
      await collectionTiers.update(id, this.#attributesOf(id, { ...state, ...change }));
      Object.assign(state, change);
      state.isTierChanged = false;
    });
  }

  /** Brings rows up to date with uses, and with what is open. */
  async flush(): Promise<void> {
    const changed: CollectionId[] = [];
    for (const [id, state] of this.#states) {
      // What is used from here on is written the next time.
      if (state.access.takeChange() || state.isTierChanged) changed.push(id);
    }
    for (let at = 0; at < changed.length; at += rowsPerTransaction) {
      await this.#write(changed.slice(at, at + rowsPerTransaction));
    }
  }

  /** Of a collection that is gone. */
  forget(id: CollectionId): void {
    this.#states.delete(id);
  }

  #write(ids: readonly CollectionId[]): Promise<void> {
    const { catalog } = this.#options;
    return this.#writes.run("rows", async () => {
      const states = ids.flatMap((id) => {
        const state = this.#states.get(id);
        return state === undefined ? [] : [{ id, state }];
      });
      for (const { state } of states) state.isTierChanged = false;
      try {
        await catalog.transaction(async (repositories) => {
          for (const { id, state } of states) {
            await updateIfThere(repositories, id, this.#attributesOf(id, state));
          }
        });
      } catch (error) {
        for (const { state } of states) state.isTierChanged = true;
        throw error;
      }
    });
  }

  #state(id: CollectionId): Changing {
    const known = this.#states.get(id);
    if (known !== undefined) return known;
    const state = this.#newState();
    this.#states.set(id, state);
    return state;
  }

  /** Of a collection that was made since the start, or whose row cannot be read. */
  #newState(): Changing {
    const { clock, accessWindowMs } = this.#options;
    const access = new AccessCounter(accessWindowMs, {
      count: 0,
      windowStartMs: undefined,
      lastAtMs: undefined,
    });
    const createdAtMs = clock.nowMs();
    return { tier: "hot", pinned: false, snapshotId: null, access, createdAtMs, isTierChanged: false };
  }

  #stateOf(row: CollectionTierRecord): Changing {
    const access = new AccessCounter(this.#options.accessWindowMs, {
      count: row.accessCount,
      windowStartMs: timeOf(row.accessWindowStart),
      lastAtMs: timeOf(row.lastAccessedAt),
    });
    const { tier, pinned, snapshotId } = row;
    return { tier, pinned, snapshotId, access, createdAtMs: Date.parse(row.createdAt), isTierChanged: false };
  }

  #attributesOf(id: CollectionId, state: Changing): CollectionTierAttributes {
    const { count, windowStartMs, lastAtMs } = state.access.now;
    return {
      tier: state.tier,
      pinned: state.pinned,
      accessCount: count,
      accessWindowStart: windowStartMs === undefined ? null : formatTimestamp(windowStartMs),
      lastAccessedAt: lastAtMs === undefined ? null : formatTimestamp(lastAtMs),
      snapshotId: state.snapshotId,
      warmPath: state.tier === "warm" ? this.#options.pathOf(id) : null,
    };
  }
}

const timeOf = (timestamp: string | null): number | undefined =>
  timestamp === null ? undefined : Date.parse(timestamp);

async function updateIfThere(
  { collectionTiers }: Repositories,
  id: CollectionId,
  attributes: CollectionTierAttributes,
): Promise<void> {
  try {
    await collectionTiers.update(id, attributes);
  } catch (error) {
    // Deleted meanwhile, or of a row that is damaged, which `akidb verify` names.
    const isPassing = isAkiDbError(error) && ["not_found", "failed_precondition"].includes(error.code);
    if (!isPassing) throw error;
  }
}

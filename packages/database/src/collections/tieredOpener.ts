import { type Clock, type FileDamage, toAkiDbError } from "@akidb/base";
import type { Log } from "../logEvent.ts";
import type { TenantBudgets } from "../quotas/tenantBudgets.ts";
import type { DatabaseMeter } from "../telemetry/databaseMeter.ts";
import type { CollectionTiers } from "../tiers/collectionTiers.ts";
import type { Promotions } from "../tiers/promotions.ts";
import type { CollectionOpener } from "./collectionOpener.ts";
import type { CollectionSlot } from "./collectionSlot.ts";
import type { Opening, OpeningOptions } from "./opening.ts";
import type { RestoredFiles } from "./restoredFiles.ts";

export interface TieredOpenerOptions {
  readonly opener: CollectionOpener;
  readonly restored: RestoredFiles;
  readonly budgets: TenantBudgets;
  readonly tiers: CollectionTiers;
  readonly promotions: Promotions;
  readonly meter: DatabaseMeter;
  readonly clock: Clock;
  readonly log: Log;
}

/** Opens collections of every tier: where the files are in the object store, they are brought here first. */
export class TieredOpener {
  readonly #options: TieredOpenerOptions;

  constructor(options: TieredOpenerOptions) {
    this.#options = options;
  }

  /** As {@link CollectionOpener.open}. Never rejects. */
  async open(slot: CollectionSlot, damages: FileDamage[], how: OpeningOptions): Promise<Opening> {
    const { opener, tiers, meter, clock, log } = this.#options;
    if (!slot.isServed) return await opener.open(slot, damages, how);
    const { tier: fromTier } = tiers.of(slot.record.id);
    const startMs = clock.monotonicMs();
    if (fromTier === "cold") {
      try {
        await this.#fetch(slot);
      } catch (error) {
        return { kind: "away", error: toAkiDbError(error) };
      }
      // Those were of the files before.
      damages.length = 0;
    }
    const opening = await opener.open(slot, damages, how);
    if (opening.kind !== "open") return opening;
    const toTier = opening.collection.isInPlace ? "warm" : "hot";
    if (fromTier !== toTier && fromTier !== "hot") {
      const elapsedMs = clock.monotonicMs() - startMs;
      meter.tierMigrated(fromTier, toTier, elapsedMs);
      if (fromTier === "cold") {
        log({ kind: "tier_migrated", collection: slot.record.name, fromTier, toTier, elapsedMs });
      }
    }
    return opening;
  }

  async #fetch(slot: CollectionSlot): Promise<void> {
    const { opener, restored, budgets, promotions } = this.#options;
    const { record } = slot;
    const { id } = record;
    await promotions.fetch(record, (snapshot, directory) =>
      restored.make(snapshot, { record, id, directory, replaces: slot }),
    );
    opener.forget(id);
    budgets.of(slot.tenantId).storage.changed(id);
  }
}

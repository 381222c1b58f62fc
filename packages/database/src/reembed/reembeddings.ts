import {
  type CollectionId,
  type Deadline,
  failedPrecondition,
  formatTimestamp,
  type Job,
  notFound,
  type ReembeddingInfo,
  unavailable,
} from "@akidb/base";
import type { CollectionRecord, Generation, ReembeddingRecord } from "@akidb/catalog";
import type { EmbeddingModel } from "@akidb/embedding";
import { Lanes } from "../lanes.ts";
import { requireTexts } from "./documentsWithoutText.ts";
import { reembeddingInfo } from "./reembeddingInfo.ts";
import { reembeddingJob } from "./reembeddingJob.ts";
import type { ReembeddingParts, ReembeddingsOptions } from "./reembeddingParts.ts";
import { ReembeddingRun, reasonOf } from "./reembeddingRun.ts";

const keptMs = 7 * 24 * 3_600_000;
const lookIntervalMs = 3_600_000;

/**
 * Collections whose texts are embedded anew, one at a time each. What goes on is written down in the catalog, and goes on with the
 * next start.
 */
export class Reembeddings {
  readonly #parts: ReembeddingParts;
  readonly #runs = new Map<CollectionId, ReembeddingRun>();
  /** Beginnings and ends of a collection's, one after the other. */
  readonly #lanes = new Lanes<CollectionId>();
  #timer: NodeJS.Timeout | undefined;
  #isClosing = false;

  constructor(options: ReembeddingsOptions) {
    const keepUntil = (): string => formatTimestamp(options.clock.nowMs() + keptMs);
    this.#parts = { ...options, keepUntil };
  }

  /** Goes on with what was under way when the process ended, and removes what is of no use any more. Never rejects. */
  async resume(): Promise<void> {
    this.#timer = setInterval(() => void this.#removeUnneeded(), lookIntervalMs);
    this.#timer.unref();
    await this.#removeUnneeded();
    for (const reembedding of await this.#all()) {
      if (reembedding.state !== "copying" || this.#recordOf(reembedding) === undefined) continue;
      await this.#lanes.run(reembedding.collectionId, async () => this.#run(reembedding));
    }
  }

  async start(record: CollectionRecord, model: EmbeddingModel, deadline: Deadline): Promise<ReembeddingInfo> {
    const { collections } = this.#parts;
    const to = {
      dimension: model.dimension,
      embeddingModel: model.name,
      modelFingerprint: model.fingerprint,
    };
    if (
      record.modelFingerprint === model.fingerprint &&
      record.embeddingModel === model.name &&
      record.dimension === model.dimension
    ) {
      throw failedPrecondition(
        `collection "${record.name}" is embedded with ${model.name} (${model.fingerprint}) already`,
      );
    }
    using live = await collections.get(record.databaseId, record.id, deadline);
    await requireTexts(record.name, live.collection.mirror, deadline);
    return await this.#begin(record, to);
  }

  /** @throws AkiDbError `not_found` where there was none */
  async get(record: CollectionRecord): Promise<ReembeddingInfo> {
    return this.#infoOf(await this.#latest(record));
  }

  /** As a job; undefined where there is none of this id. */
  async job(id: string): Promise<Job | undefined> {
    const reembedding = (await this.#all()).find((each) => each.id === id);
    return reembedding && reembeddingJob(this.#infoOf(reembedding));
  }

  pause(record: CollectionRecord): Promise<ReembeddingInfo> {
    return this.#change(record, ["copying"], "paused", (latest) =>
      this.#parts.catalog.reembeddings.update(latest.id, { state: "paused", stateReason: null }),
    );
  }

  resumePaused(record: CollectionRecord): Promise<ReembeddingInfo> {
    return this.#change(record, ["paused"], "resumed", async (latest) => {
      const changes = { state: "copying", stateReason: null } as const;
      const reembedding = await this.#parts.catalog.reembeddings.update(latest.id, changes);
      this.#run(reembedding);
      return reembedding;
    });
  }

  /** Of one that has flipped, what was kept goes. */
  cancel(record: CollectionRecord): Promise<ReembeddingInfo> {
    return this.#change(record, ["copying", "paused", "flipped"], "cancelled", async (latest) => {
      if (latest.state === "flipped" && latest.keepUntil === null) {
        throw failedPrecondition(
          `re-embedding collection "${record.name}" is done, and nothing is kept of before`,
        );
      }
      const changes =
        latest.state === "flipped"
          ? { keepUntil: null }
          : ({ state: "cancelled", stateReason: null } as const);
      const reembedding = await this.#parts.catalog.reembeddings.update(latest.id, changes);
      await this.#removeUnneededOf(record);
      return reembedding;
    });
  }

  async rollback(record: CollectionRecord): Promise<ReembeddingInfo> {
    const { catalog, directories } = this.#parts;
    const all = await catalog.reembeddings.ofCollection(record.id);
    const kept = all.find(({ keepUntil, to }) => keepUntil !== null && to.generation === record.generation);
    const isThere = kept && (await directories.hasGeneration({ id: record.id, ...kept.from }));
    if (kept === undefined || isThere !== true) {
      throw failedPrecondition(
        `there is no way back for collection "${record.name}": no vectors of before are kept; re-embed it with the model ` +
          "of before",
      );
    }
    return await this.#begin(record, kept.from);
  }

  /** @throws AkiDbError `failed_precondition` while one goes on: it would be of what is no more */
  async requireNone(record: CollectionRecord): Promise<void> {
    const all = await this.#parts.catalog.reembeddings.ofCollection(record.id);
    if (!all.some(isUnfinished)) return;
    throw failedPrecondition(`collection "${record.name}" is being re-embedded; cancel that first`);
  }

  /** What the vectors of a generation were; undefined where nobody knows. */
  async generationOf(record: CollectionRecord, generation: number): Promise<Generation | undefined> {
    if (generation === record.generation) return record;
    const all = await this.#parts.catalog.reembeddings.ofCollection(record.id);
    return all.flatMap(({ from, to }) => [from, to]).find((each) => each.generation === generation);
  }

  /**
   * Generations of a collection's files that are served, copied to, or kept to go back to; while `work` has them, no other is
   * begun. Nothing is done where the catalog is damaged: it may not have all.
   */
  async whileWanted(
    { id }: Pick<CollectionRecord, "id">,
    work: (wanted: ReadonlySet<number>) => Promise<void>,
  ): Promise<void> {
    await this.#lanes.run(id, async () => {
      if (this.#parts.catalog.damagedRows.length > 0) return;
      await work((await this.#generationsOf(id)).isWanted);
    });
  }

  /** What goes on ends early, and goes on with the next start. */
  async close(): Promise<void> {
    this.#isClosing = true;
    clearInterval(this.#timer);
    await this.#lanes.idle();
    await Promise.all([...this.#runs.values()].map((run) => run.stop()));
    await this.#lanes.idle();
  }

  /** Once what an earlier one has left is closed: files are not opened twice. */
  #begin(record: CollectionRecord, to: Omit<Generation, "generation"> & { readonly generation?: number }) {
    return this.#lanes.run(record.id, async () => {
      this.#requireServing();
      const { reembeddings } = this.#parts.catalog;
      const latest = (await reembeddings.ofCollection(record.id)).at(-1);
      if (latest?.state !== "copying") await this.#runs.get(record.id)?.ended;
      const generation = to.generation ?? (await this.#freeGeneration(record));
      const reembedding = await reembeddings.begin({ collectionId: record.id, to: { ...to, generation } });
      this.#run(reembedding);
      return this.#infoOf(reembedding);
    });
  }

  /** Nor are files begun from that the catalog does not tell of. */
  async #freeGeneration(record: CollectionRecord): Promise<number> {
    const { isKnown, isWanted } = await this.#generationsOf(record.id);
    const onDisk = await this.#parts.directories.generations(record.id);
    return Math.max(...isKnown, ...isWanted, ...onDisk) + 1;
  }

  #run(reembedding: ReembeddingRecord): void {
    if (this.#isClosing) return;
    const { collectionId } = reembedding;
    const run = new ReembeddingRun(this.#parts, reembedding);
    this.#runs.set(collectionId, run);
    void run.ended
      .then(async (end) => {
        if (this.#runs.get(collectionId) === run) this.#runs.delete(collectionId);
        if (end.kind === "stopped") return;
        await this.#lanes.run(collectionId, async () => {
          if (end.kind === "failed") await this.#pauseFailed(reembedding, end.error);
          const record = this.#recordOf(reembedding);
          if (record !== undefined && !this.#isClosing) await this.#removeUnneededOf(record);
        });
      })
      .catch((cause: unknown) => this.#notRemoved({ id: collectionId }, cause));
  }

  async #pauseFailed(reembedding: ReembeddingRecord, error: unknown): Promise<void> {
    const { catalog, log } = this.#parts;
    const stateReason = reasonOf(error);
    const collection = this.#recordOf(reembedding)?.name ?? reembedding.collectionId;
    log({ kind: "reembedding_paused", collection, reason: stateReason, cause: error });
    // Somebody may have ended it meanwhile.
    if ((await catalog.reembeddings.get(reembedding.id)).state !== "copying") return;
    // Where that cannot be written, it goes on with the next start.
    await catalog.reembeddings.update(reembedding.id, { state: "paused", stateReason });
  }

  /** Stops what runs first: it may have come to its end by then. */
  #change(
    record: CollectionRecord,
    from: readonly ReembeddingRecord["state"][],
    what: string,
    change: (latest: ReembeddingRecord) => Promise<ReembeddingRecord>,
  ): Promise<ReembeddingInfo> {
    return this.#lanes.run(record.id, async () => {
      this.#requireServing();
      const known = await this.#latest(record);
      const run = this.#runs.get(record.id);
      if (known.state === "copying" && from.includes("copying")) await run?.stop();
      // It may still be closing what was served before.
      if (known.state === "flipped") await run?.ended;
      const latest = await this.#latest(record);
      if (!from.includes(latest.state)) {
        throw failedPrecondition(
          `re-embedding collection "${record.name}" is ${latest.state}, and cannot be ${what}`,
        );
      }
      return this.#infoOf(await change(latest));
    });
  }

  async #latest(record: CollectionRecord): Promise<ReembeddingRecord> {
    const latest = (await this.#parts.catalog.reembeddings.ofCollection(record.id)).at(-1);
    if (latest === undefined) throw notFound(`a re-embedding of collection "${record.name}"`);
    return latest;
  }

  #infoOf(reembedding: ReembeddingRecord): ReembeddingInfo {
    const run = reembedding.state === "copying" ? this.#runs.get(reembedding.collectionId) : undefined;
    return reembeddingInfo(reembedding, run?.progress);
  }

  #recordOf({ collectionId }: ReembeddingRecord): CollectionRecord | undefined {
    return this.#parts.collections.recordOf(collectionId);
  }

  async #all(): Promise<readonly ReembeddingRecord[]> {
    return await this.#parts.catalog.reembeddings.all().catch(() => []);
  }

  /** What was kept long enough, and what a crash left. */
  async #removeUnneeded(): Promise<void> {
    const { clock, catalog } = this.#parts;
    const now = formatTimestamp(clock.nowMs());
    for (const reembedding of await this.#all()) {
      const record = this.#recordOf(reembedding);
      if (record === undefined || this.#isClosing) continue;
      await this.#lanes
        .run(record.id, async () => {
          const { id, keepUntil } = await catalog.reembeddings.get(reembedding.id);
          if (keepUntil !== null && keepUntil <= now)
            await catalog.reembeddings.update(id, { keepUntil: null });
          await this.#removeUnneededOf(record);
        })
        .catch((cause: unknown) => this.#notRemoved(record, cause));
    }
  }

  /** Of generations that the catalog tells of alone: others may be known to a catalog that is to be put back. */
  async #removeUnneededOf({ id }: CollectionRecord): Promise<void> {
    const { catalog, collections, directories } = this.#parts;
    if (catalog.damagedRows.length > 0) return;
    const { record, isWanted, isKnown } = await this.#generationsOf(id);
    for (const generation of await directories.generations(id)) {
      if (!isKnown.has(generation) || isWanted.has(generation)) continue;
      await collections.generations
        .remove({ ...record, generation })
        .catch((cause: unknown) => this.#notRemoved(record, cause));
    }
  }

  /** What the catalog says; what flips meanwhile is wanted on both sides. */
  async #generationsOf(id: CollectionId) {
    const { catalog } = this.#parts;
    const before = await catalog.collections.get(id);
    const all = await catalog.reembeddings.ofCollection(id);
    const record = await catalog.collections.get(id);
    const isWanted = new Set([before.generation, record.generation]);
    const isKnown = new Set<number>();
    for (const { from, to, keepUntil, ...reembedding } of all) {
      isKnown.add(from.generation).add(to.generation);
      if (isUnfinished(reembedding)) isWanted.add(to.generation);
      if (keepUntil !== null) isWanted.add(from.generation);
    }
    return { record, isWanted, isKnown };
  }

  #notRemoved({ id }: Pick<CollectionRecord, "id">, cause: unknown): void {
    this.#parts.log({ kind: "cleanup_failed", directory: id, cause });
  }

  #requireServing(): void {
    if (this.#isClosing) throw unavailable("the database is closing");
  }
}

const isUnfinished = ({ state }: Pick<ReembeddingRecord, "state">): boolean =>
  state === "copying" || state === "paused";

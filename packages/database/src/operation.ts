import type { Action, Principal, Resource } from "@akidb/access";
import type { Clock, DatabaseId, TenantId } from "@akidb/base";
import type { Catalog, Role } from "@akidb/catalog";
import type { Filter } from "@akidb/engine";
import type { ObjectStore, ObjectStoreCircuit } from "@akidb/objects";
import type { AccessControl } from "./access/accessControl.ts";
import type { AuditSubject } from "./access/auditTrail.ts";
import type { Requirement } from "./access/requirement.ts";
import type { OwnerProof } from "./adapters/ownerProof.ts";
import type { LogArchives } from "./archive/logArchives.ts";
import type { Backups } from "./backup/backups.ts";
import type { Call } from "./call.ts";
import type { LiveCollections } from "./collections/liveCollections.ts";
import type { DatabaseLimits } from "./databaseLimits.ts";
import type { DeadLetters } from "./deadLetters/deadLetters.ts";
import type { GarbageCollections } from "./garbage/garbageCollections.ts";
import type { HnswBuildOptions } from "./hnswDefaults.ts";
import type { Jobs } from "./jobs/jobs.ts";
import type { Log } from "./logEvent.ts";
import type { ModelRegistry } from "./models/modelRegistry.ts";
import type { ServedModels } from "./models/servedModels.ts";
import type { RequestRates } from "./quotas/requestRates.ts";
import type { TenantQuotas } from "./quotas/tenantQuotas.ts";
import type { Readiness } from "./readiness.ts";
import type { Reembeddings } from "./reembed/reembeddings.ts";
import type { RerankProvider } from "./rerank/rerankProvider.ts";
import type { Snapshots } from "./snapshots/snapshots.ts";
import type { Gauges } from "./telemetry/gauges.ts";
import type { Telemetry } from "./telemetry/telemetry.ts";
import type { Deletions } from "./tenancy/deletions.ts";
import type { LiveDatabases } from "./tenancy/liveDatabases.ts";
import type { ColdCopies } from "./tiers/coldCopies.ts";
import type { CollectionTiers } from "./tiers/collectionTiers.ts";
import type { TierKeeper } from "./tiers/tierKeeper.ts";
import type { AuditVerifications } from "./verify/auditVerifications.ts";
import type { Verifications } from "./verify/verifications.ts";

/**
 * What an operation works with. No copy by `{ ...context }` is one, and the compiler says so: what all calls share is their
 * prototype's (`callContexts.ts`), and accessors are what is not taken for a part of a copy.
 */
export declare abstract class OperationContext {
  abstract get call(): Call;
  /** Rejects where an operation for everybody asks: `unauthenticated`. */
  abstract get principal(): Principal;
  /** That the call goes to. Throws `not_found` where the caller's tenant has none of its name, `invalid_state` while it goes. */
  abstract get databaseId(): DatabaseId;
  /** What the caller's API key is bound to: documents that do not pass are not there, and none may be written. */
  abstract get within(): Filter | undefined;
  /** Whose admins run the server. */
  abstract get serverTenantId(): TenantId;
  abstract get access(): AccessControl;
  abstract get catalog(): Catalog;
  abstract get databases(): LiveDatabases;
  abstract get quotas(): TenantQuotas;
  abstract get rates(): RequestRates;
  abstract get collections(): LiveCollections;
  abstract get objects(): ObjectStore;
  /** Before the object store. */
  abstract get circuit(): ObjectStoreCircuit;
  abstract get archives(): LogArchives;
  abstract get snapshots(): Snapshots;
  abstract get tiers(): CollectionTiers;
  abstract get tierKeeper(): TierKeeper;
  abstract get coldCopies(): ColdCopies;
  abstract get deadLetters(): DeadLetters;
  abstract get garbage(): GarbageCollections;
  abstract get verifications(): Verifications;
  abstract get auditVerifications(): AuditVerifications;
  abstract get backups(): Backups;
  abstract get jobs(): Jobs;
  abstract get deletions(): Deletions;
  abstract get owner(): OwnerProof;
  abstract get readiness(): () => Readiness;
  abstract get gauges(): () => Promise<Gauges>;
  abstract get telemetry(): Telemetry;
  /** What embeds: the default model, that of a name, or the one that a collection is pinned to. */
  abstract get embedding(): ServedModels;
  abstract get models(): ModelRegistry;
  abstract get reembeddings(): Reembeddings;
  /** Undefined where none is configured. */
  abstract get reranker(): RerankProvider | undefined;
  /** The graph of collections that bring no options of their own. */
  abstract get hnswBuild(): HnswBuildOptions;
  /** Of collections that are created. */
  abstract get walRetentionSeconds(): number;
  /** Whether a tenant begins with a database. */
  abstract get makesDefaultDatabase(): boolean;
  abstract get limits(): DatabaseLimits;
  /** Queries that take longer are logged; 0 for none. */
  abstract get slowQueryMs(): number;
  abstract get log(): Log;
  abstract get clock(): Clock;
}

/**
 * One use case, the same for every transport. It checks the meaning of its input, transports only the shape, and it
 * says what its caller must be permitted to do.
 */
export type Operation<Input, Output> = (PermittedOperation<Input> | OpenOperation) & {
  readonly name: string;
  /** Rejects with an `AkiDbError` for everything that a caller can mend. */
  readonly run: (context: OperationContext, input: Input) => Promise<Output>;
};

interface PermittedOperation<Input> {
  readonly permission: Action;
  /** What it is done to, or in. Rejects with `not_found` for what is not there for the caller. */
  readonly resource: (context: OperationContext, input: Input) => Resource | Promise<Resource>;
  /** What else its caller must be permitted. */
  readonly further?: (
    context: OperationContext,
    input: Input,
  ) => readonly Requirement[] | Promise<readonly Requirement[]>;
  /**
   * `always` if absent. `as_data` is for what clients ask all the time, before they read or write documents: the log has it
   * where it has reads of documents. It would drown everything else there, and must work while the disk is full.
   */
  readonly audited?: "always" | "as_data";
  /**
   * Roles that somebody has by it afterwards, or whose holder it takes over: in each list, what is permitted is what every
   * role of it permits. The caller must have as much itself.
   */
  readonly grants?: (context: OperationContext, input: Input) => Promise<readonly (readonly Role[])[]>;
  /**
   * What an API key with a filter may do of it. `applied`: it heeds {@link OperationContext.within}. `unaffected`: it neither
   * shows nor changes documents. Absent: nothing, it is refused.
   */
  readonly underFilter?: "applied" | "unaffected";
  /** False where it changes nothing of who may do what, though its permission would let it. */
  readonly changesAccess?: false;
  /** As the audit log names it; the resource if absent. */
  readonly subject?: (input: Input) => AuditSubject;
}

interface OpenOperation {
  /** `public` for everybody: how one becomes a known caller. `session` for any known caller, about itself alone. */
  readonly permission: "public" | "session";
}

/** What a caller needs to be allowed to do. */
export type Permission = Operation<never, unknown>["permission"];

export const defineOperation = <Input, Output>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> => operation;

import type { Clock, DatabaseId, Deadline } from "@akidb/base";
import type { Catalog } from "@akidb/catalog";
import type { EmbeddingProvider } from "@akidb/embedding";
import type { ObjectStore } from "@akidb/objects";
import type { OwnerProof } from "./adapters/ownerProof.ts";
import type { LogArchives } from "./archive/logArchives.ts";
import type { Backups } from "./backup/backups.ts";
import type { LiveCollections } from "./collections/liveCollections.ts";
import type { DatabaseLimits } from "./databaseLimits.ts";
import type { HnswBuildOptions } from "./hnswDefaults.ts";
import type { Log } from "./logEvent.ts";
import type { Permission } from "./permission.ts";
import type { RerankProvider } from "./rerank/rerankProvider.ts";
import type { Snapshots } from "./snapshots/snapshots.ts";
import type { Verifications } from "./verify/verifications.ts";

/** One request, whatever transport brought it. */
export interface Call {
  readonly requestId: string;
  /** Ends the work when its time is up or its caller has gone. */
  readonly deadline: Deadline;
}

/** What an operation works with. */
export interface OperationContext {
  readonly call: Call;
  readonly databaseId: DatabaseId;
  readonly catalog: Catalog;
  readonly collections: LiveCollections;
  readonly objects: ObjectStore;
  readonly archives: LogArchives;
  readonly snapshots: Snapshots;
  readonly verifications: Verifications;
  readonly backups: Backups;
  readonly owner: OwnerProof;
  readonly embedding: EmbeddingProvider;
  /** Undefined where none is configured. */
  readonly reranker: RerankProvider | undefined;
  /** The embedding model of collections that name none. */
  readonly defaultModel: string | undefined;
  /** The graph of collections that bring no options of their own. */
  readonly hnswBuild: HnswBuildOptions;
  /** Of collections that are created. */
  readonly walRetentionSeconds: number;
  readonly limits: DatabaseLimits;
  /** Queries that take longer are logged; 0 for none. */
  readonly slowQueryMs: number;
  readonly log: Log;
  readonly clock: Clock;
}

/**
 * One use case, the same for every transport. It checks the meaning of its input, transports only the shape, and it
 * says what its caller must be permitted to do.
 */
export interface Operation<Input, Output> {
  readonly name: string;
  readonly permission: Permission;
  /** Rejects with an `AkiDbError` for everything that a caller can mend. */
  readonly run: (context: OperationContext, input: Input) => Promise<Output>;
}

export const defineOperation = <Input, Output>(
  operation: Operation<Input, Output>,
): Operation<Input, Output> => operation;

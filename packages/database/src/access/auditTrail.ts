import { type Action, type Principal, type Resource, userIdOf } from "@akidb/access";
import { type AuditResult, type JsonObject, type TenantId, type UserId, unavailable } from "@akidb/base";
import type { Catalog, NewAuditEntry } from "@akidb/catalog";
import type { Call } from "../call.ts";
import { addressOf, ownProcess } from "./caller.ts";

export const auditedDataPlanes = ["off", "denied", "all"] as const;

/** Which reads and writes of documents are written down. */
export type AuditedDataPlane = (typeof auditedDataPlanes)[number];

/** What users do about their own sessions, which needs no permission. */
export type SessionAction = "auth::login" | "auth::refresh" | "auth::logout" | "auth::change_password";

/** Whoever is not known yet, or no longer. */
export interface Stranger {
  readonly kind: "stranger";
  /** Whose log has it. */
  readonly tenantId: TenantId;
  readonly userId: UserId | null;
}

/** What was decided about one call. */
export interface Decided {
  readonly operation: string;
  readonly action: Action | SessionAction;
  readonly subject: AuditSubject;
  readonly result: AuditResult;
  readonly reason: string | null;
  readonly isAskedOften: boolean;
  /** Whose it is, what the action is done to; undefined for what is the server's. */
  readonly ownerId: TenantId | undefined;
}

/** How the audit log names what an action is done to. */
export interface AuditSubject {
  readonly type: string;
  /** An identifier, or the name that was given where there is no such thing yet. */
  readonly id: string;
}

const isOfDataPlane = (action: Decided["action"]): boolean =>
  action.startsWith("document::") || action === "embedding::create";

/** Entries that one append takes: some 10 ms of the thread. */
const batchEntriesMax = 256;

/** Entries that wait to be appended: many times what a disk takes in a second. */
const waitingEntriesMax = 10_000;

/** Somebody's entries, and how to tell that they are durable. */
interface WaitingEntries {
  readonly entries: readonly NewAuditEntry[];
  readonly resolve: () => void;
  readonly reject: (cause: unknown) => void;
}

/** Writes what was decided to the audit log: of the control plane all, of the data plane what is asked for. */
export class AuditTrail {
  readonly #catalog: Catalog;
  readonly #dataPlane: AuditedDataPlane;
  #waiting: WaitingEntries[] = [];
  #waitingCount = 0;
  #appending: Promise<void> | undefined;

  constructor(catalog: Catalog, dataPlane: AuditedDataPlane) {
    this.#catalog = catalog;
    this.#dataPlane = dataPlane;
  }

  isKept({ action, result, isAskedOften }: Pick<Decided, "action" | "result" | "isAskedOften">): boolean {
    if (this.#dataPlane === "all") return true;
    if (isOfDataPlane(action)) return this.#dataPlane === "denied" && result === "denied";
    return result === "denied" || !isAskedOften;
  }

  /** Durable when it resolves; nothing happens where such a decision is not kept. */
  async record(call: Call, principal: Principal | Stranger, decided: Decided): Promise<void> {
    if (!this.isKept(decided)) return;
    const entry = entryOf(call, principal, decided);
    const { ownerId } = decided;
    const isElsewhere = ownerId !== undefined && ownerId !== principal.tenantId;
    await this.append(isElsewhere ? [entry, entryForOwner(entry, ownerId)] : [entry]);
  }

  /**
   * Durable when it resolves. Each append costs the disk a flush, and the thread the wait for it: so what comes in one turn
   * of the event loop goes together.
   *
   * Rejects with `unavailable` where more waits than the disk takes.
   */
  append(entries: readonly NewAuditEntry[]): Promise<void> {
    if (this.#waitingCount + entries.length > waitingEntriesMax) {
      return Promise.reject(unavailable("the audit log takes no more at once", { retryAfterMs: 1_000 }));
    }
    return new Promise((resolve, reject) => {
      this.#waiting.push({ entries, resolve, reject });
      this.#waitingCount += entries.length;
      this.#appending ??= this.#appendAll();
    });
  }

  /** Resolves when nothing waits. */
  async idle(): Promise<void> {
    await this.#appending;
  }

  async #appendAll(): Promise<void> {
    while (this.#waiting.length > 0) {
      await new Promise((resolve) => setImmediate(resolve));
      const batch = this.#takeBatch();
      try {
        await this.#catalog.auditLog.append(batch.flatMap(({ entries }) => entries));
        for (const { resolve } of batch) resolve();
      } catch (cause) {
        for (const { reject } of batch) reject(cause);
      }
    }
    // Not in a later turn: whoever has been answered may append again by then.
    this.#appending = undefined;
  }

  #takeBatch(): readonly WaitingEntries[] {
    const batch: WaitingEntries[] = [];
    let count = 0;
    for (const each of this.#waiting) {
      if (batch.length > 0 && count + each.entries.length > batchEntriesMax) break;
      batch.push(each);
      count += each.entries.length;
    }
    this.#waiting = this.#waiting.slice(batch.length);
    this.#waitingCount -= count;
    return batch;
  }
}

function entryOf(
  call: Call,
  principal: Principal | Stranger,
  { operation, action, subject, result, reason }: Decided,
) {
  const { caller, requestId, route } = call;
  const isOwn = caller === ownProcess;
  return {
    tenantId: principal.tenantId,
    userId: principal.kind === "stranger" ? principal.userId : userIdOf(principal),
    action,
    resourceType: subject.type,
    resourceId: subject.id,
    result,
    reason,
    metadata: {
      request_id: requestId,
      operation,
      ...(route !== undefined && { route }),
      principal: isOwn ? ownProcess : principal.kind,
      ...(principal.kind === "api_key" && { key_prefix: principal.prefix }),
    } satisfies JsonObject,
    ipAddress: addressOf(call.caller),
    userAgent: isOwn ? null : caller.userAgent,
  } satisfies NewAuditEntry;
}

/** What whoever runs the server does in a tenant its own auditors see, too, and not who among those it was. */
const entryForOwner = (entry: ReturnType<typeof entryOf>, ownerId: TenantId): NewAuditEntry => ({
  ...entry,
  tenantId: ownerId,
  userId: null,
  metadata: {
    request_id: entry.metadata.request_id,
    operation: entry.metadata.operation,
    principal: "server_admin",
  },
  ipAddress: null,
  userAgent: null,
});

/** Whose it is; undefined for the server's. */
export function ownerOf(resource: Resource | undefined): TenantId | undefined {
  if (resource === undefined || resource.type === "server") return undefined;
  return resource.type === "tenant" ? resource.id : resource.tenantId;
}

export const subjectOf = (resource: Resource): AuditSubject => ({
  type: resource.type,
  id: resource.type === "server" ? "server" : resource.id,
});

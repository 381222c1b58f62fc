import type { AuditPosition } from "@akidb/base";
import type { Database } from "better-sqlite3";
import type { Selectable } from "kysely";
import { hashAuditEntry, hashUserId } from "../auditHash.ts";
import type { AuditProblem, VerifiedAuditLog } from "../auditVerification.ts";
import { type AuditRow, hashedFields } from "./auditRow.ts";
import type { AuditChainTable } from "./catalogTables.ts";

const problemsMax = 100;

/** Every entry from the anchor to the head, in a transaction that is open. */
export function walkAuditChain(
  database: Database,
  knownPosition: AuditPosition | undefined,
): VerifiedAuditLog {
  const chain = database.prepare("select * from audit_chain").get() as
    | Selectable<AuditChainTable>
    | undefined;
  const problems: AuditProblem[] = [];
  let problemCount = 0;
  const report = (sequence: number, problem: string): void => {
    problemCount += 1;
    if (problems.length < problemsMax) problems.push({ sequence, problem });
  };
  const anchor = toPosition(chain?.anchor_sequence, chain?.anchor_hash);
  const head = toPosition(chain?.head_sequence, chain?.head_hash);
  if (chain === undefined) report(0, "has lost the record of where its chain begins and ends");
  const isUserHash = userHashes(database);

  let before = anchor;
  let entryCount = 0;
  let known: string | undefined = knownPosition?.sequence === anchor.sequence ? anchor.hash : undefined;
  for (const row of database.prepare("select * from audit_logs order by sequence").iterate()) {
    const entry = row as AuditRow;
    entryCount += 1;
    for (const problem of problemsOf(entry, before, isUserHash)) report(problem.sequence, problem.problem);
    before = toPosition(entry.sequence, entry.entry_hash);
    if (before.sequence === knownPosition?.sequence) known = before.hash;
  }
  if (before.sequence < head.sequence)
    report(before.sequence + 1, missing(before.sequence + 1, head.sequence));
  else if (before.sequence !== head.sequence || before.hash !== head.hash) {
    report(before.sequence, "is not the entry that the chain ends with");
  }
  if (knownPosition !== undefined && known !== knownPosition.hash) {
    report(knownPosition.sequence, describeUnknown(knownPosition, { anchor, isThere: known !== undefined }));
  }
  return { entryCount, anchor, head, problems, problemCount };
}

function* problemsOf(
  entry: AuditRow,
  before: AuditPosition,
  isUserHash: (hash: string) => boolean,
): Iterable<AuditProblem> {
  const { sequence } = entry;
  const expected = before.sequence + 1;
  if (sequence > expected) yield { sequence: expected, problem: missing(expected, sequence - 1) };
  if (sequence < expected) yield { sequence, problem: "lies before the beginning of the chain" };
  const hash = hashAuditEntry(entry.previous_hash, hashedFields(entry));
  if (toHex(hash) !== toHex(entry.entry_hash)) yield { sequence, problem: "has been changed" };
  else if (sequence === expected && toHex(entry.previous_hash) !== before.hash) {
    yield { sequence, problem: "does not follow the entry before it" };
  }
  const userHash = entry.user_hash === null ? undefined : toHex(entry.user_hash);
  const named = entry.user_id === null ? undefined : toHex(hashUserId(entry.user_id));
  if (named !== undefined && named !== userHash) yield { sequence, problem: "names another user" };
  if (named === undefined && userHash !== undefined && isUserHash(userHash)) {
    yield { sequence, problem: "no longer names its user, who exists" };
  }
}

const missing = (first: number, last: number): string =>
  first === last ? "is missing" : `is missing, and all up to ${last}`;

const describeUnknown = (
  { sequence }: AuditPosition,
  { anchor, isThere }: { readonly anchor: AuditPosition; readonly isThere: boolean },
): string => {
  if (isThere) return "is not the entry that was noted";
  return sequence < anchor.sequence
    ? "was noted, and its retention has ended: note a newer one"
    : "was noted, and is missing";
};

/** Read when the first entry asks: most logs have none that does. */
function userHashes(database: Database): (hash: string) => boolean {
  let hashes: ReadonlySet<string> | undefined;
  return (hash) => {
    const read = () => database.prepare("select user_id from users").pluck().all() as Uint8Array[];
    hashes ??= new Set(read().map((id) => toHex(hashUserId(id))));
    return hashes.has(hash);
  };
}

const toPosition = (sequence = 0, hash: Uint8Array = new Uint8Array(32)): AuditPosition => ({
  sequence,
  hash: toHex(hash),
});

const toHex = (bytes: Uint8Array): string => Buffer.from(bytes).toString("hex");

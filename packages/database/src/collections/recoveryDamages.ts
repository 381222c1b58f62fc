import type { FileDamage } from "@akidb/base";
import type { CollectionRecovery, DamagedFileError } from "@akidb/engine";

/** What an opening found damaged, and made good as far as it could. */
export function recoveryDamages(recovery: CollectionRecovery): readonly FileDamage[] {
  const { damagedCheckpoints, damagedPayload, coveredDamage, checkpointLsn } = recovery;
  const standIn = checkpointLsn === undefined ? "the whole log" : `the checkpoint at LSN ${checkpointLsn}`;
  return [
    ...coveredDamage.map(
      ({ file, firstLsn, lastLsn }): FileDamage => ({
        file,
        problem: `records with LSN ${firstLsn} to ${lastLsn} fail their checksums`,
        loss: "none",
        effect: "a checkpoint has what they did",
        remedy: "none is needed; the file leaves the log in time",
      }),
    ),
    ...damagedCheckpoints.map(
      ({ file, reason }): FileDamage => ({
        file,
        problem: reason,
        loss: "none",
        effect: `the checkpoint was put aside, and ${standIn} took its place`,
        remedy: "none is needed; what was put aside can be deleted",
      }),
    ),
    ...(damagedPayload === undefined ? [] : [payloadDamage(damagedPayload)]),
    ...documentDamages(recovery),
  ];
}

const payloadDamage = ({ file, reason }: DamagedFileError): FileDamage => ({
  file,
  problem: reason,
  loss: "none",
  effect: "the file was put aside, and the indexes of metadata are made of the documents again",
  remedy: "none is needed; queries with a filter wait until the indexes are there",
});

function documentDamages({ documents }: CollectionRecovery): readonly FileDamage[] {
  if (documents === undefined) return [];
  const { damage, lostCount } = documents;
  if (damage === undefined && lostCount === 0) return [];
  const aside =
    damage === undefined
      ? ""
      : `; ${damage.salvagedCount} documents were read from it, and it is now ${damage.quarantinedAs}`;
  return [
    {
      file: "documents.db",
      problem: damage?.reason ?? "lacks documents that the index has",
      loss: lostCount === 0 ? "none" : "some",
      effect: (lostCount === 0 ? "no document is lost" : `${lostCount} documents are lost`) + aside,
      remedy:
        lostCount === 0
          ? "none is needed; what was put aside can be deleted"
          : "restore a snapshot, or write the documents again (akidb snapshots list names those there are)",
    },
  ];
}

/** Of a collection that is not served. */
export const refusalDamage = (file: string, problem: string): FileDamage => ({
  file,
  problem,
  loss: "some",
  effect: "the collection is not served, which would have a hole",
  remedy: "put the file back from a copy, or restore a snapshot; akidb verify tells what is whole",
});

/** Of a document that a read could not read, or of what is made of the documents. */
export function readDamage({ file, reason, isDerived }: DamagedFileError): FileDamage {
  if (isDerived) {
    return {
      file,
      problem: reason,
      loss: "none",
      effect: "the full text is made anew from the documents, and searches of it wait until then",
      remedy: "none is needed",
    };
  }
  return {
    file,
    problem: reason,
    loss: "unknown",
    effect: "the document is not served, and all others are",
    remedy: "restart the server: it makes a new file of what can be read and of the log",
  };
}

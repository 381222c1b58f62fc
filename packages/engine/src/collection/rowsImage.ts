import type { StoredCheckpoint } from "../checkpoint/checkpoints.ts";
import { type RowsImage, readRowsFile } from "../checkpoint/rowsFile.ts";
import type { VectorIndex } from "../index/vectorIndex.ts";
import { RowTable } from "../rows/rowTable.ts";

/** Words: the hash key, low and high, and the number of rows. */
export function rowsImage(rows: RowTable): RowsImage {
  const { low, high } = rows.hashKey;
  return { words: [low, high, rows.rowCount], parts: rows.image(rows.rowCount) };
}

/** @throws DamagedFileError */
export async function loadRows(stored: StoredCheckpoint, index: VectorIndex): Promise<RowTable> {
  const { rowCount } = stored.manifest;
  return await RowTable.load({
    rowCount,
    fill: async (parts) => {
      let hashKey = { low: 0, high: 0 };
      await readRowsFile(stored, (words, damaged) => {
        const [low, high, storedRowCount] = words;
        if (words.length !== 3 || storedRowCount !== rowCount) {
          throw damaged(`is not of the ${rowCount} rows of its manifest`);
        }
        hashKey = { low: low!, high: high! };
        return parts;
      });
      return hashKey;
    },
    isAlive: (row) => !index.isDead(row),
  });
}

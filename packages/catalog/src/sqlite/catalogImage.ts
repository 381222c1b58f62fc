import { type CollectionId, idFromBytes, idToBytes } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { CatalogImage } from "../catalog.ts";
import { registerRowChecksum } from "./rowChecksum.ts";

/** Nothing else happens to the one connection in between. */
export function imageOf(database: Database): CatalogImage {
  const query = "select collection_id, database_id, name, generation from collections order by collection_id";
  const rows = database.prepare(query).raw().all() as [Uint8Array, Uint8Array, string, number][];
  const collections = rows.map(([id, databaseId, name, generation]) => ({
    id: idFromBytes<"collection">(id),
    databaseId: idFromBytes<"database">(databaseId),
    name,
    generation,
  }));
  return { bytes: database.serialize(), collections };
}

/** As if these collections had been deleted by then. */
export const catalogImageWithout = (image: CatalogImage, gone: ReadonlySet<CollectionId>): CatalogImage =>
  changedImage(image, (database) => {
    const statement = database.prepare("delete from collections where collection_id = ?");
    for (const id of gone) statement.run(idToBytes(id));
  });

/** As of collections whose files are all beside it, and nowhere else. */
export const catalogImageOfFiles = (image: CatalogImage): CatalogImage =>
  changedImage(image, (database) => {
    database
      .prepare(
        "update collection_tiers set tier = 'warm', snapshot_id = null where tier = 'cold' or snapshot_id is not null",
      )
      .run();
  });

function changedImage(image: CatalogImage, change: (database: Database) => void): CatalogImage {
  const bytes = Buffer.from(image.bytes);
  // SQLite opens no file in memory that says it has a write-ahead log; all of that is in the image.
  // Bytes 18 and 19, the versions: https://www.sqlite.org/fileformat.html#the_database_header
  bytes.fill(1, 18, 20);
  const database = new Sqlite(bytes);
  try {
    registerRowChecksum(database);
    database.pragma("foreign_keys = on");
    change(database);
    return imageOf(database);
  } finally {
    database.close();
  }
}

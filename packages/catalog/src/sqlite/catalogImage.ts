import { type CollectionId, idFromBytes, idToBytes } from "@akidb/base";
import Sqlite, { type Database } from "better-sqlite3";
import type { CatalogImage } from "../catalog.ts";

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
export function catalogImageWithout(image: CatalogImage, gone: ReadonlySet<CollectionId>): CatalogImage {
  const bytes = Buffer.from(image.bytes);
  // SQLite opens no file in memory that says it has a write-ahead log; all of that is in the image.
  // Bytes 18 and 19, the versions: https://www.sqlite.org/fileformat.html#the_database_header
  bytes.fill(1, 18, 20);
  const database = new Sqlite(bytes);
  try {
    database.pragma("foreign_keys = on");
    const statement = database.prepare("delete from collections where collection_id = ?");
    for (const id of gone) statement.run(idToBytes(id));
    return imageOf(database);
  } finally {
    database.close();
  }
}

import { firstFreeSlug, slugStems } from "../firstFreeSlug.ts";
import type { SqliteSession } from "./sqliteSession.ts";

/** The slug of `name`, or the first of it with `-1`, `-2`, … that no tenant has. */
export async function freeSlug(session: SqliteSession, name: string): Promise<string> {
  const { slug, stem } = slugStems(name);
  const rows = await session.run((db) =>
    db
      .selectFrom("tenants")
      .select("slug")
      .where(({ eb, and, or }) =>
        // "." follows "-" in ASCII, so this range is all that begins with the stem and "-".
        or([eb("slug", "=", slug), and([eb("slug", ">", `${stem}-`), eb("slug", "<", `${stem}.`)])]),
      )
      .execute(),
  );
  const taken = new Set(rows.map((row) => row.slug));
  return firstFreeSlug(name, taken);
}

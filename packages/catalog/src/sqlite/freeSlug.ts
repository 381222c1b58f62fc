import { catalogLimits } from "../catalogLimits.ts";
import { slugify } from "../slugify.ts";
import type { SqliteSession } from "./sqliteSession.ts";

const suffixCharactersMax = 10;

/** The slug of `name`, or the first of it with `-1`, `-2`, … that no tenant has. */
export async function freeSlug(session: SqliteSession, name: string): Promise<string> {
  const slug = shorten(slugify(name), catalogLimits.slugCharactersMax) || "tenant";
  const stem = shorten(slug, catalogLimits.slugCharactersMax - suffixCharactersMax);
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
  if (!taken.has(slug)) return slug;
  let suffix = 1;
  while (taken.has(`${stem}-${suffix}`)) suffix++;
  return `${stem}-${suffix}`;
}

const shorten = (slug: string, charactersMax: number): string =>
  slug.slice(0, charactersMax).replace(/-$/, "");

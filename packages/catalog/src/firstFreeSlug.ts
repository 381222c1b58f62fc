import { catalogLimits } from "./catalogLimits.ts";
import { slugify } from "./slugify.ts";

const suffixCharactersMax = 10;

export interface SlugStems {
  /** What a tenant of the name would be called. */
  readonly slug: string;
  /** What numbers go behind where that is taken. */
  readonly stem: string;
}

export function slugStems(name: string): SlugStems {
  const slug = shorten(slugify(name), catalogLimits.slugCharactersMax) || "tenant";
  return { slug, stem: shorten(slug, catalogLimits.slugCharactersMax - suffixCharactersMax) };
}

/** The slug of `name`, or the first of it with `-1`, `-2`, … that is not taken. */
export function firstFreeSlug(name: string, taken: ReadonlySet<string>): string {
  const { slug, stem } = slugStems(name);
  if (!taken.has(slug)) return slug;
  let suffix = 1;
  while (taken.has(`${stem}-${suffix}`)) suffix++;
  return `${stem}-${suffix}`;
}

/** Whether a tenant of the name may have got it, whichever others there were. */
export function isSlugOf(name: string, slug: string): boolean {
  const { slug: first, stem } = slugStems(name);
  return slug === first || (slug.startsWith(`${stem}-`) && /^\d+$/.test(slug.slice(stem.length + 1)));
}

const shorten = (slug: string, charactersMax: number): string =>
  slug.slice(0, charactersMax).replace(/-$/, "");

/**
 * The ASCII letters and digits of `name` in lower case, with one `-` for every run of anything else between them:
 * `Acme Corp. (EU)` → `acme-corp-eu`. Empty where the name has none of either.
 */
export const slugify = (name: string): string =>
  name
    .replace(/[A-Z]/g, (letter) => letter.toLowerCase())
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");

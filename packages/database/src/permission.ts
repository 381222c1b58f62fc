/** What a caller needs to be allowed to do; the names are those of the audit log and of policies. */
export const permissions = [
  "collection::create",
  "collection::read",
  "collection::delete",
  "document::write",
  "document::read",
  "document::delete",
  "document::search",
  "snapshot::create",
  "snapshot::restore",
  "embedding::create",
  "data::verify",
  "server::admin",
] as const;

export type Permission = (typeof permissions)[number];

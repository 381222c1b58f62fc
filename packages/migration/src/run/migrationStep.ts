/** What a migration does, one after the other; until `commit` is done, nothing of it counts. */
export type MigrationStep =
  | { readonly kind: "load_collection"; readonly file: string; readonly collection: string }
  /** A batch of them. */
  | { readonly kind: "write_documents"; readonly collection: string; readonly place: string }
  | { readonly kind: "insert_tenant"; readonly tenant: string }
  | { readonly kind: "insert_collection"; readonly tenant: string; readonly collection: string }
  | { readonly kind: "commit" }
  | { readonly kind: "name_collection"; readonly collection: string };

/** Told of each step before it is taken; what it throws is the step's failure. */
export type BeforeStep = (step: MigrationStep) => void | Promise<void>;

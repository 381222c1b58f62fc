/** By their keys. */
export type Generations = Readonly<Record<string, number>>;

export type Operation =
  | { readonly kind: "create"; readonly collection: string }
  | { readonly kind: "drop"; readonly collection: string }
  /** There whole or not at all. */
  | { readonly kind: "upsert"; readonly collection: string; readonly generations: Generations }
  /** As well; in chunks, but for documents that were never written before. */
  | {
      readonly kind: "chunks";
      readonly collection: string;
      readonly generations: Generations;
      readonly whole: readonly string[];
    }
  /** As well; of documents that were written with these. */
  | {
      readonly kind: "patch";
      readonly collection: string;
      readonly generations: Generations;
      readonly of: Generations;
    }
  | { readonly kind: "delete"; readonly collection: string; readonly key: string }
  | { readonly kind: "snapshot"; readonly collection: string }
  | { readonly kind: "deleteSnapshot"; readonly collection: string; readonly snapshotId: string }
  | { readonly kind: "restore"; readonly collection: string; readonly snapshotId: string }
  | {
      readonly kind: "clone";
      readonly collection: string;
      readonly snapshotId: string;
      readonly into: string;
    };

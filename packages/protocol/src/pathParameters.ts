import Type, { type Static } from "typebox";

export const DatabasePath = Type.Object({
  database: Type.String({ description: "The database's id or name.", examples: ["default"] }),
});
export type DatabasePath = Static<typeof DatabasePath>;

export const CollectionPath = Type.Object({
  collection: Type.String({ description: "The collection's id or name.", examples: ["books"] }),
});
export type CollectionPath = Static<typeof CollectionPath>;

export const DocumentPath = Type.Object({
  ...CollectionPath.properties,
  id: Type.String({
    description: "The document's id or external id, percent-encoded.",
    examples: ["isbn-0262033844"],
  }),
});
export type DocumentPath = Static<typeof DocumentPath>;

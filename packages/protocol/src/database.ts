import {
  type CreateDatabaseInput,
  type DatabaseInfo,
  databaseStates,
  limits,
  type Page,
  type UpdateDatabaseInput,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";

const Name = Type.String({
  description:
    `1..${limits.collectionNameCharactersMax} characters: letters, digits, \`_\`, \`-\`, \`.\`; starts with a letter, ` +
    "digit or `_`; not a UUID. Unique in its tenant.",
  examples: ["staging"],
});

const Description = Type.Union([Type.String(), Type.Null()], { description: "At most 4,096 characters." });

export const CreateDatabaseBody = Type.Object(
  { name: Name, description: Type.Optional(Description) },
  { $id: "CreateDatabase", additionalProperties: false, examples: [{ name: "staging" }] },
);
export type CreateDatabaseBody = Static<typeof CreateDatabaseBody>;

export const UpdateDatabaseBody = Type.Object(
  { name: Type.Optional(Name), description: Type.Optional(Description) },
  {
    $id: "UpdateDatabase",
    additionalProperties: false,
    description: "What is absent stays as it is.",
    examples: [{ description: "What is to be released." }],
  },
);
export type UpdateDatabaseBody = Static<typeof UpdateDatabaseBody>;

export const DatabaseResource = Type.Object(
  {
    database_id: Type.String({ format: "uuid" }),
    tenant_id: Type.String({ format: "uuid" }),
    name: Name,
    description: Description,
    state: stringEnum(databaseStates, {
      description: "`deleting`: its collections are not served any more; a job removes them.",
    }),
    schema_version: Type.Integer({ examples: [1] }),
    created_at: Type.String({ format: "date-time" }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { $id: "Database" },
);
export type DatabaseResource = Static<typeof DatabaseResource>;

export const DatabaseList = Type.Object({
  databases: Type.Array(DatabaseResource, { description: "In order of creation." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type DatabaseList = Static<typeof DatabaseList>;

type Attributes = Pick<CreateDatabaseInput, "description"> & Partial<Pick<CreateDatabaseInput, "name">>;

/** The same on the wire and in the interface. */
export const updateDatabaseFields = ({
  name,
  description,
}: Attributes): UpdateDatabaseInput & UpdateDatabaseBody =>
  definedFields<UpdateDatabaseInput & UpdateDatabaseBody>({ name, description });

export const createDatabaseFields = ({
  name,
  description,
}: CreateDatabaseInput): CreateDatabaseInput & CreateDatabaseBody =>
  definedFields<CreateDatabaseInput & CreateDatabaseBody>({ name, description });

export const databaseToWire = (database: DatabaseInfo): DatabaseResource => ({
  database_id: database.id,
  tenant_id: database.tenantId,
  name: database.name,
  description: database.description,
  state: database.state,
  schema_version: database.schemaVersion,
  created_at: database.createdAt,
  updated_at: database.updatedAt,
});

export const databaseFromWire = (resource: DatabaseResource): DatabaseInfo => ({
  id: resource.database_id,
  tenantId: resource.tenant_id,
  name: resource.name,
  description: resource.description,
  state: resource.state,
  schemaVersion: resource.schema_version,
  createdAt: resource.created_at,
  updatedAt: resource.updated_at,
});

export const databaseListToWire = ({ items, nextCursor }: Page<DatabaseInfo>): DatabaseList =>
  definedFields<DatabaseList>({ databases: items.map(databaseToWire), next_cursor: nextCursor });

export const databaseListFromWire = ({ databases, next_cursor }: DatabaseList): Page<DatabaseInfo> =>
  definedFields<Page<DatabaseInfo>>({ items: databases.map(databaseFromWire), nextCursor: next_cursor });

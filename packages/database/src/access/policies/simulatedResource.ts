import type { Resource } from "@akidb/access";
import {
  type ApiKeyId,
  invalidArgument,
  notFound,
  parseId,
  type SimulatedResource,
  type TenantId,
} from "@akidb/base";
import type { OperationContext } from "../../operation.ts";
import { orUndefined } from "../orUndefined.ts";
import { imaginedId } from "./imaginedId.ts";

/** Rejects with `invalid_argument`, and with `not_found` for what is not there in the tenant. */
export async function simulatedResource(
  context: OperationContext,
  tenantId: TenantId,
  { type, id, name, database }: SimulatedResource,
): Promise<Resource> {
  if (type === "server") return { type };
  if (type === "tenant") return { type, id: tenantId };
  const kind = kinds[type as keyof typeof kinds];
  if (!Object.hasOwn(kinds, type) || kind === undefined) {
    const known = ["server", "tenant", ...Object.keys(kinds)].join(", ");
    throw invalidArgument("resource.type", `must be one of ${known}`);
  }
  const text = id ?? name;
  if (text === undefined || (id !== undefined && name !== undefined)) {
    throw invalidArgument("resource", "must have one of id and name");
  }
  const place = { context, tenantId, database };
  const found = await kind.find(place, text);
  if (found !== undefined) return found;
  if (id !== undefined) throw notFound(`${kind.noun} ${JSON.stringify(id)}`);
  return await kind.imagine(place, text);
}

interface Place {
  readonly context: OperationContext;
  readonly tenantId: TenantId;
  /** Of a collection. */
  readonly database: string | undefined;
}

interface Kind {
  readonly noun: string;
  readonly find: (place: Place, text: string) => Promise<Resource | undefined>;
  readonly imagine: (place: Place, name: string) => Promise<Resource>;
}

const kinds: Readonly<Record<Exclude<Resource["type"], "server" | "tenant">, Kind>> = {
  database: {
    noun: "database",
    find: ({ context, tenantId }, text) =>
      orUndefined(
        (async () => {
          const { id, name } = context.databases.find(tenantId, text);
          return { type: "database", id, tenantId, name } as const;
        })(),
      ),
    imagine: async ({ tenantId }, name) => ({ type: "database", id: imaginedId(), tenantId, name }),
  },
  collection: {
    noun: "collection",
    find: ({ context, tenantId, database }, text) => {
      const { id: databaseId } = context.databases.find(tenantId, database);
      return orUndefined(
        (async () => {
          const { id, name } = context.collections.find(databaseId, text);
          return { type: "collection", id, tenantId, databaseId, name } as const;
        })(),
      );
    },
    imagine: async ({ context, tenantId, database }, name) => {
      const { id: databaseId } = context.databases.find(tenantId, database);
      return { type: "collection", id: imaginedId(), tenantId, databaseId, name };
    },
  },
  policy: {
    noun: "policy",
    find: async ({ context: { catalog }, tenantId }, text) => {
      const id = parseId<"policy">(text);
      const found = id
        ? await orUndefined(catalog.policies.get(id))
        : await catalog.policies.findByName(tenantId, text);
      if (found?.tenantId !== tenantId) return undefined;
      return { type: "policy", id: found.id, tenantId, name: found.name };
    },
    imagine: async ({ tenantId }, name) => ({ type: "policy", id: imaginedId(), tenantId, name }),
  },
  user: {
    noun: "user",
    find: async ({ context: { catalog }, tenantId }, text) => {
      const id = parseId<"user">(text);
      const found = id
        ? await orUndefined(catalog.users.get(id))
        : await catalog.users.findByEmail(tenantId, text);
      if (found?.tenantId !== tenantId) return undefined;
      return { type: "user", id: found.id, tenantId, email: found.email };
    },
    imagine: async ({ tenantId }, email) => ({ type: "user", id: imaginedId(), tenantId, email }),
  },
  api_key: {
    noun: "API key",
    find: async ({ context: { catalog }, tenantId }, text) => {
      const id: ApiKeyId | undefined = parseId(text);
      const found = id && (await orUndefined(catalog.apiKeys.get(id)));
      if (found?.tenantId !== tenantId) return undefined;
      const { name, prefix, userId } = found;
      return { type: "api_key", id: found.id, tenantId, name, prefix, userId };
    },
    imagine: async ({ tenantId }, name) => ({
      type: "api_key",
      id: imaginedId(),
      tenantId,
      name,
      prefix: "akidb_",
      userId: null,
    }),
  },
};

import {
  type CallOptions,
  type Collection,
  type Facet,
  invalidArgument,
  type ScrollPage,
  scrollDocuments,
} from "@akidb/base";
import { definedFields } from "@akidb/protocol";
import { documentOf } from "./documentMessages.ts";
import { flag, include, names, object, struct, text, whole32 } from "./fields.ts";
import type { GrpcCalls } from "./grpcCalls.ts";

type Contents = Pick<Collection, "scroll" | "scrollPage" | "count" | "facets" | "getMany" | "deleteMany">;

/** What a collection has for many documents at once. */
export function grpcContents(calls: GrpcCalls, collectionId: () => string): Contents {
  const scrollPage: Contents["scrollPage"] = async (input = {}, options) => {
    const { documents, nextCursor } = await calls.send("collections", "scroll", {
      request: () => ({
        collectionId: collectionId(),
        filter: struct("filter", input.filter),
        include: include(input.include),
        limit: whole32("limit", input.limit),
        cursor: text("cursor", input.cursor),
      }),
      repeatable: true,
      options,
    });
    return definedFields<ScrollPage>({
      documents: documents.map(documentOf),
      nextCursor,
    });
  };

  /** In place of a call for no ids: a message cannot tell an empty list from none. */
  async function requireCollection(options: CallOptions | undefined): Promise<void> {
    const request = () => ({ collectionId: collectionId() });
    await calls.send("collections", "describe", { request, repeatable: true, options });
  }

  return {
    scroll: (input, options) => scrollDocuments(scrollPage, input, options),
    scrollPage,

    count: async ({ filter } = {}, options) => {
      const request = () => ({ collectionId: collectionId(), filter: struct("filter", filter) });
      const { count } = await calls.send("collections", "count", { request, repeatable: true, options });
      return count;
    },

    facets: async (input, options) => {
      const { field, filter, limit } = object("", input);
      const { facets, distinctCount } = await calls.send("collections", "facets", {
        request: () => ({
          collectionId: collectionId(),
          field: text("field", field) ?? "",
          filter: struct("filter", filter),
          limit: whole32("limit", limit),
        }),
        repeatable: true,
        options,
      });
      return { facets: facets.map(({ value, count }): Facet => ({ value, count })), distinctCount };
    },

    getMany: async (input, options) => {
      const { ids, filter, limit, include: parts } = object("", input);
      requireOne([ids, filter], "ids and filter");
      if (ids?.length === 0 && limit === undefined) {
        await requireCollection(options);
        return { documents: [], missing: [] };
      }
      const { documents, missing } = await calls.send("collections", "getMany", {
        request: () => ({
          collectionId: collectionId(),
          docIds: ids === undefined ? [] : names("ids", ids),
          filter: struct("filter", filter),
          include: include(parts),
          limit: whole32("limit", limit),
        }),
        repeatable: true,
        options,
      });
      return { documents: documents.map(documentOf), missing };
    },

    deleteMany: async (input, options) => {
      const { ids, filter, all = false } = object("", input);
      requireOne([ids, filter, flag("all", all) || undefined], "ids, filter, and all as true");
      if (ids?.length === 0) {
        await requireCollection(options);
        return { deletedCount: 0 };
      }
      const { deletedCount } = await calls.send("collections", "delete", {
        request: () => ({
          collectionId: collectionId(),
          docId: "",
          docIds: ids === undefined ? [] : names("ids", ids),
          filter: struct("filter", filter),
          all,
          ifVersion: undefined,
        }),
        repeatable: false,
        options,
      });
      return { deletedCount };
    },
  };
}

/** Messages name ids otherwise than the other APIs do, so the server would, too. */
function requireOne(given: readonly unknown[], names: string): void {
  if (given.filter((value) => value !== undefined).length === 1) return;
  throw invalidArgument("ids", `give exactly one of ${names}`);
}

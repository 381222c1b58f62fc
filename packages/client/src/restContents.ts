import { type Collection, scrollDocuments } from "@akidb/base";
import {
  CountResponse,
  countToWire,
  DeleteManyResponse,
  deleteManyResultFromWire,
  deleteManyToWire,
  FacetsResponse,
  facetsResultFromWire,
  facetsToWire,
  GetManyResponse,
  getManyResultFromWire,
  getManyToWire,
  ScrollResponse,
  scrollPageFromWire,
  scrollToWire,
} from "@akidb/protocol";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";

type Contents = Pick<Collection, "scroll" | "scrollPage" | "count" | "facets" | "getMany" | "deleteMany">;

/** What a collection has for many documents at once. */
export function restContents(requests: RestRequests, path: () => string): Contents {
  const scrollPage: Contents["scrollPage"] = async (input = {}, options) => {
    const body = await requests.send({
      method: "POST",
      path: `${path()}/scroll`,
      body: () => scrollToWire(input),
      repeatable: true,
      options,
    });
    return readAnswer(ScrollResponse, scrollPageFromWire, body);
  };
  return {
    scroll: (input, options) => scrollDocuments(scrollPage, input, options),
    scrollPage,

    count: async (input = {}, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/count`,
        body: () => countToWire(input),
        repeatable: true,
        options,
      });
      return readAnswer(CountResponse, ({ count }: CountResponse) => count, body);
    },

    facets: async (input, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/facets`,
        body: () => facetsToWire(input),
        repeatable: true,
        options,
      });
      return readAnswer(FacetsResponse, facetsResultFromWire, body);
    },

    getMany: async (input, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/documents/get`,
        body: () => getManyToWire(input),
        repeatable: true,
        options,
      });
      return readAnswer(GetManyResponse, getManyResultFromWire, body);
    },

    deleteMany: async (input, options) => {
      const body = await requests.send({
        method: "POST",
        path: `${path()}/documents/delete`,
        body: () => deleteManyToWire(input),
        repeatable: false,
        options,
      });
      return readAnswer(DeleteManyResponse, deleteManyResultFromWire, body);
    },
  };
}

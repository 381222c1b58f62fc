import type { CallOptions, Job, Page, PageRequest } from "@akidb/base";
import { JobResource, jobFromWire } from "@akidb/protocol";
import { pagePath } from "./pagePath.ts";
import { readAnswer } from "./readAnswer.ts";
import type { RestRequests } from "./restRequests.ts";
import { pathSegment } from "./serverUrl.ts";

interface ResourceKind<Info, Wire, WireList, Creation, Change> {
  readonly path: string;
  /** As an error calls what names one. */
  readonly noun: string;
  readonly schemas: { readonly item: object; readonly list: object };
  readonly fromWire: (wire: Wire) => Info;
  readonly listFromWire: (wire: WireList) => Page<Info>;
  readonly createToWire: (input: Creation) => unknown;
  readonly updateToWire: (changes: Change) => unknown;
}

interface Resources<Info, Creation, Change> {
  create(input: Creation, options?: CallOptions): Promise<Info>;
  list(page?: PageRequest, options?: CallOptions): Promise<Page<Info>>;
  get(reference: string, options?: CallOptions): Promise<Info>;
  update(reference: string, changes: Change, options?: CallOptions): Promise<Info>;
  delete(reference: string, options?: CallOptions): Promise<Job>;
}

/** What is created, listed, shown, changed, and deleted by a job. */
export function jsonResources<Info, Wire, WireList, Creation, Change>(
  requests: RestRequests,
  kind: ResourceKind<Info, Wire, WireList, Creation, Change>,
): Resources<Info, Creation, Change> {
  const { path, noun, schemas, fromWire, listFromWire, createToWire, updateToWire } = kind;
  const pathOf = (reference: string): string => `${path}/${pathSegment(noun, reference)}`;
  return {
    create: async (input, options) => {
      const body = () => createToWire(input);
      const answer = await requests.send({ method: "POST", path, body, repeatable: false, options });
      return readAnswer(schemas.item, fromWire, answer);
    },

    list: async (page = {}, options) => {
      const answer = await requests.send({
        method: "GET",
        path: pagePath(path, page),
        repeatable: true,
        options,
      });
      return readAnswer(schemas.list, listFromWire, answer);
    },

    get: async (reference, options) => {
      const answer = await requests.send({
        method: "GET",
        path: pathOf(reference),
        repeatable: true,
        options,
      });
      return readAnswer(schemas.item, fromWire, answer);
    },

    update: async (reference, changes, options) => {
      const answer = await requests.send({
        method: "PATCH",
        path: pathOf(reference),
        body: () => updateToWire(changes),
        repeatable: false,
        options,
      });
      return readAnswer(schemas.item, fromWire, answer);
    },

    delete: async (reference, options) => {
      const answer = await requests.send({
        method: "DELETE",
        path: pathOf(reference),
        repeatable: false,
        options,
      });
      return readAnswer(JobResource, jobFromWire, answer);
    },
  };
}

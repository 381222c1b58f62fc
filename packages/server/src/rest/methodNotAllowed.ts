import type { FastifyInstance, HTTPMethods } from "fastify";
import { HttpError } from "./httpError.ts";

const allMethods: readonly HTTPMethods[] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];

/** Collects the routes that are added from now on; to be called before them. */
export function collectMethods(app: FastifyInstance): ReadonlyMap<string, ReadonlySet<HTTPMethods>> {
  const methodsByUrl = new Map<string, Set<HTTPMethods>>();
  app.addHook("onRoute", ({ method, url }) => {
    const methods = methodsByUrl.get(url) ?? new Set();
    methodsByUrl.set(url, methods);
    for (const one of [method].flat()) methods.add(one as HTTPMethods);
  });
  return methodsByUrl;
}

/** Answers 405 to every other method of the URLs that there are; to be called after the last route. */
export function refuseOtherMethods(
  app: FastifyInstance,
  methodsByUrl: ReadonlyMap<string, ReadonlySet<HTTPMethods>>,
): void {
  // The routes that are added here are collected, too.
  const known = [...methodsByUrl].map(([url, methods]) => [url, [...methods]] as const);
  for (const [url] of known) {
    // A document may be called as another route is: `documents/get`.
    const methods = new Set(known.flatMap(([other, itsMethods]) => (covers(other, url) ? itsMethods : [])));
    const allow = [...methods].join(", ");
    const message = `this resource has only the methods ${allow}`;
    app.route({
      method: allMethods.filter((method) => !methods.has(method)),
      url,
      config: { access: "public" },
      schema: { hide: true },
      // Before the body: what it is does not matter.
      onRequest: async (_request, reply) => {
        reply.header("allow", allow);
        throw new HttpError(405, "invalid_argument", message);
      },
      handler: () => undefined,
    });
  }
}

/** Whether a request for the one URL is a request for the other, too, where that has no such method. */
function covers(pattern: string, url: string): boolean {
  const segments = url.split("/");
  const wanted = pattern.split("/");
  return (
    wanted.length === segments.length &&
    wanted.every((segment, at) => segment === segments[at] || segment.startsWith(":"))
  );
}

import { once } from "node:events";
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { text } from "node:stream/consumers";
import type { PageOutcome } from "./pageProgram.ts";

export interface PageServer {
  readonly origin: string;
  /** Of the same page in a frame of the first: for browsers, another name of the machine is another origin. */
  readonly frameOrigin: string;
  /** Of the page from an origin, once it has told. */
  outcome(origin: string): Promise<PageOutcome>;
  close(): Promise<void>;
}

/** As strict as a page may be: no inline script, no `eval`, no connection but to the two servers. */
const policy =
  "default-src 'none'; script-src 'self'; connect-src http://127.0.0.1:* 'self'; frame-src http://localhost:*";

/** A page of another origin than the database's, with a script, and a route that never answers. */
export async function startPageServer(
  files: ReadonlyMap<string, string>,
  databaseUrl: () => string,
): Promise<PageServer> {
  const outcomes = new Map<string, PromiseWithResolvers<PageOutcome>>();
  const outcomeOf = (origin: string): PromiseWithResolvers<PageOutcome> => {
    const found = outcomes.get(origin) ?? Promise.withResolvers<PageOutcome>();
    outcomes.set(origin, found);
    return found;
  };
  const [program] = files.keys();
  const page = (frame: string): string =>
    `<!doctype html><script type="module" src="/${program}?server=${encodeURIComponent(databaseUrl())}"></script>${frame}`;

  const server = createServer(async (request, response) => {
    const { pathname } = new URL(request.url!, "http://page");
    const script = files.get(pathname.slice(1));
    if (pathname === "/") {
      response.writeHead(200, { "content-type": "text/html", "content-security-policy": policy });
      response.end(
        page(`http://${request.headers.host}` === origin ? `<iframe src="${frameOrigin}/"></iframe>` : ""),
      );
    } else if (script !== undefined) {
      response.writeHead(200, { "content-type": "text/javascript" }).end(script);
    } else if (pathname === "/report") {
      outcomeOf(request.headers.origin!).resolve(await outcomeIn(request));
      response.writeHead(204).end();
    } else if (!pathname.startsWith("/silent/")) {
      response.writeHead(404).end();
    }
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const port = portOf(server);
  const origin = `http://127.0.0.1:${port}`;
  const frameOrigin = `http://localhost:${port}`;
  return {
    origin,
    frameOrigin,
    outcome: (origin) => outcomeOf(origin).promise,
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

const portOf = (server: Server): number => (server.address() as AddressInfo).port;

const outcomeIn = async (request: IncomingMessage): Promise<PageOutcome> =>
  JSON.parse(await text(request)) as PageOutcome;

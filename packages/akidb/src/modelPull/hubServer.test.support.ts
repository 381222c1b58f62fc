import { createHash } from "node:crypto";
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

type Misbehaviour = (request: IncomingMessage, response: ServerResponse, content: Buffer) => boolean;

export interface HubServer extends AsyncDisposable {
  readonly url: string;
  /** The host that large files are at. */
  readonly storageUrl: string;
  readonly commit: string;
  readonly files: Map<string, Buffer>;
  /** What was asked for, and from where on: `onnx/model.onnx`, `onnx/model.onnx bytes=100-`. */
  readonly asked: string[];
  /** The credentials that were shown, and to whom. */
  readonly shown: { readonly to: "hub" | "storage"; readonly authorization: string | undefined }[];
  /** Answers for a file in its own way; true where it has. */
  misbehave: Misbehaviour | undefined;
}

const isLarge = (path: string): boolean => path.endsWith(".onnx");

const hex = (kind: "sha1" | "sha256", ...parts: readonly (string | Buffer)[]): string =>
  parts.reduce((hash, part) => hash.update(part), createHash(kind)).digest("hex");

/** As huggingface.co answers: a listing with checksums, small files from itself, large ones by a redirect to a storage. */
export async function startHubServer(
  id: string,
  files: Readonly<Record<string, Buffer>>,
): Promise<HubServer> {
  const commit = "0123456789abcdef".repeat(3).slice(0, 40);
  const asked: string[] = [];
  const shown: HubServer["shown"] = [];
  const content = new Map(Object.entries(files));
  // As it was when it was listed, whatever is sent.
  const listing = {
    sha: commit,
    siblings: [...content].map(([rfilename, bytes]) => ({
      rfilename,
      size: bytes.length,
      blobId: hex("sha1", `blob ${bytes.length}\0`, bytes),
      ...(isLarge(rfilename) && { lfs: { sha256: hex("sha256", bytes), size: bytes.length } }),
    })),
  };

  function send(request: IncomingMessage, response: ServerResponse, path: string): void {
    const bytes = content.get(path);
    if (bytes === undefined) return void response.writeHead(404).end();
    const { range } = request.headers;
    asked.push(range === undefined ? path : `${path} ${range}`);
    if (server.misbehave?.(request, response, bytes)) return;
    const first = Number(/^bytes=(\d+)-$/.exec(range ?? "")?.[1] ?? 0);
    if (range !== undefined) {
      response.writeHead(206, { "content-range": `bytes ${first}-${bytes.length - 1}/${bytes.length}` });
    }
    response.end(bytes.subarray(first));
  }

  const storage = createServer((request, response) => {
    shown.push({ to: "storage", authorization: request.headers.authorization });
    send(request, response, request.url!.slice(1));
  });
  const hub = createServer((request, response) => {
    shown.push({ to: "hub", authorization: request.headers.authorization });
    const url = request.url!;
    if (url === `/api/models/${id}/revision/main?blobs=true`)
      return void response.end(JSON.stringify(listing));
    const path = url.split(`/${id}/resolve/${commit}/`)[1];
    if (path === undefined) return void response.writeHead(404).end();
    if (isLarge(path))
      return void response.writeHead(302, { location: `${server.storageUrl}/${path}` }).end();
    send(request, response, path);
  });
  const urls = [];
  for (const each of [hub, storage]) {
    each.listen(0, "127.0.0.1");
    await once(each, "listening");
    urls.push(`http://127.0.0.1:${(each.address() as AddressInfo).port}`);
  }
  const server: HubServer = {
    url: urls[0]!,
    storageUrl: urls[1]!,
    commit,
    files: content,
    asked,
    shown,
    misbehave: undefined,
    [Symbol.asyncDispose]: async () => {
      for (const each of [hub, storage]) {
        each.closeAllConnections();
        each.close();
        await once(each, "close");
      }
    },
  };
  return server;
}

import { AkiDbError, isAkiDbError, isPlainObject, notFound, unavailable } from "@akidb/base";
import type { Checksum, Download, HubFile, HubModel, ModelHub } from "../modelPull/modelHub.ts";

export interface HubOptions {
  /** Such as `https://huggingface.co`. */
  readonly endpoint: string;
  /** Shown to the endpoint alone, not to where it sends for a file. */
  readonly token: string | undefined;
  /** Without a byte; 60,000 if absent. */
  readonly silenceMs?: number;
}

const retryAfterMs = 500;
const listingBytesMax = 16 * 1024 * 1024;

/** The API of https://huggingface.co, which mirrors have, too. */
export function huggingFaceHub({ endpoint, token, silenceMs = 60_000 }: HubOptions): ModelHub {
  const base = endpoint.replace(/\/+$/, "");
  const name = new URL(base).host;
  const ask = async (path: string, what: string, headers: Record<string, string> = {}) => {
    const silence = new Silence(silenceMs);
    // fetch follows redirects, and shows credentials to no other origin.
    const response = await fetch(`${base}${path}`, {
      headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
      signal: silence.signal,
    }).catch((error: unknown) => {
      silence.end();
      throw cut(name, error);
    });
    if (response.ok) return { response, silence };
    silence.end();
    await response.body?.cancel().catch(() => {});
    throw refusal(name, response, what, token !== undefined);
  };
  return {
    name,
    describe: async (id, revision) => {
      const path = `/api/models/${id}/revision/${encodeURIComponent(revision)}?blobs=true`;
      const { response, silence } = await ask(path, `the model ${id} (${revision}) of ${name}`);
      return hubModel(name, id, await jsonOf(chunksOf(name, response, silence)));
    },
    download: async ({ id, commit }, file, fromByte) => {
      const path = `/${id}/resolve/${commit}/${file.path}`;
      const range = fromByte === 0 ? {} : { range: `bytes=${fromByte}-` };
      // What is compressed on the way has no bytes to begin at.
      const headers = { "accept-encoding": "identity", ...range };
      const { response, silence } = await ask(path, `${file.path} of ${id} at ${name}`, headers);
      return { fromByte: firstByte(response), chunks: chunksOf(name, response, silence) };
    },
  };
}

/** Ends a request that has brought nothing for a while. */
class Silence {
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;

  constructor(silenceMs: number) {
    this.#timer = setTimeout(() => this.#controller.abort(), silenceMs);
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  interrupt(): void {
    this.#timer.refresh();
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

async function* chunksOf(name: string, { body }: Response, silence: Silence): AsyncGenerator<Uint8Array> {
  try {
    for await (const chunk of body ?? []) {
      silence.interrupt();
      yield chunk;
    }
  } catch (error) {
    throw cut(name, error);
  } finally {
    silence.end();
  }
}

/** Of a range that was asked for, or of the whole. */
function firstByte({ status, headers }: Response): Download["fromByte"] {
  if (status !== 206) return 0;
  const first = /^bytes (\d+)-/.exec(headers.get("content-range") ?? "")?.[1];
  return first === undefined ? Number.NaN : Number(first);
}

function refusal(name: string, response: Response, what: string, hasToken: boolean): AkiDbError {
  const { status } = response;
  // A repository that is private, or needs its terms accepted, answers so; and, without a token, one that is not there.
  if (status === 401 || status === 403) {
    const advice = hasToken
      ? "HF_TOKEN is no key to it"
      : "there is no such model, or HF_TOKEN must be its key";
    return new AkiDbError("permission_denied", `${name} refuses ${what} (HTTP ${status}): ${advice}`);
  }
  if (status === 404) return notFound(what);
  const isPassing = status === 408 || status === 429 || status >= 500;
  return unavailable(
    `${name} answered with HTTP ${status}`,
    isPassing ? { retryAfterMs: waitOf(response) } : {},
  );
}

function waitOf({ headers }: Response): number {
  const seconds = Number(headers.get("retry-after") ?? Number.NaN);
  return seconds > 0 && seconds <= 300 ? 1_000 * seconds : retryAfterMs;
}

function cut(name: string, error: unknown): AkiDbError {
  if (isAkiDbError(error)) return error;
  const { cause } = error as { readonly cause?: { readonly code?: string } };
  const reason = (error as Error).name === "AbortError" ? "is silent" : "cannot be reached, or was cut off";
  const code = cause?.code === undefined ? "" : ` (${cause.code})`;
  return unavailable(`${name} ${reason}${code}`, { retryAfterMs, cause: error });
}

async function jsonOf(chunks: AsyncIterable<Uint8Array>): Promise<unknown> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of chunks) {
    bytes += chunk.byteLength;
    if (bytes > listingBytesMax) return undefined;
    parts.push(chunk);
  }
  try {
    return JSON.parse(Buffer.concat(parts).toString());
  } catch {
    return undefined;
  }
}

type Fields = Readonly<Record<string, unknown>>;

const fields = (json: unknown): Fields => (isPlainObject(json) ? (json as Fields) : {});

/** @throws AkiDbError `unavailable` where the server does not speak of models */
function hubModel(name: string, id: string, json: unknown): HubModel {
  const { sha, siblings } = fields(json);
  if (typeof sha !== "string" || !/^[\da-f]{40,64}$/.test(sha) || !Array.isArray(siblings)) {
    throw unavailable(`${name} does not answer as a hub of models`);
  }
  return { id, commit: sha, files: siblings.map(fields).flatMap(hubFile) };
}

/** None where it is not said how to know it: such a file cannot be taken. */
function hubFile({ rfilename: path, size, blobId, lfs }: Fields): HubFile[] {
  const { sha256, size: lfsSize } = fields(lfs);
  const sizeBytes = lfsSize ?? size;
  if (typeof path !== "string" || !Number.isSafeInteger(sizeBytes) || (sizeBytes as number) < 0) return [];
  const checksum = checksumOf("sha256", sha256, 64) ?? checksumOf("git", blobId, 40);
  return checksum === undefined ? [] : [{ path, sizeBytes: sizeBytes as number, checksum }];
}

const checksumOf = (kind: Checksum["kind"], hex: unknown, length: number): Checksum | undefined =>
  typeof hex === "string" && hex.length === length && /^[\da-f]+$/.test(hex) ? { kind, hex } : undefined;

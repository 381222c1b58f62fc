import fc from "fast-check";
import { type ApiRequest, apiRequests, fuzzedCollections, fuzzedDimension } from "./apiRequests.ts";
import { readApi } from "./apiRoutes.ts";

export interface FuzzOptions {
  readonly url: string;
  readonly seed: number;
  /** Goes on until this says no, asked before each round. */
  readonly goesOn: (requestCount: number) => boolean;
  readonly onRound?: (report: FuzzReport) => void;
}

export interface FuzzReport {
  readonly requestCount: number;
  readonly acceptedCount: number;
  /** That were asked at least once, of all there are. */
  readonly routesAsked: number;
  readonly routeCount: number;
  readonly faults: readonly string[];
}

const roundRequests = 100;
/** Twice what a server gives any request. */
const hangMs = 60_000;
const faultsMax = 20;

/** 503 and 507 are answers of a server that says what it lacks; 500 is one that nobody foresaw. */
const foreseen = new Set([
  ...[200, 201, 202, 204, 302, 304, 400, 401, 403, 404, 405, 406, 408, 409, 412, 413, 414, 415, 429],
  ...[431, 501, 503, 504, 507],
]);

/** Sends odd requests to every route. Faults: an internal error, an error that is no problem, and no answer at all. */
export async function fuzzApi({ url, seed, goesOn, onRound }: FuzzOptions): Promise<FuzzReport> {
  const api = await readApi(url);
  const requests = apiRequests(api);
  const asked = new Set<string>();
  const faults: string[] = [];
  let requestCount = 0;
  let acceptedCount = 0;
  const report = (): FuzzReport => ({
    requestCount,
    acceptedCount,
    routesAsked: asked.size,
    routeCount: api.routes.length,
    faults,
  });
  for (let round = 0; goesOn(requestCount) && faults.length < faultsMax; round++) {
    await prepare(url);
    for (const request of fc.sample(requests, { seed: seed + round, numRuns: roundRequests })) {
      asked.add(`${request.method} ${request.route}`);
      requestCount += 1;
      const answer = await send(url, request);
      if (answer.isAccepted) acceptedCount += 1;
      if (answer.fault !== undefined)
        faults.push(`seed ${seed + round}: ${answer.fault}: ${describe(request)}`);
    }
    onRound?.(report());
  }
  return report();
}

/** What earlier rounds may have deleted. */
async function prepare(url: string): Promise<void> {
  const post = (path: string, body: object) =>
    fetch(url + path, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    }).then((answer) => answer.arrayBuffer());
  for (const name of fuzzedCollections) {
    await post("/api/v1/collections", { name, dimension: fuzzedDimension });
    const vector = Array.from({ length: fuzzedDimension }, (_, at) => at + 1);
    await post(`/api/v1/collections/${name}/documents`, { documents: [{ external_id: "doc1", vector }] });
  }
}

interface Answer {
  readonly isAccepted: boolean;
  readonly fault: string | undefined;
}

async function send(url: string, { method, path, headers, body }: ApiRequest): Promise<Answer> {
  try {
    const answer = await fetch(url + path, {
      method,
      headers,
      ...(body !== undefined && method !== "GET" && { body: body as RequestInit["body"] }),
      redirect: "manual",
      signal: AbortSignal.timeout(hangMs),
    } as RequestInit);
    const text = await answer.text();
    return { isAccepted: answer.ok, fault: faultOf(path, answer, text) };
  } catch (error) {
    return { isAccepted: false, fault: `no answer (${String((error as Error).cause ?? error)})` };
  }
}

/** OpenAI's API, and the Model Context Protocol: refusals in their shapes. */
const speaksOtherwise = /^\/(?:v1\/|mcp(?:$|\?))/;

function faultOf(path: string, { status, headers }: Response, text: string): string | undefined {
  if (!foreseen.has(status)) return `status ${status} ${text.slice(0, 300)}`;
  // The Model Context Protocol, the routes of OpenAI's API, and readiness tell the same in their own words.
  const isOther = text.includes('"jsonrpc"') || text.startsWith('{"error":{');
  if (isOther && text.includes('"code":"internal"')) return text.slice(0, 300);
  const isReadiness = status === 503 && headers.get("content-type")?.startsWith("application/json");
  if (status < 400 || isOther || isReadiness) {
    return undefined;
  }
  if (speaksOtherwise.test(path)) return /"code":"internal"/.test(text) ? text.slice(0, 300) : undefined;
  if (!headers.get("content-type")?.startsWith("application/problem+json"))
    return `${status} is no problem: ${text}`;
  const { code, status: told } = JSON.parse(text) as { readonly code?: unknown; readonly status?: unknown };
  return typeof code === "string" && code !== "internal" && told === status ? undefined : text.slice(0, 300);
}

const describe = ({ method, path, headers, body }: ApiRequest): string =>
  `${method} ${path} ${JSON.stringify(headers)} ${typeof body === "string" ? body : body && Buffer.from(body).toString("base64")}`;

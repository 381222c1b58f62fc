import { type Finding, fine, problem, warning } from "./finding.ts";
import type { Machine } from "./machine.ts";

interface Ready {
  readonly status: string;
  readonly parts?: { readonly embedding?: EmbeddingPart; readonly object_store?: Part };
  readonly damages?: readonly { readonly collection: string | null; readonly file: string }[];
}

interface Part {
  readonly status: string;
  readonly reason?: string;
}

interface EmbeddingPart extends Part {
  readonly models?: readonly (Part & { readonly model: string })[];
}

/** A server that runs, or ought to. */
export async function checkServer(machine: Machine, url: string): Promise<readonly Finding[]> {
  const health = (await machine.getJson(`${url}/health`)) as { readonly version?: string } | undefined;
  if (typeof health?.version !== "string") {
    const advice = "start it, or see whether it is busy or another program listens there";
    return [problem("server", `${url} does not answer as AkiDB`, advice)];
  }
  return [fine("server", `AkiDB ${health.version} at ${url}`), await checkReadiness(machine, url)];
}

async function checkReadiness(machine: Machine, url: string): Promise<Finding> {
  const ready = (await machine.getJson(`${url}/ready`)) as Ready | undefined;
  const failing = ready?.parts?.embedding?.models?.find(({ status }) => status === "degraded");
  if (ready?.status === "ready" && failing !== undefined) {
    const detail = `ready, but for the model ${failing.model}, which no collection needs: ${failing.reason}`;
    return warning("readiness", detail, "check embedding.next, or take it out of the configuration");
  }
  if (ready?.status === "ready") return fine("readiness", "ready");
  if (ready?.status === "loading") return fine("readiness", "its collections still load");
  const part = (ready?.damages ?? []).length === 0 ? findPart(ready) : undefined;
  if (part !== undefined) return part;
  const files = (ready?.damages ?? []).map(({ collection, file }) => `${collection ?? "server"}: ${file}`);
  const detail = `${ready?.status ?? "unknown"} (${files.join(", ") || "no file is named"})`;
  return warning("readiness", detail, "run akidb verify: it tells what is lost and what would mend it");
}

/** What else than a damaged file keeps a server from being ready. */
function findPart(ready: Ready | undefined): Finding | undefined {
  const { embedding, object_store: store } = ready?.parts ?? {};
  const reasonOf = ({ reason = "ask as an administrator for the reason" }: Part): string => reason;
  if (embedding?.status === "degraded") {
    const advice = "see whether the embedding server runs, and check embedding.url or embedding.command";
    return warning("readiness", `texts cannot be embedded: ${reasonOf(embedding)}`, advice);
  }
  if (store?.status === "degraded") {
    const advice = "see whether the store and the way to it are up; what goes there waits meanwhile";
    return warning("readiness", `the object store is away: ${reasonOf(store)}`, advice);
  }
  return undefined;
}

export interface WantedPort {
  /** What the finding is called. */
  readonly name: string;
  readonly port: number;
  /** That chooses it. */
  readonly flag: string;
}

export async function checkPort(
  machine: Machine,
  host: string,
  { name, port, flag }: WantedPort,
): Promise<Finding> {
  const code = await machine.tryListening(host, port);
  const address = `${host}:${port}`;
  if (code === undefined) return fine(name, `${address} is free`);
  const advice =
    code === "EADDRINUSE"
      ? `end the program that listens there, or choose another port with ${flag}`
      : `choose another address with --host, or a port above 1023 with ${flag}`;
  return problem(name, `${address} cannot be listened on (${code})`, advice);
}

import { setTimeout as sleep } from "node:timers/promises";

export interface StoreState {
  /** Of `/ready`. */
  readonly status: string;
  readonly circuit: string;
  readonly deadLetters: number;
}

export interface Transition {
  readonly afterMs: number;
  readonly circuit: string;
}

const intervalMs = 250;
const circuitNames = ["closed", "open", "half_open"];

/** Looks again and again at what a server says of its object store: in its metrics, and at `/ready`. */
export class StoreWatch {
  readonly transitions: Transition[] = [];
  deadLettersMax = 0;
  /** How often `/ready` said it, by status and what it said. */
  readonly readiness = new Map<string, number>();
  /** Answers that contradict each other. */
  readonly faults: string[] = [];
  readonly #url: string;
  readonly #startMs = performance.now();
  #state: StoreState = { status: "loading", circuit: "closed", deadLetters: 0 };
  #next = Promise.withResolvers<void>();
  #isStopped = false;
  readonly #running: Promise<void>;

  constructor(url: string) {
    this.#url = url;
    this.#running = this.#watch();
  }

  get state(): StoreState {
    return this.#state;
  }

  /** Resolves when the next look is done. */
  looked(): Promise<void> {
    return this.#next.promise;
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    await this.#running;
  }

  async #watch(): Promise<void> {
    while (!this.#isStopped) {
      await this.#look().catch(
        (error: unknown) => void this.faults.push(`the server does not say: ${error}`),
      );
      this.#next.resolve();
      this.#next = Promise.withResolvers();
      await sleep(intervalMs);
    }
  }

  async #look(): Promise<void> {
    const before = this.#state.circuit;
    const metrics = await (await fetch(`${this.#url}/metrics`)).text();
    const ready = await fetch(`${this.#url}/ready`);
    const { status, parts } = (await ready.json()) as ReadyBody;
    const circuit =
      circuitNames[gauge(metrics, 'circuit_breaker_state{service="object_store"}')] ?? "unknown";
    const deadLetters = gauge(metrics, "dlq_size");
    this.#state = { status, circuit, deadLetters };
    this.deadLettersMax = Math.max(this.deadLettersMax, deadLetters);
    if (circuit !== before) {
      this.transitions.push({ afterMs: performance.now() - this.#startMs, circuit });
    }
    const answer = `${ready.status} ${status}`;
    this.readiness.set(answer, (this.readiness.get(answer) ?? 0) + 1);
    const isAway = parts.object_store.circuit_breaker !== "closed";
    const isLoading = ready.status === 503 && status === "loading";
    if ((ready.status !== 200 && !isLoading) || (isAway && status === "ready")) {
      this.faults.push(`/ready says ${answer} while the breaker is ${parts.object_store.circuit_breaker}`);
    }
  }
}

interface ReadyBody {
  readonly status: string;
  readonly parts: { readonly object_store: { readonly circuit_breaker: string } };
}

function gauge(metrics: string, name: string): number {
  const line = metrics.split("\n").find((candidate) => candidate.startsWith(`${name} `));
  return line === undefined ? Number.NaN : Number(line.slice(name.length + 1));
}

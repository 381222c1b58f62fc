import {
  type AkiDbError,
  assertNever,
  type Deadline,
  invalidArguments,
  orAborted,
  splitLines,
  unavailable,
} from "@akidb/base";
import { answeredRow, unitVectors } from "../answeredRow.ts";
import type { Embeddings, InputType } from "../embeddingProvider.ts";
import type { ProcessSession, SupervisedRun } from "../process/supervisedProcess.ts";
import {
  type ProgramMessage,
  type ProgramRequest,
  programMessage,
  protocolVersion,
} from "./programMessage.ts";
import { type ProgramModel, programModel } from "./programModel.ts";
import { programDefaults, type SessionOptions } from "./programOptions.ts";

interface Call {
  readonly texts: readonly string[];
  readonly inputType: InputType;
  readonly answer: PromiseWithResolvers<ProgramEmbeddings>;
}

export interface ProgramEmbeddings extends Embeddings {
  /** Of the texts, how many the model has not seen to their end; 0 where the program does not tell. */
  readonly truncatedCount: number;
}

/** One is computed while the next one is on its way; more would only grow what the program has not read. */
const sentMax = 2;

/** A component takes up to 25 characters as a number, of 4,096 and more. */
const answerBytesPerTextMax = 128 * 1024;
const otherBytesMax = 64 * 1024;

const retryAfterMs = 1_000;

/**
 * One run of an embedding program. What it does wrong with one request fails that request. What cannot be laid at any
 * request's door, or silence, ends the run: nothing that it says later could be trusted to be the answer to what.
 */
export class ProgramSession implements ProcessSession {
  readonly ready: Promise<ProgramModel>;
  readonly #run: SupervisedRun;
  readonly #options: SessionOptions;
  readonly #readiness = Promise.withResolvers<ProgramModel>();
  readonly #waiting = new Set<Call>();
  readonly #sent = new Map<number, Call>();
  #model: ProgramModel | undefined;
  #lastId = 0;
  #ended: AkiDbError | undefined;
  #silence: NodeJS.Timeout | undefined;
  #idleness: NodeJS.Timeout | undefined;

  constructor(run: SupervisedRun, options: SessionOptions) {
    this.#run = run;
    this.#options = options;
    this.ready = this.#readiness.promise;
    // Whoever waits hears of it.
    this.ready.catch(() => {});
    this.#write({ type: "hello", versions: [protocolVersion], model: options.model });
    const startTimeoutMs = options.startTimeoutMs ?? programDefaults.startTimeoutMs;
    this.#silence = setTimeout(() => {
      run.giveUp(`was not ready within ${startTimeoutMs} ms`);
    }, startTimeoutMs);
  }

  /** Call it once it is {@link ready}. */
  async embed(
    texts: readonly string[],
    inputType: InputType,
    deadline: Deadline,
  ): Promise<ProgramEmbeddings> {
    if (this.#ended !== undefined) throw this.#ended;
    const call: Call = { texts, inputType, answer: Promise.withResolvers() };
    call.answer.promise.catch(() => {});
    clearTimeout(this.#idleness);
    this.#waiting.add(call);
    this.#send();
    try {
      return await orAborted(call.answer.promise, deadline);
    } finally {
      this.#waiting.delete(call);
      this.#rest();
    }
  }

  async read(output: AsyncIterable<Uint8Array>): Promise<void> {
    const { batchSize = programDefaults.batchSize } = this.#options;
    const decoder = new TextDecoder();
    try {
      for await (const line of splitLines(output, otherBytesMax + batchSize * answerBytesPerTextMax)) {
        if (this.#ended !== undefined) return;
        if (line.kind === "too long") this.#run.giveUp("answered with a line that is too long");
        else this.#take(decoder.decode(line.bytes));
      }
    } catch {
      // A pipe that breaks ends as one that is closed.
    }
  }

  end(reason: AkiDbError): void {
    this.#ended = reason;
    clearTimeout(this.#silence);
    clearTimeout(this.#idleness);
    this.#readiness.reject(reason);
    for (const call of [...this.#sent.values(), ...this.#waiting]) call.answer.reject(reason);
    this.#sent.clear();
    this.#waiting.clear();
  }

  #send(): void {
    for (const call of this.#waiting) {
      if (this.#sent.size === sentMax) return;
      this.#waiting.delete(call);
      const id = ++this.#lastId;
      if (this.#sent.size === 0) this.#expectAnswer();
      this.#sent.set(id, call);
      this.#write({ type: "embed", id, kind: call.inputType, texts: call.texts });
    }
  }

  /** Of those that were sent, too, for which nobody waits any more: the program computes them. */
  #expectAnswer(): void {
    const { timeoutMs = programDefaults.timeoutMs } = this.#options;
    clearTimeout(this.#silence);
    this.#silence = setTimeout(() => {
      this.#run.giveUp(`has not answered within ${timeoutMs} ms`);
    }, timeoutMs);
  }

  #write(request: ProgramRequest): void {
    this.#run.write(`${asLine(request)}\n`);
  }

  #take(line: string): void {
    const message = programMessage(line);
    if (message === undefined) {
      this.#run.giveUp("answered with a line that is no message of the protocol");
      return;
    }
    switch (message.type) {
      case "ready":
        this.#welcome(message);
        return;
      case "embeddings":
        this.#settle(message.id, (call) => call.answer.resolve(this.#read(message, call)));
        return;
      case "error":
        if (message.id === undefined)
          this.#run.giveUp("refuses to work", { isPassing: false, detail: message.reason });
        else this.#settle(message.id, (call) => call.answer.reject(refusal(message, call)));
        return;
      default:
        assertNever(message);
    }
  }

  #welcome(message: Extract<ProgramMessage, { type: "ready" }>): void {
    const model = this.#model === undefined ? programModel(message, this.#options.model) : "was ready twice";
    if (typeof model === "string") {
      this.#run.giveUp(model, { isPassing: false });
      return;
    }
    this.#model = model;
    clearTimeout(this.#silence);
    this.#rest();
    this.#readiness.resolve(model);
  }

  #settle(id: unknown, settle: (call: Call) => void): void {
    const call = this.#sent.get(id as number);
    if (call === undefined) {
      this.#run.giveUp("answered what it was not asked");
      return;
    }
    this.#sent.delete(id as number);
    clearTimeout(this.#silence);
    if (this.#sent.size > 0) this.#expectAnswer();
    try {
      settle(call);
    } catch (error) {
      call.answer.reject(error);
    }
    this.#send();
    this.#rest();
  }

  /** Ends it where nobody needs it for long. */
  #rest(): void {
    const { idleMs } = this.#options;
    clearTimeout(this.#idleness);
    if (idleMs === undefined || this.#ended !== undefined || this.#sent.size + this.#waiting.size > 0) return;
    this.#idleness = setTimeout(() => this.#run.retire(), idleMs);
    this.#idleness.unref();
  }

  /** @throws AkiDbError `unavailable` where it is no answer */
  #read(
    { embeddings, tokens, truncated }: Extract<ProgramMessage, { type: "embeddings" }>,
    { texts }: Call,
  ): ProgramEmbeddings {
    if (!Array.isArray(embeddings)) throw misunderstood("it has no embeddings");
    if (embeddings.length !== texts.length) {
      throw misunderstood(`it has ${embeddings.length} embeddings for ${texts.length} texts`);
    }
    const rows = embeddings.map((one, index) => answeredRow(one, `item ${index}`, misunderstood));
    const truncatedCount = countOfTexts(truncated, texts.length);
    const vectors = unitVectors(rows, this.#model?.dimension ?? 0, misunderstood);
    this.#run.prove();
    return {
      vectors,
      truncatedCount,
      totalTokens: Number.isSafeInteger(tokens) && (tokens as number) > 0 ? (tokens as number) : 0,
    };
  }
}

function refusal(
  { code, reason, texts }: Extract<ProgramMessage, { type: "error" }>,
  call: Call,
): AkiDbError {
  const refused = [...texts].filter(([index]) => index >= 0 && index < call.texts.length);
  if (code === "invalid_argument" && refused.length > 0) {
    return invalidArguments(
      refused.map(([index, detail]) => ({
        path: `texts[${index}]`,
        detail: `is refused by the embedding program: ${detail}`,
      })),
    );
  }
  const passing = code === "unavailable" ? { retryAfterMs } : {};
  return unavailable("the embedding program has failed", { ...passing, cause: new Error(reason) });
}

/** @throws AkiDbError `unavailable` where it is no list of some of the texts' positions */
function countOfTexts(positions: unknown, textCount: number): number {
  if (positions === undefined) return 0;
  const isPosition = (one: unknown): boolean =>
    Number.isInteger(one) && (one as number) >= 0 && (one as number) < textCount;
  if (!Array.isArray(positions) || !positions.every(isPosition)) {
    throw misunderstood("truncated is no list of positions of texts");
  }
  return new Set(positions).size;
}

/** What many libraries take for the end of a line, too, JSON leaves as it is. */
const asLine = (request: ProgramRequest): string =>
  JSON.stringify(request).replace(
    /[\u0085\u2028\u2029]/g,
    (end) => `\\u${end.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );

const misunderstood = (reason: string): AkiDbError =>
  unavailable(`the embedding program's answer cannot be used: ${reason}`);

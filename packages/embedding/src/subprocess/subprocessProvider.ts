import {
  type Clock,
  type FieldViolation,
  invalidArguments,
  isAkiDbError,
  noDeadline,
  orAborted,
  unavailable,
} from "@akidb/base";
import type {
  EmbeddingModel,
  EmbeddingProvider,
  EmbeddingState,
  Embeddings,
  EmbedOptions,
} from "../embeddingProvider.ts";
import { emptyTexts } from "../emptyTexts.ts";
import type { LaunchProcess } from "../process/launchedProcess.ts";
import { SupervisedProcess } from "../process/supervisedProcess.ts";
import { refusedTexts } from "../refusedTexts.ts";
import { requireModelDimension } from "../requireModelDimension.ts";
import { requireModelName } from "../requireModelName.ts";
import { textBatches } from "../textBatches.ts";
import { withoutLoneSurrogates } from "../withoutLoneSurrogates.ts";
import type { ProgramModel } from "./programModel.ts";
import { programDefaults, type SessionOptions } from "./programOptions.ts";
import { ProgramSession } from "./programSession.ts";
import { TruncationNotice } from "./truncationNotice.ts";

interface ProgramParts {
  /** `subprocess` if absent. */
  readonly kind?: "subprocess" | "onnx";
  readonly launch: LaunchProcess;
  readonly clock: Clock;
  /** Lines of the program's standard error, and what is to be said of its answers; bounded. */
  readonly onLine: (line: string) => void;
}

/**
 * One model of a program of its own, started with the first use. Its crash fails what is under way and nothing else; the next
 * call starts it again. A program that comes back with another model fails every call, instead of mixing two spaces.
 */
export class SubprocessProvider implements EmbeddingProvider {
  readonly kind: "subprocess" | "onnx";
  readonly queueDepth = 0;
  readonly modelNames: readonly string[];
  readonly #options: SessionOptions;
  readonly #program: SupervisedProcess<ProgramSession>;
  readonly #truncation: TruncationNotice;
  #state: EmbeddingState = { status: "loading" };

  constructor(options: SessionOptions, { kind = "subprocess", launch, clock, onLine }: ProgramParts) {
    this.kind = kind;
    this.#options = options;
    this.modelNames = [options.model];
    this.#truncation = new TruncationNotice(onLine, clock);
    this.#program = new SupervisedProcess({
      name: "the embedding program",
      launch,
      openSession: (run) => new ProgramSession(run, options),
      clock,
      onLine,
    });
  }

  get state(): EmbeddingState {
    return this.#state;
  }

  async model(
    name = this.#options.model,
    wanted?: number,
    { signal }: EmbedOptions = {},
  ): Promise<EmbeddingModel> {
    const known = this.#options.model;
    requireModelName(known, name);
    const model = await this.#told(
      () => orAborted(this.#program.session().ready, noDeadline(signal)),
      signal,
    );
    const { dimension, maxTokens, fingerprint } = model;
    requireModelDimension(known, dimension, wanted);
    return {
      name,
      dimension,
      maxTokens,
      fingerprint: `${this.kind}/1/${encodeURIComponent(known)}/${dimension}/${fingerprint}`,
      embed: (texts, options = {}) => this.#embed(texts, model, options),
    };
  }

  async probe(options: EmbedOptions = {}): Promise<EmbeddingModel> {
    return await this.model(undefined, undefined, options);
  }

  async close(): Promise<void> {
    await this.#program.close();
  }

  async #embed(
    texts: readonly string[],
    model: ProgramModel,
    { signal, inputType = "document" }: EmbedOptions,
  ): Promise<Embeddings> {
    const deadline = noDeadline(signal);
    deadline.check();
    const violations = emptyTexts(texts);
    if (violations.length > 0) throw invalidArguments(violations);
    const vectors = new Float32Array(texts.length * model.dimension);
    const readable = texts.map(withoutLoneSurrogates);
    let totalTokens = 0;
    for (const [start, end] of textBatches(readable, this.#options.batchSize ?? programDefaults.batchSize)) {
      const batch = readable.slice(start, end);
      const embedding = this.#told(async () => {
        const session = this.#program.session();
        checkSame(await orAborted(session.ready, deadline), model);
        return await session.embed(batch, inputType, deadline);
      }, signal);
      const answer = await embedding.catch((error: unknown) => violationsOf(error, start));
      if (Array.isArray(answer)) violations.push(...answer);
      else {
        vectors.set(answer.vectors, start * model.dimension);
        totalTokens += answer.totalTokens;
        this.#truncation.note(answer.truncatedCount, model.maxTokens);
      }
    }
    if (violations.length > 0) throw invalidArguments(violations);
    return { vectors, totalTokens };
  }

  /** Remembers how it went, unless whoever asked has left. */
  async #told<Result>(work: () => Promise<Result>, signal?: AbortSignal): Promise<Result> {
    try {
      const result = await work();
      this.#state = { status: "ready" };
      return result;
    } catch (error) {
      if (isAkiDbError(error) && error.code === "unavailable" && signal?.aborted !== true) {
        const { message, cause } = error;
        const reason = cause instanceof Error ? `${message}; ${cause.message}` : message;
        this.#state = { status: "degraded", reason };
      }
      throw error;
    }
  }
}

function checkSame(found: ProgramModel, expected: ProgramModel): void {
  if (found.dimension === expected.dimension && found.fingerprint === expected.fingerprint) return;
  throw unavailable("the embedding program came back with another model");
}

/** Of the texts from `start` on. @throws whatever names no text */
function violationsOf(error: unknown, start: number): FieldViolation[] {
  const refused = isAkiDbError(error) ? refusedTexts(error) : undefined;
  if (refused === undefined) throw error;
  return [...refused].map(([index, detail]) => ({ path: `texts[${start + index}]`, detail }));
}

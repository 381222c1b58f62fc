import { type Document, SeededRandom } from "@akidb/base";

/** Generation 0: there is no such document. */
export interface KeyState {
  generation: number;
  /** What a write that was never answered would have made of it; undefined if there is none. */
  attempted: number | undefined;
}

/** One writer's keys: it alone writes them, one request at a time, so it knows what must be there. */
export class CrashModel {
  readonly #keys = new Map<string, KeyState>();
  #lastGeneration = 0;

  nextGeneration(): number {
    this.#lastGeneration += 1;
    return this.#lastGeneration;
  }

  attempt(key: string, generation: number): void {
    const state = this.#keys.get(key) ?? { generation: 0, attempted: undefined };
    state.attempted = generation;
    this.#keys.set(key, state);
  }

  acknowledge(key: string): void {
    const state = this.#keys.get(key);
    if (state?.attempted === undefined) throw new Error(`nothing was attempted on ${key}`);
    state.generation = state.attempted;
    state.attempted = undefined;
  }

  /** After a restart: whatever is there now is what counts from here on. */
  settle(key: string, generation: number): void {
    this.#keys.set(key, { generation, attempted: undefined });
  }

  entries(): readonly (readonly [string, KeyState])[] {
    return [...this.#keys];
  }

  pick(random: SeededRandom): string | undefined {
    const alive = this.entries().filter(([, { generation }]) => generation > 0);
    return alive.length === 0 ? undefined : alive[random.nextInt(alive.length)]?.[0];
  }
}

export const crashDimension = 32;

/** Every part of a document carries its generation, so that a mixture of two would show; patched, it is of a new one. */
export function documentOf(key: string, generation: number) {
  return {
    externalId: key,
    vector: vectorOf(key, generation),
    text: `${key} ${generation} ${"x".repeat(generation % 2_000)}`,
    metadata: { key, generation },
  };
}

/** Metadata that make it of the generation `patch`, and tell which one `of` they belong to. */
export const patchOf = (patch: number, of: number) => ({ patch, of });

/** In all directions, so that each is the nearest of itself by far. */
export function vectorOf(key: string, generation: number): Float32Array {
  let seed = generation;
  for (let i = 0; i < key.length; i++) seed = Math.imul(seed ^ key.charCodeAt(i), 16_777_619);
  const random = new SeededRandom(seed >>> 0);
  return Float32Array.from({ length: crashDimension }, () => random.nextInt(2_001) - 1_000);
}

/** The generation that a document was written with, patched or not; undefined if it has none. */
export function writtenGeneration({ metadata }: Document): number | undefined {
  const generation = metadata?.["generation"];
  return typeof generation === "number" ? generation : undefined;
}

/** The generation of a whole document, of its patch if it has one; undefined if its parts do not belong together. */
export function wholeGeneration(key: string, document: Document): number | undefined {
  const generation = writtenGeneration(document);
  if (generation === undefined) return undefined;
  const expected = documentOf(key, generation);
  const vector = document.vector;
  const isWhole =
    document.externalId === key &&
    document.text === expected.text &&
    document.metadata?.["key"] === key &&
    vector !== undefined &&
    expected.vector.every((component, i) => component === vector[i]);
  if (!isWhole) return undefined;
  const { patch, of } = document.metadata!;
  if (patch === undefined && of === undefined) return generation;
  return typeof patch === "number" && of === generation ? patch : undefined;
}

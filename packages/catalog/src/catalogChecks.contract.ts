import type { AkiDbError, ErrorCode, Page, PageRequest } from "@akidb/base";
import fc from "fast-check";
import { expect } from "vitest";

export interface Stateful<State> {
  set(to: State): Promise<State>;
  get(): Promise<State>;
}

/**
 * Random walks over all states, allowed or not, beside a model that knows nothing but the allowed steps.
 *
 * @param tours which together take every allowed step
 */
export async function checkSteps<State extends string>(
  states: readonly State[],
  tours: readonly State[][],
  steps: ReadonlySet<string>,
  make: () => Promise<Stateful<State>>,
): Promise<void> {
  const taken = new Set<string>();
  const targets = fc.array(fc.constantFrom(...states), { minLength: 8, maxLength: 24 });
  const walk = fc.asyncProperty(targets, async (walked) => {
    const subject = await make();
    let model = await subject.get();
    expect(model).toBe(states[0]);
    for (const to of walked) {
      const step = `${model} ${to}`;
      if (steps.has(step)) {
        expect(await subject.set(to)).toBe(to);
        taken.add(step);
        model = to;
      } else {
        await expectRefusal(subject.set(to), "invalid_state");
      }
      expect(await subject.get()).toBe(model);
    }
  });
  await fc.assert(walk, { numRuns: 25, examples: tours.map((tour) => [tour]) });
  expect(taken).toEqual(steps);
}

export async function refusalOf(work: Promise<unknown>): Promise<AkiDbError> {
  try {
    await work;
  } catch (error) {
    expect(error).toHaveProperty("name", "AkiDbError");
    return error as AkiDbError;
  }
  return expect.fail("it was not refused");
}

export async function expectRefusal(
  work: Promise<unknown>,
  code: ErrorCode,
  paths: readonly string[] = [],
  message = /./,
): Promise<void> {
  const error = await refusalOf(work);
  expect(error.code).toBe(code);
  expect(error.violations.map(({ path }) => path)).toEqual(paths);
  expect(error.message).toMatch(message);
}

export async function all<Item>(list: (page: PageRequest) => Promise<Page<Item>>): Promise<readonly Item[]> {
  const items: Item[] = [];
  let page: PageRequest = {};
  for (;;) {
    const { items: more, nextCursor } = await list(page);
    items.push(...more);
    if (nextCursor === undefined) return items;
    page = { cursor: nextCursor };
  }
}

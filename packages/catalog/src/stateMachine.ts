import { AssertionError, invalidState } from "@akidb/base";

/** For each state, those that may come next; a state with none is final. */
export type StateMachine<State extends string> = Readonly<Record<State, readonly State[]>>;

/**
 * The shortest way, without its beginning.
 *
 * @throws AssertionError where there is none
 */
export function stepsTo<State extends string>(
  machine: StateMachine<State>,
  from: State,
  to: State,
): readonly State[] {
  let ways: readonly (readonly State[])[] = [[from]];
  const seen = new Set<State>([from]);
  while (ways.length > 0) {
    const way = ways.find((each) => each.at(-1) === to);
    if (way !== undefined) return way.slice(1);
    ways = ways.flatMap((each) =>
      machine[each.at(-1)!].filter((next) => !seen.has(next)).map((next) => [...each, next]),
    );
    for (const each of ways) seen.add(each.at(-1)!);
  }
  throw new AssertionError(`${to} is reached from ${from}`);
}

/**
 * @param what a noun phrase that names the thing: `tenant "acme"`
 * @throws `invalid_state` unless the machine has this step
 */
export function checkStateChange<State extends string>(
  machine: StateMachine<State>,
  what: string,
  from: State,
  to: State,
): void {
  const next = machine[from];
  if (next.includes(to)) return;
  const possible = next.length === 0 ? `${from} is final` : `possible: ${next.join(", ")}`;
  throw invalidState(`${what} is ${from} and cannot become ${to} (${possible})`);
}

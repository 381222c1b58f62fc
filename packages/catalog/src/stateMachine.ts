import { invalidState } from "@akidb/base";

/** For each state, those that may come next; a state with none is final. */
export type StateMachine<State extends string> = Readonly<Record<State, readonly State[]>>;

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

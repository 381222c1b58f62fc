import type { FieldViolation } from "@akidb/base";

/**
 * Cedar parses and evaluates by recursion, and what overruns the stack of its WebAssembly leaves memory that nobody can
 * use again. Tried one by one, it takes 100 nested brackets and breaks at 200, and 200 operators in a row and breaks at 400;
 * a nest of both takes their sum. `&&` and `||` take a thousand.
 */
const nestingMax = 60;
const conjunctionsMax = 500;

interface OpenGroup {
  /** Operators since the last separator, any of which may lie around all others. */
  operators: number;
  /** Of the groups closed since then. */
  inner: number;
  /** Of all that came before the last separator. */
  deepest: number;
}

const token =
  /"(?:[^"\\]|\\.)*"|\/\/[^\n]*|&&|\|\||[([{]|[)\]}]|[,;]|[.+\-*!<>=]|\b(?:if|in|is|has|like)\b/gsu;

/**
 * A bound from above for how deep Cedar's recursion goes, from the text alone.
 *
 * @returns what is wrong with it
 */
export function checkPolicyComplexity(path: string, text: string): FieldViolation | undefined {
  const groups: OpenGroup[] = [newGroup()];
  let conjunctions = 0;
  for (const [lexeme] of text.matchAll(token)) {
    const group = groups.at(-1)!;
    if (lexeme === "&&" || lexeme === "||") conjunctions += 1;
    if (["&&", "||", ",", ";"].includes(lexeme)) endSegment(group);
    else if ("([{".includes(lexeme)) groups.push(newGroup());
    else if (")]}".includes(lexeme)) closeGroup(groups);
    else if (!lexeme.startsWith('"') && !lexeme.startsWith("//")) group.operators += 1;
    if (Math.max(groups.length, depthOf(groups.at(-1)!)) > nestingMax || conjunctions > conjunctionsMax) {
      return {
        path,
        detail:
          `is nested too deeply, or too long: at most ${nestingMax} brackets and operators within each other, and ` +
          `${conjunctionsMax} times && and ||; make several policies of it`,
      };
    }
  }
  return undefined;
}

const newGroup = (): OpenGroup => ({ operators: 0, inner: 0, deepest: 0 });

const depthOf = ({ operators, inner, deepest }: OpenGroup): number => Math.max(deepest, operators + inner);

function endSegment(group: OpenGroup): void {
  group.deepest = depthOf(group);
  group.operators = 0;
  group.inner = 0;
}

function closeGroup(groups: OpenGroup[]): void {
  if (groups.length === 1) return;
  const closed = groups.pop()!;
  const outer = groups.at(-1)!;
  outer.inner = Math.max(outer.inner, depthOf(closed) + 1);
}

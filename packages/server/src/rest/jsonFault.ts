/** Where and why a text is not JSON (RFC 8259). */
export interface JsonFault {
  /** In UTF-16 units from 0. */
  readonly offset: number;
  readonly detail: string;
}

/**
 * Names the first fault of a text that `JSON.parse` has refused: V8 tells the position of some faults only, and quotes
 * the text for others. O(length), without recursion, and only for what was refused.
 */
export function findJsonFault(text: string): JsonFault {
  /** Closing brackets still wanted. */
  const wanted: string[] = [];
  let at = skipSpace(text, 0);
  let expected: "value" | "key" | "value or ]" | "key or }" | "separator" = "value";
  while (true) {
    const character = text[at];
    if (character === undefined) return { offset: at, detail: "ends too early" };
    if (expected === "separator") {
      if (wanted.length === 0) return { offset: at, detail: "has more after its end" };
      const close = wanted.at(-1)!;
      if (character === close) wanted.pop();
      else if (character === ",") expected = close === "}" ? "key" : "value";
      else return { offset: at, detail: `needs "," or "${close}" here` };
      at += 1;
    } else if (
      (expected === "value or ]" && character === "]") ||
      (expected === "key or }" && character === "}")
    ) {
      wanted.pop();
      expected = "separator";
      at += 1;
    } else if (expected === "key" || expected === "key or }") {
      if (character !== '"') return { offset: at, detail: "needs a name in double quotes here" };
      const end = endOfString(text, at);
      if (typeof end !== "number") return end;
      at = skipSpace(text, end);
      if (text[at] !== ":")
        return { offset: at, detail: at < text.length ? 'needs ":" here' : "ends too early" };
      expected = "value";
      at += 1;
    } else if (character === "{" || character === "[") {
      wanted.push(character === "{" ? "}" : "]");
      expected = character === "{" ? "key or }" : "value or ]";
      at += 1;
    } else {
      const end = character === '"' ? endOfString(text, at) : endOfScalar(text, at);
      if (typeof end !== "number") return end;
      expected = "separator";
      at = end;
    }
    at = skipSpace(text, at);
  }
}

function skipSpace(text: string, from: number): number {
  let at = from;
  while (text[at] === " " || text[at] === "\n" || text[at] === "\r" || text[at] === "\t") at += 1;
  return at;
}

const escapeSequence = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

function endOfString(text: string, from: number): number | JsonFault {
  for (let at = from + 1; at < text.length; at++) {
    const character = text[at]!;
    if (character === '"') return at + 1;
    if (character < " ") return { offset: at, detail: "has an unescaped control character in a string" };
    if (character === "\\") {
      escapeSequence.lastIndex = at;
      if (!escapeSequence.test(text)) return { offset: at, detail: "has an unknown escape in a string" };
      at = escapeSequence.lastIndex - 1;
    }
  }
  return { offset: text.length, detail: "ends within a string" };
}

const scalar = /(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)(?![\w.+-])/y;

function endOfScalar(text: string, from: number): number | JsonFault {
  scalar.lastIndex = from;
  return scalar.test(text) ? scalar.lastIndex : { offset: from, detail: "needs a value here" };
}

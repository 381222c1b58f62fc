import { describe, expect, it } from "vitest";
import { browserSafety } from "./browserSafety.ts";
import { exampleProject } from "./exampleProject.ts";
import { describeViolation } from "./violation.ts";

const check = (path: string): readonly string[] =>
  browserSafety(exampleProject({ [path]: 'import type { Buffer } from "node:buffer";' }), ["@akidb/a"]).map(
    describeViolation,
  );

describe("browserSafety", () => {
  it("refuses Node in a browser's package", () => {
    expect(check("packages/a/src/adapters/x.ts")).toEqual([
      "packages/a/src/adapters/x.ts:1 imports node:buffer: @akidb/a runs in browsers",
    ]);
  });

  it("lets other packages and tests have it", () => {
    expect(check("packages/b/src/x.ts")).toEqual([]);
    expect(check("packages/a/src/x.test.ts")).toEqual([]);
  });
});

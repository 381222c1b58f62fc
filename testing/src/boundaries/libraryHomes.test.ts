import { describe, expect, it } from "vitest";
import { exampleProject } from "./exampleProject.ts";
import { libraryHomes } from "./libraryHomes.ts";
import { describeViolation } from "./violation.ts";

const check = (path: string, specifier: string): readonly string[] =>
  libraryHomes(exampleProject({ [path]: `import type { X } from "${specifier}";` }), [
    ["sql", "packages/a"],
    ["@http/", "packages/b/src/rest"],
    ["sums", "packages/a", "packages/b"],
  ]).map(describeViolation);

describe("libraryHomes", () => {
  it("lets a library be imported at home", () => {
    expect(check("packages/a/src/x.ts", "sql")).toEqual([]);
    expect(check("packages/b/src/rest/x.ts", "@http/server")).toEqual([]);
    expect(check("packages/b/src/x.ts", "sqlite")).toEqual([]);
    expect(check("packages/a/src/x.ts", "sums")).toEqual([]);
    expect(check("packages/b/src/x.ts", "sums")).toEqual([]);
  });

  it("refuses it elsewhere, types and tests included", () => {
    expect(check("packages/b/src/x.ts", "sql")).toEqual([
      "packages/b/src/x.ts:1 imports sql, which belongs to packages/a",
    ]);
    expect(check("packages/b/src/x.test.ts", "sql/inner")).toHaveLength(1);
    expect(check("packages/c/src/x.ts", "sums")).toEqual([
      "packages/c/src/x.ts:1 imports sums, which belongs to packages/a and packages/b",
    ]);
    expect(check("packages/b/src/restless/x.ts", "@http/server")).toHaveLength(1);
  });
});

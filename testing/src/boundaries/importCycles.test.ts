import { describe, expect, it } from "vitest";
import { exampleProject } from "./exampleProject.ts";
import { importCycles } from "./importCycles.ts";
import { describeViolation } from "./violation.ts";

/** @param edges `a>b` for a file a that imports b */
const check = (
  edges: readonly string[],
  statement = (to: string) => `import "./${to}.ts";`,
): readonly string[] => {
  const sources: Record<string, string> = {};
  for (const edge of edges) {
    const [from = "", to = ""] = edge.split(">");
    sources[`packages/a/src/${to}.ts`] ??= "";
    sources[`packages/a/src/${from}.ts`] = `${sources[`packages/a/src/${from}.ts`] ?? ""}${statement(to)}`;
  }
  return importCycles(exampleProject(sources)).map(describeViolation);
};

describe("importCycles", () => {
  it("lets files share what they import", () => {
    expect(check(["a>b", "a>c", "b>d", "c>d", "a>d"])).toEqual([]);
  });

  it("finds a circle behind a shared file", () => {
    expect(check(["a>b", "a>c", "b>c", "c>d", "d>c"])).toEqual([
      "packages/a/src/c.ts is imported in a circle: packages/a/src/c.ts → packages/a/src/d.ts → packages/a/src/c.ts",
    ]);
  });

  it("finds a long circle, and a file that imports itself", () => {
    expect(check(["a>b", "b>c", "c>a"])).toHaveLength(1);
    expect(check(["a>a"])).toHaveLength(1);
  });

  it("counts types", () => {
    expect(check(["a>b", "b>a"], (to) => `import type { T } from "./${to}.ts";`)).toHaveLength(1);
    expect(check(["a>b", "b>a"], (to) => `type T = import("./${to}.ts").T;`)).toHaveLength(1);
  });
});

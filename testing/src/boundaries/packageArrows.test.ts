import { describe, expect, it } from "vitest";
import { exampleProject } from "./exampleProject.ts";
import { packageArrows } from "./packageArrows.ts";
import { describeViolation } from "./violation.ts";

const arrows = { "@akidb/a": [], "@akidb/b": ["@akidb/a"] };
const bDeclaresA = { b: { dependencies: ["@akidb/a"], references: ["packages/a"] } };

const check = (...project: Parameters<typeof exampleProject>): readonly string[] =>
  packageArrows(exampleProject(...project), arrows).map(describeViolation);

describe("packageArrows", () => {
  it("lets a package import what the table says and its files declare", () => {
    expect(check({ "packages/b/src/x.ts": 'import { a } from "@akidb/a";' }, bDeclaresA)).toEqual([]);
  });

  it.each([
    'import { b } from "@akidb/b";',
    'import type { B } from "@akidb/b";',
    'export * from "@akidb/b";',
    'const b = await import("@akidb/b");',
    'type B = import("@akidb/b").B;',
  ])("refuses an import against the arrows: %s", (source) => {
    expect(check({ "packages/a/src/x.ts": `// first line\n${source}` })).toContain(
      "packages/a/src/x.ts:2 imports @akidb/b: no arrow leads there from @akidb/a",
    );
  });

  it("refuses a package that imports itself by name", () => {
    expect(check({ "packages/a/src/x.ts": 'import "@akidb/a";' })).toEqual([
      "packages/a/src/x.ts:1 imports its own package @akidb/a by name",
    ]);
  });

  it("wants what is imported to be declared", () => {
    expect(check({ "packages/b/src/x.ts": 'import { a } from "@akidb/a";' })).toEqual([
      "packages/b/package.json lacks @akidb/a, which is imported",
      "packages/b/tsconfig.json lacks a reference to packages/a, which is imported",
    ]);
  });

  it("wants what is declared to be imported", () => {
    expect(check({}, bDeclaresA)).toEqual([
      "packages/b/package.json depends on @akidb/a, which nothing imports",
      "packages/b/tsconfig.json references packages/a, which nothing imports",
    ]);
  });

  it("refuses a dependency against the arrows", () => {
    expect(check({}, { a: { devDependencies: ["@akidb/b"] } })).toContain(
      "packages/a/package.json depends on @akidb/b: no arrow leads there",
    );
  });

  it("lets a package of any arrows declare what it does not import", () => {
    const any = { "@akidb/a": [], "@akidb/b": "any" } as const;
    expect(packageArrows(exampleProject({}, bDeclaresA), any)).toEqual([]);
  });

  it("wants every package in the table", () => {
    const violations = packageArrows(exampleProject({}), { "@akidb/a": [] });
    expect(violations.map(describeViolation)).toEqual([
      "packages/b/package.json @akidb/b is missing from the table of arrows",
    ]);
  });
});

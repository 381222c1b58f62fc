import { describe, expect, it } from "vitest";
import { declaredLibraries } from "./declaredLibraries.ts";
import { exampleProject } from "./exampleProject.ts";
import { describeViolation } from "./violation.ts";

const check = (...project: Parameters<typeof exampleProject>): readonly string[] =>
  declaredLibraries(exampleProject(...project)).map(describeViolation);

describe("declaredLibraries", () => {
  it("refuses an import that package.json does not list", () => {
    expect(check({ "packages/a/src/x.ts": 'import { v7 } from "@scope/uuid/sub";' })).toEqual([
      "packages/a/src/x.ts:1 imports @scope/uuid, which packages/a/package.json does not list",
    ]);
  });

  it("refuses the root's tools and devDependencies outside of tests", () => {
    const source = 'import { it } from "vitest";\nimport { x } from "x";';
    const a = { devDependencies: ["x"] };
    expect(check({ "packages/a/src/x.test.ts": source }, { a })).toEqual([]);
    expect(check({ "packages/a/src/x.contract.ts": source }, { a })).toEqual([]);
    expect(check({ "packages/a/src/x.ts": source }, { a })).toHaveLength(2);
  });

  it("takes what the package's users bring along, and names it once where nothing imports it", () => {
    const a = { peerDependencies: ["x"], devDependencies: ["x"] };
    expect(check({ "packages/a/src/x.ts": 'import { x } from "x";' }, { a })).toEqual([]);
    expect(check({}, { a })).toEqual(["packages/a/package.json depends on x, which nothing imports"]);
  });

  it("refuses a dependency that nothing imports, but for types", () => {
    expect(check({}, { a: { dependencies: ["uuid"], devDependencies: ["x", "@types/x"] } })).toEqual([
      "packages/a/package.json depends on uuid, which nothing imports",
      "packages/a/package.json depends on x, which nothing imports",
    ]);
  });

  it("leaves Node's and the workspace's own modules to other rules", () => {
    expect(
      check({ "packages/a/src/x.ts": 'import "node:fs"; import "fs"; import "@akidb/b"; import "./y.ts";' }),
    ).toEqual([]);
  });
});

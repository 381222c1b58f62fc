import { describe, expect, it } from "vitest";
import { exampleProject } from "./exampleProject.ts";
import { importReach } from "./importReach.ts";
import { describeViolation } from "./violation.ts";

const check = (source: string): readonly string[] =>
  importReach(exampleProject({ "packages/a/src/x.ts": source })).map(describeViolation);

describe("importReach", () => {
  it("lets a file import its own package, exports of others, and libraries", () => {
    expect(
      check(
        'import "./y.ts"; import "./in/z.ts"; import "@akidb/b"; import "lib/deep"; import "node:fs/promises";',
      ),
    ).toEqual([]);
  });

  it.each(["@akidb/b/src/inner.ts", "@akidb/b/dist/inner.js"])("refuses a deep import: %s", (specifier) => {
    expect(check(`import type { Inner } from "${specifier}";`)).toEqual([
      `packages/a/src/x.ts:1 imports ./${specifier.slice("@akidb/b/".length)} of @akidb/b, which exports only .`,
    ]);
  });

  it.each(["../../b/src/x.ts", "../../../scripts/x.ts", "../../ab/src/x.ts", "/etc/x.ts"])(
    "refuses a path out of the package: %s",
    (specifier) => {
      expect(check(`export * from "${specifier}";`)).toEqual([
        `packages/a/src/x.ts:1 imports ${specifier}, which is outside of its package`,
      ]);
    },
  );

  it("refuses what it cannot follow", () => {
    expect(check('const name = "node:fs";\nawait import(name);')).toEqual([
      "packages/a/src/x.ts:2 computes what it imports, which no rule can follow",
    ]);
  });
});

import { describe, expect, it } from "vitest";
import { exampleProject } from "./exampleProject.ts";
import { outsideWorld } from "./outsideWorld.ts";
import { describeViolation } from "./violation.ts";

const check = (source: string, path = "packages/a/src/x.ts"): readonly string[] =>
  outsideWorld(exampleProject({ [path]: source })).map(describeViolation);

describe("outsideWorld", () => {
  it.each([
    ["new Date()", "new Date()"],
    ["new globalThis.Date()", "new Date()"],
    ["Date()", "Date()"],
    ["Date.now()", "Date.now"],
    ["const now = Date.now;", "Date.now"],
    ["const { now } = Date;", "Date.now"],
    ['Date["now"]()', "Date.now"],
    ["globalThis.Date.now()", "Date.now"],
    ["(Date as { now(): number }).now()", "Date.now"],
    ["Math.random()", "Math.random"],
    ["performance?.now()", "performance.now"],
    ["crypto.getRandomValues(bytes)", "crypto.getRandomValues"],
    ["crypto.randomUUID()", "crypto.randomUUID"],
    ["process.env.HOME", "process.env"],
    ["globalThis.process.env", "process.env"],
    ["process[name]", "process.[…]"],
    ["const { env } = process;", "process.env"],
    ["const { ...all } = process;", "process.…"],
    ["const mine = process;", "process"],
    ["start(process)", "process"],
    ["new Server(process)", "process"],
  ])("refuses %s", (source, what) => {
    expect(check(`\n${source}`)).toContain(`packages/a/src/x.ts:2 uses ${what} outside of adapters/`);
  });

  it.each([
    "new Date(0)",
    "clock.now()",
    "Math.max(1, 2)",
    "this.process.env",
    "interface A { process: number; now(): Date }",
    "const date: Date = parse(text); date.now;",
    '"Date.now()"; // process.env',
    "const { process } = options;",
    "crypto.subtle",
    "performance.timeOrigin",
  ])("lets be %s", (source) => {
    expect(check(source)).toEqual([]);
  });

  it.each([
    "node:fs",
    "fs",
    "node:fs/promises",
    "node:net",
    "node:http",
    "node:child_process",
    "node:os",
    "node:process",
  ])("refuses %s, but for its types", (specifier) => {
    const name = specifier === "fs" ? "node:fs" : specifier;
    const complaint = `packages/a/src/x.ts:1 imports ${name} outside of adapters/`;
    expect(check(`import { x, type Y } from "${specifier}";`)).toEqual([complaint]);
    expect(check(`import "${specifier}";`)).toEqual([complaint]);
    expect(check(`export { x } from "${specifier}";`)).toEqual([complaint]);
    expect(check(`await import("${specifier}");`)).toEqual([complaint]);
    expect(check(`import type { X } from "${specifier}"; import { type Y } from "${specifier}";`)).toEqual(
      [],
    );
  });

  it("lets adapters and tests touch it", () => {
    const source = 'import { readFileSync } from "node:fs"; Date.now(); process.env;';
    expect(check(source, "packages/a/src/x.ts")).toHaveLength(3);
    expect(check(source, "packages/a/src/in/adapters/x.ts")).toEqual([]);
    expect(check(source, "packages/a/src/x.test.ts")).toEqual([]);
    expect(check(source, "packages/a/src/x.contract.ts")).toEqual([]);
    expect(check(source, "testing/src/x.ts")).toEqual([]);
  });

  it("lets the mains have their process, and no more", () => {
    expect(check("process.argv; Date.now();", "packages/akidb/src/main.ts")).toEqual([
      "packages/akidb/src/main.ts:1 uses Date.now outside of adapters/",
    ]);
    expect(check("process.argv", "packages/a/src/main.ts")).toHaveLength(1);
  });
});

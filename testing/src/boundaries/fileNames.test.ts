import { describe, expect, it } from "vitest";
import { exampleProject } from "./exampleProject.ts";
import { fileNames } from "./fileNames.ts";
import { describeViolation } from "./violation.ts";

const check = (path: string): readonly string[] =>
  fileNames(exampleProject({ [path]: "" })).map(describeViolation);

describe("fileNames", () => {
  it.each(["utils", "helpers", "common", "manager", "types", "misc", "Util"])("refuses %s", (name) => {
    expect(check(`packages/a/src/${name}.ts`)).toEqual([`packages/a/src/${name}.ts is called "${name}"`]);
    expect(check(`packages/a/src/${name}.test.ts`)).toHaveLength(1);
    expect(check(`packages/a/src/${name}/x.ts`)).toHaveLength(1);
  });

  it("lets names be that say what is inside", () => {
    expect(check("packages/a/src/documentTypes.ts")).toEqual([]);
    expect(check("packages/a/src/commonality.ts")).toEqual([]);
  });
});

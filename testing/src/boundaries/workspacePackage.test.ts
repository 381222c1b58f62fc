import { expect, it } from "vitest";
import { parseWorkspacePackage } from "./workspacePackage.ts";

it("parseWorkspacePackage reads what a package says of itself", () => {
  const manifest = {
    name: "@akidb/x",
    exports: { ".": "./x.js", "./y": "./y.js" },
    dependencies: { "@akidb/base": "1", uuid: "2" },
    devDependencies: { "@types/z": "3" },
    peerDependencies: { p: "^1.0.0" },
  };
  const compilerConfig = { references: [{ path: "../base" }] };
  expect(
    parseWorkspacePackage("packages/x", JSON.stringify(manifest), JSON.stringify(compilerConfig)),
  ).toEqual({
    name: "@akidb/x",
    folder: "packages/x",
    exports: [".", "./y"],
    dependencies: ["@akidb/base", "uuid"],
    devDependencies: ["@types/z"],
    peerDependencies: ["p"],
    references: ["packages/base"],
  });
  expect(parseWorkspacePackage("testing", '{"name":"t"}', "{}")).toMatchObject({
    exports: [],
    references: [],
  });
});

import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { exampleToml } from "./exampleToml.ts";
import { loadConfig } from "./loadConfig.ts";
import { referencePage } from "./referencePage.ts";

const regenerate = "npm run build && node_modules/.bin/node scripts/generateConfig.mjs";
const committed = (path: string): string =>
  readFileSync(new URL(`../../../../${path}`, import.meta.url), "utf8");

describe("generated files", () => {
  it.each([
    ["config.example.toml", exampleToml],
    ["docs/configuration.md", referencePage],
  ])("%s is what the option table says", (path, generate) => {
    expect(committed(path) === generate(), `${path} is stale; run: ${regenerate}`).toBe(true);
  });

  it("the example says the defaults, whether commented out or not", () => {
    const load = (text: string) =>
      loadConfig({ flags: { "--config": "x" }, environment: {}, readFile: () => text, isTerminal: false });
    const example = committed("config.example.toml");
    const uncommented = example.replaceAll(/^#(?! )/gm, "");
    expect(uncommented).not.toBe(example);
    expect(load(uncommented)).toEqual(load(""));
    // Were its lines still comments, a change in them would go unnoticed.
    expect(load(uncommented.replace("rest_port = 8080", "rest_port = 8081")).server.restPort).toBe(8081);
  });
});

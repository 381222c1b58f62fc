import { describe, expect, it } from "vitest";
import { configOptions } from "./configOption.ts";
import { loadConfig } from "./loadConfig.ts";
import { optionFlags } from "./optionFlags.ts";

describe("optionFlags", () => {
  it("are all understood by loadConfig, and show each option once", () => {
    for (const { name } of optionFlags) {
      const readFile = () => "";
      expect(() =>
        loadConfig({ flags: { [name]: "\0" }, environment: {}, readFile, isTerminal: false }),
      ).not.toThrow("unknown flag");
    }
    const shown = configOptions.filter(({ spec }) => spec.isSecret !== true);
    expect(optionFlags.filter(({ hidden }) => !hidden)).toHaveLength(shown.length + 1);
  });

  it("say what help has to say", () => {
    const byName = new Map(optionFlags.map((flag) => [flag.name, flag]));
    expect(byName.get("--rest-port")).toEqual({
      name: "--rest-port",
      placeholder: "N",
      help: "Port of the REST API; 0 takes any free port (default: 8080; AKIDB_REST_PORT)",
      group: "Server",
      hidden: false,
    });
    expect(byName.get("--server-rest-port")?.hidden).toBe(true);
    expect(byName.get("--port")?.hidden).toBe(true);
    expect(byName.get("--wal-segment-bytes")).toMatchObject({
      placeholder: "BYTES",
      help: expect.stringContaining("(default: 64 MiB; AKIDB_WAL_SEGMENT_BYTES)"),
    });
    expect(byName.get("--log-format")?.help).toContain("default: pretty on a terminal, json otherwise");
  });
});

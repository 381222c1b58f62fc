import { describe, expect, it } from "vitest";
import { markdownPassages } from "./markdownPassages.ts";

const passagesOf = (...lines: readonly string[]) =>
  markdownPassages({ path: "a.md", text: lines.join("\n") });

describe("markdownPassages", () => {
  it("ends passages at headings, and knows those above", () => {
    expect(passagesOf("intro", "# A", "", "one", "## B #", "two", "# C", "#### D", "three")).toEqual([
      { path: "a.md", line: 1, headings: [], text: "intro" },
      { path: "a.md", line: 4, headings: ["A"], text: "one" },
      { path: "a.md", line: 6, headings: ["A", "B"], text: "two" },
      { path: "a.md", line: 9, headings: ["C", "D"], text: "three" },
    ]);
  });

  it("sees no headings and no tables in code", () => {
    const code = ["````sh", "# comment", "```", "| a |", "|---|", "````"];
    expect(passagesOf("# A", ...code, "## B", "x")).toEqual([
      { path: "a.md", line: 2, headings: ["A"], text: code.join("\n") },
      { path: "a.md", line: 9, headings: ["A", "B"], text: "x" },
    ]);
  });

  it("makes a passage of each row of a table", () => {
    const table = ["| key | what |", "|---|:--|", "| `a` | first |", "| `b` | second |"];
    expect(passagesOf("# T", "before", ...table, "after").map(({ line, text }) => [line, text])).toEqual([
      [2, "before"],
      [5, "`a` · first"],
      [6, "`b` · second"],
      [7, "after"],
    ]);
  });

  it("ends long passages at blank lines", () => {
    const paragraph = "word ".repeat(100).trim();
    const passages = passagesOf(paragraph, "", paragraph, "", paragraph, "", "last");
    expect(passages.map(({ line }) => line)).toEqual([1, 5]);
    expect(passages.map(({ text }) => text).join("\n\n")).toBe(
      [paragraph, paragraph, paragraph, "last"].join("\n\n"),
    );
  });

  it("has none for an empty page", () => {
    expect(passagesOf("", "# Only a title", "")).toEqual([]);
  });
});

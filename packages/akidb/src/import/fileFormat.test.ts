import { AkiDbError } from "@akidb/base";
import { describe, expect, it } from "vitest";
import { collectionNameOfFile, formatOfFile } from "./fileFormat.ts";

describe("formatOfFile", () => {
  it.each([
    ["a.csv", "csv"],
    ["dir.v2/A.JSON", "json"],
    ["a.b.jsonl", "jsonl"],
    ["a.ndjson", "jsonl"],
    ["a.parquet", "parquet"],
  ])("%s is %s", (path, format) => {
    expect(formatOfFile(path)).toBe(format);
  });

  it.each(["a", "a.txt", "dir.csv/a", "-"])("%s does not tell", (path) => {
    expect(() => formatOfFile(path)).toThrow(AkiDbError);
  });
});

describe("collectionNameOfFile", () => {
  it.each([
    ["books.csv", "books"],
    ["/data/My books (2).csv", "My_books_2_"],
    ["C:\\data\\books.json", "books"],
    ["books.v2.jsonl", "books.v2"],
    ["-x.csv", "x"],
    [`${"x".repeat(200)}.csv`, "x".repeat(128)],
  ])("%s becomes %s", (path, name) => {
    expect(collectionNameOfFile(path)).toBe(name);
  });

  it.each(["書.csv", "-", "0199d6a0-0000-7000-8000-000000000000.csv"])("%s becomes nothing", (path) => {
    expect(() => collectionNameOfFile(path)).toThrow("--collection");
  });
});

import { AkiDbError, type JsonObject } from "@akidb/base";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { csvValue } from "./csvValue.ts";
import { checkColumns, type FieldMapping, mapRow } from "./fieldMapping.ts";

const uuid = "0199D6A0-0000-7000-8000-00000000000a";
const map = (row: JsonObject, mapping: FieldMapping = {}) => mapRow(row, mapping, (value) => value);

describe("mapRow finds by usual names", () => {
  it.each([
    ["id", { id: uuid }, { id: uuid.toLowerCase() }],
    ["doc_id", { doc_id: uuid }, { id: uuid.toLowerCase() }],
    ["an id that is no UUID", { id: "isbn-1" }, { externalId: "isbn-1" }],
    ["an id that is a number", { _id: 7 }, { externalId: "7" }],
    ["both kinds of id", { id: uuid, external_id: "e" }, { id: uuid.toLowerCase(), externalId: "e" }],
    [
      "an id beside an external id",
      { id: "x", external_id: "e" },
      { externalId: "e", metadata: { id: "x" } },
    ],
    ["an empty id", { id: "", _id: "y" }, { externalId: "y", metadata: { id: "" } }],
    ["an id of another kind", { _id: { $oid: "5f" } }, { metadata: { _id: { $oid: "5f" } } }],
  ])("%s", (_name, row, document) => {
    expect(map({ text: "t", ...row } as JsonObject)).toEqual({ text: "t", ...document });
  });

  it.each(["text", "content", "body", "document"])("the text in %s", (name) => {
    expect(map({ [name]: "t", title: "T" })).toEqual({ text: "t", metadata: { title: "T" } });
  });

  it("the first text, and leaves the others to metadata", () => {
    expect(map({ body: "b", text: "t" })).toEqual({ text: "t", metadata: { body: "b" } });
    expect(map({ document: { not: "text" }, body: "b" })).toEqual({
      text: "b",
      metadata: { document: { not: "text" } },
    });
  });

  it.each(["vector", "embedding", "values"])("the vector in %s, also as text", (name) => {
    expect(map({ [name]: [1, 2.5] })).toEqual({ vector: Float32Array.of(1, 2.5) });
    expect(map({ [name]: " [1, 2.5]" })).toEqual({ vector: Float32Array.of(1, 2.5) });
  });

  it("the vector as floats or in base64", () => {
    const floats = Float32Array.of(1, 2.5);
    expect(mapRow({ vector: floats }, {}, (value) => value).vector).toBe(floats);
    expect(mapRow({ vector: Float64Array.of(1, 2.5) }, {}, (value) => value)).toEqual({ vector: floats });
    expect(map({ vector: { base64: "AACAPwAAIEA=" } })).toEqual({ vector: floats });
    expect(map({ text: "t", values: { base64: "x", more: 1 } })).toEqual({
      text: "t",
      metadata: { values: { base64: "x", more: 1 } },
    });
  });

  it("a document of an export, as it was", () => {
    const time = "2026-01-31T09:30:00.000Z";
    const row = { id: uuid, vector: [1, 2.5], inserted_at: time, updated_at: time, version: 3 };
    const document = { id: uuid.toLowerCase(), vector: Float32Array.of(1, 2.5) };
    expect(map(row)).toEqual(document);
    expect(map({ ...row, text: "", metadata: {} })).toEqual({ ...document, text: "", metadata: {} });
    const { id: _, ...others } = row;
    const kept = { inserted_at: time, updated_at: time, version: 3 };
    expect(map(others)).toEqual({ vector: document.vector, metadata: kept });
    expect(map({ ...row, page: 7 })).toEqual({ ...document, metadata: { ...kept, page: 7 } });
    expect(map(row, { metadata: ["version"] })).toEqual({ ...document, metadata: { version: 3 } });
  });

  it("metadata in all other fields, and merges an object called metadata", () => {
    expect(map({ text: "t", a: 1, b: [null], metadata: { c: { d: true }, a: 2 } })).toEqual({
      text: "t",
      metadata: { c: { d: true }, a: 1, b: [null] },
    });
    expect(map({ text: "t", metadata: '{"a":1}' })).toEqual({ text: "t", metadata: { a: 1 } });
    expect(map({ text: "t", metadata: "plain" })).toEqual({ text: "t", metadata: { metadata: "plain" } });
  });

  it("a field called __proto__", () => {
    const { metadata } = map(JSON.parse('{"text":"t","__proto__":{"a":1}}'));
    expect(Object.entries(metadata ?? {})).toEqual([["__proto__", { a: 1 }]]);
  });
});

describe("mapRow takes the fields that are named", () => {
  it("for everything", () => {
    const row = { sku: "s", ean: uuid, summary: "t", emb: [1], text: "other", year: 1990 };
    expect(map(row, { id: "ean", externalId: "sku", text: ["summary"], vector: "emb" })).toEqual({
      id: uuid.toLowerCase(),
      externalId: "s",
      text: "t",
      vector: Float32Array.of(1),
      metadata: { text: "other", year: 1990 },
    });
  });

  it("and does not use them twice", () => {
    expect(map({ id: uuid, text: "t" }, { externalId: "id" })).toEqual({ externalId: uuid, text: "t" });
  });

  it("and joins several texts, without the empty ones", () => {
    const mapping = { text: ["title", "subtitle", "body"] };
    expect(map({ title: "T", subtitle: "", body: "b", text: "x" }, mapping)).toEqual({
      text: "T\nb",
      metadata: { text: "x" },
    });
  });

  it("and only the metadata that is chosen, used ones too", () => {
    const mapping = { text: ["title"], metadata: ["title", "year", "absent"] };
    expect(map({ title: "T", year: 1, more: 2 }, mapping)).toEqual({
      text: "T",
      metadata: { title: "T", year: 1 },
    });
  });
});

describe("mapRow refuses", () => {
  it.each([
    [{ title: "T" }, {}, "--map text=NAME"],
    [{ text: "" }, {}, "--map text=NAME"],
    [{ text: "t" }, { id: "sku" }, "sku: is missing"],
    [{ text: "t", sku: null }, { externalId: "sku" }, "sku: is missing"],
    [{ text: "t", sku: [1] }, { id: "sku" }, "sku: must be a string or a number"],
    [{ text: "t", sku: "s", external_id: "e" }, { id: "sku" }, "sku: must be a UUID"],
    [{ a: 5 }, { text: ["a"] }, "a: must be a string"],
    [{ vector: [1, "2"] }, {}, "vector[1]: must be a number"],
    [{ vector: "[1, oops]" }, {}, "vector: must be a JSON array of numbers"],
    [{ v: "1 2 3" }, { vector: "v" }, "v: must be a JSON array of numbers"],
    [{ vector: [] }, {}, "vector: must be a JSON array of numbers"],
  ] as const)("%j with %j: %s", (row, mapping, message) => {
    expect(() => map(row as JsonObject, mapping)).toThrow(message);
  });

  it("nothing but with AkiDbError, whatever the row", () => {
    const names = ["id", "_id", "external_id", "text", "body", "vector", "values", "metadata", "x"];
    fc.assert(
      fc.property(
        fc.dictionary(fc.constantFrom(...names), fc.jsonValue()),
        fc.record(
          {
            id: fc.constantFrom(...names),
            externalId: fc.constantFrom(...names),
            text: fc.array(fc.constantFrom(...names), { minLength: 1, maxLength: 2 }),
            vector: fc.constantFrom(...names),
            metadata: fc.array(fc.constantFrom(...names)),
          },
          { requiredKeys: [] },
        ),
        (row, mapping) => {
          try {
            const document = map(row as JsonObject, mapping as FieldMapping);
            expect(document.text !== undefined || document.vector !== undefined).toBe(true);
          } catch (error) {
            expect(error).toBeInstanceOf(AkiDbError);
          }
        },
      ),
    );
  });
});

describe("checkColumns", () => {
  it("names a column that is not there", () => {
    expect(() => checkColumns(["id", "text"], { text: ["body"] })).toThrow(
      'has no column "body"; its columns are id, text',
    );
  });

  it("names the columns where none can be searched", () => {
    expect(() => checkColumns(["question", "answer"], {})).toThrow("there are question, answer");
    expect(() => checkColumns(["question", "answer"], { text: ["answer"] })).not.toThrow();
    expect(() => checkColumns(["id", "embedding"], {})).not.toThrow();
  });
});

describe("csvValue", () => {
  it.each([
    ["", undefined],
    ["true", true],
    ["false", false],
    ["True", "True"],
    ["12", 12],
    ["-0.5", -0.5],
    ["1e3", 1000],
    ["1e999", "1e999"],
    ["007", "007"],
    ["+1", "+1"],
    [".5", ".5"],
    ["1,5", "1,5"],
    ["12345678901234567890", "12345678901234567890"],
    ["NaN", "NaN"],
    ["null", "null"],
    [" 1", " 1"],
  ])("%j is %j", (text, value) => {
    expect(csvValue(text)).toBe(value);
  });
});

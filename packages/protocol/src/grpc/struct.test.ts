import { BinaryWriter } from "@bufbuild/protobuf/wire";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Struct, Value } from "./struct.ts";

describe("Struct", () => {
  it("gives back any object of JSON", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string({ unit: "grapheme" }), fc.jsonValue()), (object) => {
        expect(Struct.decode(Struct.encode(object).finish())).toEqual(object);
      }),
    );
  });

  it("writes what JSON would", () => {
    const object = { at: new Date(0), list: [1, undefined, { none: undefined }], left: undefined };
    expect(Struct.decode(Struct.encode(object).finish())).toEqual(JSON.parse(JSON.stringify(object)));
    expect(() => Struct.encode({ a: 1n })).toThrow(TypeError);
  });

  it("keeps a key called __proto__, which changes nothing else", () => {
    const object = JSON.parse('{"__proto__": {"admin": true}, "a": 1}');
    const read = Struct.decode(Struct.encode(object).finish());
    expect(Object.keys(read).sort()).toEqual(["__proto__", "a"]);
    expect(read.admin).toBeUndefined();
  });

  it("takes a value of no kind for null, and ends where values are nested too deep", () => {
    expect(Value.decode(new Uint8Array())).toBeNull();
    let deep: unknown = 1;
    for (let depth = 0; depth < 200; depth++) deep = [deep];
    expect(() => Value.decode(Value.encode(deep).finish())).toThrow(/deeper/);
  });

  it("reads nothing beyond its end", () => {
    const bytes = new BinaryWriter().uint32(10).uint32(200).finish();
    expect(() => Struct.decode(bytes)).toThrow(RangeError);
  });
});

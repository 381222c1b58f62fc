import { describe, expect, it } from "vitest";
import { AkiDbError, invalidArgument, invalidArguments, toAkiDbError } from "./errors.ts";

describe("errors", () => {
  it("name each bad field", () => {
    const violations = [
      { path: "vector[3]", detail: "must be finite" },
      { path: "id", detail: "must be a UUID" },
    ];
    expect(invalidArguments(violations)).toMatchObject({
      code: "invalid_argument",
      message: "vector[3]: must be finite (and 1 more)",
      violations,
    });
    expect(invalidArgument("", "must be an object").message).toBe("must be an object");
  });

  it("repeat names that were asked for as far as it helps", () => {
    const path = `filter.${"x".repeat(100_000)}`;
    const { message, violations } = invalidArgument(path, `${"y".repeat(999)}😀${"y".repeat(99)}`);
    expect(message.length).toBe(8_000);
    expect(violations[0]!.path).toBe(`${path.slice(0, 999)}…`);
    expect(violations[0]!.detail.isWellFormed()).toBe(true);
  });

  it("show nothing of what was not meant for callers", () => {
    const secret = new Error("SELECT * FROM users");
    expect(toAkiDbError(secret)).toMatchObject({
      code: "internal",
      message: "internal error",
      cause: secret,
    });
    const own = new AkiDbError("not_found", "x");
    expect(toAkiDbError(own)).toBe(own);
  });
});

import { AkiDbError, errorCodes, invalidArguments, unavailable } from "@akidb/base";
import { describe, expect, test } from "vitest";
import { errorMapping } from "./errorMapping.ts";
import { errorFromProblem, problemFromError, retryAfterSeconds } from "./problem.ts";

describe("a problem", () => {
  test.each(errorCodes)("carries %s to the caller and back", (code) => {
    const error = new AkiDbError(code, "what is wrong", {
      violations: [{ path: "a[0].b", detail: "is bad" }],
    });
    const problem = problemFromError(error, "request-1");
    expect(problem).toEqual({
      type: `urn:akidb:error:${code}`,
      title: errorMapping[code].title,
      status: errorMapping[code].httpStatus,
      code,
      detail: "what is wrong",
      request_id: "request-1",
      errors: [{ path: "a[0].b", detail: "is bad" }],
    });
    const back = errorFromProblem({ httpStatus: problem.status, body: JSON.parse(JSON.stringify(problem)) });
    expect(back).toMatchObject({ code, message: error.message, violations: error.violations });
  });

  test("has no errors where no field is to blame", () => {
    expect(problemFromError(unavailable("later"), "1")).not.toHaveProperty("errors");
  });

  test("may have a status of its own", () => {
    expect(problemFromError(invalidArguments([]), "1", 415).status).toBe(415);
  });

  test("tells when to try again, rounded up to whole seconds", () => {
    expect(retryAfterSeconds(unavailable("full", { retryAfterMs: 1_200 }))).toBe(2);
    expect(retryAfterSeconds(unavailable("full"))).toBeUndefined();
    const body = problemFromError(unavailable("full"), "1");
    expect(errorFromProblem({ httpStatus: 503, retryAfter: "2", body }).retryAfterMs).toBe(2_000);
    expect(errorFromProblem({ httpStatus: 503, retryAfter: "soon", body }).retryAfterMs).toBeUndefined();
  });
});

describe("an answer that is not a problem", () => {
  test.each([
    [502, "unavailable"],
    [503, "unavailable"],
    [404, "not_found"],
    [418, "invalid_argument"],
    [500, "internal"],
    [599, "internal"],
  ] as const)("with status %i means %s", (httpStatus, code) => {
    const bodies = [undefined, null, "<html>", 1, [], {}, { code: "odd", detail: "x" }, { code, detail: 1 }];
    const badErrors = [null, {}, [null], [1], [{ path: 1, detail: "x" }]];
    for (const body of [...bodies, ...badErrors.map((errors) => ({ code, detail: "x", errors }))]) {
      expect(errorFromProblem({ httpStatus, body })).toMatchObject({
        code,
        message: `the server answered with HTTP status ${httpStatus}`,
      });
    }
  });
});

import type { FieldViolation } from "@akidb/base";
import type { DetailedError } from "@cedar-policy/cedar-wasm/nodejs";
import { withCedar } from "./cedar.ts";
import { checkPolicyComplexity } from "./policyComplexity.ts";
import { policySchema } from "./policySchema.ts";

export interface CheckedPolicy {
  /** Empty where it can be used. */
  readonly violations: readonly FieldViolation[];
  /** What is allowed and surely not meant: a policy that never applies, say. */
  readonly warnings: readonly string[];
}

/** A parse error at the end of the text has thousands of tokens that would do. */
const detailCharactersMax = 500;

/**
 * Checks a tenant's policy against the schema, in Cedar's strict mode: what passes cannot fail to be evaluated, but for an
 * arithmetic overflow and a text that is no address or time.
 *
 * @param path of the field that the text stands in
 */
export function checkPolicyText(path: string, text: unknown): CheckedPolicy {
  const refused = (detail: string): CheckedPolicy => ({
    violations: [{ path, detail: detail.slice(0, detailCharactersMax) }],
    warnings: [],
  });
  if (typeof text !== "string" || text.includes("\0") || !text.isWellFormed()) return refused("must be text");
  const tooComplex = checkPolicyComplexity(path, text);
  if (tooComplex !== undefined) return { violations: [tooComplex], warnings: [] };
  return withCedar((cedar): CheckedPolicy => {
    const parts = cedar.policySetTextToParts(text);
    if (parts.type === "failure") return refused(describe(parts.errors, text));
    if (parts.policy_templates.length > 0) return refused("must not have slots such as ?principal");
    if (parts.policies.length !== 1) return refused("must be one policy: permit (…) or forbid (…)");
    const answer = cedar.validate({
      schema: policySchema,
      policies: { staticPolicies: { policy: text } },
      validationSettings: { mode: "strict" },
    });
    if (answer.type === "failure") return refused(describe(answer.errors, text));
    const { validationErrors, validationWarnings } = answer;
    return {
      violations: validationErrors.map(({ error }) => ({
        path,
        detail: describe([error], text).slice(0, detailCharactersMax),
      })),
      warnings: validationWarnings.map(({ error }) => describe([error], text).slice(0, detailCharactersMax)),
    };
  });
}

function describe([error]: readonly DetailedError[], text: string): string {
  if (error === undefined) return "is no Cedar policy";
  const [location] = error.sourceLocations ?? [];
  const what = [error.message.replace(/^for policy `policy`, /, ""), location?.label, error.help]
    .filter((part) => part !== null && part !== undefined && part !== "")
    .join("; ");
  return location === undefined ? what : `${placeOf(location.start, text)}: ${what}`;
}

/** @param byteOffset in the text's UTF-8 */
function placeOf(byteOffset: number, text: string): string {
  const lines = Buffer.from(text).subarray(0, byteOffset).toString().split("\n");
  return `line ${lines.length}, column ${(lines.at(-1)?.length ?? 0) + 1}`;
}

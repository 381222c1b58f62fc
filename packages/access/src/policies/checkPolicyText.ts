import type { FieldViolation } from "@akidb/base";
import { catalogLimits } from "@akidb/catalog";
import type { DetailedError } from "@cedar-policy/cedar-wasm/nodejs";
import { withCedar } from "./cedar.ts";
import { checkPolicyComplexity } from "./policyComplexity.ts";
import { policySchema } from "./policySchema.ts";

export interface CheckedPolicy {
  /** Empty where it can be used. */
  readonly violations: readonly PolicyFault[];
  /** What is allowed and surely not meant: a policy that never applies, say. */
  readonly warnings: readonly PolicyFault[];
}

export interface PolicyFault extends FieldViolation {
  /** From 1 on; undefined where it is about the whole text. */
  readonly place: TextPlace | undefined;
}

export interface TextPlace {
  readonly line: number;
  readonly column: number;
}

/** A parse error at the end of the text has thousands of tokens that would do. */
const detailCharactersMax = 500;

const charactersMax = catalogLimits.policyTextCharactersMax;

/** A character has at most two units, so what is far too long is not counted. */
const isTooLong = (text: string): boolean =>
  text.length > 2 * charactersMax || [...text].length > charactersMax;

/**
 * Checks a tenant's policy against the schema, in Cedar's strict mode: what passes cannot fail to be evaluated, but for an
 * arithmetic overflow and a text that is no address or time.
 *
 * @param path of the field that the text stands in
 */
export function checkPolicyText(path: string, text: unknown): CheckedPolicy {
  const fault = (detail: string, place?: TextPlace): PolicyFault => {
    const where = place === undefined ? "" : `line ${place.line}, column ${place.column}: `;
    return { path, detail: `${where}${detail}`.slice(0, detailCharactersMax), place };
  };
  const refused = (detail: string): CheckedPolicy => ({ violations: [fault(detail)], warnings: [] });
  if (typeof text !== "string" || text.includes("\0") || !text.isWellFormed()) return refused("must be text");
  if (isTooLong(text)) return refused(`must have at most ${charactersMax} characters`);
  const tooComplex = checkPolicyComplexity(path, text);
  if (tooComplex !== undefined) return refused(tooComplex.detail);
  const described = (errors: readonly DetailedError[]): PolicyFault => {
    const [error] = errors;
    return error === undefined ? fault("is no Cedar policy") : fault(describe(error), placeOf(error, text));
  };
  return withCedar((cedar): CheckedPolicy => {
    const parts = cedar.policySetTextToParts(text);
    if (parts.type === "failure") return { violations: [described(parts.errors)], warnings: [] };
    if (parts.policy_templates.length > 0) return refused("must not have slots such as ?principal");
    if (parts.policies.length !== 1) return refused("must be one policy: permit (…) or forbid (…)");
    const answer = cedar.validate({
      schema: policySchema,
      policies: { staticPolicies: { policy: text } },
      validationSettings: { mode: "strict" },
    });
    if (answer.type === "failure") return { violations: [described(answer.errors)], warnings: [] };
    const { validationErrors, validationWarnings } = answer;
    return {
      violations: validationErrors.map(({ error }) => described([error])),
      warnings: validationWarnings.map(({ error }) => described([error])),
    };
  });
}

function describe({ message, sourceLocations, help }: DetailedError): string {
  return [message.replace(/^for policy `policy`, /, ""), sourceLocations?.[0]?.label, help]
    .filter((part) => part !== null && part !== undefined && part !== "")
    .join("; ");
}

/** Cedar counts the bytes of the text's UTF-8. */
function placeOf({ sourceLocations }: DetailedError, text: string): TextPlace | undefined {
  const [location] = sourceLocations ?? [];
  if (location === undefined) return undefined;
  const lines = Buffer.from(text).subarray(0, location.start).toString().split("\n");
  return { line: lines.length, column: (lines.at(-1)?.length ?? 0) + 1 };
}

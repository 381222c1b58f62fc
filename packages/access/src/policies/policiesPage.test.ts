import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { checkPolicyText } from "./checkPolicyText.ts";

const page = readFileSync(new URL("../../../../docs/policies.md", import.meta.url), "utf8");
const examples = [...page.matchAll(/^```cedar\n(.*?)^```$/gms)].map(([, text]) => text!);

test("the page of policies has examples", () => {
  expect(examples.length).toBeGreaterThan(5);
});

test.each(examples)("an example is a policy of the schema: %s", (text) => {
  expect(checkPolicyText("cedar_text", text)).toEqual({ violations: [], warnings: [] });
});

import { checkPolicyText, type PolicyText, shippedPolicies } from "@akidb/access";
import { invalidArguments } from "@akidb/base";

const shippedNames = new Set(shippedPolicies.map(({ name }) => name));

/**
 * What the catalog leaves to whoever knows the language: that the text is one policy of the schema, and that a decision's
 * reasons name no policy of the product where a tenant's decided.
 *
 * @param path of the fields; `policies[2].`
 * @throws AkiDbError `invalid_argument` that names every bad field
 */
export function requireSoundPolicy({ name, cedarText }: PolicyText, path = ""): void {
  const { violations } = checkPolicyText(`${path}cedar_text`, cedarText);
  const taken = shippedNames.has(name)
    ? [{ path: `${path}name`, detail: "is that of a policy of the product" }]
    : [];
  const found = [...taken, ...violations.map(({ path, detail }) => ({ path, detail }))];
  if (found.length > 0) throw invalidArguments(found);
}

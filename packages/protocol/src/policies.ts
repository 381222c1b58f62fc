import {
  type CreatePolicyInput,
  limits,
  type Page,
  type PolicyChange,
  type PolicyFinding,
  type PolicyInfo,
  type PolicyValidation,
  type ShippedPolicies,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { PageQuery } from "./collection.ts";
import { definedFields } from "./definedFields.ts";

/** Longer than any name or slug, so that no error repeats more. */
const nameCharactersMax = 1_024;

export const TenantName = Type.String({
  description:
    "Id or slug of a tenant. Default: the caller's own; another one is for whoever runs the server.",
  maxLength: nameCharactersMax,
  examples: ["default"],
});

const Name = Type.String({
  description: "1..255 characters in one line; unique in its tenant, and none of a policy of the product.",
  examples: ["office hours"],
});

const CedarText = Type.String({
  description: "One policy in the Cedar language, at most 16,384 characters.",
  examples: [
    'forbid (principal, action == Action::"document::delete", resource) unless { context has ip && context.ip.isInRange(ip("10.0.0.0/8")) };',
  ],
});

const Enabled = Type.Boolean({ description: "One that is not decides nothing. Default: true." });

const ConfirmLockout = Type.Boolean({
  description: "Do it even if the caller could then manage policies no longer. Default: false.",
});

export const PolicyPath = Type.Object({
  policy: Type.String({
    description: "The policy's id or name, percent-encoded.",
    examples: ["office hours"],
  }),
});
export type PolicyPath = Static<typeof PolicyPath>;

export const PolicyPageQuery = Type.Object(
  { ...PageQuery.properties, tenant: Type.Optional(TenantName) },
  { additionalProperties: false },
);
export type PolicyPageQuery = Static<typeof PolicyPageQuery>;

export const CreatePolicyBody = Type.Object(
  {
    name: Name,
    cedar_text: CedarText,
    enabled: Type.Optional(Enabled),
    tenant: Type.Optional(TenantName),
    confirm_lockout: Type.Optional(ConfirmLockout),
  },
  {
    $id: "CreatePolicy",
    additionalProperties: false,
    examples: [
      {
        name: "no secrets for viewers",
        cedar_text:
          'forbid (principal in Role::"viewer", action, resource is Collection) when { resource.name like "secret-*" };',
      },
    ],
  },
);
export type CreatePolicyBody = Static<typeof CreatePolicyBody>;

export const UpdatePolicyBody = Type.Object(
  {
    name: Type.Optional(Name),
    cedar_text: Type.Optional(CedarText),
    enabled: Type.Optional(Enabled),
    confirm_lockout: Type.Optional(ConfirmLockout),
  },
  { $id: "UpdatePolicy", additionalProperties: false, examples: [{ enabled: false }] },
);
export type UpdatePolicyBody = Static<typeof UpdatePolicyBody>;

export const PolicyResource = Type.Object(
  {
    policy_id: Type.String({ format: "uuid" }),
    tenant_id: Type.String({ format: "uuid" }),
    name: Name,
    cedar_text: CedarText,
    enabled: Type.Boolean(),
    created_at: Type.String({ format: "date-time", examples: ["2026-01-31T09:30:00.000Z"] }),
    updated_at: Type.String({ format: "date-time" }),
  },
  { $id: "Policy" },
);
export type PolicyResource = Static<typeof PolicyResource>;

export const PolicyList = Type.Object({
  policies: Type.Array(PolicyResource, { description: "In order of creation." }),
  next_cursor: Type.Optional(Type.String({ description: "Absent on the last page." })),
});
export type PolicyList = Static<typeof PolicyList>;

export const ValidatePolicyBody = Type.Object(
  { cedar_text: CedarText },
  {
    $id: "ValidatePolicy",
    additionalProperties: false,
    examples: [{ cedar_text: 'forbid (principal, action == Action::"collection::delete", resource);' }],
  },
);
export type ValidatePolicyBody = Static<typeof ValidatePolicyBody>;

const orNull = (description: string) => Type.Union([Type.Integer(), Type.Null()], { description });

const Finding = Type.Object({
  path: Type.String({ examples: ["cedar_text"] }),
  detail: Type.String(),
  line: orNull("Of the text, from 1 on; null where it is about all of it."),
  column: orNull("Of the line, from 1 on."),
});

export const ValidatePolicyResponse = Type.Object({
  valid: Type.Boolean(),
  errors: Type.Array(Finding),
  warnings: Type.Array(Finding, {
    description: "What is allowed and surely not meant, such as a policy that never applies.",
  }),
});
export type ValidatePolicyResponse = Static<typeof ValidatePolicyResponse>;

export const ShippedPolicyList = Type.Object({
  policies: Type.Array(Type.Object({ name: Type.String(), cedar_text: Type.String() })),
  schema: Type.String({ description: "What policies may speak of, in Cedar's schema language." }),
});
export type ShippedPolicyList = Static<typeof ShippedPolicyList>;

export const createPolicyFromWire = (body: CreatePolicyBody): CreatePolicyInput =>
  definedFields<CreatePolicyInput>({
    name: body.name,
    cedarText: body.cedar_text,
    enabled: body.enabled,
    tenant: body.tenant,
    confirmLockout: body.confirm_lockout,
  });

export const createPolicyToWire = (input: CreatePolicyInput): CreatePolicyBody =>
  definedFields<CreatePolicyBody>({
    name: input.name,
    cedar_text: input.cedarText,
    enabled: input.enabled,
    tenant: input.tenant,
    confirm_lockout: input.confirmLockout,
  });

export const policyChangeFromWire = (body: UpdatePolicyBody): PolicyChange =>
  definedFields<PolicyChange>({
    name: body.name,
    cedarText: body.cedar_text,
    enabled: body.enabled,
    confirmLockout: body.confirm_lockout,
  });

export const policyChangeToWire = (change: PolicyChange): UpdatePolicyBody =>
  definedFields<UpdatePolicyBody>({
    name: change.name,
    cedar_text: change.cedarText,
    enabled: change.enabled,
    confirm_lockout: change.confirmLockout,
  });

export const policyToWire = (policy: PolicyInfo): PolicyResource => ({
  policy_id: policy.id,
  tenant_id: policy.tenantId,
  name: policy.name,
  cedar_text: policy.cedarText,
  enabled: policy.enabled,
  created_at: policy.createdAt,
  updated_at: policy.updatedAt,
});

export const policyFromWire = (resource: PolicyResource): PolicyInfo => ({
  id: resource.policy_id,
  tenantId: resource.tenant_id,
  name: resource.name,
  cedarText: resource.cedar_text,
  enabled: resource.enabled,
  createdAt: resource.created_at,
  updatedAt: resource.updated_at,
});

export const policyListToWire = (page: Page<PolicyInfo>): PolicyList =>
  definedFields<PolicyList>({ policies: page.items.map(policyToWire), next_cursor: page.nextCursor });

export const policyListFromWire = (list: PolicyList): Page<PolicyInfo> =>
  definedFields<Page<PolicyInfo>>({ items: list.policies.map(policyFromWire), nextCursor: list.next_cursor });

/** The names are one word each, the same here and there. */
const copyFinding = ({ path, detail, line, column }: PolicyFinding): PolicyFinding => ({
  path,
  detail,
  line,
  column,
});

export const policyValidationToWire = ({
  valid,
  errors,
  warnings,
}: PolicyValidation): ValidatePolicyResponse => ({
  valid,
  errors: errors.map(copyFinding),
  warnings: warnings.map(copyFinding),
});

export const policyValidationFromWire = ({
  valid,
  errors,
  warnings,
}: ValidatePolicyResponse): PolicyValidation => ({
  valid,
  errors: errors.map(copyFinding),
  warnings: warnings.map(copyFinding),
});

export const shippedPoliciesToWire = ({ policies, schema }: ShippedPolicies): ShippedPolicyList => ({
  policies: policies.map(({ name, cedarText }) => ({ name, cedar_text: cedarText })),
  schema,
});

export const shippedPoliciesFromWire = ({ policies, schema }: ShippedPolicyList): ShippedPolicies => ({
  policies: policies.map(({ name, cedar_text }) => ({ name, cedarText: cedar_text })),
  schema,
});

/** What simulations bring along at most; `simulation.ts` has the rest of them. */
export const DraftPolicies = Type.Array(
  Type.Object(
    { name: Name, cedar_text: CedarText, enabled: Type.Optional(Enabled) },
    { additionalProperties: false },
  ),
  {
    description:
      "Policies as they might be, beside those that are enabled or in place of one of the same name; with " +
      `\`enabled\` false, that one is left out. At most ${limits.draftPoliciesMax}.`,
    maxItems: limits.draftPoliciesMax,
  },
);

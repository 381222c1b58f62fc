import type {
  DraftPolicy,
  SimulatedDecision,
  SimulatedPrincipal,
  SimulatedResource,
  SimulationInput,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { DraftPolicies, TenantName } from "./policies.ts";
import { stringEnum } from "./stringEnum.ts";

const nameCharactersMax = 1_024;

const name = (description: string, example: string) =>
  Type.Optional(Type.String({ description, maxLength: nameCharactersMax, examples: [example] }));

const Principal = Type.Object(
  {
    user: name("Id or e-mail.", "ada@example.org"),
    api_key: name("Its id.", "0199d6a0-0000-7000-8000-00000000000a"),
    role: name("`admin`, `developer`, `viewer` or `auditor`, of a user who is imagined.", "viewer"),
    email: name("Of a user who is imagined.", "grace@example.org"),
  },
  {
    additionalProperties: false,
    description: "One of `user`, `api_key` and `role`. Default: the caller.",
  },
);

const Resource = Type.Object(
  {
    type: Type.String({
      description: "`server`, `tenant`, `database`, `collection`, `policy`, `user` or `api_key`.",
      examples: ["collection"],
      maxLength: nameCharactersMax,
    }),
    id: name("Of one that exists; a name does, too.", "books"),
    name: name(
      "In place of `id`: a name, or a user's e-mail. Where there is none of it, one is imagined.",
      "secret-plans",
    ),
    database: name("Id or name of a collection's database. Default: `default`.", "default"),
  },
  { additionalProperties: false },
);

export const SimulatePoliciesBody = Type.Object(
  {
    principal: Type.Optional(Principal),
    action: Type.String({ maxLength: nameCharactersMax, examples: ["document::search"] }),
    resource: Resource,
    ip_address: name("Of the caller. Default: nobody knows it.", "10.1.2.3"),
    time: name("ISO 8601 with its zone. Default: now.", "2026-01-31T09:30:00.000Z"),
    policies: Type.Optional(DraftPolicies),
    tenant: Type.Optional(TenantName),
  },
  {
    $id: "SimulatePolicies",
    additionalProperties: false,
    examples: [
      {
        principal: { role: "viewer" },
        action: "document::search",
        resource: { type: "collection", name: "secret-plans" },
      },
    ],
  },
);
export type SimulatePoliciesBody = Static<typeof SimulatePoliciesBody>;

export const SimulatePoliciesResponse = Type.Object({
  decision: stringEnum<SimulatedDecision["decision"]>(["allowed", "denied"]),
  policies: Type.Array(Type.String(), {
    description: "Names of the policies that permit, else of those that forbid; none where nothing permits.",
  }),
});
export type SimulatePoliciesResponse = Static<typeof SimulatePoliciesResponse>;

export const simulationFromWire = (body: SimulatePoliciesBody): SimulationInput =>
  definedFields<SimulationInput>({
    principal: body.principal && principalFromWire(body.principal),
    action: body.action,
    resource: definedFields<SimulatedResource>(body.resource),
    ipAddress: body.ip_address,
    time: body.time,
    policies: body.policies?.map(({ cedar_text, ...draft }) =>
      definedFields<DraftPolicy>({ ...draft, cedarText: cedar_text }),
    ),
    tenant: body.tenant,
  });

/** Which of them there are is for the operation to judge. */
const principalFromWire = ({ user, api_key, role, email }: Static<typeof Principal>): SimulatedPrincipal =>
  definedFields({ user, apiKey: api_key, role, email }) as SimulatedPrincipal;

export const simulationToWire = (input: SimulationInput): SimulatePoliciesBody =>
  definedFields<SimulatePoliciesBody>({
    principal: input.principal && principalToWire(input.principal),
    action: input.action,
    resource: definedFields<SimulatePoliciesBody["resource"]>({ ...input.resource }),
    ip_address: input.ipAddress,
    time: input.time,
    policies: input.policies?.map(({ name, cedarText, enabled }) =>
      definedFields<NonNullable<SimulatePoliciesBody["policies"]>[number]>({
        name,
        cedar_text: cedarText,
        enabled,
      }),
    ),
    tenant: input.tenant,
  });

function principalToWire(principal: SimulatedPrincipal): NonNullable<SimulatePoliciesBody["principal"]> {
  if (!("apiKey" in principal)) return { ...principal };
  const { apiKey, ...others } = principal;
  return { ...others, api_key: apiKey };
}

export const simulatedDecisionToWire = ({
  decision,
  policies,
}: SimulatedDecision): SimulatePoliciesResponse => ({ decision, policies: [...policies] });

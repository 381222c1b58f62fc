import type { CountInput } from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { FilterBody } from "./filter.ts";

export const CountBody = Type.Object(
  { filter: Type.Optional(FilterBody) },
  { $id: "Count", additionalProperties: false, examples: [{ filter: { year: { $gte: 2020 } } }] },
);
export type CountBody = Static<typeof CountBody>;

export const CountResponse = Type.Object({ count: Type.Integer({ examples: [42] }) }, { $id: "Counted" });
export type CountResponse = Static<typeof CountResponse>;

export const countToWire = ({ filter }: CountInput): CountBody => definedFields<CountBody>({ filter });

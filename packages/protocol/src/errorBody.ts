import { type ErrorCode, errorCodes, type FieldViolation } from "@akidb/base";
import Type, { type Static } from "typebox";
import { stringEnum } from "./stringEnum.ts";

export const Violation = Type.Object(
  {
    path: Type.String({
      description: "Dotted, with indexes in brackets; empty for the request as a whole.",
      examples: ["documents[3].vector[17]"],
    }),
    detail: Type.String({ description: "What would be right.", examples: ["must be a finite number"] }),
  },
  { $id: "Violation", description: "One bad field of the request." },
);

export const Code = stringEnum(errorCodes, {
  $id: "ErrorCode",
  description: "The kind of error: what a program should look at.",
});

const errorBodyFields = {
  code: Code,
  detail: Type.String({ examples: ["vector: has 3 components; the collection's dimension is 384"] }),
  errors: Type.Optional(Type.Array(Violation)),
};

/** Why one item of many was refused. */
export const ErrorBody = Type.Object(errorBodyFields);
export type ErrorBody = Static<typeof ErrorBody>;

/** The same for a line of a stream. */
export const LineError = Type.Object({
  line: Type.Integer({ minimum: 1, description: "Counted from 1.", examples: [4] }),
  ...errorBodyFields,
});
export type LineError = Static<typeof LineError>;

export const isErrorCode = (value: unknown): value is ErrorCode => errorCodes.some((code) => code === value);

export const errorBodyFrom = (
  code: ErrorCode,
  detail: string,
  violations: readonly FieldViolation[],
): ErrorBody => ({ code, detail, ...(violations.length > 0 && { errors: [...violations] }) });

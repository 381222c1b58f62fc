import {
  type AkiDbError,
  type EmbedInput,
  type EmbedResult,
  type ErrorCode,
  errorCodes,
  invalidArgument,
  invalidArguments,
  isAkiDbError,
} from "@akidb/base";
import Type, { type Static } from "typebox";
import { definedFields } from "./definedFields.ts";
import { stringEnum } from "./stringEnum.ts";
import { floatsToBase64 } from "./wireVector.ts";

/** https://platform.openai.com/docs/api-reference/embeddings/create */
export const OpenAiEmbeddingsBody = Type.Object(
  {
    input: Type.Union([
      Type.String(),
      Type.Array(Type.String()),
      Type.Array(Type.Integer(), { description: "Tokens: refused." }),
      Type.Array(Type.Array(Type.Integer()), { description: "Tokens: refused." }),
    ]),
    model: Type.Optional(Type.String({ description: "Default: the server's.", examples: ["hashing"] })),
    encoding_format: Type.Optional(
      stringEnum(["float", "base64"], {
        description: "`base64`: the components as little-endian 32-bit floats. Default: float.",
      }),
    ),
    dimensions: Type.Optional(
      Type.Integer({ description: "Default: the model's own. Refused where the model cannot give it." }),
    ),
    user: Type.Optional(Type.String({ description: "Of no effect." })),
  },
  {
    $id: "OpenAiEmbeddingsRequest",
    additionalProperties: false,
    examples: [{ model: "hashing", input: "sorting in linear time" }],
  },
);
export type OpenAiEmbeddingsBody = Static<typeof OpenAiEmbeddingsBody>;

export const OpenAiEmbeddings = Type.Object(
  {
    object: stringEnum(["list"]),
    data: Type.Array(
      Type.Object({
        object: stringEnum(["embedding"]),
        index: Type.Integer(),
        // Without a type, so that it is written as it is instead of being looked at, number by number.
        embedding: Type.Unsafe<number[] | string>({
          description: "Numbers, or base64 where that was asked for.",
        }),
      }),
      { description: "One for each text, in their order." },
    ),
    model: Type.String({ examples: ["hashing"] }),
    usage: Type.Object({ prompt_tokens: Type.Integer(), total_tokens: Type.Integer() }),
  },
  { $id: "OpenAiEmbeddings" },
);
export type OpenAiEmbeddings = Static<typeof OpenAiEmbeddings>;

export const OpenAiModel = Type.Object(
  {
    id: Type.String({ examples: ["hashing"] }),
    object: stringEnum(["model"]),
    created: Type.Integer({ description: "0: it is not known." }),
    owned_by: Type.String({ examples: ["akidb"] }),
  },
  { $id: "OpenAiModel" },
);
export type OpenAiModel = Static<typeof OpenAiModel>;

export const OpenAiModelList = Type.Object(
  { object: stringEnum(["list"]), data: Type.Array(OpenAiModel, { description: "The default one first." }) },
  { $id: "OpenAiModelList" },
);
export type OpenAiModelList = Static<typeof OpenAiModelList>;

export const OpenAiModelPath = Type.Object({ model: Type.String({ examples: ["hashing"] }) });

const errorTypes = [
  "invalid_request_error",
  "authentication_error",
  "permission_error",
  "not_found_error",
  "rate_limit_error",
  "insufficient_quota",
  "server_error",
] as const;
type ErrorType = (typeof errorTypes)[number];

export const OpenAiError = Type.Object(
  {
    error: Type.Object({
      message: Type.String({ examples: ["input[0]: is empty"] }),
      type: stringEnum(errorTypes),
      param: Type.Union([Type.String(), Type.Null()], { description: "The field that is bad." }),
      code: stringEnum(errorCodes, { description: "The kind of error, as in every API of AkiDB." }),
    }),
  },
  { $id: "OpenAiError", description: "Why a request was refused, as clients of OpenAI read it." },
);
export type OpenAiError = Static<typeof OpenAiError>;

/** @throws AkiDbError `invalid_argument` for tokens, which are numbers of a vocabulary that nothing tells */
export function openAiEmbeddingsFromWire({ input, model, dimensions }: OpenAiEmbeddingsBody): EmbedInput {
  const texts = typeof input === "string" ? [input] : input;
  if (texts.length === 0) throw invalidArgument("input", "is empty; give a text, or an array of texts");
  if (!isTexts(texts))
    throw invalidArgument("input", "holds tokens, which are not taken; send the texts themselves");
  return definedFields<EmbedInput>({ texts, model, dimension: dimensions });
}

const isTexts = (input: readonly unknown[]): input is readonly string[] =>
  input.every((item) => typeof item === "string");

export const openAiEmbeddingsToWire = (
  { embeddings, model, usage }: EmbedResult,
  format: OpenAiEmbeddingsBody["encoding_format"] = "float",
): OpenAiEmbeddings => ({
  object: "list",
  data: embeddings.map((embedding, index) => ({
    object: "embedding",
    index,
    embedding: format === "base64" ? floatsToBase64(embedding) : Array.from(embedding),
  })),
  model,
  usage: { prompt_tokens: usage.totalTokens, total_tokens: usage.totalTokens },
});

export const openAiModelToWire = ({ name }: { readonly name: string }): OpenAiModel => ({
  id: name,
  object: "model",
  created: 0,
  owned_by: "akidb",
});

/** What the operation found wrong, by the names of OpenAI's fields; anything else as it is. */
export function inOpenAiNames(error: unknown, { input }: OpenAiEmbeddingsBody): unknown {
  if (!isAkiDbError(error) || error.code !== "invalid_argument" || error.violations.length === 0)
    return error;
  return invalidArguments(
    error.violations.map(({ path, detail }) => ({
      path: openAiPath(path, typeof input === "string"),
      detail,
    })),
  );
}

function openAiPath(path: string, isOneText: boolean): string {
  if (path === "dimension") return "dimensions";
  return path.replace(/^texts(\[0\])?/, (_, first = "") => `input${isOneText ? "" : first}`);
}

export function openAiErrorFrom({ code, message, violations }: AkiDbError, httpStatus: number): OpenAiError {
  const param = violations[0]?.path || null;
  return { error: { message, type: errorTypeOf(code, httpStatus), param, code } };
}

function errorTypeOf(code: ErrorCode, httpStatus: number): ErrorType {
  switch (code) {
    case "unauthenticated":
      return "authentication_error";
    case "permission_denied":
    case "tenant_suspended":
      return "permission_error";
    case "not_found":
      return "not_found_error";
    case "rate_limited":
      return "rate_limit_error";
    case "quota_exceeded":
      // A request that is too large in itself has no quota of its own.
      return httpStatus < 500 ? "invalid_request_error" : "insufficient_quota";
    default:
      return httpStatus < 500 ? "invalid_request_error" : "server_error";
  }
}

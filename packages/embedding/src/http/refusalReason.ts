import { isPlainObject } from "@akidb/base";

const reasonCharactersMax = 300;

/**
 * Why a server refuses, in one line: OpenAI, Ollama, vLLM and LM Studio have it in `error.message`, TEI in `error`, older
 * ones of vLLM in `message`.
 *
 * @param secret what must not be repeated, should the server do so
 */
export function refusalReason(status: number, body: string, secret: string | undefined): string {
  const text = messageOf(body)
    .replace(/[\p{C}\s]+/gu, " ")
    .trim();
  const shown = secret === undefined || secret === "" ? text : text.replaceAll(secret, "[key]");
  const cut = shown.length > reasonCharactersMax ? `${shown.slice(0, reasonCharactersMax)}…` : shown;
  return cut === "" ? `HTTP ${status}` : `HTTP ${status}: ${cut}`;
}

function messageOf(body: string): string {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body);
  } catch {
    return "";
  }
  if (!isPlainObject(parsed)) return "";
  const { error, message } = parsed as { readonly error?: unknown; readonly message?: unknown };
  const nested = isPlainObject(error) ? (error as { readonly message?: unknown }).message : error;
  const found = [nested, message].find((candidate) => typeof candidate === "string");
  return typeof found === "string" ? found : "";
}

import { catalogLimits as max } from "./catalogLimits.ts";
import type { FieldCheck } from "./fieldCheck.ts";

const atom = "[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+";
const localPart = new RegExp(`^${atom}(\\.${atom})*$`);
const domainLabel = /^[A-Za-z0-9]([A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/**
 * The dot-atom form of RFC 5322, 3.4.1, in the lengths of RFC 5321: quoted local parts and address literals are refused,
 * as nobody has them. ASCII alone, so that two addresses that differ in case are the same to every store.
 */
export function checkEmail(path: string, value: string): FieldCheck {
  if (typeof value === "string" && value.length <= max.emailCharactersMax) {
    const at = value.lastIndexOf("@");
    const local = value.slice(0, Math.max(0, at));
    const labels = value.slice(at + 1).split(".");
    const sound =
      local.length <= max.emailLocalPartCharactersMax && localPart.test(local) && labels.every(isLabel);
    if (sound) return undefined;
  }
  return {
    path,
    detail:
      `must be an e-mail address of at most ${max.emailCharactersMax} ASCII characters, as in ada@example.org ` +
      "(an international domain in its xn-- form)",
  };
}

const isLabel = (label: string): boolean => domainLabel.test(label);

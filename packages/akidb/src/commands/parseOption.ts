import { invalidArgument } from "@akidb/base";

/** @throws AkiDbError `invalid_argument` that names the flag */
export const wholeNumber =
  (flag: string, min: number, max: number) =>
  (text: string): number => {
    const value = /^\d+$/.test(text) ? Number(text) : Number.NaN;
    if (!(value >= min && value <= max)) {
      throw invalidArgument(flag, `${JSON.stringify(text)} is not a whole number from ${min} to ${max}`);
    }
    return value;
  };

/** @throws AkiDbError `invalid_argument` that names the flag */
export const number =
  (flag: string) =>
  (text: string): number => {
    const value = text.trim() === "" ? Number.NaN : Number(text);
    if (!Number.isFinite(value)) throw invalidArgument(flag, `${JSON.stringify(text)} is not a number`);
    return value;
  };

/** `a,b` → `["a", "b"]` */
export const commaSeparated =
  (flag: string) =>
  (text: string): readonly string[] => {
    const names = text.split(",").map((name) => name.trim());
    if (names.includes("")) throw invalidArgument(flag, `${JSON.stringify(text)} is not a list like a,b,c`);
    return names;
  };

export const oneOf =
  <Value extends string>(flag: string, values: readonly Value[]) =>
  (text: string): Value => {
    const value = values.find((each) => each === text);
    if (value === undefined) {
      throw invalidArgument(flag, `${JSON.stringify(text)} is not one of ${values.join(", ")}`);
    }
    return value;
  };

export const severalOf =
  <Value extends string>(flag: string, values: readonly Value[]) =>
  (text: string): readonly Value[] =>
    commaSeparated(flag)(text).map(oneOf(flag, values));

type Check = (path: string, value: never) => unknown;

/** Those fields of an input that its message has by the same name, each checked, and refused by the name that every API has. */
export function fieldsOf<Input extends object, Checks extends { readonly [Key in keyof Input]?: Check }>(
  input: Input,
  checks: Checks,
): { [Key in keyof Checks & keyof Input]: Exclude<Input[Key], null> } {
  const checked = Object.entries<Check>(checks as Record<string, Check>).map(([key, check]) => [
    key,
    check(inSnakeCase(key), input[key as keyof Input] as never),
  ]);
  return Object.fromEntries(checked);
}

const inSnakeCase = (key: string): string => key.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

type Nullable<Info> = { [Key in keyof Info]: null extends Info[Key] ? Key : never }[keyof Info];

/** As messages have it: texts for enumerations, and nothing for null. */
type FieldsOf<Info> = { readonly [Key in Exclude<keyof Info, Nullable<Info>>]: unknown } & {
  readonly [Key in Nullable<Info>]?: unknown;
};

/** What is absent in a message is null in the interface. */
export const nullsOf = <Info extends object>(fields: FieldsOf<Info>): Info =>
  Object.fromEntries(Object.entries(fields).map(([key, value]) => [key, value ?? null])) as Info;

/** An empty text stands for nothing any more, so what is empty itself is refused here. */
export const nullAsEmpty = (
  path: string,
  value: string | null | undefined,
  check: (path: string, value: string) => string,
): string | undefined => (value === undefined ? undefined : value === null ? "" : check(path, value));

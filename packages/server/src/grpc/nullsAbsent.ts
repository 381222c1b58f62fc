/** What is null in the interface is absent in a message. */
export type NullsAbsent<Fields> = {
  readonly [Key in keyof Fields]: null extends Fields[Key]
    ? Exclude<Fields[Key], null> | undefined
    : Fields[Key];
};

export const nullsAbsent = <Fields extends object>(fields: Fields): NullsAbsent<Fields> =>
  Object.fromEntries(
    Object.entries(fields).map(([key, value]) => [key, value ?? undefined]),
  ) as NullsAbsent<Fields>;

/** Of what a caller may take away: an empty text stands for nothing any more. */
export const emptyIsNull = (text: string | undefined): string | null | undefined =>
  text === "" ? null : text;

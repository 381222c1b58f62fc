/**
 * Pieces of SQL that migrations are written in. They are part of what has been released: a later migration that needs
 * another piece adds one, and leaves these as they are.
 */

export const now = "strftime('%Y-%m-%dT%H:%M:%fZ', 'now')";
const digits = (count: number): string => "[0-9]".repeat(count);
const timestampGlob = `'${digits(4)}-${digits(2)}-${digits(2)}T${digits(2)}:${digits(2)}:${digits(2)}.${digits(3)}Z'`;
// Counted in bytes, since neither length() nor GLOB sees what follows a NUL.
export const isTimestamp = (column: string): string =>
  `(length(cast(${column} as blob)) = 24 and ${column} glob ${timestampGlob})`;
export const isJsonObject = (column: string): string =>
  `(json_valid(${column}) and json_type(${column}) = 'object')`;

export const timestampColumns = `
  created_at text not null default (${now}) constraint "created_at" check ${isTimestamp("created_at")},
  updated_at text not null default (${now}) constraint "updated_at" check ${isTimestamp("updated_at")}`;

export const createdAtTrigger = (table: string): string => `
create trigger ${table}_created_at_stays before update of created_at on ${table}
when new.created_at is not old.created_at
begin
  select raise(abort, '${table}.created_at never changes');
end;
`;

export const timeTriggers = (table: string, id: string): string => `${createdAtTrigger(table)}
-- Whoever sets updated_at sets another value; an UPDATE that leaves it alone gets the time of the machine.
create trigger ${table}_updated_at_follows after update on ${table}
when new.updated_at is old.updated_at
begin
  update ${table} set updated_at = ${now} where ${id} = new.${id};
end;
`;

/** @param steps each written `old>new` */
export const stateTriggers = (
  table: string,
  column: string,
  first: string,
  steps: readonly string[],
): string => `
create trigger ${table}_${column}_begins before insert on ${table}
when new.${column} is not '${first}'
begin
  select raise(abort, 'invalid_state: ${table}.${column} begins as ${first}');
end;

create trigger ${table}_${column}_steps before update of ${column} on ${table}
when new.${column} is not old.${column}
  and old.${column} || '>' || new.${column} not in (${steps.map((step) => `'${step}'`).join(", ")})
begin
  select raise(abort, 'invalid_state: ${table}.${column} has no such step');
end;
`;

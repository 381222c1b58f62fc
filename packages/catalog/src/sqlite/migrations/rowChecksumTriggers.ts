export interface ChecksummedTable {
  readonly table: string;
  /** Its primary key. */
  readonly key: readonly string[];
  /** All of them but the checksum, in their order. */
  readonly columns: readonly string[];
}

/** Of a row as it is: a trigger's `new` may be older than what another trigger has written meanwhile. */
export const rowChecksumOf = ({ table, columns }: ChecksummedTable): string =>
  `row_crc32c('${table}(${columns.join(",")})', ${columns.join(", ")})`;

/**
 * Keeps `row_crc32c` of a table, a nullable integer, what the row's other columns say. Migrations that were released call
 * this, so what it gives for a table never changes.
 */
export function rowChecksumTriggers(checksummed: ChecksummedTable): string {
  const { table, key, columns } = checksummed;
  const isThisRow = key.map((column) => `${column} = new.${column}`).join(" and ");
  const keep = `update ${table} set row_crc32c = ${rowChecksumOf(checksummed)} where ${isThisRow};`;
  return `
create trigger ${table}_checksum_begins after insert on ${table}
begin
  ${keep}
end;

create trigger ${table}_checksum_follows after update of ${columns.join(", ")} on ${table}
begin
  ${keep}
end;
`;
}

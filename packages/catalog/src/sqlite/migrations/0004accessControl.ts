import type { Migration } from "../migration.ts";
import {
  createdAtTrigger,
  isJsonObject,
  isTimestamp,
  now,
  stateTriggers,
  timestampColumns,
} from "./clauses.ts";
import { type ChecksummedTable, rowChecksumTriggers } from "./rowChecksumTriggers.ts";

const isJsonArray = (column: string): string => `(json_valid(${column}) and json_type(${column}) = 'array')`;
const isFlag = (column: string): string => `(${column} in (0, 1))`;
const roles = "('admin', 'developer', 'viewer', 'auditor')";

/** A constraint bears the name of the field as the wire has it, for its violations. */
const tables = `
create table users (
  user_id blob not null primary key constraint "id" check (length(user_id) = 16),
  tenant_id blob not null references tenants (tenant_id) on delete cascade,
  -- ASCII alone, so that NOCASE compares all of it.
  email text not null collate nocase
    constraint "email" check (length(email) between 3 and 254 and email glob '?*@?*' and email not glob '*[^!-~]*'),
  password_hash text not null constraint "password" check (password_hash glob '$argon2id$*'),
  role text not null constraint "role" check (role in ${roles}),
  status text not null default 'active'
    constraint "status" check (status in ('active', 'suspended', 'deactivated')),
  last_login_at text constraint "last_login_at" check ${isTimestamp("last_login_at")},
  ${timestampColumns},
  row_crc32c integer,
  unique (tenant_id, email),
  -- What belongs to a user refers to both, and so to one tenant; pages are cut along it, too.
  unique (tenant_id, user_id)
) strict, without rowid;

create table api_keys (
  api_key_id blob not null primary key constraint "id" check (length(api_key_id) = 16),
  tenant_id blob not null references tenants (tenant_id) on delete cascade,
  user_id blob,
  name text not null constraint "name" check (length(name) between 1 and 255),
  key_hash blob not null unique constraint "key_hash" check (length(key_hash) = 32),
  prefix text not null constraint "prefix" check (length(prefix) between 1 and 32),
  role text constraint "role" check (role in ${roles}),
  databases text constraint "databases" check ${isJsonArray("databases")},
  collections text constraint "collections" check ${isJsonArray("collections")},
  read_only integer not null default 0 constraint "read_only" check ${isFlag("read_only")},
  filter text constraint "filter" check ${isJsonObject("filter")},
  expires_at text constraint "expires_at" check ${isTimestamp("expires_at")},
  last_used_at text constraint "last_used_at" check ${isTimestamp("last_used_at")},
  revoked_at text constraint "revoked_at" check ${isTimestamp("revoked_at")},
  ${timestampColumns},
  row_crc32c integer,
  -- A key of no user has a role of its own.
  constraint "role" check (role is not null or user_id is not null),
  foreign key (tenant_id, user_id) references users (tenant_id, user_id) on delete cascade
) strict, without rowid;

create table policies (
  policy_id blob not null primary key constraint "id" check (length(policy_id) = 16),
  tenant_id blob not null references tenants (tenant_id) on delete cascade,
  name text not null constraint "name" check (length(name) between 1 and 255),
  cedar_text text not null constraint "cedar_text" check (length(cedar_text) between 1 and 16384),
  enabled integer not null default 1 constraint "enabled" check ${isFlag("enabled")},
  ${timestampColumns},
  row_crc32c integer,
  unique (tenant_id, name)
) strict, without rowid;

create table sessions (
  session_id blob not null primary key constraint "id" check (length(session_id) = 16),
  tenant_id blob not null,
  user_id blob not null,
  expires_at text not null constraint "expires_at" check ${isTimestamp("expires_at")},
  revoked_at text constraint "revoked_at" check ${isTimestamp("revoked_at")},
  ${timestampColumns},
  row_crc32c integer,
  foreign key (tenant_id, user_id) references users (tenant_id, user_id) on delete cascade
) strict, without rowid;

-- All that a session has had, so that one that is used again is known.
create table refresh_tokens (
  token_hash blob not null primary key constraint "token_hash" check (length(token_hash) = 32),
  session_id blob not null references sessions (session_id) on delete cascade,
  expires_at text not null constraint "expires_at" check ${isTimestamp("expires_at")},
  used_at text constraint "used_at" check ${isTimestamp("used_at")},
  ${timestampColumns},
  row_crc32c integer
) strict, without rowid;

create table collection_tiers (
  collection_id blob not null primary key references collections (collection_id) on delete cascade,
  tier text not null default 'hot' constraint "tier" check (tier in ('hot', 'warm', 'cold')),
  pinned integer not null default 0 constraint "pinned" check ${isFlag("pinned")},
  access_count integer not null default 0
    constraint "access_count" check (access_count between 0 and 9007199254740991),
  access_window_start text constraint "access_window_start" check ${isTimestamp("access_window_start")},
  last_accessed_at text constraint "last_accessed_at" check ${isTimestamp("last_accessed_at")},
  snapshot_id blob constraint "snapshot_id" check (length(snapshot_id) = 16),
  warm_path text constraint "warm_path" check (length(warm_path) <= 4096),
  ${timestampColumns},
  row_crc32c integer
) strict, without rowid;

-- No reference to the tenant: what was done in a tenant outlives it. An entry never changes, so it has no updated_at.
create table audit_logs (
  sequence integer not null primary key constraint "sequence" check (sequence between 1 and 9007199254740991),
  audit_log_id blob not null unique constraint "id" check (length(audit_log_id) = 16),
  tenant_id blob not null constraint "tenant_id" check (length(tenant_id) = 16),
  user_id blob references users (user_id) on delete set null,
  -- Of the user's identifier: what the chain covers in its place, since it goes when the user goes.
  user_hash blob constraint "user_hash" check (length(user_hash) = 32),
  action text not null constraint "action" check (length(action) between 1 and 64),
  resource_type text not null constraint "resource_type" check (length(resource_type) between 1 and 64),
  resource_id text not null constraint "resource_id" check (length(resource_id) between 1 and 1024),
  result text not null constraint "result" check (result in ('allowed', 'denied')),
  reason text constraint "reason" check (length(reason) between 1 and 1024),
  metadata text not null default '{}' constraint "metadata" check ${isJsonObject("metadata")},
  ip_address text constraint "ip_address" check (length(ip_address) between 1 and 64),
  user_agent text constraint "user_agent" check (length(user_agent) between 1 and 1024),
  previous_hash blob not null constraint "previous_hash" check (length(previous_hash) = 32),
  entry_hash blob not null constraint "entry_hash" check (length(entry_hash) = 32),
  created_at text not null constraint "created_at" check ${isTimestamp("created_at")},
  constraint "user_hash" check (user_id is null or user_hash is not null)
) strict;

-- Where the chain begins and ends. It begins with a random value, so that no entry fits the chain of another server.
create table audit_chain (
  chain_id integer not null primary key constraint "id" check (chain_id = 1),
  anchor_sequence integer not null,
  anchor_hash blob not null constraint "anchor_hash" check (length(anchor_hash) = 32),
  head_sequence integer not null
    constraint "head_sequence" check (head_sequence >= anchor_sequence and anchor_sequence >= 0),
  head_hash blob not null constraint "head_hash" check (length(head_hash) = 32),
  ${timestampColumns},
  row_crc32c integer
) strict;
`;

const indexes = `
create index api_keys_by_tenant on api_keys (tenant_id, api_key_id);
create index api_keys_by_user on api_keys (user_id);
create index policies_by_tenant on policies (tenant_id, policy_id);
create index sessions_by_user on sessions (user_id);
create index sessions_by_expiry on sessions (expires_at);
create index refresh_tokens_by_session on refresh_tokens (session_id);
create index collection_tiers_by_tier on collection_tiers (tier, collection_id);
create index audit_logs_by_tenant on audit_logs (tenant_id, created_at);
create index audit_logs_by_user on audit_logs (user_id, created_at);
create index audit_logs_denied on audit_logs (tenant_id, created_at) where result = 'denied';
`;

const timeColumns = ["created_at", "updated_at"];

/** All of them but the audit log, whose entries have hashes of their own, and of which there are many. */
const checksummed: readonly ChecksummedTable[] = [
  {
    table: "users",
    key: ["user_id"],
    columns: [
      ...["user_id", "tenant_id", "email", "password_hash", "role", "status", "last_login_at"],
      ...timeColumns,
    ],
  },
  {
    table: "api_keys",
    key: ["api_key_id"],
    columns: [
      ...["api_key_id", "tenant_id", "user_id", "name", "key_hash", "prefix", "role", "databases"],
      ...["collections", "read_only", "filter", "expires_at", "last_used_at", "revoked_at", ...timeColumns],
    ],
  },
  {
    table: "policies",
    key: ["policy_id"],
    columns: ["policy_id", "tenant_id", "name", "cedar_text", "enabled", ...timeColumns],
  },
  {
    table: "sessions",
    key: ["session_id"],
    columns: ["session_id", "tenant_id", "user_id", "expires_at", "revoked_at", ...timeColumns],
  },
  {
    table: "refresh_tokens",
    key: ["token_hash"],
    columns: ["token_hash", "session_id", "expires_at", "used_at", ...timeColumns],
  },
  {
    table: "collection_tiers",
    key: ["collection_id"],
    columns: [
      ...["collection_id", "tier", "pinned", "access_count", "access_window_start", "last_accessed_at"],
      ...["snapshot_id", "warm_path", ...timeColumns],
    ],
  },
  {
    table: "audit_chain",
    key: ["chain_id"],
    columns: [
      ...["chain_id", "anchor_sequence", "anchor_hash", "head_sequence", "head_hash"],
      ...timeColumns,
    ],
  },
];

/** A checksum that follows is no change of the row. */
const rowTriggers = (checksummed: ChecksummedTable): string => {
  const { table, key, columns } = checksummed;
  return `
${createdAtTrigger(table)}
create trigger ${table}_updated_at_follows after update of ${columns.join(", ")} on ${table}
when new.updated_at is old.updated_at
begin
  update ${table} set updated_at = ${now} where ${key[0]} = new.${key[0]};
end;
${rowChecksumTriggers(checksummed)}`;
};

const staysTrigger = (table: string, columns: readonly string[]): string => `
create trigger ${table}_identity_stays before update of ${columns.join(", ")} on ${table}
when ${columns.map((column) => `new.${column} is not old.${column}`).join(" or ")}
begin
  select raise(abort, '${table}: ${columns.join(", ")} never change');
end;
`;

/** Of a time that is set once. */
const finalTrigger = (table: string, column: string): string => `
create trigger ${table}_${column}_is_final before update of ${column} on ${table}
when old.${column} is not null and new.${column} is not old.${column}
begin
  select raise(abort, 'invalid_state: ${table}.${column} is final');
end;
`;

const covered = [
  ...[
    "sequence",
    "audit_log_id",
    "tenant_id",
    "user_hash",
    "action",
    "resource_type",
    "resource_id",
    "result",
  ],
  ...["reason", "metadata", "ip_address", "user_agent", "previous_hash", "entry_hash", "created_at"],
];

const auditTriggers = `
create trigger audit_logs_append before insert on audit_logs
when not exists (
  select 1 from audit_chain where head_sequence + 1 = new.sequence and head_hash = new.previous_hash
)
begin
  select raise(abort, 'audit_logs takes only the next entry of its chain');
end;

create trigger audit_logs_appended after insert on audit_logs
begin
  update audit_chain set head_sequence = new.sequence, head_hash = new.entry_hash;
end;

-- The one change there is: a user who has gone is no longer named.
create trigger audit_logs_stay before update on audit_logs
when new.user_id is not null
  or exists (select 1 from users where user_id = old.user_id)
  or ${covered.map((column) => `new.${column} is not old.${column}`).join(" or ")}
begin
  select raise(abort, 'audit_logs is append-only');
end;

-- Retention moves the anchor, and removes then what lies before it.
create trigger audit_logs_are_kept before delete on audit_logs
when old.sequence > (select anchor_sequence from audit_chain)
begin
  select raise(abort, 'audit_logs is append-only');
end;

create trigger audit_chain_goes_on before update on audit_chain
when new.head_sequence < old.head_sequence or new.anchor_sequence < old.anchor_sequence
begin
  select raise(abort, 'audit_chain only goes on');
end;

create trigger audit_chain_stays before delete on audit_chain
begin
  select raise(abort, 'audit_chain stays');
end;
`;

/** With their checksums: the triggers are there. */
const firstRows = `
insert into audit_chain (chain_id, anchor_sequence, anchor_hash, head_sequence, head_hash)
  select 1, 0, start, 0, start from (select randomblob(32) as start limit 1);

insert into collection_tiers (collection_id) select collection_id from collections;

create trigger collections_begin_hot after insert on collections
begin
  insert into collection_tiers (collection_id, created_at, updated_at)
    values (new.collection_id, new.created_at, new.created_at);
end;
`;

export const accessControl: Migration = {
  version: 4,
  name: "access-control",
  up: [
    tables,
    indexes,
    ...checksummed.map(rowTriggers),
    stateTriggers("users", "status", "active", [
      "active>suspended",
      "suspended>active",
      "active>deactivated",
      "suspended>deactivated",
    ]),
    staysTrigger("users", ["user_id", "tenant_id"]),
    staysTrigger("api_keys", ["api_key_id", "tenant_id", "user_id", "key_hash", "prefix"]),
    staysTrigger("policies", ["policy_id", "tenant_id"]),
    staysTrigger("sessions", ["session_id", "tenant_id", "user_id"]),
    staysTrigger("refresh_tokens", ["token_hash", "session_id"]),
    finalTrigger("api_keys", "revoked_at"),
    finalTrigger("sessions", "revoked_at"),
    finalTrigger("refresh_tokens", "used_at"),
    auditTriggers,
    firstRows,
  ].join(""),
  // The trigger of collections would outlive the table that it writes to.
  down: [
    "drop trigger collections_begin_hot;",
    ...["audit_logs", "audit_chain", "collection_tiers", "refresh_tokens", "sessions", "policies"],
    ...["api_keys", "users"],
  ]
    .map((step) => (step.startsWith("drop") ? step : `drop table ${step};`))
    .join(" "),
};

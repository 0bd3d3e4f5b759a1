import { LOG_MARKS_DDL } from '#libs/event-sourcing';
/**
 * What fraud monitoring keeps in PostgreSQL, in a schema of its own. Activity can be built again from the messages; alerts
 * are what was found, and stay.
 */
export const FRAUD_DDL: readonly string[] = [
  ...LOG_MARKS_DDL,
  `create schema if not exists fraud`,
  // What is remembered of an account, token or channel. `json` keeps the text as it was written and parses it only to be read.
  `create table if not exists fraud.activity (
    key text primary key, state json not null, latest timestamptz not null, updated_at timestamptz not null default now())`,
  `create index if not exists activity_by_age on fraud.activity (updated_at)`,
  // Which process wrote activity last: another one that writes after it must not trust what it remembers.
  `create table if not exists fraud.writer (single boolean primary key default true check (single), writer uuid)`,
  `insert into fraud.writer (writer) values (null) on conflict do nothing`,
  `create table if not exists fraud.alerts (
    id uuid primary key, number bigint generated always as identity unique,
    rule_id text not null, rule_version int not null, rule_set_version text not null, kind text not null,
    action text not null, severity text not null, account_id uuid not null, key text not null, message_id uuid not null,
    effective_at timestamptz not null, recorded_at timestamptz not null, historic boolean not null, evidence jsonb not null,
    noted_at timestamptz not null default now(), acted_at timestamptz, case_id uuid)`,
  `create index if not exists alerts_to_act_on on fraud.alerts (number) where acted_at is null and not historic`,
  `create index if not exists alerts_of_account on fraud.alerts (account_id, number)`,
  `create index if not exists alerts_of_case on fraud.alerts (case_id) where case_id is not null`,
  // The case an account's next alert belongs to, as far as is known; whether it is still undecided the case itself says.
  `create table if not exists fraud.current_cases (account_id uuid primary key, case_id uuid not null)`,
  `create table if not exists fraud.reactions (
    single boolean primary key default true check (single), position bigint not null default 0)`,
  `insert into fraud.reactions (position) values (0) on conflict do nothing`,
  // What was asked of the ledger because of a case, and whether it did it.
  `create table if not exists fraud.holds (
    event_id uuid primary key, case_id uuid not null, account_id uuid not null,
    asked text not null check (asked in ('hold', 'release')), refused text, at timestamptz not null default now())`,
  `create index if not exists holds_of_case on fraud.holds (case_id)`,
  `create table if not exists fraud.rules_in_force (
    single boolean primary key default true check (single), path text not null, version text not null, rules jsonb not null,
    since timestamptz not null, refused text, refused_at timestamptz)`,
];

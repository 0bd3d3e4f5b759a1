/* The tables of notifications. Statements are harmless when what they create is there. */

export const NOTIFICATIONS_DDL: readonly string[] = [
  `create schema if not exists notifications`,
  `create table if not exists notifications.recipients (
    account_id uuid primary key, pay_bill_number_ending text,
    name text, email text, phone text, -- sealed with the account's key
    locale text, time_zone text, channels jsonb, quiet_hours jsonb)`,
  `create table if not exists notifications.bills (
    account_id uuid not null, bill_number text not null, due_on date not null, currency text not null,
    open numeric not null, reminded smallint not null,
    primary key (account_id, bill_number))`,
  // Set while an arrangement over the bill stands, and while it is going to be debited.
  `alter table notifications.bills
    add column if not exists arrangement_id uuid, add column if not exists debit_on date`,
  `create table if not exists notifications.disputes (
    account_id uuid not null, dispute_id uuid not null, bill_number text not null, amount numeric not null, until date,
    primary key (account_id, dispute_id, bill_number))`,
  // What of an account's money lies on no bill. Of one that had some before this was kept it is less, and may be below zero.
  `create table if not exists notifications.credits (account_id uuid primary key, credit numeric not null)`,
  // Few bills are open and not reminded of, however long the history: this stays small.
  `create index if not exists bills_to_remind on notifications.bills (due_on) where open > 0 and reminded < 2`,
  `create table if not exists notifications.notifications (
    id uuid primary key, sequence bigint generated always as identity,
    account_id uuid not null, type text not null, occurred_at timestamptz not null, withheld text, content jsonb not null,
    created_at timestamptz not null default now())`,
  `create index if not exists notifications_of_account on notifications.notifications (account_id, sequence)`,
  `create table if not exists notifications.deliveries (
    id uuid primary key, sequence bigint generated always as identity,
    notification_id uuid not null references notifications.notifications (id),
    account_id uuid not null, type text not null, channel text not null, endpoint_id uuid, lane text not null,
    state text not null default 'pending' check (state in ('pending', 'delivered', 'parked', 'discarded', 'suppressed')),
    attempts int not null default 0, not_before timestamptz not null default '-infinity',
    quiet_until timestamptz, claimed_until timestamptz,
    last_attempt_at timestamptz, last_error text, delivered_at timestamptz,
    decided_by text, decided_because text, created_at timestamptz not null default now())`,
  `create index if not exists deliveries_waiting on notifications.deliveries (channel, sequence) where state = 'pending'`,
  `create index if not exists deliveries_in_lane on notifications.deliveries (lane, sequence)
    where state in ('pending', 'parked')`,
  `create index if not exists deliveries_parked on notifications.deliveries (sequence) where state = 'parked'`,
  `create index if not exists deliveries_of_account on notifications.deliveries (account_id, sequence)`,
  `create index if not exists deliveries_of_notification on notifications.deliveries (notification_id)`,
  `create table if not exists notifications.webhook_endpoints (
    id uuid primary key, sequence bigint generated always as identity, url text not null, types jsonb, secret text not null,
    added_by text not null, added_at timestamptz not null default now(), removed_at timestamptz)`,
  // How far one-time codes were read from the log.
  `create table if not exists notifications.code_reader (
    one boolean primary key default true check (one), position bigint not null)`,
  `insert into notifications.code_reader (position) values (0) on conflict do nothing`,
];

-- Phones. A person has at most one that may approve.
create table ecps_devices (
  device_id text primary key,
  national_id text not null,
  label text not null,
  state text not null,
  k1 text not null,
  k2 text,
  oprf_version bigint not null,
  oprf_next bigint not null,
  ctr bigint not null,
  chain text not null,
  previous_chain text,
  last_rid text,
  pin_failures bigint not null,
  pin_locked_until bigint not null,
  evaluated_for text,
  evaluated_at bigint not null,
  created_at bigint not null,
  last_seen_at bigint not null,
  expires_at bigint not null,
  ended_at bigint
);
create unique index ecps_devices_active on ecps_devices (national_id) where state = 'active';
create index ecps_devices_national_id on ecps_devices (national_id);
create index ecps_devices_expires_at on ecps_devices (expires_at);
create index ecps_devices_ended_at on ecps_devices (ended_at);

-- From a code on the portal to a phone that may approve.
create table ecps_enrolments (
  id text primary key,
  national_id text not null,
  portal_digest text not null,
  state text not null,
  device_id text unique,
  created_at bigint not null,
  expires_at bigint not null
);
create index ecps_enrolments_expires_at on ecps_enrolments (expires_at);

-- Logins that wait for a phone's answer, and how they ended.
create table ecps_requests (
  rid text primary key,
  login_id text not null,
  browser_digest text not null,
  client_id text not null,
  client_name text not null,
  acr text,
  lang text not null,
  origin text not null,
  start text not null,
  number text,
  nonce text not null,
  national_id text,
  device_id text,
  challenge text,
  state text not null,
  decision_digest text,
  answer_ctr bigint,
  answer_chain text,
  created_at bigint not null,
  expires_at bigint not null,
  decided_at bigint
);
create unique index ecps_requests_one_push on ecps_requests (national_id)
  where start = 'push' and state in ('pending', 'fetched');
create index ecps_requests_national_id on ecps_requests (national_id, created_at);
create index ecps_requests_device_id on ecps_requests (device_id, created_at);
create index ecps_requests_login_id on ecps_requests (login_id);
create index ecps_requests_created_at on ecps_requests (created_at);
create index ecps_requests_live on ecps_requests (expires_at)
  where state in ('pending', 'fetched');

-- Persons who said that a request was not theirs: no push for a while.
create table ecps_push_blocks (
  national_id text primary key,
  times bigint not null,
  blocked_until bigint not null,
  expires_at bigint not null
);
create index ecps_push_blocks_expires_at on ecps_push_blocks (expires_at);

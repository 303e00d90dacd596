-- Keys that sign, sealed under the key-encryption key.
create table signing_keys (
  kid text primary key,
  purpose text not null,
  alg text not null,
  private_sealed bytea not null,
  created_at bigint not null,
  retired_at bigint
);

-- One per browser: what every service shares.
create table sessions (
  sid text primary key,
  secret_digest text not null unique,
  national_id text not null,
  means text not null,
  acr text not null,
  amr text not null,
  auth_time bigint not null,
  device_id text,
  last_seen_at bigint not null,
  expires_at bigint not null,
  ended_at bigint
);
create index sessions_expires_at on sessions (expires_at);
create index sessions_device_id on sessions (device_id);

-- A login that a browser has begun.
create table logins (
  id text primary key,
  browser_digest text not null,
  request text not null,
  state text not null,
  sid text,
  rid text,
  qr_rid text,
  created_at bigint not null,
  expires_at bigint not null
);
create index logins_expires_at on logins (expires_at);
create index logins_browser_digest on logins (browser_digest);

-- What a code was exchanged for; the refresh token names it.
create table grants (
  id text primary key,
  code_digest text not null unique,
  sid text not null,
  client_id text not null,
  national_id text not null,
  scope text not null,
  nonce text,
  acr text not null,
  generation bigint not null,
  rotated_at bigint not null,
  created_at bigint not null,
  last_used_at bigint not null,
  expires_at bigint not null,
  revoked_at bigint
);
create index grants_sid on grants (sid);
create index grants_expires_at on grants (expires_at);

-- One-time values already seen: proofs, nonces, jti.
create table spent_proofs (
  digest text primary key,
  expires_at bigint not null
);
create index spent_proofs_expires_at on spent_proofs (expires_at);

-- Access tokens that were revoked one by one; a row lives as long as its token.
create table revoked_tokens (
  jti text primary key,
  expires_at bigint not null
);
create index revoked_tokens_expires_at on revoked_tokens (expires_at);

-- Keys follow each other: one of each generation, whichever node makes it. Of
-- two that nodes made together at their first start only the older ever signed.
delete from signing_keys where exists (
  select 1 from signing_keys older
  where older.purpose = signing_keys.purpose and older.alg = signing_keys.alg
    and (older.created_at < signing_keys.created_at
      or (older.created_at = signing_keys.created_at and older.kid < signing_keys.kid)));
alter table signing_keys add column generation bigint not null default 0;
alter table signing_keys add column activates_at bigint not null default 0;
update signing_keys set activates_at = created_at;
create unique index signing_keys_generation on signing_keys (purpose, alg, generation);

-- Services that were registered while running, beside those of the file.
create table clients (
  client_id text primary key,
  metadata text not null,
  secret_digest text,
  previous_digest text,
  previous_until bigint,
  registration_digest text,
  version bigint not null,
  created_at bigint not null,
  expires_at bigint,
  ended_at bigint
);
create index clients_version on clients (version);
create index clients_expires_at on clients (expires_at);

-- Its row is locked by each change of a client: versions come in the order of
-- commits, so that a node which has seen one has seen all before it.
create table client_changes (
  id bigint primary key,
  counter bigint not null
);
insert into client_changes (id, counter) values (1, 0);

-- What lets somebody register a service (RFC 7591 §3.1).
create table registration_tokens (
  digest text primary key,
  uses_left bigint not null,
  expires_at bigint not null
);

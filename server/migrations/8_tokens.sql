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

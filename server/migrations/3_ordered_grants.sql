-- A grant may be bound to a key of its client (cnf).
-- A grant bears the id of its code: one index less, and new rows lie together.
create table ordered_grants (
  id text primary key,
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
  revoked_at bigint,
  cnf text
);
insert into ordered_grants select id, sid, client_id, national_id, scope, nonce, acr,
  generation, rotated_at, created_at, last_used_at, expires_at, revoked_at, null from grants;
drop table grants;
alter table ordered_grants rename to grants;
create index grants_sid on grants (sid);
create index grants_expires_at on grants (expires_at);

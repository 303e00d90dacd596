-- Clients that must still be told that a session has ended.
create table logout_notices (
  sid text not null,
  client_id text not null,
  national_id text not null,
  attempts bigint not null,
  next_at bigint not null,
  ended_at bigint not null,
  primary key (sid, client_id)
);
create index logout_notices_next_at on logout_notices (next_at);

-- A service without a page of ours shows words itself; the phone repeats them.
alter table ecps_requests add column message text;

-- Requests of the back-channel authentication endpoint, each under the digest
-- of its auth_req_id. What a client in ping mode is told waits here too.
create table ciba_requests (
  id text primary key,
  rid text not null,
  client_id text not null,
  national_id text not null,
  scope text not null,
  acr_values text not null,
  poll_interval bigint not null,
  next_poll_at bigint not null,
  verdict text,
  grant_id text,
  ping_sealed text,
  ping_at bigint,
  ping_tries bigint not null,
  created_at bigint not null,
  expires_at bigint not null
);
create index ciba_requests_expires_at on ciba_requests (expires_at);
create index ciba_requests_ping_at on ciba_requests (ping_at) where ping_at is not null;

-- Where a session was begun, for the list that its person is shown.
alter table sessions add column origin text;
alter table sessions add column started_at bigint not null default 0;
update sessions set started_at = auth_time;
create index sessions_national_id on sessions (national_id);

-- The end of everything of a person is told without a sid, so that the person
-- is part of what names a notice.
create table person_notices (
  sid text not null,
  client_id text not null,
  national_id text not null,
  attempts bigint not null,
  next_at bigint not null,
  ended_at bigint not null,
  primary key (national_id, client_id, sid)
);
insert into person_notices select sid, client_id, national_id, attempts, next_at, ended_at
  from logout_notices;
drop table logout_notices;
alter table person_notices rename to logout_notices;
create index logout_notices_next_at on logout_notices (next_at);

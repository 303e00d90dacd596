-- Whose login it is: one client must not crowd out the others.
alter table logins add column client_id text not null default '';
create index logins_created_at on logins (created_at);

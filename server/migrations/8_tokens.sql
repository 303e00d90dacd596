-- Access tokens that were revoked one by one; a row lives as long as its token.
create table revoked_tokens (
  jti text primary key,
  expires_at bigint not null
);
create index revoked_tokens_expires_at on revoked_tokens (expires_at);

-- The audit trail: chains of records, one chain for each process that wrote.
create table audit_chains (
  chain text primary key not null,
  started_at bigint not null,
  -- Retention took the records away up to this one, which was such.
  pruned_through bigint,
  pruned_mac bytea,
  pruned_at bigint,
  seal bytea
);

create table audit_records (
  chain text not null,
  number bigint not null,
  -- Milliseconds.
  at bigint not null,
  body text not null,
  mac bytea not null,
  primary key (chain, number)
);

create index audit_records_at on audit_records (at, chain, number);

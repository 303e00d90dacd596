-- A service without a page of ours shows words itself; the phone repeats them.
alter table ecps_requests add column message text;

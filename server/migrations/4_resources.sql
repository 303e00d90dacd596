-- The resources that a grant's access tokens are for (RFC 8707): a JSON array.
alter table grants add column resources text;

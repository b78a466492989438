-- Who changed what: each row is written in the transaction of its change, and never changed. `id` is one a request; `mark` tells a batch that
-- changed nothing, whose row is taken back before the commit.
CREATE TABLE audit (
  position INTEGER PRIMARY KEY NOT NULL,
  id TEXT NOT NULL,
  occurred INTEGER NOT NULL,
  principal_type TEXT NOT NULL,
  principal_id TEXT,
  principal TEXT NOT NULL,
  role TEXT,
  operation TEXT NOT NULL,
  object_kind TEXT NOT NULL,
  object_id TEXT,
  object_name TEXT,
  object_count INTEGER,
  request_id TEXT,
  mark TEXT NOT NULL
);
CREATE UNIQUE INDEX uq_audit__id ON audit (id);
CREATE INDEX ix_audit__occurred ON audit (occurred);
CREATE INDEX ix_audit__principal ON audit (principal, occurred);
CREATE INDEX ix_audit__principal_id ON audit (principal_id, occurred) WHERE principal_id IS NOT NULL;
CREATE INDEX ix_audit__operation ON audit (operation, occurred);
CREATE INDEX ix_audit__object_id ON audit (object_id, occurred) WHERE object_id IS NOT NULL;
CREATE INDEX ix_audit__object_name ON audit (object_name, occurred) WHERE object_name IS NOT NULL;
CREATE TRIGGER tr_audit__append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'rows of the audit are never changed'); END;

-- Who changed what: each row is written in the transaction of its change, and never changed. `id` is one a request; `mark` tells a batch that
-- changed nothing, whose row is taken back before the commit. `position` is the millisecond of `occurred` and a number within it, so that rows
-- stand in the order of time without an index on it, and each index ends with that order. A request's row is found again by its time; an action
-- of an automation may be done again much later, and is found by its id.
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
CREATE UNIQUE INDEX uq_audit__id ON audit (id) WHERE principal_type = 'AUTOMATION';
CREATE INDEX ix_audit__principal ON audit (principal);
CREATE INDEX ix_audit__principal_id ON audit (principal_id) WHERE principal_id IS NOT NULL;
CREATE INDEX ix_audit__operation ON audit (operation);
CREATE INDEX ix_audit__object_id ON audit (object_id) WHERE object_id IS NOT NULL;
CREATE INDEX ix_audit__object_name ON audit (object_name) WHERE object_name IS NOT NULL;
CREATE TRIGGER tr_audit__append_only BEFORE UPDATE ON audit BEGIN SELECT RAISE(ABORT, 'rows of the audit are never changed'); END;

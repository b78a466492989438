-- Deletions of more rows than one transaction may hold, from the first of their batches until the last: cron completes what a request left.
CREATE TABLE pending_deletion (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Deletions of more rows than one transaction may hold, from the first of their batches until the last: cron completes what a request left.
CREATE TABLE pending_deletion (
  kind TEXT NOT NULL,
  id TEXT NOT NULL,
  created INTEGER NOT NULL,
  PRIMARY KEY (kind, id)
) WITHOUT ROWID;

-- Cached states are looked for by their age when their task runs are gone.
CREATE INDEX ix_task_run_state_cache__created ON task_run_state_cache (created);

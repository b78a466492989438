-- Sockets that serve as task workers; a row is alive while last_seen moves on.
CREATE TABLE task_worker (
  id TEXT PRIMARY KEY NOT NULL,
  identifier TEXT NOT NULL,
  task_keys TEXT NOT NULL,
  last_seen INTEGER NOT NULL
);
CREATE INDEX ix_task_worker__last_seen ON task_worker (last_seen);

-- Background task runs that wait for a task worker to take and acknowledge them, in their order; retry: they go first.
CREATE TABLE task_run_delivery (
  position INTEGER PRIMARY KEY AUTOINCREMENT,
  task_run_id TEXT NOT NULL REFERENCES task_run (id) ON DELETE CASCADE,
  task_key TEXT NOT NULL,
  retry INTEGER NOT NULL DEFAULT 0,
  lease_token TEXT,
  leased_until INTEGER
);
CREATE UNIQUE INDEX uq_task_run_delivery__task_run_id ON task_run_delivery (task_run_id);
CREATE UNIQUE INDEX uq_task_run_delivery__lease_token ON task_run_delivery (lease_token) WHERE lease_token IS NOT NULL;
CREATE INDEX ix_task_run_delivery__task_key ON task_run_delivery (task_key, retry DESC, position);

-- What workers are to clean up behind runs. dead_reason: given up after too many deliveries, kept to be looked at.
CREATE TABLE cleanup_message (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  kind TEXT NOT NULL,
  work_pool_id TEXT NOT NULL REFERENCES work_pool (id) ON DELETE CASCADE,
  work_queue_id TEXT REFERENCES work_queue (id) ON DELETE SET NULL,
  target TEXT NOT NULL,
  data TEXT NOT NULL DEFAULT '{}',
  delivery_count INTEGER NOT NULL DEFAULT 0,
  reservation_token TEXT,
  lease_expires INTEGER,
  consumer_id TEXT,
  release_reason TEXT,
  dead_reason TEXT
);
CREATE INDEX ix_cleanup_message__work_pool_id ON cleanup_message (work_pool_id, created, id) WHERE dead_reason IS NULL;
CREATE INDEX ix_cleanup_message__work_queue_id ON cleanup_message (work_queue_id) WHERE work_queue_id IS NOT NULL;
CREATE UNIQUE INDEX uq_cleanup_message__reservation_token ON cleanup_message (reservation_token) WHERE reservation_token IS NOT NULL;

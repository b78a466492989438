-- When the socket of a task worker broke; null while it is there, or as long as nobody noticed.
ALTER TABLE task_worker ADD COLUMN lost INTEGER;
CREATE INDEX ix_task_worker__identifier ON task_worker (identifier);

-- Who was given a task run, and when that was acknowledged: kept until the run is over, so that it can be given to another.
ALTER TABLE task_run_delivery ADD COLUMN holder TEXT;
ALTER TABLE task_run_delivery ADD COLUMN acknowledged INTEGER;
DROP INDEX ix_task_run_delivery__task_key;
CREATE INDEX ix_task_run_delivery__waiting ON task_run_delivery (task_key, retry DESC, position) WHERE acknowledged IS NULL;
CREATE INDEX ix_task_run_delivery__held ON task_run_delivery (task_key, position) WHERE acknowledged IS NOT NULL;

-- The dashboard counts ended task runs by the time at which they started. An entry is made once, when a task run ends.
CREATE INDEX ix_task_run__ended_start_time ON task_run (state_type, start_time) WHERE state_type IN ('COMPLETED', 'FAILED', 'CANCELLED', 'CRASHED');

-- Task runs by how long they ran (DURATION_ASC and DURATION_DESC); those that have not run are together, by their expected start.
CREATE INDEX ix_task_run__total_run_time ON task_run (max(total_run_time, 0), expected_start_time);
-- How long those that are running have run changes by itself: since when they have run does not.
CREATE INDEX ix_task_run__running_since ON task_run (coalesce(state_timestamp, 0) - max(total_run_time, 0)) WHERE coalesce(state_type, '') = 'RUNNING';

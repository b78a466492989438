-- Runs that are equal in what a list is sorted by come in the order in which they were stored: SQLite has that at the end of each index for
-- nothing, where the id made each entry four times as long. Most of what a new or changed run costs is the pages of these indexes.
DROP INDEX ix_flow_run__name;
DROP INDEX ix_flow_run__start_or_expected;
DROP INDEX ix_flow_run__expected_start_time;
DROP INDEX ix_flow_run__end_time;
DROP INDEX ix_flow_run__next_scheduled_start_time;
DROP INDEX ix_flow_run__state_type_start_or_expected;
CREATE INDEX ix_flow_run__name ON flow_run (name);
CREATE INDEX ix_flow_run__start_or_expected ON flow_run (start_or_expected);
CREATE INDEX ix_flow_run__expected_start_time ON flow_run (expected_start_time);
CREATE INDEX ix_flow_run__end_time ON flow_run (end_time);
CREATE INDEX ix_flow_run__next_scheduled_start_time ON flow_run (next_scheduled_start_time);
CREATE INDEX ix_flow_run__state_type_start_or_expected ON flow_run (state_type, start_or_expected);

DROP INDEX ix_task_run__name;
DROP INDEX ix_task_run__expected_start_time;
DROP INDEX ix_task_run__start_time;
DROP INDEX ix_task_run__end_time;
DROP INDEX ix_task_run__next_scheduled_start_time;
DROP INDEX ix_task_run__state_type;
CREATE INDEX ix_task_run__name ON task_run (name);
CREATE INDEX ix_task_run__expected_start_time ON task_run (expected_start_time);
CREATE INDEX ix_task_run__start_time ON task_run (start_time);
CREATE INDEX ix_task_run__end_time ON task_run (end_time);
CREATE INDEX ix_task_run__next_scheduled_start_time ON task_run (next_scheduled_start_time);
CREATE INDEX ix_task_run__state_type ON task_run (state_type, expected_start_time);

-- One index for both that ask for a key: with the flow, and without.
DROP INDEX uq_flow_run__flow_id_idempotency_key;
DROP INDEX ix_flow_run__idempotency_key;
CREATE UNIQUE INDEX uq_flow_run__idempotency_key_flow_id ON flow_run (idempotency_key, flow_id) WHERE idempotency_key IS NOT NULL;

-- Runs without a queue are in none.
DROP INDEX ix_flow_run__work_queue_scheduled;
DROP INDEX ix_flow_run__work_queue_busy;
DROP INDEX ix_flow_run__deployment_scheduled;
CREATE INDEX ix_flow_run__work_queue_scheduled ON flow_run (work_queue_id, next_scheduled_start_time) WHERE state_type = 'SCHEDULED' AND work_queue_id IS NOT NULL;
CREATE INDEX ix_flow_run__work_queue_busy ON flow_run (work_queue_id) WHERE state_type IN ('PENDING', 'RUNNING', 'CANCELLING') AND work_queue_id IS NOT NULL;
CREATE INDEX ix_flow_run__deployment_scheduled ON flow_run (deployment_id, next_scheduled_start_time) WHERE state_type = 'SCHEDULED' AND deployment_id IS NOT NULL;

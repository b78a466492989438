-- Flow runs are searched and counted by the states of their task runs: an entry moves within its flow run's neighbours when a state changes.
CREATE INDEX ix_task_run__flow_run_id_state_type ON task_run (flow_run_id, state_type) WHERE flow_run_id IS NOT NULL;

-- Flow versions, runs that have not started and kinds of creators are counted without reading rows, in indexes that change with these anyway.
DROP INDEX ix_flow_run__flow_id;
CREATE INDEX ix_flow_run__flow_id ON flow_run (flow_id, state_type, flow_version, start_time);
DROP INDEX ix_flow_run__created_by;
CREATE INDEX ix_flow_run__created_by ON flow_run (created_by ->> 'id', created_by ->> 'type') WHERE created_by IS NOT NULL;

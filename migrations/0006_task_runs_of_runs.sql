-- Flow runs are searched and counted by the states of their task runs: an entry moves within its flow run's neighbours when a state changes.
CREATE INDEX ix_task_run__flow_run_id_state_type ON task_run (flow_run_id, state_type) WHERE flow_run_id IS NOT NULL;

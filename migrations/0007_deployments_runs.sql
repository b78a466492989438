-- Deployments are asked for their runs: what is asked often, and what few runs or none are, is told by the index without reading the runs.
DROP INDEX ix_flow_run__deployment_id;
CREATE INDEX ix_flow_run__deployment_id ON flow_run (
  deployment_id, state_type, start_time, (work_queue_name IS NULL), (created_by IS NULL), (tags = '[]')
) WHERE deployment_id IS NOT NULL;

-- Which types and names of states occur, and when first and last: read by jumping from one pair to the next, so that a million states cost
-- as much as their pairs. Within a pair the timestamps ascend, so that a transition appends to a page that is in use already.
CREATE INDEX ix_flow_run_state__type_name ON flow_run_state (type, name, timestamp);
CREATE INDEX ix_task_run_state__type_name ON task_run_state (type, name, timestamp);

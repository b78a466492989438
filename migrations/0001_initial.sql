-- Times are INTEGER microseconds since the epoch, JSON columns hold JSON text, flags are 0 or 1.
CREATE TABLE flow (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  tags TEXT NOT NULL DEFAULT '[]',
  labels TEXT
);
CREATE UNIQUE INDEX uq_flow__name ON flow (name);
CREATE INDEX ix_flow__created ON flow (created, id);
CREATE INDEX ix_flow__updated ON flow (updated, id);

CREATE TABLE flow_tag (
  tag TEXT NOT NULL,
  flow_id TEXT NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, flow_id)
) WITHOUT ROWID;
CREATE INDEX ix_flow_tag__flow_id ON flow_tag (flow_id);

CREATE TABLE concurrency_limit (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  "limit" INTEGER NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  active_slots REAL NOT NULL DEFAULT 0,
  denied_slots REAL NOT NULL DEFAULT 0,
  slot_decay_per_second REAL NOT NULL DEFAULT 0,
  avg_slot_occupancy_seconds REAL NOT NULL DEFAULT 2,
  slots_changed INTEGER NOT NULL
);
CREATE UNIQUE INDEX uq_concurrency_limit__name ON concurrency_limit (name);

CREATE TABLE concurrency_lease (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  expires INTEGER NOT NULL,
  ttl_seconds REAL NOT NULL,
  holder_type TEXT,
  holder_id TEXT
);
CREATE INDEX ix_concurrency_lease__expires ON concurrency_lease (expires);
CREATE INDEX ix_concurrency_lease__holder ON concurrency_lease (holder_id, holder_type) WHERE holder_id IS NOT NULL;

-- decays: 1 where the slots went into the limit's decaying counter instead of lasting as long as the lease.
CREATE TABLE concurrency_lease_slot (
  limit_id TEXT NOT NULL REFERENCES concurrency_limit (id) ON DELETE CASCADE,
  lease_id TEXT NOT NULL REFERENCES concurrency_lease (id) ON DELETE CASCADE,
  slots INTEGER NOT NULL,
  decays INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (limit_id, lease_id)
) WITHOUT ROWID;
CREATE INDEX ix_concurrency_lease_slot__lease_id ON concurrency_lease_slot (lease_id);

CREATE TABLE work_pool (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT,
  type TEXT NOT NULL,
  base_job_template TEXT NOT NULL DEFAULT '{}',
  is_paused INTEGER NOT NULL DEFAULT 0,
  concurrency_limit INTEGER,
  status TEXT NOT NULL DEFAULT 'NOT_READY',
  default_queue_id TEXT,
  storage_configuration TEXT NOT NULL DEFAULT '{}',
  last_status_event_id TEXT,
  last_status_event_time INTEGER
);
CREATE UNIQUE INDEX uq_work_pool__name ON work_pool (name);
CREATE INDEX ix_work_pool__type ON work_pool (type);
CREATE INDEX ix_work_pool__status ON work_pool (status);

CREATE TABLE work_queue (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  is_paused INTEGER NOT NULL DEFAULT 0,
  concurrency_limit INTEGER,
  priority INTEGER NOT NULL DEFAULT 1,
  work_pool_id TEXT NOT NULL REFERENCES work_pool (id) ON DELETE CASCADE,
  filter TEXT,
  last_polled INTEGER,
  status TEXT NOT NULL DEFAULT 'NOT_READY'
);
CREATE UNIQUE INDEX uq_work_queue__work_pool_id_name ON work_queue (work_pool_id, name);
CREATE INDEX ix_work_queue__work_pool_id_priority ON work_queue (work_pool_id, priority);
CREATE INDEX ix_work_queue__name ON work_queue (name);
CREATE INDEX ix_work_queue__status_last_polled ON work_queue (status, last_polled);

CREATE TABLE worker (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  work_pool_id TEXT NOT NULL REFERENCES work_pool (id) ON DELETE CASCADE,
  last_heartbeat_time INTEGER NOT NULL,
  heartbeat_interval_seconds INTEGER,
  status TEXT NOT NULL DEFAULT 'ONLINE'
);
CREATE UNIQUE INDEX uq_worker__work_pool_id_name ON worker (work_pool_id, name);
CREATE INDEX ix_worker__work_pool_id_last_heartbeat_time ON worker (work_pool_id, last_heartbeat_time);
CREATE INDEX ix_worker__status ON worker (status, last_heartbeat_time);

CREATE TABLE deployment (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  flow_id TEXT NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
  description TEXT,
  version TEXT,
  path TEXT,
  entrypoint TEXT,
  paused INTEGER NOT NULL DEFAULT 0,
  tags TEXT NOT NULL DEFAULT '[]',
  labels TEXT,
  parameters TEXT NOT NULL DEFAULT '{}',
  parameter_openapi_schema TEXT,
  enforce_parameter_schema INTEGER NOT NULL DEFAULT 1,
  job_variables TEXT NOT NULL DEFAULT '{}',
  pull_steps TEXT,
  concurrency_limit_id TEXT REFERENCES concurrency_limit (id) ON DELETE SET NULL,
  concurrency_options TEXT,
  work_queue_id TEXT REFERENCES work_queue (id) ON DELETE SET NULL,
  work_queue_name TEXT,
  infrastructure_document_id TEXT,
  storage_document_id TEXT,
  last_polled INTEGER,
  status TEXT NOT NULL DEFAULT 'NOT_READY',
  created_by TEXT,
  updated_by TEXT
);
CREATE UNIQUE INDEX uq_deployment__flow_id_name ON deployment (flow_id, name);
CREATE INDEX ix_deployment__name ON deployment (name, id);
CREATE INDEX ix_deployment__created ON deployment (created, id);
CREATE INDEX ix_deployment__updated ON deployment (updated, id);
CREATE INDEX ix_deployment__work_queue_id ON deployment (work_queue_id) WHERE work_queue_id IS NOT NULL;
CREATE INDEX ix_deployment__work_queue_name ON deployment (work_queue_name) WHERE work_queue_name IS NOT NULL;
CREATE INDEX ix_deployment__concurrency_limit_id ON deployment (concurrency_limit_id) WHERE concurrency_limit_id IS NOT NULL;
CREATE INDEX ix_deployment__status_last_polled ON deployment (status, last_polled);

CREATE TABLE deployment_tag (
  tag TEXT NOT NULL,
  deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, deployment_id)
) WITHOUT ROWID;
CREATE INDEX ix_deployment_tag__deployment_id ON deployment_tag (deployment_id);

-- due: when the schedule next needs runs materialised; null while inactive, paused or without further dates.
CREATE TABLE deployment_schedule (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  deployment_id TEXT NOT NULL REFERENCES deployment (id) ON DELETE CASCADE,
  schedule TEXT NOT NULL,
  active INTEGER NOT NULL DEFAULT 1,
  max_scheduled_runs INTEGER,
  parameters TEXT NOT NULL DEFAULT '{}',
  slug TEXT,
  due INTEGER
);
CREATE INDEX ix_deployment_schedule__deployment_id ON deployment_schedule (deployment_id);
CREATE UNIQUE INDEX uq_deployment_schedule__deployment_id_slug ON deployment_schedule (deployment_id, slug) WHERE slug IS NOT NULL;
CREATE INDEX ix_deployment_schedule__due ON deployment_schedule (due) WHERE due IS NOT NULL;

CREATE TABLE flow_run (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  flow_id TEXT NOT NULL REFERENCES flow (id) ON DELETE CASCADE,
  deployment_id TEXT,
  deployment_version TEXT,
  work_queue_id TEXT REFERENCES work_queue (id) ON DELETE SET NULL,
  work_queue_name TEXT,
  flow_version TEXT,
  parameters TEXT NOT NULL DEFAULT '{}',
  idempotency_key TEXT,
  context TEXT NOT NULL DEFAULT '{}',
  empirical_policy TEXT NOT NULL DEFAULT '{}',
  tags TEXT NOT NULL DEFAULT '[]',
  labels TEXT,
  parent_task_run_id TEXT REFERENCES task_run (id) ON DELETE SET NULL,
  state_id TEXT,
  state_type TEXT,
  state_name TEXT,
  state_timestamp INTEGER,
  run_count INTEGER NOT NULL DEFAULT 0,
  expected_start_time INTEGER,
  next_scheduled_start_time INTEGER,
  start_time INTEGER,
  end_time INTEGER,
  total_run_time INTEGER NOT NULL DEFAULT 0,
  auto_scheduled INTEGER NOT NULL DEFAULT 0,
  infrastructure_document_id TEXT,
  infrastructure_pid TEXT,
  created_by TEXT,
  job_variables TEXT,
  concurrency_limit_id TEXT,
  start_or_expected INTEGER GENERATED ALWAYS AS (coalesce(start_time, expected_start_time)) VIRTUAL
);
-- What a state change moves is paid at each of them: indexes on states are partial where their queries let them be.
CREATE UNIQUE INDEX uq_flow_run__flow_id_idempotency_key ON flow_run (flow_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX ix_flow_run__flow_id ON flow_run (flow_id, state_type);
CREATE INDEX ix_flow_run__name ON flow_run (name, id);
CREATE INDEX ix_flow_run__start_or_expected ON flow_run (start_or_expected, id);
CREATE INDEX ix_flow_run__expected_start_time ON flow_run (expected_start_time, id);
CREATE INDEX ix_flow_run__end_time ON flow_run (end_time, id);
CREATE INDEX ix_flow_run__next_scheduled_start_time ON flow_run (next_scheduled_start_time, id);
CREATE INDEX ix_flow_run__state_type_start_or_expected ON flow_run (state_type, start_or_expected, id);
CREATE INDEX ix_flow_run__state_name ON flow_run (state_name);
CREATE INDEX ix_flow_run__unstarted ON flow_run (next_scheduled_start_time) WHERE state_type = 'SCHEDULED' AND state_name = 'Scheduled';
CREATE INDEX ix_flow_run__deployment_id ON flow_run (deployment_id, state_type) WHERE deployment_id IS NOT NULL;
CREATE INDEX ix_flow_run__deployment_scheduled ON flow_run (deployment_id, next_scheduled_start_time) WHERE state_type = 'SCHEDULED';
CREATE INDEX ix_flow_run__work_queue_id ON flow_run (work_queue_id) WHERE work_queue_id IS NOT NULL;
CREATE INDEX ix_flow_run__work_queue_scheduled ON flow_run (work_queue_id, next_scheduled_start_time) WHERE state_type = 'SCHEDULED';
CREATE INDEX ix_flow_run__work_queue_busy ON flow_run (work_queue_id) WHERE state_type IN ('PENDING', 'RUNNING', 'CANCELLING');
CREATE INDEX ix_flow_run__work_queue_name ON flow_run (work_queue_name) WHERE work_queue_name IS NOT NULL;
CREATE INDEX ix_flow_run__parent_task_run_id ON flow_run (parent_task_run_id) WHERE parent_task_run_id IS NOT NULL;
CREATE INDEX ix_flow_run__subflow_state ON flow_run (state_type, parent_task_run_id) WHERE parent_task_run_id IS NOT NULL;
CREATE INDEX ix_flow_run__idempotency_key ON flow_run (idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX ix_flow_run__concurrency_limit_id ON flow_run (concurrency_limit_id) WHERE concurrency_limit_id IS NOT NULL;
CREATE INDEX ix_flow_run__created_by ON flow_run (created_by ->> 'id') WHERE created_by IS NOT NULL;

CREATE TABLE flow_run_tag (
  tag TEXT NOT NULL,
  flow_run_id TEXT NOT NULL REFERENCES flow_run (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, flow_run_id)
) WITHOUT ROWID;
CREATE INDEX ix_flow_run_tag__flow_run_id ON flow_run_tag (flow_run_id);

CREATE TABLE artifact (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  key TEXT,
  type TEXT,
  data TEXT,
  description TEXT,
  metadata_ TEXT,
  flow_run_id TEXT,
  task_run_id TEXT
);
CREATE INDEX ix_artifact__key ON artifact (key, id) WHERE key IS NOT NULL;
CREATE INDEX ix_artifact__flow_run_id ON artifact (flow_run_id) WHERE flow_run_id IS NOT NULL;
CREATE INDEX ix_artifact__task_run_id ON artifact (task_run_id) WHERE task_run_id IS NOT NULL;

-- data: a result told by an event; results of transitions live in the artifact, and go with it.
CREATE TABLE flow_run_state (
  id TEXT PRIMARY KEY NOT NULL,
  flow_run_id TEXT NOT NULL REFERENCES flow_run (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  message TEXT,
  data TEXT,
  state_details TEXT NOT NULL DEFAULT '{}',
  result_artifact_id TEXT REFERENCES artifact (id) ON DELETE SET NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX uq_flow_run_state__flow_run_id_timestamp ON flow_run_state (flow_run_id, timestamp);
CREATE INDEX ix_flow_run_state__result_artifact_id ON flow_run_state (result_artifact_id) WHERE result_artifact_id IS NOT NULL;

CREATE TABLE flow_run_input (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  flow_run_id TEXT NOT NULL REFERENCES flow_run (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  value TEXT NOT NULL,
  sender TEXT
);
CREATE UNIQUE INDEX uq_flow_run_input__flow_run_id_key ON flow_run_input (flow_run_id, key);

CREATE TABLE task_run (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  flow_run_id TEXT REFERENCES flow_run (id) ON DELETE CASCADE,
  task_key TEXT NOT NULL,
  dynamic_key TEXT NOT NULL,
  cache_key TEXT,
  cache_expiration INTEGER,
  task_version TEXT,
  empirical_policy TEXT NOT NULL DEFAULT '{}',
  tags TEXT NOT NULL DEFAULT '[]',
  labels TEXT,
  task_inputs TEXT NOT NULL DEFAULT '{}',
  state_id TEXT,
  state_type TEXT,
  state_name TEXT,
  state_timestamp INTEGER,
  run_count INTEGER NOT NULL DEFAULT 0,
  flow_run_run_count INTEGER NOT NULL DEFAULT 0,
  expected_start_time INTEGER,
  next_scheduled_start_time INTEGER,
  start_time INTEGER,
  end_time INTEGER,
  total_run_time INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX uq_task_run__flow_run_id_task_key_dynamic_key ON task_run (flow_run_id, task_key, dynamic_key) WHERE flow_run_id IS NOT NULL;
CREATE INDEX ix_task_run__task_key_dynamic_key ON task_run (task_key, dynamic_key) WHERE flow_run_id IS NULL;
CREATE INDEX ix_task_run__name ON task_run (name, id);
CREATE INDEX ix_task_run__expected_start_time ON task_run (expected_start_time, id);
CREATE INDEX ix_task_run__start_time ON task_run (start_time, id);
CREATE INDEX ix_task_run__end_time ON task_run (end_time, id);
CREATE INDEX ix_task_run__next_scheduled_start_time ON task_run (next_scheduled_start_time, id);
CREATE INDEX ix_task_run__state_type ON task_run (state_type, expected_start_time, id);
CREATE INDEX ix_task_run__state_name ON task_run (state_name);

CREATE TABLE task_run_tag (
  tag TEXT NOT NULL,
  task_run_id TEXT NOT NULL REFERENCES task_run (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, task_run_id)
) WITHOUT ROWID;
CREATE INDEX ix_task_run_tag__task_run_id ON task_run_tag (task_run_id);

CREATE TABLE task_run_state (
  id TEXT PRIMARY KEY NOT NULL,
  task_run_id TEXT NOT NULL REFERENCES task_run (id) ON DELETE CASCADE,
  type TEXT NOT NULL,
  name TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  message TEXT,
  data TEXT,
  state_details TEXT NOT NULL DEFAULT '{}',
  result_artifact_id TEXT REFERENCES artifact (id) ON DELETE SET NULL
) WITHOUT ROWID;
CREATE UNIQUE INDEX uq_task_run_state__task_run_id_timestamp ON task_run_state (task_run_id, timestamp);
CREATE INDEX ix_task_run_state__result_artifact_id ON task_run_state (result_artifact_id) WHERE result_artifact_id IS NOT NULL;

CREATE TABLE task_run_state_cache (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  cache_key TEXT NOT NULL,
  cache_expiration INTEGER,
  task_run_state_id TEXT NOT NULL
);
CREATE INDEX ix_task_run_state_cache__cache_key ON task_run_state_cache (cache_key, created);

-- position is the order of arrival. There is one writer at a time and a number is never used again, so a reader that has seen
-- number n has missed none below it: that is what the live streams of logs and events go by.
CREATE TABLE log (
  position INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL,
  created INTEGER NOT NULL,
  name TEXT NOT NULL,
  level INTEGER NOT NULL,
  message TEXT NOT NULL,
  timestamp INTEGER NOT NULL,
  flow_run_id TEXT,
  task_run_id TEXT
);
CREATE INDEX ix_log__timestamp ON log (timestamp);
CREATE INDEX ix_log__flow_run_id_timestamp ON log (flow_run_id, timestamp) WHERE flow_run_id IS NOT NULL;
CREATE INDEX ix_log__task_run_id_timestamp ON log (task_run_id, timestamp) WHERE task_run_id IS NOT NULL;

CREATE TABLE event (
  position INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL,
  id TEXT NOT NULL,
  occurred INTEGER NOT NULL,
  received INTEGER NOT NULL,
  event TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  resource TEXT NOT NULL,
  related TEXT NOT NULL DEFAULT '[]',
  payload TEXT NOT NULL DEFAULT '{}',
  follows TEXT
);
CREATE UNIQUE INDEX uq_event__id ON event (id);
-- Names and resources stand in the index of times, so that a window is searched and counted by prefixes without its rows.
CREATE INDEX ix_event__occurred ON event (occurred, event, resource_id);
CREATE INDEX ix_event__event_occurred ON event (event, occurred);
CREATE INDEX ix_event__resource_id_occurred ON event (resource_id, occurred);

-- Where an event is found by its related resources; the primary one stands on the event, and all labels do. position is the event's.
CREATE TABLE event_related (
  resource_id TEXT NOT NULL,
  occurred INTEGER NOT NULL,
  position INTEGER NOT NULL REFERENCES event (position) ON DELETE CASCADE,
  role TEXT NOT NULL,
  PRIMARY KEY (resource_id, occurred, position, role)
) WITHOUT ROWID;
CREATE INDEX ix_event_related__position ON event_related (position);
CREATE INDEX ix_event_related__role_occurred ON event_related (role, occurred, position);

-- Events of task runs whose flow run is not there yet: tried again for a while.
CREATE TABLE task_run_event_backlog (
  event_id TEXT PRIMARY KEY NOT NULL,
  flow_run_id TEXT NOT NULL,
  added INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX ix_task_run_event_backlog__added ON task_run_event_backlog (added);

CREATE TABLE configuration (
  key TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  value TEXT NOT NULL
);

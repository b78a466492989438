-- Notification policies of flow runs (3.3.0), and what they have queued.
CREATE TABLE flow_run_notification_policy (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  is_active INTEGER NOT NULL DEFAULT 1,
  state_names TEXT NOT NULL,
  tags TEXT NOT NULL,
  block_document_id TEXT NOT NULL REFERENCES block_document (id) ON DELETE CASCADE,
  message_template TEXT
);
CREATE INDEX ix_flow_run_notification_policy__block_document_id ON flow_run_notification_policy (block_document_id);
-- State transitions ask whether there is an active policy at all.
CREATE INDEX ix_flow_run_notification_policy__active ON flow_run_notification_policy (is_active) WHERE is_active = 1;

-- Written in the batch of the state. due: when it may be sent, 0 for at once; who takes it moves it on, so that it is sent again where its
-- sender stops. sent: how many of its requests were answered. No foreign key to the state: what has gone is found when it is sent.
CREATE TABLE flow_run_notification (
  policy_id TEXT NOT NULL REFERENCES flow_run_notification_policy (id) ON DELETE CASCADE,
  flow_run_state_id TEXT NOT NULL,
  due INTEGER NOT NULL DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  sent INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (policy_id, flow_run_state_id)
) WITHOUT ROWID;
CREATE INDEX ix_flow_run_notification__due ON flow_run_notification (due, flow_run_state_id);

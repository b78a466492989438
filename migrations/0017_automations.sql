-- Automations; `trigger` and the actions are as they are shown.
CREATE TABLE automation (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  description TEXT NOT NULL DEFAULT '',
  enabled INTEGER NOT NULL DEFAULT 1,
  tags TEXT NOT NULL DEFAULT '[]',
  trigger TEXT NOT NULL,
  actions TEXT NOT NULL DEFAULT '[]',
  actions_on_trigger TEXT NOT NULL DEFAULT '[]',
  actions_on_resolve TEXT NOT NULL DEFAULT '[]'
);
CREATE INDEX ix_automation__name ON automation (name, id);
CREATE INDEX ix_automation__created ON automation (created, id);
CREATE INDEX ix_automation__updated ON automation (updated, id);

CREATE TABLE automation_tag (
  tag TEXT NOT NULL,
  automation_id TEXT NOT NULL REFERENCES automation (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, automation_id)
) WITHOUT ROWID;
CREATE INDEX ix_automation_tag__automation_id ON automation_tag (automation_id);

-- Resources that an automation acts on (its deployments), or that own it.
CREATE TABLE automation_related_resource (
  automation_id TEXT NOT NULL REFERENCES automation (id) ON DELETE CASCADE,
  resource_id TEXT NOT NULL,
  owned INTEGER NOT NULL DEFAULT 0,
  PRIMARY KEY (resource_id, automation_id)
) WITHOUT ROWID;
CREATE INDEX ix_automation_related_resource__automation_id ON automation_related_resource (automation_id);

-- What fired, with the automation as it was then, as long as one of its actions waits or has failed. Written in the batch that moves the
-- evaluation on. No foreign key: what has fired is done also where its automation has gone.
CREATE TABLE automation_firing (
  id TEXT PRIMARY KEY NOT NULL,
  automation_id TEXT NOT NULL,
  triggered INTEGER NOT NULL,
  automation TEXT NOT NULL,
  firing TEXT NOT NULL,
  triggered_event_id TEXT NOT NULL
);
CREATE INDEX ix_automation_firing__automation_id ON automation_firing (automation_id);

-- The actions of firings that are to be done. due: when it may be done, 0 for at once; who takes it moves it on, so that it is done again
-- where its worker stops; null: given up (dead letter), with its reason.
CREATE TABLE automation_action (
  invocation TEXT PRIMARY KEY NOT NULL,
  firing_id TEXT NOT NULL REFERENCES automation_firing (id) ON DELETE CASCADE,
  action_index INTEGER NOT NULL,
  on_trigger INTEGER NOT NULL DEFAULT 0,
  action TEXT NOT NULL,
  due INTEGER DEFAULT 0,
  attempts INTEGER NOT NULL DEFAULT 0,
  reason TEXT
);
CREATE INDEX ix_automation_action__due ON automation_action (due, invocation) WHERE due IS NOT NULL;
CREATE INDEX ix_automation_action__firing_id ON automation_action (firing_id);

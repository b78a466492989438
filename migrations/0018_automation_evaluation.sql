-- How far the stored events are evaluated: up to and with position; of the next event those automations up to automation_id, too. Each
-- commit of an evaluator and each change of an automation moves the version on, and who has read an older one changes nothing.
-- time and updated: the clock of events (`prefect/server/events/triggers.py get_events_clock_offset`).
CREATE TABLE automation_cursor (
  id INTEGER PRIMARY KEY NOT NULL CHECK (id = 1),
  position INTEGER NOT NULL,
  automation_id TEXT NOT NULL DEFAULT '',
  version INTEGER NOT NULL DEFAULT 0,
  time INTEGER,
  updated INTEGER
);
INSERT INTO automation_cursor (id, position) SELECT 1, coalesce(max(position), 0) FROM event;

-- Every trigger, those within composite ones, too. since: it is evaluated for events behind this position; null while its automation is
-- disabled. due: when a Proactive trigger is evaluated next.
CREATE TABLE automation_trigger (
  id TEXT PRIMARY KEY NOT NULL,
  automation_id TEXT NOT NULL REFERENCES automation (id) ON DELETE CASCADE,
  since INTEGER,
  due INTEGER
) WITHOUT ROWID;
CREATE INDEX ix_automation_trigger__automation_id ON automation_trigger (automation_id);
CREATE INDEX ix_automation_trigger__due ON automation_trigger (due) WHERE due IS NOT NULL;

-- What enabled event triggers are found by: the name of an event (wild: how it begins), and the id of a resource of it, '' for any.
CREATE TABLE automation_trigger_name (
  wild INTEGER NOT NULL,
  name TEXT NOT NULL,
  resource_id TEXT NOT NULL,
  automation_id TEXT NOT NULL,
  trigger_id TEXT NOT NULL REFERENCES automation_trigger (id) ON DELETE CASCADE,
  PRIMARY KEY (wild, name, resource_id, automation_id, trigger_id)
) WITHOUT ROWID;
CREATE INDEX ix_automation_trigger_name__trigger_id ON automation_trigger_name (trigger_id);

-- satisfied: of a Proactive trigger that has counted enough events.
CREATE TABLE automation_bucket (
  trigger_id TEXT NOT NULL REFERENCES automation_trigger (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  start INTEGER NOT NULL,
  "end" INTEGER NOT NULL,
  count INTEGER NOT NULL,
  satisfied INTEGER NOT NULL DEFAULT 0,
  last TEXT,
  PRIMARY KEY (trigger_id, key)
);
CREATE INDEX ix_automation_bucket__end ON automation_bucket ("end");
CREATE INDEX ix_automation_bucket__trigger_id_end ON automation_bucket (trigger_id, "end") WHERE satisfied = 0;
CREATE INDEX ix_automation_bucket__satisfied ON automation_bucket (trigger_id) WHERE satisfied = 1;

-- When events occurred that Proactive triggers expect after others, for windows that are opened later; until: how long they are kept.
CREATE TABLE automation_held (
  trigger_id TEXT NOT NULL REFERENCES automation_trigger (id) ON DELETE CASCADE,
  key TEXT NOT NULL,
  held TEXT NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (trigger_id, key)
);
CREATE INDEX ix_automation_held__until ON automation_held (until);

-- Firings that composite triggers have collected, in their order.
CREATE TABLE automation_collected (
  trigger_id TEXT PRIMARY KEY NOT NULL REFERENCES automation_trigger (id) ON DELETE CASCADE,
  firings TEXT NOT NULL
);

-- Events before the cursor that wait for the one that they follow.
CREATE TABLE automation_waiting (
  event_id TEXT PRIMARY KEY NOT NULL,
  position INTEGER NOT NULL,
  leader TEXT NOT NULL,
  received INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX ix_automation_waiting__leader ON automation_waiting (leader);
CREATE INDEX ix_automation_waiting__received ON automation_waiting (received);

-- An evaluator that has read a deleted automation reads again.
CREATE TRIGGER tr_automation__deleted AFTER DELETE ON automation
BEGIN UPDATE automation_cursor SET version = version + 1; END;

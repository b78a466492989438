-- What takes actions in turn between automations, the requests of a notification that were answered, and the list of dead letters.
ALTER TABLE automation_action ADD COLUMN automation_id TEXT NOT NULL DEFAULT '';
ALTER TABLE automation_action ADD COLUMN sent INTEGER NOT NULL DEFAULT 0;
CREATE INDEX ix_automation_action__automation_id_due ON automation_action (automation_id, due, invocation) WHERE due IS NOT NULL;
CREATE INDEX ix_automation_action__dead ON automation_action (invocation) WHERE due IS NULL;
DROP INDEX ix_automation_action__due;

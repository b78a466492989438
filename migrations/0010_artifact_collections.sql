-- The latest artifact of each key, kept by the writes of artifacts.
CREATE TABLE artifact_collection (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  key TEXT NOT NULL,
  latest_id TEXT NOT NULL,
  type TEXT,
  data TEXT,
  description TEXT,
  metadata_ TEXT,
  flow_run_id TEXT,
  task_run_id TEXT
);
CREATE UNIQUE INDEX uq_artifact_collection__key ON artifact_collection (key);
CREATE INDEX ix_artifact_collection__latest_id ON artifact_collection (latest_id);
CREATE INDEX ix_artifact_collection__created ON artifact_collection (created, id);
CREATE INDEX ix_artifact_collection__updated ON artifact_collection (updated, id);

DROP INDEX ix_artifact__key;
CREATE INDEX ix_artifact__key ON artifact (key, created, id) WHERE key IS NOT NULL;
CREATE INDEX ix_artifact__created ON artifact (created, id);
CREATE INDEX ix_artifact__updated ON artifact (updated, id);

-- Results of states with a key stand there since version 1.
INSERT INTO artifact_collection (id, created, updated, key, latest_id, type, data, description, metadata_, flow_run_id, task_run_id)
SELECT lower(hex(randomblob(4)) || '-' || hex(randomblob(2)) || '-4' || substr(hex(randomblob(2)), 2) || '-a' || substr(hex(randomblob(2)), 2) || '-' || hex(randomblob(6))),
  a.created, a.updated, a.key, a.id, a.type, a.data, a.description, a.metadata_, a.flow_run_id, a.task_run_id
FROM artifact a
WHERE a.key IS NOT NULL AND a.id = (SELECT n.id FROM artifact n WHERE n.key = a.key ORDER BY n.created DESC, n.id DESC LIMIT 1);

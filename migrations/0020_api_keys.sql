-- Keys of people and machines: hash is the SHA-256 of the key, which is stored nowhere. Revoked and expired keys stay until there are too many.
CREATE TABLE api_key (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  name TEXT NOT NULL,
  role TEXT NOT NULL,
  hash TEXT NOT NULL,
  prefix TEXT NOT NULL,
  expires INTEGER,
  last_used INTEGER,
  created_by TEXT,
  revoked INTEGER
);
CREATE UNIQUE INDEX uq_api_key__hash ON api_key (hash);
CREATE INDEX ix_api_key__created ON api_key (created, id);

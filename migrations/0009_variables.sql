CREATE TABLE variable (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  value TEXT,
  tags TEXT NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX uq_variable__name ON variable (name);
CREATE INDEX ix_variable__created ON variable (created, id);
CREATE INDEX ix_variable__updated ON variable (updated, id);

CREATE TABLE variable_tag (
  tag TEXT NOT NULL,
  variable_id TEXT NOT NULL REFERENCES variable (id) ON DELETE CASCADE,
  PRIMARY KEY (tag, variable_id)
) WITHOUT ROWID;
CREATE INDEX ix_variable_tag__variable_id ON variable_tag (variable_id);

CREATE TABLE saved_search (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  filters TEXT NOT NULL DEFAULT '[]'
);
CREATE UNIQUE INDEX uq_saved_search__name ON saved_search (name);

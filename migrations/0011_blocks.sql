-- Blocks: types, their schemas and documents. A schema's links to nested ones and a document's to others stand in tables of their own:
-- answers are put together from them.
CREATE TABLE block_type (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  slug TEXT NOT NULL,
  logo_url TEXT,
  documentation_url TEXT,
  description TEXT,
  code_example TEXT,
  is_protected INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX uq_block_type__slug ON block_type (slug);
CREATE INDEX ix_block_type__name ON block_type (name, id);

CREATE TABLE block_schema (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  checksum TEXT NOT NULL,
  fields TEXT NOT NULL,
  capabilities TEXT NOT NULL DEFAULT '[]',
  version TEXT NOT NULL,
  block_type_id TEXT NOT NULL REFERENCES block_type (id) ON DELETE CASCADE
);
CREATE UNIQUE INDEX uq_block_schema__checksum_version ON block_schema (checksum, version);
CREATE INDEX ix_block_schema__block_type_id_created ON block_schema (block_type_id, created);
CREATE INDEX ix_block_schema__created ON block_schema (created, id);

CREATE TABLE block_schema_reference (
  parent_id TEXT NOT NULL REFERENCES block_schema (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  child_id TEXT NOT NULL REFERENCES block_schema (id) ON DELETE CASCADE,
  PRIMARY KEY (parent_id, name, child_id)
) WITHOUT ROWID;
CREATE INDEX ix_block_schema_reference__child_id ON block_schema_reference (child_id);

-- data: as it is shown, with masks for secrets; secrets: all of it, encrypted, null where nothing of it is secret.
CREATE TABLE block_document (
  id TEXT PRIMARY KEY NOT NULL,
  created INTEGER NOT NULL,
  updated INTEGER NOT NULL,
  name TEXT NOT NULL,
  data TEXT NOT NULL DEFAULT '{}',
  secrets TEXT,
  block_schema_id TEXT NOT NULL REFERENCES block_schema (id) ON DELETE CASCADE,
  block_type_id TEXT NOT NULL REFERENCES block_type (id) ON DELETE CASCADE,
  is_anonymous INTEGER NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX uq_block_document__block_type_id_name ON block_document (block_type_id, name);
CREATE INDEX ix_block_document__name ON block_document (name, id);
CREATE INDEX ix_block_document__block_schema_id ON block_document (block_schema_id);
CREATE INDEX ix_block_document__secrets ON block_document (id) WHERE secrets IS NOT NULL;

CREATE TABLE block_document_reference (
  parent_id TEXT NOT NULL REFERENCES block_document (id) ON DELETE CASCADE,
  name TEXT NOT NULL,
  child_id TEXT NOT NULL REFERENCES block_document (id) ON DELETE CASCADE,
  PRIMARY KEY (parent_id, name)
) WITHOUT ROWID;
CREATE INDEX ix_block_document_reference__child_id ON block_document_reference (child_id);

-- A deployment goes with the blocks it refers to, the default result storage with its block. A document also goes with its schema or type,
-- and cascades fire triggers.
CREATE INDEX ix_deployment__infrastructure_document_id ON deployment (infrastructure_document_id) WHERE infrastructure_document_id IS NOT NULL;
CREATE INDEX ix_deployment__storage_document_id ON deployment (storage_document_id) WHERE storage_document_id IS NOT NULL;
CREATE TRIGGER tr_block_document__deleted AFTER DELETE ON block_document BEGIN DELETE FROM deployment WHERE infrastructure_document_id = old.id; DELETE FROM deployment WHERE storage_document_id = old.id; DELETE FROM configuration WHERE key = 'default_result_storage_block_id' AND value = '"' || old.id || '"'; END;

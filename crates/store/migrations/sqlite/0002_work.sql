-- Days are ISO 8601 text (`2026-03-06`); times are microseconds since 1970-01-01 UTC.
CREATE TABLE import (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('universe', 'residents')),
  file_name TEXT NOT NULL, sha256 TEXT NOT NULL, bytes BIGINT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
  rows_read BIGINT NOT NULL DEFAULT 0, accepted BIGINT NOT NULL DEFAULT 0, rejected BIGINT NOT NULL DEFAULT 0,
  changed BIGINT NOT NULL DEFAULT 0, error TEXT, made_by TEXT NOT NULL,
  created_at BIGINT NOT NULL, started_at BIGINT, updated_at BIGINT NOT NULL, finished_at BIGINT
);
CREATE INDEX import_waiting ON import (state, id) WHERE state IN ('queued', 'running');
CREATE INDEX import_sha256 ON import (sha256);

CREATE TABLE resident (
  id INTEGER PRIMARY KEY, company_key TEXT NOT NULL, name TEXT NOT NULL, since TEXT,
  import BIGINT REFERENCES import (id), created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE UNIQUE INDEX resident_open ON resident (company_key) WHERE ended_at IS NULL;
CREATE INDEX resident_name ON resident (name);

CREATE TABLE column_mapping (
  heading TEXT PRIMARY KEY, field TEXT, made_by TEXT NOT NULL, updated_at BIGINT NOT NULL
);

CREATE TABLE refusal (
  id INTEGER PRIMARY KEY, company_key TEXT NOT NULL, name TEXT NOT NULL, segment TEXT, reason TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, until TEXT, ended_at BIGINT
);
CREATE INDEX refusal_open ON refusal (id) WHERE ended_at IS NULL;

CREATE TABLE chain_file (
  id INTEGER PRIMARY KEY, chain TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL,
  source TEXT NOT NULL CHECK (source IN ('built_in', 'uploaded')), enabled BOOLEAN NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE UNIQUE INDEX chain_file_current ON chain_file (chain) WHERE ended_at IS NULL;

CREATE TABLE leader (
  id INTEGER PRIMARY KEY, chain TEXT NOT NULL, company_key TEXT NOT NULL, name TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE UNIQUE INDEX leader_open ON leader (chain, company_key) WHERE ended_at IS NULL;

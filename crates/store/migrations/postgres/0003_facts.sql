-- More roles, and the unit (部门) a person belongs to.
CREATE TABLE unit (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL, ended_at BIGINT);
ALTER TABLE person DROP CONSTRAINT person_role_check;
ALTER TABLE person ADD CONSTRAINT person_role_check CHECK (role IN ('administrator', 'security', 'auditor', 'director', 'officer', 'land', 'capital', 'service', 'reviewer'));
ALTER TABLE person ADD COLUMN unit BIGINT REFERENCES unit (id);

-- What can be said of a project is a list of facts, each dated twice; what is seen of it is folded from them and never stored.
-- `counts` is the day a fact counts in statistics (统计时间), `effective` the day it happened. A fact is never changed: another corrects it.
CREATE TABLE project (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, code TEXT NOT NULL UNIQUE, made_by TEXT NOT NULL, created_at BIGINT NOT NULL);
CREATE TABLE fact (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project BIGINT NOT NULL REFERENCES project (id), kind TEXT NOT NULL,
  effective TEXT NOT NULL, counts TEXT NOT NULL, amount BIGINT, currency TEXT, text TEXT,
  corrects BIGINT UNIQUE REFERENCES fact (id), reason TEXT, made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX fact_project ON fact (project, id);
CREATE INDEX fact_recorded ON fact (recorded_at, id);
CREATE INDEX fact_counts ON fact (kind, counts, project);
-- A file is known by the SHA-256 of its bytes and kept beside the database.
CREATE TABLE file (
  sha256 TEXT PRIMARY KEY, name TEXT NOT NULL, kind TEXT NOT NULL, bytes BIGINT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE TABLE fact_file (
  fact BIGINT NOT NULL REFERENCES fact (id), sha256 TEXT NOT NULL REFERENCES file (sha256), PRIMARY KEY (fact, sha256)
);
CREATE INDEX fact_file_sha256 ON fact_file (sha256);
-- Exchange rates: millionths of a yuan for one unit, from a day on; a later row for the same day corrects the earlier.
CREATE TABLE rate (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, currency TEXT NOT NULL, since TEXT NOT NULL, micro_yuan BIGINT NOT NULL, source TEXT NOT NULL,
  made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX rate_day ON rate (currency, since, id);

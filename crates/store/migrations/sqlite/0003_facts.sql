-- More roles, and the unit (部门) a person belongs to. SQLite cannot change a CHECK, so `person` and what refers to it are made anew.
CREATE TABLE unit (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, created_at BIGINT NOT NULL, ended_at BIGINT);
CREATE TABLE kept_link AS SELECT * FROM login_link;
CREATE TABLE kept_session AS SELECT * FROM session;
DROP TABLE login_link;
DROP TABLE session;
CREATE TABLE person_new (
  id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'security', 'auditor', 'director', 'officer', 'land', 'capital', 'service', 'reviewer')),
  unit BIGINT REFERENCES unit (id),
  password_hash TEXT, lang TEXT NOT NULL CHECK (lang IN ('zh', 'en')), large_text BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL, ended_at BIGINT
);
INSERT INTO person_new (id, login, name, role, password_hash, lang, large_text, created_at, ended_at)
  SELECT id, login, name, role, password_hash, lang, large_text, created_at, ended_at FROM person;
DROP TABLE person;
ALTER TABLE person_new RENAME TO person;
CREATE TABLE login_link (
  token_hash BLOB PRIMARY KEY, person BIGINT NOT NULL REFERENCES person (id),
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
);
CREATE TABLE session (
  token_hash BLOB PRIMARY KEY, person BIGINT NOT NULL REFERENCES person (id), csrf BLOB NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT
);
INSERT INTO login_link SELECT * FROM kept_link;
INSERT INTO session SELECT * FROM kept_session;
DROP TABLE kept_link;
DROP TABLE kept_session;
CREATE INDEX session_open ON session (person) WHERE ended_at IS NULL;

-- What can be said of a project is a list of facts, each dated twice; what is seen of it is folded from them and never stored.
-- `counts` is the day a fact counts in statistics (统计时间), `effective` the day it happened. A fact is never changed: another corrects it.
CREATE TABLE project (id INTEGER PRIMARY KEY, code TEXT NOT NULL UNIQUE, made_by TEXT NOT NULL, created_at BIGINT NOT NULL);
CREATE TABLE fact (
  id INTEGER PRIMARY KEY, project BIGINT NOT NULL REFERENCES project (id), kind TEXT NOT NULL,
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
  id INTEGER PRIMARY KEY, currency TEXT NOT NULL, since TEXT NOT NULL, micro_yuan BIGINT NOT NULL, source TEXT NOT NULL,
  made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX rate_day ON rate (currency, since, id);

-- Times are microseconds since 1970-01-01 UTC. Nothing is deleted: a row is ended.
CREATE TABLE journal (
  seq BIGINT PRIMARY KEY, at BIGINT NOT NULL, actor TEXT NOT NULL, action TEXT NOT NULL, subject TEXT NOT NULL,
  before TEXT, after TEXT, prev_hash BYTEA NOT NULL, hash BYTEA NOT NULL
);
-- One row: the end of the chain. Every writer updates it first, so writers queue here.
CREATE TABLE journal_head (id BIGINT PRIMARY KEY CHECK (id = 1), seq BIGINT NOT NULL, hash BYTEA NOT NULL);
INSERT INTO journal_head (id, seq, hash) VALUES (1, 0, decode(repeat('00', 32), 'hex'));

CREATE TABLE person (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('administrator', 'director', 'officer', 'auditor')),
  password_hash TEXT, lang TEXT NOT NULL CHECK (lang IN ('zh', 'en')), large_text BOOLEAN NOT NULL,
  created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE TABLE login_link (
  token_hash BYTEA PRIMARY KEY, person BIGINT NOT NULL REFERENCES person (id),
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, used_at BIGINT
);
CREATE TABLE session (
  token_hash BYTEA PRIMARY KEY, person BIGINT NOT NULL REFERENCES person (id), csrf BYTEA NOT NULL,
  created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE INDEX session_open ON session (person) WHERE ended_at IS NULL;
CREATE TABLE zone (
  id BIGINT PRIMARY KEY CHECK (id = 1), version BIGINT NOT NULL, settings TEXT NOT NULL, updated_at BIGINT NOT NULL
);

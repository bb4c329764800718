-- A role holds once it is confirmed; a session ends when nobody has used it for a while; programs come with tokens.
ALTER TABLE person ADD COLUMN confirmed BOOLEAN NOT NULL DEFAULT TRUE;
ALTER TABLE session ADD COLUMN seen_at BIGINT NOT NULL DEFAULT 0;
UPDATE session SET seen_at = created_at;
-- Only the SHA-256 of a token is kept. `actions` are the words of what it may do, separated by spaces; `used_on` is an ISO day.
CREATE TABLE token (
  id INTEGER PRIMARY KEY, token_hash BLOB NOT NULL UNIQUE, person BIGINT NOT NULL REFERENCES person (id),
  name TEXT NOT NULL, actions TEXT NOT NULL, created_at BIGINT NOT NULL, expires_at BIGINT NOT NULL,
  used_on TEXT, ended_at BIGINT
);
CREATE INDEX token_person ON token (person, id);

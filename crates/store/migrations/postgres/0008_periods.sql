-- Closed periods of reporting. No total is kept: what is needed to compute the report again, and the hash of its bytes.
-- `month` is NULL for a year. `definitions` is the TOML of every definition as it was in force. `sha256` is NULL until the report is sealed.
CREATE TABLE period (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, year BIGINT NOT NULL, month BIGINT, edition BIGINT NOT NULL, cut_off BIGINT NOT NULL, judged_on TEXT NOT NULL,
  definitions TEXT NOT NULL, sha256 TEXT, replaces BIGINT UNIQUE REFERENCES period (id), made_by TEXT NOT NULL
);
CREATE UNIQUE INDEX period_edition ON period (year, COALESCE(month, 0), edition);
CREATE INDEX period_cut_off ON period (cut_off);
-- Versions of definitions that a zone put in force; the newest of a figure holds, before the one that comes with the program.
CREATE TABLE definition (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, figure TEXT NOT NULL, version TEXT NOT NULL, text TEXT NOT NULL, made_by TEXT NOT NULL, created_at BIGINT NOT NULL,
  UNIQUE (figure, version)
);

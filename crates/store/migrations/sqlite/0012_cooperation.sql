-- Zone with zone: what a partner shared last, leads handed over and received, whom we vouch for, and trust lists (ours under our own name).
-- `item` is the record of the framework. A lead that is received holds its JSON once it was fetched.
CREATE TABLE coop_file (
  item BIGINT NOT NULL UNIQUE REFERENCES item (id), sha256 TEXT NOT NULL, body TEXT NOT NULL, agreement TEXT NOT NULL, fetched_at BIGINT NOT NULL
);
CREATE TABLE coop_lead (
  id INTEGER PRIMARY KEY, item BIGINT NOT NULL REFERENCES item (id), direction TEXT NOT NULL CHECK (direction IN ('out', 'in')), urn TEXT NOT NULL UNIQUE,
  lead BIGINT REFERENCES lead (id), title TEXT NOT NULL, day TEXT NOT NULL, body TEXT, made_by TEXT NOT NULL, created_at BIGINT NOT NULL, taken_at BIGINT
);
CREATE INDEX coop_lead_item ON coop_lead (item, id);
CREATE TABLE trust_member (
  id INTEGER PRIMARY KEY, did TEXT NOT NULL UNIQUE, name TEXT NOT NULL, uscc TEXT NOT NULL, address TEXT NOT NULL, keys TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE TABLE trust_list (
  id INTEGER PRIMARY KEY, issuer TEXT NOT NULL UNIQUE, number BIGINT NOT NULL, body TEXT NOT NULL, created_at BIGINT NOT NULL
);

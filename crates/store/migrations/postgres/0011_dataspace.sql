-- The trusted data space: whom we know, what we publish, exchanges under the Dataspace Protocol with what is still to be sent, agreements and every use.
-- `data` of an exchange and `offer`, `policy` are JSON. A post holds its body until it is delivered, then it is emptied: a start carries a secret.
CREATE TABLE ds_peer (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, did TEXT NOT NULL UNIQUE, name TEXT NOT NULL, address TEXT NOT NULL, keys TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE TABLE ds_asset (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, urn TEXT NOT NULL UNIQUE, title TEXT NOT NULL, description TEXT NOT NULL, media TEXT NOT NULL,
  sha256 TEXT NOT NULL, bytes BIGINT NOT NULL, offer TEXT NOT NULL, made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT
);
CREATE TABLE ds_exchange (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('negotiation', 'transfer')), pid TEXT NOT NULL UNIQUE, other TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('provider', 'consumer')), peer TEXT NOT NULL, state TEXT NOT NULL, data TEXT NOT NULL, version BIGINT NOT NULL,
  created_at BIGINT NOT NULL, changed_at BIGINT NOT NULL
);
CREATE INDEX ds_exchange_other ON ds_exchange (kind, peer, other);
CREATE TABLE ds_agreement (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, urn TEXT NOT NULL UNIQUE, role TEXT NOT NULL CHECK (role IN ('provider', 'consumer')), peer TEXT NOT NULL,
  dataset TEXT NOT NULL, policy TEXT NOT NULL, signature TEXT NOT NULL, uses BIGINT NOT NULL, bytes BIGINT NOT NULL, created_at BIGINT NOT NULL,
  ended_at BIGINT, ended_why TEXT
);
CREATE TABLE ds_post (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, exchange BIGINT NOT NULL REFERENCES ds_exchange (id), name TEXT NOT NULL UNIQUE, address TEXT NOT NULL, path TEXT NOT NULL,
  body TEXT NOT NULL, tries BIGINT NOT NULL, next_at BIGINT NOT NULL, status BIGINT, said TEXT, created_at BIGINT NOT NULL, done_at BIGINT, failed_at BIGINT
);
CREATE INDEX ds_post_due ON ds_post (next_at) WHERE done_at IS NULL AND failed_at IS NULL;
CREATE TABLE ds_use (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, agreement BIGINT NOT NULL REFERENCES ds_agreement (id), at BIGINT NOT NULL, asker TEXT NOT NULL, purpose TEXT,
  allowed BOOLEAN NOT NULL, said TEXT NOT NULL, bytes BIGINT NOT NULL
);
CREATE INDEX ds_use_agreement ON ds_use (agreement, id);
CREATE TABLE ds_key (
  token_hash BYTEA PRIMARY KEY, exchange BIGINT NOT NULL REFERENCES ds_exchange (id), created_at BIGINT NOT NULL
);

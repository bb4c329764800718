-- Delivery of data: which transfer a use belongs to, how far it came and of which bytes, so that a broken one goes on without counting twice; copies that we
-- fetched; hosts to which a peer may have data pushed besides its own.
ALTER TABLE ds_use ADD COLUMN exchange BIGINT REFERENCES ds_exchange (id);
ALTER TABLE ds_use ADD COLUMN sha256 TEXT NOT NULL DEFAULT '';
ALTER TABLE ds_use ADD COLUMN whole BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ds_use ADD COLUMN reached BIGINT NOT NULL DEFAULT 0;
ALTER TABLE ds_use ADD COLUMN resumes BIGINT NOT NULL DEFAULT 0;
CREATE INDEX ds_use_exchange ON ds_use (exchange, id) WHERE exchange IS NOT NULL;
ALTER TABLE ds_peer ADD COLUMN push_hosts TEXT NOT NULL DEFAULT '';
-- Grows with every change of what is published, so that a catalogue that was made ready is known to be still right.
ALTER TABLE ds_asset ADD COLUMN changed BIGINT NOT NULL DEFAULT 0;
CREATE INDEX ds_asset_changed ON ds_asset (changed);
CREATE TABLE ds_copy (
  id INTEGER PRIMARY KEY, exchange BIGINT NOT NULL REFERENCES ds_exchange (id), agreement TEXT NOT NULL, sha256 TEXT NOT NULL, bytes BIGINT NOT NULL,
  media TEXT NOT NULL, made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT
);
CREATE INDEX ds_copy_exchange ON ds_copy (exchange, id);
-- A duty of an agreement that was done, with its note and the file that proves it. Which duties there are stands in the agreement itself.
CREATE TABLE ds_duty_done (
  id INTEGER PRIMARY KEY, agreement BIGINT NOT NULL REFERENCES ds_agreement (id), action TEXT NOT NULL, note TEXT NOT NULL, file TEXT,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, UNIQUE (agreement, action)
);

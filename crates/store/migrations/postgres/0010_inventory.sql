-- The inventory (载体 and what else a landing plan draws on): records whose every change is a dated row that is never changed, and who holds what.
-- `whole` is the record that this one is part of. `said` is the change as JSON; what stands on a day is folded and never stored.
CREATE TABLE item (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL, code TEXT NOT NULL, whole BIGINT REFERENCES item (id), project BIGINT REFERENCES project (id),
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT, UNIQUE (kind, code)
);
CREATE INDEX item_whole ON item (whole);
CREATE INDEX item_project ON item (project);
CREATE TABLE item_change (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item BIGINT NOT NULL REFERENCES item (id), effective TEXT NOT NULL, said TEXT NOT NULL,
  corrects BIGINT UNIQUE REFERENCES item_change (id), reason TEXT NOT NULL, made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX item_change_item ON item_change (item, id);
CREATE TABLE hold (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, item BIGINT NOT NULL REFERENCES item (id), project BIGINT NOT NULL REFERENCES project (id),
  manner TEXT NOT NULL CHECK (manner IN ('reserved', 'supplied', 'leased')), since TEXT NOT NULL, until TEXT, expires TEXT, note TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT
);
CREATE INDEX hold_item ON hold (item) WHERE ended_at IS NULL;
CREATE INDEX hold_project ON hold (project, id);
CREATE TRIGGER item_change_once BEFORE UPDATE OR DELETE ON item_change FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER item_change_kept BEFORE TRUNCATE ON item_change FOR EACH STATEMENT EXECUTE FUNCTION written_once();

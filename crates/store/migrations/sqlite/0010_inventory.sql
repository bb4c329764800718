-- The inventory (载体 and what else a landing plan draws on): records whose every change is a dated row that is never changed, and who holds what.
-- `whole` is the record that this one is part of. `said` is the change as JSON; what stands on a day is folded and never stored.
CREATE TABLE item (
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, code TEXT NOT NULL, whole BIGINT REFERENCES item (id), project BIGINT REFERENCES project (id),
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT, UNIQUE (kind, code)
);
CREATE INDEX item_whole ON item (whole);
CREATE INDEX item_project ON item (project);
CREATE TABLE item_change (
  id INTEGER PRIMARY KEY, item BIGINT NOT NULL REFERENCES item (id), effective TEXT NOT NULL, said TEXT NOT NULL,
  corrects BIGINT UNIQUE REFERENCES item_change (id), reason TEXT NOT NULL, made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX item_change_item ON item_change (item, id);
CREATE TABLE hold (
  id INTEGER PRIMARY KEY, item BIGINT NOT NULL REFERENCES item (id), project BIGINT NOT NULL REFERENCES project (id),
  manner TEXT NOT NULL CHECK (manner IN ('reserved', 'supplied', 'leased')), since TEXT NOT NULL, until TEXT, expires TEXT, note TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT
);
CREATE INDEX hold_item ON hold (item) WHERE ended_at IS NULL;
CREATE INDEX hold_project ON hold (project, id);
CREATE TRIGGER item_change_no_update BEFORE UPDATE ON item_change BEGIN SELECT RAISE(ABORT, 'a change is never changed: record another that corrects it'); END;
CREATE TRIGGER item_change_no_delete BEFORE DELETE ON item_change BEGIN SELECT RAISE(ABORT, 'a change is never deleted: record another that corrects it'); END;
CREATE TRIGGER item_change_no_replace BEFORE INSERT ON item_change WHEN EXISTS (SELECT 1 FROM item_change WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'a change is never changed: record another that corrects it'); END;

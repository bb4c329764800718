-- Events (活动), who came to them and what they cost; yearly targets; formulas of the assessment. Nothing is deleted: it is ended, or a later row holds.
CREATE TABLE event (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version BIGINT NOT NULL, title TEXT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('promotion', 'visit', 'delegation', 'other')), place BIGINT,
  start_day TEXT NOT NULL, end_day TEXT NOT NULL, unit BIGINT REFERENCES unit (id), purpose TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT
);
CREATE INDEX event_start ON event (start_day, id);
-- `company_key` is NULL while the name is only as written.
CREATE TABLE event_guest (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event BIGINT NOT NULL REFERENCES event (id), company_key TEXT, name TEXT NOT NULL, person TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('investor', 'intermediary', 'government', 'other')),
  brought_by BIGINT REFERENCES person (id), made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT
);
CREATE INDEX event_guest_event ON event_guest (event, id);
CREATE TABLE event_cost (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event BIGINT NOT NULL REFERENCES event (id), kind TEXT NOT NULL CHECK (kind IN ('budget', 'actual')),
  yuan BIGINT NOT NULL, day TEXT NOT NULL, note TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL, ended_at BIGINT, ended_why TEXT
);
CREATE INDEX event_cost_event ON event_cost (event, id);
-- Of the rows of one year, party and figure the last one holds.
CREATE TABLE goal (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, year BIGINT NOT NULL, party TEXT NOT NULL CHECK (party IN ('zone', 'unit', 'officer')), who BIGINT NOT NULL,
  figure TEXT NOT NULL, amount BIGINT NOT NULL, agreed TEXT NOT NULL, reason TEXT NOT NULL, made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX goal_year ON goal (year, id);
CREATE TABLE formula (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version TEXT NOT NULL UNIQUE, since TEXT NOT NULL, text TEXT NOT NULL, made_by TEXT NOT NULL, created_at BIGINT NOT NULL
);

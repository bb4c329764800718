-- Reviews at gates: a round asks several units at once; each answers for itself, and silence is no answer.
CREATE TABLE review_round (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, project BIGINT NOT NULL REFERENCES project (id), route TEXT NOT NULL,
  asked_on TEXT NOT NULL, note TEXT NOT NULL, made_by TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE INDEX review_round_project ON review_round (project, id);
CREATE TABLE review_ask (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, round BIGINT NOT NULL REFERENCES review_round (id), unit BIGINT NOT NULL REFERENCES unit (id),
  due TEXT NOT NULL, answer TEXT CHECK (answer IN ('pass', 'return')), reasons TEXT, answered_by TEXT, answered_at BIGINT,
  UNIQUE (round, unit)
);
CREATE INDEX review_ask_open ON review_ask (due, unit) WHERE answer IS NULL;

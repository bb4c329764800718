-- Leads (线索) and first contact: who claims which company, what was done, conflicts and credit. Nothing is deleted; what was settled stays.
-- `next_due` is the day of the first step that nobody has answered. `change` is the journal entry of the last change, so that what follows the leads in memory reads only what is new.
CREATE TABLE lead (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version BIGINT NOT NULL, change BIGINT NOT NULL,
  company_key TEXT NOT NULL, name TEXT NOT NULL, uscc TEXT, other_names TEXT NOT NULL, company_group TEXT,
  title TEXT NOT NULL, need TEXT NOT NULL, amount BIGINT, segment TEXT,
  officer BIGINT NOT NULL REFERENCES person (id), unit BIGINT REFERENCES unit (id),
  source TEXT NOT NULL CHECK (source IN ('target', 'event', 'visit', 'referral', 'inbound')), source_ref TEXT,
  contact_name TEXT NOT NULL, contact_phone TEXT NOT NULL,
  registered TEXT NOT NULL, protected_until TEXT NOT NULL, next_due TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'converted', 'released', 'expired')), ended TEXT, ended_why TEXT,
  project BIGINT REFERENCES project (id), made_by TEXT NOT NULL, created_at BIGINT NOT NULL, updated_at BIGINT NOT NULL
);
CREATE INDEX lead_officer ON lead (officer, state);
CREATE INDEX lead_unit ON lead (unit, state);
CREATE INDEX lead_due ON lead (next_due) WHERE state = 'open';
CREATE INDEX lead_change ON lead (change);
CREATE INDEX lead_protected ON lead (protected_until) WHERE state = 'open';
CREATE INDEX lead_project ON lead (project) WHERE project IS NOT NULL;
CREATE TABLE lead_token (lead BIGINT NOT NULL REFERENCES lead (id), token TEXT NOT NULL, PRIMARY KEY (token, lead));
CREATE INDEX lead_token_lead ON lead_token (lead);

CREATE TABLE contact (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead BIGINT NOT NULL REFERENCES lead (id),
  kind TEXT NOT NULL CHECK (kind IN ('call', 'visit', 'meeting', 'message', 'respond', 'judge', 'feedback', 'report', 'handover')),
  day TEXT NOT NULL, recorded TEXT NOT NULL, note TEXT NOT NULL,
  from_officer BIGINT REFERENCES person (id), to_officer BIGINT REFERENCES person (id),
  from_unit BIGINT REFERENCES unit (id), to_unit BIGINT REFERENCES unit (id),
  made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX contact_lead ON contact (lead, id);

-- A step that became overdue, or a protection that ended: recorded once for each level that was told.
CREATE TABLE lead_alert (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead BIGINT NOT NULL REFERENCES lead (id), step TEXT NOT NULL, nth BIGINT NOT NULL, level TEXT NOT NULL,
  due TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE UNIQUE INDEX lead_alert_once ON lead_alert (lead, step, nth, level);

-- A lead against an earlier lead, or against a project.
CREATE TABLE conflict (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, version BIGINT NOT NULL, lead BIGINT NOT NULL REFERENCES lead (id),
  other_lead BIGINT REFERENCES lead (id), other_project BIGINT REFERENCES project (id),
  kind TEXT NOT NULL CHECK (kind IN ('same_company', 'same_name', 'same_group', 'look_alike')),
  likeness BIGINT NOT NULL, reasons TEXT NOT NULL,
  state TEXT NOT NULL CHECK (state IN ('open', 'settled', 'appealed')), verdict TEXT,
  made_by TEXT NOT NULL, raised_at BIGINT NOT NULL, updated_at BIGINT NOT NULL
);
CREATE INDEX conflict_lead ON conflict (lead);
CREATE INDEX conflict_other ON conflict (other_lead);
CREATE INDEX conflict_waiting ON conflict (id) WHERE state <> 'settled';
-- What was said of a conflict, in order: settled, appealed, settled again.
CREATE TABLE conflict_step (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, conflict BIGINT NOT NULL REFERENCES conflict (id),
  kind TEXT NOT NULL CHECK (kind IN ('settled', 'appealed')), verdict TEXT, reason TEXT NOT NULL,
  made_by TEXT NOT NULL, recorded_at BIGINT NOT NULL
);
CREATE INDEX conflict_step_conflict ON conflict_step (conflict, id);

-- Agreements on who is credited: they count from the moment that both sides have confirmed.
CREATE TABLE agreement (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, lead BIGINT NOT NULL REFERENCES lead (id), conflict BIGINT REFERENCES conflict (id), since TEXT NOT NULL,
  side_a BIGINT NOT NULL REFERENCES person (id), side_b BIGINT NOT NULL REFERENCES person (id),
  confirmed_a BIGINT, confirmed_b BIGINT, ended_at BIGINT, ended_by TEXT, ended_why TEXT,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL
);
CREATE INDEX agreement_lead ON agreement (lead, id);
CREATE TABLE agreement_share (
  agreement BIGINT NOT NULL REFERENCES agreement (id), figure TEXT NOT NULL, party TEXT NOT NULL, who TEXT NOT NULL, per_mille BIGINT NOT NULL,
  PRIMARY KEY (agreement, figure, party, who)
);

-- Rules that a zone replaced: `calendar` (adds years to the notices that come with the program) and `clue` (the rule set of leads).
CREATE TABLE lead_rules (
  id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, kind TEXT NOT NULL CHECK (kind IN ('calendar', 'clue')), text TEXT NOT NULL,
  made_by TEXT NOT NULL, created_at BIGINT NOT NULL
);

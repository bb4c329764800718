-- From entry `sm3_from` on the journal is sealed with SM3 (GB/T 32905-2016); the entries before keep their SHA-256.
ALTER TABLE journal_head ADD COLUMN sm3_from BIGINT NOT NULL DEFAULT 1;
UPDATE journal_head SET sm3_from = seq + 1;
CREATE INDEX journal_at ON journal (at, seq);
CREATE INDEX journal_subject ON journal (subject, seq);

-- The journal and the facts are written once: nothing changes or deletes them, not even a statement typed by hand.
CREATE FUNCTION written_once() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION '% is written once: nothing changes or deletes it', TG_TABLE_NAME; END $$;
CREATE TRIGGER journal_once BEFORE UPDATE OR DELETE ON journal FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER journal_kept BEFORE TRUNCATE ON journal FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE TRIGGER journal_head_once BEFORE DELETE ON journal_head FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER journal_head_kept BEFORE TRUNCATE ON journal_head FOR EACH STATEMENT EXECUTE FUNCTION written_once();
CREATE TRIGGER fact_once BEFORE UPDATE OR DELETE ON fact FOR EACH ROW EXECUTE FUNCTION written_once();
CREATE TRIGGER fact_kept BEFORE TRUNCATE ON fact FOR EACH STATEMENT EXECUTE FUNCTION written_once();

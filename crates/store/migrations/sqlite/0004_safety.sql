-- From entry `sm3_from` on the journal is sealed with SM3 (GB/T 32905-2016); the entries before keep their SHA-256.
ALTER TABLE journal_head ADD COLUMN sm3_from BIGINT NOT NULL DEFAULT 1;
UPDATE journal_head SET sm3_from = seq + 1;
CREATE INDEX journal_at ON journal (at, seq);
CREATE INDEX journal_subject ON journal (subject, seq);

-- The journal and the facts are written once: nothing changes or deletes them, not even a statement typed by hand.
-- `INSERT OR REPLACE` deletes without a DELETE trigger, hence the third of each.
CREATE TRIGGER journal_no_update BEFORE UPDATE ON journal BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER journal_no_delete BEFORE DELETE ON journal BEGIN SELECT RAISE(ABORT, 'nothing is deleted from the journal'); END;
CREATE TRIGGER journal_no_replace BEFORE INSERT ON journal WHEN EXISTS (SELECT 1 FROM journal WHERE seq = NEW.seq)
  BEGIN SELECT RAISE(ABORT, 'the journal is never changed'); END;
CREATE TRIGGER journal_head_no_delete BEFORE DELETE ON journal_head BEGIN SELECT RAISE(ABORT, 'the end of the journal stays'); END;
CREATE TRIGGER fact_no_update BEFORE UPDATE ON fact BEGIN SELECT RAISE(ABORT, 'a fact is never changed: record another that corrects it'); END;
CREATE TRIGGER fact_no_delete BEFORE DELETE ON fact BEGIN SELECT RAISE(ABORT, 'a fact is never deleted: record another that corrects it'); END;
CREATE TRIGGER fact_no_replace BEFORE INSERT ON fact WHEN EXISTS (SELECT 1 FROM fact WHERE id = NEW.id)
  BEGIN SELECT RAISE(ABORT, 'a fact is never changed: record another that corrects it'); END;

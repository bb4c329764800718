//! What was done with a lead on a day: calls, visits, the steps of the clue clock, hand-overs. Appended, never changed.

use crate::journal::Actor;
use crate::lead::{Lead, LeadRules, day, long, open_lead, retime, subject};
use crate::time::{micros, timestamp};
use crate::tx::{NOTHING, Note, Tx};
use crate::{Error, Result, Store};
use domain::lead::clock::Contact;
use domain::lead::{ContactKind, LeadId};
use domain::limits::LEAD_CONTACTS;
use domain::mask::mask;
use domain::user::{UnitId, UserId};
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::json;
use sqlx::{QueryBuilder, query_as};

/// A contact as it was written down.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContactNote {
    /// Number.
    pub id: i64,
    /// What, when, and the day it was written down.
    pub contact: Contact,
    /// What it brought, or the reason of a hand-over.
    pub note: String,
    /// Of a hand-over: from whom and to whom, each with their unit.
    pub moved: Option<Moved>,
    /// Who wrote it, as the journal writes it.
    pub by: String,
    /// When.
    pub at: Timestamp,
}

/// From whom and to whom a lead went.
pub type Moved = (UserId, Option<UnitId>, UserId, Option<UnitId>);

impl Store {
    /// Writes down what was done with an open lead, and counts its protection and its clock anew.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a day before registration or after today, a lead that has ended, a hand-over (which has its own
    /// method), or more than [`LEAD_CONTACTS`]; [`Error::NotFound`].
    #[expect(clippy::too_many_arguments, reason = "who, when, what, by which rules")]
    pub async fn add_contact(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        id: LeadId,
        kind: ContactKind,
        on: Date,
        note: &str,
        rules: LeadRules<'_>,
    ) -> Result<Lead> {
        long("note", note)?;
        if kind == ContactKind::Handover {
            return Err(Error::Invalid(
                "kind: a hand-over names the next officer; use the form for it".into(),
            ));
        }
        let mut tx = self.tx("contact.add", by, now).await?;
        let mut lead = open_lead(&mut tx, id, None).await?;
        if on > today || on < lead.said.registered {
            let from = lead.said.registered;
            return Err(Error::Invalid(format!(
                "day: {on} must lie between the registration ({from}) and today ({today})"
            )));
        }
        let contact = Contact { kind, day: on, recorded: today };
        let number = insert_contact(&mut tx, by, now, id, contact, note, None).await?;
        let before = lead.protected_until;
        retime(&mut tx, now, &mut lead, rules).await?;
        let after = Some(json!({
            "contact": number, "kind": kind, "day": on, "note": mask(note), "protected_until": lead.protected_until, "next_due": lead.next_due,
        }));
        let before = Some(json!({ "protected_until": before }));
        tx.note(Note { action: "contact.add", subject: subject(id), before, after }).await?;
        tx.commit().await?;
        Ok(lead)
    }

    /// Counts the clocks of open leads anew, because the calendar or the rules were replaced; at most `limit` after lead `after`.
    /// Answers the last lead that was counted, `None` at the end.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn retime_leads(
        &self,
        by: &Actor,
        now: Timestamp,
        after: Option<LeadId>,
        limit: u32,
        rules: LeadRules<'_>,
    ) -> Result<Option<LeadId>> {
        let mut tx = self.tx("lead.retime", by, now).await?;
        let rows: Vec<(i64,)> = on!(&mut tx.conn, db => query_as(
            "SELECT id FROM lead WHERE state = 'open' AND id > $1 ORDER BY id LIMIT $2")
            .bind(after.map_or(0, |l| l.0)).bind(i64::from(limit)).fetch_all(&mut **db).await)?;
        let Some(&(last,)) = rows.last() else { return Ok(None) };
        for (id,) in &rows {
            let mut lead = open_lead(&mut tx, LeadId(*id), None).await?;
            retime(&mut tx, now, &mut lead, rules).await?;
        }
        let after = Some(json!({ "leads": rows.len(), "to": last, "rules": rules.clue.id }));
        tx.note(Note { action: "lead.retime", subject: "leads".into(), before: NOTHING, after }).await?;
        tx.commit().await?;
        Ok(Some(LeadId(last)))
    }

    /// The contacts of a lead in the order they were written down.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn contacts(&self, id: LeadId) -> Result<Vec<ContactNote>> {
        let rows: Vec<Row> = on!(&self.reader, db => query_as(
            "SELECT id, kind, day, recorded, note, from_officer, from_unit, to_officer, to_unit, made_by, recorded_at FROM contact \
             WHERE lead = $1 ORDER BY id LIMIT $2").bind(id.0).bind(LEAD_CONTACTS as i64).fetch_all(db).await)?;
        rows.into_iter().map(contact_note).collect()
    }

    /// Contacts of several leads, for their clocks.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn contacts_of(&self, leads: &[LeadId]) -> Result<Vec<(LeadId, Contact)>> {
        let mut out = Vec::new();
        for chunk in leads.chunks(500) {
            let rows: Vec<(i64, String, String, String)> = on!(&self.reader, db => {
                let mut q = QueryBuilder::new("SELECT lead, kind, day, recorded FROM contact WHERE lead IN (");
                let mut list = q.separated(", ");
                for id in chunk {
                    list.push_bind(id.0);
                }
                q.push(") ORDER BY lead, id");
                q.build_query_as().fetch_all(db).await
            })?;
            for (id, kind, on, recorded) in rows {
                out.push((LeadId(id), contact(&kind, &on, &recorded)?));
            }
        }
        Ok(out)
    }
}

pub(crate) async fn insert_contact(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    id: LeadId,
    contact: Contact,
    note: &str,
    moved: Option<Moved>,
) -> Result<i64> {
    let (known,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM contact WHERE lead = $1")
        .bind(id.0).fetch_one(&mut **db).await)?;
    if known.unsigned_abs() >= LEAD_CONTACTS as u64 {
        return Err(Error::Invalid(format!(
            "contacts: a lead has at most {LEAD_CONTACTS}; make it a project"
        )));
    }
    let unit = |u: Option<UnitId>| u.map(|u| u.0);
    let (number,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO contact (lead, kind, day, recorded, note, from_officer, from_unit, to_officer, to_unit, made_by, recorded_at) \
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) RETURNING id")
        .bind(id.0).bind(contact.kind.as_str()).bind(contact.day.to_string()).bind(contact.recorded.to_string()).bind(note)
        .bind(moved.map(|m| m.0.0)).bind(unit(moved.and_then(|m| m.1))).bind(moved.map(|m| m.2.0))
        .bind(unit(moved.and_then(|m| m.3))).bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
    Ok(number)
}

/// The contacts of a lead, read inside a change.
pub(crate) async fn contacts_in(tx: &mut Tx, id: LeadId) -> Result<Vec<Contact>> {
    let rows: Vec<(String, String, String)> = on!(&mut tx.conn, db => query_as(
        "SELECT kind, day, recorded FROM contact WHERE lead = $1 ORDER BY id").bind(id.0).fetch_all(&mut **db).await)?;
    rows.iter().map(|(kind, on, recorded)| contact(kind, on, recorded)).collect()
}

type Row =
    (i64, String, String, String, String, Option<i64>, Option<i64>, Option<i64>, Option<i64>, String, i64);

fn contact(kind: &str, on: &str, recorded: &str) -> Result<Contact> {
    let kind = kind.parse().map_err(|e: String| Error::corrupt("kind of contact", e))?;
    Ok(Contact { kind, day: day(on)?, recorded: day(recorded)? })
}

fn contact_note(row: Row) -> Result<ContactNote> {
    let (id, kind, on, recorded, note, from, from_unit, to, to_unit, by, at) = row;
    let moved = from.zip(to).map(|(a, b)| (UserId(a), from_unit.map(UnitId), UserId(b), to_unit.map(UnitId)));
    Ok(ContactNote { id, contact: contact(&kind, &on, &recorded)?, note, moved, by, at: timestamp(at)? })
}

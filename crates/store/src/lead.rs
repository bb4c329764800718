//! Leads (线索): who claims which company, under protection, until it becomes a project or ends.
//!
//! Registering never fails for a conflict: the lead is written and the conflict is raised beside it, both in one transaction, so that
//! two officers who register at the same moment cannot miss each other. A lead with an unsettled conflict cannot become a project.

use crate::agreement::facts_in_force;
use crate::contact::{contacts_in, insert_contact};
use crate::error::line;
use crate::fact::{insert_facts, insert_project, said as said_facts};
use crate::journal::Actor;
use crate::lead_list::{COLUMNS, LeadRow, lead};
use crate::time::micros;
use crate::tx::{NOTHING, Note, Tx};
use crate::user::open_user;
use crate::{Error, Result, Store};
use domain::fact::{Kind, NewFact, ProjectId, Value};
use domain::lead::claim::{Claim, Clash, clash};
use domain::lead::clock::{Case, Contact, clock, protected_until};
use domain::lead::rules::ClueRules;
use domain::lead::{ConflictId, ContactKind, LeadId, LeadState, Source};
use domain::limits::{CONFLICTS_RAISED, LEAD_NAMES, LEAD_TEXT_CHARS, LEADS_OPEN};
use domain::mask::mask;
use domain::role::{Action, may};
use domain::user::{UnitId, UserId};
use domain::workday::Calendar;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use serde_json::json;
use sqlx::{QueryBuilder, query, query_as};

/// The rules that dates of a lead follow.
#[derive(Clone, Copy, Debug)]
pub struct LeadRules<'a> {
    /// Limits, escalation, protection.
    pub clue: &'a ClueRules,
    /// Working days.
    pub calendar: &'a Calendar,
}

/// What an officer may change of a lead.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadText {
    /// Former and short names of the company.
    pub other_names: Vec<String>,
    /// The group that controls it, when known.
    pub group: Option<String>,
    /// Title of the project.
    pub title: String,
    /// What the company asks for.
    pub need: String,
    /// Planned investment in yuan, when said.
    pub amount: Option<i64>,
    /// `chain/segment`, when known.
    pub segment: Option<String>,
    /// Whom to talk to.
    pub contact_name: String,
    /// Their number; the journal keeps it masked.
    pub contact_phone: String,
}

/// A lead to register.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewLead {
    /// USCC, else `=` and the resolved name.
    pub key: String,
    /// The company's name as written.
    pub name: String,
    /// Unified social credit code, when known.
    pub uscc: Option<String>,
    /// What may be changed later.
    pub text: LeadText,
    /// Who works on it.
    pub officer: UserId,
    /// Where it came from.
    pub source: Source,
    /// Which event, target or visit, or who recommended it.
    pub source_ref: Option<String>,
    /// Day of registration.
    pub registered: Date,
}

/// A lead.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lead {
    /// Number.
    pub id: LeadId,
    /// Version for saving.
    pub version: i64,
    /// Journal entry of its last change.
    pub change: i64,
    /// What was registered, with its present text.
    pub said: NewLead,
    /// The officer's unit.
    pub unit: Option<UnitId>,
    /// Last day of protection.
    pub protected_until: Date,
    /// Day of the first step that nobody has answered.
    pub next_due: Date,
    /// How it stands.
    pub state: LeadState,
    /// The day it ended, unless it is open.
    pub ended: Option<Date>,
    /// Why it ended.
    pub ended_why: Option<String>,
    /// The project it became.
    pub project: Option<ProjectId>,
    /// Who registered it, as the journal writes it.
    pub by: String,
    /// When.
    pub created: Timestamp,
    /// When it last changed.
    pub updated: Timestamp,
}

impl Lead {
    /// What it claims.
    #[must_use]
    pub fn claim(&self) -> Claim {
        self.said.claim()
    }

    /// The clock's view of it.
    #[must_use]
    pub fn case<'a>(&self, contacts: &'a [Contact]) -> Case<'a> {
        Case { registered: self.said.registered, amount: self.said.text.amount, contacts, ended: self.ended }
    }
}

impl NewLead {
    /// What it claims.
    #[must_use]
    pub fn claim(&self) -> Claim {
        Claim {
            key: self.key.clone(),
            uscc: self.uscc.clone(),
            names: std::iter::once(&self.name).chain(&self.text.other_names).cloned().collect(),
            group: self.text.group.clone(),
            title: self.text.title.clone(),
            segment: self.text.segment.clone(),
            amount: self.text.amount,
        }
    }

    fn check(&self) -> Result<()> {
        line("company key", &self.key)?;
        line("company name", &self.name)?;
        self.text.check()
    }
}

impl LeadText {
    fn check(&self) -> Result<()> {
        line("title", &self.title)?;
        for (field, text) in [("group", &self.group), ("segment", &self.segment)] {
            text.as_ref().map_or(Ok(()), |t| line(field, t))?;
        }
        if self.other_names.len() > LEAD_NAMES {
            return Err(Error::Invalid(format!("other names: at most {LEAD_NAMES}")));
        }
        self.other_names.iter().try_for_each(|n| line("other name", n))?;
        for (field, text) in [("contact name", &self.contact_name), ("contact phone", &self.contact_phone)] {
            if !text.is_empty() {
                line(field, text)?;
            }
        }
        long("need", &self.need)?;
        if self.amount.is_some_and(|yuan| !(0..=domain::limits::FACT_MONEY).contains(&yuan)) {
            return Err(Error::Invalid(
                "amount: write a planned investment of 0 yuan or more, within reason".into(),
            ));
        }
        Ok(())
    }

    /// What the journal keeps: everything, but with numbers of people masked.
    fn noted(&self) -> LeadText {
        let (contact_phone, need) = (masked(&self.contact_phone), mask(&self.need).into_owned());
        LeadText { contact_phone, need, ..self.clone() }
    }
}

/// A number with its middle hidden.
fn masked(phone: &str) -> String {
    let chars: Vec<char> = phone.chars().collect();
    let shown = |i: usize| chars.len() >= 7 && (i < 3 || i + 2 >= chars.len());
    chars.iter().enumerate().map(|(i, c)| if shown(i) { *c } else { '*' }).collect()
}

/// Refuses a text of several lines that is too long; an empty one is allowed.
pub(crate) fn long(field: &str, text: &str) -> Result<()> {
    let chars = text.chars().count();
    if chars > LEAD_TEXT_CHARS || text.contains('\0') {
        return Err(Error::Invalid(format!(
            "{field}: at most {LEAD_TEXT_CHARS} characters (this has {chars})"
        )));
    }
    Ok(())
}

impl Store {
    /// Registers a lead and raises every conflict that it has: with open leads by company, name or group, with those of `near` that
    /// look alike, and with `projects` whose clashes the caller found.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a text that breaks a rule, or when [`LEADS_OPEN`] leads are open; [`Error::NotFound`] for an officer
    /// whose account has ended or who may not work on leads. Never for a conflict.
    pub async fn register_lead(
        &self,
        by: &Actor,
        now: Timestamp,
        new: &NewLead,
        rules: LeadRules<'_>,
        near: &[LeadId],
        projects: &[(ProjectId, Clash)],
    ) -> Result<(Lead, Vec<ConflictId>)> {
        new.check()?;
        let mut tx = self.tx("lead.register", by, now).await?;
        let (open,): (i64,) = on!(&mut tx.conn, db => query_as("SELECT COUNT(*) FROM lead WHERE state = 'open'")
            .fetch_one(&mut **db).await)?;
        if open.unsigned_abs() >= LEADS_OPEN as u64 {
            return Err(Error::Invalid(format!(
                "{LEADS_OPEN} leads are open already; end some of them first"
            )));
        }
        let unit = officer_unit(&mut tx, new.officer).await?;
        let lead = insert(&mut tx, by, now, new, unit, rules).await?;
        let after = json!({
            "key": new.key, "name": new.name, "uscc": new.uscc, "text": new.text.noted(), "officer": new.officer, "unit": unit,
            "source": new.source, "source_ref": new.source_ref, "registered": new.registered, "protected_until": lead.protected_until,
        });
        tx.note(Note {
            action: "lead.register",
            subject: subject(lead.id),
            before: NOTHING,
            after: Some(after),
        })
        .await?;
        let raised = raise(&mut tx, by, now, &lead, near, projects).await?;
        tx.commit().await?;
        Ok((lead, raised))
    }

    /// Saves what an officer may change. New names, groups and titles are compared like those of a registration.
    ///
    /// # Errors
    /// [`Error::Stale`] when somebody saved in between; [`Error::NotFound`]; [`Error::Invalid`] for a text that breaks a rule or a
    /// lead that has ended.
    #[expect(clippy::too_many_arguments, reason = "who, when, what, and what it is compared with")]
    pub async fn edit_lead(
        &self,
        by: &Actor,
        now: Timestamp,
        id: LeadId,
        version: i64,
        text: &LeadText,
        rules: LeadRules<'_>,
        near: &[LeadId],
        projects: &[(ProjectId, Clash)],
    ) -> Result<Lead> {
        text.check()?;
        let mut tx = self.tx("lead.edit", by, now).await?;
        let before = open_lead(&mut tx, id, Some(version)).await?;
        let names = json(&text.other_names)?;
        on!(&mut tx.conn, db => query(
            "UPDATE lead SET version = version + 1, other_names = $2, company_group = $3, title = $4, need = $5, amount = $6, \
             segment = $7, contact_name = $8, contact_phone = $9 WHERE id = $1")
            .bind(id.0).bind(names).bind(&text.group).bind(&text.title).bind(&text.need).bind(text.amount)
            .bind(&text.segment).bind(&text.contact_name).bind(&text.contact_phone)
            .execute(&mut **db).await.map(drop))?;
        let (was, noted) = (before.said.text.noted(), text.noted());
        let mut lead = before;
        lead.version += 1;
        lead.said.text = text.clone();
        write_tokens(&mut tx, &lead).await?;
        retime(&mut tx, now, &mut lead, rules).await?;
        tx.note(Note { action: "lead.edit", subject: subject(id), before: Some(was), after: Some(noted) })
            .await?;
        raise(&mut tx, by, now, &lead, near, projects).await?;
        tx.commit().await?;
        Ok(lead)
    }

    /// Hands a lead over to another officer (and so to their unit); recorded among its contacts.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::NotFound`] for the lead or the officer; [`Error::Invalid`] for a lead that has ended, the same
    /// officer, or no reason.
    #[expect(clippy::too_many_arguments, reason = "who, when, which version, to whom and why")]
    pub async fn hand_over_lead(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        id: LeadId,
        version: i64,
        to: UserId,
        reason: &str,
    ) -> Result<Lead> {
        line("reason", reason)?;
        let mut tx = self.tx("lead.handover", by, now).await?;
        let mut lead = open_lead(&mut tx, id, Some(version)).await?;
        if lead.said.officer == to {
            return Err(Error::Invalid("officer: the lead is theirs already; choose somebody else".into()));
        }
        let unit = officer_unit(&mut tx, to).await?;
        let (from, from_unit) = (lead.said.officer, lead.unit);
        let contact = Contact { kind: ContactKind::Handover, day: today, recorded: today };
        insert_contact(&mut tx, by, now, id, contact, reason, Some((from, from_unit, to, unit))).await?;
        let change = tx.next_entry();
        on!(&mut tx.conn, db => query(
            "UPDATE lead SET version = version + 1, change = $2, officer = $3, unit = $4, updated_at = $5 WHERE id = $1")
            .bind(id.0).bind(change).bind(to.0).bind(unit.map(|u| u.0)).bind(micros(now)).execute(&mut **db).await.map(drop))?;
        let before = Some(json!({ "officer": from, "unit": from_unit }));
        let after = Some(json!({ "officer": to, "unit": unit, "reason": reason }));
        tx.note(Note { action: "lead.handover", subject: subject(id), before, after }).await?;
        tx.commit().await?;
        (lead.version, lead.change, lead.said.officer, lead.unit) = (lead.version + 1, change, to, unit);
        Ok(lead)
    }

    /// Gives a lead up, with the reason.
    ///
    /// # Errors
    /// [`Error::Stale`]; [`Error::NotFound`]; [`Error::Invalid`] for a lead that has ended, or no reason.
    pub async fn release_lead(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        id: LeadId,
        version: i64,
        reason: &str,
    ) -> Result<()> {
        line("reason", reason)?;
        let mut tx = self.tx("lead.release", by, now).await?;
        let lead = open_lead(&mut tx, id, Some(version)).await?;
        end(&mut tx, now, today, &lead, LeadState::Released, reason).await?;
        tx.commit().await
    }

    /// Makes a lead a project with its first facts; the fact that names the lead, and the splits of credit in force, are added.
    ///
    /// # Errors
    /// [`Error::Invalid`] while a conflict of the lead waits to be settled, for a lead that has ended, or for a fact that breaks a
    /// rule; [`Error::Stale`]; [`Error::NotFound`].
    pub async fn convert_lead(
        &self,
        by: &Actor,
        now: Timestamp,
        today: Date,
        id: LeadId,
        version: i64,
        facts: &[NewFact],
    ) -> Result<(ProjectId, String)> {
        let mut tx = self.tx("lead.convert", by, now).await?;
        let lead = open_lead(&mut tx, id, Some(version)).await?;
        let waiting: Option<(i64,)> = on!(&mut tx.conn, db => query_as(
            "SELECT MIN(id) FROM conflict WHERE state <> 'settled' AND (lead = $1 OR other_lead = $1) HAVING COUNT(*) > 0")
            .bind(id.0).fetch_optional(&mut **db).await)?;
        if let Some((conflict,)) = waiting {
            return Err(Error::Invalid(format!(
                "conflict {conflict} of this lead waits to be settled; it becomes a project only after that"
            )));
        }
        let mut all = facts.to_vec();
        all.push(NewFact::on(today, Kind::Lead, Value::Number(id.0)));
        all.extend(facts_in_force(&mut tx, id).await?);
        let (project, code) = insert_project(&mut tx, by, now, today, None).await?;
        let recorded = insert_facts(&mut tx, by, now, today, project, &all).await?;
        let after = Some(json!({ "code": code, "facts": said_facts(&recorded, &all) }));
        tx.note(Note {
            action: "project.create",
            subject: crate::fact::subject(project),
            before: NOTHING,
            after,
        })
        .await?;
        on!(&mut tx.conn, db => query("UPDATE lead SET project = $2 WHERE id = $1")
            .bind(id.0).bind(project.0).execute(&mut **db).await.map(drop))?;
        end(&mut tx, now, today, &lead, LeadState::Converted, &format!("project:{project}")).await?;
        tx.commit().await?;
        Ok((project, code))
    }
}

pub(crate) fn subject(id: LeadId) -> String {
    format!("lead:{id}")
}

/// The unit of an officer whose account is open and who may work on leads.
async fn officer_unit(tx: &mut Tx, officer: UserId) -> Result<Option<UnitId>> {
    let user = open_user(tx, officer).await?;
    if !may(user.role, Action::RegisterLead) {
        return Err(Error::Invalid(format!(
            "officer: {} may not work on leads; choose somebody who may",
            user.name
        )));
    }
    Ok(user.unit)
}

async fn insert(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    new: &NewLead,
    unit: Option<UnitId>,
    rules: LeadRules<'_>,
) -> Result<Lead> {
    let until = protected_until(new.registered, &[], &rules.clue.protection);
    let case = Case { registered: new.registered, amount: new.text.amount, contacts: &[], ended: None };
    let due = next_due(&case, rules);
    let change = tx.next_entry();
    let names = json(&new.text.other_names)?;
    let (id,): (i64,) = on!(&mut tx.conn, db => query_as(
        "INSERT INTO lead (version, change, company_key, name, uscc, other_names, company_group, title, need, amount, segment, officer, unit, \
         source, source_ref, contact_name, contact_phone, registered, protected_until, next_due, state, made_by, created_at, updated_at) \
         VALUES (1, $1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, 'open', $20, $21, $21) RETURNING id")
        .bind(change).bind(&new.key).bind(&new.name).bind(&new.uscc).bind(names).bind(&new.text.group)
        .bind(&new.text.title).bind(&new.text.need).bind(new.text.amount).bind(&new.text.segment).bind(new.officer.0)
        .bind(unit.map(|u| u.0)).bind(new.source.as_str()).bind(&new.source_ref).bind(&new.text.contact_name)
        .bind(&new.text.contact_phone).bind(new.registered.to_string()).bind(until.to_string()).bind(due.to_string())
        .bind(by.to_string()).bind(micros(now)).fetch_one(&mut **db).await)?;
    let lead = Lead {
        id: LeadId(id),
        version: 1,
        change,
        said: new.clone(),
        unit,
        protected_until: until,
        next_due: due,
        state: LeadState::Open,
        ended: None,
        ended_why: None,
        project: None,
        by: by.to_string(),
        created: now,
        updated: now,
    };
    write_tokens(tx, &lead).await?;
    Ok(lead)
}

async fn write_tokens(tx: &mut Tx, lead: &Lead) -> Result<()> {
    let tokens = lead.claim().tokens();
    // Tokens are an index over the lead, not a record; a name that was taken away must not find it any more.
    on!(&mut tx.conn, db => query("DELETE FROM lead_token WHERE lead = $1").bind(lead.id.0).execute(&mut **db).await.map(drop))?;
    on!(&mut tx.conn, db => {
        let mut insert = QueryBuilder::new("INSERT INTO lead_token (lead, token) ");
        insert.push_values(&tokens, |mut values, token| {
            values.push_bind(lead.id.0).push_bind(token);
        });
        insert.build().execute(&mut **db).await.map(drop)
    })?;
    Ok(())
}

/// Raises the conflicts that a lead has and that were not raised before.
async fn raise(
    tx: &mut Tx,
    by: &Actor,
    now: Timestamp,
    lead: &Lead,
    near: &[LeadId],
    projects: &[(ProjectId, Clash)],
) -> Result<Vec<ConflictId>> {
    let claim = lead.claim();
    let mut found: Vec<(Option<LeadId>, Option<ProjectId>, Clash)> = Vec::new();
    for other in rivals(tx, lead, &claim, near).await? {
        found.extend(clash(&claim, &other.claim()).map(|c| (Some(other.id), None, c)));
    }
    found.extend(projects.iter().map(|(id, c)| (None, Some(*id), c.clone())));
    found.sort_by_key(|(.., c)| (c.kind, std::cmp::Reverse(c.likeness)));
    let mut raised = Vec::new();
    for (other, project, clash) in found.into_iter().take(CONFLICTS_RAISED) {
        raised.extend(crate::conflict::insert(tx, by, now, lead.id, other, project, &clash).await?);
    }
    Ok(raised)
}

/// Open, protected leads that share a token with this one, or that the caller found to look alike.
async fn rivals(tx: &mut Tx, lead: &Lead, claim: &Claim, near: &[LeadId]) -> Result<Vec<Lead>> {
    let tokens = claim.tokens();
    let rows: Vec<LeadRow> = on!(&mut tx.conn, db => {
        let mut q = QueryBuilder::new(format!("SELECT {COLUMNS} FROM lead WHERE state = 'open' AND id <> "));
        q.push_bind(lead.id.0).push(" AND protected_until >= ").push_bind(lead.said.registered.to_string());
        q.push(" AND id IN (SELECT t.lead FROM lead_token t WHERE t.token IN (");
        let mut list = q.separated(", ");
        for token in &tokens {
            list.push_bind(token);
        }
        q.push(")");
        if !near.is_empty() {
            q.push(" UNION SELECT n.id FROM lead n WHERE n.id IN (");
            let mut list = q.separated(", ");
            for id in near.iter().take(CONFLICTS_RAISED) {
                list.push_bind(id.0);
            }
            q.push(")");
        }
        q.push(") ORDER BY id LIMIT ").push_bind(10 * CONFLICTS_RAISED as i64);
        q.build_query_as().fetch_all(&mut **db).await
    })?;
    rows.into_iter().map(self::lead).collect()
}

/// Computes protection and next step anew from the contacts, and marks the lead as changed.
pub(crate) async fn retime(tx: &mut Tx, now: Timestamp, lead: &mut Lead, rules: LeadRules<'_>) -> Result<()> {
    let contacts: Vec<Contact> = contacts_in(tx, lead.id).await?;
    // What was granted stays: a conflict that was settled in its favour may have given it longer.
    let until =
        protected_until(lead.said.registered, &contacts, &rules.clue.protection).max(lead.protected_until);
    let due = next_due(&lead.case(&contacts), rules);
    let change = tx.next_entry();
    on!(&mut tx.conn, db => query("UPDATE lead SET change = $2, protected_until = $3, next_due = $4, updated_at = $5 WHERE id = $1")
        .bind(lead.id.0).bind(change).bind(until.to_string()).bind(due.to_string()).bind(micros(now))
        .execute(&mut **db).await.map(drop))?;
    (lead.change, lead.protected_until, lead.next_due, lead.updated) = (change, until, due, now);
    Ok(())
}

/// The day of the first step that nobody has answered. It does not depend on today: all contacts lie in the past.
fn next_due(case: &Case<'_>, rules: LeadRules<'_>) -> Date {
    let last = case
        .contacts
        .iter()
        .map(|c| c.recorded.max(c.day))
        .max()
        .unwrap_or(case.registered)
        .max(case.registered);
    clock(case, last, rules.clue, rules.calendar).next().map_or(case.registered, |s| s.due)
}

/// Ends an open lead.
pub(crate) async fn end(
    tx: &mut Tx,
    now: Timestamp,
    today: Date,
    lead: &Lead,
    state: LeadState,
    why: &str,
) -> Result<()> {
    let change = tx.next_entry();
    on!(&mut tx.conn, db => query(
        "UPDATE lead SET version = version + 1, change = $2, state = $3, ended = $4, ended_why = $5, updated_at = $6 WHERE id = $1")
        .bind(lead.id.0).bind(change).bind(state.as_str()).bind(today.to_string()).bind(why).bind(micros(now))
        .execute(&mut **db).await.map(drop))?;
    let action = match state {
        LeadState::Open => "lead.open",
        LeadState::Converted => "lead.convert",
        LeadState::Released => "lead.release",
        LeadState::Expired => "lead.expire",
    };
    let before = Some(json!({ "state": lead.state }));
    let after = Some(json!({ "state": state, "ended": today, "why": why }));
    tx.note(Note { action, subject: subject(lead.id), before, after }).await
}

/// The lead, read inside a change; with `version` it must still be at that version.
pub(crate) async fn lead_in(tx: &mut Tx, id: LeadId, version: Option<i64>) -> Result<Lead> {
    let sql = format!("SELECT {COLUMNS} FROM lead WHERE id = $1");
    let row: Option<LeadRow> = on!(&mut tx.conn, db => query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(&mut **db).await)?;
    let found = lead(row.ok_or(Error::NotFound { what: "lead" })?)?;
    match version {
        Some(version) if version != found.version => {
            Err(Error::Stale { what: "lead", current: found.version })
        }
        _ => Ok(found),
    }
}

/// As [`lead_in`], but only an open lead.
pub(crate) async fn open_lead(tx: &mut Tx, id: LeadId, version: Option<i64>) -> Result<Lead> {
    let found = lead_in(tx, id, version).await?;
    if found.state != LeadState::Open {
        return Err(Error::Invalid(format!(
            "lead {id} is {}: only an open lead can be changed",
            found.state
        )));
    }
    Ok(found)
}

fn json<T: Serialize>(value: &T) -> Result<String> {
    serde_json::to_string(value).map_err(|e| Error::Other(e.into()))
}

pub(crate) fn day(text: &str) -> Result<Date> {
    text.parse().map_err(|e| Error::corrupt("day", e))
}

//! Reading leads: one, a filtered list, those that changed.

use crate::lead::{Lead, LeadText, NewLead, day};
use crate::time::timestamp;
use crate::{Error, Page, Result, Store};
use domain::fact::ProjectId;
use domain::lead::{LeadId, LeadState};
use domain::user::{UnitId, UserId};
use jiff::civil::Date;
use sqlx::postgres::PgRow;
use sqlx::sqlite::SqliteRow;
use sqlx::{FromRow, Postgres, QueryBuilder, Row as _, Sqlite, query_as};

/// Which leads to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LeadFilter {
    /// Of this officer.
    pub officer: Option<UserId>,
    /// Of this unit.
    pub unit: Option<UnitId>,
    /// In this state.
    pub state: Option<LeadState>,
    /// With a step whose day lies before this one.
    pub due_before: Option<Date>,
    /// Protected until this day at most.
    pub protected_to: Option<Date>,
    /// With an unsettled conflict.
    pub contested: bool,
    /// Whose name or title holds this.
    pub holds: String,
    /// In which order.
    pub order: LeadOrder,
}

/// The order of a list of leads.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LeadOrder {
    /// The step that is due first on top.
    #[default]
    Due,
    /// The newest on top.
    Newest,
    /// By name.
    Name,
    /// The protection that ends first on top.
    Protection,
}

pub(crate) const COLUMNS: &str = "id, version, change, company_key, name, uscc, other_names, company_group, title, need, amount, segment, \
    officer, unit, source, source_ref, contact_name, contact_phone, registered, protected_until, next_due, state, ended, ended_why, \
    project, made_by, created_at, updated_at";

/// What of a [`LeadFilter`] goes into the question; a macro because the two builders are two types.
macro_rules! filter {
    ($q:ident, $asked:expr) => {
        $q.push(" FROM lead WHERE TRUE");
        if let Some(officer) = $asked.officer {
            $q.push(" AND officer = ").push_bind(officer.0);
        }
        if let Some(unit) = $asked.unit {
            $q.push(" AND unit = ").push_bind(unit.0);
        }
        if let Some(state) = $asked.state {
            $q.push(" AND state = ").push_bind(state.as_str());
        }
        if let Some(day) = $asked.due_before {
            $q.push(" AND state = 'open' AND next_due < ").push_bind(day.to_string());
        }
        if let Some(day) = $asked.protected_to {
            $q.push(" AND state = 'open' AND protected_until <= ").push_bind(day.to_string());
        }
        if $asked.contested {
            $q.push(
                " AND EXISTS (SELECT 1 FROM conflict c WHERE c.state <> 'settled' AND (c.lead = lead.id OR c.other_lead = lead.id))",
            );
        }
        if !$asked.holds.is_empty() {
            let like = format!("%{}%", $asked.holds.replace(['%', '_'], ""));
            $q.push(" AND (name LIKE ").push_bind(like.clone()).push(" OR title LIKE ").push_bind(like).push(")");
        }
    };
}

macro_rules! ask {
    ($db:expr, $kind:ty, $select:expr, $asked:expr, $page:expr) => {{
        let mut q: QueryBuilder<$kind> = QueryBuilder::new($select);
        filter!(q, $asked);
        if let Some(page) = $page {
            let page: Page = page;
            q.push(match $asked.order {
                LeadOrder::Due => " ORDER BY CASE WHEN state = 'open' THEN 0 ELSE 1 END, next_due, id",
                LeadOrder::Newest => " ORDER BY id DESC",
                LeadOrder::Name => " ORDER BY name, id",
                LeadOrder::Protection => " ORDER BY protected_until, id",
            });
            q.push(" LIMIT ").push_bind(page.limit()).push(" OFFSET ").push_bind(page.offset());
        }
        q.build_query_as().fetch_all($db).await?
    }};
}

impl Store {
    /// A lead, ended or not.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lead(&self, id: LeadId) -> Result<Option<Lead>> {
        let sql = format!("SELECT {COLUMNS} FROM lead WHERE id = $1");
        let row: Option<LeadRow> =
            on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql)).bind(id.0).fetch_optional(db).await)?;
        row.map(lead).transpose()
    }

    /// Leads that pass a filter.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn leads(&self, asked: &LeadFilter, page: Page) -> Result<Vec<Lead>> {
        let select = format!("SELECT {COLUMNS}");
        let rows: Vec<LeadRow> = match &self.reader {
            crate::Db::Sqlite(db) => ask!(db, Sqlite, select, asked, Some(page)),
            crate::Db::Postgres(db) => ask!(db, Postgres, select, asked, Some(page)),
        };
        rows.into_iter().map(lead).collect()
    }

    /// How many leads pass a filter.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn count_leads(&self, asked: &LeadFilter) -> Result<u64> {
        let rows: Vec<(i64,)> = match &self.reader {
            crate::Db::Sqlite(db) => ask!(db, Sqlite, "SELECT COUNT(*)", asked, None),
            crate::Db::Postgres(db) => ask!(db, Postgres, "SELECT COUNT(*)", asked, None),
        };
        Ok(rows.first().map_or(0, |r| r.0.unsigned_abs()))
    }

    /// Leads changed after journal entry `change`, in the order of their changes; for what follows them in memory.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn leads_changed(&self, change: i64, limit: u32) -> Result<Vec<Lead>> {
        let sql = format!("SELECT {COLUMNS} FROM lead WHERE change > $1 ORDER BY change, id LIMIT $2");
        let rows: Vec<LeadRow> = on!(&self.reader, db => query_as(sqlx::AssertSqlSafe(sql)).bind(change).bind(i64::from(limit))
            .fetch_all(db).await)?;
        rows.into_iter().map(lead).collect()
    }

    /// The lead that became a project.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn lead_of_project(&self, project: ProjectId) -> Result<Option<LeadId>> {
        let row: Option<(i64,)> = on!(&self.reader, db => query_as("SELECT id FROM lead WHERE project = $1")
            .bind(project.0).fetch_optional(db).await)?;
        Ok(row.map(|(id,)| LeadId(id)))
    }
}

pub(crate) struct LeadRow {
    ids: (i64, i64, i64, i64, Option<i64>, Option<i64>),
    company: (String, String, Option<String>, String, Option<String>),
    text: (String, String, Option<i64>, Option<String>, String, String),
    source: (String, Option<String>),
    days: (String, String, String, Option<String>),
    state: (String, Option<String>, String, i64, i64),
}

macro_rules! from_row {
    ($($row:ty)*) => {$(
        impl<'r> FromRow<'r, $row> for LeadRow {
            fn from_row(r: &'r $row) -> sqlx::Result<LeadRow> {
                let (id, version, change) = (r.try_get("id")?, r.try_get("version")?, r.try_get("change")?);
                let (officer, unit, project) = (r.try_get("officer")?, r.try_get("unit")?, r.try_get("project")?);
                let (key, name, uscc) = (r.try_get("company_key")?, r.try_get("name")?, r.try_get("uscc")?);
                let (title, need, amount) = (r.try_get("title")?, r.try_get("need")?, r.try_get("amount")?);
                let (who, phone) = (r.try_get("contact_name")?, r.try_get("contact_phone")?);
                let (registered, until) = (r.try_get("registered")?, r.try_get("protected_until")?);
                let (state, why, by) = (r.try_get("state")?, r.try_get("ended_why")?, r.try_get("made_by")?);
                Ok(LeadRow {
                    ids: (id, version, change, officer, unit, project),
                    company: (key, name, uscc, r.try_get("other_names")?, r.try_get("company_group")?),
                    text: (title, need, amount, r.try_get("segment")?, who, phone),
                    source: (r.try_get("source")?, r.try_get("source_ref")?),
                    days: (registered, until, r.try_get("next_due")?, r.try_get("ended")?),
                    state: (state, why, by, r.try_get("created_at")?, r.try_get("updated_at")?),
                })
            }
        }
    )*};
}
from_row!(SqliteRow PgRow);

pub(crate) fn lead(row: LeadRow) -> Result<Lead> {
    let (id, version, change, officer, unit, project) = row.ids;
    let (key, name, uscc, other_names, group) = row.company;
    let (title, need, amount, segment, contact_name, contact_phone) = row.text;
    let (source, source_ref) = row.source;
    let (registered, until, due, ended) = row.days;
    let (state, ended_why, by, created, updated) = row.state;
    let other_names = serde_json::from_str(&other_names).map_err(|e| Error::corrupt("list of names", e))?;
    let text = LeadText { other_names, group, title, need, amount, segment, contact_name, contact_phone };
    let source = source.parse().map_err(|e: String| Error::corrupt("source", e))?;
    let registered = day(&registered)?;
    Ok(Lead {
        id: LeadId(id),
        version,
        change,
        said: NewLead { key, name, uscc, text, officer: UserId(officer), source, source_ref, registered },
        unit: unit.map(UnitId),
        protected_until: day(&until)?,
        next_due: day(&due)?,
        state: state.parse().map_err(|e: String| Error::corrupt("state", e))?,
        ended: ended.as_deref().map(day).transpose()?,
        ended_why,
        project: project.map(ProjectId),
        by,
        created: timestamp(created)?,
        updated: timestamp(updated)?,
    })
}

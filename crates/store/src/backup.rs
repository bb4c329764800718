//! What a backup holds of the database: every table but secrets, read as one moment.
//!
//! [`tables`] is the one list of tables and columns that a backup holds; a test compares it with the real schema of both
//! databases, so that a new table cannot be forgotten. Sessions, one-time links and access tokens are left out: a backup lets
//! nobody in.

use crate::journal::{HEAD, Head};
use crate::tx::Conn;
use crate::{Db, Error, Result, Store, migrate};
use anyhow::{Context as _, anyhow, ensure};
use futures_util::TryStreamExt as _;
use serde::{Deserialize, Serialize};
use sqlx::{AssertSqlSafe, ColumnIndex, Database, Decode, Row, Type, query, query_as};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A number that the database gives to a new row.
    Identity,
    /// A number.
    Int,
    /// A text.
    Text,
    /// Bytes.
    Bytes,
    /// Yes or no.
    Bool,
}

/// A column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// What it holds.
    pub kind: Kind,
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Table {
    /// Its name.
    pub name: String,
    /// Its columns.
    pub columns: Vec<Column>,
}

/// Tables that a backup leaves out: secrets that let somebody in, and what the manifest says itself.
pub const LEFT_OUT: [&str; 6] =
    ["login_link", "session", "token", "ds_key", "journal_head", "schema_version"];

/// Every other table with its columns, one table after those that it refers to. After a name: `#` a number that the database
/// gives, `%` a number, `!` bytes, `?` yes or no, nothing: a text.
const TABLES: &[(&str, &str)] = &[
    ("journal", "seq% at% actor action subject before after prev_hash! hash!"),
    ("unit", "id# name created_at% ended_at%"),
    ("person", "id# login name role unit% confirmed? password_hash lang large_text? created_at% ended_at%"),
    ("zone", "id% version% settings updated_at%"),
    (
        "import",
        "id# kind file_name sha256 bytes% state rows_read% accepted% rejected% changed% error made_by created_at% started_at% \
         updated_at% finished_at%",
    ),
    ("resident", "id# company_key name since import% created_at% ended_at%"),
    ("column_mapping", "heading field made_by updated_at%"),
    ("refusal", "id# company_key name segment reason made_by created_at% until ended_at%"),
    ("chain_file", "id# chain version text source enabled? made_by created_at% ended_at%"),
    ("leader", "id# chain company_key name made_by created_at% ended_at%"),
    ("project", "id# code made_by created_at%"),
    (
        "fact",
        "id# project% kind effective counts amount% currency text corrects% reason made_by recorded_at%",
    ),
    ("file", "sha256 name kind bytes% made_by created_at%"),
    ("fact_file", "fact% sha256"),
    ("rate", "id# currency since micro_yuan% source made_by recorded_at%"),
    (
        "lead",
        "id# version% change% company_key name uscc other_names company_group title need amount% segment officer% unit% source \
         source_ref contact_name contact_phone registered protected_until next_due state ended ended_why project% made_by \
         created_at% updated_at%",
    ),
    ("lead_token", "lead% token"),
    (
        "contact",
        "id# lead% kind day recorded note from_officer% to_officer% from_unit% to_unit% made_by recorded_at%",
    ),
    ("lead_alert", "id# lead% step nth% level due recorded_at%"),
    (
        "conflict",
        "id# version% lead% other_lead% other_project% kind likeness% reasons state verdict made_by raised_at% updated_at%",
    ),
    ("conflict_step", "id# conflict% kind verdict reason made_by recorded_at%"),
    (
        "agreement",
        "id# lead% conflict% since side_a% side_b% confirmed_a% confirmed_b% ended_at% ended_by ended_why made_by created_at%",
    ),
    ("agreement_share", "agreement% figure party who per_mille%"),
    ("lead_rules", "id# kind text made_by created_at%"),
    (
        "event",
        "id# version% title kind place% start_day end_day unit% purpose made_by created_at% updated_at% ended_at% ended_why",
    ),
    (
        "event_guest",
        "id# event% company_key name person role brought_by% made_by created_at% ended_at% ended_why",
    ),
    ("event_cost", "id# event% kind yuan% day note made_by created_at% ended_at% ended_why"),
    ("goal", "id# year% party who% figure amount% agreed reason made_by recorded_at%"),
    ("formula", "id# version since text made_by created_at%"),
    ("review_round", "id# project% route asked_on note made_by created_at%"),
    ("review_ask", "id# round% unit% due answer reasons answered_by answered_at%"),
    ("period", "id# year% month% edition% cut_off% judged_on definitions sha256 replaces% made_by"),
    ("definition", "id# figure version text made_by created_at%"),
    ("item", "id# kind code whole% project% made_by created_at% ended_at% ended_why"),
    ("item_change", "id# item% effective said corrects% reason made_by recorded_at%"),
    ("hold", "id# item% project% manner since until expires note made_by created_at% ended_at% ended_why"),
    ("ds_peer", "id# did name address keys push_hosts made_by created_at% ended_at%"),
    (
        "ds_asset",
        "id# urn title description media sha256 bytes% offer changed% made_by created_at% ended_at%",
    ),
    ("ds_exchange", "id# kind pid other role peer state data version% created_at% changed_at%"),
    (
        "ds_agreement",
        "id# urn role peer dataset policy signature peer_signature uses% bytes% created_at% ended_at% ended_why",
    ),
    (
        "ds_post",
        "id# exchange% name address path body tries% next_at% status% said created_at% done_at% failed_at%",
    ),
    (
        "ds_use",
        "id# agreement% at% asker purpose allowed? said bytes% exchange% sha256 whole% reached% resumes%",
    ),
    ("ds_duty_done", "id# agreement% action note file made_by created_at%"),
    ("ds_copy", "id# exchange% agreement sha256 bytes% media made_by created_at% ended_at% ended_why"),
    ("coop_file", "item% sha256 body agreement fetched_at%"),
    ("coop_lead", "id# item% direction urn lead% title day body made_by created_at% taken_at%"),
    ("trust_member", "id# did name uscc address keys made_by created_at% ended_at%"),
    ("trust_list", "id# issuer number% body created_at%"),
];

/// The tables of a backup, each after those that it refers to.
#[must_use]
pub fn tables() -> Vec<Table> {
    let column = |word: &str| {
        let name = word.trim_end_matches(['#', '%', '!', '?']);
        let kind = match &word[name.len()..] {
            "#" => Kind::Identity,
            "%" => Kind::Int,
            "!" => Kind::Bytes,
            "?" => Kind::Bool,
            _ => Kind::Text,
        };
        Column { name: name.to_string(), kind }
    };
    let table = |(name, columns): &(&str, &str)| Table {
        name: (*name).to_string(),
        columns: columns.split_whitespace().map(column).collect(),
    };
    TABLES.iter().map(table).collect()
}

impl Table {
    /// The columns' names, as SQL lists them. A table that comes from a file is checked, because names become SQL.
    pub(crate) fn list(&self) -> anyhow::Result<String> {
        let plain = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_' || b.is_ascii_digit())
        };
        let names: Vec<&str> = self.columns.iter().map(|c| c.name.as_str()).collect();
        let bad = names.iter().copied().chain([self.name.as_str()]).find(|name| !plain(name));
        ensure!(
            bad.is_none() && !names.is_empty(),
            "`{}` is no name of a table or column",
            bad.unwrap_or(&self.name)
        );
        Ok(names.join(", "))
    }
}

/// The database as it was at one moment, while others go on writing.
#[derive(Debug)]
pub struct Snapshot {
    conn: Conn,
    head: Head,
}

/// Takes one line of a table; it answers an error to stop.
pub type Sink<'a> = &'a mut (dyn FnMut(&str) -> anyhow::Result<()> + Send);

impl Store {
    /// Holds the database as it is now, for reading table after table.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let mut conn = match &self.reader {
            Db::Sqlite(pool) => Db::Sqlite(pool.begin().await?),
            Db::Postgres(pool) => {
                Db::Postgres(pool.begin_with("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY").await?)
            }
        };
        // The first read fixes the moment.
        let (seq, hash, sm3_from): (i64, Vec<u8>, i64) =
            on!(&mut conn, db => query_as(HEAD).fetch_one(&mut **db).await)?;
        Ok(Snapshot { conn, head: Head { seq, hash, sm3_from } })
    }
}

impl Snapshot {
    /// The end of the journal at this moment.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The version of the schema.
    #[must_use]
    pub fn schema(&self) -> i64 {
        migrate::known()
    }

    /// Gives every row of a table as one line of JSON (an object by column; bytes in hexadecimal), in a settled order, and
    /// answers how many there were. Rows are read as they are taken: memory does not grow with the table.
    ///
    /// # Errors
    /// The database or `sink` fails.
    pub async fn read(&mut self, table: &Table, sink: Sink<'_>) -> Result<u64> {
        // By the number that the database gave, else by all columns of a key (the most that any has is four).
        let numbered = table.columns.first().is_some_and(|c| c.kind == Kind::Identity);
        let order = if numbered { "1" } else { &"1, 2, 3, 4"[..3 * table.columns.len().clamp(1, 4) - 2] };
        let sql = format!("SELECT {} FROM {} ORDER BY {order}", table.list()?, table.name);
        let (mut rows_read, mut line) = (0, String::new());
        on!(&mut self.conn, db => {
            let mut rows = query(AssertSqlSafe(sql)).fetch(&mut **db);
            while let Some(row) = rows.try_next().await? {
                line.clear();
                put(&row, table, &mut line).with_context(|| format!("row {} of {}", rows_read + 1, table.name))?;
                sink(&line)?;
                rows_read += 1;
            }
        });
        Ok(rows_read)
    }

    /// SHA-256 of every evidence file that the database knows, in order.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn files(&mut self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(&mut self.conn, db => query_as("SELECT sha256 FROM file ORDER BY sha256")
            .fetch_all(&mut **db).await)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }

    /// SHA-256 of every uploaded list whose import has not ended, in order.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn uploads(&mut self) -> Result<Vec<String>> {
        let rows: Vec<(String,)> = on!(&mut self.conn, db => query_as(
            "SELECT DISTINCT sha256 FROM import WHERE state IN ('queued', 'running') ORDER BY sha256")
            .fetch_all(&mut **db).await)?;
        Ok(rows.into_iter().map(|row| row.0).collect())
    }
}

/// Writes a row as an object of JSON.
fn put<R: Row>(row: &R, table: &Table, line: &mut String) -> anyhow::Result<()>
where
    usize: ColumnIndex<R>,
    for<'r> i64: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> String: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> Vec<u8>: Decode<'r, R::Database> + Type<R::Database>,
    for<'r> bool: Decode<'r, R::Database> + Type<R::Database>,
    R::Database: Database,
{
    line.push('{');
    for (i, column) in table.columns.iter().enumerate() {
        if i > 0 {
            line.push(',');
        }
        line.push_str(&serde_json::to_string(&column.name)?);
        line.push(':');
        let text = match column.kind {
            Kind::Identity | Kind::Int => serde_json::to_string(&row.try_get::<Option<i64>, _>(i)?)?,
            Kind::Text => serde_json::to_string(&row.try_get::<Option<String>, _>(i)?)?,
            Kind::Bool => serde_json::to_string(&row.try_get::<Option<bool>, _>(i)?)?,
            Kind::Bytes => {
                let hexed = row.try_get::<Option<Vec<u8>>, _>(i)?.map(|bytes| migrate::hex(&bytes));
                serde_json::to_string(&hexed)?
            }
        };
        line.push_str(&text);
    }
    line.push('}');
    Ok(())
}

/// A value of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Int(Option<i64>),
    Text(Option<String>),
    Bytes(Option<Vec<u8>>),
    Bool(Option<bool>),
}

/// A row of a table, read from a line of a backup.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Values(pub(crate) Vec<Value>);

impl Table {
    /// Reads a line that [`Snapshot::read`] wrote.
    ///
    /// # Errors
    /// The line is no row of this table; the text names the column.
    pub fn row(&self, line: &str) -> Result<Values> {
        let mut object: serde_json::Map<String, serde_json::Value> =
            serde_json::from_str(line).with_context(|| format!("this is no row of {}", self.name))?;
        let mut values = Vec::with_capacity(self.columns.len());
        for column in &self.columns {
            let name = &column.name;
            let value = object.remove(name).ok_or_else(|| anyhow!("a row of {} has no {name}", self.name))?;
            let value = value_of(column.kind, value)
                .ok_or_else(|| anyhow!("a row of {}: {name} holds another kind of value", self.name))?;
            values.push(value);
        }
        match object.keys().next() {
            Some(more) => {
                Err(Error::Other(anyhow!("a row of {} has a column {more} that the table lacks", self.name)))
            }
            None => Ok(Values(values)),
        }
    }
}

fn value_of(kind: Kind, value: serde_json::Value) -> Option<Value> {
    use serde_json::Value as Json;
    Some(match (kind, value) {
        (Kind::Identity | Kind::Int, Json::Null) => Value::Int(None),
        (Kind::Identity | Kind::Int, Json::Number(n)) => Value::Int(Some(n.as_i64()?)),
        (Kind::Text, Json::Null) => Value::Text(None),
        (Kind::Text, Json::String(text)) => Value::Text(Some(text)),
        (Kind::Bytes, Json::Null) => Value::Bytes(None),
        (Kind::Bytes, Json::String(text)) => Value::Bytes(Some(crate::seal::unhex(&text)?)),
        (Kind::Bool, Json::Null) => Value::Bool(None),
        (Kind::Bool, Json::Bool(yes)) => Value::Bool(Some(yes)),
        _ => return None,
    })
}

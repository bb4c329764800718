//! What is folded of the facts: a line of every project in memory, for lists with any filter and order.
//!
//! The facts are the truth; this follows them. Before each answer the number of the last fact is asked for, and projects that got facts
//! since are folded again, whoever recorded them (another process too). Nothing here is stored.

use anyhow::Result;
use domain::company::Money;
use domain::fact::{FactId, Kind, ProjectId};
use domain::project::Project;
use domain::stage::Stage;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use store::Store;
use store::fact::FactQuery;
use tokio::sync::Mutex;

/// A project in one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Number.
    pub id: ProjectId,
    /// Code that people quote.
    pub code: Box<str>,
    /// Name.
    pub name: Box<str>,
    /// Company as written; empty when there is none yet.
    pub company: Box<str>,
    /// Its key; empty when it is not resolved.
    pub company_key: Box<str>,
    /// `chain` or `chain/segment`; empty when it is not placed.
    pub chain: Box<str>,
    /// Number of the unit.
    pub unit: Option<i64>,
    /// Number of the officer.
    pub officer: Option<i64>,
    /// Number of the event that brought it.
    pub event: Option<i64>,
    /// Number of the lead it grew from.
    pub lead: Option<i64>,
    /// Where it stands.
    pub stage: Option<Stage>,
    /// Since when (effective day).
    pub since: Option<Date>,
    /// The day its signing counts.
    pub signed: Option<Date>,
    /// What is planned in all.
    pub planned: Option<Money>,
    /// Whether it is settled as a repetition of another project.
    pub duplicate: bool,
    /// When its last fact was recorded.
    pub recorded: Timestamp,
    /// Its last fact.
    pub last: FactId,
}

impl Line {
    /// The line of a folded project.
    #[must_use]
    pub fn of(project: &Project) -> Line {
        let text = |kind| Box::from(project.text(kind).unwrap_or_default());
        let recorded = project.facts().iter().map(|f| f.recorded).max().unwrap_or(Timestamp::UNIX_EPOCH);
        Line {
            id: project.id,
            code: Box::from(project.code.as_str()),
            name: Box::from(project.name()),
            company: text(Kind::Company),
            company_key: text(Kind::CompanyKey),
            chain: text(Kind::Chain),
            unit: project.number(Kind::Unit),
            officer: project.number(Kind::Officer),
            event: project.number(Kind::Event),
            lead: project.number(Kind::Lead),
            stage: project.stage(),
            since: project.since(),
            signed: project.reached(Stage::Signed).map(|f| f.counts),
            planned: project.money(Kind::PlannedTotal),
            duplicate: project.get(Kind::DuplicateOf).is_some(),
            recorded,
            last: project.last,
        }
    }
}

/// Every project at one moment.
#[derive(Debug, Default)]
pub struct Board {
    /// The last fact that it has seen; `None` before it was first read.
    pub last: Option<FactId>,
    /// Lines by number.
    pub lines: Vec<Arc<Line>>,
    at: HashMap<ProjectId, usize>,
}

impl Board {
    /// The line of one project.
    #[must_use]
    pub fn line(&self, id: ProjectId) -> Option<&Arc<Line>> {
        self.at.get(&id).map(|&i| &self.lines[i])
    }

    fn put(&mut self, line: Line) {
        let line = Arc::new(line);
        match self.at.get(&line.id) {
            Some(&i) => self.lines[i] = line,
            None => {
                self.at.insert(line.id, self.lines.len());
                self.lines.push(line);
            }
        }
    }
}

/// The board that follows the facts.
#[derive(Debug, Default)]
pub struct Ledger {
    board: RwLock<Arc<Board>>,
    turn: Mutex<()>,
}

/// With more changed projects than this everything is read anew in one pass.
const FOLLOWED: u32 = 1_000;

impl Ledger {
    /// Every project as of now.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn board(&self, store: &Store) -> Result<Arc<Board>> {
        let last = store.last_fact().await?;
        let current = self.current();
        if current.last.is_some_and(|seen| seen >= last) {
            return Ok(current);
        }
        let _turn = self.turn.lock().await;
        let current = self.current();
        if current.last.is_some_and(|seen| seen >= last) {
            return Ok(current);
        }
        let board = Arc::new(next(store, &current, last).await?);
        *self.board.write().unwrap_or_else(PoisonError::into_inner) = board.clone();
        Ok(board)
    }

    fn current(&self) -> Arc<Board> {
        self.board.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// The board after `last`. Facts that are recorded meanwhile may be in it already; the next call reads their projects again.
async fn next(store: &Store, current: &Board, last: FactId) -> Result<Board> {
    if let Some(seen) = current.last {
        let changed = store.projects_after(seen, FOLLOWED + 1).await?;
        if changed.len() <= FOLLOWED as usize {
            let mut board = Board { last: Some(last), lines: current.lines.clone(), at: current.at.clone() };
            for id in changed {
                if let Some(project) = project(store, id, None).await? {
                    board.put(Line::of(&project));
                }
            }
            return Ok(board);
        }
    }
    let mut board = Board { last: Some(last), ..Board::default() };
    store
        .each_project(&FactQuery::default(), |id, code, facts| {
            board.put(Line::of(&Project::fold(id, code, facts, None)));
        })
        .await?;
    Ok(board)
}

/// One project from its facts, as of `cut_off`; `None` when there is none.
///
/// # Errors
/// Only when the database fails.
pub async fn project(store: &Store, id: ProjectId, cut_off: Option<Timestamp>) -> Result<Option<Project>> {
    let Some(code) = store.project_code(id).await? else { return Ok(None) };
    Ok(Some(Project::fold(id, &code, store.facts_of(id).await?, cut_off)))
}

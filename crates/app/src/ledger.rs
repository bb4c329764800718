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
    /// When the last fact that shows here was recorded.
    pub recorded: Timestamp,
}

impl Line {
    /// The line of a folded project.
    #[must_use]
    pub fn of(project: &Project) -> Line {
        let text = |kind| Box::from(project.text(kind).unwrap_or_default());
        let shown = project.facts().iter().filter(|f| KINDS.contains(&f.kind));
        let recorded = shown.map(|f| f.recorded).max().unwrap_or(Timestamp::UNIX_EPOCH);
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
        }
    }
}

/// Every project at one moment.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// The last fact that it has seen; `None` before it was first read.
    pub last: Option<FactId>,
    /// Lines by number.
    pub lines: Vec<Arc<Line>>,
}

impl Board {
    /// The line of one project.
    #[must_use]
    pub fn line(&self, id: ProjectId) -> Option<&Arc<Line>> {
        self.lines.binary_search_by_key(&id, |l| l.id).ok().map(|i| &self.lines[i])
    }

    fn put(&mut self, line: Line) {
        match self.lines.binary_search_by_key(&line.id, |l| l.id) {
            Ok(i) => self.lines[i] = Arc::new(line),
            Err(i) => self.lines.insert(i, Arc::new(line)),
        }
    }
}

/// The board that follows the facts.
#[derive(Debug, Default)]
pub struct Ledger {
    board: RwLock<Arc<Board>>,
    turn: Mutex<()>,
    /// The reports asked for last.
    pub(crate) figures: crate::figure::Kept,
}

/// With more changed projects than this everything is read anew in one pass.
const FOLLOWED: u32 = 1_000;
/// What a line is made of; facts of other kinds are not read for it.
const KINDS: [Kind; 11] = [
    Kind::Name,
    Kind::Company,
    Kind::CompanyKey,
    Kind::Chain,
    Kind::Unit,
    Kind::Officer,
    Kind::Event,
    Kind::Lead,
    Kind::Stage,
    Kind::PlannedTotal,
    Kind::DuplicateOf,
];

impl Ledger {
    /// Every project as of now.
    ///
    /// # Errors
    /// Only when the database fails.
    pub async fn board(&self, store: &Store) -> Result<Arc<Board>> {
        let last = store.last_fact().await?;
        if let Some(board) = self.fresh(last) {
            return Ok(board);
        }
        let _turn = self.turn.lock().await;
        if let Some(board) = self.fresh(last) {
            return Ok(board);
        }
        self.follow(store, last).await
    }

    /// The board, if it has seen `last`.
    fn fresh(&self, last: FactId) -> Option<Arc<Board>> {
        let board = self.board.read().unwrap_or_else(PoisonError::into_inner);
        board.last.is_some_and(|seen| seen >= last).then(|| board.clone())
    }

    /// Brings the board up to `last`. Facts that are recorded meanwhile may be in it already; the next call reads their projects again.
    async fn follow(&self, store: &Store, last: FactId) -> Result<Arc<Board>> {
        let seen = self.board.read().unwrap_or_else(PoisonError::into_inner).last;
        let changed = match seen {
            Some(seen) => store.projects_after(seen, FOLLOWED + 1).await?,
            None => Vec::new(),
        };
        if seen.is_none() || changed.len() > FOLLOWED as usize {
            let mut all = Board { last: Some(last), lines: Vec::new() };
            let asked = FactQuery { kinds: KINDS.to_vec(), ..FactQuery::default() };
            let fold = |id, code: &str, facts| {
                all.lines.push(Arc::new(Line::of(&Project::fold(id, code, facts, None))))
            };
            store.each_project(&asked, fold).await?;
            let all = Arc::new(all);
            *self.board.write().unwrap_or_else(PoisonError::into_inner) = all.clone();
            return Ok(all);
        }
        let mut lines = Vec::with_capacity(changed.len());
        for id in changed {
            if let Some(project) = project(store, id, None).await? {
                lines.push(Line::of(&project));
            }
        }
        let mut board = self.board.write().unwrap_or_else(PoisonError::into_inner);
        // In place unless somebody still reads the old one.
        let next = Arc::make_mut(&mut board);
        lines.into_iter().for_each(|line| next.put(line));
        next.last = Some(last);
        Ok(board.clone())
    }
}

/// One project from its facts, as of `cut_off`; `None` when there is none.
///
/// # Errors
/// Only when the database fails.
pub async fn project(store: &Store, id: ProjectId, cut_off: Option<Timestamp>) -> Result<Option<Project>> {
    let Some(code) = store.project_code(id).await? else { return Ok(None) };
    Ok(Some(Project::fold(id, &code, store.facts_of(id).await?, cut_off)))
}

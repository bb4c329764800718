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
use std::collections::HashSet;
use std::sync::{Arc, PoisonError, RwLock};
use store::Store;
use store::ledger::FactQuery;
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

/// Lines by number, in chunks that boards share: a board that follows a write copies one chunk and points at the others.
#[derive(Clone, Debug, Default)]
pub struct Lines {
    chunks: Vec<Arc<Chunk>>,
    len: usize,
}

#[derive(Clone, Debug, Default)]
struct Chunk {
    /// By number; never empty in a [`Lines`].
    lines: Vec<Arc<Line>>,
    /// Events of the lines that have one, in their order.
    events: Vec<i64>,
}

/// Lines of a chunk when it is filled from the start; one that grows beyond twice of it is cut in two.
const CHUNK: usize = 256;

impl Lines {
    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Every line, by number.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Arc<Line>> {
        self.chunks.iter().flat_map(|c| &c.lines)
    }

    /// The events of the lines that have one, by the number of the line.
    pub fn events(&self) -> impl Iterator<Item = i64> {
        self.chunks.iter().flat_map(|c| &c.events).copied()
    }

    /// The lines of chunks that `old` does not share: among them every line that is new or changed since.
    pub fn beyond<'a>(&'a self, old: &'a Lines) -> impl Iterator<Item = &'a Arc<Line>> {
        let shared: HashSet<*const Chunk> = old.chunks.iter().map(Arc::as_ptr).collect();
        self.chunks.iter().filter(move |c| !shared.contains(&Arc::as_ptr(c))).flat_map(|c| &c.lines)
    }

    /// The chunk in which a number stands or would stand.
    fn chunk(&self, id: ProjectId) -> usize {
        self.chunks.partition_point(|c| c.lines.first().is_some_and(|l| l.id <= id)).saturating_sub(1)
    }

    fn get(&self, id: ProjectId) -> Option<&Arc<Line>> {
        let lines = &self.chunks.get(self.chunk(id))?.lines;
        lines.binary_search_by_key(&id, |l| l.id).ok().map(|i| &lines[i])
    }

    fn put(&mut self, line: Line) {
        let at = self.chunk(line.id);
        if self.chunks.is_empty() {
            self.chunks.push(Arc::default());
        }
        let chunk = Arc::make_mut(&mut self.chunks[at]);
        match chunk.lines.binary_search_by_key(&line.id, |l| l.id) {
            Ok(i) => chunk.lines[i] = Arc::new(line),
            Err(i) => {
                chunk.lines.insert(i, Arc::new(line));
                self.len += 1;
            }
        }
        let second = (chunk.lines.len() > 2 * CHUNK).then(|| chunk.lines.split_off(CHUNK));
        chunk.note_events();
        if let Some(lines) = second {
            let mut next = Chunk { lines, events: Vec::new() };
            next.note_events();
            self.chunks.insert(at + 1, Arc::new(next));
        }
    }
}

impl Chunk {
    fn note_events(&mut self) {
        self.events = self.lines.iter().filter_map(|l| l.event).collect();
    }
}

impl FromIterator<Arc<Line>> for Lines {
    /// Of lines by number.
    fn from_iter<T: IntoIterator<Item = Arc<Line>>>(lines: T) -> Lines {
        let mut all = Lines::default();
        let mut lines = lines.into_iter().peekable();
        while lines.peek().is_some() {
            let mut chunk = Chunk { lines: lines.by_ref().take(CHUNK).collect(), events: Vec::new() };
            chunk.note_events();
            all.len += chunk.lines.len();
            all.chunks.push(Arc::new(chunk));
        }
        all
    }
}

/// Every project at one moment.
#[derive(Clone, Debug, Default)]
pub struct Board {
    /// The last fact that it has seen; `None` before it was first read.
    pub last: Option<FactId>,
    /// Lines by number.
    pub lines: Lines,
}

impl Board {
    /// The line of one project.
    #[must_use]
    pub fn line(&self, id: ProjectId) -> Option<&Arc<Line>> {
        self.lines.get(id)
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
        // Asked again: whoever waited for this turn finds a board that has seen what they asked for.
        let last = store.last_fact().await?;
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
            let mut lines: Vec<Arc<Line>> = Vec::new();
            let asked = FactQuery { kinds: KINDS.to_vec(), bare: true, ..FactQuery::default() };
            let fold = |id, code: &str, facts| {
                lines.push(Arc::new(Line::of(&Project::fold(id, code, facts, None))));
            };
            store.each_project(&asked, fold).await?;
            let all = Arc::new(Board { last: Some(last), lines: lines.into_iter().collect() });
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
        // What somebody still reads is copied: the list of chunks and the chunks that change.
        let next = Arc::make_mut(&mut board);
        lines.into_iter().for_each(|line| next.lines.put(line));
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeMap;

    fn line(id: i64, version: i64) -> Line {
        let mut line = Line::of(&Project::fold(ProjectId(id), "P", Vec::new(), None));
        line.lead = Some(version);
        line.event = (id % 3 == 0).then_some(version);
        line
    }

    proptest! {
        #[test]
        fn chunks_hold_what_a_map_holds(
            first in 0i64..1_200,
            puts in prop::collection::vec(0i64..1_500, 0..1_200),
        ) {
            let mut lines: Lines = (0..first).map(|id| Arc::new(line(id, -1))).collect();
            let mut map: BTreeMap<i64, Line> = (0..first).map(|id| (id, line(id, -1))).collect();
            let old = lines.clone();
            for (version, &id) in (0..).zip(&puts) {
                lines.put(line(id, version));
                map.insert(id, line(id, version));
            }
            prop_assert_eq!(lines.len(), map.len());
            prop_assert!(lines.iter().map(|l| &**l).eq(map.values()));
            prop_assert!(lines.events().eq(map.values().filter_map(|l| l.event)));
            for id in [0, 1, 700, 1_499] {
                prop_assert_eq!(lines.get(ProjectId(id)).map(|l| &**l), map.get(&id));
            }
            let beyond: HashSet<i64> = lines.beyond(&old).map(|l| l.id.0).collect();
            prop_assert!(puts.iter().all(|id| beyond.contains(id)));
            prop_assert!(old.iter().map(|l| l.lead).eq((0..first).map(|_| Some(-1))), "a board that is read stays");
        }
    }
}

//! The difference between a table and what is recorded: every row new, changed, unchanged or rejected. Nothing is written here.

use super::choices::{Choices, Pick, file};
use crate::app::App;
use crate::import::worker;
use crate::intake::source::{self, Format, Table};
use crate::ledger::{Board, Line};
use crate::web::error::{Result, WebError};
use crate::world::{Named, World};
use domain::fact::{FactId, Kind, ProjectId, Value};
use domain::intake::project::{
    Difference, Layout, ProjectRow, Reader, Terms, Vocabulary, diff, is_headed, is_no_project, likeness, row,
};
use domain::intake::{RowFault, Rule};
use domain::limits;
use domain::name::fold;
use domain::project::Project;
use domain::scope::Scope;
use domain::user::UnitId;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use store::event::EventFilter;
use store::fact::ImportedProject;
use store::ledger::FactQuery;

/// What becomes of a row.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// A project that is not recorded yet.
    New,
    /// A project that gets new facts or corrections.
    Changed,
    /// The project says all of it already.
    Unchanged,
    /// The row is not imported, and says why.
    Rejected,
}

/// How a row's project was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// By its code.
    Code,
    /// By its company and a similar name.
    Company,
    /// By its name alone, where the row names no company.
    Name,
    /// A person said so.
    Picked,
    /// It was not: it is new.
    New,
}

/// A project that a row could be about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    /// Number.
    pub id: ProjectId,
    /// Code.
    pub code: String,
    /// Name.
    pub name: String,
}

/// One row of the table and what becomes of it.
#[derive(Clone, Debug)]
pub struct PlanRow {
    /// The row as a spreadsheet numbers it.
    pub number: u64,
    /// Its cells.
    pub cells: Vec<String>,
    /// What becomes of it.
    pub verdict: Verdict,
    /// What it says; `None` when it cannot be read.
    pub said: Option<ProjectRow>,
    /// The project it is about.
    pub project: Option<ProjectId>,
    /// How that was found.
    pub how: How,
    /// Projects that it could be about.
    pub candidates: Vec<Candidate>,
    /// An earlier row that says the very same.
    pub repeats: Option<u64>,
    /// The facts it would record.
    pub changes: Vec<Difference>,
    /// What was left out.
    pub notes: Vec<RowFault>,
    /// Why it is rejected.
    pub faults: Vec<RowFault>,
}

/// How many rows have each verdict.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Counts {
    /// Rows that are projects.
    pub read: u64,
    /// New projects.
    pub new: u64,
    /// Projects that change.
    pub changed: u64,
    /// Rows that say nothing new.
    pub unchanged: u64,
    /// Rows not imported.
    pub rejected: u64,
    /// Sums, sections and signatures, passed over.
    pub skipped: u64,
    /// Facts to record.
    pub facts: u64,
}

/// The whole difference.
#[derive(Clone, Debug)]
pub struct Plan {
    /// The last fact of all when it was made.
    pub seen: FactId,
    /// The file's format and sheets.
    pub table: source::SourceInfo,
    /// The columns; `None` when no heading was found.
    pub layout: Option<Layout>,
    /// Columns whose unit a person has to choose, by place; no row is judged before.
    pub without_unit: Vec<usize>,
    /// The first values of each column.
    pub samples: Vec<String>,
    /// The rows, in the order of the table.
    pub rows: Vec<PlanRow>,
    /// Numbers of the rows passed over.
    pub skipped: Vec<u64>,
    /// Names of units, people and chains by what stands for them.
    pub names: BTreeMap<(Kind, String), String>,
}

impl Plan {
    /// The counts.
    #[must_use]
    pub fn counts(&self) -> Counts {
        let n = |v: Verdict| self.rows.iter().filter(|r| r.verdict == v).count() as u64;
        Counts {
            read: self.rows.len() as u64,
            new: n(Verdict::New),
            changed: n(Verdict::Changed),
            unchanged: n(Verdict::Unchanged),
            rejected: n(Verdict::Rejected),
            skipped: self.skipped.len() as u64,
            facts: self.rows.iter().map(|r| r.changes.len() as u64).sum(),
        }
    }

    /// What a confirmation names: the last fact and the choices that the reader saw.
    #[must_use]
    pub fn token(&self, choices: &Choices) -> String {
        format!("{}-{}", self.seen, choices.word())
    }

    /// The rows that are written, in the order of [`Plan::accepted`].
    pub fn taken(&self) -> impl Iterator<Item = &PlanRow> {
        self.rows.iter().filter(|r| matches!(r.verdict, Verdict::New | Verdict::Changed))
    }

    /// What is written when a person agrees.
    #[must_use]
    pub fn accepted(&self) -> Vec<ImportedProject> {
        self.taken()
            .map(|r| ImportedProject {
                project: r.project,
                code: r.said.as_ref().and_then(|s| s.code.clone()).filter(|_| r.project.is_none()),
                facts: r.changes.iter().map(|c| c.new.clone()).collect(),
            })
            .collect()
    }
}

/// Compares an upload with what is recorded now. Rows about records outside `scope` are rejected.
///
/// # Errors
/// 404 when the upload is gone, 400 when the file cannot be read.
pub async fn plan(app: &App, id: &str, choices: &Choices, scope: Scope) -> Result<Plan> {
    let path = file(app, id)?;
    let board = app.ledger.board(&app.store).await?;
    let seen = board.last.unwrap_or(FactId(0));
    let (vocabulary, names) = vocabulary(app).await?;
    let (world, today, given, lines) =
        (app.engine.world(), app.clock.today(), choices.clone(), board.clone());
    let mut plan = app
        .compute(move || -> anyhow::Result<Plan> {
            let table =
                source::table(&path, given.sheet.as_deref(), limits::PROJECT_TABLE_ROWS, &|r| is_headed(r))?;
            let mut plan = read(table, &given, &vocabulary, today);
            resolve(&mut plan, world.as_deref());
            matched(&mut plan, &lines, &given);
            outside(&mut plan, &lines, scope);
            plan.seen = seen;
            plan.names = names;
            Ok(plan)
        })
        .await?
        .map_err(unreadable)?;
    let terms = Terms {
        as_of: choices.as_of.min(today),
        today,
        mode: choices.mode,
        file: choices.name.clone(),
        evidence: Some(id.to_string()),
    };
    compare(app, &mut plan, &terms).await?;
    conflicts(&mut plan);
    Ok(plan)
}

fn unreadable(error: anyhow::Error) -> WebError {
    let error = format!("{error:#}");
    let zh = crate::import::words::cause(&error, crate::text::Lang::Zh);
    WebError::bad_request(format!("这个文件读不出来：{zh}"), format!("The file cannot be read: {error}"))
        .next("/imports/projects", "换一个文件", "Choose another file")
}

type Names = BTreeMap<(Kind, String), String>;

/// The names of units, people and chains, and back.
async fn vocabulary(app: &App) -> Result<(Vocabulary, Names)> {
    let (mut known, mut names) = (Vocabulary::default(), Names::new());
    for unit in app.store.units().await?.into_iter().filter(|u| u.ended.is_none()) {
        known.add(Kind::Unit, &unit.name, Value::Number(unit.id.0));
        names.insert((Kind::Unit, unit.id.to_string()), unit.name);
    }
    let mut page = store::Page::first();
    loop {
        let people = app.store.users(page).await?;
        if people.is_empty() {
            break;
        }
        for person in people.into_iter().filter(|u| u.ended.is_none()) {
            known.add(Kind::Officer, &person.name, Value::Number(person.id.0));
            if person.login != person.name {
                known.add(Kind::Officer, &person.login, Value::Number(person.id.0));
            }
            names.insert((Kind::Officer, person.id.to_string()), person.name);
        }
        page = page.next();
    }
    let mut page = store::Page::first();
    loop {
        let events = app.store.events(EventFilter::default(), page).await?;
        if events.is_empty() {
            break;
        }
        for line in events {
            known.add(Kind::Event, &line.event.said.title, Value::Number(line.event.id));
            names.insert((Kind::Event, line.event.id.to_string()), line.event.said.title);
        }
        page = page.next();
    }
    for chain in worker::chains(app).await?.chains() {
        let mut add = |key: String, words: [&str; 3]| {
            for word in words {
                known.add(Kind::Chain, word, Value::Text(key.clone()));
            }
            names.insert((Kind::Chain, key), words[0].to_string());
        };
        add(chain.id.clone(), [&chain.name, &chain.name_en, &chain.id]);
        for segment in &chain.segments {
            let key = format!("{}/{}", chain.id, segment.id);
            add(key.clone(), [&segment.name, &segment.name_en, &key]);
        }
    }
    Ok((known, names))
}

/// Finds heading and columns, and judges every row that is a project.
fn read(table: Table, choices: &Choices, vocabulary: &Vocabulary, today: jiff::civil::Date) -> Plan {
    let cells: Vec<&[String]> = table.rows.iter().map(|r| r.cells.as_slice()).collect();
    let layout = Layout::find(&cells, &choices.columns);
    let mut plan = Plan {
        seen: FactId(0),
        without_unit: Vec::new(),
        samples: Vec::new(),
        rows: Vec::new(),
        skipped: Vec::new(),
        names: Names::new(),
        table: table.info,
        layout: None,
    };
    let Some(layout) = layout else { return plan };
    let body = layout.at + layout.rows;
    plan.without_unit = layout.without_unit(&cells[body..]);
    plan.samples = (0..layout.columns.len()).map(|i| sample(&cells[body..], i)).collect();
    let ready = layout.has_name() && layout.twice().is_none() && plan.without_unit.is_empty();
    let width = layout.columns.len();
    let excel = plan.table.excel;
    for mut raw in table.rows.into_iter().skip(body).filter(|_| ready) {
        if raw.broken.is_none() && is_no_project(&layout, &raw.cells) {
            plan.skipped.push(raw.number);
            continue;
        }
        while raw.cells.len() > width && raw.cells.last().is_some_and(|c| c.trim().is_empty()) {
            raw.cells.pop();
        }
        // A spreadsheet leaves out empty cells at the end of a row; in a text file their absence is a damage.
        let damaged =
            raw.cells.len() > width || (plan.table.format == Format::Csv && raw.cells.len() != width);
        let broken = raw.broken.or_else(|| damaged.then_some(Rule::Shape(raw.cells.len(), width)));
        let judged = match broken {
            Some(rule) => Err(vec![RowFault::whole(raw.number, &raw.cells.join(","), rule)]),
            None => row(Reader { layout: &layout, vocabulary, excel, today }, raw.number, &raw.cells),
        };
        plan.rows.push(judged_row(raw.number, raw.cells, judged));
    }
    plan.layout = Some(layout);
    plan
}

fn judged_row(number: u64, cells: Vec<String>, judged: Result<ProjectRow, Vec<RowFault>>) -> PlanRow {
    let (said, faults) = match judged {
        Ok(row) => (Some(row), Vec::new()),
        Err(faults) => (None, faults),
    };
    let notes = said.as_ref().map(|s| s.notes.clone()).unwrap_or_default();
    let verdict = if said.is_some() { Verdict::New } else { Verdict::Rejected };
    PlanRow {
        number,
        cells,
        verdict,
        said,
        project: None,
        how: How::New,
        candidates: Vec::new(),
        repeats: None,
        changes: Vec::new(),
        notes,
        faults,
    }
}

fn sample(rows: &[&[String]], column: usize) -> String {
    const SHOWN: usize = 3;
    let values = rows.iter().filter_map(|r| r.get(column)).map(|c| c.trim()).filter(|c| !c.is_empty());
    values.take(SHOWN).map(|c| c.chars().take(20).collect::<String>()).collect::<Vec<_>>().join(" / ")
}

/// The key of each row's company, where its name means exactly one.
fn resolve(plan: &mut Plan, world: Option<&World>) {
    let Some(world) = world else { return };
    let mut known: HashMap<String, Option<String>> = HashMap::new();
    for said in plan.rows.iter_mut().filter_map(|r| r.said.as_mut()) {
        if said.uscc.is_some() || said.company().is_empty() {
            continue;
        }
        let name = said.company().to_string();
        let find = || match world.by_name(&name, None) {
            Named::One(doc) => world.universe.company(doc).ok().map(|c| World::key(&c)),
            Named::Many(_) | Named::None => None,
        };
        said.key.clone_from(known.entry(name.clone()).or_insert_with(find));
    }
}

/// A name for comparing: widths, brackets and spaces folded.
fn key(name: &str) -> String {
    fold(name).into_iter().collect()
}

struct Index<'a> {
    by_code: HashMap<&'a str, &'a Line>,
    by_company: HashMap<String, Vec<&'a Line>>,
    by_name: HashMap<String, Vec<&'a Line>>,
}

impl<'a> Index<'a> {
    fn new(board: &'a Board) -> Index<'a> {
        let mut index =
            Index { by_code: HashMap::new(), by_company: HashMap::new(), by_name: HashMap::new() };
        for line in board.lines.iter() {
            index.by_code.insert(&line.code, line);
            for name in [key(&line.company), line.company_key.to_string()] {
                if !name.is_empty() {
                    index.by_company.entry(name).or_default().push(line);
                }
            }
            index.by_name.entry(key(&line.name)).or_default().push(line);
        }
        index
    }

    /// Projects of the row's company, the most alike first; without a company those of the very same name.
    fn alike(&self, said: &ProjectRow) -> Vec<(u32, &'a Line)> {
        let code = said.uscc.as_ref().map(|c| c.as_str().to_string());
        let keys = [Some(key(said.company())), code, said.key.clone()];
        let keys: BTreeSet<String> = keys.into_iter().flatten().filter(|k| !k.is_empty()).collect();
        let mut seen = HashSet::new();
        let found = keys.iter().filter_map(|k| self.by_company.get(k)).flatten();
        let mut all: Vec<(u32, &Line)> =
            found.filter(|l| seen.insert(l.id)).map(|l| (likeness(&l.name, said.name()), *l)).collect();
        for line in self.by_name.get(&key(said.name())).into_iter().flatten() {
            if seen.insert(line.id) {
                // The same name of another company is offered, not proposed.
                let nobody = said.company().is_empty() || line.company.is_empty();
                all.push((if nobody { 100 } else { 0 }, *line));
            }
        }
        all.sort_by_key(|(score, line)| (std::cmp::Reverse(*score), line.id));
        all
    }
}

/// From this likeness on a project of the same company is proposed as the same.
const SAME: u32 = 60;

fn matched(plan: &mut Plan, board: &Board, choices: &Choices) {
    let index = Index::new(board);
    for row in &mut plan.rows {
        let Some(said) = &row.said else { continue };
        let alike = index.alike(said);
        let by_code = said.code.as_deref().and_then(|c| index.by_code.get(c).copied());
        let offered = by_code.into_iter().chain(alike.iter().map(|(_, l)| *l));
        let mut offered: Vec<&Line> = offered.take(limits::MATCHES_OFFERED + 1).collect();
        offered.dedup_by_key(|l| l.id);
        let proposed = alike.first().filter(|(score, _)| *score >= SAME).map(|(_, l)| *l);
        let (line, how) = match choices.picks.get(&row.number) {
            Some(Pick::New) => (None, How::Picked),
            Some(Pick::Project(id)) => (board.line(ProjectId(*id)).map(|l| &**l), How::Picked),
            None => match (by_code, proposed) {
                (Some(line), _) => (Some(line), How::Code),
                (None, Some(line)) if said.company().is_empty() => (Some(line), How::Name),
                (None, Some(line)) => (Some(line), How::Company),
                (None, None) => (None, How::New),
            },
        };
        if let Some(line) = line
            && offered.iter().all(|l| l.id != line.id)
        {
            offered.insert(0, line);
        }
        row.how = how;
        row.project = line.map(|l| l.id);
        match (line, &said.code) {
            (Some(line), Some(code)) if **code != *line.code => {
                let rule = Rule::OtherCode(line.code.to_string());
                row.notes.push(RowFault::whole(row.number, code, rule));
            }
            (None, Some(code)) if by_code.is_some() => {
                row.faults.push(RowFault::whole(row.number, code, Rule::CodeTaken(code.clone())));
                row.verdict = Verdict::Rejected;
            }
            _ => {}
        }
        let candidate = |l: &Line| Candidate { id: l.id, code: l.code.to_string(), name: l.name.to_string() };
        row.candidates = offered.into_iter().map(candidate).collect();
    }
}

/// Rejects rows about projects of units whose records the reader may not write, and rows that would hand a project to such a unit.
fn outside(plan: &mut Plan, board: &Board, scope: Scope) {
    for row in plan.rows.iter_mut().filter(|r| r.verdict != Verdict::Rejected) {
        let recorded = row.project.and_then(|id| board.line(id)).map(|l| l.unit);
        let said = row.said.as_ref().and_then(|s| s.settings.get(&Kind::Unit)).map(Value::number);
        let barred = [recorded, said].into_iter().flatten().any(|unit| !scope.covers(unit.map(UnitId)));
        if barred {
            row.verdict = Verdict::Rejected;
            row.faults.push(RowFault::whole(row.number, "", Rule::OtherUnit));
        }
    }
}

/// With more projects than this to read, all are read in one pass.
const ONE_BY_ONE: usize = 300;

async fn compare(app: &App, plan: &mut Plan, terms: &Terms) -> Result<()> {
    let wanted: HashSet<ProjectId> = plan.rows.iter().filter_map(|r| r.project).collect();
    let mut projects: HashMap<ProjectId, Project> = HashMap::new();
    if wanted.len() <= ONE_BY_ONE {
        for id in wanted {
            if let Some(project) = crate::ledger::project(&app.store, id, None).await? {
                projects.insert(id, project);
            }
        }
    } else {
        let take = |id, code: &str, facts| {
            if wanted.contains(&id) {
                projects.insert(id, Project::fold(id, code, facts, None));
            }
        };
        app.store.each_project(&FactQuery::default(), take).await?;
    }
    for row in plan.rows.iter_mut().filter(|r| r.verdict != Verdict::Rejected) {
        let Some(said) = &row.said else { continue };
        match diff(said, row.project.and_then(|id| projects.get(&id)), terms) {
            Ok(changes) => {
                row.verdict = match (row.project, changes.is_empty()) {
                    (None, _) => Verdict::New,
                    (Some(_), false) => Verdict::Changed,
                    (Some(_), true) => Verdict::Unchanged,
                };
                row.changes = changes;
            }
            Err(faults) => {
                row.verdict = Verdict::Rejected;
                row.faults.extend(faults);
            }
        }
    }
    Ok(())
}

/// What two rows must not both be about.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Target {
    Project(ProjectId),
    Code(String),
    Name(String, String),
}

/// Rows about one project: the same content is imported once; different contents are all rejected, whichever stands first.
fn conflicts(plan: &mut Plan) {
    let mut groups: HashMap<Target, Vec<usize>> = HashMap::new();
    for (i, row) in plan.rows.iter().enumerate() {
        let Some(said) = row.said.as_ref().filter(|_| row.verdict != Verdict::Rejected) else { continue };
        let company = match &said.uscc {
            Some(code) => code.as_str().to_string(),
            None => said.key.clone().unwrap_or_else(|| key(said.company())),
        };
        let name = Target::Name(company, key(said.name()));
        let target = match (row.project, &said.code) {
            (Some(id), _) => Target::Project(id),
            (None, Some(code)) => Target::Code(code.clone()),
            // Somebody said that it is a new one, whatever it is called.
            (None, None) if row.how == How::Picked => continue,
            (None, None) => name.clone(),
        };
        groups.entry(target).or_default().push(i);
    }
    uncoded(plan);
    for mut places in groups.into_values() {
        places.retain(|&i| plan.rows[i].verdict != Verdict::Rejected);
        if places.len() < 2 {
            continue;
        }
        let number = |i: usize| plan.rows[i].number;
        let first = places[0];
        let same = |i: &usize| match (&plan.rows[first].said, &plan.rows[*i].said) {
            (Some(a), Some(b)) => a.says_the_same(b),
            _ => false,
        };
        if places.iter().all(same) {
            let first_number = number(first);
            for &i in &places[1..] {
                let row = &mut plan.rows[i];
                (row.verdict, row.repeats) = (Verdict::Unchanged, Some(first_number));
                row.changes.clear();
            }
            continue;
        }
        let others: Vec<(usize, u64)> =
            places.iter().map(|&i| (i, places.iter().copied().find(|&j| j != i).map_or(0, number))).collect();
        for (i, other) in others {
            let row = &mut plan.rows[i];
            row.verdict = Verdict::Rejected;
            row.changes.clear();
            row.faults.push(RowFault::whole(row.number, "", Rule::SameProject(other)));
        }
    }
}

/// Of two new rows of the same company and name, one with a code and one without, the one without is rejected: it cannot be told
/// whether it is another.
fn uncoded(plan: &mut Plan) {
    let mut coded: HashMap<(String, String), u64> = HashMap::new();
    let name = |said: &ProjectRow| (key(said.company()), key(said.name()));
    let new = |r: &&PlanRow| r.verdict == Verdict::New && r.how == How::New;
    for row in plan.rows.iter().filter(new) {
        if let Some(said) = row.said.as_ref().filter(|s| s.code.is_some()) {
            let first = coded.entry(name(said)).or_insert(row.number);
            *first = row.number.min(*first);
        }
    }
    for row in plan.rows.iter_mut().filter(|r| r.verdict == Verdict::New && r.how == How::New) {
        let Some(said) = row.said.as_ref().filter(|s| s.code.is_none()) else { continue };
        if let Some(other) = coded.get(&name(said)) {
            row.verdict = Verdict::Rejected;
            row.changes.clear();
            row.faults.push(RowFault::whole(row.number, "", Rule::SameProject(*other)));
        }
    }
}

//! `/imports/projects/{file}`: what each row would change, before anything is written.

use super::choices::{Choices, Pick};
use super::plan::{Counts, Plan, PlanRow, Verdict, plan};
use super::words::{self, Shown};
use crate::app::App;
use crate::intake::csv::guard;
use crate::text::{Lang, grouped};
use crate::web::chrome::{Chrome, Flash, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::check_token;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::Form;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::intake::project::{Choice, Field, Layout, Mode};
use domain::limits;
use domain::role::Action;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "import/project/preview.html")]
struct PreviewPage {
    p: Chrome,
    id: String,
    file: String,
    token: String,
    sheet: String,
    sheets: Vec<String>,
    as_of: String,
    change: bool,
    /// Why no row is judged yet; empty when they are.
    asks: String,
    columns: Vec<ColumnRow>,
    fields: Vec<(String, String)>,
    units: Vec<String>,
    may_import: bool,
    ready: u64,
    n: Shares,
    skipped: String,
    rows: Vec<RowShown>,
    show: String,
    page: usize,
    pages: usize,
}

struct Shares {
    read: String,
    new: String,
    changed: String,
    unchanged: String,
    rejected: String,
    facts: String,
}

struct ColumnRow {
    index: usize,
    heading: String,
    field: String,
    unit: String,
    /// Whether a person has to choose the unit.
    asked: bool,
    measured: bool,
    sample: String,
}

struct RowShown {
    number: u64,
    verdict: &'static str,
    class: &'static str,
    name: String,
    company: String,
    how: &'static str,
    /// The project it is about; 0 for a new one.
    project: i64,
    candidates: Vec<(i64, String)>,
    changes: Vec<Shown>,
    notes: Vec<String>,
    faults: Vec<String>,
}

/// What a reader wants to see.
#[derive(Debug, Default, Deserialize)]
pub struct Asked {
    #[serde(default)]
    show: String,
    #[serde(default)]
    page: usize,
    done: Option<u64>,
}

/// `GET /imports/projects/{file}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Query(asked): Query<Asked>,
) -> Page {
    let choices = Choices::load(&app, &id).await?;
    let plan = plan(&app, &id, &choices, signed.scope()).await?;
    let flash = asked.done.map(|n| Flash {
        bad: false,
        text: format!("{} {}", signed.prefs.lang.t("已写入事实：", "Facts written:"), n),
    });
    show(&signed, &id, &choices, &plan, &asked, flash)
}

/// The page of a plan.
pub(super) fn show(
    signed: &Signed,
    id: &str,
    choices: &Choices,
    plan: &Plan,
    asked: &Asked,
    flash: Option<Flash>,
) -> Page {
    let lang = signed.prefs.lang;
    let counts = plan.counts();
    let wanted = |row: &&PlanRow| match asked.show.as_str() {
        "new" => row.verdict == Verdict::New,
        "changed" => row.verdict == Verdict::Changed,
        "unchanged" => row.verdict == Verdict::Unchanged,
        "rejected" => row.verdict == Verdict::Rejected,
        _ => true,
    };
    let found: Vec<&PlanRow> = plan.rows.iter().filter(wanted).collect();
    let pages = found.len().div_ceil(limits::PROJECT_ROWS_PAGE).max(1);
    let page = asked.page.clamp(1, pages);
    let from = (page - 1) * limits::PROJECT_ROWS_PAGE;
    let rows = found.iter().skip(from).take(limits::PROJECT_ROWS_PAGE).map(|r| row(plan, r, lang)).collect();
    let rows_passed = plan.skipped.iter().take(20).map(ToString::to_string).collect::<Vec<_>>().join("、");
    render(&PreviewPage {
        p: Chrome::of(signed, Nav::Imports).with_flash(flash),
        id: id.to_string(),
        file: choices.name.clone(),
        token: plan.token(choices),
        sheet: plan.table.sheet.clone().unwrap_or_default(),
        sheets: plan.table.sheets.clone(),
        as_of: choices.as_of.to_string(),
        change: choices.mode == Mode::Change,
        asks: asks(plan, lang),
        columns: plan.layout.as_ref().map(|l| columns(l, plan)).unwrap_or_default(),
        fields: Field::all().map(|f| (f.word(), lang.t(&f.zh(), &f.en()).to_string())).collect(),
        units: words::measures().map(|(_, name)| name).collect(),
        may_import: signed.may(Action::ImportProjects),
        ready: counts.new + counts.changed,
        n: shares(&counts),
        skipped: rows_passed,
        rows,
        show: asked.show.clone(),
        page,
        pages,
    })
}

fn shares(counts: &Counts) -> Shares {
    let n = |n: u64| grouped(i64::try_from(n).unwrap_or(i64::MAX));
    Shares {
        read: n(counts.read),
        new: n(counts.new),
        changed: n(counts.changed),
        unchanged: n(counts.unchanged),
        rejected: n(counts.rejected),
        facts: n(counts.facts),
    }
}

/// What a person has to say before any row is judged; empty when nothing.
#[must_use]
pub fn asks(plan: &Plan, lang: Lang) -> String {
    let Some(layout) = &plan.layout else {
        return lang
            .t(
                "这张表里没有找到表头（例如 项目名称、投资方、计划总投资）。请选择另一张工作表，或检查文件。",
                "No heading was found in this sheet (such as 项目名称, 投资方, 计划总投资). Choose another sheet, or check the file.",
            )
            .to_string();
    };
    if let Some((a, b)) = layout.twice() {
        let (a, b) = (&a.heading, &b.heading);
        return match lang {
            Lang::Zh => format!("“{a}”和“{b}”对应到了同一个字段，请只保留一列。"),
            Lang::En => format!("`{a}` and `{b}` are both mapped to one field; keep one of them."),
        };
    }
    if !layout.has_name() {
        let (zh, en) = ("请指定哪一列是项目名称。", "Say which column holds the project's name.");
        return lang.t(zh, en).to_string();
    }
    let without: Vec<&str> =
        plan.without_unit.iter().filter_map(|i| layout.columns.get(*i)).map(|c| c.heading.as_str()).collect();
    if without.is_empty() {
        return String::new();
    }
    let headings = without.join("、");
    match lang {
        Lang::Zh => format!("请选择单位：{headings}。表里没有写明是元、万元还是亿元（面积：亩还是㎡）。"),
        Lang::En => format!("Choose the unit of {headings}: the table does not say."),
    }
}

fn columns(layout: &Layout, plan: &Plan) -> Vec<ColumnRow> {
    let column = |(index, c): (usize, &domain::intake::project::Column)| ColumnRow {
        index,
        heading: c.heading.clone(),
        field: c.field.map(Field::word).unwrap_or_default(),
        unit: c.measure.map(words::measure_name).unwrap_or_default(),
        asked: plan.without_unit.contains(&index),
        measured: c.field.is_some_and(|f| f.is_money() || f.is_area()),
        sample: plan.samples.get(index).cloned().unwrap_or_default(),
    };
    layout.columns.iter().enumerate().filter(|(_, c)| !c.heading.is_empty()).map(column).collect()
}

fn row(plan: &Plan, row: &PlanRow, lang: Lang) -> RowShown {
    let (verdict, class) = words::verdict(row.verdict, lang);
    let said = row.said.as_ref();
    let mut notes: Vec<String> = row.notes.iter().map(|n| words::fault(n, lang)).collect();
    if let Some(first) = row.repeats {
        notes.push(match lang {
            Lang::Zh => format!("与第 {first} 行完全相同，只导入一次。"),
            Lang::En => format!("The very same as row {first}; imported once."),
        });
    }
    RowShown {
        number: row.number,
        verdict,
        class,
        name: said.map_or_else(
            || row.cells.iter().find(|c| c.chars().count() > 3).cloned().unwrap_or_default(),
            |s| s.name().to_string(),
        ),
        company: said.map(|s| s.company().to_string()).unwrap_or_default(),
        how: words::how(row.how, lang),
        project: row.project.map_or(0, |id| id.0),
        candidates: row.candidates.iter().map(|c| (c.id.0, format!("{} {}", c.code, c.name))).collect(),
        changes: row.changes.iter().map(|c| words::difference(plan, c, lang)).collect(),
        notes,
        faults: row.faults.iter().map(|f| words::fault(f, lang)).collect(),
    }
}

/// `POST /imports/projects/{file}`: keeps what a person said about the table; nothing is recorded.
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<String>,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Redirect> {
    let value = |name: &str| form.iter().find(|(k, _)| k == name).map(|(_, v)| v.as_str());
    check_token(&signed, value("csrf").unwrap_or_default())?;
    let mut choices = Choices::load(&app, &id).await?;
    if let Some(sheet) = value("sheet").filter(|s| !s.is_empty())
        && choices.sheet.as_deref() != Some(sheet)
        && value("sheet_shown") != Some(sheet)
    {
        // Another sheet has other columns and other rows.
        let day = choices.as_of;
        choices = Choices {
            sheet: Some(sheet.to_string()),
            mode: choices.mode,
            ..Choices::new(&choices.name, day)
        };
    } else {
        said(&mut choices, &form)?;
    }
    if let Some(day) = value("as_of") {
        choices.as_of = day.parse().ok().filter(|d| *d <= app.clock.today()).ok_or_else(|| {
            WebError::bad_request(
                "数据截至日期写成 2025-12-31，不能晚于今天。",
                "Write the table's day as 2025-12-31, not after today.",
            )
        })?;
    }
    match value("mode") {
        Some("change") => choices.mode = Mode::Change,
        Some(_) => choices.mode = Mode::Correct,
        None => {}
    }
    choices.save(&app, &id).await?;
    let show = value("show").filter(|s| s.chars().all(|c| c.is_ascii_lowercase())).unwrap_or_default();
    let page = value("page").and_then(|p| p.parse::<usize>().ok()).unwrap_or(1);
    Ok(Redirect::to(&format!("/imports/projects/{id}?show={show}&page={page}")))
}

/// `c3=planned_total`, `u3=万元`, `m17=new`, `m17=44`.
fn said(choices: &mut Choices, form: &[(String, String)]) -> Result<()> {
    for (name, value) in form {
        let (Some(letter), Some(number)) = (name.get(..1), name.get(1..).and_then(|n| n.parse::<u64>().ok()))
        else {
            continue;
        };
        let column = usize::try_from(number).unwrap_or(usize::MAX);
        let wrong =
            || WebError::bad_request("表单有误，请刷新后重试。", "The form is wrong; reload and try again.");
        match letter {
            "c" | "u" if column >= limits::INTAKE_COLUMNS => return Err(wrong()),
            "c" => {
                let shown = form.iter().find(|(k, _)| *k == format!("f{number}")).map(|(_, v)| v.as_str());
                // A column that nobody touched stays as it is recognised.
                if shown != Some(value) {
                    let field = if value.is_empty() { Some(Field::Skip) } else { Field::from_word(value) };
                    let entry: &mut Choice = choices.columns.entry(column).or_default();
                    entry.field = Some(field.ok_or_else(wrong)?);
                }
            }
            "u" if !value.is_empty() => {
                let measure = words::measure(value).ok_or_else(wrong)?;
                choices.columns.entry(column).or_default().measure = Some(measure);
            }
            "m" => {
                let shown = form.iter().find(|(k, _)| *k == format!("w{number}")).map(|(_, v)| v.as_str());
                if shown != Some(value) {
                    let pick = match value.as_str() {
                        "0" => Pick::New,
                        id => Pick::Project(id.parse().map_err(|_| wrong())?),
                    };
                    choices.picks.insert(number, pick);
                }
            }
            _ => {}
        }
    }
    if choices.picks.len() > limits::PROJECT_TABLE_ROWS {
        choices.picks.clear();
    }
    Ok(())
}

/// `GET /imports/projects/{file}/rejects.csv`: the rejected rows in the columns of the table, with the reasons behind.
pub async fn rejects(State(app): State<App>, signed: Signed, Path(id): Path<String>) -> Result<Response> {
    let choices = Choices::load(&app, &id).await?;
    let plan = plan(&app, &id, &choices, signed.scope()).await?;
    let lang = signed.prefs.lang;
    let headings = plan.layout.iter().flat_map(|l| &l.columns).map(|c| c.heading.as_str());
    let own = [lang.t("原行号", "row"), lang.t("退回原因", "why it was rejected")];
    // The mark tells Excel that this is UTF-8.
    let mut out = String::from("\u{feff}");
    let line = |out: &mut String, cells: &mut dyn Iterator<Item = &str>| {
        out.push_str(&cells.map(guard).collect::<Vec<_>>().join(","));
        out.push_str("\r\n");
    };
    line(&mut out, &mut headings.clone().chain(own));
    let width = plan.layout.as_ref().map_or(0, |l| l.columns.len());
    for row in plan.rows.iter().filter(|r| r.verdict == Verdict::Rejected) {
        let why = row.faults.iter().map(|f| words::fault(f, lang)).collect::<Vec<_>>().join("；");
        let number = row.number.to_string();
        let cells = (0..width).map(|i| row.cells.get(i).map_or("", String::as_str));
        line(&mut out, &mut cells.chain([number.as_str(), why.as_str()]));
    }
    let name = format!("attachment; filename=\"rejects-{}.csv\"", &id[..12]);
    let kind = "text/csv; charset=utf-8".to_string();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], out).into_response())
}

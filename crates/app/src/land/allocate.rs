//! `GET /land/allocation`: all waiting projects over all free parcels together, for what the zone chooses, within its limits; each line explained
//! and compared with first come, first served. Nothing is reserved here: a person decides and reserves.

use super::find::sites;
use crate::app::App;
use crate::inventory::area;
use crate::inventory::list::{Tab, day_of, tabs_at};
use crate::ledger;
use crate::text::Lang;
use crate::view;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::allocate::{Choice, Instance, Plan, Waits, first_come, solve, waits};
use domain::fact::{Kind as FactKind, ProjectId};
use domain::inventory::Kind;
use domain::inventory::field::{Field, Form};
use domain::land::find::{Need, Site, find};
use domain::limits;
use domain::project::Project;
use domain::rate::Rates;
use domain::stage::Stage;
use engine::map::Verdict;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeSet, HashSet};
use std::time::Instant;
use store::inventory::Item;

#[derive(Template)]
#[template(path = "land/allocate.html")]
struct AllocatePage {
    p: Chrome,
    tabs: Vec<Tab>,
    asked: Asked,
    faults: Vec<String>,
    waiting: usize,
    without: usize,
    free: usize,
    value: i64,
    bound: i64,
    gap: String,
    queue: i64,
    millis: u128,
    rows: Vec<Row>,
}

struct Row {
    id: i64,
    code: String,
    name: String,
    need: String,
    got: Option<(i64, String)>,
    points: String,
    why: String,
    queue: String,
}

/// What the zone chooses and how much there is, as typed.
#[derive(Clone, Debug, Deserialize)]
#[serde(default)]
pub struct Asked {
    day: String,
    investment: String,
    tax: String,
    jobs: String,
    gap: String,
    energy: String,
    area: String,
}

impl Default for Asked {
    fn default() -> Asked {
        let text = |t: &str| t.to_string();
        Asked {
            day: text(""),
            investment: text("5"),
            tax: text("5"),
            jobs: text("1"),
            gap: text("3"),
            energy: text(""),
            area: text(""),
        }
    }
}

/// A project that waits for ground, and what it brings.
#[derive(Clone, Debug)]
struct Waiting {
    id: i64,
    code: String,
    name: String,
    /// Hundredths of a square metre.
    area: i64,
    investment: i64,
    tax: i64,
    jobs: i64,
    energy: i64,
    fills_gap: bool,
}

/// How much each thing weighs, and the limits.
#[derive(Clone, Copy, Debug)]
struct Wish {
    investment: i64,
    tax: i64,
    jobs: i64,
    gap: i64,
    energy: Option<i64>,
    area: Option<i64>,
}

/// Stages in which a project waits for ground.
const WAITING: [Stage; 6] =
    [Stage::Negotiating, Stage::Review, Stage::Decision, Stage::Signed, Stage::Registered, Stage::Filed];
const ROUNDS: usize = 120;

/// `GET /land/allocation`
#[expect(clippy::disallowed_methods, reason = "the page says how long the search took")]
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let day = day_of(&asked.day, today)?;
    let (wish, faults) = wish(&asked, today, lang);
    let (projects, without) = waiting(&app, &signed).await?;
    let (items, all) = sites(&app, &[Kind::Parcel]).await?;
    let (instance, free) = instance(&projects, &all, wish, day);
    let (plan, queue, millis) = app
        .compute({
            let instance = instance.clone();
            move || {
                let start = Instant::now();
                (solve(&instance, ROUNDS), first_come(&instance), start.elapsed().as_millis())
            }
        })
        .await?;
    let worth = |got: &[Option<usize>]| got.iter().flatten().map(|k| instance.choices[*k].value).sum();
    render(&AllocatePage {
        p: Chrome::of(&signed, Nav::Land),
        tabs: tabs_at(Kind::Parcel, "/land/allocation", lang),
        faults,
        waiting: projects.len(),
        without,
        free,
        value: plan.value,
        bound: plan.bound,
        gap: format!("{}.{:02}%", plan.gap() / 100, plan.gap() % 100),
        queue: worth(&queue),
        millis,
        rows: rows(&projects, &items, &instance, &plan, &queue, wish, lang),
        asked: Asked { day: day.to_string(), ..asked },
    })
}

fn wish(asked: &Asked, today: Date, lang: Lang) -> (Wish, Vec<String>) {
    let mut faults = Vec::new();
    let mut read = |zh: &'static str, en: &'static str, form: Form, text: &str| -> Option<i64> {
        let field = Field { word: "", zh, en, form, required: false };
        field.read(text, today).map(|v| v.and_then(|v| v.int())).unwrap_or_else(|(zh, en)| {
            faults.push(lang.t(&zh, &en).to_string());
            None
        })
    };
    let plain = Form::Count("", "");
    let mut weight = |zh, en, text: &str| read(zh, en, plain, text).unwrap_or(0).min(1_000);
    let (investment, tax) = (
        weight("投资强度权重", "Weight of investment", &asked.investment),
        weight("亩均税收权重", "Weight of tax", &asked.tax),
    );
    let (jobs, gap) =
        (weight("就业权重", "Weight of jobs", &asked.jobs), weight("补链权重", "Weight of gaps", &asked.gap));
    let energy = read("能耗上限", "Energy at most", Form::Count("吨标煤", "tce"), &asked.energy);
    let area = read("供地面积上限", "Land at most", Form::Area, &asked.area);
    (Wish { investment, tax, jobs, gap, energy, area }, faults)
}

/// Projects that wait for ground in the order in which they came, and how many of them say no area.
async fn waiting(app: &App, signed: &Signed) -> Result<(Vec<Waiting>, usize)> {
    let board = app.ledger.board(&app.store).await?;
    let today = app.clock.today();
    let held: HashSet<ProjectId> = app
        .store
        .holds()
        .await?
        .into_iter()
        .filter(|h| h.hold.counts(today))
        .map(|h| h.hold.project)
        .collect();
    let rates = Rates::new(app.store.rates().await?, None);
    let gaps: BTreeSet<String> = match view::find(app).await? {
        Some(view) => view
            .gaps
            .iter()
            .filter(|g| matches!(view.verdict(g.segment), Verdict::Missing | Verdict::Weak))
            .map(|g| view.world.chains.key(g.segment))
            .collect(),
        None => BTreeSet::new(),
    };
    let lines = board.lines.iter().filter(|l| {
        l.stage.is_some_and(|s| WAITING.contains(&s))
            && !held.contains(&l.id)
            && signed.sees_unit(l.unit.map(domain::user::UnitId))
    });
    let (mut all, mut without) = (Vec::new(), 0);
    for line in lines {
        if all.len() == limits::ALLOCATED {
            break;
        }
        let Some(project) = ledger::project(&app.store, line.id, None).await? else { continue };
        match project.number(FactKind::LandArea).filter(|m| *m > 0) {
            None => without += 1,
            Some(metres) => all.push(of(&project, metres, &rates, today, &gaps)),
        }
    }
    Ok((all, without))
}

fn of(project: &Project, metres: i64, rates: &Rates, today: Date, gaps: &BTreeSet<String>) -> Waiting {
    let yuan = |kind| project.money(kind).and_then(|m| rates.yuan(m, today).ok()).unwrap_or(0);
    let fixed = yuan(FactKind::FixedInvestment);
    Waiting {
        id: project.id.0,
        code: project.code.clone(),
        name: project.name().to_string(),
        area: metres.saturating_mul(100),
        investment: if fixed > 0 { fixed } else { yuan(FactKind::PlannedTotal) },
        tax: yuan(FactKind::Tax),
        jobs: project.number(FactKind::Jobs).unwrap_or(0),
        energy: project.number(FactKind::Energy).unwrap_or(0),
        fills_gap: project.text(FactKind::Chain).is_some_and(|c| gaps.contains(c)),
    }
}

/// What would do for whom, and what it is worth: 万元 of investment and of tax on each 亩 of the parcel, people, and a filled gap.
fn instance(projects: &[Waiting], sites: &[Site], wish: Wish, day: Date) -> (Instance, usize) {
    let mut instance = Instance { projects: projects.len(), sites: sites.len(), ..Instance::default() };
    instance.limits = wish.energy.into_iter().chain(wish.area).collect();
    let mut free: BTreeSet<usize> = BTreeSet::new();
    for (p, project) in projects.iter().enumerate() {
        let need = Need {
            area: project.area,
            area_most: None,
            uses: BTreeSet::new(),
            power: 0,
            water: 0,
            gas: false,
            load: 0,
            height: 0,
            pollution: 0,
            from: day,
            rent_most: None,
            combine: 1,
        };
        for fit in find(&need, sites).fits {
            let site = &sites[fit.at];
            free.insert(fit.at);
            // Hundredths of a square metre to 亩: 200,000 over 3.
            let per_mu = |yuan: i64| i128::from(yuan) * 200_000 / 3 / i128::from(site.area.max(1)) / 10_000;
            let gap = if project.fills_gap { 1_000 } else { 0 };
            let value = i128::from(wish.investment) * per_mu(project.investment)
                + i128::from(wish.tax) * per_mu(project.tax) * 10
                + i128::from(wish.jobs) * i128::from(project.jobs)
                + i128::from(wish.gap) * gap;
            let uses =
                wish.energy.map(|_| project.energy).into_iter().chain(wish.area.map(|_| site.area)).collect();
            let value = i64::try_from(value).unwrap_or(i64::MAX / 1_000_000).max(1);
            instance.choices.push(Choice { project: p, site: fit.at, value, uses });
        }
    }
    (instance, free.len())
}

fn rows(
    projects: &[Waiting],
    items: &[Item],
    instance: &Instance,
    plan: &Plan,
    queue: &[Option<usize>],
    wish: Wish,
    lang: Lang,
) -> Vec<Row> {
    let code = |k: usize| items[instance.choices[k].site].code.clone();
    projects
        .iter()
        .enumerate()
        .map(|(p, project)| {
            let got = plan.got[p];
            let why = match (got, waits(instance, plan, p)) {
                (Some(k), _) => better(instance, plan, items, p, k, lang),
                (None, Some(Waits::NoPlace)) => {
                    lang.t("没有面积足够且当日可用的地块", "no free parcel is large enough").to_string()
                }
                (None, Some(Waits::Taken(by))) => {
                    let names: Vec<&str> = by.iter().map(|b| projects[*b].code.as_str()).collect();
                    format!(
                        "{} {}",
                        lang.t("能用的地块给了价值更高的", "what would do went to"),
                        names.join("、")
                    )
                }
                (None, Some(Waits::Limit(limit, need, left))) => {
                    let (name, unit) = limit_words(wish, limit, lang);
                    let show = |n: i64| if unit.is_empty() { area(n, lang) } else { format!("{n} {unit}") };
                    format!(
                        "{name}{} {}{} {}",
                        lang.t("不够：需要", " is short: needed"),
                        show(need),
                        lang.t("，剩", ", left"),
                        show(left)
                    )
                }
                (None, None) => String::new(),
            };
            Row {
                id: project.id,
                code: project.code.clone(),
                name: project.name.clone(),
                need: area(project.area, lang),
                got: got.map(|k| (items[instance.choices[k].site].id.0, code(k))),
                points: got.map_or("—".into(), |k| instance.choices[k].value.to_string()),
                why,
                queue: queue[p].map_or("—".into(), code),
            }
        })
        .collect()
}

/// Names of the limits that are set, energy before area; the unit is empty where it is an area.
fn limit_words(wish: Wish, limit: usize, lang: Lang) -> (&'static str, &'static str) {
    if limit == 0 && wish.energy.is_some() {
        (lang.t("能耗指标", "energy"), lang.t("吨标煤", "tce"))
    } else {
        (lang.t("供地面积", "land"), "")
    }
}

/// Whether a project got its best place, and if not, who has that one.
fn better(instance: &Instance, plan: &Plan, items: &[Item], p: usize, k: usize, lang: Lang) -> String {
    let mine = instance.choices[k].value;
    let best = instance.choices.iter().filter(|c| c.project == p && c.value > mine).max_by_key(|c| c.value);
    match best {
        None => lang.t("得到对它价值最高的地块", "its best place").to_string(),
        Some(best) => {
            let held = plan.got.iter().flatten().any(|k| instance.choices[*k].site == best.site);
            let code = &items[best.site].code;
            if held {
                format!(
                    "{} {code}{}",
                    lang.t("对它更好的", "a better one,"),
                    lang.t("给了总价值更高的安排", ", is worth more to others")
                )
            } else {
                format!(
                    "{} {code}{}",
                    lang.t("对它更好的", "a better one,"),
                    lang.t("受总量限制", ", would exceed a limit")
                )
            }
        }
    }
}

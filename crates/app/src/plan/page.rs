//! `GET /projects/{id}/plan`

use super::promise_state;
use crate::app::App;
use crate::inventory::{area, cell, shown};
use crate::offer::{Look, look};
use crate::project::{find, guard_reading, may_write};
use crate::rules::{LandRules, Rules};
use crate::text::{Lang, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::Result;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::appraise::{Appraisal, appraise, scale};
use domain::fact::Kind as FactKind;
use domain::inventory::fold::fold;
use domain::inventory::{Kind, Value, Values};
use domain::offer::rule::RuleSet;
use domain::plan;
use domain::promise::{self, Recorded, Side, payable};
use domain::rate::Rates;
use domain::role::Action;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::hold::Held;

#[derive(Template)]
#[template(path = "plan/page.html")]
struct PlanPage {
    p: Chrome,
    d: Plan,
    may_offer: bool,
    may_review: bool,
}

/// The plan as pages and documents show it.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Number of the project.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Who invests.
    pub company: String,
    /// Where it stands.
    pub stage: String,
    /// What is planned in all.
    pub planned: String,
    /// The day it is looked at.
    pub day: String,
    /// Ground and rooms.
    pub ground: Vec<Ground>,
    /// Figures of the use of land.
    pub access: super::access::Access,
    /// Area of all ground held.
    pub ground_total: String,
    /// Offer lines.
    pub lines: Vec<Line>,
    /// What the lines cost at most.
    pub offered: String,
    /// How many lines may not be signed as they stand.
    pub blocked: usize,
    /// Rule set of the verdicts.
    pub rule_set: String,
    /// Money and shares.
    pub capital: Vec<Row>,
    /// Scenarios.
    pub scenarios: Vec<Row>,
    /// Promises.
    pub promises: Vec<PromiseRow>,
    /// 履约率 of either side: side, kept of due, share.
    pub kept: Vec<(&'static str, String, String)>,
    /// Instalments.
    pub instalments: Vec<InstalmentRow>,
    /// Money to be asked back.
    pub back: Option<String>,
    /// Options of the appraisal.
    pub options: Vec<OptionRow>,
    /// Discount rate as typed, in percent.
    pub rate: String,
}

/// Ground or rooms that are held.
#[derive(Clone, Debug)]
pub struct Ground {
    /// Number of the record.
    pub id: i64,
    /// Kind and code.
    pub name: String,
    /// Area.
    pub area: String,
    /// Manner.
    pub manner: &'static str,
    /// Days.
    pub days: String,
    /// When a reservation lapses.
    pub expires: String,
    /// Whether it lapsed.
    pub lapsed: bool,
}

/// An offer line with its verdict.
#[derive(Clone, Debug)]
pub struct Line {
    /// Number of the record.
    pub id: i64,
    /// Its code.
    pub code: String,
    /// Its words.
    pub text: String,
    /// What it gives.
    pub gives: String,
    /// At most so much.
    pub amount: String,
    /// Verdict of the rules in force on the day.
    pub look: Look,
    /// Articles.
    pub articles: Vec<String>,
    /// What would make it lawful, or what is missing.
    pub cures: Vec<String>,
    /// Whether it goes to the market-supervision authority.
    pub hold: bool,
    /// The reviewer's opinion.
    pub opinion: String,
    /// Whether a reviewer may still speak.
    pub waits: bool,
    /// Signed on.
    pub signed: String,
    /// Whether it may be signed as it stands.
    pub ready: bool,
}

/// A record in short.
#[derive(Clone, Debug)]
pub struct Row {
    /// Number of the record.
    pub id: i64,
    /// Kind.
    pub kind: &'static str,
    /// What it says.
    pub said: String,
}

/// A promise.
#[derive(Clone, Debug)]
pub struct PromiseRow {
    /// Number of the record.
    pub id: i64,
    /// Whose.
    pub side: String,
    /// What.
    pub text: String,
    /// Amount or number.
    pub target: String,
    /// Due.
    pub due: String,
    /// Class, mark and word of its state.
    pub state: (&'static str, &'static str, &'static str),
}

/// An instalment.
#[derive(Clone, Debug)]
pub struct InstalmentRow {
    /// Number of the record.
    pub id: i64,
    /// Amount.
    pub amount: String,
    /// Its condition.
    pub condition: String,
    /// Paid: amount and day, or why it may not be paid yet.
    pub state: (&'static str, &'static str, String),
}

/// An option of the appraisal.
#[derive(Clone, Debug)]
pub struct OptionRow {
    /// Its name.
    pub name: String,
    /// Present values.
    pub cost: String,
    /// See `cost`.
    pub income: String,
    /// Chain effect, which stands apart.
    pub chain: String,
    /// Net present value.
    pub npv: String,
    /// The year that pays it back.
    pub pay_back: String,
    /// Income over cost.
    pub ratio: String,
    /// Years: number, cost, income, chain, so far.
    pub years: Vec<(usize, String, String, String, String)>,
    /// Bars of the tornado chart: name, left, width (per mille), low and high in words.
    pub bars: Vec<(String, i64, i64, String, String)>,
    /// Where the base line stands, per mille.
    pub base: i64,
    /// Its inputs: record, words.
    pub inputs: Vec<(i64, String)>,
}

/// As of when, and the discount rate.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    rate: String,
}

/// The discount rate that holds when nobody says another: the social discount rate of 国家发改委、建设部《建设项目经济评价方法与参数》
/// (2006), to be confirmed for the year.
const RATE: i64 = 800;

/// `GET /projects/{id}/plan`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Page {
    let project = find(&app, id, None).await?;
    guard_reading(&signed, &project)?;
    let may_offer = signed.may(Action::EditOffer) && may_write(&signed, &project);
    render(&PlanPage {
        d: plan_of(&app, &signed, &project, &asked.rate).await?,
        may_offer,
        may_review: signed.may(Action::ReviewOffer),
        p: Chrome::of(&signed, Nav::Projects),
    })
}

/// Everything of a project's plan, as of today.
///
/// # Errors
/// Only when the database or a rule file fails.
pub async fn plan_of(
    app: &App,
    signed: &Signed,
    project: &domain::project::Project,
    rate: &str,
) -> Result<Plan> {
    let (lang, today, now) = (signed.prefs.lang, app.clock.today(), app.clock.now());
    let rules = Rules::read(&app.config)?;
    let items = app.store.items_of_project(project.id).await?;
    let all: Vec<(i64, Kind, String, Values)> =
        items.iter().map(|i| (i.id.0, i.kind, i.code.clone(), fold(&i.changes, today, now).values)).collect();
    let of = |kind: Kind| all.iter().filter(move |(_, k, ..)| *k == kind);
    let lines: Vec<Line> = of(Kind::OfferLine)
        .filter_map(|(id, _, code, v)| line(*id, code, v, rules.offers.as_ref(), today, lang))
        .collect();
    let offered = sum(of(Kind::OfferLine).map(|(.., v)| v), "amount");
    let rates = Rates::new(app.store.rates().await?, None);
    let recorded = super::recorded_of(project, &rates);
    let held = app.store.holds_of_project(project.id).await?;
    let (ground, total, parcels) = ground(app, &held, today, lang).await?;
    let region = app.store.zone().await?.and_then(|z| z.settings.region);
    let layout = of(Kind::Layout).next_back().map(|(.., v)| v.clone()).unwrap_or_default();
    let land = LandRules::read(&app.config)?;
    let access = super::access::access(&land, (project, &layout, &parcels), region, &rates, today, lang);
    let basis = rate.trim().trim_end_matches('%').trim();
    let rate = domain::money::scaled(basis, 100, 1).ok().filter(|r| (0..=10_000).contains(r)).unwrap_or(RATE);
    let capital = [Kind::FundFlow, Kind::ShareEvent, Kind::Warrant];
    let in_short = |kinds: &[Kind]| -> Vec<Row> {
        let rows = all.iter().filter(|(_, k, ..)| kinds.contains(k));
        rows.map(|(id, kind, _, v)| Row { id: *id, kind: kind.label(lang), said: said(*kind, v, lang) })
            .collect()
    };
    Ok(Plan {
        id: project.id.0,
        code: project.code.clone(),
        name: project.name().to_string(),
        company: project.text(FactKind::Company).unwrap_or_default().to_string(),
        stage: project.stage().map(|s| lang.t(s.zh(), s.en()).to_string()).unwrap_or_default(),
        planned: project
            .money(FactKind::PlannedTotal)
            .map(domain::money::format)
            .unwrap_or_else(|| "—".into()),
        day: today.to_string(),
        ground,
        access,
        ground_total: area(total, lang),
        blocked: lines.iter().filter(|l| !l.ready && l.signed.is_empty()).count(),
        lines,
        offered: yuan(offered, lang),
        rule_set: rules.offers.id.clone(),
        capital: in_short(&capital),
        scenarios: in_short(&[Kind::Matched]),
        promises: of(Kind::Promise).filter_map(|(id, _, _, v)| promise_row(*id, v, today, lang)).collect(),
        kept: kept(of(Kind::Promise).map(|(.., v)| v), today, lang),
        instalments: of(Kind::Instalment)
            .map(|(id, _, _, v)| {
                instalment(*id, v, &recorded, &|code| promise_state(app, &items, code, today), today, lang)
            })
            .collect(),
        back: back(&all, today).map(|n| yuan(n, lang)),
        options: options(of(Kind::Assumption).map(|(id, _, _, v)| (*id, v)), rate, lang),
        rate: domain::inventory::field::decimals(rate, 100),
    })
}

fn sum<'a>(all: impl Iterator<Item = &'a Values>, word: &str) -> i64 {
    all.filter_map(|v| v.get(word).and_then(Value::int)).fold(0, i64::saturating_add)
}

fn said(kind: Kind, values: &Values, lang: Lang) -> String {
    let listed = kind.listed().iter().filter(|w| **w != "project" && values.contains_key(**w));
    listed
        .filter_map(|w| Some(format!("{} {}", kind.field(w)?.label(lang), cell(kind, w, values, lang))))
        .collect::<Vec<_>>()
        .join("；")
}

type Grounds = (Vec<Ground>, i64, Vec<(String, Values)>);

/// What is held, its area, and the parcels of it that count today.
async fn ground(app: &App, held: &[Held], today: Date, lang: Lang) -> Result<Grounds> {
    let (mut rows, mut total, mut parcels) = (Vec::new(), 0i64, Vec::new());
    for h in held.iter().filter(|h| h.ended.is_none()) {
        let Some(item) = app.store.item(h.hold.item).await? else { continue };
        let values = fold(&item.changes, today, app.clock.now()).values;
        let size = values.get("area").and_then(Value::int).unwrap_or(0);
        let lapsed = !h.hold.counts(today);
        if !lapsed {
            total = total.saturating_add(size);
            if item.kind == Kind::Parcel {
                parcels.push((item.code.clone(), values));
            }
        }
        let until = h.hold.until.map_or(lang.t("无期限", "no end").to_string(), |d| d.to_string());
        rows.push(Ground {
            id: item.id.0,
            name: format!("{} {}", item.kind.label(lang), item.code),
            area: area(size, lang),
            manner: h.hold.manner.label(lang),
            days: format!("{} – {until}", h.hold.from),
            expires: h.hold.expires.map_or("—".to_string(), |d| d.to_string()),
            lapsed,
        });
    }
    Ok((rows, total, parcels))
}

fn line(id: i64, code: &str, v: &Values, rules: &RuleSet, today: Date, lang: Lang) -> Option<Line> {
    let standing = plan::standing(v, rules, today)?;
    let opinion = match standing.opinion {
        None => String::new(),
        Some((agreed, on)) => {
            format!("{} {on}", if agreed { lang.t("同意", "agreed") } else { lang.t("不同意", "refused") })
        }
    };
    let strictest = standing.judged.findings.iter().filter(|f| f.verdict == standing.judged.verdict);
    Some(Line {
        id,
        code: code.to_string(),
        text: v.get("text").and_then(Value::text).unwrap_or_default().to_string(),
        gives: cell(Kind::OfferLine, "gives", v, lang),
        amount: cell(Kind::OfferLine, "amount", v, lang),
        look: look(standing.judged.verdict, lang),
        articles: plan::articles(&standing.judged, lang),
        cures: strictest.map(|f| lang.t(&f.rule.cure_zh, &f.rule.cure_en).to_string()).collect(),
        hold: standing.judged.hold,
        waits: opinion.is_empty()
            && standing.judged.verdict == domain::offer::Verdict::Review
            && standing.signed.is_none(),
        opinion,
        signed: standing.signed.map(|d| d.to_string()).unwrap_or_default(),
        ready: standing.may_be_signed(),
    })
}

fn promise_row(id: i64, v: &Values, today: Date, lang: Lang) -> Option<PromiseRow> {
    let state = plan::promise(v)?.state(today);
    let (class, mark) = match state {
        promise::State::Met | promise::State::Late => ("done", "●"),
        promise::State::Missed => ("out", "◆"),
        promise::State::Grace => ("open", "▲"),
        promise::State::NotDue | promise::State::Waived => ("plain", "○"),
    };
    let target =
        ["yuan", "number"].iter().filter_map(|w| Some(shown(Kind::Promise.field(w)?, v.get(*w)?, lang)));
    Some(PromiseRow {
        id,
        side: cell(Kind::Promise, "side", v, lang),
        text: format!(
            "{} · {}",
            cell(Kind::Promise, "measure", v, lang),
            v.get("text").and_then(Value::text).unwrap_or_default()
        ),
        target: target.collect::<Vec<_>>().join(" · "),
        due: cell(Kind::Promise, "due", v, lang),
        state: (class, mark, state.label(lang)),
    })
}

fn kept<'a>(
    all: impl Iterator<Item = &'a Values>,
    today: Date,
    lang: Lang,
) -> Vec<(&'static str, String, String)> {
    let mut sides: BTreeMap<&str, Vec<promise::Promise>> = BTreeMap::new();
    for v in all {
        if let (Some(side), Some(p)) = (v.get("side").and_then(Value::text), plan::promise(v)) {
            sides.entry(side).or_default().push(p);
        }
    }
    Side::ALL
        .iter()
        .filter_map(|side| {
            let rate = promise::kept(sides.get(side.as_str())?, today);
            let share = rate.per_mille().map_or("—".to_string(), |n| format!("{}.{}%", n / 10, n % 10));
            Some((side.label(lang), format!("{} / {}", rate.met, rate.due), share))
        })
        .collect()
}

fn instalment(
    id: i64,
    v: &Values,
    recorded: &Recorded,
    promised: &dyn Fn(&str) -> Option<promise::State>,
    today: Date,
    lang: Lang,
) -> InstalmentRow {
    let paid = v.get("paid").and_then(Value::int).unwrap_or(0);
    let state = if paid > 0 {
        (
            "done",
            "●",
            format!(
                "{} {}",
                cell(Kind::Instalment, "paid", v, lang),
                cell(Kind::Instalment, "paid_on", v, lang)
            ),
        )
    } else {
        match plan::waits(v, promised).map(|w| payable(w, recorded, today)) {
            Some(Ok(())) => {
                ("open", "▲", lang.t("条件已成就，可以拨付", "condition met; it may be paid").to_string())
            }
            Some(Err(why)) => {
                let (zh, en) = why.texts();
                ("plain", "○", lang.t(&zh, &en).to_string())
            }
            None => ("out", "◆", lang.t("条件不完整，请补充", "the condition is incomplete").to_string()),
        }
    };
    let reaches = v.get("reaches").map(|_| cell(Kind::Instalment, "reaches", v, lang)).unwrap_or_default();
    InstalmentRow {
        id,
        amount: cell(Kind::Instalment, "amount", v, lang),
        condition: format!("{} {reaches}", cell(Kind::Instalment, "condition", v, lang))
            .trim_end()
            .to_string(),
        state,
    }
}

/// Money to be asked back for missed promises of the company: of the instalments that name the promise.
fn back(all: &[(i64, Kind, String, Values)], today: Date) -> Option<i64> {
    let mut sum = 0i64;
    for (_, _, code, v) in all.iter().filter(|(_, k, ..)| *k == Kind::Promise) {
        let Some(p) = plan::promise(v).filter(|_| v.get("side").and_then(Value::text) == Some("company"))
        else {
            continue;
        };
        let named = |(_, k, _, i): &&(i64, Kind, String, Values)| {
            *k == Kind::Instalment && i.get("promise").and_then(Value::text) == Some(code)
        };
        let of = |word: &str| {
            all.iter().filter(named).filter_map(|(.., i)| i.get(word)?.int()).fold(0, i64::saturating_add)
        };
        sum = sum.saturating_add(promise::claw_back(&p, today, of("paid"), of("returned")));
    }
    (sum > 0).then_some(sum)
}

fn options<'a>(all: impl Iterator<Item = (i64, &'a Values)>, rate: i64, lang: Lang) -> Vec<OptionRow> {
    let mut by: BTreeMap<String, (Vec<domain::appraise::Input>, Vec<(i64, String)>)> = BTreeMap::new();
    for (id, v) in all {
        if let Some((option, input)) = plan::input(v) {
            let entry = by.entry(option.to_string()).or_default();
            let years = format!("{}–{}", input.from, input.from + input.years.max(1) - 1);
            entry.1.push((
                id,
                format!(
                    "{} · {}：{} × {} {years}",
                    input.sort.label(lang),
                    input.name,
                    yuan(input.yuan, lang),
                    lang.t("第", "years"),
                ),
            ));
            entry.0.push(input);
        }
    }
    by.into_iter()
        .map(|(name, (inputs, words))| option_row(name, &appraise(&inputs, rate), words, lang))
        .collect()
}

fn option_row(name: String, a: &Appraisal, inputs: Vec<(i64, String)>, lang: Lang) -> OptionRow {
    let (bars, base) = scale(&a.tornado, a.npv);
    OptionRow {
        name,
        cost: yuan(a.cost, lang),
        income: yuan(a.income, lang),
        chain: yuan(a.chain, lang),
        npv: yuan(a.npv, lang),
        pay_back: a
            .pay_back
            .map_or(lang.t("测算期内不回收", "not within the horizon").to_string(), |n| {
                format!("{} {n} {}", lang.t("第", "year"), lang.t("年", ""))
            }),
        ratio: a.ratio.map_or("—".to_string(), |r| format!("{}.{:02}", r / 1_000, r % 1_000 / 10)),
        years: (1..)
            .zip(&a.years)
            .map(|(n, y)| {
                (n, yuan(y.cost, lang), yuan(y.income, lang), yuan(y.chain, lang), yuan(y.so_far, lang))
            })
            .collect(),
        bars: a
            .tornado
            .iter()
            .zip(bars)
            .map(|(b, (left, right))| {
                (b.name.clone(), left, (right - left).max(2), yuan(b.low, lang), yuan(b.high, lang))
            })
            .collect(),
        base,
        inputs,
    }
}

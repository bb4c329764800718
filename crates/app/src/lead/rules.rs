//! `/leads/rules`: the rule set of leads and the calendar in force, and how to replace them.

use crate::app::App;
use crate::clock::shown;
use crate::lead::Names;
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use axum::response::Redirect;
use domain::lead::rules::{ClueRules, Count};
use domain::limits::LEADS_CHUNK;
use domain::role::Action;
use domain::workday::Calendar;
use serde::Deserialize;
use store::lead::LeadRules;
use store::lead_rules::RulesKind;

/// The rules in force.
#[derive(Clone, Debug)]
pub struct Rules {
    /// Limits, escalation, protection.
    pub clue: ClueRules,
    /// Working days.
    pub calendar: Calendar,
}

impl Rules {
    /// Reads them: the program's own, replaced or added to by what the zone brought.
    ///
    /// # Errors
    /// The store fails, or a text that it holds is no rule set any more.
    pub async fn read(app: &App) -> anyhow::Result<Rules> {
        let clue = match app.store.lead_rules(RulesKind::Clue).await? {
            Some(kept) => ClueRules::parse(&kept.text).map_err(anyhow::Error::msg)?,
            None => ClueRules::built_in().clone(),
        };
        let calendar = match app.store.lead_rules(RulesKind::Calendar).await? {
            Some(kept) => Calendar::china().with(&Calendar::parse(&kept.text).map_err(anyhow::Error::msg)?),
            None => Calendar::china().clone(),
        };
        Ok(Rules { clue, calendar })
    }

    /// As the store takes them.
    #[must_use]
    pub fn of_leads(&self) -> LeadRules<'_> {
        LeadRules { clue: &self.clue, calendar: &self.calendar }
    }
}

/// What to say of years that were counted by weekends only.
#[must_use]
pub fn without(years: &[i16], lang: Lang) -> String {
    let years = years.iter().map(i16::to_string).collect::<Vec<_>>().join("、");
    if years.is_empty() {
        return years;
    }
    match lang {
        Lang::Zh => format!("没有 {years} 年的放假安排，该年只按周末推算；通知公布后请在“线索规则”中补充。"),
        Lang::En => format!(
            "There is no holiday calendar for {years}: that year is counted by weekends only. Add the notice under the rules of leads."
        ),
    }
}

#[derive(Template)]
#[template(path = "lead/rules.html")]
struct RulesPage {
    p: Chrome,
    title: String,
    id: String,
    source: String,
    since: String,
    working: bool,
    large: String,
    steps: Vec<StepRow>,
    escalation: Vec<(u32, &'static str)>,
    protection: (u32, u32, u32, u32),
    years: Vec<(i16, String)>,
    kept: Vec<String>,
    may_edit: bool,
    text: String,
}

struct StepRow {
    name: String,
    days: u32,
    large_days: u32,
    from: &'static str,
    repeats: bool,
    done_by: String,
}

/// `GET /leads/rules`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let rules = Rules::read(&app).await?;
    let names = Names::read(&app).await?;
    let lang = signed.prefs.lang;
    let mut kept = Vec::new();
    let mut text = include_str!("../../../domain/data/clue-rules.toml").to_string();
    for (kind, word) in [
        (RulesKind::Clue, lang.t("线索规则", "rules of leads")),
        (RulesKind::Calendar, lang.t("工作日历", "calendar")),
    ] {
        if let Some(own) = app.store.lead_rules(kind).await? {
            kept.push(format!("{word}：{}，{}", names.actor(&own.by, lang), shown(own.created)));
            if kind == RulesKind::Clue {
                text = own.text;
            }
        }
    }
    let clue = rules.clue;
    let steps = clue
        .steps
        .iter()
        .map(|s| StepRow {
            name: s.name.text(lang).into(),
            days: s.days,
            large_days: s.large_days,
            from: match s.from {
                domain::lead::rules::From::Registered => lang.t("登记", "registration"),
                domain::lead::rules::From::Step(kind) => kind.label(lang),
            },
            repeats: s.repeats,
            done_by: s.done_by.iter().map(|k| k.label(lang)).collect::<Vec<_>>().join("、"),
        })
        .collect();
    let p = &clue.protection;
    render(&RulesPage {
        p: Chrome::of(&signed, Nav::Leads),
        title: clue.title.text(lang).into(),
        id: clue.id,
        source: clue.source,
        since: clue.since.to_string(),
        working: clue.count == Count::Working,
        large: crate::text::yuan(clue.large_yuan, lang),
        steps,
        escalation: clue.escalation.iter().map(|(d, to)| (*d, to.label(lang))).collect(),
        protection: (p.days, p.contact_days, p.cap_days, p.backdate_days),
        years: rules
            .calendar
            .years()
            .map(|y| (y, rules.calendar.source(y).unwrap_or_default().to_string()))
            .collect(),
        kept,
        may_edit: signed.may(Action::EditRules),
        text,
    })
}

/// A text to put in force.
#[derive(Debug, Deserialize)]
pub struct Replaced {
    kind: String,
    text: String,
}

/// `POST /leads/rules`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<Replaced>,
) -> Result<Redirect> {
    let fault = |why: String| {
        WebError::bad_request(format!("内容有误，没有保存：{why}"), format!("Not saved: {why}")).next(
            "/leads/rules",
            "返回线索规则",
            "Back to the rules",
        )
    };
    let kind = match form.kind.as_str() {
        "clue" => ClueRules::parse(&form.text).map(|_| RulesKind::Clue).map_err(fault)?,
        "calendar" => Calendar::parse(&form.text).map(|_| RulesKind::Calendar).map_err(fault)?,
        other => return Err(fault(format!("`{other}`"))),
    };
    let (actor, now) = (signed.actor(), app.clock.now());
    app.store.save_lead_rules(&actor, now, kind, &form.text).await?;
    // The days of open leads follow the new rules at once.
    let rules = Rules::read(&app).await?;
    let mut after = None;
    while let Some(last) = app.store.retime_leads(&actor, now, after, LEADS_CHUNK, rules.of_leads()).await? {
        after = Some(last);
    }
    Ok(Redirect::to("/leads/rules"))
}

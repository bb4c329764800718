//! `GET /team/people/{id}`: how one person's figure is made, item by item, with what stands behind each.

use crate::app::App;
use crate::clock::shown;
use crate::team::formula::method;
use crate::team::inputs::{TeamYear, team_year};
use crate::team::rows::{BehindRow, behind};
use crate::team::words::{amount, hundredths, sees, year};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::WebError;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use domain::assessment::{Item, Method, Note, ReadingUnit, Score, reading};
use domain::goal::Party;
use domain::limits::ASSESSMENT_ROWS;
use domain::role::Role;
use domain::user::UserId;
use serde::Deserialize;

#[derive(Template)]
#[template(path = "team/person.html")]
struct PersonPage {
    p: Chrome,
    year: i16,
    name: String,
    cut_off: String,
    formula: String,
    total: String,
    most: String,
    rank: usize,
    people: usize,
    grade: String,
    follows: String,
    groups: Vec<GroupRow>,
}

struct GroupRow {
    name: String,
    points: String,
    most: String,
    items: Vec<ItemRow>,
}

/// One item of a sheet, as pages and workbooks show it.
#[derive(Clone, Debug)]
pub struct ItemRow {
    /// Its name.
    pub name: String,
    /// How it is computed.
    pub method: String,
    /// What the person has.
    pub value: String,
    /// What it is held against.
    pub target: String,
    /// The least and who has it; empty where it does not matter.
    pub least: String,
    /// The most and who has it.
    pub most: String,
    /// The share of the points.
    pub share: String,
    /// Points.
    pub points: String,
    /// Points at most.
    pub of: String,
    /// Why, where that is not plain.
    pub note: String,
    /// What stands behind it.
    pub rows: Vec<BehindRow>,
    /// Rows that are not listed.
    pub more: usize,
}

/// Which year.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: String,
}

/// `GET /team/people/{id}`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(asked): Query<Asked>,
) -> Page {
    let (lang, person, year) = (signed.prefs.lang, UserId(id), year(&asked.year, &app));
    let user = app.store.user(person).await?.filter(|u| u.role == Role::Officer);
    let user = user.ok_or_else(|| {
        let error = WebError::not_found("没有这位招商专员。", "There is no such investment officer.");
        error.next("/team", "团队", "Team")
    })?;
    if !sees(&signed, person) {
        let error = WebError::forbidden(
            "只能看自己的考核；全员由领导查看。",
            "You see your own assessment only; directors see everybody's.",
        );
        return Err(error.next("/team", "我的考核", "My assessment"));
    }
    let team = team_year(&app, year).await?;
    let sheets = team.sheets();
    let people = sheets.len();
    let (sheet, rank) = sheets.into_iter().find(|(s, _)| s.officer == person).ok_or_else(|| {
        WebError::not_found("账号已停用，不再考核。", "The account has ended and is not assessed.")
            .next("/team", "团队", "Team")
    })?;
    let formula = &team.holding.formula;
    let grade = formula.grade(sheet.total);
    let mut groups: Vec<GroupRow> = formula
        .groups
        .iter()
        .zip(&sheet.groups)
        .map(|(g, &points)| GroupRow {
            name: lang.t(&g.name, &g.name_en).to_string(),
            points: hundredths(points),
            most: hundredths(g.points),
            items: Vec::new(),
        })
        .collect();
    for (item, score) in formula.items.iter().zip(&sheet.scores) {
        groups[item.group].items.push(item_row(&team, item, score, ASSESSMENT_ROWS, lang));
    }
    let mut p = Chrome::of(&signed, Nav::Team);
    p.here = format!("/team/people/{id}?year={year}");
    render(&PersonPage {
        p,
        year,
        name: user.name,
        cut_off: shown(team.cut_off),
        formula: formula.version.clone(),
        total: hundredths(sheet.total),
        most: hundredths(formula.points()),
        rank,
        people,
        grade: grade.map_or(String::new(), |g| lang.t(&g.name, &g.name_en).to_string()),
        follows: grade.map_or(String::new(), |g| lang.t(&g.follows, &g.follows_en).to_string()),
        groups,
    })
}

/// One item of a sheet for readers, with at most `rows` of what stands behind it.
#[must_use]
pub fn item_row(team: &TeamYear, item: &Item, score: &Score, rows: usize, lang: Lang) -> ItemRow {
    let unit = reading(&item.reads).map_or(ReadingUnit::Count, |r| r.unit);
    let value = amount(unit, score.value.amount, lang);
    let spread = matches!(item.method, Method::Efficacy { .. });
    let end = |x: i64, who: &[UserId]| {
        if !spread {
            return String::new();
        }
        let names: Vec<String> = who.iter().map(|&u| team.parties.name(Party::Officer(u), lang)).collect();
        format!("{}（{}）", amount(unit, x, lang), names.join(lang.t("、", ", ")))
    };
    ItemRow {
        name: lang.t(&item.name, &item.name_en).to_string(),
        method: method(item, lang),
        value: match unit {
            ReadingUnit::Rate => format!("{value} / {}", amount(unit, score.value.of, lang)),
            _ => value,
        },
        target: score.target.map_or("—".into(), |t| amount(unit, t, lang)),
        least: end(score.least, &score.least_by),
        most: end(score.most, &score.most_by),
        share: format!("{}%", hundredths(score.share)),
        points: hundredths(score.points),
        of: hundredths(item.points),
        note: score.note.map_or("", |n| note(n, lang)).to_string(),
        more: score.value.rows.len().saturating_sub(rows),
        rows: score.value.rows.iter().take(rows).map(|r| behind(r, unit, lang)).collect(),
    }
}

fn note(note: Note, lang: Lang) -> &'static str {
    match note {
        Note::NoTarget => lang.t(
            "没有年度目标，不得分；请领导补定",
            "no yearly target, so no points; a director should set one",
        ),
        Note::Capped => lang.t("超过目标，按 100% 计", "beyond the target, counted as 100%"),
        Note::AllEqual => lang.t("全员相同，按 100% 计", "all are equal, counted as 100%"),
        Note::Nothing => lang.t("没有，不得分", "nothing done, no points"),
        Note::NoCohort => {
            lang.t("当年没有签约，没有开工率", "nothing was signed in the year, so there is no rate")
        }
    }
}

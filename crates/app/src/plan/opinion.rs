//! The reviewer's opinion of an offer line, and the review opinion (审查意见书) of a project's whole offer as a document.

use super::page::{Plan, plan_of};
use crate::app::App;
use crate::document::{Block, Document, Form, respond};
use crate::inventory::edit::find;
use crate::project::guard_reading;
use crate::rules::Rules;
use crate::text::Lang;
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::{Redirect, Response};
use domain::inventory::fold::fold;
use domain::inventory::{Kind, NewChange, Value};
use domain::offer::Verdict;
use domain::plan::standing;
use serde::Deserialize;
use std::collections::BTreeMap;

/// An opinion as given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Given {
    opinion: String,
    note: String,
}

/// `POST /offers/lines/{id}/opinion`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(given): Checked<Given>,
) -> Result<Redirect> {
    let item = find(&app, id).await?;
    if item.kind != Kind::OfferLine || item.ended.is_some() {
        return Err(WebError::not_found("没有这条条款。", "There is no such offer line."));
    }
    if !["agreed", "refused"].contains(&given.opinion.as_str()) {
        return Err(WebError::bad_request(
            "审查意见：请选择同意或不同意。",
            "opinion: choose to agree or to refuse.",
        ));
    }
    let (today, now, rules) = (app.clock.today(), app.clock.now(), Rules::read(&app.config)?);
    let values = fold(&item.changes, today, now).values;
    let standing = standing(&values, rules.offers.as_ref(), today).ok_or_else(|| {
        WebError::bad_request(
            "条款不完整，不能出具意见。",
            "The line is incomplete; no opinion can be given.",
        )
    })?;
    if item.changes.first().is_some_and(|c| c.by == signed.actor().to_string()) {
        return Err(WebError::forbidden(
            "起草人不能审查自己起草的条款。",
            "Who drafted a line does not review it.",
        ));
    }
    if standing.judged.verdict == Verdict::Forbid && given.opinion == "agreed" {
        return Err(WebError::conflict(
            "规则禁止这一条款，不能同意；请退回修改，或由起草人按第十二条主张例外。",
            "The rules forbid this line; it cannot be agreed to. Return it, or let the drafter claim an exception under Article 12.",
        ));
    }
    let text = |t: &str| Some(Value::Text(t.to_string()));
    let note = given.note.trim();
    let set = BTreeMap::from([
        ("opinion".to_string(), text(&given.opinion)),
        ("opinion_on".to_string(), text(&today.to_string())),
        ("opinion_note".to_string(), if note.is_empty() { None } else { text(note) }),
        ("rule_set".to_string(), text(&rules.offers.id)),
    ]);
    let seen = item.changes.last().map(|c| c.id).unwrap_or(domain::inventory::ChangeId(0));
    let change = NewChange { reason: "公平竞争审查".into(), ..NewChange::on(today, set) };
    app.store.change_item(&signed.actor(), now, item.id, seen, &change).await?;
    let back = item.project.map_or(format!("/inventory/items/{id}"), |p| format!("/projects/{p}/plan#offer"));
    Ok(Redirect::to(&back))
}

/// `GET /projects/{id}/opinion.pdf`
pub async fn pdf(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Response> {
    file(&app, &signed, id, Form::Pdf).await
}

/// `GET /projects/{id}/opinion.docx`
pub async fn docx(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Response> {
    file(&app, &signed, id, Form::Docx).await
}

async fn file(app: &App, signed: &Signed, id: i64, form: Form) -> Result<Response> {
    let project = crate::project::find(app, id, None).await?;
    guard_reading(signed, &project)?;
    let plan = plan_of(app, signed, &project, "").await?;
    if plan.lines.is_empty() {
        return Err(WebError::bad_request(
            "这个项目还没有优惠条款。",
            "This project has no offer lines yet.",
        ));
    }
    let rules = Rules::read(&app.config)?;
    let document = document(&plan, &rules.offers.source, &signed.zone, signed.prefs.lang);
    let name = format!("opinion-{}-{}", project.code, plan.day);
    app.store.note_export(&signed.actor(), app.clock.now(), &name, plan.lines.len() as u64).await?;
    respond(&document, form, &name)
}

fn document(plan: &Plan, source: &str, zone: &str, lang: Lang) -> Document {
    let t = |zh, en| lang.t(zh, en).to_string();
    let rows = plan.lines.iter().map(|l| {
        let verdict = format!("{} {}", l.look.mark, l.look.word);
        let opinion = match (l.opinion.is_empty(), l.waits) {
            (false, _) => l.opinion.clone(),
            (true, true) => t("待出具", "to be given"),
            (true, false) => "—".to_string(),
        };
        vec![
            format!("{} {}\n{}", l.code, l.gives, l.text),
            l.amount.clone(),
            format!("{verdict}\n{}", l.articles.join("；")),
            l.cures.join("；"),
            opinion,
        ]
    });
    let whole = match plan.blocked {
        0 => t("各条款均可签订。", "Every line may be signed."),
        n => format!(
            "{} {n} {}",
            t("有", "There are"),
            t(
                "条不能按现状签订：禁止的须删除或修改，需审查的须取得同意意见。",
                "lines that may not be signed as they stand."
            )
        ),
    };
    Document {
        title: t("公平竞争审查意见书", "Opinion of the fair-competition review"),
        under: format!("{zone} · {} · {}", plan.code, plan.day),
        blocks: vec![
            Block::Pairs(vec![
                (t("项目", "Project"), plan.name.clone()),
                (t("企业", "Company"), plan.company.clone()),
                (t("规则集", "Rule set"), format!("{}（{source}）", plan.rule_set)),
                (t("条款金额上限合计", "Offered at most"), plan.offered.clone()),
            ]),
            Block::Heading(t("一、逐条结论", "1. Line by line")),
            Block::Table(
                vec![300, 110, 220, 240, 130],
                vec![
                    t("条款", "Line"),
                    t("金额上限", "At most"),
                    t("结论与条文", "Verdict, article"),
                    t("怎样合规", "Cure"),
                    t("意见", "Opinion"),
                ],
                rows.collect(),
            ),
            Block::Heading(t("二、总体意见", "2. As a whole")),
            Block::Text(whole),
            Block::Text(t(
                "起草单位（盖章）：                    审查人（签字）：                    日期：",
                "Drafting unit (seal):                    Reviewer (signature):                    Date:",
            )),
            Block::Remark(t(
                "本意见依据所列规则集自动对照，条文标“待核”的须与法规原文核对；市场监管部门会同审查的事项另行报送。",
                "Held against the rule set named above; articles to be confirmed must be compared with the text of the law.",
            )),
        ],
    }
}

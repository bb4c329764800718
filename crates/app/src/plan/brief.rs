//! The one-page brief of a project's landing plan, as PDF or Word.

use super::page::{Plan, plan_of};
use crate::app::App;
use crate::document::{Block, Document, Form, respond};
use crate::project::guard_reading;
use crate::text::Lang;
use crate::web::error::Result;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Response;
use domain::limits;

/// `GET /projects/{id}/brief.pdf`
pub async fn pdf(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Response> {
    file(&app, &signed, id, Form::Pdf).await
}

/// `GET /projects/{id}/brief.docx`
pub async fn docx(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Result<Response> {
    file(&app, &signed, id, Form::Docx).await
}

async fn file(app: &App, signed: &Signed, id: i64, form: Form) -> Result<Response> {
    let project = crate::project::find(app, id, None).await?;
    guard_reading(signed, &project)?;
    let plan = plan_of(app, signed, &project, "").await?;
    let name = format!("brief-{}-{}", project.code, plan.day);
    app.store.note_export(&signed.actor(), app.clock.now(), &name, 1).await?;
    respond(&document(&plan, &signed.zone, signed.prefs.lang), form, &name)
}

fn document(plan: &Plan, zone: &str, lang: Lang) -> Document {
    let t = |zh, en| lang.t(zh, en).to_string();
    let none = || t("无", "none");
    let mut blocks = vec![Block::Pairs(vec![
        (t("企业", "Company"), plan.company.clone()),
        (t("阶段", "Stage"), plan.stage.clone()),
        (t("计划总投资", "Planned total"), plan.planned.clone()),
    ])];
    blocks.push(Block::Heading(t("用地与载体", "Land and space")));
    let ground = plan
        .ground
        .iter()
        .take(limits::BRIEF_ROWS)
        .map(|g| format!("{} {} {} {}", g.name, g.area, g.manner, g.days));
    blocks.push(Block::Text(listed(ground.collect(), plan.ground.len(), none(), lang)));
    let figures: Vec<String> = plan
        .access
        .rows
        .iter()
        .take(limits::BRIEF_ROWS)
        .map(|r| format!("{} {} {}（{}）", r.verdict.1, r.name, r.figure, r.asked))
        .collect();
    if !figures.is_empty() {
        blocks.push(Block::Text(format!("{}：{}", t("用地指标", "Access figures"), figures.join("；"))));
    }
    blocks.push(Block::Heading(format!("{}（{}）", t("优惠条款", "Offer"), plan.offered)));
    let lines = plan.lines.iter().take(limits::BRIEF_ROWS);
    let rows: Vec<Vec<String>> = lines
        .map(|l| {
            vec![
                l.text.clone(),
                l.amount.clone(),
                format!("{} {} {}", l.look.mark, l.look.word, l.articles.join("；")),
            ]
        })
        .collect();
    if rows.is_empty() {
        blocks.push(Block::Text(none()));
    } else {
        let heads = vec![t("条款", "Line"), t("金额上限", "At most"), t("结论与条文", "Verdict, article")];
        blocks.push(Block::Table(vec![500, 160, 340], heads, rows));
        blocks.push(Block::Remark(more(plan.lines.len(), lang)));
    }
    blocks.push(Block::Heading(t("承诺与兑现", "Promises")));
    let promises = plan.promises.iter().take(limits::BRIEF_ROWS);
    let said = |p: &super::page::PromiseRow| {
        let target = if p.target.is_empty() { String::new() } else { format!(" · {}", p.target) };
        format!("{} · {}{target} · {} {}", p.side, p.text, p.due, p.state.2)
    };
    let promises = promises.map(said).collect();
    let rates: Vec<String> =
        plan.kept.iter().map(|k| format!("{}{} {}（{}）", k.0, t("履约率", " kept"), k.2, k.1)).collect();
    blocks.push(Block::Text(listed(promises, plan.promises.len(), none(), lang)));
    if !rates.is_empty() {
        blocks.push(Block::Text(rates.join("；")));
    }
    blocks.push(Block::Heading(t("投入产出", "Appraisal")));
    let options: Vec<Vec<String>> = plan
        .options
        .iter()
        .take(limits::BRIEF_ROWS)
        .map(|o| vec![o.name.clone(), o.cost.clone(), o.income.clone(), o.npv.clone(), o.pay_back.clone()])
        .collect();
    if options.is_empty() {
        blocks.push(Block::Text(none()));
    } else {
        let heads = vec![
            t("方案", "Option"),
            t("支出现值", "Cost"),
            t("收入现值", "Income"),
            t("净现值", "NPV"),
            t("回收期", "Pay-back"),
        ];
        blocks.push(Block::Table(vec![200, 200, 200, 200, 200], heads, options));
        blocks.push(Block::Remark(format!("{} {}%", t("折现率", "Discount rate"), plan.rate)));
    }
    blocks.push(Block::Heading(t("资本与场景", "Capital and scenarios")));
    let rest: Vec<String> = plan
        .capital
        .iter()
        .chain(&plan.scenarios)
        .take(limits::BRIEF_ROWS)
        .map(|r| format!("{}：{}", r.kind, r.said))
        .collect();
    blocks.push(Block::Text(listed(rest, plan.capital.len() + plan.scenarios.len(), none(), lang)));
    Document {
        title: format!("{} · {}", plan.name, t("落地方案", "landing plan")),
        under: format!("{zone} · {} · {}", plan.code, plan.day),
        blocks,
    }
}

fn listed(rows: Vec<String>, all: usize, none: String, lang: Lang) -> String {
    if rows.is_empty() {
        return none;
    }
    let mut text = rows.join("\n");
    let rest = more(all, lang);
    if !rest.is_empty() {
        text.push('\n');
        text.push_str(&rest);
    }
    text
}

/// What a page has no room for is said, not dropped.
fn more(all: usize, lang: Lang) -> String {
    match all.saturating_sub(limits::BRIEF_ROWS) {
        0 => String::new(),
        n => {
            format!("{} {n} {}", lang.t("另有", "and"), lang.t("项，见方案页。", "more on the plan's page."))
        }
    }
}

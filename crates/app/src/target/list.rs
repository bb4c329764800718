//! `GET /targets`: the ranked list with filters.

use crate::app::App;
use crate::chain::words::{chain_name, link};
use crate::target::rows::{TargetRow, is_thin, rows};
use crate::text::{Lang, grouped};
use crate::view::{ZoneView, provinces, view};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::chain::SegmentNo;
use domain::company::{Currency, Money, RegionCode};
use domain::limits;
use domain::target::capital_level;
use engine::targets::{Answer, Filter, Question};
use serde::Deserialize;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "target/list.html")]
struct TargetsPage {
    p: Chrome,
    scope: String,
    chains: Vec<Choice>,
    gaps: Vec<Choice>,
    provinces: Vec<Choice>,
    capital: String,
    makers_only: bool,
    query: String,
    total: String,
    left_residents: String,
    left_closed: String,
    left_refused: String,
    shown: usize,
    thin: bool,
    no_signals: bool,
    rows: Vec<TargetRow>,
    prev: Option<String>,
    next: Option<String>,
    page: usize,
    pages: usize,
    may_lead: bool,
}

/// An entry of a select box.
#[derive(Clone, Debug)]
pub struct Choice {
    /// Value.
    pub id: String,
    /// Words.
    pub name: String,
    /// Whether it is chosen.
    pub current: bool,
}

/// What the reader asks for; the same for the page and the export.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct Asked {
    /// Chain id.
    #[serde(default)]
    pub chain: String,
    /// `chain/segment`
    #[serde(default)]
    pub segment: String,
    /// Province code.
    #[serde(default)]
    pub province: String,
    /// Least capital in 万元.
    #[serde(default)]
    pub capital: String,
    /// `maker` or nothing.
    #[serde(default)]
    pub role: String,
    /// Page, from 1.
    #[serde(default)]
    pub page: String,
}

/// A ranked answer with the order that the page shows.
pub struct Ranked {
    /// The view it was asked of.
    pub view: Arc<ZoneView>,
    /// The question.
    pub question: Question,
    /// The answer.
    pub answer: Answer,
}

/// `GET /targets`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let ranked = rank(&app, &asked).await?;
    let lang = signed.prefs.lang;
    let order = ranked.answer.overall.clone();
    let pages = order.len().div_ceil(limits::TARGETS_PAGE).max(1);
    let page = asked.page.parse::<usize>().unwrap_or(1).clamp(1, pages);
    let (thin, counts) = (is_thin(&ranked.answer, &order), ranked.answer.counts);
    let choices = choices(&ranked.view, &asked, lang);
    let no_signals = ranked.answer.targets.iter().all(|t| t.features.growth == 0);
    let rows = app.compute(move || page_rows(&ranked, page, lang).map(|rows| (rows, order.len()))).await??;
    let n = |x: u64| grouped(i64::try_from(x).unwrap_or(i64::MAX));
    let link = |to: usize| asked.query(Some(to));
    render(&TargetsPage {
        scope: choices.scope,
        chains: choices.chains,
        gaps: choices.gaps,
        provinces: choices.provinces,
        capital: asked.capital.clone(),
        makers_only: asked.role == "maker",
        query: asked.query(None),
        total: n(counts.ranked()),
        left_residents: n(counts.residents),
        left_closed: n(counts.inactive),
        left_refused: n(counts.refused),
        shown: rows.1,
        thin,
        no_signals: no_signals && rows.1 > 0,
        rows: rows.0,
        prev: (page > 1).then(|| link(page - 1)),
        next: (page < pages).then(|| link(page + 1)),
        page,
        pages,
        may_lead: signed.may(domain::role::Action::RegisterLead),
        p: Chrome::of(&signed, Nav::Targets),
    })
}

/// Ranks what the reader asks for.
///
/// # Errors
/// 400 for a chain, segment, province or amount that is not one.
pub async fn rank(app: &App, asked: &Asked) -> Result<Ranked> {
    let view = view(app).await?;
    let segments = asked.segments(&view)?;
    let filter = asked.filter()?;
    let question = view.question(segments.as_deref(), filter);
    let ranked = app
        .compute(move || {
            let answer = if question.gaps.is_empty() { Answer::default() } else { view.targets(&question)? };
            anyhow::Ok(Ranked { view, question, answer })
        })
        .await??;
    Ok(ranked)
}

fn page_rows(ranked: &Ranked, page: usize, lang: Lang) -> anyhow::Result<Vec<TargetRow>> {
    let from = (page - 1) * limits::TARGETS_PAGE;
    rows(&ranked.view, &ranked.question, &ranked.answer, from..from + limits::TARGETS_PAGE, lang)
}

impl Asked {
    /// The gaps that are asked about; `None` for all.
    fn segments(&self, view: &ZoneView) -> Result<Option<Vec<SegmentNo>>> {
        let chains = &view.world.chains;
        if !self.segment.is_empty() {
            let no = chains.find(&self.segment).ok_or_else(|| wrong("环节", "segment", &self.segment))?;
            // A segment above the leaves stands for the gaps below it.
            let below = view.gaps.iter().map(|g| g.segment).filter(|&g| chains.is_under(g, no));
            let below: Vec<SegmentNo> = below.collect();
            return Ok(Some(if below.is_empty() { vec![no] } else { below }));
        }
        if self.chain.is_empty() {
            return Ok(None);
        }
        if !chains.chains().iter().any(|c| c.id == self.chain) {
            return Err(wrong("产业链", "chain", &self.chain));
        }
        Ok(Some(view.gaps.iter().map(|g| g.segment).filter(|&g| chains.get(g).0.id == self.chain).collect()))
    }

    fn filter(&self) -> Result<Filter> {
        if !matches!(self.role.as_str(), "" | "maker") {
            return Err(wrong("角色", "role", &self.role));
        }
        let mut filter = Filter { makers_only: self.role == "maker", ..Filter::default() };
        if !self.province.is_empty() {
            let code = self
                .province
                .parse()
                .ok()
                .map(RegionCode)
                .filter(|&code| provinces().iter().any(|p| p.0 == code));
            filter.regions.push(code.ok_or_else(|| wrong("省份", "province", &self.province))?);
        }
        if !self.capital.trim().is_empty() {
            let wan: i64 =
                self.capital.trim().parse().map_err(|_| wrong("注册资本", "capital", &self.capital))?;
            let yuan = wan.checked_mul(10_000).ok_or_else(|| wrong("注册资本", "capital", &self.capital))?;
            filter.min_capital = capital_level(Some(Money { amount: yuan, currency: Currency::Cny }));
        }
        Ok(filter)
    }

    fn query(&self, page: Option<usize>) -> String {
        let page = page.map(|p| p.to_string()).unwrap_or_default();
        [
            ("chain", &self.chain),
            ("segment", &self.segment),
            ("province", &self.province),
            ("capital", &self.capital),
            ("role", &self.role),
            ("page", &page),
        ]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| format!("{k}={}", encode(v)))
        .collect::<Vec<_>>()
        .join("&")
    }
}

struct Choices {
    scope: String,
    chains: Vec<Choice>,
    gaps: Vec<Choice>,
    provinces: Vec<Choice>,
}

fn choices(view: &ZoneView, asked: &Asked, lang: Lang) -> Choices {
    let chain = |c: &domain::chain::Chain| Choice {
        id: c.id.clone(),
        name: chain_name(c, lang),
        current: c.id == asked.chain,
    };
    let gap = |g: &engine::map::Gap| {
        let link = link(view, g.segment, lang);
        let name = format!("{} · {}（{}）", link.chain, link.name, link.verdict.label(lang));
        Choice { current: link.href == asked.segment, id: link.href, name }
    };
    let asked_chain = |g: &&engine::map::Gap| {
        asked.chain.is_empty() || view.world.chains.get(g.segment).0.id == asked.chain
    };
    let chains: Vec<Choice> = view.world.chains.chains().iter().map(chain).collect();
    let gaps: Vec<Choice> = view.gaps.iter().filter(asked_chain).map(gap).collect();
    let scope = view.world.chains.find(&asked.segment).map(|no| link(view, no, lang).name);
    let scope = scope.or_else(|| chains.iter().find(|c| c.current).map(|c| c.name.clone()));
    let provinces = provinces()
        .into_iter()
        .map(|(code, name)| {
            let id = code.0.to_string();
            Choice { current: id == asked.province, id, name: name.to_string() }
        })
        .collect();
    Choices { scope: scope.unwrap_or_default(), chains, gaps, provinces }
}

fn wrong(zh: &str, en: &str, value: &str) -> WebError {
    WebError::bad_request(format!("{zh}“{value}”不对。"), format!("`{value}` is no {en}.")).next(
        "/targets",
        "清空筛选",
        "Clear the filter",
    )
}

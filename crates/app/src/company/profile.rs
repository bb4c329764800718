//! `GET /companies/{key}`: what is known of a company, with the words it was placed by highlighted in its scope.

use crate::app::App;
use crate::chain::mark::{Mark, SegmentLink};
use crate::chain::words::{self, evidence, link};
use crate::clock::shown;
use crate::import::list::{name_of, people};
use crate::target::rows::{PartRow, capital, encoded_key, points, row, target_of};
use crate::text::{Lang, grouped};
use crate::view::{ZoneView, region_name, view};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use crate::world::World;
use askama::Template;
use axum::extract::{Path, State};
use domain::chain::SegmentNo;
use domain::company::{Company, SignalKind, Status};
use domain::placement::{Evidence, Field, Placed, Role};
use domain::role::Action;
use engine::map::missing_suppliers;
use engine::snapshot::Doc;
use engine::targets::Filter;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "company/profile.html")]
struct ProfilePage {
    p: Chrome,
    key: String,
    name: String,
    synthetic: bool,
    resident: bool,
    refused: Option<RefusedRow>,
    may_refuse: bool,
    may_lead: bool,
    may_register: bool,
    placements: Vec<PlacementRow>,
    scope_parts: Vec<ScopePart>,
    products: String,
    score: String,
    parts: Vec<PartRow>,
    supplies: Vec<SupplyRow>,
    facts: Vec<(&'static str, String)>,
    snapshot: String,
    signals: Vec<SignalRow>,
    leader_chains: Vec<LeaderChain>,
    missing_suppliers: Vec<MissingRow>,
}

struct RefusedRow {
    id: i64,
    reason: String,
    by: String,
    at: String,
    until: String,
}

struct PlacementRow {
    name: String,
    href: String,
    chain: String,
    verdict: Mark,
    role: &'static str,
    words: String,
    score: String,
}

/// A piece of the business scope.
#[derive(Debug, PartialEq, Eq)]
struct ScopePart {
    text: String,
    hit: bool,
    trader: bool,
    title: String,
}

struct SupplyRow {
    key: String,
    name: String,
    via: String,
}

struct SignalRow {
    text: String,
    date: String,
    source: String,
    risk: bool,
}

struct LeaderChain {
    id: String,
    name: String,
    current: bool,
}

struct MissingRow {
    name: String,
    href: String,
    verdict: Mark,
    steps: String,
}

const SUPPLIES: usize = 30;
/// Supply steps above a leader that are looked at.
const LEADER_STEPS: usize = 2;

/// `GET /companies/{key}`
pub async fn get(State(app): State<App>, signed: Signed, Path(key): Path<String>) -> Page {
    let view = view(&app).await?;
    let doc = find(&view, &key)?;
    let company = view.world.universe.company(doc)?;
    // A company without a credit code was refused by its name; since then a list may have brought the code.
    let keys = [key, World::key(&company), format!("={}", company.name)];
    let refusal =
        app.store.refusals_on(app.clock.today()).await?.into_iter().find(|r| keys.contains(&r.said.key));
    let people = people(&app).await?;
    let lang = signed.prefs.lang;
    let refused = refusal.map(|r| RefusedRow {
        id: r.id,
        reason: r.said.reason,
        by: name_of(&r.by, &people, lang),
        at: shown(r.created),
        until: r.said.until.map_or(String::new(), |d| d.to_string()),
    });
    let (may_refuse, may_lead) = (signed.may(Action::Refuse), signed.may(Action::EditChains));
    let p = Chrome::of(&signed, Nav::Companies);
    let page = app.compute(move || build(&view, doc, p, refused, lang)).await??;
    let may_register = signed.may(Action::RegisterLead);
    render(&ProfilePage { may_refuse, may_lead, may_register, ..page })
}

/// The company of a key in an address.
///
/// # Errors
/// 404 with the way to the search page.
pub fn find(view: &Arc<ZoneView>, key: &str) -> Result<Doc> {
    view.world.find(key)?.ok_or_else(|| {
        WebError::not_found(
            "企业库里没有这家企业，或同名的有几家。",
            "No such company, or several of that name.",
        )
        .next("/companies", "查企业", "Find a company")
    })
}

fn build(
    view: &ZoneView,
    doc: Doc,
    p: Chrome,
    refused: Option<RefusedRow>,
    lang: Lang,
) -> anyhow::Result<ProfilePage> {
    let world = &view.world;
    let (company, placed) = (world.universe.company(doc)?, world.universe.placed(doc)?);
    let resident = view.is_resident(doc);
    let (score, parts) = score(view, doc, resident, lang)?;
    let own_key = World::key(&company);
    let leads: Vec<&str> = view
        .written
        .leaders
        .iter()
        .filter(|l| l.key == own_key || l.name == company.name)
        .map(|l| l.chain.as_str())
        .collect();
    Ok(ProfilePage {
        key: encoded_key(&company),
        synthetic: company.name.contains(crate::sample::MARK),
        resident,
        refused,
        may_refuse: false,
        may_lead: false,
        may_register: false,
        placements: placements(view, &placed, lang),
        scope_parts: scope_parts(&company.scope, &placed, lang),
        products: company.products.join("、"),
        score,
        parts,
        supplies: supplies(view, doc, &placed, lang)?,
        facts: facts(&company, &placed, lang),
        snapshot: world.id().to_string(),
        signals: signals(&company),
        leader_chains: if resident { leader_chains(view, &placed, &leads, lang) } else { Vec::new() },
        missing_suppliers: if leads.is_empty() { Vec::new() } else { missing(view, &placed, lang) },
        name: company.name,
        p,
    })
}

fn score(view: &ZoneView, doc: Doc, resident: bool, lang: Lang) -> anyhow::Result<(String, Vec<PartRow>)> {
    if resident {
        return Ok((String::new(), Vec::new()));
    }
    let mut question = view.question(None, near(view, doc));
    if question.gaps.is_empty() {
        return Ok((String::new(), Vec::new()));
    }
    // Only gaps that this company fills, so that it is listed whatever its rank.
    let tags: Vec<_> = view.world.universe.tags_of(doc).map(|(tag, _)| tag).collect();
    question.gaps.retain(|g| tags.contains(&g.tag));
    question.overall = view.world.universe.len();
    question.per_gap = 0;
    question.refused.clear();
    if question.gaps.is_empty() {
        return Ok((String::new(), Vec::new()));
    }
    let answer = view.targets(&question)?;
    let Some(target) = target_of(&answer, doc) else { return Ok((String::new(), Vec::new())) };
    Ok((points(target.points), row(view, &question, &answer, target, 0, lang)?.parts))
}

/// A filter that the company itself passes and most others do not: its score is wanted, not its rank.
fn near(view: &ZoneView, doc: Doc) -> Filter {
    let universe = &view.world.universe;
    Filter {
        regions: universe.region(doc).map(|r| r.city()).into_iter().collect(),
        min_capital: universe.features(doc).capital,
        min_insured: universe.features(doc).insured,
        makers_only: universe.features(doc).role == Role::Maker,
    }
}

fn placements(view: &ZoneView, placed: &Placed, lang: Lang) -> Vec<PlacementRow> {
    placed
        .placements
        .iter()
        .map(|p| {
            let SegmentLink { href, name, chain, verdict, .. } = link(view, p.segment, lang);
            let words = evidence(&p.evidence, lang);
            PlacementRow {
                name,
                href,
                chain,
                verdict,
                role: words::role(p.role, lang),
                words,
                score: format!("{:.2}", p.score),
            }
        })
        .collect()
}

/// Cuts the scope at the words that placed the company; overlapping words make one piece.
fn scope_parts(scope: &str, placed: &Placed, lang: Lang) -> Vec<ScopePart> {
    let mut hits: Vec<&Evidence> =
        placed.placements.iter().flat_map(|p| &p.evidence).filter(|e| e.field == Field::Scope).collect();
    hits.sort_by_key(|e| (e.start, std::cmp::Reverse(e.end)));
    let plain = |text: &str| ScopePart { text: text.into(), hit: false, trader: false, title: String::new() };
    let mut parts = Vec::new();
    let mut at = 0usize;
    for e in hits {
        let (start, end) = (e.start as usize, e.end as usize);
        let (Some(before), Some(text)) = (scope.get(at..start), scope.get(start..end)) else { continue };
        if !before.is_empty() {
            parts.push(plain(before));
        }
        let title = format!("{} · {}", e.word, words::role(e.role, lang));
        let trader = matches!(e.role, Role::Trader | Role::Service);
        parts.push(ScopePart { text: text.into(), hit: true, trader, title });
        at = end;
    }
    if let Some(rest) = scope.get(at..).filter(|r| !r.is_empty()) {
        parts.push(plain(rest));
    }
    parts
}

/// Residents on the segments that buy what this company's segments make.
fn supplies(view: &ZoneView, own: Doc, placed: &Placed, lang: Lang) -> anyhow::Result<Vec<SupplyRow>> {
    let mut rows: Vec<(Doc, SegmentNo, SegmentNo)> = Vec::new();
    for placement in &placed.placements {
        let (at, _) = view.world.chains.locate(placement.segment);
        for &buyer in &view.world.chains.get(placement.segment).1.supplies {
            let no = view.world.chains.number(at, buyer);
            for &doc in &view.on_segment[usize::from(no.0)] {
                if doc != own && rows.len() < SUPPLIES && !rows.iter().any(|r| r.0 == doc) {
                    rows.push((doc, placement.segment, no));
                }
            }
        }
    }
    rows.into_iter()
        .map(|(doc, from, to)| {
            let company = view.world.universe.company(doc)?;
            let via = format!("{} → {}", link(view, from, lang).name, link(view, to, lang).name);
            Ok(SupplyRow { key: encoded_key(&company), name: company.name, via })
        })
        .collect()
}

fn facts(company: &Company, placed: &Placed, lang: Lang) -> Vec<(&'static str, String)> {
    let dash = || "—".to_string();
    let status = match company.status {
        Status::Active => lang.t("存续", "active"),
        Status::Dormant => lang.t("停业", "dormant"),
        Status::Revoked => lang.t("吊销", "revoked"),
        Status::Deregistered => lang.t("注销", "deregistered"),
        Status::MovedOut => lang.t("迁出", "moved out"),
        Status::Unknown => lang.t("名单未说明", "not said"),
    };
    let industry = company
        .industry
        .as_ref()
        .map_or_else(dash, |c| format!("{} {}", c.0, domain::industry::title(c).unwrap_or_default()));
    let list = |l: &[String]| if l.is_empty() { dash() } else { l.join("、") };
    vec![
        (
            lang.t("统一社会信用代码", "Credit code"),
            company.uscc.as_ref().map_or_else(dash, |u| u.as_str().into()),
        ),
        (lang.t("曾用名", "Former names"), list(&company.former_names)),
        (lang.t("简称", "Short names"), list(&company.short_names)),
        (lang.t("登记状态", "Status"), status.into()),
        (lang.t("注册资本", "Registered capital"), capital(company, lang)),
        (lang.t("实缴资本", "Paid-in capital"), company.paid_in.map_or_else(dash, domain::money::format)),
        (lang.t("成立日期", "Established"), company.established.map_or_else(dash, |d| d.to_string())),
        (lang.t("参保人数", "Insured staff"), company.insured.map_or_else(dash, |n| grouped(i64::from(n)))),
        (lang.t("所在地", "Region"), region_name(company.region)),
        (lang.t("国标行业", "Industry"), industry),
        (
            lang.t("注册地址", "Address"),
            if company.address.is_empty() { dash() } else { company.address.clone() },
        ),
        (lang.t("角色", "Role"), words::role(placed.role, lang).into()),
    ]
}

fn signals(company: &Company) -> Vec<SignalRow> {
    company
        .signals
        .iter()
        .map(|s| SignalRow {
            text: s.text.clone(),
            date: s.date.map_or("—".into(), |d| d.to_string()),
            source: s.source.clone(),
            risk: s.kind == SignalKind::Risk,
        })
        .collect()
}

fn leader_chains(view: &ZoneView, placed: &Placed, leads: &[&str], lang: Lang) -> Vec<LeaderChain> {
    let mut out: Vec<LeaderChain> = Vec::new();
    for placement in &placed.placements {
        let (chain, _) = view.world.chains.get(placement.segment);
        if !out.iter().any(|c| c.id == chain.id) {
            let current = leads.contains(&chain.id.as_str());
            out.push(LeaderChain { id: chain.id.clone(), name: words::chain_name(chain, lang), current });
        }
    }
    out
}

fn missing(view: &ZoneView, placed: &Placed, lang: Lang) -> Vec<MissingRow> {
    let own: Vec<SegmentNo> = placed.placements.iter().map(|p| p.segment).collect();
    missing_suppliers(&view.world.chains, &view.cells, &own, LEADER_STEPS)
        .into_iter()
        .map(|m| {
            let link = link(view, m.segment, lang);
            let feeds = words::segment_name(view.world.chains.get(m.feeds).1, lang);
            let steps = match lang {
                Lang::Zh => format!("{} 级供应，供给 {feeds}", m.steps),
                Lang::En => format!("tier {}, supplies {feeds}", m.steps),
            };
            MissingRow { name: link.name, href: link.href, verdict: link.verdict, steps }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::placement::Placement;

    #[test]
    fn the_scope_is_cut_at_its_words_and_nothing_is_lost() {
        let scope = "船用曲轴制造；船用柴油机销售。";
        let at = |word: &str, role| {
            let start = scope.find(word).unwrap();
            let (start, end) = (start as u32, (start + word.len()) as u32);
            Evidence { field: Field::Scope, word: word.into(), start, end, role }
        };
        let evidence =
            vec![at("船用柴油机", Role::Trader), at("船用曲轴", Role::Maker), at("曲轴", Role::Maker)];
        let placed = Placed {
            role: Role::Maker,
            placements: vec![Placement { segment: SegmentNo(0), score: 1.0, role: Role::Maker, evidence }],
        };
        let parts = scope_parts(scope, &placed, Lang::Zh);
        assert_eq!(parts.iter().map(|p| p.text.as_str()).collect::<String>(), scope);
        let hits: Vec<(&str, bool)> =
            parts.iter().filter(|p| p.hit).map(|p| (p.text.as_str(), p.trader)).collect();
        assert_eq!(hits, [("船用曲轴", false), ("船用柴油机", true)]);
    }
}

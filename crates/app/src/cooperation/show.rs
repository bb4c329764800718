//! `GET /cooperation/{id}`: one framework: both records of it, one map of both zones, what each brings, the work plan, and the leads between them.

use super::errand::Tried;
use super::list::state;
use super::picture::{Flow, svg};
use super::{Framework, find, share};
use crate::app::App;
use crate::chain::mark::Mark;
use crate::clock::shown;
use crate::inventory::list::{Tab, tabs_at};
use crate::inventory::standing;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, State};
use domain::access::tenths_of_mu;
use domain::inventory::schema::cooperation::{AREAS, SHARES, SORTS};
use domain::inventory::{Kind, Value};
use domain::lead::LeadState;
use domain::role::Action;
use engine::cooperation::{
    ChainPair, Course, Feedback, File, Meets, Pair, Resource, Task, differences, pair, split,
};
use engine::map::Verdict;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::cooperation::{CoopLead, Direction};
use store::lead_list::{LeadFilter, LeadOrder};

#[derive(Template)]
#[template(path = "cooperation/show.html")]
struct ShowPage {
    p: Chrome,
    tabs: Vec<Tab>,
    id: i64,
    name: String,
    state: (&'static str, &'static str, &'static str),
    facts: Vec<(&'static str, String)>,
    /// The partner's record of the framework: the same, or where it differs.
    agrees: Option<Vec<String>>,
    may: bool,
    speaks: bool,
    tried: Option<(String, String, bool)>,
    fetched: Option<String>,
    agreement: Option<i64>,
    own_name: String,
    other_name: String,
    picture: String,
    chains: Vec<ChainRow>,
    both: [usize; 4],
    sides: [SideRow; 2],
    tasks: Vec<TaskRow>,
    out: Vec<LeadRow>,
    received: Vec<LeadRow>,
    choices: Vec<(i64, String)>,
}

struct ChainRow {
    name: String,
    they_fill: usize,
    we_fill: usize,
    meets: Vec<SegmentRow>,
    rest: Vec<SegmentRow>,
}

struct SegmentRow {
    name: String,
    ours: Option<(Mark, u32)>,
    theirs: Option<(Mark, u32)>,
    meaning: (&'static str, &'static str),
}

/// What one zone brings.
struct SideRow {
    name: String,
    ground: String,
    resources: Vec<(&'static str, String)>,
    research: Vec<String>,
    wanted: Vec<String>,
    shared: bool,
}

struct TaskRow {
    name: String,
    who: String,
    owner: String,
    due: String,
    state: (&'static str, &'static str, String),
    ours: bool,
}

struct LeadRow {
    id: i64,
    urn: String,
    title: String,
    day: String,
    state: (&'static str, &'static str, String),
    credit: String,
    lead: Option<i64>,
    takeable: bool,
    enterable: bool,
}

fn words(
    list: &[(&str, &'static str, &'static str)],
    all: impl Iterator<Item = String>,
    lang: Lang,
) -> String {
    let name = |w: String| list.iter().find(|c| c.0 == w).map_or(w, |c| lang.t(c.1, c.2).to_string());
    all.map(name).collect::<Vec<_>>().join(lang.t("；", "; "))
}

/// `GET /cooperation/{id}`
pub async fn get(State(app): State<App>, signed: Signed, Path(id): Path<i64>) -> Page {
    let f = find(&app, id).await?;
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let own = share::draw(&app, &f).await?;
    let kept = app.store.coop_file(f.item).await?;
    let their = kept.as_ref().and_then(|k| File::read(k.body.as_bytes()).ok());
    let own_name = zone_name(&own, lang);
    let other_name = their.as_ref().map_or_else(|| f.partner_name(), |t| zone_name(t, lang));
    let agreement = match &kept {
        Some(k) => app.store.ds_agreement(&k.agreement).await?.map(|a| a.id),
        None => None,
    };
    let none = Vec::new();
    let chains_of = |file: Option<&File>| file.and_then(|f| f.chains.clone()).unwrap_or_default();
    let pairs = match &their {
        Some(t) if t.chains.is_some() => pair(&chains_of(Some(&own)), &chains_of(Some(t))),
        _ => none,
    };
    let leads = app.store.coop_leads(f.item).await?;
    let may = signed.may(Action::ShareData);
    let flows = flows(&pairs, &own, their.as_ref(), lang);
    let count = |m| pairs.iter().map(|c| c.count(m)).sum();
    render(&ShowPage {
        tabs: tabs_at(Kind::Cooperation, "/cooperation", lang),
        id,
        name: f.terms.name.clone(),
        state: state(&f, lang),
        facts: facts(&f, lang),
        agrees: their.as_ref().map(|t| differing(&f, t, lang)),
        may,
        speaks: f.speaks_with().is_some(),
        tried: app.space.errands.last(id).map(|t| tried(t, lang)),
        fetched: kept.as_ref().map(|k| shown(k.fetched)),
        agreement,
        picture: if flows.is_empty() { String::new() } else { svg(&own_name, &other_name, &flows, lang) },
        chains: pairs.iter().map(|c| chain_row(c, lang)).collect(),
        both: [Meets::TheyFill, Meets::WeFill, Meets::BothStrong, Meets::BothLack].map(count),
        sides: [side(&own_name, Some(&own), lang), side(&other_name, their.as_ref(), lang)],
        tasks: tasks(&app, &f, their.as_ref(), today, (&own_name, &other_name), lang).await?,
        out: outgoing(&f, &leads, their.as_ref(), lang),
        received: incoming(&leads, their.as_ref(), (&own, &f), lang),
        choices: if may { choices(&app, &leads).await? } else { Vec::new() },
        own_name,
        other_name,
        p: Chrome::of(&signed, Nav::Cooperation),
    })
}

fn zone_name(file: &File, lang: Lang) -> String {
    let zone = &file.zone;
    if lang == Lang::En && !zone.name_en.is_empty() { zone.name_en.clone() } else { zone.name.clone() }
}

fn facts(f: &Framework, lang: Lang) -> Vec<(&'static str, String)> {
    let day = |d: Option<Date>| d.map_or_else(|| "—".to_string(), |d| d.to_string());
    let t = &f.terms;
    vec![
        (lang.t("伙伴身份", "Partner"), f.partner.clone()),
        (lang.t("签署日期", "Signed on"), day(t.signed_on)),
        (lang.t("有效期至", "Until"), day(t.until)),
        (lang.t("合作领域", "Fields"), words(AREAS, t.areas.iter().cloned(), lang)),
        (lang.t("共享内容", "What we share"), words(SHARES, f.shares.iter().cloned(), lang)),
        (
            lang.t("线索分成", "Credit of a lead"),
            format!(
                "{} {}% · {} {}%",
                lang.t("转交方", "zone that hands over"),
                t.credit,
                lang.t("落地方", "zone that lands it"),
                100 - t.credit
            ),
        ),
    ]
}

fn differing(f: &Framework, theirs: &File, lang: Lang) -> Vec<String> {
    let t = &theirs.terms;
    let day = |d: Option<Date>| d.map_or_else(|| "—".to_string(), |d| d.to_string());
    differences(&f.terms, t)
        .into_iter()
        .map(|member| {
            let (name, said) = match member {
                "name" => (lang.t("协议名称", "name"), t.name.clone()),
                "signed_on" => (lang.t("签署日期", "signed on"), day(t.signed_on)),
                "until" => (lang.t("有效期至", "until"), day(t.until)),
                "areas" => (lang.t("合作领域", "fields"), words(AREAS, t.areas.iter().cloned(), lang)),
                _ => (lang.t("线索分成", "credit"), format!("{}%", t.credit)),
            };
            format!("{name}：{} {said}", lang.t("对方记录为", "their record says"))
        })
        .collect()
}

fn tried(t: Tried, lang: Lang) -> (String, String, bool) {
    let said = match t.said {
        Some((zh, en)) => lang.t(&zh, &en).to_string(),
        None => lang.t("双方数据都是最新的。", "Both sides' data are up to date.").to_string(),
    };
    (shown(t.at), said, t.bad)
}

fn chain_row(c: &ChainPair, lang: Lang) -> ChainRow {
    // What nobody has is most of every chain: it stands with the rest.
    let plain = |s: &&Pair| !matches!(s.meets, Meets::Plain | Meets::BothLack);
    let (meets, rest): (Vec<&Pair>, Vec<&Pair>) = c.segments.iter().partition(plain);
    ChainRow {
        name: in_lang(&c.name, &c.name_en, lang),
        they_fill: c.count(Meets::TheyFill),
        we_fill: c.count(Meets::WeFill),
        meets: meets.into_iter().map(|s| segment_row(s, lang)).collect(),
        rest: rest.into_iter().map(|s| segment_row(s, lang)).collect(),
    }
}

fn in_lang(zh: &str, en: &str, lang: Lang) -> String {
    if lang == Lang::En && !en.is_empty() { en.to_string() } else { zh.to_string() }
}

fn segment_row(s: &Pair, lang: Lang) -> SegmentRow {
    let mark = |side: Option<(Verdict, u32)>| side.map(|(v, n)| (Mark(v), n));
    SegmentRow {
        name: in_lang(&s.name, &s.name_en, lang),
        ours: mark(s.ours),
        theirs: mark(s.theirs),
        meaning: match s.meets {
            Meets::TheyFill => ("◀", lang.t("对方补我", "they fill our gap")),
            Meets::WeFill => ("▶", lang.t("我补对方", "we fill theirs")),
            Meets::BothStrong => ("◆", lang.t("强强联合", "both strong")),
            Meets::BothLack => ("○", lang.t("共同引进", "bring in together")),
            Meets::Plain => ("", ""),
        },
    }
}

/// What flows which way: a row a chain, then ground, then each sort of resource, research and wants.
fn flows(pairs: &[ChainPair], own: &File, their: Option<&File>, lang: Lang) -> Vec<Flow> {
    let Some(their) = their else { return Vec::new() };
    let n = |zh: &str, en: &str, n: usize| {
        let words =
            if lang == Lang::Zh { format!("{zh} {n} 个环节") } else { format!("{en} {n} segments") };
        (n, if n == 0 { String::new() } else { words })
    };
    let mut all: Vec<Flow> = pairs
        .iter()
        .map(|c| Flow {
            name: in_lang(&c.name, &c.name_en, lang),
            about: match c.count(Meets::BothStrong) {
                0 => String::new(),
                both => format!("{} {both}", lang.t("强强联合", "both strong")),
            },
            given: n("补对方", "fills", c.count(Meets::WeFill)),
            taken: n("补我方", "fills", c.count(Meets::TheyFill)),
        })
        .filter(|f| f.given.0 + f.taken.0 > 0 || !f.about.is_empty())
        .collect();
    let ground = |file: &File| {
        let list = file.ground.as_deref().unwrap_or_default();
        let weight = if list.is_empty() { 0 } else { 3 };
        (weight, if list.is_empty() { String::new() } else { free(list, lang) })
    };
    let rows = std::iter::once((lang.t("可用土地", "Free ground"), ground(own), ground(their)));
    let sort = |file: &File, word: &str| {
        let found: Vec<String> = file.resources.iter().filter(|r| r.sort == word).map(named).collect();
        (found.len().min(1) * 3, short(&found.join("、")))
    };
    let sorts = SORTS.iter().map(|s| (lang.t(s.1, s.2), sort(own, s.0), sort(their, s.0)));
    let listed = |n: usize, zh: &str, en: &str| {
        let words = if lang == Lang::Zh { format!("{n} {zh}") } else { format!("{n} {en}") };
        (n.min(3), if n == 0 { String::new() } else { words })
    };
    let ability = |f: &File| listed(f.research.len(), "项能力", "capabilities");
    let wants = |f: &File| listed(f.wanted.len(), "个场景机会", "opportunities");
    let lists = [
        (lang.t("能力清单", "Capabilities"), ability(own), ability(their)),
        (lang.t("机会清单", "Opportunities"), wants(own), wants(their)),
    ];
    let more = rows.chain(sorts).chain(lists);
    all.extend(more.filter(|r| r.1.0 + r.2.0 > 0).map(|(name, given, taken)| Flow {
        name: name.to_string(),
        about: String::new(),
        given,
        taken,
    }));
    all
}

fn named(r: &Resource) -> String {
    if r.amount.is_empty() { r.name.clone() } else { format!("{} {}", r.name, r.amount) }
}

/// Cut to what fits on the map.
fn short(text: &str) -> String {
    const MOST: usize = 17;
    if text.chars().count() <= MOST {
        return text.to_string();
    }
    text.chars().take(MOST - 1).chain(['…']).collect()
}

fn free(list: &[engine::cooperation::Ground], lang: Lang) -> String {
    let tenths = tenths_of_mu(list.iter().map(|g| g.square_metres).fold(0, i64::saturating_add));
    format!(
        "{}.{} {} · {} {}",
        grouped(tenths / 10),
        tenths % 10,
        lang.t("亩", "mu"),
        list.len(),
        lang.t("宗", "parcels")
    )
}

fn side(name: &str, file: Option<&File>, lang: Lang) -> SideRow {
    let Some(file) = file else {
        return SideRow {
            name: name.into(),
            ground: String::new(),
            resources: Vec::new(),
            research: Vec::new(),
            wanted: Vec::new(),
            shared: false,
        };
    };
    let sort = |word: &str| SORTS.iter().find(|s| s.0 == word).map_or("", |s| lang.t(s.1, s.2));
    SideRow {
        name: name.into(),
        ground: file.ground.as_deref().map_or_else(String::new, |g| free(g, lang)),
        resources: file
            .resources
            .iter()
            .map(|r| {
                let note = if r.note.is_empty() { String::new() } else { format!(" — {}", r.note) };
                (sort(&r.sort), format!("{}{note}", named(r)))
            })
            .collect(),
        research: file.research.iter().map(|a| format!("{}（{}）", a.name, a.company)).collect(),
        wanted: file.wanted.iter().map(|w| format!("{}（{}）", w.name, w.owner)).collect(),
        shared: true,
    }
}

async fn tasks(
    app: &App,
    f: &Framework,
    their: Option<&File>,
    today: Date,
    (own, other): (&str, &str),
    lang: Lang,
) -> crate::web::error::Result<Vec<TaskRow>> {
    let mut all: Vec<(Task, bool)> = standing(app, Kind::CoopTask, today)
        .await?
        .iter()
        .filter(|s| s.values.get("cooperation").and_then(Value::text) == Some(f.code.as_str()))
        .filter_map(|s| Some((share::task(s)?, true)))
        .collect();
    // Of a task that both keep, each side's word about its own work counts.
    let theirs = their.map(|t| t.plan.clone()).unwrap_or_default();
    all.retain(|(t, _)| t.own || !theirs.iter().any(|o| o.own && o.name == t.name));
    all.extend(theirs.into_iter().filter(|t| t.own).map(|t| (t, false)));
    all.sort_by(|a, b| (a.0.due, &a.0.name).cmp(&(b.0.due, &b.0.name)));
    Ok(all
        .into_iter()
        .map(|(t, ours)| TaskRow {
            who: (if t.own == ours { own } else { other }).to_string(),
            state: match t.done_on {
                Some(day) => ("done", "●", format!("{} {day}", lang.t("完成于", "done"))),
                None if t.due < today => ("out", "■", lang.t("逾期", "overdue").to_string()),
                None => ("open", "▲", lang.t("进行中", "open").to_string()),
            },
            name: t.name,
            owner: t.owner,
            due: t.due.to_string(),
            ours,
        })
        .collect())
}

fn course(c: Course, lang: Lang) -> (&'static str, &'static str, String) {
    let (class, mark, word) = match c {
        Course::Taken => ("open", "▲", lang.t("对方已接收", "taken")),
        Course::Registered => ("open", "▲", lang.t("已登记跟进", "registered")),
        Course::Project => ("open", "▲", lang.t("已转项目", "a project")),
        Course::Signed => ("done", "●", lang.t("已签约", "signed")),
        Course::Ended => ("out", "■", lang.t("未成", "came to nothing")),
    };
    (class, mark, word.to_string())
}

fn credit_of(said: &Feedback, credit: u8, handed: bool, lang: Lang) -> String {
    let Some(amount) = said.amount.filter(|_| said.course == Course::Signed) else { return "—".into() };
    let (for_handing, for_landing) = split(amount, credit);
    let ours = if handed { for_handing } else { for_landing };
    format!("{} / {}", yuan(ours, lang), yuan(amount, lang))
}

fn outgoing(f: &Framework, leads: &[CoopLead], their: Option<&File>, lang: Lang) -> Vec<LeadRow> {
    let said: BTreeMap<&str, &Feedback> =
        their.iter().flat_map(|t| &t.feedback).map(|b| (b.urn.as_str(), b)).collect();
    leads
        .iter()
        .filter(|l| l.direction == Direction::Out)
        .map(|l| {
            let back = said.get(l.urn.as_str());
            LeadRow {
                id: l.id,
                urn: l.urn.clone(),
                title: l.title.clone(),
                day: l.day.to_string(),
                state: match back {
                    Some(b) => course(b.course, lang),
                    None => ("plain", "◇", lang.t("待对方接收", "waits for them").to_string()),
                },
                credit: back.map_or_else(|| "—".into(), |b| credit_of(b, f.terms.credit, true, lang)),
                lead: l.lead.map(|l| l.0),
                takeable: false,
                enterable: false,
            }
        })
        .collect()
}

fn incoming(
    leads: &[CoopLead],
    their: Option<&File>,
    (own, f): (&File, &Framework),
    lang: Lang,
) -> Vec<LeadRow> {
    let mine: Vec<&CoopLead> = leads.iter().filter(|l| l.direction == Direction::In).collect();
    let taken = mine.iter().map(|l| {
        let back = own.feedback.iter().find(|b| b.urn == l.urn);
        LeadRow {
            id: l.id,
            urn: l.urn.clone(),
            title: l.title.clone(),
            day: l.day.to_string(),
            state: match (l.taken, l.lead, back) {
                (None, _, _) => ("open", "▲", lang.t("正在取得", "being brought").to_string()),
                (Some(_), None, _) => {
                    ("open", "▲", lang.t("已取得，待登记", "here, to be registered").to_string())
                }
                (_, _, Some(b)) => course(b.course, lang),
                _ => ("open", "▲", LeadState::Open.label(lang).to_string()),
            },
            credit: back.map_or_else(|| "—".into(), |b| credit_of(b, f.terms.credit, false, lang)),
            lead: l.lead.map(|l| l.0),
            takeable: false,
            enterable: l.taken.is_some() && l.lead.is_none(),
        }
    });
    let new = their.iter().flat_map(|t| &t.leads).filter(|o| mine.iter().all(|l| l.urn != o.urn));
    let offered = new.map(|o| LeadRow {
        id: 0,
        urn: o.urn.clone(),
        title: o.title.clone(),
        day: o.day.to_string(),
        state: ("plain", "◇", lang.t("对方转交，待接收", "handed over, to be taken").to_string()),
        credit: "—".into(),
        lead: None,
        takeable: true,
        enterable: false,
    });
    offered.chain(taken).collect()
}

/// Our open leads that were not handed over to this partner.
async fn choices(app: &App, leads: &[CoopLead]) -> crate::web::error::Result<Vec<(i64, String)>> {
    let filter =
        LeadFilter { state: Some(LeadState::Open), order: LeadOrder::Newest, ..LeadFilter::default() };
    let open = app.store.leads(&filter, store::Page::new(domain::limits::PAGE_ROWS, 0)).await?;
    let gone = |id| leads.iter().any(|l| l.direction == Direction::Out && l.lead == Some(id));
    let from = |id| leads.iter().any(|l| l.direction == Direction::In && l.lead == Some(id));
    Ok(open
        .into_iter()
        .filter(|l| !gone(l.id) && !from(l.id))
        .map(|l| (l.id.0, format!("{} · {}", l.said.name, l.said.text.title)))
        .collect())
}

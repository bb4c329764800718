//! `/inventory`: what a landing plan draws on (ground, buildings, rooms, works, bonds, idle assets): lists as of any day, records with their
//! whole history, and who holds what. Forms, lists and files follow the table of fields (`domain::inventory::schema`).

pub mod act;
pub mod bring;
pub mod edit;
pub mod export;
pub mod list;
mod map_file;
pub mod show;

use crate::app::App;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::Nav;
use crate::web::error::{Result, WebError};
use crate::web::session::Signed;
use domain::access::tenths_of_mu;
use domain::fact::ProjectId;
use domain::inventory::field::decimals;
use domain::inventory::hold::Manner;
use domain::inventory::{Field, Form, Kind, Value, Values, fold};
use domain::role::Action;
use domain::user::UnitId;
use jiff::civil::Date;
use std::collections::BTreeMap;
use store::hold::Held;
use store::inventory::Item;

/// Inventories that belong together: what a person must be allowed to do to keep them, where they stand in the navigation, and their kinds.
#[derive(Debug)]
pub struct Group {
    /// What keeping them takes.
    pub action: Action,
    /// The entry of the navigation.
    pub nav: Nav,
    /// The kinds, in order.
    pub kinds: &'static [Kind],
}

const GROUPS: &[Group] = &[
    Group {
        action: Action::EditLand,
        nav: Nav::Land,
        kinds: &[
            Kind::Parcel,
            Kind::Building,
            Kind::Space,
            Kind::Consolidation,
            Kind::Works,
            Kind::Bond,
            Kind::IdleAsset,
        ],
    },
    Group {
        action: Action::EditOffer,
        nav: Nav::Offers,
        kinds: &[Kind::OfferLine, Kind::Promise, Kind::Instalment, Kind::Assumption, Kind::Layout],
    },
    Group { action: Action::EditPolicies, nav: Nav::Policies, kinds: &[Kind::Profile] },
    Group {
        action: Action::EditCapital,
        nav: Nav::Capital,
        kinds: &[Kind::Fund, Kind::FundFlow, Kind::ShareEvent, Kind::Warrant, Kind::WarrantEvent],
    },
    Group {
        action: Action::EditScenarios,
        nav: Nav::Scenarios,
        kinds: &[Kind::Opportunity, Kind::Capability, Kind::Matched],
    },
    Group {
        action: Action::ShareData,
        nav: Nav::Cooperation,
        kinds: &[Kind::Cooperation, Kind::CoopTask, Kind::CoopResource],
    },
];

/// The group of a kind.
#[must_use]
pub fn group(kind: Kind) -> &'static Group {
    GROUPS.iter().find(|g| g.kinds.contains(&kind)).unwrap_or(&GROUPS[0])
}

/// Refuses who may not keep records of a kind.
///
/// # Errors
/// 403 with who may.
pub fn guard(signed: &Signed, kind: Kind) -> Result<()> {
    let action = group(kind).action;
    if signed.may(action) {
        return Ok(());
    }
    let (zh, en) = match action {
        Action::EditOffer => {
            ("招商专员和领导可以维护优惠与承诺。", "Officers and directors keep offers and promises.")
        }
        Action::EditCapital => (
            "基金金融人员和领导可以维护基金与认股权。",
            "The people of capital and directors keep funds and warrants.",
        ),
        Action::EditScenarios => (
            "招商专员、企业服务专员和领导可以维护场景。",
            "Officers, the people of company service and directors keep scenarios.",
        ),
        Action::ShareData => ("领导可以维护园区协作的台账。", "Directors keep what concerns other zones."),
        _ => (
            "规划国土人员和领导可以维护载体台账。",
            "The people of land and planning and directors keep this inventory.",
        ),
    };
    Err(WebError::forbidden(zh, en))
}

/// Refuses to write a record of a project that lies outside this person's scope.
///
/// # Errors
/// 403 with whose it is.
pub async fn guard_owner(app: &App, signed: &Signed, project: Option<ProjectId>) -> Result<()> {
    let Some(project) = project else { return Ok(()) };
    let board = app.ledger.board(&app.store).await?;
    match board.line(project) {
        Some(line) => signed.may_write_unit(line.unit.map(UnitId)),
        None => Ok(()),
    }
}

/// The same for a change that says which project a record belongs to.
///
/// # Errors
/// 403 with whose it is.
pub async fn guard_project(
    app: &App,
    signed: &Signed,
    kind: Kind,
    set: &BTreeMap<String, Option<Value>>,
) -> Result<()> {
    let Some(Some(Value::Text(code))) = kind.of_project().and_then(|word| set.get(word)) else {
        return Ok(());
    };
    let project = app.store.project_by_code(code).await?;
    guard_owner(app, signed, project).await
}

/// Whether a person may read the record of a project: as its facts.
///
/// # Errors
/// Only when the database fails.
pub async fn sees(app: &App, signed: &Signed, project: Option<ProjectId>) -> Result<bool> {
    let Some(project) = project else { return Ok(true) };
    let board = app.ledger.board(&app.store).await?;
    Ok(board.line(project).is_none_or(|line| signed.sees_unit(line.unit.map(UnitId))))
}

/// The kind of an address.
///
/// # Errors
/// 404 for a word that is no kind.
pub fn kind_of(word: &str) -> Result<Kind> {
    word.parse().map_err(|_| WebError::not_found("没有这类台账。", "There is no such inventory."))
}

/// A value as people read it in their language.
#[must_use]
pub fn shown(field: &Field, value: &Value, lang: Lang) -> String {
    let unit = field.unit(lang);
    match (field.form, value) {
        (Form::Area, Value::Int(n)) => area(*n, lang),
        (Form::Yuan, Value::Int(n)) => yuan(*n, lang),
        (Form::Count(..), Value::Int(n)) => format!("{} {unit}", grouped(*n)),
        (Form::Hundredths(..), Value::Int(n)) => {
            format!("{} {unit}", decimals(*n, 100)).trim_end().to_string()
        }
        (Form::Choice(all), Value::Text(word)) => {
            all.iter().find(|c| c.0 == word).map_or(word.clone(), |c| lang.t(c.1, c.2).to_string())
        }
        (Form::Words(all), Value::Text(words)) => {
            let name = |w: &str| {
                all.iter().find(|c| c.0 == w).map_or(w.to_string(), |c| lang.t(c.1, c.2).to_string())
            };
            words.split(',').map(name).collect::<Vec<_>>().join(lang.t("；", "; "))
        }
        (_, Value::Flag(yes)) => if *yes { lang.t("是", "yes") } else { lang.t("否", "no") }.to_string(),
        (Form::Shape, Value::Text(t)) => {
            let points = t.matches(',').count();
            lang.t("已录入界址，点数", "boundary, points").to_string() + &format!(" {points}")
        }
        (_, Value::Text(t)) => t.clone(),
        (_, Value::Int(n)) => grouped(*n),
    }
}

/// Hundredths of a square metre in 亩, with square metres behind.
#[must_use]
pub fn area(hundredths: i64, lang: Lang) -> String {
    let tenths = tenths_of_mu(hundredths / 100);
    let mu = format!("{}.{}", grouped(tenths / 10), tenths % 10);
    format!("{mu} {}（{} {}）", lang.t("亩", "mu"), grouped(hundredths / 100), lang.t("㎡", "m²"))
}

/// The value of a field, for people; `—` when there is none.
#[must_use]
pub fn cell(kind: Kind, word: &str, values: &Values, lang: Lang) -> String {
    match (kind.field(word), values.get(word)) {
        (Some(field), Some(value)) => shown(field, value, lang),
        _ => "—".to_string(),
    }
}

/// A record as it stands on a day.
#[derive(Clone, Debug)]
pub struct Standing {
    /// The record.
    pub item: Item,
    /// What is known of it on that day.
    pub values: Values,
    /// Whether it begins later than that day.
    pub later: bool,
    /// Who holds it on that day: the hold and whether it is on this record itself.
    pub held: Option<Held>,
}

/// Every record of a kind as it stands on a day, by what is known now.
///
/// # Errors
/// Only when the database fails.
pub async fn standing(app: &App, kind: Kind, day: Date) -> Result<Vec<Standing>> {
    let (now, today) = (app.clock.now(), app.clock.today());
    let items = app.store.items(kind).await?;
    let holds = if kind.can_be_held() { app.store.holds().await? } else { Vec::new() };
    let counting: Vec<Held> =
        holds.into_iter().filter(|h| h.hold.counts(today.max(day)) && h.hold.covers(day)).collect();
    let wholes = if kind.part_of().is_some() { wholes(app).await? } else { Vec::new() };
    Ok(items
        .into_iter()
        .map(|item| {
            let stands = fold::fold(&item.changes, day, now);
            let over = above(&item, &wholes);
            let held =
                counting.iter().find(|h| h.hold.item == item.id || over.contains(&h.hold.item)).cloned();
            Standing {
                values: stands.values,
                later: item.changes.iter().all(|c| c.said.effective > day),
                held,
                item,
            }
        })
        .collect())
}

type Whole = (domain::inventory::ItemId, Option<domain::inventory::ItemId>);

async fn wholes(app: &App) -> Result<Vec<Whole>> {
    let buildings = app.store.items(Kind::Building).await?;
    Ok(buildings.into_iter().map(|b| (b.id, b.whole)).collect())
}

fn above(item: &Item, wholes: &[Whole]) -> Vec<domain::inventory::ItemId> {
    let mut over: Vec<_> = item.whole.into_iter().collect();
    if let Some(whole) = item.whole {
        over.extend(wholes.iter().find(|w| w.0 == whole).and_then(|w| w.1));
    }
    over
}

/// How a record is taken on a day: class and shape of its mark, and its word. Colour never stands alone.
#[must_use]
pub fn taken(
    kind: Kind,
    values: &Values,
    held: Option<&Held>,
    day: Date,
    lang: Lang,
) -> (&'static str, &'static str, String) {
    if let Some(held) = held {
        let (class, mark) = match held.hold.manner {
            Manner::Reserved => ("open", "▲"),
            Manner::Supplied | Manner::Leased => ("out", "■"),
        };
        return (class, mark, held.hold.manner.label(lang).to_string());
    }
    let text = |word| values.get(word).and_then(Value::text);
    let leased = text("tenant").is_some()
        && values.get("lease_until").and_then(Value::day).is_none_or(|until| until >= day)
        && values.get("lease_from").and_then(Value::day).is_none_or(|from| from <= day);
    if leased || text("occupied_by").is_some() || matches!(text("readiness"), Some("supplied" | "built")) {
        return ("out", "■", lang.t("已用", "In use").to_string());
    }
    if kind == Kind::Parcel && matches!(text("readiness"), Some("raw" | "preparing")) {
        return ("weak", "◇", lang.t("整理中", "In preparation").to_string());
    }
    ("done", "●", lang.t("可用", "Free").to_string())
}

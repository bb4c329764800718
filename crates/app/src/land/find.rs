//! `/projects/{id}/match`: what the project needs, the places that fit, ranked, those that do not with every reason, and a reservation in one step.

use crate::app::App;
use crate::inventory::{area, standing};
use crate::project::{find as project_of, guard, guard_reading};
use crate::text::Lang;
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::page::render;
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Redirect, Response};
use domain::fact::Kind as FactKind;
use domain::geo::{Polygon, neighbours};
use domain::inventory::field::{Field, Form};
use domain::inventory::fold::timeline;
use domain::inventory::hold::{Hold, Manner};
use domain::inventory::schema::land::USES;
use domain::inventory::{ItemId, Kind, Value};
use domain::land::find::{Exclusion, Found, Measure, Merit, Need, Site, Steps, Taken, find};
use domain::limits;
use domain::role::Action;
use jiff::ToSpan as _;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use store::hold::Held;
use store::inventory::Item;

#[derive(Template)]
#[template(path = "land/find.html")]
struct FindPage {
    p: Chrome,
    id: i64,
    code: String,
    name: String,
    asked: Asked,
    uses: Vec<(&'static str, &'static str, bool)>,
    faults: Vec<String>,
    may_hold: bool,
    expires: String,
    looked: usize,
    fits: Vec<FitRow>,
    combos: Vec<ComboRow>,
    near: Vec<OutRow>,
    counts: Vec<(String, usize)>,
    out: usize,
}

struct FitRow {
    id: i64,
    kind: &'static str,
    code: String,
    area: String,
    points: i64,
    merits: String,
}

struct ComboRow {
    ids: String,
    codes: Vec<(i64, String)>,
    area: String,
}

struct OutRow {
    id: i64,
    kind: &'static str,
    code: String,
    reasons: Vec<String>,
}

/// What is asked for, as typed.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    kind: String,
    area: String,
    area_most: String,
    usage: String,
    power: String,
    water: String,
    gas: String,
    load: String,
    height: String,
    pollution: String,
    from: String,
    rent_most: String,
    combine: String,
    go: String,
}

/// What is reserved.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Reserve {
    ids: String,
    from: String,
    expires: String,
    note: String,
}

/// Days that a reservation lasts when nobody says another number.
const RESERVED_DAYS: i64 = 90;

/// `GET /projects/{id}/match`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Query(mut asked): Query<Asked>,
) -> Result<Response> {
    let project = project_of(&app, id, None).await?;
    guard_reading(&signed, &project)?;
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    if asked.go.is_empty() && asked.area.is_empty() {
        asked.area = project.number(FactKind::LandArea).map(|m| format!("{m}㎡")).unwrap_or_default();
        // Whoever comes from the plan sees at once what fits what the project said it needs.
        if !asked.area.is_empty() {
            asked.combine = "3".to_string();
            asked.go = "1".to_string();
        }
    }
    let read = need(&asked, today, lang);
    let mut page = FindPage {
        p: Chrome::of(&signed, Nav::Projects),
        id,
        code: project.code.clone(),
        name: project.name().to_string(),
        uses: USES.iter().map(|u| (u.0, lang.t(u.1, u.2), u.0 == asked.usage)).collect(),
        may_hold: signed.may(Action::EditLand),
        expires: today.saturating_add(RESERVED_DAYS.days()).to_string(),
        faults: read.as_ref().err().cloned().unwrap_or_default(),
        looked: 0,
        fits: Vec::new(),
        combos: Vec::new(),
        near: Vec::new(),
        counts: Vec::new(),
        out: 0,
        asked,
    };
    if page.asked.from.is_empty() {
        page.asked.from = today.to_string();
    }
    if let (Ok(need), false) = (&read, page.asked.go.is_empty()) {
        let kinds: &[Kind] = match page.asked.kind.as_str() {
            "space" => &[Kind::Space],
            "either" => &[Kind::Parcel, Kind::Space],
            _ => &[Kind::Parcel],
        };
        let (items, sites) = sites(&app, kinds).await?;
        let asked = need.clone();
        let (found, sites) = app.compute(move || (find(&asked, &sites), sites)).await?;
        tell(&mut page, &found, &items, &sites, lang);
    }
    let status = if page.faults.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    Ok((status, render(&page)?).into_response())
}

/// `POST /projects/{id}/match`: reserves one place, or neighbours together: all of them or none.
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Reserve>,
) -> Result<Redirect> {
    let project = project_of(&app, id, None).await?;
    guard(&signed, &project)?;
    let wrong = |zh: &str, en: &str| {
        WebError::bad_request(zh, en).next(format!("/projects/{id}/match"), "返回", "Back")
    };
    let today = app.clock.today();
    let day = |text: &str| text.trim().parse::<Date>().ok();
    let from = day(&typed.from)
        .ok_or_else(|| wrong("起始日期：写成 2027-03-01 这样。", "first day: write it as 2027-03-01."))?;
    let expires = day(&typed.expires)
        .ok_or_else(|| wrong("预留到期日：写成 2027-03-01 这样。", "expiry: write it as 2027-03-01."))?;
    let ids: Vec<i64> = typed.ids.split(',').filter_map(|n| n.trim().parse().ok()).collect();
    let hold = |item: i64| Hold {
        item: ItemId(item),
        project: project.id,
        manner: Manner::Reserved,
        from,
        until: None,
        expires: Some(expires),
    };
    let holds: Vec<Hold> = ids.into_iter().map(hold).collect();
    app.store
        .hold(&signed.actor(), app.clock.now(), today, &holds, typed.note.trim())
        .await
        .map_err(|e| WebError::from(e).next(format!("/projects/{id}/match"), "重新匹配", "Find again"))?;
    Ok(Redirect::to(&format!("/projects/{id}/plan")))
}

fn need(asked: &Asked, today: Date, lang: Lang) -> std::result::Result<Need, Vec<String>> {
    let mut faults = Vec::new();
    let mut read = |zh: &'static str, en: &'static str, form: Form, text: &str| -> i64 {
        let field = Field { word: "", zh, en, form, required: false };
        match field.read(text, today) {
            Ok(value) => value.and_then(|v| v.int()).unwrap_or(0),
            Err((zh, en)) => {
                faults.push(lang.t(&zh, &en).to_string());
                0
            }
        }
    };
    let area = read("面积", "Area", Form::Area, &asked.area);
    let area_most = read("面积至多", "Area at most", Form::Area, &asked.area_most);
    let power = read("供电", "Power", Form::Count("千伏安", "kVA"), &asked.power);
    let water = read("供水", "Water", Form::Count("吨/日", "t/day"), &asked.water);
    let load = read("荷载", "Floor load", Form::Count("千克/㎡", "kg/m²"), &asked.load);
    let height = read("高度", "Height", Form::Hundredths("米", "m"), &asked.height);
    let rent = read("租金至多", "Rent at most", Form::Hundredths("元", "CNY"), &asked.rent_most);
    let from = match asked.from.trim() {
        "" => today,
        text => text.parse().unwrap_or_else(|_| {
            faults.push(
                lang.t("需要日期：写成 2027-03-01 这样", "needed from: write it as 2027-03-01").to_string(),
            );
            today
        }),
    };
    if !faults.is_empty() {
        return Err(faults);
    }
    Ok(Need {
        area,
        area_most: (area_most > 0).then_some(area_most),
        uses: (!asked.usage.is_empty()).then(|| asked.usage.clone()).into_iter().collect::<BTreeSet<_>>(),
        power,
        water,
        gas: asked.gas == "yes",
        load,
        height,
        pollution: asked.pollution.parse().unwrap_or(0).clamp(0, 3),
        from,
        rent_most: (rent > 0).then_some(rent),
        combine: asked.combine.parse().unwrap_or(1).clamp(1, limits::COMBINED),
    })
}

/// The zone's places as the rule wants them, with their records in the same order.
///
/// # Errors
/// Only when the database fails.
pub async fn sites(app: &App, kinds: &[Kind]) -> Result<(Vec<Item>, Vec<Site>)> {
    let (today, now) = (app.clock.today(), app.clock.now());
    let holds = app.store.holds().await?;
    let buildings: HashMap<ItemId, Option<ItemId>> =
        app.store.items(Kind::Building).await?.into_iter().map(|b| (b.id, b.whole)).collect();
    let (mut items, mut all) = (Vec::new(), Vec::new());
    for kind in kinds {
        for stand in standing(app, *kind, today).await? {
            let mut chain = vec![stand.item.id];
            if let Some(whole) = stand.item.whole {
                chain.push(whole);
                chain.extend(buildings.get(&whole).copied().flatten());
            }
            all.push(site(*kind, &stand.item, &chain, &holds, today, now));
            items.push(stand.item);
        }
    }
    beside(&items, &mut all, today, now);
    Ok((items, all))
}

fn site(
    kind: Kind,
    item: &Item,
    chain: &[ItemId],
    holds: &[Held],
    today: Date,
    now: jiff::Timestamp,
) -> Site {
    let values = domain::inventory::fold::fold(&item.changes, Date::MAX, now).values;
    let current = domain::inventory::fold::fold(&item.changes, today, now).values;
    let pick = |word: &str| current.get(word).or_else(|| values.get(word));
    let int = |word: &str| pick(word).and_then(Value::int);
    let steps = |word: &str, read: &dyn Fn(&Value) -> i64| -> Steps {
        timeline(&item.changes, word, now)
            .into_iter()
            .map(|(day, v)| (day, v.as_ref().map_or(0, read)))
            .collect()
    };
    let number = |v: &Value| v.int().unwrap_or(0);
    let mut taken: Vec<Taken> = holds
        .iter()
        .filter(|h| chain.contains(&h.hold.item) && h.hold.counts(today))
        .map(|h| Taken { from: h.hold.from, until: h.hold.until, by: Some(h.hold.project) })
        .collect();
    if current.contains_key("tenant") {
        let from = current.get("lease_from").and_then(Value::day).unwrap_or(Date::MIN);
        taken.push(Taken { from, until: current.get("lease_until").and_then(Value::day), by: None });
    }
    if current.contains_key("occupied_by") {
        taken.push(Taken { from: Date::MIN, until: None, by: None });
    }
    let ready = match kind {
        Kind::Parcel => steps("readiness", &|v| i64::from(matches!(v.text(), Some("net" | "standard")))),
        // Rooms are there from the day they are recorded.
        _ => item.changes.iter().map(|c| (c.said.effective, 1)).min().into_iter().collect(),
    };
    let class = |word: Option<&str>| {
        word.and_then(|w| ["one", "two", "three"].iter().position(|c| *c == w)).map(|n| n as i64 + 1)
    };
    Site {
        id: item.id.0,
        parcel: kind == Kind::Parcel,
        area: int("area").unwrap_or(0),
        usage: pick("use").and_then(Value::text).map(str::to_string),
        height: int("height"),
        load: int("load"),
        pollution: class(pick("pollution").and_then(Value::text)),
        rent: int("rent"),
        power: steps("power", &number),
        water: steps("water", &number),
        gas: steps("gas", &|v| i64::from(v.yes())),
        ready,
        taken,
        beside: Vec::new(),
    }
}

fn beside(items: &[Item], sites: &mut [Site], today: Date, now: jiff::Timestamp) {
    let shapes: Vec<(i64, Polygon)> = items
        .iter()
        .enumerate()
        .filter(|(n, _)| sites[*n].parcel)
        .filter_map(|(n, item)| {
            let values = domain::inventory::fold::fold(&item.changes, today, now).values;
            let polygon = Polygon::parse(values.get("shape").and_then(Value::text)?).ok()?;
            Some((i64::try_from(n).ok()?, polygon))
        })
        .collect();
    let outlines: Vec<(i64, &Polygon)> = shapes.iter().map(|(n, p)| (*n, p)).collect();
    for (a, b) in neighbours(&outlines) {
        if let (Ok(a), Ok(b)) = (usize::try_from(a), usize::try_from(b)) {
            sites[a].beside.push(b);
            sites[b].beside.push(a);
        }
    }
}

fn tell(page: &mut FindPage, found: &Found, items: &[Item], sites: &[Site], lang: Lang) {
    page.looked = sites.len();
    page.out = found.excluded.len();
    for fit in found.fits.iter().take(limits::FITS_SHOWN) {
        let (item, site) = (&items[fit.at], &sites[fit.at]);
        let merit = |(merit, points): &(Merit, i64)| format!("{} {points}", merit.label(lang));
        page.fits.push(FitRow {
            id: item.id.0,
            kind: item.kind.label(lang),
            code: item.code.clone(),
            area: area(site.area, lang),
            points: fit.points,
            merits: fit.merits.iter().map(merit).collect::<Vec<_>>().join(" + "),
        });
    }
    for combo in &found.combos {
        let ids: Vec<String> = combo.at.iter().map(|n| items[*n].id.to_string()).collect();
        page.combos.push(ComboRow {
            ids: ids.join(","),
            codes: combo.at.iter().map(|n| (items[*n].id.0, items[*n].code.clone())).collect(),
            area: area(combo.area, lang),
        });
    }
    let usage = |word: &str| {
        USES.iter().find(|u| u.0 == word).map_or(word.to_string(), |u| lang.t(u.1, u.2).to_string())
    };
    // Nearest first: what lacks least.
    let mut out: Vec<&(usize, Vec<Exclusion>)> = found.excluded.iter().collect();
    out.sort_by_key(|(at, reasons)| (reasons.len(), items[*at].code.clone()));
    for (at, reasons) in out.into_iter().take(limits::FITS_SHOWN) {
        page.near.push(OutRow {
            id: items[*at].id.0,
            kind: items[*at].kind.label(lang),
            code: items[*at].code.clone(),
            reasons: reasons.iter().map(|e| e.text(lang, usage)).collect(),
        });
    }
    let mut counts: BTreeMap<&'static str, usize> = BTreeMap::new();
    for reason in found.excluded.iter().flat_map(|(_, r)| r) {
        *counts.entry(group(reason, lang)).or_default() += 1;
    }
    page.counts = counts.into_iter().map(|(name, n)| (name.to_string(), n)).collect();
}

fn group(reason: &Exclusion, lang: Lang) -> &'static str {
    match reason {
        Exclusion::Small(..) | Exclusion::Large(..) => lang.t("面积", "area"),
        Exclusion::Use(_) => lang.t("用途", "use"),
        Exclusion::Less(Measure::Power, ..) => lang.t("供电", "power"),
        Exclusion::Less(Measure::Water, ..) => lang.t("供水", "water"),
        Exclusion::Less(Measure::Load, ..) => lang.t("荷载", "floor load"),
        Exclusion::Less(Measure::Height, ..) => lang.t("高度", "height"),
        Exclusion::Gas(_) => lang.t("燃气", "gas"),
        Exclusion::Pollution(..) => lang.t("污染类别", "pollution"),
        Exclusion::Rent(..) => lang.t("租金", "rent"),
        Exclusion::NotReady(_) => lang.t("未整理完成", "not ready"),
        Exclusion::Taken(_) => lang.t("已占用", "taken"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_need_is_read_with_units_and_every_fault_is_said() {
        let today = Date::constant(2026, 11, 26);
        let asked = Asked {
            area: "60亩".into(),
            power: "8000".into(),
            from: "2027-03-01".into(),
            ..Asked::default()
        };
        let read = need(&asked, today, Lang::Zh).unwrap();
        assert_eq!((read.area, read.power, read.from), (4_000_000, 8_000, Date::constant(2027, 3, 1)));
        let bad =
            Asked { area: "很大".into(), power: "-1".into(), from: "明年".into(), ..Asked::default() };
        assert_eq!(need(&bad, today, Lang::Zh).unwrap_err().len(), 3);
    }
}

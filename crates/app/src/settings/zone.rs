//! `/settings`: what the zone is, who counts as a resident, what it is compared with.

use crate::app::App;
use crate::settings::FieldError;
use crate::text::Lang;
use crate::view::region_name;
use crate::web::chrome::{Chrome, Flash, Nav};
use crate::web::error::Result;
use crate::web::form::Checked;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::company::RegionCode;
use domain::place;
use domain::role::Action;
use domain::zone::{Reference, ResidentRule, ZoneSettings};
use serde::Deserialize;

#[derive(Template)]
#[template(path = "settings/zone.html")]
struct ZonePage {
    p: Chrome,
    tab: &'static str,
    version: i64,
    form: ZoneForm,
    errors: Vec<FieldError>,
    may_edit: bool,
}

/// The form as people type it.
#[derive(Clone, Debug, Default, Deserialize)]
pub struct ZoneForm {
    #[serde(default)]
    version: i64,
    name: String,
    #[serde(default)]
    name_en: String,
    #[serde(default)]
    region: String,
    #[serde(default)]
    rule_region: String,
    #[serde(default)]
    rule_words: String,
    #[serde(default)]
    reference: String,
    #[serde(default)]
    footprints: String,
}

/// `GET /settings`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let zone = app.store.zone().await?;
    let version = zone.as_ref().map_or(0, |z| z.version);
    let form = shown(&zone.map(|z| z.settings).unwrap_or_default());
    page(&signed, version, form, Vec::new(), None)
}

/// `POST /settings`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Checked(form): Checked<ZoneForm>,
) -> Result<Response> {
    let before = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    let lang = signed.prefs.lang;
    let settings = match read(&form, before, lang) {
        Ok(settings) => settings,
        Err(errors) => return Ok(page(&signed, form.version, form.clone(), errors, None)?.into_response()),
    };
    let version = app.store.save_zone(&signed.actor(), app.clock.now(), form.version, &settings).await?;
    let flash = Flash { bad: false, text: lang.t("已保存。", "Saved.").into() };
    Ok(page(&signed, version, shown(&settings), Vec::new(), Some(flash))?.into_response())
}

fn page(
    signed: &Signed,
    version: i64,
    form: ZoneForm,
    errors: Vec<FieldError>,
    flash: Option<Flash>,
) -> Page {
    let mut p = Chrome::of(signed, Nav::Settings).with_flash(flash);
    p.here = "/settings".into();
    render(&ZonePage { p, tab: "zone", version, form, errors, may_edit: signed.may(Action::EditSettings) })
}

fn shown(zone: &ZoneSettings) -> ZoneForm {
    let name = |code: RegionCode| region_name(Some(code));
    let names = |codes: &[RegionCode]| codes.iter().map(|&c| name(c)).collect::<Vec<_>>().join("、");
    ZoneForm {
        version: 0,
        name: zone.name.clone(),
        name_en: zone.name_en.clone(),
        region: zone.region.map(name).unwrap_or_default(),
        rule_region: zone.resident_rule.as_ref().map(|r| name(r.region)).unwrap_or_default(),
        rule_words: zone.resident_rule.as_ref().map(|r| r.address_contains.join("、")).unwrap_or_default(),
        reference: match &zone.reference {
            Reference::Nation => String::new(),
            Reference::Cities(cities) => names(cities),
        },
        footprints: names(&zone.footprints),
    }
}

fn read(
    form: &ZoneForm,
    before: ZoneSettings,
    lang: Lang,
) -> std::result::Result<ZoneSettings, Vec<FieldError>> {
    let mut errors = Vec::new();
    let mut one = |field: &'static str, text: &str| -> Option<RegionCode> {
        let text = text.trim();
        if text.is_empty() {
            return None;
        }
        match region(text) {
            Some(code) => Some(code),
            None => {
                let why = lang.t("不是省市区县的名称或代码：", "no province, city or district: ");
                errors.push((field, format!("{why}{text}")));
                None
            }
        }
    };
    let home = one("region", &form.region);
    let rule = one("rule_region", &form.rule_region);
    let mut many = |field: &'static str, text: &str| -> Vec<RegionCode> {
        list(text).filter_map(|name| one(field, name)).collect()
    };
    let cities = many("reference", &form.reference);
    let footprints = many("footprints", &form.footprints);
    if form.name.trim().is_empty() {
        errors.push(("name", lang.t("请填写园区名称", "give the zone a name").to_string()));
    }
    if rule.is_none() && !form.rule_words.trim().is_empty() && form.rule_region.trim().is_empty() {
        errors.push(("rule_region", lang.t("规则要有地区", "the rule needs a region").to_string()));
    }
    if !errors.is_empty() {
        return Err(errors);
    }
    let settings = ZoneSettings {
        name: form.name.trim().into(),
        name_en: form.name_en.trim().into(),
        region: home,
        resident_rule: rule.map(|region| ResidentRule {
            region,
            address_contains: list(&form.rule_words).map(str::to_string).collect(),
        }),
        reference: if cities.is_empty() { Reference::Nation } else { Reference::Cities(cities) },
        footprints,
        ..before
    };
    settings.check().map(|()| settings).map_err(|e| vec![("name", e)])
}

fn region(text: &str) -> Option<RegionCode> {
    match text.parse::<u32>() {
        Ok(code) => Some(RegionCode(code)).filter(|&c| place::name(c).is_some()),
        Err(_) => place::parse(text).ok(),
    }
}

fn list(text: &str) -> impl Iterator<Item = &str> {
    text.split(['、', ',', '，', ';', '；']).map(str::trim).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_codes_are_read_and_each_fault_names_its_field() {
        let form = ZoneForm {
            name: "镇江高新区".into(),
            region: "江苏省镇江市".into(),
            reference: "420100、杭州市".into(),
            ..ZoneForm::default()
        };
        let zone = read(&form, ZoneSettings::default(), Lang::Zh).unwrap();
        assert_eq!(zone.region, Some(RegionCode(321_100)));
        assert_eq!(zone.reference, Reference::Cities(vec![RegionCode(420_100), RegionCode(330_100)]));
        assert_eq!(read(&shown(&zone), ZoneSettings::default(), Lang::Zh), Ok(zone));
        let bad = ZoneForm { region: "没有这个市".into(), name: String::new(), ..form };
        let errors = read(&bad, ZoneSettings::default(), Lang::Zh).unwrap_err();
        assert_eq!(errors.iter().map(|e| e.0).collect::<Vec<_>>(), ["region", "name"]);
    }
}

//! `/settings/weights`: what each part of the target score is worth.

use crate::app::App;
use crate::chain::words::chain_name;
use crate::import::worker;
use crate::text::Lang;
use crate::view::TargetWeights;
use crate::web::chrome::{Chrome, Flash, Nav};
use crate::web::error::Result;
use crate::web::form::check_token;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::Form;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use domain::role::Action;
use domain::zone::{Weight, ZoneSettings};

#[derive(Template)]
#[template(path = "settings/weights.html")]
struct WeightsPage {
    p: Chrome,
    tab: &'static str,
    version: i64,
    weights: Vec<WeightRow>,
    errors: Vec<(String, String)>,
    may_edit: bool,
}

struct WeightRow {
    id: String,
    name: String,
    about: String,
    value: String,
    default: String,
}

/// `GET /settings/weights`
pub async fn get(State(app): State<App>, signed: Signed) -> Page {
    let zone = app.store.zone().await?;
    let version = zone.as_ref().map_or(0, |z| z.version);
    let rows = rows(&app, &zone.map(|z| z.settings).unwrap_or_default(), signed.prefs.lang).await?;
    page(&signed, version, rows, Vec::new(), None)
}

/// `POST /settings/weights`
pub async fn post(
    State(app): State<App>,
    signed: Signed,
    Form(form): Form<Vec<(String, String)>>,
) -> Result<Response> {
    let value = |name: &str| form.iter().find(|(k, _)| k == name).map_or("", |(_, v)| v.as_str());
    check_token(&signed, value("csrf"))?;
    let lang = signed.prefs.lang;
    let version = value("version").parse().unwrap_or(0);
    let mut settings = app.store.zone().await?.map(|z| z.settings).unwrap_or_default();
    let mut rows = rows(&app, &settings, lang).await?;
    // A chain that is turned off keeps its weight.
    settings.weights.retain(|w| !rows.iter().any(|row| row.id == w.name));
    if value("reset") != "yes" {
        let mut errors = Vec::new();
        for row in &mut rows {
            row.value = value(&row.id).trim().to_string();
            match per_mille(&row.value) {
                Some(per_mille) => settings.weights.push(Weight { name: row.id.clone(), per_mille }),
                None => {
                    let rule = lang.t(
                        "要在 0 到 5 之间，最多三位小数：",
                        "must lie between 0 and 5 with at most three decimals: ",
                    );
                    errors.push((row.id.clone(), format!("{} {rule}{}", row.name, row.value)));
                }
            }
        }
        if !errors.is_empty() {
            return Ok(page(&signed, version, rows, errors, None)?.into_response());
        }
    }
    let version = app.store.save_zone(&signed.actor(), app.clock.now(), version, &settings).await?;
    let flash = Flash {
        bad: false,
        text: lang
            .t("已保存，目标企业已按新权重排序。", "Saved; targets are ranked by the new weights.")
            .into(),
    };
    let rows = self::rows(&app, &settings, lang).await?;
    Ok(page(&signed, version, rows, Vec::new(), Some(flash))?.into_response())
}

fn page(
    signed: &Signed,
    version: i64,
    weights: Vec<WeightRow>,
    errors: Vec<(String, String)>,
    flash: Option<Flash>,
) -> Page {
    let mut p = Chrome::of(signed, Nav::Settings).with_flash(flash);
    p.here = "/settings/weights".into();
    render(&WeightsPage {
        p,
        tab: "weights",
        version,
        weights,
        errors,
        may_edit: signed.may(Action::EditWeights),
    })
}

/// A row per feature, then one per chain in use.
async fn rows(app: &App, zone: &ZoneSettings, lang: Lang) -> Result<Vec<WeightRow>> {
    let row = |id: String, name: String, about: String, default: f64| {
        let default = (default * 1000.0).round() as i32;
        let value = decimal(zone.weight(&id).unwrap_or(default));
        WeightRow { id, name, about, value, default: decimal(default) }
    };
    let mut rows: Vec<WeightRow> = TargetWeights::NAMES
        .into_iter()
        .map(|id| {
            let (name, about) = label(id, lang);
            row(id.into(), name.into(), about.into(), TargetWeights::default_of(id))
        })
        .collect();
    let about = lang.t(
        "这条链的每个缺口都乘以它：主导产业高，未来产业低",
        "multiplies every gap of this chain: high for the pillar, low for future lines",
    );
    for chain in worker::chains(app).await?.chains() {
        let name = format!("{}{}", lang.t("产业链：", "Chain: "), chain_name(chain, lang));
        rows.push(row(TargetWeights::chain_name(&chain.id), name, about.into(), 1.0));
    }
    Ok(rows)
}

fn label(name: &str, lang: Lang) -> (&'static str, &'static str) {
    let (zh, en) = match name {
        "gap" => (
            ("补缺", "缺口得分 × 企业与环节的契合度（制造优先），每个缺口分别计分"),
            ("Fills a gap", "gap score × fit to the segment (makers first), for each gap it fills"),
        ),
        "supply" => (
            ("本地买家", "缺口环节在本园区的买家多少 × 契合度"),
            ("Buyers here", "how many residents buy what the segment makes × fit"),
        ),
        "region" => (
            ("距离", "同城 15 档、同省 10、邻省 6、其他 2；招商足迹 12"),
            (
                "Distance",
                "level 15 same city, 10 same province, 6 neighbouring, 2 elsewhere; 12 in a footprint",
            ),
        ),
        "capital" => {
            (("注册资本", "按注册资本分 15 档"), ("Capital", "fifteen levels of registered capital"))
        }
        "insured" => {
            (("参保人数", "按参保人数分 15 档"), ("Insured staff", "fifteen levels of insured staff"))
        }
        "growth" => (
            ("动向", "近一年投资、分支、融资各 4 档，中标 2，专利 1；一至三年减半"),
            (
                "Signals",
                "investment, branch, financing 4 levels each within a year, tender 2, patent 1; half up to three years",
            ),
        ),
        "maker" => {
            (("制造研发", "全文以制造研发为主的企业加分"), ("Maker", "added when its text speaks of making"))
        }
        _ => (
            ("风险", "有三年内风险记录的企业扣分"),
            ("Risk", "taken off when a risk is on record within three years"),
        ),
    };
    if lang == Lang::Zh { zh } else { en }
}

/// Thousandths of a decimal between 0 and 5, read without floats.
fn per_mille(text: &str) -> Option<i32> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, ""));
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(rest) || rest.len() > 3 {
        return None;
    }
    let value = whole.parse::<i32>().ok()?.checked_mul(1000)? + format!("{rest:0<3}").parse::<i32>().ok()?;
    (0..=5000).contains(&value).then_some(value)
}

fn decimal(per_mille: i32) -> String {
    let text = format!("{}.{:03}", per_mille / 1000, per_mille % 1000);
    let text = text.trim_end_matches('0');
    text.strip_suffix('.').unwrap_or(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn weights_are_read_exactly_and_written_back() {
        for (text, value) in [("0", 0), ("0.3", 300), ("1.25", 1250), ("5", 5000), ("0.001", 1)] {
            assert_eq!(per_mille(text), Some(value));
            assert_eq!(decimal(value), text);
        }
        for bad in ["", "-1", "5.001", "1.0001", "1e3", "abc", "."] {
            assert_eq!(per_mille(bad), None, "{bad}");
        }
    }
}

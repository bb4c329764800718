//! What the plan of a project makes of its land, held against the access figures in force and what the parcels themselves ask (标准地).

use crate::rules::LandRules;
use crate::text::Lang;
use domain::access::Density;
use domain::company::RegionCode;
use domain::inventory::{Value, Values};
use domain::land::area::Area;
use domain::land::control::rule::Rule;
use domain::land::control::{Site, Verdict};
use domain::land::records;
use domain::project::Project;
use domain::rate::Rates;
use jiff::civil::Date;

/// The access figures of a project.
#[derive(Clone, Debug, Default)]
pub struct Access {
    /// One line for each rule, the worst first.
    pub rows: Vec<Row>,
    /// Why nothing can be said, if so.
    pub silent: Option<&'static str>,
}

/// One rule.
#[derive(Clone, Debug)]
pub struct Row {
    /// What is measured.
    pub name: String,
    /// What is asked, with its unit.
    pub asked: String,
    /// What the plan makes of it, with its unit; `—` when something is missing.
    pub figure: String,
    /// Class, mark and word of the verdict.
    pub verdict: (&'static str, &'static str, &'static str),
    /// The article, and whether it is still to be compared.
    pub article: String,
    /// What to fill in.
    pub cures: Vec<String>,
}

/// The figures of a project as of a day. `layout` is its building plan, `grounds` the parcels it holds.
#[must_use]
pub fn access(
    rules: &LandRules,
    (project, layout, grounds): (&Project, &Values, &[(String, Values)]),
    region: Option<RegionCode>,
    rates: &Rates,
    today: Date,
    lang: Lang,
) -> Access {
    let held = grounds.iter().filter_map(|(_, v)| v.get("area")?.int()).fold(0, i64::saturating_add);
    let Some(site) = records::site(project, layout, held, region.unwrap_or(RegionCode(0)), rates) else {
        let why = lang.t("项目还没有登记国民经济行业。", "The industry of the project is not recorded yet.");
        return Access { rows: Vec::new(), silent: Some(why) };
    };
    let mut rows: Vec<Row> = rules.controls.judge(&site, today).iter().map(|f| row(f, lang)).collect();
    for (code, parcel) in grounds {
        rows.extend(standard(code, parcel, &site, lang));
    }
    let none =
        lang.t("没有对这个行业和地区生效的指标。", "No figure is in force for this industry and place.");
    Access { silent: rows.is_empty().then_some(none), rows }
}

fn verdict(verdict: Verdict, lang: Lang) -> (&'static str, &'static str, &'static str) {
    let (class, mark) = match verdict {
        Verdict::Met => ("done", "●"),
        Verdict::Unknown => ("open", "▲"),
        Verdict::Missed => ("out", "◆"),
    };
    (class, mark, verdict.label(lang))
}

fn row(finding: &domain::land::control::Finding<'_>, lang: Lang) -> Row {
    let rule: &Rule = finding.rule;
    let unit = rule.unit.label(lang);
    let bound = match (rule.least, rule.most) {
        (Some(least), _) => format!("≥ {} {unit}", least.text(2)),
        (None, Some(most)) => format!("≤ {} {unit}", most.text(2)),
        (None, None) => "—".to_string(),
    };
    let confirm = if rule.confirm { lang.t("（待核）", " (to be confirmed)") } else { "" };
    Row {
        name: rule.indicator.label(lang).to_string(),
        asked: bound.trim_end().to_string(),
        figure: finding
            .figure
            .map_or("—".to_string(), |f| format!("{} {unit}", f.text(2)).trim_end().to_string()),
        verdict: verdict(finding.verdict, lang),
        article: format!("{}{confirm}", lang.t(&rule.article_zh, &rule.article_en)),
        cures: finding.missing.iter().map(|i| said(&i.cure(), lang)).collect(),
    }
}

fn said((zh, en): &(String, String), lang: Lang) -> String {
    lang.t(zh, en).to_string()
}

/// What a parcel of standard land asks of whoever takes it: investment and tax on each 亩.
fn standard(code: &str, parcel: &Values, site: &Site, lang: Lang) -> Vec<Row> {
    let asked = |word: &str| parcel.get(word).and_then(Value::int);
    let unit = lang.t("万元/亩", "10k CNY per mu");
    let held =
        |name: &'static str, least: Option<i64>, yuan: Option<i64>, fill: &'static str| -> Option<Row> {
            let least = least?;
            let land = site.land.filter(|a| *a > Area::ZERO);
            let density = yuan.zip(land).and_then(|(yuan, land)| Density::over(yuan, land));
            let said = match &density {
                None => Verdict::Unknown,
                Some(d) if d.per_mu().0 >= least => Verdict::Met,
                Some(_) => Verdict::Missed,
            };
            let wan = |yuan: i64| domain::inventory::field::decimals(yuan / 100, 100);
            Some(Row {
                name: name.to_string(),
                asked: format!("≥ {} {unit}", wan(least)),
                figure: density.map_or("—".to_string(), |d| format!("{} {unit}", wan(d.per_mu().0))),
                verdict: verdict(said, lang),
                article: format!("{} {code}", lang.t("标准地指标：地块", "Standard land, parcel")),
                cures: density.is_none().then(|| fill.to_string()).into_iter().collect(),
            })
        };
    let investment = held(
        lang.t("投资强度", "Investment over land"),
        asked("std_investment"),
        site.fixed_investment,
        lang.t("请登记固定资产投资", "record the fixed investment"),
    );
    let tax = held(
        lang.t("亩均税收", "Tax over land"),
        asked("std_tax"),
        site.tax,
        lang.t("请登记预计年税收", "record the expected tax a year"),
    );
    investment.into_iter().chain(tax).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use domain::company::IndustryCode;

    #[test]
    fn standard_land_holds_a_project_to_what_its_parcel_asks() {
        let parcel = Values::from([
            ("std_investment".to_string(), Value::Int(3_500_000)),
            ("std_tax".to_string(), Value::Int(200_000)),
        ]);
        let mut site = Site {
            industry: IndustryCode("C3734".into()),
            region: RegionCode(321_112),
            books: std::collections::BTreeSet::new(),
            land: Area::from_mu(60),
            fixed_investment: Some(210_000_000),
            tax: None,
            output: None,
            added_value: None,
            research: None,
            energy: None,
            buildings: None,
            yards: Area::ZERO,
            office_land: None,
        };
        let rows = standard("GX-1", &parcel, &site, Lang::Zh);
        assert_eq!(
            (rows[0].figure.as_str(), rows[0].verdict.0),
            ("350 万元/亩", "done"),
            "exactly what is asked"
        );
        assert_eq!((rows[1].figure.as_str(), rows[1].verdict.0), ("—", "open"));
        site.fixed_investment = Some(209_999_999);
        assert_eq!(standard("GX-1", &parcel, &site, Lang::Zh)[0].verdict.0, "out");
    }
}

//! `GET /team/assessment.xlsx`: the year's assessment, every item and every row behind it, with formula and cut-off on the sheet.

use crate::app::App;
use crate::clock::shown;
use crate::team::formula::method;
use crate::team::inputs::{TeamYear, team_year};
use crate::team::person::item_row;
use crate::team::words::{hundredths, sees, sees_all, year};
use crate::text::Lang;
use crate::web::error::Result;
use crate::web::session::Signed;
use anyhow::Context as _;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use domain::assessment::Sheet;
use domain::goal::Party;
use rust_xlsxwriter::{Format, Workbook, Worksheet};
use serde::Deserialize;

/// Which year.
#[derive(Debug, Deserialize)]
pub struct Asked {
    #[serde(default)]
    year: String,
}

/// `GET /team/assessment.xlsx`: everybody for directors and auditors, one's own for others.
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let (lang, year) = (signed.prefs.lang, year(&asked.year, &app));
    let team = team_year(&app, year).await?;
    let mut sheets = team.sheets();
    sheets.retain(|(sheet, _)| sees(&signed, sheet.officer));
    sheets.sort_by_key(|(sheet, rank)| (*rank, sheet.officer));
    let about = About { zone: signed.zone.clone(), by: signed.name.clone(), all: sees_all(&signed) };
    let bytes = app.compute(move || workbook(&team, &sheets, &about, lang)).await??;
    let name = format!("attachment; filename=\"assessment-{year}.xlsx\"");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_string();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

struct About {
    zone: String,
    by: String,
    all: bool,
}

fn workbook(
    team: &TeamYear,
    sheets: &[(Sheet, usize)],
    about: &About,
    lang: Lang,
) -> anyhow::Result<Vec<u8>> {
    let mut book = Workbook::new();
    summary(book.add_worksheet(), team, sheets, lang).context("summary sheet")?;
    items(book.add_worksheet(), team, sheets, lang).context("items sheet")?;
    behind(book.add_worksheet(), team, sheets, lang).context("rows sheet")?;
    formula(book.add_worksheet(), team, about, lang).context("formula sheet")?;
    Ok(book.save_to_buffer()?)
}

/// The line over every table: what it is, by which formula, as of when.
fn title(sheet: &mut Worksheet, team: &TeamYear, name: &str, lang: Lang) -> anyhow::Result<()> {
    sheet.set_name(name)?;
    let text = format!(
        "{} {} · {} {} · {} {}",
        lang.t("招商人员年度考核", "Assessment of investment officers"),
        team.year,
        lang.t("公式版本", "formula"),
        team.holding.formula.version,
        lang.t("截至", "as of"),
        shown(team.cut_off)
    );
    sheet.write_string_with_format(0, 0, text, &Format::new().set_bold())?;
    Ok(())
}

fn head(sheet: &mut Worksheet, heads: &[(String, f64)]) -> anyhow::Result<()> {
    let bold = Format::new().set_bold();
    for (i, (text, width)) in heads.iter().enumerate() {
        let column = u16::try_from(i)?;
        sheet.write_string_with_format(1, column, text, &bold)?;
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_freeze_panes(2, 0)?;
    Ok(())
}

fn points(sheet: &mut Worksheet, r: u32, column: u16, hundredth: i64) -> anyhow::Result<()> {
    let two = Format::new().set_num_format("0.00");
    sheet.write_number_with_format(r, column, hundredths(hundredth).parse::<f64>()?, &two)?;
    Ok(())
}

fn summary(
    sheet: &mut Worksheet,
    team: &TeamYear,
    sheets: &[(Sheet, usize)],
    lang: Lang,
) -> anyhow::Result<()> {
    title(sheet, team, lang.t("考核总表", "Summary"), lang)?;
    let formula = &team.holding.formula;
    let mut heads =
        vec![(lang.t("名次", "Place").to_string(), 44.0), (lang.t("姓名", "Name").to_string(), 20.0)];
    heads.extend(
        formula
            .groups
            .iter()
            .map(|g| (format!("{}（{}）", lang.t(&g.name, &g.name_en), hundredths(g.points)), 18.0)),
    );
    heads.push((format!("{}（{}）", lang.t("总分", "Total"), hundredths(formula.points())), 16.0));
    heads.push((lang.t("等次", "Grade").to_string(), 12.0));
    heads.push((lang.t("结果运用", "What follows").to_string(), 40.0));
    head(sheet, &heads)?;
    for (i, (one, rank)) in sheets.iter().enumerate() {
        let r = u32::try_from(i + 2)?;
        sheet.write_number(r, 0, u32::try_from(*rank)?)?;
        sheet.write_string(r, 1, team.parties.name(Party::Officer(one.officer), lang))?;
        for (g, &group) in one.groups.iter().enumerate() {
            points(sheet, r, u16::try_from(g + 2)?, group)?;
        }
        let next = u16::try_from(one.groups.len() + 2)?;
        points(sheet, r, next, one.total)?;
        if let Some(grade) = formula.grade(one.total) {
            sheet.write_string(r, next + 1, lang.t(&grade.name, &grade.name_en))?;
            sheet.write_string(r, next + 2, lang.t(&grade.follows, &grade.follows_en))?;
        }
    }
    Ok(())
}

fn items(
    sheet: &mut Worksheet,
    team: &TeamYear,
    sheets: &[(Sheet, usize)],
    lang: Lang,
) -> anyhow::Result<()> {
    title(sheet, team, lang.t("逐项得分", "Items"), lang)?;
    let heads = [
        (lang.t("姓名", "Name"), 44.0),
        (lang.t("项", "Item"), 30.0),
        (lang.t("本人", "Has"), 16.0),
        (lang.t("目标", "Target"), 16.0),
        (lang.t("全员最小", "Least of all"), 26.0),
        (lang.t("全员最大", "Most of all"), 26.0),
        (lang.t("系数", "Share"), 12.0),
        (lang.t("得分", "Points"), 10.0),
        (lang.t("满分", "Points at most"), 10.0),
        (lang.t("说明", "Note"), 30.0),
    ];
    head(sheet, &heads.map(|(text, width)| (text.to_string(), width)))?;
    let mut r = 1;
    for (one, _) in sheets {
        let name = team.parties.name(Party::Officer(one.officer), lang);
        for (item, score) in team.holding.formula.items.iter().zip(&one.scores) {
            r += 1;
            let row = item_row(team, item, score, 0, lang);
            let texts = [&name, &row.name, &row.value, &row.target, &row.least, &row.most, &row.share];
            for (column, text) in texts.into_iter().enumerate() {
                sheet.write_string(r, u16::try_from(column)?, text)?;
            }
            points(sheet, r, 7, score.points)?;
            points(sheet, r, 8, item.points)?;
            sheet.write_string(r, 9, &row.note)?;
        }
    }
    Ok(())
}

fn behind(
    sheet: &mut Worksheet,
    team: &TeamYear,
    sheets: &[(Sheet, usize)],
    lang: Lang,
) -> anyhow::Result<()> {
    title(sheet, team, lang.t("依据", "Rows"), lang)?;
    let heads = [
        (lang.t("姓名", "Name"), 44.0),
        (lang.t("项", "Item"), 30.0),
        (lang.t("依据", "What"), 50.0),
        (lang.t("编号", "Number"), 16.0),
        (lang.t("计入日期", "Counts on"), 12.0),
        (lang.t("分成", "Share"), 10.0),
        (lang.t("计入", "Adds"), 16.0),
    ];
    head(sheet, &heads.map(|(text, width)| (text.to_string(), width)))?;
    let mut r = 1;
    for (one, _) in sheets {
        let name = team.parties.name(Party::Officer(one.officer), lang);
        for (item, score) in team.holding.formula.items.iter().zip(&one.scores) {
            let all = item_row(team, item, score, usize::MAX, lang);
            for (row, raw) in all.rows.iter().zip(&score.value.rows) {
                r += 1;
                let texts = [&name, &all.name, &row.name, &raw.subject, &row.day, &row.share, &row.amount];
                for (column, text) in texts.into_iter().enumerate() {
                    sheet.write_string(r, u16::try_from(column)?, text)?;
                }
            }
        }
    }
    Ok(())
}

fn formula(sheet: &mut Worksheet, team: &TeamYear, about: &About, lang: Lang) -> anyhow::Result<()> {
    title(sheet, team, lang.t("公式与说明", "Formula"), lang)?;
    let formula = &team.holding.formula;
    let kept = match team.holding.id {
        0 => lang.t("系统自带样本", "sample of the program").to_string(),
        id => format!("#{id}"),
    };
    let everybody = if about.all { lang.t("全员", "everybody") } else { lang.t("本人", "oneself") };
    let mut lines = vec![
        (lang.t("园区", "Zone").to_string(), about.zone.clone()),
        (lang.t("导出人", "Exported by").to_string(), about.by.clone()),
        (lang.t("范围", "Whose").to_string(), everybody.to_string()),
        (lang.t("公式", "Formula").to_string(), lang.t(&formula.name, &formula.name_en).to_string()),
        (lang.t("公式版本", "Formula version").to_string(), format!("{} · {} · {kept}", formula.version, formula.since)),
        (lang.t("截至", "Cut-off").to_string(), shown(team.cut_off)),
        (
            lang.t("规则", "Rules").to_string(),
            lang.t(
                "业绩分成先行计算；系数、得分均四舍五入到两位小数；不按注册资本计分。",
                "Credit is shared first; shares and points are rounded half up to two decimals; registered capital earns nothing.",
            )
            .to_string(),
        ),
    ];
    lines.extend(formula.items.iter().map(|i| {
        let name = format!("{}（{}）", lang.t(&i.name, &i.name_en), hundredths(i.points));
        (name, method(i, lang))
    }));
    sheet.set_column_width(0, 44.0)?.set_column_width(1, 90.0)?;
    for (i, (name, text)) in lines.iter().enumerate() {
        let r = u32::try_from(i + 1)?;
        sheet.write_string(r, 0, name)?;
        sheet.write_string(r, 1, text)?;
    }
    Ok(())
}

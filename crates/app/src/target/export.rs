//! `GET /targets.xlsx`: the list with its reasons, as a workbook a colleague can read without this system.

use crate::app::App;
use crate::target::list::{Asked, Ranked, rank};
use crate::target::rows::{TargetRow, rows};
use crate::text::Lang;
use crate::web::error::Result;
use crate::web::session::Signed;
use anyhow::Context as _;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse, Response};
use rust_xlsxwriter::{Format, Workbook, Worksheet};

/// `GET /targets.xlsx`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let ranked = rank(&app, &asked).await?;
    let (lang, day) = (signed.prefs.lang, app.clock.today().to_string());
    let sheet = About { zone: signed.zone.clone(), by: signed.name.clone(), day: day.clone(), asked };
    let rows = ranked.answer.overall.len() as u64;
    let bytes = app.compute(move || workbook(&ranked, &sheet, lang)).await??;
    app.store.note_export(&signed.actor(), app.clock.now(), "targets.xlsx", rows).await?;
    let name = format!("attachment; filename=\"targets-{day}.xlsx\"");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet".to_string();
    Ok(([(header::CONTENT_TYPE, kind), (header::CONTENT_DISPOSITION, name)], bytes).into_response())
}

struct About {
    zone: String,
    by: String,
    day: String,
    asked: Asked,
}

/// Three sheets: the list, one line per part of each score, and how to read them.
fn workbook(ranked: &Ranked, about: &About, lang: Lang) -> anyhow::Result<Vec<u8>> {
    let all = 0..ranked.answer.overall.len();
    let rows = rows(&ranked.view, &ranked.question, &ranked.answer, all, lang)?;
    let mut book = Workbook::new();
    list_sheet(book.add_worksheet(), &rows, lang).context("list sheet")?;
    reasons_sheet(book.add_worksheet(), &rows, lang).context("reasons sheet")?;
    about_sheet(book.add_worksheet(), ranked, about, lang).context("about sheet")?;
    Ok(book.save_to_buffer()?)
}

fn list_sheet(sheet: &mut Worksheet, rows: &[TargetRow], lang: Lang) -> anyhow::Result<()> {
    let heads = [
        (lang.t("名次", "Rank"), 6.0),
        (lang.t("企业名称", "Company"), 40.0),
        (lang.t("统一社会信用代码", "Credit code"), 22.0),
        (lang.t("所在地", "Region"), 24.0),
        (lang.t("角色", "Role"), 10.0),
        (lang.t("注册资本", "Capital"), 14.0),
        (lang.t("可补环节", "Gaps it fills"), 40.0),
        (lang.t("命中的词", "Matched words"), 50.0),
        (lang.t("得分", "Score"), 8.0),
        (lang.t("主要理由", "Main reasons"), 50.0),
    ];
    head(sheet, lang.t("目标企业", "Targets"), &heads)?;
    for (i, row) in rows.iter().enumerate() {
        let r = u32::try_from(i + 1)?;
        sheet.write_number(r, 0, u32::try_from(row.rank)?)?;
        let gaps: Vec<&str> = row.gaps.iter().map(|g| g.name.as_str()).collect();
        let texts: [(u16, &str); 7] = [
            (1, &row.name),
            (2, &row.uscc),
            (3, &row.region),
            (4, row.role),
            (5, &row.capital),
            (7, &row.words),
            (9, &row.headline),
        ];
        for (column, text) in texts {
            sheet.write_string(r, column, fitting(text))?;
        }
        sheet.write_string(r, 6, fitting(&gaps.join("、")))?;
        sheet.write_number(r, 8, row.score.parse::<f64>()?)?;
    }
    sheet.autofilter(0, 0, u32::try_from(rows.len())?, 9)?;
    Ok(())
}

fn reasons_sheet(sheet: &mut Worksheet, rows: &[TargetRow], lang: Lang) -> anyhow::Result<()> {
    let heads = [
        (lang.t("名次", "Rank"), 6.0),
        (lang.t("企业名称", "Company"), 40.0),
        (lang.t("项", "Part"), 30.0),
        (lang.t("依据", "Grounds"), 70.0),
        (lang.t("权重", "Weight"), 8.0),
        (lang.t("得分", "Points"), 8.0),
    ];
    head(sheet, lang.t("理由", "Reasons"), &heads)?;
    let mut r = 0;
    for row in rows {
        for part in &row.parts {
            r += 1;
            sheet.write_number(r, 0, u32::try_from(row.rank)?)?;
            sheet.write_string(r, 1, &row.name)?;
            sheet.write_string(r, 2, &part.name)?;
            sheet.write_string(r, 3, fitting(&part.grounds))?;
            sheet.write_number(r, 4, part.weight.parse::<f64>()?)?;
            sheet.write_number(r, 5, part.value.parse::<f64>()?)?;
        }
    }
    Ok(())
}

fn about_sheet(sheet: &mut Worksheet, ranked: &Ranked, about: &About, lang: Lang) -> anyhow::Result<()> {
    sheet.set_name(lang.t("说明", "About"))?;
    sheet.set_column_width(0, 24.0)?.set_column_width(1, 90.0)?;
    let counts = ranked.answer.counts;
    let asked = &about.asked;
    let filter = [&asked.chain, &asked.segment, &asked.province, &asked.capital, &asked.role];
    let filter: Vec<&str> = filter.into_iter().map(String::as_str).filter(|s| !s.is_empty()).collect();
    let lines = [
        (lang.t("园区", "Zone"), about.zone.clone()),
        (lang.t("导出日期", "Exported on"), about.day.clone()),
        (lang.t("导出人", "Exported by"), about.by.clone()),
        (lang.t("数据版本", "Snapshot"), ranked.view.world.id().to_string()),
        (lang.t("对照", "Reference"), ranked.view.reference(lang)),
        (lang.t("筛选", "Filter"), filter.join(" · ")),
        (lang.t("候选企业", "Candidates ranked"), counts.ranked().to_string()),
        (lang.t("已排除：入驻企业", "Left out: residents"), counts.residents.to_string()),
        (lang.t("已排除：注销吊销停业", "Left out: closed or dormant"), counts.inactive.to_string()),
        (lang.t("已排除：拒绝过", "Left out: refused before"), counts.refused.to_string()),
        (
            lang.t("得分", "Score"),
            lang.t(
                "得分 = 各项档位 ÷ 15 × 权重之和；各项见“理由”一页。位置和规模不能预测同类企业中谁会来。",
                "The score is the sum of each level ÷ 15 times its weight; the parts are on the Reasons sheet. Location and size cannot predict which of several equal peers will come.",
            )
            .to_string(),
        ),
    ];
    for (i, (name, value)) in lines.iter().enumerate() {
        let r = u32::try_from(i)?;
        sheet.write_string(r, 0, *name)?;
        sheet.write_string(r, 1, value)?;
    }
    Ok(())
}

/// As much of a text as a cell of Excel holds.
fn fitting(text: &str) -> &str {
    const CELL_CHARS: usize = 32_767;
    text.char_indices().nth(CELL_CHARS).map_or(text, |(end, _)| &text[..end])
}

fn head(sheet: &mut Worksheet, name: &str, heads: &[(&str, f64)]) -> anyhow::Result<()> {
    let bold = Format::new().set_bold();
    sheet.set_name(name)?;
    for (i, (text, width)) in heads.iter().enumerate() {
        let column = u16::try_from(i)?;
        sheet.write_string_with_format(0, column, *text, &bold)?;
        sheet.set_column_width(column, *width)?;
    }
    sheet.set_freeze_panes(1, 0)?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_text_of_a_list_fits_a_cell() {
        let (long, mut book) = ("据".repeat(40_000), Workbook::new());
        let sheet = book.add_worksheet();
        assert!(sheet.write_string(0, 0, &long).is_err());
        assert!(sheet.write_string(0, 0, fitting(&long)).is_ok());
        assert_eq!(fitting("据"), "据");
    }
}

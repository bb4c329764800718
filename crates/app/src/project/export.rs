//! `GET /projects.xlsx`: the list as it is filtered and sorted, with when, by whom and with which filter.

use crate::app::App;
use crate::project::list::{Asked, Row, find};
use crate::project::names::Names;
use crate::text::Lang;
use crate::web::error::Result;
use crate::web::session::Signed;
use axum::extract::{Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::limits;
use rust_xlsxwriter::{Format, Workbook};
use std::sync::Arc;

/// `GET /projects.xlsx`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Result<Response> {
    let (names, lang) = (Arc::new(Names::read(&app).await?), signed.prefs.lang);
    let found = find(&app, &signed, &asked, names.clone(), limits::PROJECTS_EXPORTED).await?;
    let rows: Vec<Row> = found.lines.iter().map(|l| Row::of(l, &names, lang)).collect();
    let day = app.clock.today().to_string();
    let about = [
        (lang.t("园区", "Zone"), signed.zone.clone()),
        (lang.t("导出日期", "Exported on"), day.clone()),
        (lang.t("导出人", "Exported by"), signed.name.clone()),
        (lang.t("筛选", "Filter"), asked.query(&[("page", "")])),
        (lang.t("符合条件的项目", "Projects found"), found.total.to_string()),
        (lang.t("导出的项目", "Projects exported"), rows.len().to_string()),
    ];
    app.store.note_export(&signed.actor(), app.clock.now(), "projects.xlsx", rows.len() as u64).await?;
    let bytes = app.compute(move || workbook(&rows, &about, lang)).await??;
    let disposition = format!("attachment; filename=\"projects-{day}.xlsx\"");
    let kind = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(([(header::CONTENT_TYPE, kind.to_string()), (header::CONTENT_DISPOSITION, disposition)], bytes).into_response())
}

fn workbook(rows: &[Row], about: &[(&str, String)], lang: Lang) -> anyhow::Result<Vec<u8>> {
    let heads = [
        (lang.t("编号", "Code"), 14.0),
        (lang.t("项目名称", "Project"), 40.0),
        (lang.t("投资企业", "Company"), 36.0),
        (lang.t("阶段", "Stage"), 12.0),
        (lang.t("到达日期", "Since"), 12.0),
        (lang.t("责任单位", "Unit"), 24.0),
        (lang.t("项目专员", "Officer"), 14.0),
        (lang.t("产业链", "Chain"), 20.0),
        (lang.t("计划总投资（原币）", "Planned total, own currency"), 20.0),
        (lang.t("签约统计日期", "Signed, counts"), 14.0),
        (lang.t("重复签约", "Duplicate"), 10.0),
    ];
    let (mut book, bold) = (Workbook::new(), Format::new().set_bold());
    let sheet = book.add_worksheet();
    sheet.set_name(lang.t("项目", "Projects"))?.set_freeze_panes(1, 0)?;
    for (column, (head, width)) in (0u16..).zip(heads) {
        sheet.write_string_with_format(0, column, head, &bold)?;
        sheet.set_column_width(column, width)?;
    }
    for (r, row) in (1u32..).zip(rows) {
        let duplicate = if row.duplicate { lang.t("是", "yes") } else { "" };
        let texts = [
            &row.code,
            &row.name,
            &row.company,
            row.stage,
            &row.since,
            &row.unit,
            &row.officer,
            &row.chain,
            &row.planned,
            &row.signed,
            duplicate,
        ];
        for (column, text) in (0u16..).zip(texts) {
            // Written as text: what looks like a formula is none.
            sheet.write_string(r, column, text)?;
        }
    }
    let notes = book.add_worksheet();
    notes.set_name(lang.t("说明", "About"))?;
    notes.set_column_width(0, 20.0)?.set_column_width(1, 80.0)?;
    for (r, (name, value)) in (0u32..).zip(about) {
        notes.write_string(r, 0, *name)?;
        notes.write_string(r, 1, value)?;
    }
    Ok(book.save_to_buffer()?)
}

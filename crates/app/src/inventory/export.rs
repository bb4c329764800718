//! `GET /inventory/{kind}/export.xlsx`: every record of a kind as it stands on a day, in the columns that the import reads.

use super::list::{Asked, day_of};
use super::{kind_of, standing, taken};
use crate::app::App;
use crate::text::Lang;
use crate::web::error::Result;
use crate::web::session::Signed;
use axum::extract::{Path, Query, State};
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use domain::inventory::field::decimals;
use domain::inventory::{Form, Kind, Value};
use rust_xlsxwriter::{Format, Workbook};

/// `GET /inventory/{kind}/export.xlsx`
pub async fn get(
    State(app): State<App>,
    signed: Signed,
    Path(word): Path<String>,
    Query(asked): Query<Asked>,
) -> Result<Response> {
    let (kind, lang) = (kind_of(&word)?, signed.prefs.lang);
    let day = day_of(asked.day(), app.clock.today())?;
    let rows = standing(&app, kind, day).await?;
    let name = format!("{kind}-{day}.xlsx");
    app.store.note_export(&signed.actor(), app.clock.now(), &name, rows.len() as u64).await?;
    let about = [
        (lang.t("园区", "Zone"), signed.zone.clone()),
        (lang.t("台账", "Inventory"), kind.label(lang).to_string()),
        (lang.t("截至日期", "As it stands on"), day.to_string()),
        (lang.t("导出人", "Exported by"), signed.name.clone()),
    ];
    let bytes = app.compute(move || workbook(kind, &rows, &about, day, lang)).await??;
    let disposition = format!("attachment; filename=\"{name}\"");
    let media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";
    Ok(([(header::CONTENT_TYPE, media.to_string()), (header::CONTENT_DISPOSITION, disposition)], bytes)
        .into_response())
}

fn workbook(
    kind: Kind,
    rows: &[super::Standing],
    about: &[(&str, String)],
    day: jiff::civil::Date,
    lang: Lang,
) -> anyhow::Result<Vec<u8>> {
    let (mut book, bold) = (Workbook::new(), Format::new().set_bold());
    let sheet = book.add_worksheet();
    sheet.set_name(kind.label(lang))?.set_freeze_panes(1, 1)?;
    sheet.write_string_with_format(0, 0, lang.t("编号", "Code"), &bold)?;
    for (column, field) in (1u16..).zip(kind.fields()) {
        sheet.write_string_with_format(0, column, field.heading(lang), &bold)?;
        sheet.set_column_width(column, 16.0)?;
    }
    let state = u16::try_from(kind.fields().len() + 1)?;
    if kind.can_be_held() {
        sheet.write_string_with_format(0, state, lang.t("当日状态", "On that day"), &bold)?;
    }
    for (r, row) in (1u32..).zip(rows) {
        // Texts are written as text: what looks like a formula is none.
        sheet.write_string(r, 0, &row.item.code)?;
        for (column, field) in (1u16..).zip(kind.fields()) {
            let Some(value) = row.values.get(field.word) else { continue };
            let number =
                matches!(field.form, Form::Area | Form::Yuan | Form::Count(..) | Form::Hundredths(..));
            match (number, value) {
                (true, Value::Int(n)) => {
                    let parts = match field.form {
                        Form::Area | Form::Hundredths(..) => 100,
                        Form::Yuan => 10_000,
                        _ => 1,
                    };
                    let text = if parts == 1 { n.to_string() } else { decimals(*n, parts) };
                    sheet.write_number(r, column, text.parse::<f64>()?)?;
                }
                _ => {
                    sheet.write_string(r, column, field.write(value))?;
                }
            }
        }
        if kind.can_be_held() {
            sheet.write_string(r, state, taken(kind, &row.values, row.held.as_ref(), day, lang).2)?;
        }
    }
    let notes = book.add_worksheet();
    notes.set_name(lang.t("说明", "About"))?;
    notes.set_column_width(0, 20.0)?.set_column_width(1, 60.0)?;
    for (r, (name, value)) in (0u32..).zip(about) {
        notes.write_string(r, 0, *name)?;
        notes.write_string(r, 1, value)?;
    }
    Ok(book.save_to_buffer()?)
}

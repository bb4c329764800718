//! `/projects`: the list, the board, and one project with its facts, gates, evidence and history.

pub mod access;
pub mod board;
pub mod export;
pub mod fact;
pub mod list;
pub mod names;
pub mod new;
pub mod page;
pub mod record;
pub mod stage;
pub mod stale;
pub mod words;

use crate::app::App;
use crate::ledger;
use crate::web::error::{Result, WebError};
use crate::web::session::Signed;
use domain::fact::{Kind, NewFact, ProjectId};
use domain::project::Project;
use domain::role::{Action, may_record};
use domain::user::UnitId;
use jiff::Timestamp;
use store::Error;

/// One project as of `cut_off`.
///
/// # Errors
/// 404 when there is none.
pub async fn find(app: &App, id: i64, cut_off: Option<Timestamp>) -> Result<Project> {
    let found = ledger::project(&app.store, ProjectId(id), cut_off).await?;
    found.ok_or_else(|| {
        WebError::not_found("没有这个项目。", "There is no such project.").next("/projects", "项目列表", "Projects")
    })
}

/// Whether a person may write records of this project at all.
#[must_use]
pub fn may_write(signed: &Signed, project: &Project) -> bool {
    let unit = project.number(Kind::Unit).map(UnitId);
    signed.may(Action::RecordFact) && signed.scope().covers(unit)
}

/// Refuses those whose unit is another.
///
/// # Errors
/// 403 with whose it is.
pub fn guard(signed: &Signed, project: &Project) -> Result<()> {
    signed
        .may_write_unit(project.number(Kind::Unit).map(UnitId))
        .map_err(|e| e.next(format!("/projects/{}", project.id), "返回项目", "Back to the project"))
}

/// Refuses those to whom the zone closes the records of other units.
///
/// # Errors
/// 403 with whose it is.
pub fn guard_reading(signed: &Signed, project: &Project) -> Result<()> {
    if signed.sees_unit(project.number(Kind::Unit).map(UnitId)) {
        return Ok(());
    }
    Err(WebError::forbidden(
        format!("“{}”是其他单位的项目；按园区设置，只能查看本单位项目的记录。", project.name()),
        format!("“{}” belongs to another unit; the zone lets you read records of your own unit only.", project.name()),
    )
    .next("/projects", "项目列表", "Projects"))
}

/// Refuses facts that are not of a role's trade.
///
/// # Errors
/// 403 with the kind.
pub fn guard_kinds(signed: &Signed, facts: &[NewFact]) -> Result<()> {
    for fact in facts {
        let word = match (fact.kind, fact.value.text()) {
            (Kind::Stage, Some(stage)) => format!("stage:{stage}"),
            (kind, _) => kind.as_str().to_string(),
        };
        if !may_record(signed.role, &word) {
            return Err(WebError::forbidden(
                format!("您的角色不登记“{}”，请由责任单位登记。", fact.kind.zh()),
                format!("Your role does not record “{}”; the unit in charge does.", fact.kind.en()),
            ));
        }
    }
    Ok(())
}

/// Whether an error says that somebody else was first.
#[must_use]
pub fn is_stale(error: &Error) -> bool {
    matches!(error, Error::Stale { .. })
}

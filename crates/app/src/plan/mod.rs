//! `/projects/{id}/plan`: the landing plan of one project on one page (ground, offer with verdicts, capital, scenarios, appraisal, promises),
//! what may not be written into it, the reviewer's opinion, and the sweep of signed contracts.

pub mod access;
pub mod brief;
pub mod opinion;
pub mod page;
pub mod sweep;

use crate::app::App;
use crate::rules::Rules;
use crate::web::error::Result;
use domain::fact::{Kind as FactKind, ProjectId};
use domain::inventory::fold::fold;
use domain::inventory::{Fault, Kind, Value, Values};
use domain::plan;
use domain::project::Project;
use domain::promise::{Recorded, State, payable};
use domain::rate::Rates;
use domain::scenario::tender::Tender;
use domain::stage::Stage;
use jiff::civil::Date;
use store::inventory::Item;

/// Why a record may not be written so, by the rules of its kind; none for kinds without such rules. `after` is the whole record as it
/// would stand, `first` whether it begins so.
///
/// # Errors
/// Only when the database or a rule file fails.
pub async fn refuse(app: &App, kind: Kind, after: &Values, first: bool) -> Result<Vec<Fault>> {
    let today = app.clock.today();
    match kind {
        Kind::OfferLine => {
            Ok(plan::refuse_offer(after, Rules::read(&app.config)?.offers.as_ref(), today, first))
        }
        Kind::Instalment => unpayable(app, after, today).await,
        Kind::Matched => untendered(app, after, today).await,
        _ => Ok(Vec::new()),
    }
}

/// Orders of what the law wants tendered need the number of the tender, on the opportunity.
async fn untendered(app: &App, after: &Values, today: Date) -> Result<Vec<Fault>> {
    let text = |word: &str| after.get(word).and_then(Value::text).unwrap_or_default();
    let mut faults: Vec<Fault> = Vec::new();
    let ordered = text("stage") == "ordered";
    if ordered && after.get("orders").and_then(Value::int).unwrap_or(0) == 0 {
        faults.push(("“订单金额”：形成订单须写明金额".into(), "“Orders”: say how much was ordered".into()));
    }
    let Some(id) = app.store.item_by_code(Kind::Opportunity, text("opportunity")).await? else {
        faults.push((
            "“场景机会”：没有这个编号的机会".into(),
            "“Opportunity”: there is none with this code".into(),
        ));
        return Ok(faults);
    };
    let Some(item) = app.store.item(id).await? else { return Ok(faults) };
    let values = fold(&item.changes, today, app.clock.now()).values;
    let tender = crate::scenario::tender(&values, today);
    if ordered && tender == Tender::Required && !values.contains_key("tender_no") {
        faults.push((
            format!("“阶段”：{}，请先在机会里登记招标或比选编号", tender.names().0),
            format!(
                "“Stage”: {}; record the number of the tender with the opportunity first",
                tender.names().1
            ),
        ));
    }
    Ok(faults)
}

/// An instalment that is said to be paid must have had its condition met on that day.
async fn unpayable(app: &App, after: &Values, today: Date) -> Result<Vec<Fault>> {
    let paid = after.get("paid").and_then(Value::int).unwrap_or(0);
    let on = after.get("paid_on").and_then(Value::day);
    let mut faults: Vec<Fault> = Vec::new();
    match (paid > 0, on) {
        (false, None) => return Ok(faults),
        (true, None) => faults.push((
            "“拨付日期”：填写了已拨金额，须写明日期".into(),
            "“Paid on”: say when it was paid".into(),
        )),
        (false, Some(_)) => faults
            .push(("“已拨金额”：填写了拨付日期，须写明金额".into(), "“Paid”: say how much was paid".into())),
        (true, Some(on)) if on > today => {
            faults.push(("“拨付日期”：不能晚于今天".into(), "“Paid on”: not later than today".into()));
        }
        (true, Some(_)) => {}
    }
    let amount = after.get("amount").and_then(Value::int).unwrap_or(0);
    if paid > amount {
        faults.push(("“已拨金额”：超过应拨金额".into(), "“Paid”: more than the instalment's amount".into()));
    }
    let code = after.get("project").and_then(Value::text).unwrap_or_default();
    let (Some(project), Some(on)) = (app.store.project_by_code(code).await?, on) else { return Ok(faults) };
    let items = app.store.items_of_project(project).await?;
    let promised = |code: &str| promise_state(app, &items, code, on);
    if let Some(waits) = plan::waits(after, promised) {
        let recorded = recorded(app, project).await?;
        faults.extend(payable(waits, &recorded, on).err().map(domain::promise::Unpayable::texts));
    }
    Ok(faults)
}

/// How the promise of a code stands on a day.
#[must_use]
pub fn promise_state(app: &App, items: &[Item], code: &str, on: Date) -> Option<State> {
    let item = items.iter().find(|i| i.kind == Kind::Promise && i.code == code)?;
    let values = fold(&item.changes, app.clock.today(), app.clock.now()).values;
    Some(plan::promise(&values)?.state(on))
}

/// Stages reached and money that arrived, as the project's facts say; foreign money at the rate of its day.
///
/// # Errors
/// Only when the database fails.
pub async fn recorded(app: &App, id: ProjectId) -> Result<Recorded> {
    let Some(project) = crate::ledger::project(&app.store, id, None).await? else {
        return Ok(Recorded::default());
    };
    let rates = Rates::new(app.store.rates().await?, None);
    Ok(recorded_of(&project, &rates))
}

/// The same of a project that was read.
#[must_use]
pub fn recorded_of(project: &Project, rates: &Rates) -> Recorded {
    let stages = project
        .all(FactKind::Stage)
        .filter_map(|f| Some((f.value.text()?.parse::<Stage>().ok()?, f.effective)));
    let money = |f: &domain::fact::Fact| match &f.value {
        domain::fact::Value::Money(m) => Some((f.effective, rates.yuan(*m, f.effective).ok()?)),
        _ => None,
    };
    Recorded { stages: stages.collect(), arrived: project.all(FactKind::Arrived).filter_map(money).collect() }
}

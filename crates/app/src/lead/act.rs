//! What is done with a lead: contacts, edits, hand-over, giving up, making it a project, credit.

use crate::app::App;
use crate::lead::check_ours;
use crate::lead::new::{Form, Meant, rivals};
use crate::lead::rules::Rules;
use crate::lead::show::find;
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::fact::{Kind, NewFact, Value};
use domain::lead::claim::Claim;
use domain::lead::credit::{Figure, PartyKind, Share};
use domain::lead::{LeadId, Source};
use domain::role::Action;
use domain::stage::Stage;
use domain::user::UserId;
use jiff::civil::Date;
use serde::Deserialize;
use std::collections::BTreeMap;
use store::agreement::Agreed;
use store::lead::Lead;

fn back(id: i64) -> Redirect {
    Redirect::to(&format!("/leads/{id}?done=saved"))
}

/// The version that a form was made from.
///
/// # Errors
/// 400 when the form carries none.
pub fn version(text: &str) -> Result<i64> {
    text.parse().map_err(|_| {
        WebError::bad_request("表单缺少版本，请刷新后重试。", "The form has no version; reload the page.")
    })
}

fn officer(text: &str) -> Result<UserId> {
    let number = text.trim().parse().map(UserId);
    number.map_err(|_| WebError::bad_request("请选择专员。", "Choose an officer."))
}

fn day(text: &str) -> Result<Date> {
    text.trim()
        .parse()
        .map_err(|_| WebError::bad_request("日期写成 2026-11-23 这样。", "Write the date as 2026-11-23."))
}

/// A contact to write down.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct NewContact {
    /// Word of a [`domain::lead::ContactKind`].
    pub kind: String,
    /// The day it happened.
    pub day: String,
    /// What it brought.
    pub note: String,
}

/// `POST /leads/{id}/contacts`
pub async fn contact(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<NewContact>,
) -> Result<Redirect> {
    note(&app, &signed, id, &form).await?;
    Ok(back(id))
}

/// Writes a contact down and answers the lead with its clock counted anew.
///
/// # Errors
/// 404 for no such lead, 403 for another unit's, 400 for a kind, a day or a note that is none.
pub async fn note(app: &App, signed: &Signed, id: i64, form: &NewContact) -> Result<Lead> {
    let lead = find(app, LeadId(id)).await?;
    check_ours(signed, &lead)?;
    let kind =
        form.kind.parse().map_err(|_| WebError::bad_request("请选择事项。", "Choose what was done."))?;
    if form.note.trim().is_empty() {
        return Err(WebError::bad_request("请写明结果。", "Write what it brought."));
    }
    let (rules, today, now) = (Rules::read(app).await?, app.clock.today(), app.clock.now());
    let (on, said) = (day(&form.day)?, form.note.trim());
    let actor = signed.actor();
    Ok(app.store.add_contact(&actor, now, today, lead.id, kind, on, said, rules.of_leads()).await?)
}

/// `POST /leads/{id}`: saves what an officer may change.
pub async fn edit(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(mut form): Checked<Form>,
) -> Result<Redirect> {
    let lead = find(&app, LeadId(id)).await?;
    check_ours(&signed, &lead)?;
    let version = version(&form.version)?;
    if !signed.may(Action::SeeContacts) {
        form.contact_phone.clone_from(&lead.said.text.contact_phone);
    }
    let written = form.claim(&Meant::default())?;
    let mut claim = Claim {
        names: vec![lead.said.name.clone()],
        key: lead.said.key.clone(),
        uscc: lead.said.uscc.clone(),
        ..written
    };
    claim.names.extend(domain::text::split_list(&form.other_names));
    let text = form.text(&claim)?;
    let rules = Rules::read(&app).await?;
    let (near, projects) = rivals(&app, claim, Some(lead.id)).await?;
    app.store
        .edit_lead(
            &signed.actor(),
            app.clock.now(),
            lead.id,
            version,
            &text,
            rules.of_leads(),
            &near,
            &projects,
        )
        .await?;
    Ok(back(id))
}

/// To whom a lead goes, and why.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct HandOver {
    version: String,
    to: String,
    reason: String,
}

/// `POST /leads/{id}/handover`
pub async fn hand_over(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<HandOver>,
) -> Result<Redirect> {
    let lead = find(&app, LeadId(id)).await?;
    check_ours(&signed, &lead)?;
    let (now, today, to) = (app.clock.now(), app.clock.today(), officer(&form.to)?);
    app.store
        .hand_over_lead(&signed.actor(), now, today, lead.id, version(&form.version)?, to, form.reason.trim())
        .await?;
    Ok(back(id))
}

/// Why a lead is given up.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Release {
    version: String,
    reason: String,
}

/// `POST /leads/{id}/release`
pub async fn release(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Release>,
) -> Result<Redirect> {
    let lead = find(&app, LeadId(id)).await?;
    check_ours(&signed, &lead)?;
    let (now, today) = (app.clock.now(), app.clock.today());
    app.store
        .release_lead(&signed.actor(), now, today, lead.id, version(&form.version)?, form.reason.trim())
        .await?;
    Ok(back(id))
}

/// Which version becomes a project.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Convert {
    version: String,
}

/// `POST /leads/{id}/convert`: a project with its first facts.
pub async fn convert(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Convert>,
) -> Result<Redirect> {
    let lead = find(&app, LeadId(id)).await?;
    check_ours(&signed, &lead)?;
    let (now, today) = (app.clock.now(), app.clock.today());
    let facts = first_facts(&lead, placed(&app, &lead).await?, today);
    let (project, _) =
        app.store.convert_lead(&signed.actor(), now, today, lead.id, version(&form.version)?, &facts).await?;
    Ok(Redirect::to(&format!("/projects/{project}")))
}

/// The segment of a lead: what the officer wrote if it is one, else where the engine places the company first.
async fn placed(app: &App, lead: &Lead) -> Result<Option<String>> {
    let Some(world) = app.engine.world() else { return Ok(lead.said.text.segment.clone()) };
    if let Some(segment) = lead.said.text.segment.as_ref().filter(|s| world.chains.find(s).is_some()) {
        return Ok(Some(segment.clone()));
    }
    let key = lead.said.key.clone();
    let found = app
        .compute(move || -> anyhow::Result<Option<String>> {
            let Some(doc) = world.find(&key)? else { return Ok(None) };
            Ok(world.universe.placed(doc)?.placements.first().map(|p| world.chains.key(p.segment)))
        })
        .await??;
    Ok(found)
}

/// What is known of a project on its first day.
fn first_facts(lead: &Lead, segment: Option<String>, today: Date) -> Vec<NewFact> {
    let said = &lead.said;
    let text = |kind, text: &str| NewFact::on(today, kind, Value::Text(text.to_string()));
    let number = |kind, n: i64| NewFact::on(today, kind, Value::Number(n));
    let stage = |day, stage: Stage| NewFact::on(day, Kind::Stage, Value::Text(stage.as_str().into()));
    let mut facts = vec![
        text(Kind::Name, &said.text.title),
        text(Kind::Company, &said.name),
        text(Kind::CompanyKey, &said.key),
        number(Kind::Officer, said.officer.0),
        text(Kind::Source, said.source.as_str()),
        stage(said.registered, Stage::Lead),
        stage(today, Stage::Negotiating),
    ];
    facts.extend(lead.unit.map(|u| number(Kind::Unit, u.0)));
    facts.extend(segment.map(|s| text(Kind::Chain, &s)));
    facts.extend(said.text.amount.map(|yuan| NewFact::on(today, Kind::PlannedTotal, Value::yuan(yuan))));
    let event = said
        .source_ref
        .as_deref()
        .filter(|_| said.source == Source::Event)
        .and_then(|n| n.parse::<i64>().ok());
    facts.extend(event.filter(|n| *n > 0).map(|n| number(Kind::Event, n)));
    facts
}

/// `POST /leads/{id}/credit`: proposes a split between the officer and another; figures left empty are not agreed.
pub async fn credit(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<BTreeMap<String, String>>,
) -> Result<Redirect> {
    let lead = find(&app, LeadId(id)).await?;
    check_ours(&signed, &lead)?;
    let agreed = agreed(&form, lead.said.officer, app.clock.today())?.ok_or_else(|| {
        WebError::bad_request("请至少填写一项分成。", "Write a share of at least one figure.")
    })?;
    app.store.propose_credit(&signed.actor(), app.clock.now(), app.clock.today(), lead.id, &agreed).await?;
    Ok(back(id))
}

/// A split as a form writes it: `with` (the other officer), `since`, and one field per figure with the share of `officer` in percent.
///
/// # Errors
/// 400 for a share that is no percentage with at most one decimal, or no other officer.
pub fn agreed(form: &BTreeMap<String, String>, officer: UserId, today: Date) -> Result<Option<Agreed>> {
    let field = |name: &str| form.get(name).map_or("", |v| v.trim());
    let mut shares = Vec::new();
    let other = field("with").parse::<i64>().ok().map(UserId);
    for figure in Figure::ALL {
        let written = field(figure.as_str());
        if written.is_empty() {
            continue;
        }
        let wrong = || {
            WebError::bad_request(
                format!("分成“{written}”应为 0 到 100 的百分数，最多一位小数。"),
                format!("`{written}` must be a percentage from 0 to 100 with at most one decimal."),
            )
        };
        let per_mille = per_mille(written).ok_or_else(wrong)?;
        let other =
            other.ok_or_else(|| WebError::bad_request("请选择对方专员。", "Choose the other officer."))?;
        let mut share = |who: UserId, per_mille: u16| {
            if per_mille > 0 {
                shares.push(Share {
                    figure: *figure,
                    party: PartyKind::Officer,
                    who: who.to_string(),
                    per_mille,
                });
            }
        };
        share(officer, per_mille);
        share(other, 1_000 - per_mille);
    }
    let since = if field("since").is_empty() { today } else { day(field("since"))? };
    Ok(match other {
        Some(side_b) if !shares.is_empty() => Some(Agreed { since, side_a: officer, side_b, shares }),
        _ => None,
    })
}

/// `33.3` as 333.
fn per_mille(percent: &str) -> Option<u16> {
    let percent = percent.trim_end_matches(['%', '％']);
    let (whole, tenth) = percent.split_once('.').unwrap_or((percent, "0"));
    if whole.is_empty() || tenth.len() != 1 || !whole.bytes().chain(tenth.bytes()).all(|b| b.is_ascii_digit())
    {
        return None;
    }
    let value = whole.parse::<u16>().ok()?.checked_mul(10)?.checked_add(tenth.parse().ok()?)?;
    (value <= 1_000).then_some(value)
}

/// On whose page the answer was given.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct OnLead {
    lead: String,
}

/// `POST /leads/credit/{id}/confirm`
pub async fn confirm(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<OnLead>,
) -> Result<Redirect> {
    app.store.confirm_credit(app.clock.now(), app.clock.today(), id, signed.id).await?;
    Ok(back(form.lead.parse().unwrap_or_default()))
}

/// Why an agreement is declined.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Declined {
    lead: String,
    reason: String,
}

/// `POST /leads/credit/{id}/decline`
pub async fn decline(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(form): Checked<Declined>,
) -> Result<Redirect> {
    app.store.decline_credit(app.clock.now(), id, signed.id, form.reason.trim()).await?;
    Ok(back(form.lead.parse().unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentages_have_at_most_one_decimal() {
        let cases = [("10", 100), ("33.3", 333), ("100", 1_000), ("0", 0), ("12.5%", 125)];
        for (text, value) in cases {
            assert_eq!(per_mille(text), Some(value), "{text}");
        }
        for text in ["", "-1", "100.1", "33.33", ".5", "1e2", "十"] {
            assert_eq!(per_mille(text), None, "{text}");
        }
    }
}

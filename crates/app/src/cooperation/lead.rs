//! Leads between zones: we hand one over as a dataset that only the partner may read, three times, for this purpose; a lead of the partner's is asked for,
//! brought by the worker, and registered here like any other, with its conflicts.

use super::{errand, find, share};
use crate::app::App;
use crate::lead::new::{Form, register};
use crate::text::yuan;
use crate::web::error::{Result, WebError};
use crate::web::form::Checked;
use crate::web::session::Signed;
use axum::extract::{Path, State};
use axum::response::Redirect;
use domain::lead::{LeadId, LeadState, Source};
use domain::limits;
use domain::money;
use engine::cooperation::{Fault, File};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use store::cooperation::{Direction, NewCoopLead};
use store::lead::Lead;

/// What a handed-over lead says it is.
pub const FORMAT: &str = "landfall.lead/1";
/// The most characters of one text of a lead.
const CHARS: usize = limits::LEAD_TEXT_CHARS;

/// A lead as it travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handed {
    /// [`FORMAT`].
    pub format: String,
    /// The zone that hands it over.
    pub from: String,
    /// Since when.
    pub day: Date,
    /// The company's name as written.
    pub company: String,
    /// Unified social credit code, when known.
    #[serde(default)]
    pub uscc: Option<String>,
    /// Title of the project.
    pub title: String,
    /// What the company asks for.
    #[serde(default)]
    pub need: String,
    /// Planned investment in yuan, when said.
    #[serde(default)]
    pub amount: Option<i64>,
    /// `chain/segment`, when known.
    #[serde(default)]
    pub segment: Option<String>,
    /// Whom to talk to; empty unless the zone that hands over says so.
    #[serde(default)]
    pub contact_name: String,
    /// Their number; empty likewise.
    #[serde(default)]
    pub contact_phone: String,
}

impl Handed {
    /// Reads what a partner handed over.
    ///
    /// # Errors
    /// What is wrong, naming the member.
    pub fn read(text: &str) -> Result<Handed, Fault> {
        let fault = |at: &str, why: String| Fault { at: at.into(), why };
        let read: Handed = serde_json::from_str(text)
            .map_err(|e| fault("", format!("is no lead that was handed over: {e}")))?;
        if read.format != FORMAT {
            return Err(fault("format", format!("must be {FORMAT}")));
        }
        if read.company.trim().is_empty() || read.company.chars().count() > limits::COMPANY_NAME_CHARS {
            return Err(fault("company", format!("1 to {} characters", limits::COMPANY_NAME_CHARS)));
        }
        let texts = [
            ("from", &read.from),
            ("title", &read.title),
            ("need", &read.need),
            ("contact_name", &read.contact_name),
            ("contact_phone", &read.contact_phone),
        ];
        for (name, text) in texts {
            if text.chars().count() > CHARS {
                return Err(fault(name, format!("at most {CHARS} characters")));
            }
        }
        if read.amount.is_some_and(|a| a < 0) {
            return Err(fault("amount", "must be 0 or more".into()));
        }
        Ok(read)
    }
}

/// What is typed.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub struct Typed {
    lead: String,
    contacts: String,
    urn: String,
}

fn wrong(id: i64, zh: &str, en: &str) -> WebError {
    WebError::bad_request(zh, en).next(format!("/cooperation/{id}"), "返回", "Back")
}

/// `POST /cooperation/{id}/leads`: hands one of our open leads over.
pub async fn hand(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
) -> Result<Redirect> {
    let f = find(&app, id).await?;
    if f.speaks_with().is_none() {
        return Err(wrong(
            id,
            "协作未生效或对方还不是登记的伙伴，不能转交线索。",
            "The cooperation is not in force, or the partner is not registered: no lead can be handed over.",
        ));
    }
    let number = typed.lead.trim().parse().ok().map(LeadId);
    let lead = match number {
        Some(number) => app.store.lead(number).await?.filter(|l| l.state == LeadState::Open),
        None => None,
    };
    let lead =
        lead.ok_or_else(|| wrong(id, "请选择一条跟进中的线索。", "Choose a lead that somebody works on."))?;
    let there = app.store.coop_leads(f.item).await?;
    if there.iter().any(|l| l.direction == Direction::Out && l.lead == Some(lead.id)) {
        return Err(wrong(
            id,
            "这条线索已经转交给该伙伴。",
            "This lead has been handed over to this partner already.",
        ));
    }
    let today = app.clock.today();
    let zone = app.store.zone().await?.map(|z| z.settings.name).unwrap_or_default();
    let said = &lead.said;
    let with = !typed.contacts.is_empty() && signed.may(domain::role::Action::SeeContacts);
    let handed = Handed {
        format: FORMAT.into(),
        from: zone,
        day: today,
        company: said.name.clone(),
        uscc: said.uscc.clone(),
        title: said.text.title.clone(),
        need: said.text.need.clone(),
        amount: said.text.amount,
        segment: said.text.segment.clone(),
        contact_name: if with { said.text.contact_name.clone() } else { String::new() },
        contact_phone: if with { said.text.contact_phone.clone() } else { String::new() },
    };
    let title = headline(&app, &lead);
    let body = serde_json::to_vec(&handed).map_err(anyhow::Error::new)?;
    let urn = share::publish_lead(&app, &signed.actor(), &f, &title, body).await?;
    let new =
        NewCoopLead { item: f.item, direction: Direction::Out, urn, lead: Some(lead.id), title, day: today };
    app.store.add_coop_lead(&signed.actor(), app.clock.now(), &new).await?;
    app.space.errands.wake.notify_one();
    Ok(Redirect::to(&format!("/cooperation/{id}#leads")))
}

/// What a lead is about, without the company's name: its segment and the planned investment.
fn headline(app: &App, lead: &Lead) -> String {
    let lang = crate::text::Lang::Zh;
    let world = app.engine.world();
    let segment = lead.said.text.segment.as_deref().and_then(|key| {
        let set = &world.as_ref()?.chains;
        let (chain, segment) = set.get(set.find(key)?);
        Some(format!("{} · {}", chain.name, segment.name))
    });
    let segment = segment.unwrap_or_else(|| "未定环节".into());
    match lead.said.text.amount {
        Some(amount) => format!("{segment}，计划投资 {}", yuan(amount, lang)),
        None => segment,
    }
}

/// `POST /cooperation/{id}/take`: asks for a lead that the partner hands over.
pub async fn take(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(typed): Checked<Typed>,
) -> Result<Redirect> {
    let f = find(&app, id).await?;
    let file = app.store.coop_file(f.item).await?;
    let file = file.and_then(|k| File::read(k.body.as_bytes()).ok());
    let offered = file.as_ref().and_then(|file| file.leads.iter().find(|l| l.urn == typed.urn));
    let offered = offered
        .filter(|_| f.speaks_with().is_some())
        .ok_or_else(|| wrong(id, "对方已不再转交这条线索。", "The partner hands this lead over no more."))?;
    let new = NewCoopLead {
        item: f.item,
        direction: Direction::In,
        urn: offered.urn.clone(),
        lead: None,
        title: offered.title.clone(),
        day: offered.day,
    };
    app.store.add_coop_lead(&signed.actor(), app.clock.now(), &new).await?;
    app.space.errands.wake.notify_one();
    Ok(Redirect::to(&format!("/cooperation/{id}#leads")))
}

/// `POST /cooperation/leads/{id}/register`: a received lead becomes one of ours.
pub async fn enter(
    State(app): State<App>,
    signed: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    let found = app.store.coop_lead(id).await?.filter(|l| l.direction == Direction::In && l.lead.is_none());
    let Some((lead, body)) = found.and_then(|l| Some((l.clone(), l.body?))) else {
        return Err(WebError::not_found("没有待登记的线索。", "There is no lead to register.").next(
            "/cooperation",
            "园区协作",
            "Cooperation",
        ));
    };
    let handed = Handed::read(&body).map_err(|f| anyhow::anyhow!("coop_lead.body: {f}"))?;
    let set = app.engine.world();
    let known = handed.segment.filter(|key| set.as_ref().is_some_and(|w| w.chains.find(key).is_some()));
    // A code that our universe does not know would be lost with the key: it stays readable in what the company asks for.
    let found =
        set.as_ref().zip(handed.uscc.as_deref()).is_some_and(|(w, code)| matches!(w.find(code), Ok(Some(_))));
    let unknown =
        handed.uscc.as_deref().filter(|_| !found).map(|code| format!("（统一社会信用代码 {code}）"));
    let form = Form {
        key: handed.uscc.clone().unwrap_or_default(),
        name: handed.company,
        title: handed.title,
        need: format!("{}{}", handed.need, unknown.unwrap_or_default()),
        amount: handed.amount.map(amount).unwrap_or_default(),
        segment: known.unwrap_or_default(),
        source: Source::Referral.as_str().into(),
        source_ref: handed.from,
        contact_name: handed.contact_name,
        contact_phone: handed.contact_phone,
        ..Form::default()
    };
    let (made, raised) = register(&app, &signed, &form).await?;
    app.store.register_coop_lead(&signed.actor(), app.clock.now(), id, made.id).await?;
    app.space.errands.wake.notify_one();
    tracing::info!(
        cooperation = lead.item.0,
        lead = made.id.0,
        conflicts = raised.len(),
        "a handed-over lead was registered"
    );
    let contested = if raised.is_empty() { "" } else { "&contested=1" };
    Ok(Redirect::to(&format!("/leads/{}?done=registered{contested}", made.id)))
}

fn amount(yuan: i64) -> String {
    money::format(domain::company::Money { amount: yuan, currency: domain::company::Currency::Cny })
}

/// Wakes the worker: `POST /cooperation/{id}/sync`.
pub async fn sync(
    State(app): State<App>,
    _: Signed,
    Path(id): Path<i64>,
    Checked(_): Checked<Typed>,
) -> Result<Redirect> {
    find(&app, id).await?;
    errand::run(&app).await?;
    app.space.errands.wake.notify_one();
    Ok(Redirect::to(&format!("/cooperation/{id}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_handed_over_reads_back_and_faults_name_their_member() {
        let handed = Handed {
            format: FORMAT.into(),
            from: "福州高新区".into(),
            day: jiff::civil::date(2026, 11, 27),
            company: "某储能公司（合成）".into(),
            uscc: None,
            title: "储能电芯".into(),
            need: "60亩".into(),
            amount: Some(200_000_000),
            segment: Some("storage/cell".into()),
            contact_name: String::new(),
            contact_phone: String::new(),
        };
        let text = serde_json::to_string(&handed).unwrap();
        assert_eq!(Handed::read(&text).unwrap(), handed);
        let why = |h: Handed| Handed::read(&serde_json::to_string(&h).unwrap()).unwrap_err().to_string();
        assert!(why(Handed { company: " ".into(), ..handed.clone() }).starts_with("company: "));
        assert!(why(Handed { amount: Some(-1), ..handed.clone() }).starts_with("amount: "));
        assert!(why(Handed { need: "长".repeat(CHARS + 1), ..handed.clone() }).starts_with("need: "));
        assert!(why(Handed { format: "x".into(), ..handed }).starts_with("format: "));
        assert!(Handed::read("[]").is_err());
    }
}

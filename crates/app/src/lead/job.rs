//! The hourly job of leads: protections that ended, and who is told of steps that nobody answered. Each is recorded once, by the system.

use crate::app::App;
use crate::lead::rules::Rules;
use anyhow::Result;
use domain::lead::clock::{Contact, clock};
use domain::lead::{LeadId, LeadState};
use domain::limits::LEADS_CHUNK;
use jiff::{SignedDuration, Timestamp};
use std::collections::HashMap;
use std::time::Duration;
use store::lead_alert::Alert;
use store::lead_list::{LeadFilter, LeadOrder};
use tokio::task::JoinHandle;

/// What one run recorded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ran {
    /// Leads whose protection ended.
    pub expired: Vec<LeadId>,
    /// Who was newly told of what.
    pub told: Vec<Alert>,
}

/// Runs once, as of `now`. Running twice records nothing more.
///
/// # Errors
/// The store fails; what was recorded before stays.
pub async fn run(app: &App, now: Timestamp) -> Result<Ran> {
    let today = crate::clock::local(now).date();
    let rules = Rules::read(app).await?;
    let mut ran = Ran::default();
    loop {
        let ended = app.store.expire_leads(now, today, LEADS_CHUNK).await?;
        let done = ended.len() < LEADS_CHUNK as usize;
        ran.expired.extend(ended);
        if done {
            break;
        }
    }
    let filter = LeadFilter {
        state: Some(LeadState::Open),
        due_before: Some(today),
        order: LeadOrder::Newest,
        ..LeadFilter::default()
    };
    let mut page = store::Page::new(LEADS_CHUNK, 0);
    loop {
        let leads = app.store.leads(&filter, page).await?;
        let ids: Vec<LeadId> = leads.iter().map(|l| l.id).collect();
        let mut contacts: HashMap<LeadId, Vec<Contact>> = HashMap::new();
        for (id, contact) in app.store.contacts_of(&ids).await? {
            contacts.entry(id).or_default().push(contact);
        }
        let mut alerts = Vec::new();
        for lead in &leads {
            let seen = contacts.remove(&lead.id).unwrap_or_default();
            for step in clock(&lead.case(&seen), today, &rules.clue, &rules.calendar).steps {
                alerts.extend(step.told.iter().map(|&level| Alert {
                    lead: lead.id,
                    step: step.kind,
                    nth: step.nth,
                    level,
                    due: step.due,
                }));
            }
        }
        ran.told.extend(app.store.record_alerts(now, &alerts).await?);
        if leads.len() < LEADS_CHUNK as usize {
            break;
        }
        page = page.next();
    }
    Ok(ran)
}

/// Runs now and then every hour, until it is aborted.
pub fn spawn(app: App) -> JoinHandle<()> {
    tokio::spawn(async move {
        loop {
            match run(&app, app.clock.now()).await {
                Ok(ran) if ran == Ran::default() => {}
                Ok(ran) => {
                    tracing::info!(expired = ran.expired.len(), told = ran.told.len(), "clocks of leads")
                }
                Err(error) => tracing::error!(error = format!("{error:#}"), "clocks of leads"),
            }
            // The first question need not wait for the index of claims; if it fails here, the page says why.
            if crate::lead::new::catch_up(&app).await.is_err() {
                tracing::warn!("the index of claims could not be read");
            }
            let hour = Duration::from_secs(SignedDuration::from_hours(1).as_secs().unsigned_abs());
            tokio::time::sleep(hour).await;
        }
    })
}

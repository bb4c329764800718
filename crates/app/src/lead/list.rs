//! `GET /leads`: leads of mine, my unit or all, with what is due first on top.

use crate::app::App;
use crate::lead::Names;
use crate::target::list::Choice;
use crate::text::{Lang, grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::error::{Result, WebError};
use crate::web::form::encode;
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::lead::LeadState;
use domain::limits::LEADS_PAGE;
use domain::role::Action;
use jiff::civil::Date;
use serde::Deserialize;
use store::lead::Lead;
use store::lead_list::{LeadFilter, LeadOrder};

#[derive(Template)]
#[template(path = "lead/list.html")]
struct LeadsPage {
    p: Chrome,
    of: Vec<Choice>,
    states: Vec<Choice>,
    orders: Vec<Choice>,
    q: String,
    overdue: bool,
    contested: bool,
    total: String,
    waiting: u64,
    rows: Vec<LeadRow>,
    prev: Option<String>,
    next: Option<String>,
    page: u64,
    pages: u64,
    may_register: bool,
}

/// A lead as a row of a list.
#[derive(Clone, Debug)]
pub struct LeadRow {
    /// Number.
    pub id: i64,
    /// Company.
    pub company: String,
    /// Title of the project.
    pub title: String,
    /// Planned investment.
    pub amount: String,
    /// Officer.
    pub officer: String,
    /// Unit.
    pub unit: String,
    /// State in words.
    pub state: &'static str,
    /// Class of the state.
    pub class: &'static str,
    /// Day of the next step.
    pub due: String,
    /// Whether it has passed.
    pub late: bool,
    /// Last day of protection.
    pub until: String,
    /// Registered on.
    pub since: String,
}

/// What the reader asks for.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Asked {
    of: String,
    state: String,
    order: String,
    q: String,
    overdue: String,
    contested: String,
    page: String,
}

/// `GET /leads`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (lang, today) = (signed.prefs.lang, app.clock.today());
    let filter = asked.filter(&signed, today)?;
    let total = app.store.count_leads(&filter).await?;
    let pages = total.div_ceil(u64::from(LEADS_PAGE)).max(1);
    let page = asked.page.parse::<u64>().unwrap_or(1).clamp(1, pages);
    let part = store::Page::new(LEADS_PAGE, (page - 1) * u64::from(LEADS_PAGE));
    let names = Names::read(&app).await?;
    let leads = app.store.leads(&filter, part).await?;
    let choice = |id: &str, name: &str, current: &str| Choice {
        id: id.into(),
        name: name.into(),
        current: id == current,
    };
    let mut states = vec![choice("", lang.t("全部", "All"), &asked.state)];
    states.extend(LeadState::ALL.iter().map(|s| choice(s.as_str(), s.label(lang), &asked.state)));
    render(&LeadsPage {
        of: vec![
            choice("", lang.t("全部", "All"), &asked.of),
            choice("mine", lang.t("我的", "Mine"), &asked.of),
            choice("unit", lang.t("本部门", "My unit"), &asked.of),
        ],
        states,
        orders: vec![
            choice("", lang.t("先到期", "Due first"), &asked.order),
            choice("newest", lang.t("最新登记", "Newest"), &asked.order),
            choice("name", lang.t("企业名称", "Name"), &asked.order),
            choice("protection", lang.t("保护期先满", "Protection ends first"), &asked.order),
        ],
        q: asked.q.clone(),
        overdue: !asked.overdue.is_empty(),
        contested: !asked.contested.is_empty(),
        total: grouped(i64::try_from(total).unwrap_or(i64::MAX)),
        waiting: app.store.count_conflicts_waiting().await?,
        rows: leads.iter().map(|l| row(l, &names, today, lang)).collect(),
        prev: (page > 1).then(|| asked.query(page - 1)),
        next: (page < pages).then(|| asked.query(page + 1)),
        page,
        pages,
        may_register: signed.may(Action::RegisterLead),
        p: Chrome::of(&signed, Nav::Leads),
    })
}

/// The row of a lead.
#[must_use]
pub fn row(lead: &Lead, names: &Names, today: Date, lang: Lang) -> LeadRow {
    let open = lead.state == LeadState::Open;
    LeadRow {
        id: lead.id.0,
        company: lead.said.name.clone(),
        title: lead.said.text.title.clone(),
        amount: lead.said.text.amount.map_or_else(|| "—".into(), |a| yuan(a, lang)),
        officer: names.person(Some(lead.said.officer.0)),
        unit: names.unit(lead.unit.map(|u| u.0)),
        state: lead.state.label(lang),
        class: match lead.state {
            LeadState::Open => "v-present",
            LeadState::Converted => "v-strong",
            LeadState::Released => "v-weak",
            LeadState::Expired => "v-missing",
        },
        due: if open { lead.next_due.to_string() } else { "—".into() },
        late: open && lead.next_due < today,
        until: lead.protected_until.to_string(),
        since: lead.said.registered.to_string(),
    }
}

impl Asked {
    fn filter(&self, signed: &Signed, today: Date) -> Result<LeadFilter> {
        let wrong =
            |what: &str| {
                WebError::bad_request(format!("筛选条件“{what}”不对。"), format!("`{what}` is no filter."))
                    .next("/leads", "清空筛选", "Clear the filter")
            };
        let (officer, unit) = match self.of.as_str() {
            "" => (None, None),
            "mine" => (Some(signed.id), None),
            "unit" => {
                let unit = signed.unit.ok_or_else(|| {
                    WebError::bad_request(
                        "您还没有所属部门，请管理员设置。",
                        "You belong to no unit yet; ask an administrator.",
                    )
                    .next("/leads", "全部线索", "All leads")
                })?;
                (None, Some(unit))
            }
            other => return Err(wrong(other)),
        };
        let state = match self.state.as_str() {
            "" => None,
            word => Some(word.parse().map_err(|_| wrong(word))?),
        };
        let order = match self.order.as_str() {
            "" => LeadOrder::Due,
            "newest" => LeadOrder::Newest,
            "name" => LeadOrder::Name,
            "protection" => LeadOrder::Protection,
            other => return Err(wrong(other)),
        };
        Ok(LeadFilter {
            officer,
            unit,
            state,
            due_before: (!self.overdue.is_empty()).then_some(today),
            protected_to: None,
            contested: !self.contested.is_empty(),
            holds: self.q.trim().chars().take(domain::limits::COMPANY_NAME_CHARS).collect(),
            order,
        })
    }

    fn query(&self, page: u64) -> String {
        [
            ("of", &self.of),
            ("state", &self.state),
            ("order", &self.order),
            ("q", &self.q),
            ("overdue", &self.overdue),
            ("contested", &self.contested),
            ("page", &page.to_string()),
        ]
        .into_iter()
        .filter(|(_, v)| !v.is_empty())
        .map(|(k, v)| format!("{k}={}", encode(v)))
        .collect::<Vec<_>>()
        .join("&")
    }
}

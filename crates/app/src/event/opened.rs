//! The rows behind a total of `/events/outcomes`: each names its event.

use crate::app::App;
use crate::event::led::{Led, fine, lead_row, project_row, worth};
use crate::event::list::label;
use crate::text::{Lang, yuan};
use crate::web::error::Result;
use crate::web::session::Signed;
use domain::event::CostKind;
use domain::limits::OUTCOMES_OPENED;
use domain::rate::Rates;
use std::collections::HashMap;
use store::event::EventLine;

/// Which total is opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Total {
    /// 来宾
    Guests,
    /// 投资方
    Investors,
    /// 线索
    Leads,
    /// 项目
    Projects,
    /// 签约
    Signed,
    /// 实际支出
    Costs,
}

impl Total {
    /// The word of an address.
    #[must_use]
    pub fn of(word: &str) -> Option<Total> {
        Some(match word {
            "guests" => Total::Guests,
            "investors" => Total::Investors,
            "leads" => Total::Leads,
            "projects" => Total::Projects,
            "signed" => Total::Signed,
            "costs" => Total::Costs,
            _ => return None,
        })
    }

    /// What it is called.
    #[must_use]
    pub fn name(self, lang: Lang) -> &'static str {
        match self {
            Total::Guests => lang.t("来宾", "Guests"),
            Total::Investors => lang.t("投资方", "Investors"),
            Total::Leads => lang.t("线索", "Leads"),
            Total::Projects => lang.t("项目", "Projects"),
            Total::Signed => lang.t("签约项目", "Signed projects"),
            Total::Costs => lang.t("实际支出", "Spent"),
        }
    }

    /// The columns, after the one that leads to the row and before the event's.
    fn headings(self, lang: Lang) -> Vec<&'static str> {
        match self {
            Total::Guests | Total::Investors => vec![lang.t("身份", "As")],
            Total::Leads => {
                vec![lang.t("企业", "Company"), lang.t("登记", "Registered"), lang.t("状态", "State")]
            }
            Total::Projects | Total::Signed => vec![
                lang.t("企业", "Company"),
                lang.t("签约（统计时间）", "Signed (day it counts)"),
                lang.t("计划总投资", "Planned total"),
                lang.t("折人民币", "In yuan"),
            ],
            Total::Costs => vec![lang.t("日期", "Day"), lang.t("金额", "Amount")],
        }
    }
}

/// A total, opened.
#[derive(Clone, Debug)]
pub struct Opened {
    /// What it is called.
    pub name: &'static str,
    /// Headings of the cells of a row.
    pub headings: Vec<&'static str>,
    /// Rows, by event.
    pub rows: Vec<OpenedRow>,
    /// Rows that are not listed.
    pub more: usize,
}

/// One row.
#[derive(Clone, Debug)]
pub struct OpenedRow {
    /// Where it leads.
    pub href: String,
    /// What it is.
    pub name: String,
    /// Its cells.
    pub cells: Vec<String>,
    /// Number and title of its event.
    pub event: (i64, String),
}

/// The rows of a total over these events.
///
/// # Errors
/// Only when the database fails.
pub async fn opened(
    app: &App,
    signed: &Signed,
    total: Total,
    events: &[EventLine],
    led: &HashMap<i64, Led>,
) -> Result<Opened> {
    let lang = signed.prefs.lang;
    let rates = Rates::new(app.store.rates().await?, None);
    let today = app.clock.today();
    let mut rows = Vec::new();
    for line in events {
        let id = line.event.id;
        let event = || (id, line.event.said.title.clone());
        let put =
            |href: String, name: String, cells: Vec<String>| OpenedRow { href, name, cells, event: event() };
        let mine = led.get(&id);
        match total {
            Total::Guests | Total::Investors => {
                let guests = app.store.guests(id).await?;
                let asked = guests.into_iter().filter(|g| total == Total::Guests || g.said.role.counts());
                rows.extend(asked.map(|g| {
                    let name = signed.contacts(&g.said.name).into_owned();
                    put(
                        format!("/events/{id}#guests"),
                        name,
                        vec![label(g.said.role.names(), lang).to_string()],
                    )
                }));
            }
            Total::Leads => rows.extend(mine.into_iter().flat_map(|l| &l.leads).map(|l| {
                let row = lead_row(l, lang);
                put(format!("/leads/{}", row.id), row.title, vec![row.name, row.registered, row.state])
            })),
            Total::Projects | Total::Signed => {
                let all = mine.into_iter().flat_map(|l| &l.projects);
                rows.extend(all.filter(|l| total == Total::Projects || l.signed.is_some()).map(|l| {
                    let row = project_row(l, lang);
                    let worth = worth(l, &rates, today).map_or_else(|_| "—".into(), |n| yuan(n, lang));
                    let cells = vec![row.company, row.signed, row.planned, worth];
                    put(format!("/projects/{}", row.id), format!("{} {}", row.code, row.name), cells)
                }));
            }
            Total::Costs => {
                let costs = app.store.costs(id).await?;
                let stand =
                    costs.into_iter().filter(|c| c.ended.is_none() && c.said.kind == CostKind::Actual);
                rows.extend(stand.map(|c| {
                    let cells = vec![c.said.day.to_string(), fine(c.said.yuan, lang)];
                    put(format!("/events/{id}#costs"), signed.contacts(&c.said.note).into_owned(), cells)
                }));
            }
        }
    }
    let more = rows.len().saturating_sub(OUTCOMES_OPENED);
    rows.truncate(OUTCOMES_OPENED);
    Ok(Opened { name: total.name(lang), headings: total.headings(lang), rows, more })
}

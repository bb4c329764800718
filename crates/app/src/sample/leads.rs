//! Leads of the sample zone: some in time, one overdue, two that clash and wait for the director.

use crate::sample::Sample;
use crate::sample::projects::Team;
use crate::world::World;
use domain::lead::rules::ClueRules;
use domain::lead::{ContactKind, Source};
use domain::user::UserId;
use domain::workday::Calendar;
use jiff::civil::Date;
use jiff::{Span, Timestamp};
use store::lead::{LeadRules, LeadText, NewLead};
use store::{Actor, Store};

/// Registered so many days ago, by which desk, with which project; contacts as days after registration.
const LEADS: [(i64, usize, &str, Source, &[(i64, ContactKind)]); 6] = [
    (
        41,
        0,
        "船用推进系统配套生产基地",
        Source::Target,
        &[
            (0, ContactKind::Call),
            (2, ContactKind::Judge),
            (8, ContactKind::Feedback),
            (20, ContactKind::Report),
            (36, ContactKind::Visit),
        ],
    ),
    (20, 1, "半导体封装设备零部件产线", Source::Event, &[(1, ContactKind::Respond), (3, ContactKind::Judge)]),
    (12, 2, "工业软件与数据服务中心", Source::Referral, &[(1, ContactKind::Call)]),
    (6, 0, "海工装备关键件精密加工", Source::Visit, &[]),
    (3, 1, "高端装备液压部件扩产", Source::Inbound, &[(0, ContactKind::Respond)]),
    (0, 2, "人工智能检测设备研制", Source::Target, &[]),
];

/// Writes them, and one more that clashes with the first.
///
/// # Errors
/// Only when the database fails.
pub async fn seed(
    store: &Store,
    sample: &Sample,
    team: &Team,
    today: Date,
    at: fn(Date) -> Timestamp,
) -> anyhow::Result<()> {
    let rules = LeadRules { clue: ClueRules::built_in(), calendar: Calendar::china() };
    let ago = |days: i64| today.saturating_sub(Span::new().days(days));
    for (n, &(days, desk, title, source, contacts)) in LEADS.iter().enumerate() {
        let (Some(candidate), Some(&(_, officer))) = (sample.candidates.get(n * 3), team.desks.get(desk))
        else {
            break;
        };
        let new = lead(sample, candidate.company, title, source, UserId(officer), ago(days));
        let by = Actor::User(UserId(officer));
        let (lead, _) = store.register_lead(&by, at(ago(days)), &new, rules, &[], &[]).await?;
        for &(after, kind) in contacts {
            let day = ago(days - after);
            store.add_contact(&by, at(day), day, lead.id, kind, day, "示例记录（合成）", rules).await?;
        }
    }
    if let (Some(candidate), Some(&(_, officer))) = (sample.candidates.first(), team.desks.get(1)) {
        let new =
            lead(sample, candidate.company, "船用推进器总装项目", Source::Event, UserId(officer), ago(2));
        store.register_lead(&Actor::User(UserId(officer)), at(ago(2)), &new, rules, &[], &[]).await?;
    }
    Ok(())
}

/// Leads of a zone that hands some over: three companies elsewhere, each on the segment it was made for.
///
/// # Errors
/// Only when the database fails.
pub async fn of_partner(
    store: &Store,
    sample: &Sample,
    officer: UserId,
    today: Date,
    at: fn(Date) -> Timestamp,
) -> anyhow::Result<()> {
    let rules = LeadRules { clue: ClueRules::built_in(), calendar: Calendar::china() };
    for (n, candidate) in (0..).zip(sample.candidates.iter().step_by(7).take(3)) {
        let day = today.saturating_sub(Span::new().days(2 + 3 * n));
        let title = format!("{}生产基地", candidate.name);
        let mut new = lead(sample, candidate.company, &title, Source::Visit, officer, day);
        new.text.segment = Some(format!("{}/{}", candidate.chain, candidate.segment));
        new.text.amount = Some(150_000_000 + 50_000_000 * n);
        store.register_lead(&Actor::User(officer), at(day), &new, rules, &[], &[]).await?;
    }
    Ok(())
}

fn lead(
    sample: &Sample,
    company: usize,
    title: &str,
    source: Source,
    officer: UserId,
    registered: Date,
) -> NewLead {
    let company = &sample.companies[company];
    NewLead {
        key: World::key(company),
        name: company.name.clone(),
        uscc: company.uscc.as_ref().map(|u| u.as_str().to_string()),
        text: LeadText {
            other_names: company.former_names.clone(),
            title: title.to_string(),
            need: "标准厂房 8,000 平方米，用电 2,000 千伏安（合成）".to_string(),
            amount: Some(120_000_000),
            contact_name: "合成联系人".to_string(),
            contact_phone: "13800000000".to_string(),
            ..LeadText::default()
        },
        officer,
        source,
        source_ref: None,
        registered,
    }
}

//! Leads, contacts, conflicts and credit on both databases.

use crate::story::new_user;
use crate::world::{TempDir, at, stores};
use domain::fact::{Kind, NewFact, Value};
use domain::lead::credit::{Figure, PartyKind, Share};
use domain::lead::rules::ClueRules;
use domain::lead::{ConflictKind, ConflictState, ContactKind, LeadState, Level, Source, StepKind, Verdict};
use domain::role::Role;
use domain::user::{UnitId, UserId};
use domain::workday::Calendar;
use jiff::civil::{Date, date};
use store::agreement::Agreed;
use store::conflict::ConflictFilter;
use store::lead::{LeadRules, LeadText, NewLead};
use store::lead_alert::Alert;
use store::lead_list::{LeadFilter, LeadOrder};
use store::lead_rules::RulesKind;
use store::user::NewUser;
use store::{Actor, Error, Page, Store};

fn rules() -> LeadRules<'static> {
    LeadRules { clue: ClueRules::built_in(), calendar: Calendar::china() }
}

struct People {
    director: Actor,
    a: UserId,
    b: UserId,
    unit_a: UnitId,
}

async fn people(store: &Store) -> People {
    let admin = store.add_user(&Actor::System, at(1), &new_user("admin", Role::Administrator)).await.unwrap();
    let by = Actor::User(admin.id);
    let unit_a = store.add_unit(&by, at(2), "招商一局").await.unwrap().id;
    let unit_b = store.add_unit(&by, at(2), "招商二局").await.unwrap().id;
    let of = |login: &str, role, unit| NewUser { unit, ..new_user(login, role) };
    let a = store.add_user(&by, at(3), &of("officer-a", Role::Officer, Some(unit_a))).await.unwrap();
    let b = store.add_user(&by, at(3), &of("officer-b", Role::Officer, Some(unit_b))).await.unwrap();
    let director = store.add_user(&by, at(3), &of("director", Role::Director, None)).await.unwrap();
    People { director: Actor::User(director.id), a: a.id, b: b.id, unit_a }
}

const DAY: Date = date(2026, 11, 2);

fn lead(name: &str, title: &str, officer: UserId) -> NewLead {
    NewLead {
        key: format!("={name}"),
        name: name.to_string(),
        uscc: None,
        text: LeadText {
            title: title.to_string(),
            contact_name: "王总".to_string(),
            contact_phone: "13812345678".to_string(),
            ..LeadText::default()
        },
        officer,
        source: Source::Event,
        source_ref: Some("1".to_string()),
        registered: DAY,
    }
}

async fn register(store: &Store, new: &NewLead) -> (store::lead::Lead, Vec<domain::lead::ConflictId>) {
    store.register_lead(&Actor::User(new.officer), at(10), new, rules(), &[], &[]).await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_conflict_is_raised_settled_appealed_and_never_overridden() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let p = people(&store).await;
        let (first, none) = register(&store, &lead("江苏恒瑞新材料有限公司", "环氧树脂", p.a)).await;
        assert_eq!(
            (first.state, first.unit, first.protected_until),
            (LeadState::Open, Some(p.unit_a), date(2027, 1, 1))
        );
        assert_eq!((first.next_due, none.len()), (date(2026, 11, 3), 0));
        // The other bracket, the other form: the same company.
        let (second, raised) = register(&store, &lead("江苏恒瑞新材料股份有限公司", "锂电池隔膜", p.b)).await;
        let conflict = store.conflict(raised[0]).await.unwrap().unwrap();
        assert_eq!((conflict.lead, conflict.other_lead), (second.id, Some(first.id)));
        assert_eq!(
            (conflict.kind, conflict.state, conflict.version),
            (ConflictKind::SameName, ConflictState::Open, 1)
        );
        assert!(conflict.reasons[0].zh.contains("恒瑞新材料"));

        let facts = [NewFact::on(DAY, Kind::Name, Value::Text("环氧树脂".into()))];
        let convert =
            async |id, version| store.convert_lead(&Actor::User(p.a), at(20), DAY, id, version, &facts).await;
        for lead in [&first, &second] {
            let refused = convert(lead.id, lead.version).await.unwrap_err();
            assert!(
                matches!(&refused, Error::Invalid(why) if why.contains("waits to be settled")),
                "{refused}"
            );
        }
        let settle = async |by: &Actor, version, verdict| {
            store
                .settle_conflict(
                    by,
                    at(30),
                    date(2026, 11, 4),
                    conflict.id,
                    version,
                    verdict,
                    "先谈半年",
                    None,
                )
                .await
        };
        let own = settle(&Actor::User(p.a), 1, Verdict::Earlier).await.unwrap_err();
        assert!(matches!(&own, Error::Invalid(why) if why.contains("their own lead")), "{own}");
        let settled = settle(&p.director, 1, Verdict::Earlier).await.unwrap();
        assert_eq!((settled.state, settled.version), (ConflictState::Settled, 2));
        let twice = settle(&p.director, 1, Verdict::Later).await.unwrap_err();
        assert!(matches!(twice, Error::Stale { current: 2, .. }), "the second director learns of the first");
        assert!(
            matches!(settle(&p.director, 2, Verdict::Later).await, Err(Error::Invalid(_))),
            "settled is settled"
        );
        assert_eq!(store.lead(second.id).await.unwrap().unwrap().state, LeadState::Released);
        assert!(convert(second.id, 2).await.is_err(), "who lost cannot go on");

        let by_b = Actor::User(p.b);
        let appealed = store.appeal_conflict(&by_b, at(40), conflict.id, 2, "有书面委托").await.unwrap();
        assert_eq!(appealed.state, ConflictState::Appealed);
        assert!(convert(first.id, 1).await.is_err(), "while it is appealed nobody goes on");
        settle(&p.director, 3, Verdict::Later).await.unwrap();
        let (first, second) =
            (store.lead(first.id).await.unwrap().unwrap(), store.lead(second.id).await.unwrap().unwrap());
        assert_eq!((first.state, second.state), (LeadState::Released, LeadState::Open));
        let said: Vec<_> = store
            .conflict_steps(conflict.id)
            .await
            .unwrap()
            .into_iter()
            .map(|s| (s.kind, s.verdict))
            .collect();
        let settled = |v| (ConflictState::Settled, Some(v));
        assert_eq!(
            said,
            [settled(Verdict::Earlier), (ConflictState::Appealed, None), settled(Verdict::Later)]
        );

        let (project, code) = convert(second.id, second.version).await.unwrap();
        assert!(code.starts_with("2026-"));
        assert_eq!(store.lead_of_project(project).await.unwrap(), Some(second.id));
        let facts = store.facts_of(project).await.unwrap();
        assert!(facts.iter().any(|f| f.kind == Kind::Lead && f.value == Value::Number(second.id.0)));
        store.appeal_conflict(&Actor::User(p.a), at(50), conflict.id, 4, "再申诉").await.unwrap();
        let late = settle(&p.director, 5, Verdict::Earlier).await.unwrap_err();
        assert!(matches!(&late, Error::Invalid(why) if why.contains("is a project already")), "{late}");
        settle(&p.director, 5, Verdict::Apart).await.unwrap();
        assert_eq!(store.lead(first.id).await.unwrap().unwrap().state, LeadState::Open);
        let waiting = ConflictFilter { waiting: true, ..ConflictFilter::default() };
        assert!(store.conflicts(waiting, Page::first()).await.unwrap().is_empty());
        assert_eq!(store.conflicts_of(first.id).await.unwrap().len(), 1);
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_officers_who_register_at_once_both_learn_of_it() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let p = people(&store).await;
        let tasks: Vec<_> = [p.a, p.b]
            .into_iter()
            .map(|officer| {
                let store = store.clone();
                tokio::spawn(async move {
                    register(&store, &lead("上海沪临重工有限公司", "曲轴", officer)).await.1.len()
                })
            })
            .collect();
        let mut raised = 0;
        for task in tasks {
            raised += task.await.unwrap();
        }
        assert_eq!(raised, 1, "whoever came second raised it");
        assert_eq!(store.count_conflicts_waiting().await.unwrap(), 1);
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn contacts_extend_and_silence_is_recorded_once() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let p = people(&store).await;
        let by = Actor::User(p.a);
        let (one, _) = register(&store, &lead("甲乙丙机械有限公司", "曲轴", p.a)).await;
        let add = async |kind, day, today| {
            store.add_contact(&by, at(60), today, one.id, kind, day, "谈了", rules()).await
        };
        let called = add(ContactKind::Call, date(2026, 12, 20), date(2026, 12, 21)).await.unwrap();
        assert_eq!(called.protected_until, date(2027, 1, 19));
        assert_eq!(called.version, 1, "a contact does not make the edit of another stale");
        assert!(
            add(ContactKind::Call, date(2026, 12, 22), date(2026, 12, 21)).await.is_err(),
            "not in the future"
        );
        assert!(
            add(ContactKind::Call, date(2026, 11, 1), date(2026, 12, 21)).await.is_err(),
            "not before registration"
        );
        assert!(add(ContactKind::Handover, DAY, DAY).await.is_err());
        let judged = add(ContactKind::Judge, date(2026, 12, 21), date(2026, 12, 21)).await.unwrap();
        assert_eq!(judged.next_due, date(2026, 12, 30), "seven working days after the judgement");

        let alert =
            |level| Alert { lead: one.id, step: StepKind::Respond, nth: 1, level, due: date(2026, 11, 3) };
        let both = [alert(Level::Officer), alert(Level::Unit)];
        assert_eq!(store.record_alerts(at(70), &both[..1]).await.unwrap(), both[..1]);
        assert_eq!(store.record_alerts(at(71), &both).await.unwrap(), both[1..], "only what is new");
        let entries = store.verify_journal().await.unwrap().entries;
        assert!(store.record_alerts(at(72), &both).await.unwrap().is_empty());
        assert_eq!(store.verify_journal().await.unwrap().entries, entries, "once each");

        assert!(store.expire_leads(at(80), date(2027, 1, 19), 10).await.unwrap().is_empty(), "its last day");
        assert_eq!(store.expire_leads(at(81), date(2027, 1, 20), 10).await.unwrap(), [one.id]);
        assert!(store.expire_leads(at(82), date(2027, 1, 21), 10).await.unwrap().is_empty());
        let ended = store.lead(one.id).await.unwrap().unwrap();
        assert_eq!((ended.state, ended.ended), (LeadState::Expired, Some(date(2027, 1, 20))));
        assert!(add(ContactKind::Call, DAY, DAY).await.is_err(), "a lead that has ended takes no contact");
        let (_, raised) = register(
            &store,
            &NewLead { registered: date(2027, 1, 21), ..lead("甲乙丙机械有限公司", "曲轴", p.b) },
        )
        .await;
        assert!(raised.is_empty(), "what has expired claims nothing");
        assert_eq!(store.contacts(one.id).await.unwrap().len(), 2);

        let log = store.journal(Page::first()).await.unwrap();
        assert!(
            log.iter().all(|e| !format!("{e:?}").contains("13812345678")),
            "no telephone number in the journal"
        );
        assert!(log.iter().any(|e| e.action == "lead.expire" && e.actor == "system"));
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_lead_is_edited_handed_over_listed_and_held_by_its_conflict() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let p = people(&store).await;
        let by = Actor::User(p.a);
        let (one, _) = register(&store, &lead("甲乙丙机械有限公司", "曲轴", p.a)).await;
        let (two, _) = register(&store, &lead("丁戊己电子有限公司", "芯片", p.b)).await;
        let text =
            LeadText { title: "曲轴精加工".into(), amount: Some(600_000_000), ..one.said.text.clone() };
        let edited = store.edit_lead(&by, at(20), one.id, 1, &text, rules(), &[], &[]).await.unwrap();
        assert_eq!(edited.version, 2);
        assert_eq!(store.lead(one.id).await.unwrap().unwrap().said.text, text);
        let stale = store.edit_lead(&by, at(21), one.id, 1, &text, rules(), &[], &[]).await;
        assert!(matches!(stale, Err(Error::Stale { current: 2, .. })));
        // A former name that is written later is compared as well.
        let renamed = LeadText { other_names: vec!["丁戊己电子有限公司".into()], ..text.clone() };
        store.edit_lead(&by, at(22), one.id, 2, &renamed, rules(), &[], &[]).await.unwrap();
        assert_eq!(store.count_conflicts_waiting().await.unwrap(), 1);
        assert!(
            store.expire_leads(at(30), date(2028, 1, 1), 10).await.unwrap().is_empty(),
            "an unsettled conflict holds both"
        );

        let given = store.hand_over_lead(&by, at(40), DAY, one.id, 3, p.b, "换人").await.unwrap();
        assert_eq!((given.said.officer, given.version), (p.b, 4));
        assert_ne!(given.unit, Some(p.unit_a));
        assert!(store.hand_over_lead(&by, at(41), DAY, one.id, 4, p.b, "换人").await.is_err());
        let moved = store.contacts(one.id).await.unwrap()[0].moved.unwrap();
        assert_eq!((moved.0, moved.2), (p.a, p.b));

        let found = async |asked: LeadFilter| {
            let rows = store.leads(&asked, Page::first()).await.unwrap();
            assert_eq!(store.count_leads(&asked).await.unwrap(), rows.len() as u64);
            rows.into_iter().map(|l| l.id).collect::<Vec<_>>()
        };
        let all = LeadFilter::default();
        assert_eq!(found(LeadFilter { order: LeadOrder::Newest, ..all.clone() }).await, [two.id, one.id]);
        assert_eq!(found(LeadFilter { officer: Some(p.a), ..all.clone() }).await, []);
        assert_eq!(found(LeadFilter { unit: Some(p.unit_a), ..all.clone() }).await, []);
        assert_eq!(found(LeadFilter { holds: "精加工".into(), ..all.clone() }).await, [one.id]);
        assert_eq!(found(LeadFilter { contested: true, ..all.clone() }).await, [one.id, two.id]);
        assert_eq!(found(LeadFilter { due_before: Some(date(2026, 11, 4)), ..all.clone() }).await.len(), 2);
        assert_eq!(found(LeadFilter { due_before: Some(date(2026, 11, 3)), ..all.clone() }).await, []);
        assert_eq!(found(LeadFilter { protected_to: Some(date(2027, 1, 1)), ..all.clone() }).await.len(), 2);
        assert_eq!(found(LeadFilter { state: Some(LeadState::Released), ..all }).await, []);
        let changed = store.leads_changed(0, 10).await.unwrap();
        assert_eq!(changed.last().unwrap().id, one.id, "the last change comes last");
        assert!(store.leads_changed(changed.last().unwrap().change, 10).await.unwrap().is_empty());

        store.release_lead(&by, at(50), DAY, one.id, 4, "企业放弃").await.unwrap();
        assert!(matches!(store.release_lead(&by, at(51), DAY, one.id, 5, "x").await, Err(Error::Invalid(_))));
        store.close().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn credit_counts_when_both_sides_have_confirmed() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let p = people(&store).await;
        let (one, _) = register(&store, &lead("甲乙丙机械有限公司", "曲轴", p.a)).await;
        let share = |who: UserId, per_mille| Share {
            figure: Figure::Signed,
            party: PartyKind::Officer,
            who: who.to_string(),
            per_mille,
        };
        let agreed = |a, b, since| Agreed {
            since,
            side_a: p.a,
            side_b: p.b,
            shares: vec![share(p.a, a), share(p.b, b)],
        };
        let wrong = store.propose_credit(&p.director, at(20), DAY, one.id, &agreed(100, 800, DAY)).await;
        assert!(matches!(wrong, Err(Error::Invalid(why)) if why.contains("900‰")));
        let ahead = store
            .propose_credit(&p.director, at(20), DAY, one.id, &agreed(100, 900, date(2026, 11, 3)))
            .await;
        assert!(matches!(ahead, Err(Error::Invalid(why)) if why.starts_with("since")));
        let first =
            store.propose_credit(&p.director, at(20), DAY, one.id, &agreed(100, 900, DAY)).await.unwrap();
        store.confirm_credit(at(21), DAY, first, p.a).await.unwrap();
        assert_eq!(store.agreements_waiting(p.b).await.unwrap().len(), 1);
        assert!(store.agreements_waiting(p.a).await.unwrap().is_empty());
        let Actor::User(director) = p.director else { panic!("a person") };
        assert!(
            store.confirm_credit(at(22), DAY, first, director).await.is_err(),
            "nobody confirms for another"
        );
        assert!(store.confirm_credit(at(22), DAY, first, p.a).await.is_err(), "nor twice");
        let facts = [NewFact::on(DAY, Kind::Name, Value::Text("曲轴".into()))];
        let (project, _) =
            store.convert_lead(&Actor::User(p.a), at(23), DAY, one.id, 1, &facts).await.unwrap();
        let credits = async || {
            let facts = store.facts_of(project).await.unwrap();
            let credits = facts.into_iter().filter(|f| f.kind == Kind::Credit);
            let split = |text: &str| {
                domain::credit::Split::parse(text)
                    .unwrap()
                    .shares
                    .iter()
                    .map(|s| s.per_mille)
                    .collect::<Vec<_>>()
            };
            credits.map(|f| (f.effective, split(f.value.text().unwrap()))).collect::<Vec<_>>()
        };
        assert!(credits().await.is_empty(), "one side is not enough");
        assert!(store.confirm_credit(at(24), DAY, first, p.b).await.unwrap().in_force());
        assert_eq!(credits().await, [(DAY, vec![100, 900])]);

        let day = date(2026, 12, 1);
        let later =
            store.propose_credit(&p.director, at(30), day, one.id, &agreed(500, 500, day)).await.unwrap();
        store.confirm_credit(at(31), day, later, p.a).await.unwrap();
        store.confirm_credit(at(32), day, later, p.b).await.unwrap();
        assert_eq!(
            credits().await,
            [(DAY, vec![100, 900]), (day, vec![500, 500])],
            "the earlier one holds for the days before"
        );
        let third =
            store.propose_credit(&p.director, at(40), day, one.id, &agreed(1, 999, DAY)).await.unwrap();
        store.decline_credit(at(41), third, p.a, "不同意").await.unwrap();
        assert!(store.confirm_credit(at(42), day, third, p.b).await.is_err());
        assert_eq!(store.agreements(one.id).await.unwrap().len(), 3, "declined ones stay");
        assert!(
            store.decline_credit(at(43), later, p.a, "反悔").await.is_err(),
            "what both confirmed stands"
        );
        let (two, _) = register(&store, &lead("丁戊己电子有限公司", "芯片", p.a)).await;
        let early =
            store.propose_credit(&p.director, at(44), DAY, two.id, &agreed(300, 700, DAY)).await.unwrap();
        store.confirm_credit(at(45), DAY, early, p.a).await.unwrap();
        store.confirm_credit(at(46), DAY, early, p.b).await.unwrap();
        let (project, _) =
            store.convert_lead(&Actor::User(p.a), at(47), DAY, two.id, 1, &facts).await.unwrap();
        let kept = store.facts_of(project).await.unwrap();
        assert_eq!(
            kept.iter().filter(|f| f.kind == Kind::Credit).count(),
            1,
            "what was confirmed before comes along"
        );

        assert_eq!(store.lead_rules(RulesKind::Calendar).await.unwrap(), None);
        store.save_lead_rules(&p.director, at(50), RulesKind::Calendar, "one").await.unwrap();
        store.save_lead_rules(&p.director, at(51), RulesKind::Calendar, "two").await.unwrap();
        assert_eq!(store.lead_rules(RulesKind::Calendar).await.unwrap().unwrap().text, "two");
        assert_eq!(
            store.retime_leads(&p.director, at(52), None, 10, rules()).await.unwrap(),
            None,
            "no lead is open"
        );
        assert_eq!(store.verify_journal().await.unwrap().broken, None);
        store.close().await;
    }
}

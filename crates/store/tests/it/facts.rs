//! Facts on both databases: recorded, corrected, read as of a moment, never lost to a second writer.

use crate::world::{TempDir, at, stores};
use domain::company::{Currency, Money};
use domain::fact::{FactId, Kind, NewFact, ProjectId, Value};
use domain::project::Project;
use domain::stage::Stage;
use jiff::civil::{Date, date};
use store::fact::ImportedProject;
use store::file::NewFile;
use store::ledger::{FactQuery, Touched};
use store::rate::NewRate;
use store::{Actor, Error, Store};

const TODAY: Date = date(2026, 11, 23);

fn text(kind: Kind, day: Date, text: &str) -> NewFact {
    NewFact::on(day, kind, Value::Text(text.into()))
}

async fn folded(store: &Store, id: ProjectId) -> Project {
    Project::fold(id, "P", store.facts_of(id).await.unwrap(), None)
}

#[tokio::test]
async fn facts_are_recorded_corrected_and_read_back_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let (by, day) = (Actor::Cli, date(2025, 3, 18));
        let usd = Value::Money(Money { amount: 30_000_000, currency: Currency::Usd });
        let first = [
            text(Kind::Name, day, "船用推进器项目"),
            text(Kind::Stage, day, "signed").counting(date(2025, 4, 1)),
            NewFact::on(day, Kind::PlannedTotal, usd.clone()),
        ];
        let (id, code) = store.create_project(&by, at(10), TODAY, None, &first).await.unwrap();
        assert_eq!(code, "2026-00001");
        assert_eq!(store.project_by_code(&code).await.unwrap(), Some(id));
        let facts = store.facts_of(id).await.unwrap();
        assert_eq!((facts[1].counts, &facts[2].value), (date(2025, 4, 1), &usd));

        // Of two officers who saw the same, the second is told.
        let seen = folded(&store, id).await.last;
        let note = |word: &str| [text(Kind::Note, day, word)];
        store.record(&by, at(11), TODAY, id, Some(seen), &note("一")).await.unwrap();
        let second = store.record(&by, at(12), TODAY, id, Some(seen), &note("二")).await;
        assert!(matches!(second, Err(Error::Stale { .. })));

        let correct = |value, reason: &str| NewFact {
            corrects: Some(facts[2].id),
            reason: Some(reason.into()),
            ..NewFact::on(day, Kind::PlannedTotal, value)
        };
        let bare = NewFact { reason: None, ..correct(usd.clone(), "") };
        assert!(matches!(store.record(&by, at(13), TODAY, id, None, &[bare]).await, Err(Error::Invalid(_))));
        let other = NewFact { kind: Kind::Tax, ..correct(usd.clone(), "x") };
        assert!(matches!(store.record(&by, at(13), TODAY, id, None, &[other]).await, Err(Error::Invalid(_))));
        store
            .record(&by, at(14), TODAY, id, None, &[correct(Value::yuan(216_000_000), "币种录错")])
            .await
            .unwrap();
        let again = store.record(&by, at(15), TODAY, id, None, &[correct(Value::yuan(1), "再改")]).await;
        assert!(
            matches!(again, Err(Error::Stale { .. })),
            "a fact is corrected once; then its correction is"
        );
        let now = folded(&store, id).await;
        assert_eq!(now.money(Kind::PlannedTotal).map(|m| m.amount), Some(216_000_000));
        assert_eq!(now.stage(), Some(Stage::Signed));

        let nobody = store.record(&by, at(16), TODAY, ProjectId(99), None, &note("三")).await;
        assert!(matches!(nobody, Err(Error::NotFound { what: "project" })));
        assert!(store.verify_journal().await.unwrap().broken.is_none());
    }
}

#[tokio::test]
async fn imports_files_rates_and_queries_work_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let (by, day) = (Actor::Cli, date(2025, 3, 18));
        let one = |code: &str, counts: Date| ImportedProject {
            project: None,
            code: Some(code.into()),
            facts: vec![text(Kind::Name, day, code), text(Kind::Stage, day, "signed").counting(counts)],
        };
        let rows = [one("A-1", date(2025, 3, 18)), one("A-2", date(2024, 12, 31))];
        let ids = store.import_projects(&by, at(20), TODAY, "签约.xlsx", &rows).await.unwrap();
        let twice = [one("A-3", day), one("A-1", day)];
        assert!(matches!(
            store.import_projects(&by, at(21), TODAY, "x", &twice).await,
            Err(Error::Taken { .. })
        ));
        assert_eq!(store.project_by_code("A-3").await.unwrap(), None, "nothing is half written");

        let mut seen = Vec::new();
        let asked = FactQuery {
            touched: Some(Touched {
                kinds: vec![Kind::Stage],
                from: date(2025, 1, 1),
                to: date(2025, 12, 31),
            }),
            kinds: vec![Kind::Stage],
            ..FactQuery::default()
        };
        store
            .each_project(&asked, |id, code, facts| seen.push((id, code.to_string(), facts.len())))
            .await
            .unwrap();
        assert_eq!(seen, [(ids[0], "A-1".to_string(), 1)]);
        seen.clear();
        let none = Some(Touched { kinds: Vec::new(), from: day, to: day });
        let none = FactQuery { touched: none, ..FactQuery::default() };
        store.each_project(&none, |_, _, _| panic!("no kind touches a project")).await.unwrap();
        let before = FactQuery { cut_off: Some(at(19)), ..FactQuery::default() };
        store
            .each_project(&before, |id, code, facts| seen.push((id, code.to_string(), facts.len())))
            .await
            .unwrap();
        assert!(seen.is_empty());
        assert_eq!(store.projects_after(FactId(0), 10).await.unwrap(), ids);

        let file =
            NewFile { sha256: "ab".repeat(32), name: "合同.pdf".into(), kind: "pdf".into(), bytes: 12 };
        store.add_file(&by, at(22), &file).await.unwrap();
        store.add_file(&by, at(22), &file).await.unwrap();
        let proof = NewFact { files: vec![file.sha256.clone()], ..text(Kind::Evidence, day, "contract") };
        let recorded =
            store.record(&by, at(23), TODAY, ids[0], None, std::slice::from_ref(&proof)).await.unwrap();
        let files = store.files_of(ids[0]).await.unwrap();
        assert_eq!((files[0].0, &files[0].1.file), (recorded[0], &file));
        let missing = NewFact { files: vec!["cd".repeat(32)], ..proof };
        let missing = store.record(&by, at(24), TODAY, ids[0], None, &[missing]).await;
        assert!(matches!(missing, Err(Error::NotFound { what: "file" })));

        let rate =
            NewRate {
                currency: Currency::Usd, since: day, micro_yuan: 7_188_400, source: "中间价".into()
            };
        store.add_rate(&by, at(25), &rate).await.unwrap();
        assert!(store.add_rate(&by, at(25), &NewRate { micro_yuan: 0, ..rate }).await.is_err());
        assert_eq!(store.rates().await.unwrap()[0].micro_yuan, 7_188_400);
        assert!(store.verify_journal().await.unwrap().broken.is_none());
    }
}

#[tokio::test]
async fn what_is_read_in_spans_is_what_is_read_one_by_one() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let (by, day) = (Actor::Cli, date(2025, 3, 18));
        // More than two spans, so that their order shows; texts that JSON has to escape.
        let one = |n: i64| ImportedProject {
            project: None,
            code: Some(format!("B-{n}")),
            facts: vec![
                text(Kind::Name, day, &format!("“甲”\"{n}\"\\ 项目 😀")),
                text(Kind::Note, day, "一行\n\t二行"),
                NewFact::on(day, Kind::Arrived, Value::yuan(999_999_999_999 - n)),
                NewFact::on(day, Kind::Jobs, Value::Number(n)),
                text(Kind::Stage, day, "signed").counting(date(2024 + (n % 2) as i16, 12, 31)),
            ],
        };
        let rows: Vec<ImportedProject> = (0..2_500).map(one).collect();
        let ids = store.import_projects(&by, at(20), TODAY, "签约.xlsx", &rows).await.unwrap();
        let amount =
            store.facts_of(ids[7]).await.unwrap().into_iter().find(|f| f.kind == Kind::Arrived).unwrap();
        let wrong = NewFact {
            corrects: Some(amount.id),
            reason: Some("“核对”".into()),
            ..NewFact::on(day, Kind::Arrived, Value::Nothing)
        };
        store.record(&by, at(30), TODAY, ids[7], None, &[wrong]).await.unwrap();

        let mut seen = Vec::new();
        let all = FactQuery::default();
        store.each_project(&all, |id, code, facts| seen.push((id, code.to_string(), facts))).await.unwrap();
        assert!(seen.iter().map(|s| s.0).eq(ids.iter().copied()), "every project, by number");
        for (n, (id, code, facts)) in seen.iter().enumerate().filter(|(n, _)| n % 500 == 7 || *n == 2_499) {
            assert_eq!((code, facts), (&format!("B-{n}"), &store.facts_of(*id).await.unwrap()));
        }

        let days = (date(2025, 1, 1), date(2025, 12, 31));
        let touched = Some(Touched { kinds: vec![Kind::Stage], from: days.0, to: days.1 });
        let bare = FactQuery { touched, bare: true, kinds: vec![Kind::Stage, Kind::Arrived], ..all };
        let mut some = Vec::new();
        store.each_project(&bare, |id, _, facts| some.push((id, facts))).await.unwrap();
        let expected = seen.into_iter().enumerate().filter(|(n, _)| n % 2 == 1).map(|(_, (id, _, facts))| {
            let read = facts.into_iter().filter(|f| matches!(f.kind, Kind::Stage | Kind::Arrived));
            (
                id,
                read.map(|f| domain::fact::Fact { by: String::new(), reason: None, ..f }).collect::<Vec<_>>(),
            )
        });
        assert_eq!(some, expected.collect::<Vec<_>>());

        let last = store.last_fact().await.unwrap();
        let before = FactId(last.0 - 1);
        assert!(store.recorded_since(before, &[Kind::Note, Kind::Arrived]).await.unwrap());
        assert!(!store.recorded_since(before, &[Kind::Note]).await.unwrap());
        assert!(!store.recorded_since(last, &[Kind::Arrived]).await.unwrap());
    }
}

//! Reviews on both databases: asked of several units at once, answered by each, returned with reasons, never passed by silence.

use crate::world::{TempDir, at, stores};
use domain::fact::{Kind, NewFact, ProjectId, Value};
use domain::gate::ReviewState;
use domain::project::Project;
use domain::review::{Verdict, send_back, state};
use domain::stage::Stage;
use domain::user::UnitId;
use jiff::civil::{Date, date};
use store::review::NewRound;
use store::{Actor, Error, Page, Store};

const TODAY: Date = date(2026, 11, 23);

fn named(name: &str) -> NewFact {
    NewFact::on(date(2026, 11, 2), Kind::Name, Value::Text(name.into()))
}

async fn folded(store: &Store, id: ProjectId) -> Project {
    Project::fold(id, "P", store.facts_of(id).await.unwrap(), None)
}

async fn how_far(store: &Store, id: ProjectId, round: i64, today: Date) -> ReviewState {
    let asks = store.reviews_of(id).await.unwrap();
    let of: Vec<_> = asks.iter().filter(|a| a.round == round).map(|a| (a.answer, a.due)).collect();
    state(&of, today)
}

#[tokio::test]
async fn a_round_waits_is_returned_and_begins_again_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let by = Actor::Cli;
        let one = store.add_unit(&by, at(1), "工信局").await.unwrap().id;
        let two = store.add_unit(&by, at(2), "科技局").await.unwrap().id;
        let stage = |word: &str| NewFact::on(date(2026, 11, 2), Kind::Stage, Value::Text(word.into()));
        let facts = [named("新建项目"), stage("negotiating"), stage("review")];
        let (id, _) = store.create_project(&by, at(3), TODAY, None, &facts).await.unwrap();
        let due = date(2026, 11, 9);
        let new = NewRound {
            project: id,
            route: "quality".into(),
            asked_on: date(2026, 11, 2),
            note: String::new(),
            units: vec![(one, due), (two, due)],
        };
        let round = store.open_review(&by, at(4), &new).await.unwrap();
        assert!(matches!(store.open_review(&by, at(5), &new).await, Err(Error::Taken { .. })));
        let nobody = NewRound { route: "signing".into(), units: vec![(UnitId(99), due)], ..new.clone() };
        assert!(matches!(
            store.open_review(&by, at(5), &nobody).await,
            Err(Error::NotFound { what: "unit" })
        ));
        let nowhere = NewRound { project: ProjectId(99), ..new.clone() };
        assert!(matches!(store.open_review(&by, at(5), &nowhere).await, Err(Error::NotFound { .. })));
        assert!(store.open_review(&by, at(5), &NewRound { units: Vec::new(), ..new.clone() }).await.is_err());

        // Weeks pass in silence: still waiting.
        assert_eq!(how_far(&store, id, round, TODAY).await, ReviewState::Waiting { open: 2, overdue: 2 });
        let waiting = store.reviews_waiting(Some(two), Page::first()).await.unwrap();
        assert_eq!((waiting.len(), waiting[0].unit, waiting[0].due), (1, two, due));
        assert_eq!(store.reviews_waiting(None, Page::first()).await.unwrap().len(), 2);

        let asks = store.reviews_of(id).await.unwrap();
        store.answer_review(&by, at(6), TODAY, asks[0].id, Verdict::Pass, "", &[]).await.unwrap();
        let again = store.answer_review(&by, at(7), TODAY, asks[0].id, Verdict::Return, "x", &[]).await;
        assert!(matches!(again, Err(Error::Stale { .. })));
        let bare = store.answer_review(&by, at(7), TODAY, asks[1].id, Verdict::Return, " ", &[]).await;
        assert!(matches!(bare, Err(Error::Invalid(_))), "a return needs reasons");
        let back = send_back(&folded(&store, id).await, Stage::Negotiating, TODAY, "能耗不清");
        store.answer_review(&by, at(8), TODAY, asks[1].id, Verdict::Return, "能耗不清", &back).await.unwrap();
        assert_eq!(how_far(&store, id, round, TODAY).await, ReviewState::Returned);
        assert_eq!(folded(&store, id).await.stage(), Some(Stage::Negotiating));
        assert!(store.reviews_waiting(None, Page::first()).await.unwrap().is_empty());
        let answered = store.reviews_answered(None, Page::first()).await.unwrap();
        assert_eq!(answered[0].reasons.as_deref(), Some("能耗不清"), "the latest first");

        let second = store.open_review(&by, at(9), &new).await.unwrap();
        for ask in store.reviews_of(id).await.unwrap().iter().filter(|a| a.round == second) {
            store.answer_review(&by, at(10), TODAY, ask.id, Verdict::Pass, "", &[]).await.unwrap();
        }
        assert_eq!(how_far(&store, id, second, TODAY).await, ReviewState::Passed);
        assert!(matches!(store.open_review(&by, at(11), &new).await, Err(Error::Taken { .. })));
        assert_eq!(store.review_ask(asks[1].id).await.unwrap().unwrap().round, round);
        assert!(store.review_ask(999).await.unwrap().is_none());
        assert!(store.verify_journal().await.unwrap().broken.is_none());
    }
}

#[tokio::test]
async fn two_departments_that_return_at_once_send_the_project_back_once_on_both_databases() {
    let dir = TempDir::new();
    for store in stores(&dir).await {
        let by = Actor::Cli;
        let one = store.add_unit(&by, at(1), "工信局").await.unwrap().id;
        let two = store.add_unit(&by, at(2), "科技局").await.unwrap().id;
        let stage = |word: &str| NewFact::on(date(2026, 11, 2), Kind::Stage, Value::Text(word.into()));
        let facts = [named("新建项目"), stage("negotiating"), stage("review")];
        let (id, _) = store.create_project(&by, at(3), TODAY, None, &facts).await.unwrap();
        let due = date(2026, 11, 9);
        let new = NewRound {
            project: id,
            route: "quality".into(),
            asked_on: date(2026, 11, 2),
            note: String::new(),
            units: vec![(one, due), (two, due)],
        };
        store.open_review(&by, at(4), &new).await.unwrap();
        let asks = store.reviews_of(id).await.unwrap();
        // Both read the project, and that nobody had answered, before either wrote.
        let back = send_back(&folded(&store, id).await, Stage::Negotiating, TODAY, "能耗不清");
        let give = |ask: i64, why| store.answer_review(&by, at(5), TODAY, ask, Verdict::Return, why, &back);
        let (first, second) = tokio::join!(give(asks[0].id, "能耗不清"), give(asks[1].id, "用地不清"));
        let refused = [first, second].into_iter().filter_map(Result::err).collect::<Vec<_>>();
        assert!(matches!(refused[..], [Error::Stale { what: "review", .. }]), "{refused:?}");
        let stages = store.facts_of(id).await.unwrap().iter().filter(|f| f.kind == Kind::Stage).count();
        let before = facts.iter().filter(|f| f.kind == Kind::Stage).count();
        assert_eq!(stages, before + back.iter().filter(|f| f.kind == Kind::Stage).count());
        assert_eq!(store.reviews_answered(None, Page::first()).await.unwrap().len(), 1);
    }
}

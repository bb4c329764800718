//! `GET /projects/board`: the same projects in columns by stage. Each card has its own form to move on; dragging is an addition.

use crate::app::App;
use crate::project::list::{Asked, Row, find};
use crate::project::names::Names;
use crate::target::list::Choice;
use crate::text::{grouped, yuan};
use crate::web::chrome::{Chrome, Nav};
use crate::web::page::{Page, render};
use crate::web::session::Signed;
use askama::Template;
use axum::extract::{Query, State};
use domain::limits;
use domain::rate::Rates;
use domain::role::Action;
use domain::stage::Stage;
use domain::user::UnitId;
use std::sync::Arc;

#[derive(Template)]
#[template(path = "project/board.html")]
struct BoardPage {
    p: Chrome,
    asked: Asked,
    mine: bool,
    units: Vec<Choice>,
    officers: Vec<Choice>,
    chains: Vec<Choice>,
    columns: Vec<Column>,
    total: String,
}

struct Column {
    id: &'static str,
    name: &'static str,
    count: String,
    sum: String,
    unrated: usize,
    cards: Vec<Card>,
    more: Option<String>,
}

struct Card {
    row: Row,
    moves: Vec<Choice>,
}

/// `GET /projects/board`
pub async fn get(State(app): State<App>, signed: Signed, Query(asked): Query<Asked>) -> Page {
    let (names, lang) = (Arc::new(Names::read(&app).await?), signed.prefs.lang);
    let asked = Asked { sort: "-recorded".into(), page: String::new(), stage: String::new(), ..asked };
    let found = find(&app, &signed, &asked, names.clone(), usize::MAX).await?;
    let (rates, today) = (Rates::new(app.store.rates().await?, None), app.clock.today());
    let reach = signed.scope();
    let may = signed.may(Action::RecordFact);
    let mut columns = Vec::new();
    for stage in Stage::ALL {
        let lines: Vec<_> = found.lines.iter().filter(|l| l.stage.unwrap_or(Stage::Lead) == stage).collect();
        if stage.is_exit() && lines.is_empty() {
            continue;
        }
        let amounts = lines.iter().filter_map(|l| l.planned.map(|m| rates.yuan(m, l.signed.unwrap_or(today))));
        let (mut sum, mut unrated) = (0i128, 0);
        for amount in amounts {
            match amount {
                Ok(yuan) => sum += i128::from(yuan),
                Err(_) => unrated += 1,
            }
        }
        let card = |l: &&Arc<crate::ledger::Line>| {
            let open = may && !stage.is_exit() && reach.covers(l.unit.map(UnitId));
            let later = |s: &Stage| *s > stage && *s != Stage::Lead;
            let choice = |s: Stage| Choice {
                id: s.as_str().into(),
                name: lang.t(s.zh(), s.en()).into(),
                current: false,
            };
            let moves = if open { Stage::ALL.into_iter().filter(later).map(choice).collect() } else { Vec::new() };
            Card { row: Row::of(l, &names, lang), moves }
        };
        let more = lines.len() > limits::BOARD_CARDS;
        columns.push(Column {
            id: stage.as_str(),
            name: lang.t(stage.zh(), stage.en()),
            count: grouped(i64::try_from(lines.len()).unwrap_or(i64::MAX)),
            sum: yuan(i64::try_from(sum).unwrap_or(i64::MAX), lang),
            unrated,
            cards: lines.iter().take(limits::BOARD_CARDS).map(card).collect(),
            more: more.then(|| asked.query(&[("stage", stage.as_str())])),
        });
    }
    render(&BoardPage {
        mine: asked.officer == "mine",
        units: names.unit_choices(&asked.unit),
        officers: names.officer_choices(&asked.officer),
        chains: names.chain_choices(&asked.chain, lang),
        columns,
        total: grouped(i64::try_from(found.total).unwrap_or(i64::MAX)),
        p: Chrome::of(&signed, Nav::Projects),
        asked,
    })
}


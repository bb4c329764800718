//! The chain board, its list and graph, and the page of a segment.

use crate::world::{World, text, within};
use axum::http::StatusCode;
use std::collections::BTreeMap;

#[tokio::test]
async fn the_board_the_list_and_the_overview_count_the_same_verdicts() {
    let world = World::new().await;
    let mut client = world.admin().await.english();
    let chains = world.app.engine.world().unwrap();
    let overview = client.page("/").await;
    let mut totals = [0usize; 2];
    for chain in chains.chains.chains() {
        let leaf = |id: &str| {
            let at = chain.segments.iter().position(|s| s.id == id).unwrap();
            !chain.segments.iter().any(|s| s.parent == Some(at))
        };
        let board = client.page(&format!("/chains/{}", chain.id)).await;
        let shown: Vec<usize> =
            board.all(".kpi b").into_iter().skip(1).map(|b| text(b).parse().unwrap()).collect();

        let list = client.page(&format!("/chains/{}?view=list", chain.id)).await;
        let mut listed: BTreeMap<String, usize> = BTreeMap::new();
        let rows = list.all("main table tbody tr");
        assert_eq!(rows.len(), chain.segments.len(), "{}: every segment is listed", chain.id);
        for row in rows {
            let link = within(row, "th a")[0].value().attr("href").unwrap();
            if leaf(link.rsplit('/').next().unwrap()) {
                *listed.entry(text(within(row, "td")[1])).or_default() += 1;
            }
        }
        let count = |word: &str| listed.get(word).copied().unwrap_or(0);
        let counted = [count("strong"), count("present"), count("weak"), count("missing")];
        assert_eq!(shown, counted, "{}", chain.id);

        let on_board: Vec<&str> =
            board.all(".board a.v").into_iter().map(|a| a.value().attr("href").unwrap()).collect();
        for segment in chain.segments.iter().filter(|s| s.parent.is_some()) {
            let address = format!("/chains/{}/{}", chain.id, segment.id);
            assert!(on_board.contains(&&*address), "{address} is not on the board");
        }
        let missing = board.all(".board a.v-missing").into_iter();
        let missing =
            missing.filter(|a| leaf(a.value().attr("href").unwrap().rsplit('/').next().unwrap())).count();
        let tops = chain.segments.iter().filter(|s| s.parent.is_none() && leaf(&s.id)).count();
        assert!(
            missing <= counted[3] && counted[3] <= missing + tops,
            "{}: {missing} of {counted:?}",
            chain.id
        );

        let row = overview.all("main table tbody tr").into_iter().find(|r| {
            within(*r, "th a").first().and_then(|a| a.value().attr("href"))
                == Some(&*format!("/chains/{}", chain.id))
        });
        let cells: Vec<usize> =
            within(row.unwrap(), "td").into_iter().skip(1).map(|c| text(c).parse().unwrap()).collect();
        assert_eq!(cells, counted, "{} on the overview", chain.id);
        totals = [totals[0] + counted[3], totals[1] + counted[2]];
    }
    for (verdict, total) in ["missing", "weak"].into_iter().zip(totals) {
        assert_eq!(overview.texts(&format!("main .kpi b.v-{verdict}")), [total.to_string()], "{verdict}");
    }
}

#[tokio::test]
async fn the_graph_links_every_card_and_says_its_verdict() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let page = client.page("/chains/ships?view=graph").await;
    let world = world.app.engine.world().unwrap();
    let chain = world.chains.chains().iter().find(|c| c.id == "ships").unwrap();
    let cards = chain.segments.iter().filter(|s| s.level == 2).count();
    assert_eq!(page.all("svg a").len(), cards);
    for card in page.all("svg a") {
        let title = text(within(card, "title")[0]);
        assert!(["强", "有", "弱", "缺"].iter().any(|v| title.contains(v)), "{title}");
    }
    assert!(page.all("svg path.edge").len() > 10);
}

#[tokio::test]
async fn a_segment_explains_its_verdict_and_its_gap_score() {
    let world = World::new().await;
    let mut client = world.admin().await.english();
    let list = client.page("/chains/ships?view=list").await;
    let mut explained = 0;
    for row in list.all("main table tbody tr").into_iter().take(12) {
        let cells: Vec<String> = within(row, "td").into_iter().map(text).collect();
        let (verdict, companies, gap) = (&cells[1], &cells[2], &cells[6]);
        let address = within(row, "th a")[0].value().attr("href").unwrap().to_string();
        let page = client.page(&address).await;
        assert!(page.text("h1").ends_with(verdict.as_str()), "{address}");
        assert!(page.text("dl.facts dd").starts_with(&format!("{companies},")), "{address}");
        if gap != "—" {
            assert!(page.text("h2").contains(gap.as_str()), "{address} says {gap}");
            assert!(!page.all("table.contrib tbody tr").is_empty());
            explained += 1;
        }
    }
    assert!(explained > 5, "the list is in order of gap scores");
}

#[tokio::test]
async fn before_the_first_import_pages_say_what_to_do() {
    let world = World::empty(None).await;
    let mut client = world.admin().await;
    for path in ["/chains", "/chains/ships", "/targets", "/targets.xlsx", "/companies/x"] {
        let reply = client.get(path).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!reply.page().all("a[href='/imports']").is_empty(), "{path} leads to the import");
    }
    assert!(client.page("/").await.text("main").contains("导入"));
    for path in ["/companies?q=x", "/imports", "/settings/residents", "/settings/chains", "/audit"] {
        client.page(path).await;
    }
}

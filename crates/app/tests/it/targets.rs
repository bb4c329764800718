//! The ranked targets: counts, reasons that add up, filters, pages, export, refusals, weights.

use crate::world::{Client, Page, World, text, within};
use axum::http::StatusCode;
use calamine::{Data, Reader as _};
use domain::role::Role;
use std::io::Cursor;

/// Rank, name and score of every row of a page.
fn rows(page: &Page) -> Vec<(usize, String, f64)> {
    page.all("table#targets > tbody > tr")
        .into_iter()
        .map(|row| {
            let cells = within(row, ":scope > td");
            let name = text(within(cells[1], ":scope > a")[0]);
            (text(cells[0]).parse().unwrap(), name, text(cells[6]).parse().unwrap())
        })
        .collect()
}

/// The counts over the list: candidates, residents, closed, refused, shown.
fn counts(page: &Page) -> Vec<usize> {
    page.texts("main > p.small .num").iter().map(|t| t.replace(',', "").parse().unwrap()).collect()
}

async fn href(client: &mut Client, name: &str) -> String {
    let page = client.page("/targets").await;
    let link = page.all("#targets td.name > a").into_iter().find(|a| text(*a) == name).unwrap();
    link.value().attr("href").unwrap().to_string()
}

#[tokio::test]
async fn what_is_left_out_is_counted_and_reasons_add_up_to_the_score() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let page = client.page("/targets").await;
    let counts = counts(&page);
    assert!(counts[0] > 100 && counts[1] > 0 && counts[2] > 0, "{counts:?}");
    assert_eq!(counts[3], 0);
    let rows = rows(&page);
    assert_eq!(rows.len(), 50);
    assert!(rows.windows(2).all(|w| w[0].0 + 1 == w[1].0 && w[0].2 >= w[1].2), "in order");
    for row in page.all("table#targets > tbody > tr") {
        let points: Vec<f64> = within(row, "table.contrib tbody tr")
            .iter()
            .map(|r| text(within(*r, "td")[2]).parse().unwrap())
            .collect();
        let score: f64 = text(within(row, ":scope > td")[6]).parse().unwrap();
        let sum: f64 = points.iter().sum();
        assert!(points.len() >= 2);
        // Each figure is shown with three decimals, so each may be off by half of the last one.
        assert!((sum - score).abs() <= 0.0005 * (points.len() + 1) as f64 + 1e-9, "{sum} {score} {points:?}");
    }
}

#[tokio::test]
async fn the_export_has_the_order_the_scores_and_the_reasons_of_the_page() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Officer).await;
    let query = "chain=ships&role=maker";
    let page = client.page(&format!("/targets?{query}")).await;
    let shown = rows(&page);
    let reply = client.get(&format!("/targets.xlsx?{query}")).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.header("content-disposition").contains("targets-2026-11-23.xlsx"));
    let mut book: calamine::Xlsx<_> = calamine::open_workbook_from_rs(Cursor::new(reply.bytes)).unwrap();
    let names = book.sheet_names();
    let list = book.worksheet_range(&names[0]).unwrap();
    let all: usize = counts(&page)[4];
    assert_eq!(list.rows().count() - 1, all);
    for (row, shown) in list.rows().skip(1).zip(&shown) {
        assert_eq!(row[0], Data::Float(shown.0 as f64));
        assert_eq!(row[1], Data::String(shown.1.clone()));
        assert_eq!(row[8], Data::Float(shown.2), "{}", shown.1);
        assert!(row[2].to_string().is_empty() || row[2].to_string().len() == 18, "a credit code is text");
    }
    let reasons = book.worksheet_range(&names[1]).unwrap();
    let first: f64 = reasons
        .rows()
        .skip(1)
        .filter(|r| r[0] == Data::Float(1.0))
        .map(|r| r[5].to_string().parse::<f64>().unwrap())
        .sum();
    assert!((first - shown[0].2).abs() < 0.006, "{first} {}", shown[0].2);
    let about = book.worksheet_range(&names[2]).unwrap();
    assert!(about.rows().any(|r| r[1].to_string() == world.snapshot()), "the snapshot is named");
}

#[tokio::test]
async fn filters_hold_for_every_row_and_survive_paging() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let all = counts(&client.page("/targets").await)[0];
    let page = client.page("/targets?province=320000").await;
    let regions = page.texts("table#targets > tbody > tr > td:nth-child(3)");
    assert!(!regions.is_empty() && regions.iter().all(|r| r.starts_with("江苏")), "{regions:?}");
    assert!(counts(&page)[0] < all);
    let page = client.page("/targets?role=maker").await;
    let roles = page.texts("table#targets > tbody > tr > td:nth-child(4)");
    assert!(!roles.is_empty() && roles.iter().all(|r| r.contains("制造")), "{roles:?}");
    let page = client.page("/targets?capital=20000").await;
    let capitals = page.texts("table#targets > tbody > tr > td:nth-child(5)");
    assert!(!capitals.is_empty() && capitals.iter().all(|c| c.contains("亿元")), "{capitals:?}");
    let page = client.page("/targets?chain=hydrogen").await;
    for links in page.all("table#targets > tbody > tr > td:nth-child(6)") {
        assert!(
            within(links, "a").iter().any(|a| a
                .value()
                .attr("href")
                .unwrap()
                .starts_with("/chains/hydrogen/"))
        );
    }
    let first = client.page("/targets?role=maker").await;
    let next = first.one("a[rel=next]").value().attr("href").unwrap().to_string();
    assert!(next.contains("role=maker"));
    let second = client.page(&next).await;
    assert_eq!(rows(&second)[0].0, 51);
    assert!(
        rows(&first).iter().all(|a| rows(&second).iter().all(|b| a.1 != b.1)),
        "nobody stands on two pages"
    );
    assert!(second.one("a[rel=prev]").value().attr("href").unwrap().contains("role=maker"));
    for wrong in [
        "chain=nothing",
        "segment=ships/nothing",
        "segment=x",
        "province=abc",
        "province=999999",
        "capital=viel",
        "capital=99999999999999999999",
        "capital=999999999999999999",
        "role=boss",
    ] {
        let reply = client.get(&format!("/targets?{wrong}")).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{wrong}");
        assert_eq!(
            client.get(&format!("/targets.xlsx?{wrong}")).await.status,
            StatusCode::BAD_REQUEST,
            "{wrong}"
        );
    }
}

#[tokio::test]
async fn a_refusal_takes_a_company_off_the_list_until_it_ends() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Officer).await;
    let before = client.page("/targets").await;
    let (first, second) = (rows(&before)[0].1.clone(), rows(&before)[1].1.clone());
    let company = href(&mut client, &first).await;
    assert_eq!(
        client.post(&format!("{company}/refusals"), &[("reason", " ")]).await.status,
        StatusCode::BAD_REQUEST
    );
    let bad = [("reason", "x"), ("until", "明年")];
    assert_eq!(client.post(&format!("{company}/refusals"), &bad).await.status, StatusCode::BAD_REQUEST);
    let fields = [("reason", "三年内不外迁 <script>"), ("until", "2027-11-23")];
    assert_eq!(client.post(&format!("{company}/refusals"), &fields).await.goes_to(), company);

    let page = client.page("/targets").await;
    assert_eq!(rows(&page)[0].1, second);
    assert_eq!(counts(&page)[3], 1);
    let profile = client.page(&company).await;
    assert!(profile.text(".flash.bad").contains("三年内不外迁 <script>"), "shown as text");
    assert!(profile.text(".flash.bad").contains("2027-11-23"));
    assert!(client.page("/settings/refusals").await.text("main").contains(&first));

    let end = profile.one("form[action*=refusals]").value().attr("action").unwrap().to_string();
    client.post(&end, &[]).await.goes_to();
    let after = client.page("/targets").await;
    assert_eq!(rows(&after)[0].1, first, "back on the list");
    assert_eq!(counts(&after)[3], 0);
}

#[tokio::test]
async fn weights_change_the_order_and_a_wrong_one_names_its_field() {
    let world = World::new().await;
    let mut client = world.as_role(Role::Director).await;
    let before: Vec<String> = rows(&client.page("/targets").await).into_iter().map(|r| r.1).collect();
    let form = client.page("/settings/weights").await;
    let version = form.value("input[name=version]");
    let names: Vec<String> =
        form.all("main table input").iter().map(|i| i.value().attr("name").unwrap().to_string()).collect();
    assert!(names.contains(&"capital".to_string()) && names.len() >= 6);
    let with = |name: &'static str, value: &'static str, version: &str| {
        let mut fields: Vec<(String, String)> = vec![("version".into(), version.into())];
        for n in &names {
            fields.push((n.clone(), if n == name { value.into() } else { form.value(&format!("#{n}")) }));
        }
        fields
    };
    let with_all = |form: &Page, names: &[String], version: &str| {
        let mut fields: Vec<(String, String)> = vec![("version".into(), version.into())];
        fields.extend(names.iter().map(|n| (n.clone(), form.value(&format!("#{n}")))));
        fields
    };
    let post = |fields: Vec<(String, String)>, mut client: Client| async move {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(k, v)| (k.as_str(), v.as_str())).collect();
        client.post("/settings/weights", &fields).await
    };
    for bad in ["", "-1", "abc", "7"] {
        let reply = post(with("capital", bad, &version), client.clone()).await;
        let page = reply.page();
        assert_eq!(page.one("[role=alert] a").value().attr("href"), Some("#capital"), "{bad}");
        assert_eq!(page.value("#capital"), bad, "what was typed stays");
    }
    assert_eq!(
        client.page("/settings/weights").await.value("input[name=version]"),
        version,
        "nothing was saved"
    );

    let good = with("capital", "5", &version);
    let reply = post(good.clone(), client.clone()).await;
    assert_eq!(reply.status, StatusCode::OK);
    assert!(reply.page().text("[role=status]").contains("已保存"));
    let page = client.page("/targets").await;
    let after: Vec<String> = rows(&page).into_iter().map(|r| r.1).collect();
    assert_ne!(before, after, "the list is ranked by the new weights");
    for row in page.all("table#targets > tbody > tr") {
        for part in within(row, "table.contrib tbody tr")
            .into_iter()
            .filter(|p| text(within(*p, "th")[0]) == "注册资本")
        {
            assert_eq!(text(within(part, "td")[1]), "5.000", "the part shows its weight");
        }
    }

    let stale = post(good, client.clone()).await;
    assert_eq!(stale.status, StatusCode::CONFLICT);
    let version = client.page("/settings/weights").await.value("input[name=version]");
    client.post("/settings/weights", &[("version", &version), ("reset", "yes")]).await;
    let page = client.page("/settings/weights").await;
    for row in page.all("main table tbody tr") {
        let input = within(row, "input")[0].value().attr("value").unwrap().to_string();
        assert_eq!(input, text(*within(row, "td").last().unwrap()), "back to the default");
    }
    // The sample zone gives its chains weights of their own; with those again, the order is the one before.
    let version = page.value("input[name=version]");
    assert_eq!(post(with_all(&form, &names, &version), client.clone()).await.status, StatusCode::OK);
    let again: Vec<String> = rows(&client.page("/targets").await).into_iter().map(|r| r.1).collect();
    assert_eq!(before, again, "the same weights rank the same");
}

#[tokio::test]
async fn a_target_of_a_segment_is_reached_from_its_gap() {
    let world = World::new().await;
    let mut client = world.admin().await;
    let page = client.page("/targets?segment=hydrogen/alk").await;
    let all = rows(&page).len();
    let segment = client.page("/chains/hydrogen/alk").await;
    let there = segment.texts("table tbody td.name a");
    assert!(all >= there.len() && !there.is_empty(), "{all} {there:?}");
    assert_eq!(rows(&page)[0].1, there[0], "the same company comes first");
    assert_eq!(segment.all("a[href='/targets?segment=hydrogen/alk']").len(), 1);
}

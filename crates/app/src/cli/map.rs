//! `landfall map`: the chain map and gaps as text or JSON.

use crate::app::App;
use crate::chain::mark::Mark;
use crate::chain::words::why;
use crate::cli::{Place, print_json};
use crate::view::{Written, ZoneView, view};
use anyhow::{Context, Result, bail};
use clap::Args;
use domain::place;
use domain::role::Lang;
use domain::zone::ResidentRule;
use serde::Serialize;
use std::sync::Arc;

/// Print the chain map.
#[derive(Debug, Args)]
pub struct MapArgs {
    #[command(flatten)]
    place: Place,
    /// Take all companies of this city or district as the residents, instead of the zone's own
    #[arg(long)]
    city: Option<String>,
    /// Only this chain
    #[arg(long)]
    chain: Option<String>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

#[derive(Serialize)]
struct Line {
    segment: String,
    name: String,
    verdict: &'static str,
    companies: u32,
    makers: u32,
    reference: u32,
    location_quotient: Option<f64>,
    gap_score: Option<f64>,
    reason: String,
}

/// Runs the command.
///
/// # Errors
/// There is no universe, or no such city or chain.
pub async fn run(args: MapArgs) -> Result<()> {
    let app = args.place.open().await?;
    let view = view_of(&app, args.city.as_deref()).await?;
    let chains = &view.world.chains;
    if let Some(id) = &args.chain
        && !chains.chains().iter().any(|c| c.id == *id)
    {
        bail!(
            "there is no chain `{id}`; there are: {}",
            chains.chains().iter().map(|c| c.id.as_str()).collect::<Vec<_>>().join(", ")
        );
    }
    let wanted = |c: &&engine::map::Cell| {
        c.leaf && args.chain.as_ref().is_none_or(|id| chains.get(c.segment).0.id == *id)
    };
    let mut lines: Vec<Line> = view
        .cells
        .iter()
        .filter(wanted)
        .map(|c| Line {
            segment: chains.key(c.segment),
            name: chains.get(c.segment).1.name.clone(),
            verdict: Mark(c.verdict).name(),
            companies: c.zone.companies,
            makers: c.zone.makers,
            reference: c.reference.companies,
            location_quotient: c.plain_quotient,
            gap_score: view.gaps.iter().find(|g| g.segment == c.segment).map(|g| g.score),
            reason: why(c, Lang::Zh),
        })
        .collect();
    lines.sort_by(|a, b| b.gap_score.unwrap_or(-1.0).total_cmp(&a.gap_score.unwrap_or(-1.0)));
    if args.json {
        return print_json(&serde_json::json!({ "residents": view.residents.len(), "segments": lines }));
    }
    say!("residents {}", view.residents.len());
    for l in lines {
        let score = l.gap_score.map_or("      ".into(), |s| format!("{s:.4}"));
        say!("{score}  {:8}  {:>5}  {}  {}  {}", l.verdict, l.companies, l.segment, l.name, l.reason);
    }
    Ok(())
}

/// The zone's view, or that of a city as if it were a zone.
///
/// # Errors
/// There is no universe, or no such city.
pub async fn view_of(app: &App, city: Option<&str>) -> Result<Arc<ZoneView>> {
    let world = app.engine.world().context("there are no companies yet; run `landfall import FILE` first")?;
    let Some(city) = city else { return view(app).await.map_err(|e| anyhow::anyhow!("{e:?}")) };
    let region =
        place::parse(city).map_err(|_| anyhow::anyhow!("`{city}` is no province, city or district"))?;
    let zone = domain::zone::ZoneSettings {
        name: city.into(),
        region: Some(region),
        resident_rule: Some(ResidentRule { region, address_contains: Vec::new() }),
        ..app.store.zone().await?.map(|z| z.settings).unwrap_or_default()
    };
    let day = app.clock.today();
    let written =
        Written { day, version: 0, zone, residents: Vec::new(), refused: Vec::new(), leaders: Vec::new() };
    Ok(Arc::new(tokio::task::spawn_blocking(move || ZoneView::compute(world, written, None)).await??))
}

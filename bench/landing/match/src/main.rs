//! Finds places for 200 needs among 20,000 parcels and rooms made from a seed, times each, and writes both for the peer: `bench-match FOLDER`.

use domain::fact::ProjectId;
use domain::land::find::{Need, Site, Taken, find};
use jiff::civil::{Date, date};
use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::time::Instant;

const USES: [&str; 6] = ["industrial", "new_industrial", "research", "storage", "office", "commercial"];
const START: Date = date(2024, 1, 1);

/// Numbers from a seed (the constants of Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % n).unwrap_or(0)
    }
    fn day(&mut self, n: u64) -> Date {
        START.checked_add(jiff::Span::new().days(self.below(n))).unwrap_or(START)
    }
}

fn site(id: i64, r: &mut Numbers) -> Site {
    let parcel = r.below(10) < 6;
    let first = r.below(12_000);
    Site {
        id,
        parcel,
        area: if parcel { 500_000 + r.below(20_000_000) } else { 5_000 + r.below(500_000) },
        usage: Some(USES[usize::try_from(r.below(6)).unwrap_or(0)].to_string()),
        height: Some(300 + r.below(900)),
        load: Some(200 + r.below(1_500)),
        pollution: Some(1 + r.below(3)),
        rent: (!parcel).then(|| 1_000 + r.below(4_000)),
        power: vec![(START, first), (r.day(1_500), first + r.below(10_000))],
        water: vec![(START, r.below(2_000))],
        gas: vec![(START, r.below(2))],
        ready: vec![(START, r.below(2)), (r.day(1_500), 1)],
        taken: (r.below(3) == 0)
            .then(|| Taken { from: START, until: Some(r.day(2_000)), by: Some(ProjectId(1)) })
            .into_iter()
            .collect(),
        beside: Vec::new(),
    }
}

fn need(r: &mut Numbers) -> Need {
    Need {
        area: 300_000 + r.below(6_000_000),
        area_most: None,
        uses: BTreeSet::from([USES[usize::try_from(r.below(6)).unwrap_or(0)].to_string()]),
        power: r.below(12_000),
        water: r.below(800),
        gas: r.below(3) == 0,
        load: 0,
        height: 0,
        pollution: r.below(3),
        from: r.day(1_500),
        rent_most: None,
        combine: 1,
    }
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let mut r = Numbers(20_261_126);
    let mut sites: Vec<Site> = (0..20_000).map(|id| site(id, &mut r)).collect();
    // Parcels in rows of fifty: each touches the next, so that neighbours are put together too.
    for n in 1..sites.len() {
        if n % 50 != 0 && sites[n].parcel && sites[n - 1].parcel {
            sites[n].beside.push(n - 1);
            sites[n - 1].beside.push(n);
        }
    }
    let needs: Vec<Need> = (0..200).map(|_| need(&mut r)).collect();
    for (label, combine) in [("one place, every reason", 1), ("and up to three neighbours", 3)] {
        let mut times: Vec<u128> = Vec::new();
        let mut fits = 0;
        for need in &needs {
            let need = Need { combine, ..need.clone() };
            let start = Instant::now();
            let found = find(&need, &sites);
            times.push(start.elapsed().as_micros());
            fits += found.fits.len();
        }
        times.sort_unstable();
        let ms = |n: usize| times[n] as f64 / 1_000.0;
        println!("Landfall, {label}: p50 {:.2} ms, p95 {:.2} ms, most {:.2} ms, {fits} fits in all", ms(100), ms(190), ms(199));
    }
    let mut text = String::from("id,parcel,area,usage,pollution,power1,day2,power2,water,gas,ready1,ready_day,until\n");
    for s in &sites {
        let until = s.taken.first().and_then(|t| t.until).map_or(String::new(), |d| d.to_string());
        let (p, q) = (s.power[0], s.power[1]);
        let _ = writeln!(
            text,
            "{},{},{},{},{},{},{},{},{},{},{},{},{until}",
            s.id, i32::from(s.parcel), s.area, s.usage.as_deref().unwrap_or_default(), s.pollution.unwrap_or(0), p.1, q.0, q.1,
            s.water[0].1, s.gas[0].1, s.ready[0].1, s.ready[1].0
        );
    }
    std::fs::write(format!("{folder}/sites.csv"), text).expect("the folder can be written");
    let mut text = String::new();
    for n in &needs {
        let usage = n.uses.iter().next().cloned().unwrap_or_default();
        let _ = writeln!(text, "{},{usage},{},{},{},{},{}", n.area, n.power, n.water, i32::from(n.gas), n.pollution, n.from);
    }
    std::fs::write(format!("{folder}/needs.csv"), text).expect("the folder can be written");
}

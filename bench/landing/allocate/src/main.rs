//! Makes instances from a seed, solves them, and writes them for the peer: `bench-allocate FOLDER [SEED]`.

use domain::allocate::{Choice, Instance, check, first_come, solve};
use std::fmt::Write as _;
use std::time::Instant;

/// Numbers from a seed (the constants of Knuth's MMIX).
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, n: u64) -> i64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        i64::try_from((self.0 >> 33) % n).unwrap_or(0)
    }
}

/// Projects and sites with areas and powers; a site would do when both suffice. Energy and area are limited so that about two thirds get a place.
fn make(projects: usize, sites: usize, seed: u64) -> Instance {
    let mut r = Numbers(seed);
    let place: Vec<(i64, i64)> = (0..sites).map(|_| (20 + r.below(180), 2_000 + r.below(14_000))).collect();
    let mut instance = Instance { projects, sites, ..Instance::default() };
    let (mut energy, mut land) = (0, 0);
    for project in 0..projects {
        let (area, power, worth, tce) = (15 + r.below(150), 1_000 + r.below(12_000), 50 + r.below(950), 100 + r.below(3_000));
        energy += tce;
        land += area;
        for (site, (there, supply)) in place.iter().enumerate() {
            if *there >= area && *supply >= power {
                let value = worth * 1_000 / there + r.below(50) + 1;
                instance.choices.push(Choice { project, site, value, uses: vec![tce, *there] });
            }
        }
    }
    instance.limits = vec![energy * 6 / 10, land * 9 / 10];
    instance
}

fn main() {
    let folder = std::env::args().nth(1).unwrap_or_else(|| ".".into());
    let seed = std::env::args().nth(2).and_then(|s| s.parse().ok()).unwrap_or(20_261_126);
    println!("{:>10} {:>9} {:>10} {:>10} {:>7} {:>9} {:>10}", "instance", "choices", "value", "bound", "gap", "ms", "in turn");
    for (projects, sites) in [(50, 80), (100, 150), (200, 300)] {
        let instance = make(projects, sites, seed);
        let start = Instant::now();
        let plan = solve(&instance, 120);
        let took = start.elapsed();
        assert_eq!(check(&instance, &plan.got), Ok(()));
        let queue: i64 = first_come(&instance).iter().flatten().map(|k| instance.choices[*k].value).sum();
        let name = format!("{projects}x{sites}");
        println!(
            "{name:>10} {:>9} {:>10} {:>10} {:>6}.{:02}% {:>8} {:>10}",
            instance.choices.len(),
            plan.value,
            plan.bound,
            plan.gap() / 100,
            plan.gap() % 100,
            took.as_millis(),
            queue
        );
        let mut text = format!("{projects} {sites} {} {}\n", instance.limits[0], instance.limits[1]);
        for c in &instance.choices {
            let _ = writeln!(text, "{} {} {} {} {}", c.project, c.site, c.value, c.uses[0], c.uses[1]);
        }
        std::fs::write(format!("{folder}/{name}.txt"), text).expect("the folder can be written");
    }
}

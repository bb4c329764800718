//! The Rust side of `bench/landing/cash`; `run` beside it is what people start.
//!
//! `bench-cash FLOWS` reads one series a line, `RATE DAY:YUAN DAY:YUAN …`, and prints its figures a line:
//! `npv irr irr-roots xnpv xirr xirr-roots`, where a figure that does not exist is the word of its reason.

use domain::capital::cash::{self, Fault, Flow, Return};
use std::fmt::Write as _;
use std::process::ExitCode;
use std::time::Instant;

fn main() -> ExitCode {
    let Some(Ok(text)) = std::env::args().nth(1).map(std::fs::read_to_string) else {
        eprintln!("use: bench-cash FLOWS");
        return ExitCode::FAILURE;
    };
    let Some(series) = text.lines().map(read).collect::<Option<Vec<_>>>() else {
        eprintln!("a line is no series");
        return ExitCode::FAILURE;
    };
    let start = Instant::now();
    let mut out = String::new();
    for (rate, flows) in &series {
        let amounts: Vec<i64> = flows.iter().map(|f| f.yuan).collect();
        let (irr, irr_roots) = rate_words(cash::irr(&amounts));
        let (xirr, xirr_roots) = rate_words(cash::xirr(flows));
        let (npv, xnpv) = (yuan_words(cash::npv(*rate, &amounts)), yuan_words(cash::xnpv(*rate, flows)));
        let _ = writeln!(out, "{npv} {irr} {irr_roots} {xnpv} {xirr} {xirr_roots}");
    }
    eprintln!("{:.6}", start.elapsed().as_secs_f64());
    print!("{out}");
    ExitCode::SUCCESS
}

fn read(line: &str) -> Option<(f64, Vec<Flow>)> {
    let mut words = line.split(' ');
    let rate = words.next()?.parse().ok()?;
    let flows = words.map(|word| {
        let (day, yuan) = word.split_once(':')?;
        Some(Flow { on: day.parse().ok()?, yuan: yuan.parse().ok()? })
    });
    Some((rate, flows.collect::<Option<Vec<_>>>()?))
}

fn rate_words(found: Result<Return, Fault>) -> (String, usize) {
    match found {
        Ok(r) => (format!("{:e}", r.rate), r.roots),
        Err(fault) => (format!("{fault:?}"), 0),
    }
}

fn yuan_words(found: Result<i64, Fault>) -> String {
    found.map_or_else(|fault| format!("{fault:?}"), |yuan| yuan.to_string())
}

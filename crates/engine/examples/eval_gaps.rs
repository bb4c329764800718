//! `cargo run --release -p engine --example eval_gaps -- FILE [SEED]`: prints the gap measures as JSON.

fn main() -> anyhow::Result<()> {
    use std::io::Write;
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or_else(|| anyhow::anyhow!("which file of company,city,segment?"))?;
    let seed = arguments.next().map_or(Ok(1), |s| s.parse())?;
    let report = engine::eval::gaps::evaluate_file(&std::fs::read(file)?, seed)?;
    writeln!(std::io::stdout(), "{}", serde_json::to_string_pretty(&report)?)?;
    Ok(())
}

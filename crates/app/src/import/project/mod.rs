//! Bringing a city's own tables of projects in (项目台账, 签约台账): upload, difference row by row, and one transaction once a person agrees.

pub mod choices;
pub mod confirm;
pub mod list;
pub mod plan;
pub mod preview;
mod words;

pub use preview::asks;
pub use words::fault as why;

/// The column with a heading, and the unit with a name.
///
/// # Errors
/// No such column or unit.
pub fn chosen_unit(
    plan: &plan::Plan,
    heading: &str,
    unit: &str,
) -> anyhow::Result<(usize, domain::intake::project::Measure)> {
    let columns = plan.layout.iter().flat_map(|l| &l.columns);
    let found = columns.enumerate().find(|(_, c)| c.heading == heading.trim()).map(|(i, _)| i);
    let column = found.ok_or_else(|| anyhow::anyhow!("no column is called `{heading}`"))?;
    let names = || words::measures().map(|(_, name)| name).collect::<Vec<_>>().join(", ");
    let measure = words::measure(unit.trim());
    Ok((column, measure.ok_or_else(|| anyhow::anyhow!("`{unit}` is none of the units {}", names()))?))
}

//! The supply graph of a chain as SVG: cards in three columns by position, an arrow where one supplies another.
//!
//! Drawn here so that the same picture works without scripts, prints, and is read by screen readers (each node is a link
//! with its verdict in words).

use crate::chain::mark::Mark;
use crate::chain::words::{position, segment_name};
use crate::text::Lang;
use crate::view::ZoneView;
use domain::chain::{Chain, Position};
use engine::map::Verdict;
use std::collections::BTreeSet;
use std::fmt::Write as _;

const WIDTH: usize = 1180;
/// Room on the right for arrows that leave and arrive there.
const RIGHT: usize = 60;
const BOX: (usize, usize) = (250, 30);
const GAP: usize = 10;
const TOP: usize = 34;

/// The graph of chain `at`, second-level segments only (edges of their parts are drawn between them).
#[must_use]
pub fn svg(view: &ZoneView, at: usize, lang: Lang) -> String {
    let chain = &view.world.chains.chains()[at];
    let card: Vec<Option<usize>> = (0..chain.segments.len()).map(|s| card_of(chain, s)).collect();
    let columns: Vec<Vec<usize>> = [Position::Upstream, Position::Midstream, Position::Downstream]
        .map(|p| (0..card.len()).filter(|&s| card[s] == Some(s) && chain.segments[s].position == p).collect())
        .into();
    let mut spot = vec![None; card.len()];
    for (c, column) in columns.iter().enumerate() {
        for (r, &s) in column.iter().enumerate() {
            spot[s] = Some((20 + c * (WIDTH - 20 - RIGHT - BOX.0) / 2, TOP + r * (BOX.1 + GAP)));
        }
    }
    let height = TOP + columns.iter().map(Vec::len).max().unwrap_or(0) * (BOX.1 + GAP) + GAP;
    let mut out = format!(
        "<svg class=\"graph\" viewBox=\"0 0 {WIDTH} {height}\" role=\"group\" aria-label=\"{}\">",
        lang.t("供应关系图", "Supply graph")
    );
    for (c, p) in [Position::Upstream, Position::Midstream, Position::Downstream].into_iter().enumerate() {
        let _ = write!(
            out,
            "<text x=\"{}\" y=\"18\">{}</text>",
            20 + c * (WIDTH - 20 - RIGHT - BOX.0) / 2,
            position(p, lang)
        );
    }
    for (from, to) in edges(chain, &card) {
        if let (Some(a), Some(b)) = (spot[from], spot[to]) {
            let missing = view.verdict(view.world.chains.number(at, from)) == Verdict::Missing;
            edge(&mut out, a, b, missing);
        }
    }
    for (s, spot) in spot.iter().enumerate() {
        if let Some(spot) = spot {
            node(&mut out, view, at, s, *spot, lang);
        }
    }
    out.push_str("</svg>");
    out
}

/// The second-level segment that a segment belongs to (itself on the second level; none on the first).
fn card_of(chain: &Chain, s: usize) -> Option<usize> {
    match chain.segments[s].level {
        2 => Some(s),
        3 => chain.segments[s].parent,
        _ => None,
    }
}

fn edges(chain: &Chain, card: &[Option<usize>]) -> BTreeSet<(usize, usize)> {
    let mut edges = BTreeSet::new();
    for (s, segment) in chain.segments.iter().enumerate() {
        for &to in &segment.supplies {
            if let (Some(a), Some(b)) = (card[s], card[to])
                && a != b
            {
                edges.insert((a, b));
            }
        }
    }
    edges
}

fn edge(out: &mut String, a: (usize, usize), b: (usize, usize), missing: bool) {
    let class = if missing { "edge gap" } else { "edge" };
    let (ay, by) = (a.1 + BOX.1 / 2, b.1 + BOX.1 / 2);
    // Right to left, or within a column, the line leaves and arrives on the right-hand side.
    let (ax, bx, bend) = if b.0 > a.0 { (a.0 + BOX.0, b.0, 80i64) } else { (a.0 + BOX.0, b.0 + BOX.0, 40) };
    let end = if b.0 > a.0 { bx as i64 - bend } else { bx as i64 + bend };
    let _ = write!(
        out,
        "<path class=\"{class}\" d=\"M{ax} {ay} C{} {ay} {end} {by} {bx} {by}\"/>",
        ax as i64 + bend
    );
}

fn node(out: &mut String, view: &ZoneView, at: usize, s: usize, (x, y): (usize, usize), lang: Lang) {
    let chain = &view.world.chains.chains()[at];
    let cell = &view.cells[usize::from(view.world.chains.number(at, s).0)];
    let mark = Mark(cell.verdict);
    let name = escape(&segment_name(&chain.segments[s], lang));
    let shape = match cell.verdict {
        Verdict::Strong => "●",
        Verdict::Present => "■",
        Verdict::Weak => "▲",
        Verdict::Missing => "◆",
    };
    let shown: String = name.chars().take(if lang == Lang::Zh { 15 } else { 30 }).collect();
    let _ = write!(
        out,
        "<a href=\"/chains/{}/{}\"><title>{name}: {}, {}</title><rect x=\"{x}\" y=\"{y}\" width=\"{}\" height=\"{}\" rx=\"3\"/>\
         <text class=\"g-{}\" x=\"{}\" y=\"{}\">{shape} {shown} {}</text></a>",
        escape(&chain.id),
        escape(&chain.segments[s].id),
        mark.label(lang),
        cell.zone.companies,
        BOX.0,
        BOX.1,
        mark.name(),
        x + 8,
        y + 20,
        cell.zone.companies,
    );
}

/// Text for SVG.
/// A text inside a picture.
#[must_use]
pub fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_break_out_of_the_picture() {
        assert_eq!(escape("<a href=\"x\">&"), "&lt;a href=&quot;x&quot;&gt;&amp;");
    }
}

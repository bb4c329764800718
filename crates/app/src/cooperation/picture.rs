//! One map of two zones: what flows which way. Every row is a chain or a resource; solid to the right is what we give, dashed to the left what they give.
//! The page gives the same in a table.

use crate::chain::graph::escape;
use crate::text::Lang;
use std::fmt::Write as _;

/// A row of the map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// A chain or a resource.
    pub name: String,
    /// More about it, below the name; may be empty.
    pub about: String,
    /// What we give: how much of it counts, and in words.
    pub given: (usize, String),
    /// What they give.
    pub taken: (usize, String),
}

const WIDTH: usize = 760;
const ROW: usize = 58;
const TOP: usize = 44;
const LABEL: (usize, usize) = (290, 470);

/// The picture.
#[must_use]
pub fn svg(ours: &str, theirs: &str, flows: &[Flow], lang: Lang) -> String {
    let height = TOP + flows.len() * ROW + 8;
    let right = WIDTH - 10;
    let mut out = format!(
        "<svg class=\"zones\" viewBox=\"0 0 {WIDTH} {height}\" width=\"{WIDTH}\" height=\"{height}\" role=\"img\" aria-label=\"{}\">\
         <rect class=\"zone\" x=\"0\" y=\"34\" width=\"10\" height=\"{h}\"/><rect class=\"zone\" x=\"{right}\" y=\"34\" width=\"10\" height=\"{h}\"/>\
         <text class=\"who\" x=\"0\" y=\"22\">{}</text><text class=\"who\" x=\"{WIDTH}\" y=\"22\" text-anchor=\"end\">{}</text>",
        escape(&format!("{}：{ours} — {theirs}", lang.t("两园区一张图", "One map of both zones"))),
        escape(ours),
        escape(theirs),
        h = height - 40,
    );
    for (n, flow) in flows.iter().enumerate() {
        let y = TOP + n * ROW;
        row(&mut out, y, flow);
    }
    out.push_str("</svg>");
    out
}

fn row(out: &mut String, y: usize, flow: &Flow) {
    let (from, to) = (18, WIDTH - 18);
    let (up, down) = (y + 18, y + 38);
    if flow.given.0 > 0 {
        let thick = 1 + flow.given.0.min(6);
        let _ = write!(
            out,
            "<path class=\"gives\" stroke-width=\"{thick}\" d=\"M{from} {up}H{to}\"/><path class=\"head\" d=\"M{} {}l12 8l-12 8z\"/>\
             <text x=\"24\" y=\"{}\">{}</text>",
            to - 8,
            up - 8,
            up - 6,
            escape(&flow.given.1)
        );
    }
    if flow.taken.0 > 0 {
        let thick = 1 + flow.taken.0.min(6);
        let _ = write!(
            out,
            "<path class=\"takes\" stroke-width=\"{thick}\" d=\"M{to} {down}H{from}\"/><path class=\"head\" d=\"M{} {}l-12 8l12 8z\"/>\
             <text x=\"{}\" y=\"{}\" text-anchor=\"end\">{}</text>",
            from + 8,
            down - 8,
            to - 6,
            down + 16,
            escape(&flow.taken.1)
        );
    }
    let (left, width, middle) = (LABEL.0, LABEL.1 - LABEL.0, (LABEL.0 + LABEL.1) / 2);
    let name = if flow.about.is_empty() { y + 33 } else { y + 26 };
    let _ = write!(
        out,
        "<rect class=\"label\" x=\"{left}\" y=\"{}\" width=\"{width}\" height=\"46\" rx=\"4\"/>\
         <text class=\"name\" x=\"{middle}\" y=\"{name}\" text-anchor=\"middle\">{}</text>",
        y + 5,
        escape(&flow.name)
    );
    if !flow.about.is_empty() {
        let _ = write!(
            out,
            "<text class=\"about\" x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>",
            y + 43,
            escape(&flow.about)
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_flows_has_a_line_a_direction_and_words_and_nothing_breaks_out() {
        let flow = Flow {
            name: "<script>".into(),
            about: String::new(),
            given: (3, "我补 3 个环节".into()),
            taken: (0, String::new()),
        };
        let svg = svg("甲", "乙", &[flow], Lang::Zh);
        assert!(svg.contains("class=\"gives\"") && !svg.contains("class=\"takes\""));
        assert!(svg.contains("我补 3 个环节") && !svg.contains("<script>"));
    }
}

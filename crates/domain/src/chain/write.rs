//! Writing a chain file.

use super::Chain;
use std::fmt::Write;

/// Writes a chain as a chain file (TOML, format 1); [`super::parse`] reads the same chain back.
///
/// A position is written on the first level and where it differs from the parent's; keys at their default
/// (importance 3, empty lists) are left out.
#[must_use]
pub fn to_toml(chain: &Chain) -> String {
    let mut out = String::from("format = 1\n");
    for (key, value) in [
        ("id", &chain.id),
        ("name", &chain.name),
        ("name_en", &chain.name_en),
        ("version", &chain.version),
        ("about", &chain.about),
    ] {
        line(&mut out, key, &quoted(value));
    }
    for segment in &chain.segments {
        out.push_str("\n[[segment]]\n");
        line(&mut out, "id", &quoted(&segment.id));
        let parent = segment.parent.map(|p| &chain.segments[p]);
        if let Some(p) = parent {
            line(&mut out, "parent", &quoted(&p.id));
        }
        line(&mut out, "name", &quoted(&segment.name));
        if !segment.name_en.is_empty() {
            line(&mut out, "name_en", &quoted(&segment.name_en));
        }
        if parent.is_none_or(|p| p.position != segment.position) {
            line(&mut out, "position", &quoted(segment.position.as_str()));
        }
        if segment.importance != 3 {
            line(&mut out, "importance", &segment.importance.to_string());
        }
        list(&mut out, "words", segment.words.iter().map(String::as_str));
        list(&mut out, "exclude", segment.exclude.iter().map(String::as_str));
        list(&mut out, "industry", segment.industry.iter().map(|c| c.0.as_str()));
        list(&mut out, "supplies", segment.supplies.iter().map(|&j| chain.segments[j].id.as_str()));
    }
    out
}

fn line(out: &mut String, key: &str, value: &str) {
    // Writing into a String cannot fail.
    let _ = writeln!(out, "{key} = {value}");
}

fn list<'a>(out: &mut String, key: &str, items: impl Iterator<Item = &'a str>) {
    let items: Vec<String> = items.map(quoted).collect();
    if !items.is_empty() {
        line(out, key, &format!("[{}]", items.join(", ")));
    }
}

/// A TOML basic string.
fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

//! An expression as text: as it is written, and with the names of its fields for people.

use super::{Node, Order, Sign};
use crate::policy::field::Form;
use crate::policy::number::{Number, PLACES, Rounding};
use crate::role::Lang;

/// The one way it is written.
pub(super) fn source(node: &Node) -> String {
    Printer { lang: None, out: String::new() }.whole(node)
}

/// With the names of fields.
pub(super) fn named(node: &Node, lang: Lang) -> String {
    Printer { lang: Some(lang), out: String::new() }.whole(node)
}

struct Printer {
    /// The language of names; `None` for the source.
    lang: Option<Lang>,
    out: String,
}

/// How tightly a node holds together; the grammar of [`super::parse`] from the loosest.
fn level(node: &Node) -> u8 {
    match node {
        Node::If(_) => 0,
        Node::Any(_) => 1,
        Node::All(_) => 2,
        Node::Compare(..) | Node::In(..) | Node::InField(..) => 3,
        Node::Arith(Sign::Plus | Sign::Minus, _) => 4,
        Node::Arith(Sign::Times | Sign::Over, _) => 5,
        Node::Not(_) | Node::Negative(_) => 6,
        _ => 7,
    }
}

impl Printer {
    fn whole(mut self, node: &Node) -> String {
        self.node(node, 0);
        self.out
    }

    fn pick(&self, source: &'static str, zh: &'static str, en: &'static str) -> &'static str {
        self.lang.map_or(source, |lang| lang.t(zh, en))
    }

    fn put(&mut self, text: &str) {
        self.out.push_str(text);
    }

    /// In brackets where it holds together less than `least`.
    fn node(&mut self, node: &Node, least: u8) {
        if level(node) < least {
            self.put("(");
            self.bare(node);
            self.put(")");
        } else {
            self.bare(node);
        }
    }

    fn bare(&mut self, node: &Node) {
        match node {
            Node::Number(n) => self.put(&literal(*n)),
            Node::Text(text) => self.text(text),
            Node::Flag(flag) => self.put(if *flag { "true" } else { "false" }),
            Node::Day(day) if self.lang.is_none() => self.put(&format!("date(\"{day}\")")),
            Node::Day(day) => self.put(&day.to_string()),
            Node::Today => self.put(self.pick("today", "今天", "today")),
            Node::Field(id) => {
                let field = id.field();
                self.put(self.pick(field.word, field.zh, field.en));
            }
            Node::Has(id) => {
                let field = id.field();
                let word = self.pick(field.word, field.zh, field.en);
                self.put(self.pick("has(", "已知(", "known("));
                self.put(word);
                self.put(")");
            }
            Node::Size(id) => {
                let field = id.field();
                let word = self.pick(field.word, field.zh, field.en);
                let (before, after) = match (self.lang, field.form == Form::List) {
                    (None, _) => ("size(", ")"),
                    (Some(Lang::Zh), true) => ("", "的项数"),
                    (Some(Lang::Zh), false) => ("", "的字数"),
                    (Some(Lang::En), true) => ("number of ", ""),
                    (Some(Lang::En), false) => ("length of ", ""),
                };
                self.put(before);
                self.put(word);
                self.put(after);
            }
            Node::YearsSince(day) => {
                self.put(self.pick("years_since(", "", "years since "));
                self.node(day, if self.lang.is_none() { 0 } else { 7 });
                self.put(self.pick(")", "至今整年数", ""));
            }
            Node::Not(inner) => self.before("!", inner),
            Node::Negative(inner) => self.before("-", inner),
            Node::Arith(sign, two) => {
                let own = level(node);
                self.node(&two[0], own);
                self.put(self.sign(*sign));
                self.node(&two[1], own + 1);
            }
            Node::Compare(order, _, two) => {
                self.node(&two[0], 4);
                self.put(order.mark());
                self.node(&two[1], 4);
            }
            Node::In(left, _, list) => {
                self.node(left, 4);
                self.put(" in [");
                self.list(list, ", ", 6);
                self.put("]");
            }
            Node::InField(left, id) => {
                self.node(left, 4);
                self.put(" in ");
                self.bare(&Node::Field(*id));
            }
            Node::StartsWith(left, text) => self.asked(left, ".startsWith(", text),
            Node::Contains(left, text) => self.asked(left, ".contains(", text),
            Node::All(all) => self.list(all, " && ", 3),
            Node::Any(all) => self.list(all, " || ", 2),
            Node::If(three) => {
                self.node(&three[0], 1);
                self.put(" ? ");
                self.node(&three[1], 1);
                self.put(" : ");
                self.node(&three[2], 0);
            }
        }
    }

    fn before(&mut self, mark: &str, inner: &Node) {
        self.put(mark);
        self.node(inner, 6);
    }

    fn asked(&mut self, left: &Node, what: &str, text: &str) {
        self.node(left, 7);
        self.put(what);
        self.text(text);
        self.put(")");
    }

    fn list(&mut self, nodes: &[Node], between: &str, least: u8) {
        for (i, node) in nodes.iter().enumerate() {
            if i > 0 {
                self.put(between);
            }
            self.node(node, least);
        }
    }

    fn sign(&self, sign: Sign) -> &'static str {
        match sign {
            Sign::Plus => " + ",
            Sign::Minus => " - ",
            Sign::Times => self.pick(" * ", " × ", " × "),
            Sign::Over => self.pick(" / ", " ÷ ", " ÷ "),
        }
    }

    fn text(&mut self, text: &str) {
        self.put("\"");
        for c in text.chars() {
            match c {
                '"' => self.put("\\\""),
                '\\' => self.put("\\\\"),
                '\n' => self.put("\\n"),
                '\t' => self.put("\\t"),
                '\r' => self.put("\\r"),
                c => self.out.push(c),
            }
        }
        self.put("\"");
    }
}

impl Order {
    fn mark(self) -> &'static str {
        match self {
            Order::Is => " == ",
            Order::IsNot => " != ",
            Order::Less => " < ",
            Order::AtMost => " <= ",
            Order::More => " > ",
            Order::AtLeast => " >= ",
        }
    }
}

/// A literal has at most six places, so nothing is rounded.
fn literal(number: Number) -> String {
    number.text(PLACES, Rounding::Down)
}

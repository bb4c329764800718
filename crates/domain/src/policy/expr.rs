//! The language of conditions and amounts: a subset of the syntax of CEL (cel.dev) over the fields of [`super::field`].
//!
//! ```text
//! company.high_tech && company.research_spend / company.revenue_last_year >= 0.05
//! company.industry.startsWith("C39") || "封测" in company.chain_segments
//! years_since(company.registered_on) >= 1 && company.registered_on < date("2026-01-01")
//! company.revenue_last_year <= 30000000 ? 50000 : company.research_spend * 0.1
//! ```
//!
//! What differs from CEL, and why: there is one kind of number, and it is exact; a field that is not known makes the result unknown
//! (`&&` and `||` after Kleene), so that missing data never says no; types and units are checked when the text is read, against the
//! table of fields, so that a fault is found where a policy is written and not where it is used.
//!
//! Operators: `? :`, `||`, `&&`, `== != < <= > >=`, `in [..]`, `in field`, `+ - * /`, `!`, `-`, `.startsWith("…")`, `.contains("…")`,
//! `has(field)`, `size(field)` (characters of a text, entries of a list), `date("2026-01-31")`, `today`, `years_since(day)`, `true`, `false`.

mod check;
mod eval;
mod explain;
mod lexer;
mod parse;
mod print;
mod suggest;

#[cfg(test)]
mod tests;

use super::facts::Facts;
use super::field::{FieldId, Unit};
use super::number::{Number, Rounding};
use crate::limits;
use crate::role::Lang;
use jiff::civil::Date;
use std::fmt;

/// What an expression yields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A number.
    Number,
    /// A text.
    Text,
    /// Yes or no.
    Flag,
    /// A civil day.
    Day,
    /// Texts.
    List,
}

/// What becomes of a condition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Truth {
    /// It does not hold.
    No,
    /// Too little is known.
    Unknown,
    /// It holds.
    Yes,
}

/// An expression whose types and units are right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expr {
    node: Node,
    kind: Kind,
}

/// What is wrong with the text of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Column in characters, from 1.
    pub column: usize,
    /// What stands there, as written; empty at the end.
    pub found: String,
    /// What is wrong and what to write, Chinese.
    pub zh: String,
    /// What is wrong and what to write, English.
    pub en: String,
}

/// What keeps a condition from holding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gap {
    /// In words, Chinese: `研发费用占比 4.2%，需要 5%`.
    pub zh: String,
    /// In words, English.
    pub en: String,
    /// Fields it reads that are not known.
    pub missing: Vec<FieldId>,
    /// The comparisons of numbers that fail, in the order they are written; of several that would do, each.
    pub shortfalls: Vec<Shortfall>,
}

/// A comparison of numbers that fails, by how much: what a page sorts by and draws.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shortfall {
    /// What there is.
    pub value: Number,
    /// What it is compared with.
    pub need: Number,
    /// What both count; `None` for what has no name, such as points.
    pub unit: Option<Unit>,
    /// Whether there is too much of it and not too little; `false` also where exactly `need` is asked or refused.
    pub too_much: bool,
}

impl Expr {
    /// Reads a condition.
    ///
    /// # Errors
    /// The first fault, with its column and what to write.
    pub fn condition(text: &str) -> Result<Expr, Fault> {
        Expr::parse(text, Kind::Flag)
    }

    /// Reads an amount in yuan. A number of people, pieces or square metres, and a bare share, are none.
    ///
    /// # Errors
    /// The first fault, with its column and what to write.
    pub fn amount(text: &str) -> Result<Expr, Fault> {
        Expr::parse(text, Kind::Number)
    }

    fn parse(text: &str, kind: Kind) -> Result<Expr, Fault> {
        let expr = parse::expression(text, kind)?;
        let printed = expr.to_string().chars().count();
        if printed > limits::EXPR_CHARS {
            return Err(lexer::too_long(printed));
        }
        Ok(expr)
    }

    /// What it yields.
    #[must_use]
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// What becomes of it as a condition; [`Truth::Unknown`] for an expression that is none.
    #[must_use]
    pub fn truth(&self, facts: &Facts, today: Date) -> Truth {
        match (eval::Scope { facts, today }).flag(&self.node) {
            Some(true) => Truth::Yes,
            Some(false) => Truth::No,
            None => Truth::Unknown,
        }
    }

    /// Its number; `None` where too little is known, where something is divided by zero, and where a number is too large to hold.
    #[must_use]
    pub fn number(&self, facts: &Facts, today: Date) -> Option<Number> {
        (eval::Scope { facts, today }).number(&self.node)
    }

    /// What keeps it from holding; `None` when it holds, and for an expression that is no condition.
    #[must_use]
    pub fn gap(&self, facts: &Facts, today: Date) -> Option<Gap> {
        if self.kind != Kind::Flag || self.truth(facts, today) == Truth::Yes {
            return None;
        }
        let scope = eval::Scope { facts, today };
        let explain = |lang| explain::unmet(&scope, &self.node, lang);
        let shortfalls = explain::shortfalls(&scope, &self.node);
        Some(Gap { zh: explain(Lang::Zh), en: explain(Lang::En), missing: self.missing(facts), shortfalls })
    }

    /// The fields it reads that are not known, each once, in the order of the table.
    #[must_use]
    pub fn missing(&self, facts: &Facts) -> Vec<FieldId> {
        self.fields().into_iter().filter(|id| facts.get(*id).is_none()).collect()
    }

    /// The fields its number grows or shrinks with, each once: those it reads anywhere but in the condition of a `? :`.
    #[must_use]
    pub fn scales_with(&self) -> Vec<FieldId> {
        let mut fields = Vec::new();
        self.node.scales_with(&mut fields);
        fields.sort_unstable();
        fields.dedup();
        fields
    }

    /// The fields it reads, each once, in the order of the table.
    #[must_use]
    pub fn fields(&self) -> Vec<FieldId> {
        let mut fields = Vec::new();
        self.node.each(&mut |node| {
            if let Node::Field(id) | Node::Has(id) | Node::Size(id) | Node::InField(_, id) = node {
                fields.push(*id);
            }
        });
        fields.sort_unstable();
        fields.dedup();
        fields
    }
}

impl Shortfall {
    /// How far the value is from what is needed, never below zero; `None` when it is too large to hold.
    #[must_use]
    pub fn by(&self) -> Option<Number> {
        let by = self.need.minus(self.value)?;
        if by < Number::whole(0) { by.negative() } else { Some(by) }
    }

    /// How far, with its unit, rounded up so that a gap never looks closed: `0.8%`, `80万元`.
    #[must_use]
    pub fn text(&self, lang: Lang) -> Option<String> {
        let by = self.by()?;
        Some(match self.unit {
            Some(unit) => unit.show(by, lang, 2, Rounding::Up),
            None => by.text(2, Rounding::Up),
        })
    }

    /// The distance in thousandths of what is needed, rounded up, by which companies that are almost there are sorted; `None` where nothing
    /// is needed or it is too large to hold.
    #[must_use]
    pub fn per_mille(&self) -> Option<i64> {
        let share = self.by()?.over(self.need)?;
        let share = if share < Number::whole(0) { share.negative()? } else { share };
        share.times(Number::whole(1_000))?.rounded(Rounding::Up)
    }
}

impl fmt::Display for Expr {
    /// The one way it is printed; reading that gives the same expression.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&print::source(&self.node))
    }
}

impl Kind {
    /// Chinese and English name.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Kind::Number => ("数", "a number"),
            Kind::Text => ("文字", "a text"),
            Kind::Flag => ("是非", "a yes or no"),
            Kind::Day => ("日期", "a day"),
            Kind::List => ("列表", "a list"),
        }
    }
}

impl Fault {
    /// The whole of it in a language.
    #[must_use]
    pub fn text(&self, lang: Lang) -> String {
        let (column, found) = (self.column, &self.found);
        match (lang, found.is_empty()) {
            (Lang::Zh, true) => format!("第 {column} 列（结尾）：{}", self.zh),
            (Lang::Zh, false) => format!("第 {column} 列“{found}”：{}", self.zh),
            (Lang::En, true) => format!("column {column} (the end): {}", self.en),
            (Lang::En, false) => format!("column {column}, `{found}`: {}", self.en),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text(Lang::En))
    }
}

/// How two values stand to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Order {
    Is,
    IsNot,
    Less,
    AtMost,
    More,
    AtLeast,
}

/// What is done with two numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sign {
    Plus,
    Minus,
    Times,
    Over,
}

/// A node of an expression. [`check`] makes those with operands, so that their types are right.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Node {
    Number(Number),
    Text(String),
    Flag(bool),
    Day(Date),
    Today,
    Field(FieldId),
    Has(FieldId),
    /// Characters of a text, entries of a list.
    Size(FieldId),
    YearsSince(Box<Node>),
    Not(Box<Node>),
    Negative(Box<Node>),
    Arith(Sign, Box<[Node; 2]>),
    /// The kind is that of both sides.
    Compare(Order, Kind, Box<[Node; 2]>),
    /// One of these literals.
    In(Box<Node>, Kind, Vec<Node>),
    /// One of the texts of a field.
    InField(Box<Node>, FieldId),
    StartsWith(Box<Node>, String),
    Contains(Box<Node>, String),
    All(Vec<Node>),
    Any(Vec<Node>),
    /// A condition, what it is when that holds, what it is otherwise.
    If(Box<[Node; 3]>),
}

impl Node {
    /// The nodes right below.
    fn below(&self) -> &[Node] {
        match self {
            Node::Number(_) | Node::Text(_) | Node::Flag(_) | Node::Day(_) | Node::Today => &[],
            Node::Field(_) | Node::Has(_) | Node::Size(_) => &[],
            Node::YearsSince(a) | Node::Not(a) | Node::Negative(a) => std::slice::from_ref(a),
            Node::In(a, ..) | Node::InField(a, _) => std::slice::from_ref(a),
            Node::StartsWith(a, _) | Node::Contains(a, _) => std::slice::from_ref(a),
            Node::Arith(_, two) | Node::Compare(_, _, two) => two.as_slice(),
            Node::All(all) | Node::Any(all) => all,
            Node::If(three) => three.as_slice(),
        }
    }

    fn each<'a>(&'a self, what: &mut dyn FnMut(&'a Node)) {
        what(self);
        for node in self.below() {
            node.each(what);
        }
    }

    fn scales_with(&self, fields: &mut Vec<FieldId>) {
        match self {
            Node::Field(id) | Node::Size(id) => fields.push(*id),
            Node::If(three) => three[1..].iter().for_each(|node| node.scales_with(fields)),
            _ => self.below().iter().for_each(|node| node.scales_with(fields)),
        }
    }

    fn depth(&self) -> usize {
        1 + self.below().iter().map(Node::depth).max().unwrap_or(0)
    }
}

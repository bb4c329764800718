//! What an expression yields. `None` is "not known": a field without a value, a division by zero, a number too large to hold.

use super::{Kind, Node, Order, Sign};
use crate::policy::facts::{Facts, Value};
use crate::policy::field::FieldId;
use crate::policy::number::Number;
use jiff::civil::Date;
use std::cmp::Ordering;

/// What an expression is evaluated over.
#[derive(Clone, Copy)]
pub(super) struct Scope<'a> {
    pub facts: &'a Facts,
    pub today: Date,
}

impl<'a> Scope<'a> {
    /// A condition, after Kleene: what is not known decides nothing, and stands in the way of nothing that is decided without it.
    pub fn flag(&self, node: &Node) -> Option<bool> {
        match node {
            Node::Flag(flag) => Some(*flag),
            Node::Field(id) => match self.facts.get(*id)? {
                Value::Flag(flag) => Some(*flag),
                _ => None,
            },
            Node::Has(id) => Some(self.facts.get(*id).is_some()),
            Node::Not(inner) => self.flag(inner).map(|flag| !flag),
            Node::All(all) => self.chain(all, false),
            Node::Any(all) => self.chain(all, true),
            Node::Compare(order, kind, two) => self.compare(*order, *kind, two),
            Node::In(left, kind, list) => self.one_of(left, *kind, list),
            Node::InField(left, id) => {
                let text = self.text(left)?;
                Some(self.list(*id)?.iter().any(|one| one == text))
            }
            Node::StartsWith(left, start) => Some(self.text(left)?.starts_with(start.as_str())),
            Node::Contains(left, part) => Some(self.text(left)?.contains(part.as_str())),
            Node::If(three) => self.flag(self.branch(three)?),
            _ => None,
        }
    }

    /// A number.
    pub fn number(&self, node: &Node) -> Option<Number> {
        match node {
            Node::Number(number) => Some(*number),
            Node::Field(id) => match self.facts.get(*id)? {
                Value::Number(number) => Some(*number),
                _ => None,
            },
            Node::Size(id) => {
                let size = match self.facts.get(*id)? {
                    Value::Text(text) => text.chars().count(),
                    Value::List(all) => all.len(),
                    _ => return None,
                };
                i64::try_from(size).ok().map(Number::whole)
            }
            Node::Arith(sign, two) => {
                let (a, b) = (self.number(&two[0])?, self.number(&two[1])?);
                match sign {
                    Sign::Plus => a.plus(b),
                    Sign::Minus => a.minus(b),
                    Sign::Times => a.times(b),
                    Sign::Over => a.over(b),
                }
            }
            Node::Negative(inner) => self.number(inner)?.negative(),
            Node::YearsSince(day) => Some(Number::whole(years(self.day(day)?, self.today))),
            Node::If(three) => self.number(self.branch(three)?),
            _ => None,
        }
    }

    /// A text.
    pub fn text<'b>(&self, node: &'b Node) -> Option<&'b str>
    where
        'a: 'b,
    {
        match node {
            Node::Text(text) => Some(text),
            Node::Field(id) => match self.facts.get(*id)? {
                Value::Text(text) => Some(text),
                _ => None,
            },
            Node::If(three) => self.text(self.branch(three)?),
            _ => None,
        }
    }

    /// A day.
    pub fn day(&self, node: &Node) -> Option<Date> {
        match node {
            Node::Day(day) => Some(*day),
            Node::Today => Some(self.today),
            Node::Field(id) => match self.facts.get(*id)? {
                Value::Day(day) => Some(*day),
                _ => None,
            },
            Node::If(three) => self.day(self.branch(three)?),
            _ => None,
        }
    }

    /// The texts of a field.
    pub fn list(&self, id: FieldId) -> Option<&'a [String]> {
        match self.facts.get(id)? {
            Value::List(all) => Some(all),
            _ => None,
        }
    }

    /// Which way a choice goes.
    pub fn branch<'b>(&self, three: &'b [Node; 3]) -> Option<&'b Node> {
        let [when, yes, no] = three;
        self.flag(when).map(|flag| if flag { yes } else { no })
    }

    /// `decides` is the value that settles the whole chain wherever it stands.
    fn chain(&self, all: &[Node], decides: bool) -> Option<bool> {
        let mut known = true;
        for node in all {
            match self.flag(node) {
                Some(flag) if flag == decides => return Some(decides),
                Some(_) => {}
                None => known = false,
            }
        }
        known.then_some(!decides)
    }

    fn compare(&self, order: Order, kind: Kind, two: &[Node; 2]) -> Option<bool> {
        let [left, right] = two;
        Some(match kind {
            Kind::Number => order.holds(self.number(left)?.cmp(&self.number(right)?)),
            Kind::Text => order.holds(self.text(left)?.cmp(self.text(right)?)),
            Kind::Flag => order.holds(self.flag(left)?.cmp(&self.flag(right)?)),
            Kind::Day => order.holds(self.day(left)?.cmp(&self.day(right)?)),
            Kind::List => return None,
        })
    }

    fn one_of(&self, left: &Node, kind: Kind, list: &[Node]) -> Option<bool> {
        match kind {
            Kind::Number => {
                let number = self.number(left)?;
                Some(list.iter().any(|one| self.number(one) == Some(number)))
            }
            Kind::Text => {
                let text = self.text(left)?;
                Some(list.iter().any(|one| self.text(one) == Some(text)))
            }
            Kind::Day => {
                let day = self.day(left)?;
                Some(list.iter().any(|one| self.day(one) == Some(day)))
            }
            Kind::Flag | Kind::List => None,
        }
    }
}

impl Order {
    fn holds(self, ordering: Ordering) -> bool {
        match self {
            Order::Is => ordering.is_eq(),
            Order::IsNot => ordering.is_ne(),
            Order::Less => ordering.is_lt(),
            Order::AtMost => ordering.is_le(),
            Order::More => ordering.is_gt(),
            Order::AtLeast => ordering.is_ge(),
        }
    }
}

/// Whole years that have passed on `today`. A year is complete on the day of the same date; where the month has no such day, on its last one
/// (民法典第二百零二条). Before the day it is below zero.
fn years(since: Date, today: Date) -> i64 {
    let (early, late, sign) = if since <= today { (since, today, 1) } else { (today, since, -1) };
    let due = early.day().min(late.days_in_month());
    let short = (late.month(), late.day()) < (early.month(), due);
    sign * (i64::from(late.year()) - i64::from(early.year()) - i64::from(short))
}

#[cfg(test)]
mod tests {
    use super::years;
    use jiff::civil::date;

    #[test]
    fn a_year_is_complete_on_its_day_or_on_the_last_of_the_month() {
        assert_eq!(years(date(2024, 2, 29), date(2025, 2, 27)), 0);
        assert_eq!(years(date(2024, 2, 29), date(2025, 2, 28)), 1);
        assert_eq!(years(date(2024, 2, 29), date(2028, 2, 28)), 3);
        assert_eq!(years(date(2024, 2, 29), date(2028, 2, 29)), 4);
        assert_eq!(years(date(2024, 5, 31), date(2025, 5, 30)), 0);
        assert_eq!(years(date(2024, 12, 31), date(2025, 12, 31)), 1);
        assert_eq!(
            (years(date(2025, 3, 1), date(2025, 3, 1)), years(date(2026, 3, 2), date(2025, 3, 1))),
            (0, -1)
        );
    }
}

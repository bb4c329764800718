//! What keeps a condition from holding, in words: the value, and what is needed.

use super::check::{Measure, measure};
use super::eval::Scope;
use super::print::named;
use super::{Kind, Node, Order, Shortfall, Sign};
use crate::company::IndustryCode;
use crate::industry;
use crate::policy::field::{FieldId, Form, Unit, share_name};
use crate::policy::number::{Number, PLACES, Rounding};
use crate::role::Lang;

/// Why a condition that does not hold does not.
pub(super) fn unmet(scope: &Scope, node: &Node, lang: Lang) -> String {
    Explainer { scope, lang }.why(node, true)
}

/// The comparisons of numbers that keep it from holding.
pub(super) fn shortfalls(scope: &Scope, node: &Node) -> Vec<Shortfall> {
    let mut found = Vec::new();
    Explainer { scope, lang: Lang::En }.fall_short(node, true, &mut found);
    found
}

struct Explainer<'a> {
    scope: &'a Scope<'a>,
    lang: Lang,
}

impl Explainer<'_> {
    /// Why a node is not `wanted`.
    fn why(&self, node: &Node, wanted: bool) -> String {
        match node {
            Node::Not(inner) => self.why(inner, !wanted),
            // All of them are needed, so each that fails is named; of several that would do, each is a way out.
            Node::All(all) if wanted => self.each(all, wanted, self.lang.t("；", "; ")),
            Node::Any(all) if !wanted => self.each(all, wanted, self.lang.t("；", "; ")),
            Node::All(all) | Node::Any(all) => self.each(all, wanted, self.lang.t("，或者", ", or ")),
            Node::If(three) => match self.scope.branch(three) {
                Some(branch) => self.why(branch, wanted),
                None => self.unknown(&three[0]),
            },
            Node::Flag(_) => self.lang.t("条件本身不成立", "the condition never holds").into(),
            Node::Has(id) => self.known(*id, wanted),
            _ if self.scope.flag(node).is_none() => self.unknown(node),
            Node::Field(id) => {
                let name = id.field().label(self.lang);
                match (self.lang, wanted) {
                    (Lang::Zh, true) => format!("{name}：否，需要是"),
                    (Lang::Zh, false) => format!("{name}：是，不能是"),
                    (Lang::En, true) => format!("not {name}, which is needed"),
                    (Lang::En, false) => format!("{name}, which must not be"),
                }
            }
            Node::Compare(order, kind, two) => {
                self.compared(if wanted { *order } else { order.opposite() }, *kind, two)
            }
            Node::In(left, kind, list) => {
                let all: Vec<String> = list.iter().map(|one| self.value(one, *kind, left)).collect();
                self.needs(left, *kind, &all.join(self.lang.t("、", ", ")), wanted, ("其中之一：", "one of "))
            }
            Node::InField(left, id) => self.listed(left, *id, wanted),
            Node::StartsWith(left, text) => {
                self.needs(left, Kind::Text, text, wanted, ("以此开头：", "to begin with "))
            }
            Node::Contains(left, text) => {
                self.needs(left, Kind::Text, text, wanted, ("含有：", "to contain "))
            }
            _ => self.unknown(node),
        }
    }

    /// The comparisons of numbers below a node that are not `wanted`; along the same ways as [`Explainer::why`].
    fn fall_short(&self, node: &Node, wanted: bool, found: &mut Vec<Shortfall>) {
        match node {
            Node::Not(inner) => self.fall_short(inner, !wanted, found),
            Node::All(all) | Node::Any(all) => {
                let unmet = all.iter().filter(|node| self.scope.flag(node) != Some(wanted));
                unmet.for_each(|node| self.fall_short(node, wanted, found));
            }
            Node::If(three) => {
                if let Some(branch) = self.scope.branch(three) {
                    self.fall_short(branch, wanted, found);
                }
            }
            Node::Compare(order, Kind::Number, two) => {
                let order = if wanted { *order } else { order.opposite() };
                let (order, left, right) = self.sides(order, two);
                if let (Some(value), Some(need)) = (self.scope.number(left), self.scope.number(right)) {
                    let too_much = matches!(order, Order::Less | Order::AtMost);
                    found.push(Shortfall { value, need, unit: unit(left, right), too_much });
                }
            }
            _ => {}
        }
    }

    fn each(&self, all: &[Node], wanted: bool, between: &str) -> String {
        let unmet = all.iter().filter(|node| self.scope.flag(node) != Some(wanted));
        unmet.map(|node| self.why(node, wanted)).collect::<Vec<_>>().join(between)
    }

    /// What is not known of a node, or why it cannot be reckoned though all is known.
    fn unknown(&self, node: &Node) -> String {
        let mut names: Vec<&str> = Vec::new();
        node.each(&mut |below| {
            if let Node::Field(id) | Node::Size(id) | Node::InField(_, id) = below {
                let name = id.field().label(self.lang);
                if self.scope.facts.get(*id).is_none() && !names.contains(&name) {
                    names.push(name);
                }
            }
        });
        if names.is_empty() {
            let what = named(node, self.lang);
            return match self.lang {
                Lang::Zh => format!("无法计算 {what}（除数为零或数值过大）"),
                Lang::En => format!("{what} cannot be reckoned (division by zero, or too large)"),
            };
        }
        match self.lang {
            Lang::Zh => format!("缺少：{}", names.join("、")),
            Lang::En => format!("not known: {}", names.join(", ")),
        }
    }

    fn known(&self, id: FieldId, wanted: bool) -> String {
        let name = id.field().label(self.lang);
        match (self.lang, wanted) {
            (Lang::Zh, true) => format!("缺少：{name}"),
            (Lang::En, true) => format!("not known: {name}"),
            (Lang::Zh, false) => format!("已填{name}，不应填"),
            (Lang::En, false) => format!("{name} is given and should not be"),
        }
    }

    /// A value that is, or is not, among what a literal allows.
    fn needs(&self, left: &Node, kind: Kind, allowed: &str, wanted: bool, how: (&str, &str)) -> String {
        let (name, value) = (self.name(left), self.value(left, kind, left));
        match (self.lang, wanted) {
            (Lang::Zh, true) => format!("{name} {value}，需要{}{allowed}", how.0),
            (Lang::Zh, false) => format!("{name} {value}，不能{}{allowed}", how.0),
            (Lang::En, true) => {
                format!("{name} is {value}, and has to be {}{allowed}", how.1.trim_start_matches("to "))
            }
            (Lang::En, false) => {
                format!("{name} is {value}, and must not be {}{allowed}", how.1.trim_start_matches("to "))
            }
        }
    }

    fn listed(&self, left: &Node, id: FieldId, wanted: bool) -> String {
        let (name, value) = (id.field().label(self.lang), self.value(left, Kind::Text, left));
        match (self.lang, wanted) {
            (Lang::Zh, true) => format!("{name}中没有“{value}”"),
            (Lang::Zh, false) => format!("{name}中不能有“{value}”"),
            (Lang::En, true) => format!("“{value}” is not among the {name}"),
            (Lang::En, false) => format!("“{value}” must not be among the {name}"),
        }
    }

    fn compared(&self, order: Order, kind: Kind, two: &[Node; 2]) -> String {
        let (order, left, right) = self.sides(order, two);
        let (value, need) = match kind {
            Kind::Number => self.numbers(order, left, right),
            _ => (self.value(left, kind, right), self.value(right, kind, left)),
        };
        let need = if reads(right) { format!("{} {need}", self.name(right)) } else { need };
        let (zh, en) = order.wanted(kind);
        let name = self.name(left);
        match self.lang {
            Lang::Zh => format!("{name} {value}，{}", zh.replace('_', &need)),
            Lang::En => format!("{name} is {value}, {}", en.replace('_', &need)),
        }
    }

    /// The sides that count here; `5 <= company.patents_all` is told from the side of the company.
    fn sides<'n>(&self, order: Order, two: &'n [Node; 2]) -> (Order, &'n Node, &'n Node) {
        let (left, right) = (self.chosen(&two[0]), self.chosen(&two[1]));
        let turned = !reads(left) && reads(right);
        if turned { (order.turned(), right, left) } else { (order, left, right) }
    }

    /// The branch that counts here: of steps by turnover, the step of this company.
    fn chosen<'n>(&self, mut node: &'n Node) -> &'n Node {
        while let Node::If(three) = node
            && let Some(branch) = self.scope.branch(three)
        {
            node = branch;
        }
        node
    }

    /// Both sides in one unit, with the decimals of the need, and rounded so that what falls short never looks as if it did not.
    fn numbers(&self, order: Order, left: &Node, right: &Node) -> (String, String) {
        let (Some(value), Some(need)) = (self.scope.number(left), self.scope.number(right)) else {
            return (self.unknown(left), self.unknown(right));
        };
        let falls_short = matches!(order, Order::More | Order::AtLeast);
        let (value_way, need_way) =
            if falls_short { (Rounding::Down, Rounding::Up) } else { (Rounding::Up, Rounding::Down) };
        match unit(left, right) {
            Some(unit) => {
                let equal = matches!(order, Order::Is | Order::IsNot);
                let places = if equal { PLACES } else { unit.places(need) };
                (unit.show(value, self.lang, places, value_way), unit.show(need, self.lang, places, need_way))
            }
            None => (value.text(PLACES, value_way), need.text(PLACES, need_way)),
        }
    }

    /// What a side is called.
    fn name(&self, node: &Node) -> String {
        if let Node::Arith(Sign::Over, two) = node
            && let (Node::Field(top), Node::Field(bottom)) = (&two[0], &two[1])
            && let Some((zh, en)) = share_name(*top, *bottom)
        {
            return self.lang.t(zh, en).into();
        }
        named(node, self.lang)
    }

    /// A value as people read it; `beside` tells which field it belongs to.
    fn value(&self, node: &Node, kind: Kind, beside: &Node) -> String {
        match kind {
            Kind::Number => self.scope.number(node).map(|n| self.number(n, node, beside)),
            Kind::Text => self.scope.text(node).map(|text| self.word(text, node, beside)),
            Kind::Flag => self.scope.flag(node).map(|flag| match flag {
                true => self.lang.t("是", "yes").into(),
                false => self.lang.t("否", "no").into(),
            }),
            Kind::Day => self.scope.day(node).map(|day| day.to_string()),
            Kind::List => None,
        }
        .unwrap_or_else(|| self.unknown(node))
    }

    fn number(&self, number: Number, node: &Node, beside: &Node) -> String {
        match (measure(node), measure(beside)) {
            (Measure::Of(unit), _) | (Measure::Free, Measure::Of(unit)) => {
                unit.show(number, self.lang, unit.places(number), Rounding::Down)
            }
            _ => number.text(PLACES, Rounding::Down),
        }
    }

    /// The name of a word of a closed list, an industry code with its title, any other text as it is.
    fn word(&self, text: &str, node: &Node, beside: &Node) -> String {
        let ((Node::Field(id), _) | (_, Node::Field(id))) = (node, beside) else { return text.into() };
        if let Form::Choice(words) = id.field().form {
            let known = words.iter().find(|w| w.0 == text);
            return known.map_or(text, |w| self.lang.t(w.1, w.2)).into();
        }
        if self.lang == Lang::Zh
            && id.field().word.ends_with(".industry")
            && let Some(title) = industry::title(&IndustryCode(text.into()))
        {
            return format!("{text} {title}");
        }
        text.into()
    }
}

/// What both sides of a comparison count.
fn unit(left: &Node, right: &Node) -> Option<Unit> {
    match (measure(left), measure(right)) {
        (Measure::Of(unit), _) | (Measure::Free, Measure::Of(unit)) => Some(unit),
        _ => None,
    }
}

/// Whether a node reads any field.
fn reads(node: &Node) -> bool {
    let mut found = false;
    node.each(&mut |below| {
        found |= matches!(below, Node::Field(_) | Node::Has(_) | Node::Size(_) | Node::InField(..));
    });
    found
}

impl Order {
    /// What holds when this does not.
    fn opposite(self) -> Order {
        match self {
            Order::Is => Order::IsNot,
            Order::IsNot => Order::Is,
            Order::Less => Order::AtLeast,
            Order::AtMost => Order::More,
            Order::More => Order::AtMost,
            Order::AtLeast => Order::Less,
        }
    }

    /// The same with the sides exchanged.
    fn turned(self) -> Order {
        match self {
            Order::Less => Order::More,
            Order::AtMost => Order::AtLeast,
            Order::More => Order::Less,
            Order::AtLeast => Order::AtMost,
            same => same,
        }
    }

    /// What is needed, `_` standing for the value.
    fn wanted(self, kind: Kind) -> (&'static str, &'static str) {
        match (self, kind) {
            (Order::AtLeast, Kind::Day) => ("需要不早于 _", "no earlier than _ is needed"),
            (Order::More, Kind::Day) => ("需要晚于 _", "later than _ is needed"),
            (Order::AtMost, Kind::Day) => ("不得晚于 _", "no later than _ is needed"),
            (Order::Less, Kind::Day) => ("需要早于 _", "earlier than _ is needed"),
            (Order::AtLeast, _) => ("需要 _", "_ is needed"),
            (Order::More, _) => ("需要超过 _", "more than _ is needed"),
            (Order::AtMost, _) => ("不得超过 _", "at most _ is allowed"),
            (Order::Less, _) => ("需要低于 _", "less than _ is needed"),
            (Order::Is, _) => ("需要是 _", "_ is needed"),
            (Order::IsNot, _) => ("不能是 _", "_ is not allowed"),
        }
    }
}

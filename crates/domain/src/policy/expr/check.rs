//! Types and units: what may be put together, said where a policy is read.

use super::lexer::Word;
use super::{Fault, Kind, Node, Order, Sign};
use crate::limits;
use crate::policy::facts::wanted;
use crate::policy::field::{FieldId, Form, Unit};

/// A node, what it yields, and the word it begins with.
#[derive(Clone, Debug)]
pub(super) struct Typed {
    pub node: Node,
    pub kind: Kind,
    pub at: Word,
}

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Measure {
    /// A literal, which counts what it is put beside.
    Free,
    /// A unit.
    Of(Unit),
    /// Something that has no name, such as yuan on a square metre.
    Mixed,
}

/// What a field yields.
pub(super) fn kind_of(id: FieldId) -> Kind {
    match id.field().form {
        Form::Number(_) => Kind::Number,
        Form::Text | Form::Choice(_) => Kind::Text,
        Form::Flag => Kind::Flag,
        Form::Day => Kind::Day,
        Form::List => Kind::List,
    }
}

/// What a number counts; [`Measure::Mixed`] also for what is no number.
pub(super) fn measure(node: &Node) -> Measure {
    match node {
        Node::Number(_) => Measure::Free,
        Node::Field(id) => match id.field().form {
            Form::Number(unit) => Measure::Of(unit),
            _ => Measure::Mixed,
        },
        Node::YearsSince(_) => Measure::Of(Unit::Years),
        Node::Negative(inner) => measure(inner),
        Node::If(three) => joined(measure(&three[1]), measure(&three[2])).unwrap_or(Measure::Mixed),
        Node::Arith(sign, two) => {
            let (a, b) = (measure(&two[0]), measure(&two[1]));
            match sign {
                Sign::Plus | Sign::Minus => joined(a, b).unwrap_or(Measure::Mixed),
                Sign::Times => times(a, b),
                Sign::Over => over(a, b),
            }
        }
        _ => Measure::Mixed,
    }
}

/// What both count, if they can be added or compared.
fn joined(a: Measure, b: Measure) -> Option<Measure> {
    match (a, b) {
        (Measure::Free, other) | (other, Measure::Free) => Some(other),
        (Measure::Mixed, _) | (_, Measure::Mixed) => Some(Measure::Mixed),
        (a, b) => (a == b).then_some(a),
    }
}

/// A multiple of an amount, or a share of it, is an amount; ten times the people may be anything, for instance yuan.
fn times(a: Measure, b: Measure) -> Measure {
    match (a, b) {
        (Measure::Free, Measure::Free) => Measure::Free,
        (Measure::Of(Unit::Yuan), Measure::Free | Measure::Of(Unit::Share))
        | (Measure::Free | Measure::Of(Unit::Share), Measure::Of(Unit::Yuan)) => Measure::Of(Unit::Yuan),
        _ => Measure::Mixed,
    }
}

fn over(a: Measure, b: Measure) -> Measure {
    match (a, b) {
        (Measure::Free, Measure::Free) => Measure::Free,
        (Measure::Of(Unit::Yuan), Measure::Free) => Measure::Of(Unit::Yuan),
        (Measure::Of(a), Measure::Of(b)) if a == b => Measure::Of(Unit::Share),
        _ => Measure::Mixed,
    }
}

impl Typed {
    /// A node within the depth allowed.
    pub fn new(node: Node, kind: Kind, at: Word) -> Result<Typed, Fault> {
        if node.depth() > limits::EXPR_DEPTH {
            return Err(too_deep(&at));
        }
        Ok(Typed { node, kind, at })
    }

    /// Holds it to a kind.
    pub fn held_to(self, kind: Kind) -> Result<Typed, Fault> {
        if self.kind == kind {
            return Ok(self);
        }
        let ((zh, en), (is_zh, is_en)) = (kind.names(), self.kind.names());
        let (hint_zh, hint_en) = match (kind, self.kind) {
            (Kind::Flag, Kind::List) => ("；写 \"…\" in 它", "; write \"…\" in it"),
            (Kind::Flag, Kind::Text) => ("；写 == \"…\"", "; write == \"…\""),
            (Kind::Flag, _) => ("；写一个比较，如 >= 1", "; write a comparison such as >= 1"),
            (Kind::Number, Kind::Day) => ("；写 years_since(…)", "; write years_since(…)"),
            (Kind::Day, _) => (
                "；写 date(\"2026-01-31\") 或日期字段",
                "; write date(\"2026-01-31\") or a field that is a day",
            ),
            _ => ("", ""),
        };
        Err(self.at.fault(
            format!("这里需要{zh}，但这是{is_zh}{hint_zh}"),
            format!("{en} is needed here, and this is {is_en}{hint_en}"),
        ))
    }
}

pub(super) fn too_deep(at: &Word) -> Fault {
    let most = limits::EXPR_DEPTH;
    at.fault(
        format!("嵌套超过 {most} 层；请拆成几条"),
        format!("nested more than {most} deep; make it several clauses"),
    )
}

/// One side of a comparison with another.
pub(super) fn compare(order: Order, word: &Word, left: Typed, right: Typed) -> Result<Typed, Fault> {
    if left.kind != right.kind {
        return Err(unlike(word, left.kind, right.kind));
    }
    let kind = left.kind;
    let (zh, en) = kind.names();
    let sorted = !matches!(order, Order::Is | Order::IsNot);
    if kind == Kind::List || (sorted && !matches!(kind, Kind::Number | Kind::Day)) {
        let list = kind == Kind::List;
        return Err(word.fault(
            format!("{zh}不能这样比较；写 {}", if list { "\"…\" in 它" } else { "== 或 !=" }),
            format!("{en} cannot be compared so; write {}", if list { "\"…\" in it" } else { "== or !=" }),
        ));
    }
    if kind == Kind::Number {
        same_unit(word, &left.node, &right.node)?;
    }
    is_choice(&left, &right)?;
    is_choice(&right, &left)?;
    let at = left.at;
    Typed::new(Node::Compare(order, kind, Box::new([left.node, right.node])), Kind::Flag, at)
}

/// Two numbers put together.
pub(super) fn arith(sign: Sign, word: &Word, left: Typed, right: Typed) -> Result<Typed, Fault> {
    let (left, right) = (left.held_to(Kind::Number)?, right.held_to(Kind::Number)?);
    if matches!(sign, Sign::Plus | Sign::Minus) {
        same_unit(word, &left.node, &right.node)?;
    }
    let at = left.at;
    Typed::new(Node::Arith(sign, Box::new([left.node, right.node])), Kind::Number, at)
}

/// One of several literals.
pub(super) fn one_of(word: &Word, left: Typed, list: Vec<Typed>) -> Result<Typed, Fault> {
    for item in &list {
        if item.kind != left.kind {
            return Err(unlike(&item.at, left.kind, item.kind));
        }
        is_choice(&left, item)?;
    }
    if list.is_empty() {
        return Err(word.fault("列表不能为空", "a list holds at least one"));
    }
    let (at, kind) = (left.at, left.kind);
    let items = list.into_iter().map(|item| item.node).collect();
    Typed::new(Node::In(Box::new(left.node), kind, items), Kind::Flag, at)
}

/// Holds a number to be an amount: yuan, or what has no name of its own, such as yuan for each person.
pub(super) fn is_yuan(typed: &Typed) -> Result<(), Fault> {
    match measure(&typed.node) {
        Measure::Of(unit) if unit != Unit::Yuan => {
            let (zh, en) = unit.names();
            Err(typed.at.fault(
                format!("金额以元计，但这是{zh}；请乘以每单位的金额，如 × 2000"),
                format!(
                    "an amount is in yuan, and this is {en}; multiply it by yuan for each, such as * 2000"
                ),
            ))
        }
        _ => Ok(()),
    }
}

/// A condition decides between two values of one kind.
pub(super) fn decide(word: &Word, when: Typed, yes: Typed, no: Typed) -> Result<Typed, Fault> {
    let when = when.held_to(Kind::Flag)?;
    if yes.kind != no.kind {
        return Err(unlike(word, yes.kind, no.kind));
    }
    if yes.kind == Kind::Number {
        same_unit(word, &yes.node, &no.node)?;
    }
    let (at, kind) = (when.at, yes.kind);
    Typed::new(Node::If(Box::new([when.node, yes.node, no.node])), kind, at)
}

fn unlike(word: &Word, left: Kind, right: Kind) -> Fault {
    let ((left_zh, left_en), (right_zh, right_en)) = (left.names(), right.names());
    word.fault(
        format!("一边是{left_zh}，一边是{right_zh}；两边应相同"),
        format!("{left_en} beside {right_en}; both must be of one kind"),
    )
}

fn same_unit(word: &Word, left: &Node, right: &Node) -> Result<(), Fault> {
    let (Measure::Of(a), Measure::Of(b)) = (measure(left), measure(right)) else { return Ok(()) };
    if a == b {
        return Ok(());
    }
    let ((a_zh, a_en), (b_zh, b_en)) = (a.names(), b.names());
    Err(word.fault(
        format!("一边的单位是{a_zh}，一边是{b_zh}；不能相加或比较"),
        format!("{a_en} beside {b_en}; they cannot be added or compared"),
    ))
}

/// A word that stands beside a field of a closed list must be one of it.
fn is_choice(field: &Typed, literal: &Typed) -> Result<(), Fault> {
    let (Node::Field(id), Node::Text(text)) = (&field.node, &literal.node) else { return Ok(()) };
    let form = id.field().form;
    match form {
        Form::Choice(words) if !words.iter().any(|w| w.0 == text) => {
            let (zh, en) = wanted(form);
            let word = id.field().word;
            Err(literal.at.fault(format!("{word} 写{zh}"), format!("{word} takes {en}")))
        }
        _ => Ok(()),
    }
}

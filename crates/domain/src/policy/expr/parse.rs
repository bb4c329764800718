//! From words to an expression, by descent: `? :`, then `||`, `&&`, comparisons, `+ -`, `* /`, `! -`, then what cannot be taken apart.

use super::check::{self, Typed, kind_of};
use super::lexer::{Token, Word, words};
use super::{Expr, Fault, Kind, Node, Order, Sign, suggest};
use crate::limits;
use crate::policy::field::{FieldId, Form};
use crate::policy::number::{Number, PLACES, WHOLE_DIGITS};
use jiff::civil::Date;

const COMPARISONS: &[(&str, Order)] = &[
    ("==", Order::Is),
    ("!=", Order::IsNot),
    ("<=", Order::AtMost),
    (">=", Order::AtLeast),
    ("<", Order::Less),
    (">", Order::More),
];
const SUMS: &[(&str, Sign)] = &[("+", Sign::Plus), ("-", Sign::Minus)];
const PRODUCTS: &[(&str, Sign)] = &[("*", Sign::Times), ("/", Sign::Over)];

/// Reads the whole text as an expression of this kind.
pub(super) fn expression(text: &str, kind: Kind) -> Result<Expr, Fault> {
    let mut parser = Parser { words: words(text)?, at: 0, nested: 0 };
    let typed = parser.choice()?;
    let next = parser.peek();
    if next.token != Token::End {
        let (zh, en) = match &next.token {
            Token::Name(name) if name == "and" => ("写 &&".into(), "write &&".into()),
            Token::Name(name) if name == "or" => ("写 ||".into(), "write ||".into()),
            _ => (
                "这里应是运算符（如 && || >= +）或结尾".to_string(),
                "an operator such as && || >= + or the end is expected".to_string(),
            ),
        };
        return Err(next.fault(zh, en));
    }
    let typed = typed.held_to(kind)?;
    if kind == Kind::Number {
        check::is_yuan(&typed)?;
    }
    Ok(Expr { node: typed.node, kind: typed.kind })
}

struct Parser {
    words: Vec<Word>,
    at: usize,
    nested: usize,
}

impl Parser {
    fn peek(&self) -> Word {
        let end = || Word { token: Token::End, column: 1, written: String::new() };
        self.words.get(self.at).or(self.words.last()).cloned().unwrap_or_else(end)
    }

    fn next(&mut self) -> Word {
        let word = self.peek();
        self.at += 1;
        word
    }

    fn take(&mut self, mark: &str) -> Option<Word> {
        let word = self.peek();
        let is = matches!(word.token, Token::Mark(m) if m == mark);
        is.then(|| self.next())
    }

    fn expect(&mut self, mark: &'static str) -> Result<Word, Fault> {
        let word = self.peek();
        self.take(mark)
            .ok_or_else(|| word.fault(format!("这里应写 {mark}"), format!("`{mark}` is expected here")))
    }

    fn take_one<T: Copy>(&mut self, table: &[(&str, T)]) -> Option<(T, Word)> {
        let Token::Mark(mark) = self.peek().token else { return None };
        let found = table.iter().find(|(m, _)| *m == mark)?;
        Some((found.1, self.next()))
    }

    /// Goes one level down, for as long as that is allowed.
    fn below(&mut self, what: fn(&mut Parser) -> Result<Typed, Fault>) -> Result<Typed, Fault> {
        if self.nested >= limits::EXPR_DEPTH {
            return Err(check::too_deep(&self.peek()));
        }
        self.nested += 1;
        let typed = what(self);
        self.nested -= 1;
        typed
    }

    fn choice(&mut self) -> Result<Typed, Fault> {
        let when = self.any()?;
        let Some(word) = self.take("?") else { return Ok(when) };
        let yes = self.any()?;
        self.expect(":")?;
        let no = self.below(Parser::choice)?;
        check::decide(&word, when, yes, no)
    }

    fn any(&mut self) -> Result<Typed, Fault> {
        self.chain("||", Parser::all, Node::Any)
    }

    fn all(&mut self) -> Result<Typed, Fault> {
        self.chain("&&", Parser::relation, Node::All)
    }

    fn chain(
        &mut self,
        mark: &str,
        part: fn(&mut Parser) -> Result<Typed, Fault>,
        make: fn(Vec<Node>) -> Node,
    ) -> Result<Typed, Fault> {
        let first = part(self)?;
        if self.take(mark).is_none() {
            return Ok(first);
        }
        let first = first.held_to(Kind::Flag)?;
        let (at, mut nodes) = (first.at, vec![first.node]);
        loop {
            nodes.push(part(self)?.held_to(Kind::Flag)?.node);
            if self.take(mark).is_none() {
                return Typed::new(make(nodes), Kind::Flag, at);
            }
        }
    }

    fn relation(&mut self) -> Result<Typed, Fault> {
        let left = self.sum()?;
        let typed = if let Some((order, word)) = self.take_one(COMPARISONS) {
            let right = self.sum()?;
            check::compare(order, &word, left, right)?
        } else if self.peek().token == Token::Name("in".into()) {
            let word = self.next();
            self.within(&word, left)?
        } else {
            return Ok(left);
        };
        if let Some((_, word)) = self.take_one(COMPARISONS) {
            return Err(word.fault(
                "比较不能连写；写 a <= b && b <= c",
                "comparisons do not follow one another; write a <= b && b <= c",
            ));
        }
        Ok(typed)
    }

    /// What stands behind `in`.
    fn within(&mut self, word: &Word, left: Typed) -> Result<Typed, Fault> {
        if self.take("[").is_none() {
            let list = self.member()?.held_to(Kind::List)?;
            let left = left.held_to(Kind::Text)?;
            let Node::Field(id) = list.node else {
                return Err(list
                    .at
                    .fault("in 后应写 [..] 或列表字段", "`in` takes [..] or a field that is a list"));
            };
            return Typed::new(Node::InField(Box::new(left.node), id), Kind::Flag, left.at);
        }
        let mut list = Vec::new();
        while self.take("]").is_none() {
            if !list.is_empty() {
                self.expect(",")?;
            }
            list.push(self.literal()?);
        }
        check::one_of(word, left, list)
    }

    fn literal(&mut self) -> Result<Typed, Fault> {
        let typed = if self.peek().token == Token::Mark("-") { self.unary()? } else { self.primary()? };
        let inner = if let Node::Negative(inner) = &typed.node { inner } else { &typed.node };
        if matches!(inner, Node::Number(_) | Node::Text(_) | Node::Day(_)) {
            return Ok(typed);
        }
        Err(typed.at.fault(
            "列表里只能写数、加引号的文字或 date(\"…\")",
            "a list holds numbers, texts in quotes or date(\"…\")",
        ))
    }

    fn sum(&mut self) -> Result<Typed, Fault> {
        self.arith(SUMS, Parser::product)
    }

    fn product(&mut self) -> Result<Typed, Fault> {
        self.arith(PRODUCTS, Parser::unary)
    }

    fn arith(
        &mut self,
        signs: &[(&str, Sign)],
        part: fn(&mut Parser) -> Result<Typed, Fault>,
    ) -> Result<Typed, Fault> {
        let mut left = part(self)?;
        while let Some((sign, word)) = self.take_one(signs) {
            left = check::arith(sign, &word, left, part(self)?)?;
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Typed, Fault> {
        if let Some(word) = self.take("!") {
            let inner = self.below(Parser::unary)?.held_to(Kind::Flag)?;
            return Typed::new(Node::Not(Box::new(inner.node)), Kind::Flag, word);
        }
        if let Some(word) = self.take("-") {
            let inner = self.below(Parser::unary)?.held_to(Kind::Number)?;
            return Typed::new(Node::Negative(Box::new(inner.node)), Kind::Number, word);
        }
        self.member()
    }

    /// A value, and what is asked of it behind a point.
    fn member(&mut self) -> Result<Typed, Fault> {
        let mut typed = self.primary()?;
        while self.take(".").is_some() {
            let word = self.next();
            let asks = match &word.token {
                Token::Name(name) if name == "startsWith" => Node::StartsWith,
                Token::Name(name) if name == "contains" => Node::Contains,
                _ => {
                    let (zh, en) = (
                        "这里只能写 startsWith(\"…\") 或 contains(\"…\")",
                        "startsWith(\"…\") or contains(\"…\") is expected",
                    );
                    return Err(word.fault(zh, en));
                }
            };
            typed = typed.held_to(Kind::Text)?;
            let text = self.quoted_argument("\"…\"")?;
            typed = Typed::new(asks(Box::new(typed.node), text.1), Kind::Flag, typed.at)?;
        }
        Ok(typed)
    }

    /// A quoted text in brackets.
    fn quoted_argument(&mut self, like: &str) -> Result<(Word, String), Fault> {
        self.expect("(")?;
        let word = self.next();
        let Token::Text(text) = &word.token else {
            return Err(word.fault(format!("这里应写 {like}"), format!("{like} is expected here")));
        };
        let text = text.clone();
        self.expect(")")?;
        Ok((word, text))
    }

    fn primary(&mut self) -> Result<Typed, Fault> {
        let word = self.next();
        match &word.token {
            Token::Number(digits) => match Number::read(digits) {
                Some(number) => Typed::new(Node::Number(number), Kind::Number, word),
                None => Err(word.fault(
                    format!("最多 {WHOLE_DIGITS} 位整数、{PLACES} 位小数"),
                    format!("at most {WHOLE_DIGITS} digits and {PLACES} decimals"),
                )),
            },
            Token::Text(text) => Typed::new(Node::Text(text.clone()), Kind::Text, word),
            Token::Name(name) => {
                let name = name.clone();
                self.named(&name, word)
            }
            Token::Mark("(") => {
                let inner = self.below(Parser::choice)?;
                self.expect(")")?;
                Ok(inner)
            }
            _ => {
                let (zh, en) =
                    ("这里应写字段、数、\"文字\"或 (", "a field, a number, a \"text\" or ( is expected here");
                Err(word.fault(zh, en))
            }
        }
    }

    fn named(&mut self, name: &str, word: Word) -> Result<Typed, Fault> {
        match name {
            "true" => Typed::new(Node::Flag(true), Kind::Flag, word),
            "false" => Typed::new(Node::Flag(false), Kind::Flag, word),
            "today" => Typed::new(Node::Today, Kind::Day, word),
            "date" => {
                let (at, text) = self.quoted_argument("\"2026-01-31\"")?;
                let day: Date = text.parse().map_err(|_| {
                    at.fault("没有这一天；写 2026-01-31", "there is no such day; write 2026-01-31")
                })?;
                Typed::new(Node::Day(day), Kind::Day, word)
            }
            "years_since" => {
                self.expect("(")?;
                let day = self.below(Parser::choice)?.held_to(Kind::Day)?;
                self.expect(")")?;
                Typed::new(Node::YearsSince(Box::new(day.node)), Kind::Number, word)
            }
            "has" => {
                let (_, field) = self.field_argument(("has 里写一个字段", "has takes a field"))?;
                Typed::new(Node::Has(field), Kind::Flag, word)
            }
            "size" => {
                let asked = ("size 里写一个文字或列表字段", "size takes a field that is a text or a list");
                let (at, field) = self.field_argument(asked)?;
                if !matches!(field.field().form, Form::Text | Form::List) {
                    return Err(at.fault(asked.0, asked.1));
                }
                Typed::new(Node::Size(field), Kind::Number, word)
            }
            root => {
                let id = self.field(root, &word)?;
                Typed::new(Node::Field(id), kind_of(id), word)
            }
        }
    }

    /// A field in brackets, and the word it begins with; `asked` is said where there is something else.
    fn field_argument(&mut self, asked: (&str, &str)) -> Result<(Word, FieldId), Fault> {
        self.expect("(")?;
        let word = self.next();
        let Token::Name(root) = &word.token else { return Err(word.fault(asked.0, asked.1)) };
        let field = self.field(root, &word)?;
        self.expect(")")?;
        Ok((word, field))
    }

    /// A field whose first word was read.
    fn field(&mut self, root: &str, word: &Word) -> Result<FieldId, Fault> {
        let mut written = root.to_string();
        if self.take(".").is_some()
            && let Token::Name(rest) = self.next().token
        {
            written = format!("{root}.{rest}");
        }
        FieldId::find(&written).ok_or_else(|| {
            let at = Word { token: Token::End, column: word.column, written: written.clone() };
            match suggest::field(&written) {
                Some(near) => {
                    at.fault(format!("没有这个字段；是不是 {near}"), format!("no such field; is it {near}?"))
                }
                None => at.fault(
                    "没有这个字段或函数；见字段表，文字要加引号",
                    "no such field or function; see the table of fields, and put texts in quotes",
                ),
            }
        })
    }
}

//! Words of an expression, each with its column.

use super::Fault;
use crate::limits;

/// A word.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name.
    Name(String),
    /// Digits, perhaps with a point.
    Number(String),
    /// A quoted text, unquoted.
    Text(String),
    /// An operator or a bracket.
    Mark(&'static str),
    /// Nothing more.
    End,
}

/// A word, where it stands and how it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    pub token: Token,
    /// Column in characters, from 1.
    pub column: usize,
    pub written: String,
}

impl Word {
    pub fn fault(&self, zh: impl Into<String>, en: impl Into<String>) -> Fault {
        Fault { column: self.column, found: self.written.clone(), zh: zh.into(), en: en.into() }
    }
}

/// Marks; where one begins another, the longer stands first.
const MARKS: &[&str] = &[
    "&&", "||", "==", "!=", "<=", ">=", "<", ">", "!", "+", "-", "*", "/", "?", ":", "(", ")", "[", "]", ",",
    ".",
];

/// What people write instead, and what to write.
const INSTEAD: &[(&str, &str)] = &[
    ("=", "=="),
    ("&", "&&"),
    ("|", "||"),
    ("（", "("),
    ("）", ")"),
    ("，", ","),
    ("、", ","),
    ("“", "\""),
    ("”", "\""),
    ("‘", "\""),
    ("’", "\""),
    ("！", "!"),
    ("：", ":"),
    ("？", "?"),
    ("。", "."),
    ("≥", ">="),
    ("≤", "<="),
    ("≠", "!="),
    ("＞", ">"),
    ("＜", "<"),
    ("×", "*"),
    ("÷", "/"),
    ("【", "["),
    ("】", "]"),
];

/// All words, the last one [`Token::End`].
pub(super) fn words(text: &str) -> Result<Vec<Word>, Fault> {
    let chars: Vec<char> = text.chars().take(limits::EXPR_CHARS + 1).collect();
    if chars.len() > limits::EXPR_CHARS {
        return Err(too_long(text.chars().count()));
    }
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        if c.is_ascii_whitespace() {
            at += 1;
            continue;
        }
        let (token, end) = word(&chars, at)?;
        let written = chars.get(at..end).unwrap_or_default().iter().collect();
        words.push(Word { token, column: at + 1, written });
        at = end;
    }
    words.push(Word { token: Token::End, column: chars.len() + 1, written: String::new() });
    Ok(words)
}

pub(super) fn too_long(chars: usize) -> Fault {
    let most = limits::EXPR_CHARS;
    Fault {
        column: most + 1,
        found: "…".into(),
        zh: format!("有 {chars} 个字符，最多 {most} 个；请拆成几条"),
        en: format!("{chars} characters, {most} at most; make it several clauses"),
    }
}

fn word(chars: &[char], at: usize) -> Result<(Token, usize), Fault> {
    let rest = chars.get(at..).unwrap_or_default();
    match rest.first() {
        Some(c) if c.is_ascii_alphabetic() || *c == '_' => {
            let name: String = rest.iter().take_while(|c| c.is_ascii_alphanumeric() || **c == '_').collect();
            let end = at + name.len();
            Ok((Token::Name(name), end))
        }
        Some(c) if c.is_ascii_digit() => Ok(number(rest, at)),
        Some('"' | '\'') => quoted(rest, at),
        _ => mark(rest, at),
    }
}

fn number(rest: &[char], at: usize) -> (Token, usize) {
    let digits = |from: usize| rest.iter().skip(from).take_while(|c| c.is_ascii_digit()).count();
    let whole = digits(0);
    let places = if rest.get(whole) == Some(&'.') { digits(whole + 1) } else { 0 };
    let length = if places > 0 { whole + 1 + places } else { whole };
    (Token::Number(rest.iter().take(length).collect()), at + length)
}

fn quoted(rest: &[char], at: usize) -> Result<(Token, usize), Fault> {
    let mut text = String::new();
    let quote = rest.first().copied().unwrap_or('"');
    let mut i = 1;
    let fault = |i: usize, c: &str, zh: &str, en: &str| {
        Err(Fault { column: at + i + 1, found: c.into(), zh: zh.into(), en: en.into() })
    };
    loop {
        let Some(c) = rest.get(i).copied() else {
            return fault(i, "", "文字没有结束，补上引号", "the text does not end; close its quote");
        };
        i += 1;
        match c {
            _ if c == quote => return Ok((Token::Text(text), at + i)),
            '\\' => {
                let escaped = rest.get(i).copied();
                text.push(match escaped {
                    Some('n') => '\n',
                    Some('t') => '\t',
                    Some('r') => '\r',
                    Some(c @ ('\\' | '"' | '\'')) => c,
                    _ => {
                        let (zh, en) =
                            ("反斜杠后只能写 \\ \" ' n t r", r#"after a backslash write \ " ' n t or r"#);
                        return fault(i - 1, "\\", zh, en);
                    }
                });
                i += 1;
            }
            _ if c.is_control() => {
                return fault(
                    i - 1,
                    "",
                    "文字中不能有换行或控制字符，换行写 \\n",
                    r"no line break or control character inside a text; write \n",
                );
            }
            _ => text.push(c),
        }
    }
}

fn mark(rest: &[char], at: usize) -> Result<(Token, usize), Fault> {
    let starts = |mark: &str| mark.chars().enumerate().all(|(i, c)| rest.get(i) == Some(&c));
    if let Some(mark) = MARKS.iter().find(|m| starts(m)) {
        return Ok((Token::Mark(mark), at + mark.len()));
    }
    let found: String = rest.first().into_iter().collect();
    let (zh, en) = match INSTEAD.iter().find(|(wrong, _)| starts(wrong)) {
        Some((_, right)) => (format!("这里写 {right}"), format!("write {right} here")),
        None if found == "%" => ("百分之五写 0.05".into(), "write 0.05 for 5%".into()),
        None => {
            let text = "文字加英文双引号，字段用 company.、project. 或 plan. 开头".to_string();
            (text, "put a text in double quotes; a field begins with company., project. or plan.".to_string())
        }
    };
    Err(Fault { column: at + 1, found, zh, en })
}

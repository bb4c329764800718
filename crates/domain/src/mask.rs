//! Hides phone and identity numbers inside free text.
//!
//! What stays readable, digits only; each hidden digit becomes one `*`, nothing else changes:
//! - mobile numbers (`138****5678`): the first 3 and the last 4; `+86`, `0086` and `86` before them stay;
//! - fixed lines (`0511-******34`): the area code and the last 2; without an area code, after a word such as 电话, the last 2;
//! - other numbers with `+` and 8 to 15 digits: the first 2 and the last 2;
//! - identity numbers (GB 11643-1999; `321102**********34`): the first 6, which name the division, and the last 2.
//!
//! An identity number is known by its division and its day of birth. Eighteen digits whose check character is wrong are
//! hidden too, because a mistyped number still names somebody, unless they are a right credit code (GB 32100). Fifteen
//! digits are the form before 1999, which has no check character. Amounts (after ¥, before 元, 万, %, …, or with decimals,
//! when no word such as 电话 stands before them) and digits inside codes of letters and digits stay. Service numbers (400, 800,
//! 12345) are no person's and stay.

use crate::company::Uscc;
use std::borrow::Cow;

/// Digits that make a text worth reading: no number that is hidden has fewer.
const FEWEST: usize = 7;

/// The text with its phone and identity numbers hidden. `mask(mask(t)) == mask(t)`.
#[must_use]
pub fn mask(text: &str) -> Cow<'_, str> {
    if text.chars().filter(|&c| digit(c).is_some()).nth(FEWEST - 1).is_none() {
        return Cow::Borrowed(text);
    }
    let mut chars: Vec<char> = text.chars().collect();
    let mut changed = false;
    // What one pass hides may uncover a number that overlapped it; every pass hides more, so this ends.
    while pass(&mut chars) {
        changed = true;
    }
    if changed { Cow::Owned(chars.into_iter().collect()) } else { Cow::Borrowed(text) }
}

/// JSON with the phone and identity numbers inside its texts hidden; numbers, keys and order stay, so that amounts are read as they are.
/// A value whose key names a phone is read as one. What is no JSON is masked as free text.
#[must_use]
pub fn mask_json(json: &str) -> String {
    let (mut out, mut rest, mut key) = (String::with_capacity(json.len()), json, String::new());
    while let Some(start) = rest.find('"') {
        let Some(length) = string_length(&rest[start..]) else { return mask(json).into_owned() };
        let (before, after) = (&rest[..start], &rest[start + length..]);
        let Ok(text) = serde_json::from_str::<String>(&rest[start..start + length]) else {
            return mask(json).into_owned();
        };
        out.push_str(before);
        rest = after;
        if after.trim_start().starts_with(':') {
            out.push_str(&json[json.len() - after.len() - length..json.len() - after.len()]);
            key = text;
            continue;
        }
        let said = if key.contains("phone") { format!("tel {text}") } else { text };
        let hidden = mask(&said);
        let hidden =
            if key.contains("phone") { hidden.strip_prefix("tel ").unwrap_or(&hidden) } else { &hidden };
        out.push_str(&serde_json::to_string(hidden).unwrap_or_default());
    }
    if out.is_empty() {
        // Without any text: numbers and marks alone, or free text that was never JSON.
        return if serde_json::from_str::<serde_json::Value>(json).is_ok() {
            json.into()
        } else {
            mask(json).into_owned()
        };
    }
    out.push_str(rest);
    out
}

/// The length in bytes of the string of JSON that `text` starts with, its quotes included.
fn string_length(text: &str) -> Option<usize> {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return Some(at + 1),
            _ => {}
        }
    }
    None
}

/// A number that was found: the places of its digits, how many of them stay readable at both ends, and its end.
struct Found {
    digits: Vec<usize>,
    head: usize,
    tail: usize,
    end: usize,
}

fn pass(chars: &mut [char]) -> bool {
    let (mut at, mut changed) = (0, false);
    while at < chars.len() {
        let found = starts(chars, at).then(|| find(chars, at)).flatten();
        let Some(found) = found else {
            at += 1;
            continue;
        };
        let hidden = found.head..found.digits.len() - found.tail;
        for &place in &found.digits[hidden] {
            chars[place] = '*';
            changed = true;
        }
        at = found.end;
    }
    changed
}

/// Whether a number may start here: it is no later part of a longer number or of a code.
fn starts(chars: &[char], at: usize) -> bool {
    if digit(chars[at]).is_none() && chars[at] != '+' && chars[at] != '＋' {
        return false;
    }
    let Some(&before) = at.checked_sub(1).and_then(|i| chars.get(i)) else { return true };
    if digit(before).is_some() || before == '*' {
        return false;
    }
    if !before.is_ascii_alphanumeric() {
        return true;
    }
    // A code such as 9132…MA1N… has letters before its digits; `tel138…` and `wx138…` are people's.
    let word: String = chars[..at].iter().rev().take_while(|c| c.is_ascii_alphanumeric()).collect();
    let word: String = word.chars().rev().collect::<String>().to_ascii_lowercase();
    ["tel", "phone", "mobile", "mob", "cell", "wx", "vx", "wechat", "v"].contains(&word.as_str())
}

fn find(chars: &[char], at: usize) -> Option<Found> {
    identity(chars, at)
        .or_else(|| mobile(chars, at))
        .or_else(|| fixed(chars, at))
        .or_else(|| abroad(chars, at))
        .or_else(|| local(chars, at))
}

fn identity(chars: &[char], at: usize) -> Option<Found> {
    for pattern in ["dddddd-dddddddd-dddx", "ddddddddddddddd"] {
        let Some((digits, end)) = follow(chars, at, pattern).filter(|&(_, end)| ends(chars, end)) else {
            continue;
        };
        let code: String = digits.iter().map(|&i| plain(chars[i])).collect();
        if names_a_person(&code) {
            return Some(Found { digits, head: 6, tail: 2, end });
        }
    }
    None
}

/// Whether 15 or 18 characters are an identity number, or were meant to be one.
fn names_a_person(code: &str) -> bool {
    let number = |from: usize, to: usize| code.get(from..to).and_then(|t| t.parse::<u32>().ok()).unwrap_or(0);
    let known =
        matches!(number(0, 2), 11..=15 | 21..=23 | 31..=37 | 41..=46 | 50..=54 | 61..=65 | 71 | 81..=83);
    let (year, month, day) = match code.len() {
        18 => (number(6, 10), number(10, 12), number(12, 14)),
        _ => (1900 + number(6, 8), number(8, 10), number(10, 12)),
    };
    let birth = i16::try_from(year).ok().zip(i8::try_from(month).ok()).zip(i8::try_from(day).ok());
    let born = birth.is_some_and(|((y, m), d)| jiff::civil::Date::new(y, m, d).is_ok());
    if !known || !born || !(1850..2100).contains(&year) {
        return false;
    }
    code.len() == 15 || check_character(code) == code.chars().last() || Uscc::parse(code).is_err()
}

/// The eighteenth character that GB 11643-1999 gives (ISO 7064, MOD 11-2).
fn check_character(code: &str) -> Option<char> {
    const WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];
    let digits = code.chars().filter_map(|c| c.to_digit(10));
    let sum: u32 = digits.zip(WEIGHTS).map(|(d, w)| d * w).sum();
    "10X98765432".chars().nth((sum % 11) as usize)
}

/// The prefixes of the country, longest first, and none.
const COUNTRY: [&str; 4] = ["+86", "0086", "86", ""];

fn mobile(chars: &[char], at: usize) -> Option<Found> {
    for prefix in COUNTRY {
        let Some(from) = country(chars, at, prefix) else { continue };
        let Some((digits, end)) = follow(chars, from, "ddd-dddd-dddd") else { continue };
        let right = digit(chars[digits[0]]) == Some(1) && digit(chars[digits[1]]).is_some_and(|d| d >= 3);
        if right && ends(chars, end) && (prefix.starts_with('+') || !amount(chars, at, end)) {
            return Some(Found { digits, head: 3, tail: 4, end });
        }
    }
    None
}

fn fixed(chars: &[char], at: usize) -> Option<Found> {
    for prefix in COUNTRY {
        let Some(from) = country(chars, at, prefix) else { continue };
        // 010 and 02x have eight digits behind them, the others seven or eight.
        for (area, local) in [(3, "dddd-dddd"), (4, "dddd-dddd"), (4, "ddd-dddd")] {
            let trunk = digit(chars[from.min(chars.len() - 1)]) == Some(0);
            // Behind +86 the trunk zero is left out.
            if !trunk && prefix.is_empty() {
                continue;
            }
            let area = if trunk { area } else { area - 1 };
            let pattern = format!("{}-{local}", "d".repeat(area));
            let Some((digits, end)) = follow(chars, from, &pattern) else { continue };
            let value = |i: usize| digits.get(i).and_then(|&p| digit(chars[p])).unwrap_or(0);
            let city = usize::from(trunk);
            let short = value(city) == 2 || (value(city) == 1 && value(city + 1) == 0);
            let right = if area == city + 2 { short } else { !short && value(city) >= 3 };
            let counted = !trunk && !prefix.starts_with('+') && amount(chars, at, end);
            if right && value(area) >= 2 && ends(chars, end) && !counted {
                return Some(Found { digits, head: area, tail: 2, end });
            }
        }
    }
    None
}

/// Another country's number: `+` and 8 to 15 digits, one separator between groups at most.
fn abroad(chars: &[char], at: usize) -> Option<Found> {
    if chars[at] != '+' && chars[at] != '＋' {
        return None;
    }
    let (mut digits, mut i) = (Vec::new(), at + 1);
    while let Some(&c) = chars.get(i) {
        if digit(c).is_some() {
            digits.push(i);
        } else if !separator(c) || chars.get(i + 1).is_none_or(|&next| digit(next).is_none()) {
            break;
        }
        i += 1;
    }
    let right = (8..=15).contains(&digits.len()) && ends(chars, i) && !amount(chars, at, i);
    right.then_some(Found { digits, head: 2, tail: 2, end: i })
}

/// Seven or eight digits after a word that says what they are.
fn local(chars: &[char], at: usize) -> Option<Found> {
    if !said(chars, at) {
        return None;
    }
    ["dddd-dddd", "ddd-dddd"].into_iter().find_map(|pattern| {
        let (digits, end) = follow(chars, at, pattern).filter(|&(_, end)| ends(chars, end))?;
        let right = digit(chars[digits[0]]).is_some_and(|d| d >= 2);
        right.then_some(Found { digits, head: 0, tail: 2, end })
    })
}

/// Whether a word before `at` says that a phone number follows.
fn said(chars: &[char], at: usize) -> bool {
    const WORDS: [&str; 9] = ["电话", "手机", "座机", "联系方式", "传真", "tel", "phone", "mobile", "fax"];
    let before: String = chars[at.saturating_sub(12)..at].iter().collect();
    let before = before.trim_end_matches([' ', ':', '：', '\u{3000}', '(', '（', '.']).to_lowercase();
    WORDS.iter().any(|word| before.ends_with(word))
}

/// Where the number goes on behind a country's prefix.
fn country(chars: &[char], at: usize, prefix: &str) -> Option<usize> {
    for (i, wanted) in prefix.chars().enumerate() {
        let c = *chars.get(at + i)?;
        if plain(c) != wanted && !(wanted == '+' && c == '＋') {
            return None;
        }
    }
    let from = at + prefix.chars().count();
    Some(if prefix.is_empty() { from } else { skip(chars, from) }).filter(|&from| from < chars.len())
}

/// The places of the digits of a pattern (`d` a digit, `x` a digit or X, `-` up to three separators or none), and its end.
fn follow(chars: &[char], at: usize, pattern: &str) -> Option<(Vec<usize>, usize)> {
    let (mut digits, mut i) = (Vec::new(), at);
    for wanted in pattern.chars() {
        if wanted == '-' {
            i = skip(chars, i);
            continue;
        }
        let c = *chars.get(i)?;
        if digit(c).is_none() && !(wanted == 'x' && matches!(c, 'x' | 'X' | 'Ｘ')) {
            return None;
        }
        digits.push(i);
        i += 1;
    }
    Some((digits, i))
}

fn skip(chars: &[char], from: usize) -> usize {
    from + chars[from.min(chars.len())..].iter().take(3).take_while(|&&c| separator(c)).count()
}

fn separator(c: char) -> bool {
    matches!(c, ' ' | '-' | '－' | '–' | '—' | '(' | ')' | '（' | '）' | '\u{a0}' | '\u{3000}' | '/')
}

/// Whether a number may end before `end`: it is no first part of a longer number or of a code.
fn ends(chars: &[char], end: usize) -> bool {
    chars.get(end).is_none_or(|&c| digit(c).is_none() && !c.is_ascii_alphanumeric() && c != '*')
}

/// Whether the digits from `at` to `end` are an amount.
fn amount(chars: &[char], at: usize, end: usize) -> bool {
    const BEFORE: [&str; 9] = ["¥", "￥", "$", "€", "£", "rmb", "cny", "usd", "eur"];
    const AFTER: [&str; 21] = [
        "元",
        "万",
        "亿",
        "千",
        "百",
        "美元",
        "港元",
        "港币",
        "欧元",
        "日元",
        "英镑",
        "美金",
        "人民币",
        "股",
        "吨",
        "亩",
        "平方",
        "㎡",
        "%",
        "％",
        "台",
    ];
    if said(chars, at) {
        return false;
    }
    let left: String = chars[at.saturating_sub(5)..at].iter().collect();
    let right: String = chars[end..].iter().take(5).collect();
    let left = left.trim_end().to_lowercase();
    let unit = right.trim_start().to_lowercase();
    if BEFORE.iter().any(|b| left.ends_with(b))
        || AFTER.iter().chain(&BEFORE[5..]).any(|a| unit.starts_with(a))
    {
        return true;
    }
    // `.00` or `,000` go on with the number; a comma before another phone number does not.
    let decimals = right.strip_prefix('.').map(|r| r.chars().take_while(|&c| digit(c).is_some()).count());
    matches!(decimals, Some(1..=3))
}

/// The value of an ASCII or full-width digit.
fn digit(c: char) -> Option<u32> {
    plain(c).to_digit(10)
}

/// Full-width digits and letters as ASCII, everything else as it is.
fn plain(c: char) -> char {
    let code = u32::from(c);
    if (0xff10..=0xff5a).contains(&code) {
        return char::from_u32(code - 0xfee0).unwrap_or(c).to_ascii_uppercase();
    }
    if c == 'x' { 'X' } else { c }
}

#[cfg(test)]
mod tests;

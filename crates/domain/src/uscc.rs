//! Unified social credit codes, GB 32100-2015.

use crate::company::Uscc;
use crate::text;
use std::fmt;

/// The 31 characters of the standard, in the order of their values (no I, O, S, V, Z).
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";

/// Why a text is not a unified social credit code.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UsccFault {
    /// A registration number from before 2015 (15 digits, or 13 before 2007, or `企独苏苏办字第…号`): no credit code at all.
    OldRegistrationNumber,
    /// An organisation code (GB 11714, nine characters): no credit code at all.
    OrganisationCode,
    /// Not eighteen characters, but this many.
    Length(usize),
    /// A character that the standard does not use, and its place from 1.
    Character(char, usize),
    /// The eighteenth character does not follow from the other seventeen.
    Check {
        /// The character that the standard asks for.
        expected: char,
        /// The character that stands there.
        found: char,
    },
}

impl UsccFault {
    /// Whether the text is a well-known other number rather than a damaged credit code.
    #[must_use]
    pub fn is_other_number(&self) -> bool {
        matches!(self, UsccFault::OldRegistrationNumber | UsccFault::OrganisationCode)
    }
}

impl fmt::Display for UsccFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            UsccFault::OldRegistrationNumber => write!(f, "an old registration number, not a credit code"),
            UsccFault::OrganisationCode => write!(f, "an organisation code, not a credit code"),
            UsccFault::Length(n) => write!(f, "{n} characters; a credit code has 18"),
            UsccFault::Character(c, place) => {
                write!(f, "`{c}` at place {place}; GB 32100-2015 uses 0-9 and A-Y without I, O, S, V")
            }
            UsccFault::Check { expected, found } => {
                write!(f, "the check character is `{found}`; GB 32100-2015 gives `{expected}`")
            }
        }
    }
}

impl Uscc {
    /// Reads a code; full-width forms, small letters, spaces and hyphens are folded.
    ///
    /// # Errors
    /// The first rule of GB 32100-2015 that the text breaks, or which other number it is.
    pub fn parse(input: &str) -> Result<Uscc, UsccFault> {
        let code: String =
            text::squeeze(input).chars().filter(|c| *c != '-').collect::<String>().to_ascii_uppercase();
        let length = code.chars().count();
        let digits = code.bytes().all(|b| b.is_ascii_digit());
        if (digits && matches!(length, 13 | 15)) || code.contains("字第") {
            return Err(UsccFault::OldRegistrationNumber);
        }
        if length == 9 && code.bytes().all(|b| b.is_ascii_alphanumeric()) {
            return Err(UsccFault::OrganisationCode);
        }
        if length != 18 {
            return Err(UsccFault::Length(length));
        }
        if let Some((at, c)) = code.chars().enumerate().find(|(_, c)| value(*c).is_none()) {
            return Err(UsccFault::Character(c, at + 1));
        }
        let expected = check_character(&code);
        match code.chars().last() {
            Some(found) if found == expected => Ok(Uscc(code)),
            found => Err(UsccFault::Check { expected, found: found.unwrap_or(' ') }),
        }
    }
}

impl fmt::Display for Uscc {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The check character over the first seventeen characters: weights are powers of 3 modulo 31 (GB 32100-2015, 附录 A).
#[must_use]
pub fn check_character(code: &str) -> char {
    let mut weight = 1u32;
    let mut sum = 0u32;
    for c in code.chars().take(17) {
        sum += value(c).unwrap_or(0) * weight;
        weight = weight * 3 % 31;
    }
    let place = (31 - sum % 31) % 31;
    char::from(ALPHABET[place as usize])
}

fn value(c: char) -> Option<u32> {
    let byte = u8::try_from(c).ok()?;
    ALPHABET.iter().position(|a| *a == byte).and_then(|at| u32::try_from(at).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    // 91350100M000100Y43 is the worked example of GB 32100-2015.
    const EXAMPLE: &str = "91350100M000100Y43";

    #[test]
    fn the_example_of_the_standard_passes() {
        assert_eq!(Uscc::parse(EXAMPLE).unwrap().as_str(), EXAMPLE);
        assert_eq!(Uscc::parse(" ９１350100-m000100ｙ43 ").unwrap().as_str(), EXAMPLE);
    }

    #[test]
    fn every_single_changed_character_is_noticed() {
        for at in 0..18 {
            for new in ALPHABET {
                let mut bytes = EXAMPLE.as_bytes().to_vec();
                if bytes[at] == *new {
                    continue;
                }
                bytes[at] = *new;
                let text = String::from_utf8(bytes).unwrap();
                assert!(matches!(Uscc::parse(&text), Err(UsccFault::Check { .. })), "{text}");
            }
        }
    }

    #[test]
    fn faults_name_their_rule() {
        assert_eq!(Uscc::parse("320500000012345"), Err(UsccFault::OldRegistrationNumber));
        assert_eq!(Uscc::parse("3205002301234"), Err(UsccFault::OldRegistrationNumber));
        assert_eq!(Uscc::parse("企独苏苏办字第0012号"), Err(UsccFault::OldRegistrationNumber));
        assert_eq!(Uscc::parse("20695047-4"), Err(UsccFault::OrganisationCode));
        assert_eq!(Uscc::parse("9135"), Err(UsccFault::Length(4)));
        assert_eq!(Uscc::parse("9135O100M000100Y43"), Err(UsccFault::Character('O', 5)));
        assert_eq!(Uscc::parse("91350100M000100Y44"), Err(UsccFault::Check { expected: '3', found: '4' }));
    }
}

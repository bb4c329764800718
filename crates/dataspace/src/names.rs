//! Which messages came already.

use serde::{Deserialize, Serialize};

/// The most names that one exchange remembers; a message that was late by as many others is not known any more.
pub const NAMES: usize = 64;

/// The names under which the messages of an exchange came, the newest last. A message that comes again, however late and whatever came in
/// between, must not take effect again: a start that was delayed would start a transfer that was suspended since.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Names(Vec<String>);

impl Names {
    /// One name, if the first message had one.
    #[must_use]
    pub fn first(name: Option<&str>) -> Names {
        Names::default().with(name)
    }

    /// Whether a message of this name came; one without a name never did.
    #[must_use]
    pub fn has(&self, name: Option<&str>) -> bool {
        name.is_some_and(|name| self.0.iter().any(|n| n == name))
    }

    /// The same and one more; the oldest goes when there are too many.
    #[must_use]
    pub fn with(&self, name: Option<&str>) -> Names {
        let mut all = self.0.clone();
        all.extend(name.map(str::to_string));
        let surplus = all.len().saturating_sub(NAMES);
        all.drain(..surplus);
        Names(all)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_remembered_up_to_a_limit() {
        let mut names = Names::first(None);
        assert!(!names.has(None) && !names.has(Some("m0")));
        for i in 0..=NAMES {
            names = names.with(Some(&format!("m{i}")));
        }
        assert!(!names.has(Some("m0")) && names.has(Some("m1")) && names.has(Some(&format!("m{NAMES}"))));
        assert_eq!(names.with(None), names);
        let json = serde_json::to_string(&Names::first(Some("a"))).unwrap();
        assert_eq!(json, r#"["a"]"#);
    }
}

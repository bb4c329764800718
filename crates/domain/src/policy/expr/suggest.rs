//! The field that somebody probably meant.

use crate::policy::field::FIELDS;

/// The word of the field nearest to what was written; `None` when none is near.
pub(super) fn field(written: &str) -> Option<&'static str> {
    let tail = |word: &str| word.rsplit('.').next().unwrap_or(word).to_string();
    let near = |word: &str| distance(word, written).min(distance(&tail(word), &tail(written)) + 1);
    let best = FIELDS.iter().map(|f| f.word).min_by_key(|word| near(word))?;
    (near(best) <= 1 + tail(written).len() / 4).then_some(best)
}

/// The fewest characters to put in, take out or change.
fn distance(a: &str, b: &str) -> usize {
    let b: Vec<char> = b.chars().collect();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (i, x) in a.chars().enumerate() {
        let mut corner = i;
        let mut left = i + 1;
        if let Some(first) = row.first_mut() {
            *first = left;
        }
        for (y, above) in b.iter().zip(row.iter_mut().skip(1)) {
            let change = corner + usize::from(x != *y);
            corner = *above;
            left = change.min(left + 1).min(*above + 1);
            *above = left;
        }
    }
    row.last().copied().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_near_is_offered_and_what_is_not_is_not() {
        assert_eq!(field("company.employes"), Some("company.employees"));
        assert_eq!(field("employees"), Some("company.employees"));
        assert_eq!(field("project.employees"), Some("company.employees"));
        assert_eq!(field("company.weather"), None);
        assert_eq!((distance("kitten", "sitting"), distance("", "abc"), distance("abc", "")), (3, 3, 3));
    }
}

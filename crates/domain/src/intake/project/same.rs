//! How alike two names of projects are.

use crate::name;

/// Words that projects of any kind carry; longer first.
const COMMON: [&str; 12] = [
    "建设项目",
    "项目一期",
    "投资项目",
    "生产项目",
    "项目",
    "工程",
    "建设",
    "一期",
    "年产",
    "新建",
    "基地",
    "投资",
];

/// How alike two names are, in hundredths: 100 for the same but for widths, brackets, spaces and words such as 项目; by shared pairs of characters else
/// (Dice's coefficient). A second phase (二期) is never like another phase.
#[must_use]
pub fn likeness(a: &str, b: &str) -> u32 {
    if phase(a) != phase(b) {
        return 0;
    }
    let (a, b) = (core(a), core(b));
    if a.is_empty() || b.is_empty() {
        return 0;
    }
    if a == b {
        return 100;
    }
    let (mut left, mut right) = (pairs(&a), pairs(&b));
    let all = left.len() + right.len();
    if all == 0 {
        return 0;
    }
    left.sort_unstable();
    right.sort_unstable();
    let (mut i, mut j, mut shared) = (0, 0, 0usize);
    while i < left.len() && j < right.len() {
        match left[i].cmp(&right[j]) {
            std::cmp::Ordering::Less => i += 1,
            std::cmp::Ordering::Greater => j += 1,
            std::cmp::Ordering::Equal => {
                shared += 1;
                i += 1;
                j += 1;
            }
        }
    }
    // At most 99: only the same is the same.
    u32::try_from(200 * shared / all).unwrap_or(0).min(99)
}

/// 1 unless the name says 二期, 三期, 二阶段 …
fn phase(name: &str) -> u32 {
    const NUMBERS: [(char, u32); 12] = [
        ('二', 2),
        ('三', 3),
        ('四', 4),
        ('五', 5),
        ('六', 6),
        ('2', 2),
        ('3', 3),
        ('4', 4),
        ('5', 5),
        ('6', 6),
        ('Ⅱ', 2),
        ('Ⅲ', 3),
    ];
    let chars: Vec<char> = crate::text::squeeze(name).chars().collect();
    let before = |i: usize| i.checked_sub(1).and_then(|i| NUMBERS.iter().find(|(c, _)| *c == chars[i]));
    chars.iter().enumerate().filter(|(_, c)| **c == '期').find_map(|(i, _)| before(i)).map_or(1, |(_, n)| *n)
}

fn core(name: &str) -> Vec<char> {
    let mut folded: String = name::fold(name).into_iter().filter(|c| c.is_alphanumeric()).collect();
    for word in COMMON {
        let bare = folded.replace(word, "");
        if !bare.is_empty() {
            folded = bare;
        }
    }
    folded.chars().collect()
}

fn pairs(chars: &[char]) -> Vec<(char, char)> {
    chars.windows(2).map(|w| (w[0], w[1])).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dress_does_not_matter_and_phases_do() {
        assert_eq!(likeness("船用曲轴生产项目", "船用曲轴（项目）"), 100);
        assert!(likeness("年产500台船用推进器项目", "船用推进器制造基地项目") >= 50);
        assert!(likeness("船用曲轴项目", "氢能电堆项目") < 30);
        assert_eq!(likeness("船用曲轴项目二期", "船用曲轴项目"), 0);
        assert_eq!(likeness("船用曲轴项目一期", "船用曲轴项目"), 100);
    }

    proptest! {
        #[test]
        fn it_is_symmetric_and_never_panics(a in "\\PC{0,20}", b in "\\PC{0,20}") {
            prop_assert_eq!(likeness(&a, &b), likeness(&b, &a));
            prop_assert!(likeness(&a, &b) <= 100);
        }
    }
}

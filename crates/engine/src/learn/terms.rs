//! From a company's texts to weighted character n-grams.

use super::text::{Clause, clauses, name_parts};
use super::{Product, Settings};

/// Up to four characters (21 bits each) and the field they stand for, in one number.
pub(super) type Gram = u128;

/// Where the text of a clause was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Source {
    /// 经营范围
    Scope,
    /// 产品, with the index of the product
    Product(usize),
    /// 企业名称
    Name,
}

/// A clause with its weight in the document.
pub(super) struct Weighed {
    pub source: Source,
    pub clause: Clause,
    pub weight: f32,
}

/// Whether a product is a line of bookkeeping (平衡项目, 分部间抵销, 租赁 …) that says nothing about the business.
#[must_use]
pub fn is_bookkeeping(product: &str) -> bool {
    const LINES: [&str; 9] =
        ["平衡项目", "分部间抵销", "抵销", "抵消", "调整项目", "租赁", "租金", "房租", "内部"];
    LINES.iter().any(|line| product.contains(line)) || product.starts_with("其他")
}

/// The clauses of a company: first clauses of the scope count most, boilerplate trades little, and products by their
/// share of revenue.
pub(super) fn weighed(settings: &Settings, name: &str, scope: &str, products: &[Product]) -> Vec<Weighed> {
    const ASIDES: [&str; 6] = ["进出口", "物业", "租赁", "投资", "咨询", "转让"];
    let mut out = Vec::new();
    let mut position = 0.0_f32;
    for clause in clauses(scope) {
        let mut weight = 1.0 / (1.0 + position / settings.half_clauses);
        if ASIDES.iter().any(|aside| clause.contains(aside)) {
            weight *= settings.aside_weight;
        }
        out.push(Weighed { source: Source::Scope, clause, weight });
        position += 1.0;
    }
    for (i, product) in products.iter().enumerate() {
        if product.share < 0.0 || is_bookkeeping(&product.name) {
            continue;
        }
        let weight = settings.product_floor + product.share.min(1.0);
        let found = clauses(&product.name);
        out.extend(found.into_iter().map(|clause| Weighed { source: Source::Product(i), clause, weight }));
    }
    if settings.name_weight > 0.0 {
        let parts = name_parts(name);
        out.extend(parts.into_iter().map(|clause| Weighed {
            source: Source::Name,
            clause,
            weight: settings.name_weight,
        }));
    }
    out
}

/// Every n-gram of a weighed clause: the gram, where it begins, its length in characters and its weight.
pub(super) fn each_gram(
    settings: &Settings,
    weighed: &Weighed,
    visit: &mut dyn FnMut(Gram, usize, usize, f32),
) {
    let chars = &weighed.clause.chars;
    let in_name = weighed.source == Source::Name;
    let longest = if in_name { settings.longest.min(3) } else { settings.longest };
    for length in settings.shortest..=longest {
        for (start, window) in chars.windows(length).enumerate() {
            visit(pack(window, ANYWHERE), start, length, weighed.weight);
            if in_name && length <= 2 {
                visit(pack(window, IN_NAME), start, length, weighed.weight * settings.name_only);
            }
        }
    }
    if in_name && settings.name_end > 0.0 {
        for length in (1..=2).filter(|l| *l <= chars.len()) {
            let start = chars.len() - length;
            visit(pack(&chars[start..], NAME_END), start, length, settings.name_end);
        }
    }
}

/// The grams of the clauses with their summed weight, in the order of the gram.
pub(super) fn terms(settings: &Settings, weighed: &[Weighed]) -> Vec<(Gram, f32)> {
    let mut all = Vec::new();
    for clause in weighed {
        each_gram(settings, clause, &mut |gram, _, _, weight| all.push((gram, weight)));
    }
    all.sort_by_key(|(gram, _)| *gram);
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    all
}

const ANYWHERE: u128 = 0;
const IN_NAME: u128 = 1;
const NAME_END: u128 = 2;

fn pack(chars: &[char], field: u128) -> Gram {
    chars.iter().fold(field, |packed, c| packed << 21 | u128::from(u32::from(*c))) | (field << 120)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn grams_of_fields_never_meet() {
        let ab: Vec<char> = "船舶".chars().collect();
        assert_ne!(pack(&ab, ANYWHERE), pack(&ab, IN_NAME));
        assert_ne!(pack(&ab, IN_NAME), pack(&ab, NAME_END));
        assert_ne!(pack(&ab[..1], ANYWHERE), pack(&ab, ANYWHERE));
    }

    #[test]
    fn early_clauses_weigh_more_and_bookkeeping_nothing() {
        let products = [
            Product { name: "平衡项目".into(), share: 0.9 },
            Product { name: "齿轮".into(), share: 0.5 },
            Product { name: "轴承".into(), share: -0.5 },
        ];
        let all = weighed(&Settings::default(), "", "船舶制造；货物进出口；钢材", &products);
        let weights: Vec<(String, f32)> = all.iter().map(|w| (w.clause.text(), w.weight)).collect();
        assert_eq!(weights.len(), 4, "{weights:?}");
        assert!(weights[0].1 > weights[2].1 && weights[2].1 > weights[1].1, "{weights:?}");
        assert_eq!(weights[3].0, "齿轮");
    }

    #[test]
    fn repeated_grams_are_summed() {
        let settings =
            Settings { shortest: 2, longest: 2, half_clauses: f32::INFINITY, ..Settings::default() };
        let found = terms(&settings, &weighed(&settings, "", "船舶；船舶", &[]));
        assert_eq!(found.len(), 1);
        assert!((found[0].1 - 2.0).abs() < 1e-6);
    }
}

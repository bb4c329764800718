//! Who is credited with a project, and how much, per kind of figure: an agreement between officers, units or zones.
//!
//! Shares are thousandths, so that 10:90 or a third can be written; every figure's shares sum to a whole. An agreement counts
//! for nothing until both sides have confirmed it.

use crate::credit;
use crate::limits::{CREDIT_SHARES, LINE_CHARS};
use crate::words::words;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

words! {
    /// The kind of figure that is split.
    Figure "no kind of figure" {
        /// Signed projects: their number and planned investment.
        Signed = "signed", "签约", "signed";
        /// Money that has arrived (到位资金).
        Arrived = "arrived", "到位资金", "money arrived";
        /// Foreign capital actually used.
        Foreign = "foreign_used", "实际使用外资", "foreign capital used";
        /// Taxes paid.
        Tax = "tax", "税收", "tax";
        /// Output value and GDP.
        Output = "output", "产值和 GDP", "output and GDP";
    }
}

words! {
    /// Who a share belongs to.
    PartyKind "no kind of party" {
        /// A person, by number.
        Officer = "officer", "专员", "officer";
        /// A unit, by number.
        Unit = "unit", "部门", "unit";
        /// Another zone, by name.
        Zone = "zone", "园区", "zone";
    }
}

/// One share.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Share {
    /// Of which figure.
    pub figure: Figure,
    /// What kind of party.
    pub party: PartyKind,
    /// Its number, or a zone's name.
    pub who: String,
    /// Thousandths.
    pub per_mille: u16,
}

/// The splits that an agreement makes of a project, one per figure: what a fact about credit holds.
#[must_use]
pub fn splits(shares: &[Share]) -> Vec<credit::Split> {
    let of = |figure: Figure| {
        let mine = shares.iter().filter(|s| s.figure == figure);
        let shares =
            mine.map(|s| credit::Share { party: format!("{}:{}", s.party, s.who), per_mille: s.per_mille });
        credit::Split { figure: figure.as_str().to_string(), shares: shares.collect() }
    };
    Figure::ALL.iter().map(|f| of(*f)).filter(|s| !s.shares.is_empty()).collect()
}

/// Checks an agreement: every figure's shares sum to 1000, no party stands twice, each share is positive.
///
/// # Errors
/// The figure or share at fault and what to do.
pub fn check(shares: &[Share]) -> Result<(), String> {
    if shares.is_empty() || shares.len() > CREDIT_SHARES {
        return Err(format!("shares: write 1 to {CREDIT_SHARES} of them (these are {})", shares.len()));
    }
    let mut sums: BTreeMap<Figure, u32> = BTreeMap::new();
    for (i, share) in shares.iter().enumerate() {
        let Share { figure, party, who, per_mille } = share;
        if *per_mille == 0 || *per_mille > 1_000 {
            return Err(format!("share {}: {per_mille}‰ must be 1 to 1000", i + 1));
        }
        let is_number = who.parse::<i64>().is_ok_and(|n| n > 0);
        if who.trim().is_empty()
            || who.chars().count() > LINE_CHARS
            || (*party != PartyKind::Zone && !is_number)
        {
            return Err(format!("share {}: `{who}` names no {party}", i + 1));
        }
        if shares[..i].iter().any(|s| (s.figure, s.party, &s.who) == (*figure, *party, who)) {
            return Err(format!("share {}: this {party} has a share of {figure} already", i + 1));
        }
        *sums.entry(*figure).or_default() += u32::from(*per_mille);
    }
    if let Some((figure, sum)) = sums.iter().find(|(_, sum)| **sum != 1_000) {
        return Err(format!("{figure}: the shares sum to {sum}‰; they must sum to 1000‰"));
    }
    // Officers share among themselves, units and zones among themselves.
    splits(shares)
        .iter()
        .try_for_each(|split| split.check().map_err(|fault| format!("{}: {}", split.figure, fault.words().1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(figure: Figure, party: PartyKind, who: &str, per_mille: u16) -> Share {
        Share { figure, party, who: who.into(), per_mille }
    }

    #[test]
    fn the_splits_of_a_project_that_moved_can_be_written() {
        // 到位资金 and 税 10:90, GDP 50:50: one published example.
        let zones = |figure, a, b| {
            [share(figure, PartyKind::Zone, "甲区", a), share(figure, PartyKind::Zone, "乙区", b)]
        };
        let all =
            [zones(Figure::Arrived, 100, 900), zones(Figure::Tax, 100, 900), zones(Figure::Output, 500, 500)]
                .concat();
        assert_eq!(check(&all), Ok(()));
        let splits = splits(&all);
        assert_eq!(splits.len(), 3);
        for split in splits {
            assert_eq!(credit::Split::parse(&split.to_json()), Ok(split.clone()), "figures read it");
            assert_eq!(split.parties().len(), 2);
        }
    }

    #[test]
    fn what_does_not_sum_to_a_whole_is_refused() {
        let two = |a, b| {
            [
                share(Figure::Signed, PartyKind::Officer, "1", a),
                share(Figure::Signed, PartyKind::Officer, "2", b),
            ]
        };
        assert_eq!(check(&two(500, 500)), Ok(()));
        assert!(check(&two(500, 499)).unwrap_err().contains("signed: the shares sum to 999‰"));
        assert!(check(&two(1_000, 0)).unwrap_err().starts_with("share 2: 0‰"));
        assert!(
            check(&[share(Figure::Tax, PartyKind::Unit, "甲", 1_000)]).unwrap_err().contains("names no unit")
        );
        let twice =
            [share(Figure::Tax, PartyKind::Zone, "甲", 500), share(Figure::Tax, PartyKind::Zone, "甲", 500)];
        assert!(check(&twice).unwrap_err().contains("already"));
        assert!(check(&[]).is_err());
    }
}

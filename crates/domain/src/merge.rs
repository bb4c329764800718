//! What is known of a company after one more row about it was read.

use crate::company::{Company, Status};
use crate::name::fold;

/// `old` with everything that `new` says: a field that the new row leaves empty keeps its old value, a changed name
/// becomes a former name, and lists grow without doubles. Merging the same row twice changes nothing more.
#[must_use]
pub fn merge(old: &Company, new: &Company) -> Company {
    let mut out = old.clone();
    // Brackets and letters of another width are no change of name.
    if !new.name.is_empty() && fold(&new.name) != fold(&old.name) {
        push(&mut out.former_names, &old.name);
        out.name.clone_from(&new.name);
    }
    for name in &new.former_names {
        push(&mut out.former_names, name);
    }
    out.former_names.retain(|n| *n != out.name);
    for name in &new.short_names {
        push(&mut out.short_names, name);
    }
    if new.status != Status::Unknown {
        out.status = new.status;
    }
    take(&mut out.uscc, new.uscc.as_ref());
    take(&mut out.capital, new.capital.as_ref());
    take(&mut out.paid_in, new.paid_in.as_ref());
    take(&mut out.established, new.established.as_ref());
    take(&mut out.industry, new.industry.as_ref());
    take(&mut out.insured, new.insured.as_ref());
    if let Some(region) = new.region {
        // A row that only says the province does not take a known city away.
        let coarser =
            out.region.is_some_and(|r| r != region && (region == r.city() || region == r.province()));
        if !coarser {
            out.region = Some(region);
        }
    }
    for (field, value) in
        [(&mut out.kind, &new.kind), (&mut out.scope, &new.scope), (&mut out.address, &new.address)]
    {
        if !value.is_empty() {
            field.clone_from(value);
        }
    }
    for product in &new.products {
        push(&mut out.products, product);
    }
    for signal in &new.signals {
        if !out.signals.contains(signal) {
            out.signals.push(signal.clone());
        }
    }
    out
}

fn push(list: &mut Vec<String>, value: &str) {
    if !value.is_empty() && !list.iter().any(|v| v == value) {
        list.push(value.to_string());
    }
}

fn take<T: Clone>(field: &mut Option<T>, value: Option<&T>) {
    if let Some(value) = value {
        *field = Some(value.clone());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::company::{Currency, Money, RegionCode};

    fn company(name: &str) -> Company {
        Company {
            name: name.into(),
            region: Some(RegionCode(321_111)),
            capital: Some(Money { amount: 5_000_000, currency: Currency::Cny }),
            scope: "船用曲轴制造".into(),
            products: vec!["曲轴".into()],
            ..Company::default()
        }
    }

    #[test]
    fn the_same_row_twice_changes_nothing() {
        let old = company("镇江甲有限公司");
        assert_eq!(merge(&old, &old), old);
        let new =
            Company { name: "镇江乙有限公司".into(), products: vec!["连杆".into()], ..company("") };
        let once = merge(&old, &new);
        assert_eq!(merge(&once, &new), once);
        assert_eq!(once.former_names, ["镇江甲有限公司"]);
        assert_eq!(once.products, ["曲轴", "连杆"]);
        let wide = Company { name: "甲（镇江）有限公司".into(), ..old };
        assert_eq!(merge(&wide, &Company { name: "甲(镇江)有限公司".into(), ..wide.clone() }), wide);
    }

    #[test]
    fn empty_fields_and_coarser_places_take_nothing_away() {
        let old = company("镇江甲有限公司");
        let new = Company { name: old.name.clone(), region: Some(RegionCode(320_000)), ..Company::default() };
        assert_eq!(merge(&old, &new), old);
        let moved = Company { region: Some(RegionCode(330_100)), ..new };
        assert_eq!(merge(&old, &moved).region, Some(RegionCode(330_100)));
    }
}

//! What a zone (高新区) says about itself: where it is, who counts as a resident, what it is compared with, and how it weighs targets.

use crate::company::RegionCode;
use crate::limits;
use crate::role::Lang;
use crate::scope::Reading;
use jiff::SignedDuration;
use serde::{Deserialize, Serialize};

/// The settings of the one zone that an instance serves.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ZoneSettings {
    /// Chinese name, e.g. 镇江高新区.
    pub name: String,
    /// English name.
    pub name_en: String,
    /// The division the zone lies in.
    pub region: Option<RegionCode>,
    /// How residents are recognised in the universe, beside the list that people import.
    pub resident_rule: Option<ResidentRule>,
    /// What the zone is compared with.
    pub reference: Reference,
    /// Divisions where the zone promotes itself (offices, meetings, partners).
    pub footprints: Vec<RegionCode>,
    /// How much each feature of a target counts; a feature that is not named keeps its default.
    pub weights: Vec<Weight>,
    /// Whether the duties of system, security and audit administration are separated (三员分立). The store switches it.
    pub separated: bool,
    /// Who may read the records of projects and leads.
    pub scope: Reading,
    /// Minutes after which a session that nobody uses ends; [`limits::IDLE_MINUTES`] when not set.
    pub idle_minutes: Option<u16>,
}

/// A company counts as a resident when it lies in `region` and its address holds one of `address_contains`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ResidentRule {
    /// The division it must lie in.
    pub region: RegionCode,
    /// Words of which its address must hold at least one; none means that the division decides.
    pub address_contains: Vec<String>,
}

/// What a zone's companies are compared with to find gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reference {
    /// All companies of the universe.
    #[default]
    Nation,
    /// The companies of these cities.
    Cities(Vec<RegionCode>),
}

/// One weight of the target score.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weight {
    /// The feature's name.
    pub name: String,
    /// Thousandths; a risk may weigh less than zero.
    pub per_mille: i32,
}

impl ZoneSettings {
    /// Checks what a form or a file says before it is kept.
    ///
    /// # Errors
    /// The first field at fault and what to do about it.
    pub fn check(&self) -> Result<(), String> {
        if self.name.trim().is_empty() {
            return Err("name: a zone needs a name".to_string());
        }
        let mut regions: Vec<(&str, RegionCode)> = Vec::new();
        regions.extend(self.region.map(|r| ("region", r)));
        regions.extend(self.footprints.iter().map(|&r| ("footprints", r)));
        if let Some(rule) = &self.resident_rule {
            regions.push(("resident_rule.region", rule.region));
            if rule.address_contains.len() > limits::RESIDENT_RULE_WORDS {
                return Err(format!("resident_rule: at most {} words", limits::RESIDENT_RULE_WORDS));
            }
            if rule.address_contains.iter().any(|w| w.trim().is_empty()) {
                return Err("resident_rule: an empty word would match every address; remove it".to_string());
            }
        }
        if let Reference::Cities(cities) = &self.reference {
            if cities.is_empty() {
                return Err("reference: name at least one city, or compare with the nation".to_string());
            }
            regions.extend(cities.iter().map(|&r| ("reference", r)));
        }
        if regions.len() > limits::ZONE_REGIONS {
            return Err(format!("at most {} divisions in all", limits::ZONE_REGIONS));
        }
        if let Some((field, r)) = regions.iter().find(|(_, r)| !(110_000..=829_999).contains(&r.0)) {
            return Err(format!("{field}: {} is no six-digit division code of GB/T 2260", r.0));
        }
        let allowed = limits::IDLE_MINUTES_LEAST..=limits::IDLE_MINUTES_MOST;
        if self.idle_minutes.is_some_and(|m| !allowed.contains(&m)) {
            return Err(format!("idle_minutes: {} to {} minutes", allowed.start(), allowed.end()));
        }
        self.check_weights()
    }

    /// The name in a language: the Chinese one where there is no English one, and `高新区` before it is set.
    #[must_use]
    pub fn title(&self, lang: Lang) -> &str {
        match (&self.name, &self.name_en) {
            (_, english) if lang == Lang::En && !english.is_empty() => english,
            (name, _) if name.is_empty() => "高新区",
            (name, _) => name,
        }
    }

    /// How long a session may stay unused before it ends.
    #[must_use]
    pub fn idle(&self) -> SignedDuration {
        SignedDuration::from_mins(i64::from(self.idle_minutes.unwrap_or(limits::IDLE_MINUTES)))
    }

    /// The weight of `name` in thousandths, when the zone sets one.
    #[must_use]
    pub fn weight(&self, name: &str) -> Option<i32> {
        self.weights.iter().find(|w| w.name == name).map(|w| w.per_mille)
    }

    fn check_weights(&self) -> Result<(), String> {
        if self.weights.len() > limits::ZONE_WEIGHTS {
            return Err(format!("weights: at most {}", limits::ZONE_WEIGHTS));
        }
        for (i, w) in self.weights.iter().enumerate() {
            if self.weights[..i].iter().any(|o| o.name == w.name) {
                return Err(format!("weights: `{}` is set twice", w.name));
            }
            if w.per_mille.abs() > limits::WEIGHT_PER_MILLE {
                return Err(format!("weights: `{}` must lie within ±{}‰", w.name, limits::WEIGHT_PER_MILLE));
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn zone() -> ZoneSettings {
        ZoneSettings {
            name: "镇江高新区".to_string(),
            region: Some(RegionCode(321_112)),
            resident_rule: Some(ResidentRule {
                region: RegionCode(321_100),
                address_contains: vec!["高新".to_string()],
            }),
            reference: Reference::Cities(vec![RegionCode(320_100)]),
            weights: vec![Weight { name: "fit".to_string(), per_mille: 1000 }],
            ..ZoneSettings::default()
        }
    }

    #[test]
    fn each_fault_names_its_field() {
        assert_eq!(zone().check(), Ok(()));
        assert_eq!((zone().weight("fit"), zone().weight("size")), (Some(1000), None));
        let fault = |change: fn(&mut ZoneSettings)| {
            let mut z = zone();
            change(&mut z);
            z.check().unwrap_err()
        };
        assert!(fault(|z| z.name = " ".to_string()).starts_with("name"));
        assert!(fault(|z| z.region = Some(RegionCode(42))).starts_with("region: 42"));
        assert!(fault(|z| z.reference = Reference::Cities(Vec::new())).starts_with("reference"));
        assert!(fault(|z| z.footprints = vec![RegionCode(990_000)]).starts_with("footprints"));
        assert!(fault(|z| z.idle_minutes = Some(4)).starts_with("idle_minutes: 5 to 720"));
        assert_eq!(zone().idle(), SignedDuration::from_mins(30));
        assert!(fault(|z| z.weights.push(z.weights[0].clone())).contains("twice"));
        assert!(fault(|z| z.weights[0].per_mille = 100_001).contains("±"));
        assert!(
            fault(|z| z.resident_rule.as_mut().unwrap().address_contains.push(String::new()))
                .contains("empty")
        );
    }
}

//! The kinds of records and their fields. A field is added here and nowhere else; a stable word is never given another meaning.

pub mod capital;
pub mod cooperation;
pub mod land;
pub mod plan;
pub mod profile;
pub mod scenario;

use super::field::{Field, Form};
use crate::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// A kind of record.
    Kind "no kind of record" {
        /// Ground with a boundary.
        Parcel = "parcel", "地块", "Parcels";
        /// A building on a parcel.
        Building = "building", "楼宇", "Buildings";
        /// Rooms on a floor of a building.
        Space = "space", "单元", "Units";
        /// Preparing a parcel: clearing, filling, connecting.
        Consolidation = "consolidation", "土地整理", "Land preparation";
        /// A road, a substation, a pipe: other things wait for it.
        Works = "works", "配套工程", "Works";
        /// A special bond for land.
        Bond = "bond", "专项债券", "Special bonds";
        /// An asset that stands idle and is put to use again.
        IdleAsset = "idle_asset", "闲置资产", "Idle assets";
        /// What a zone offers a project, line by line.
        OfferLine = "offer_line", "优惠条款", "Offer lines";
        /// What one side owes the other.
        Promise = "promise", "承诺", "Promises";
        /// A part of the zone's money, paid when its condition is a recorded fact.
        Instalment = "instalment", "兑现拨付", "Instalments";
        /// An assumption of an appraisal.
        Assumption = "assumption", "测算参数", "Appraisal inputs";
        /// What a project will build on its land, for the access figures.
        Layout = "layout", "建设方案", "Building plans";
        /// A fund of the zone.
        Fund = "fund", "基金", "Funds";
        /// Money into or out of a fund.
        FundFlow = "fund_flow", "基金收支", "Fund cash flows";
        /// Shares of a company issued, moved or bought.
        ShareEvent = "share_event", "股权变动", "Share events";
        /// A right to shares (认股权).
        Warrant = "warrant", "认股权", "Warrants";
        /// What the registry or the parties did with a warrant.
        WarrantEvent = "warrant_event", "认股权登记", "Warrant events";
        /// A real use that waits for a technology (机会清单).
        Opportunity = "opportunity", "场景机会", "Scenarios offered";
        /// What a company can do (能力清单).
        Capability = "capability", "场景能力", "Capabilities";
        /// An opportunity and a company that met.
        Matched = "matched", "场景对接", "Scenario matches";
        /// What is known of a company, for policies (企业画像).
        Profile = "profile", "企业画像", "Company profiles";
        /// A framework between two zones.
        Cooperation = "cooperation", "协作协议", "Frameworks";
        /// A line of the work plan of one.
        CoopTask = "coop_task", "工作计划", "Work plan";
        /// What the zone brings to others besides land and chains.
        CoopResource = "coop_resource", "资源要素", "What we bring";
    }
}

const fn f(word: &'static str, zh: &'static str, en: &'static str, form: Form) -> Field {
    Field { word, zh, en, form, required: false }
}

const fn must(word: &'static str, zh: &'static str, en: &'static str, form: Form) -> Field {
    Field { word, zh, en, form, required: true }
}

impl Kind {
    /// Its fields, in the order forms and files list them.
    #[must_use]
    pub fn fields(self) -> &'static [Field] {
        match self {
            Kind::Parcel => land::PARCEL,
            Kind::Building => land::BUILDING,
            Kind::Space => land::SPACE,
            Kind::Consolidation => land::CONSOLIDATION,
            Kind::Works => land::WORKS,
            Kind::Bond => land::BOND,
            Kind::IdleAsset => land::IDLE_ASSET,
            Kind::OfferLine => plan::OFFER_LINE,
            Kind::Promise => plan::PROMISE,
            Kind::Instalment => plan::INSTALMENT,
            Kind::Assumption => plan::ASSUMPTION,
            Kind::Layout => plan::LAYOUT,
            Kind::Fund => capital::FUND,
            Kind::FundFlow => capital::FUND_FLOW,
            Kind::ShareEvent => capital::SHARE_EVENT,
            Kind::Warrant => capital::WARRANT,
            Kind::WarrantEvent => capital::WARRANT_EVENT,
            Kind::Opportunity => scenario::OPPORTUNITY,
            Kind::Capability => scenario::CAPABILITY,
            Kind::Matched => scenario::MATCHED,
            Kind::Profile => profile::PROFILE,
            Kind::Cooperation => cooperation::COOPERATION,
            Kind::CoopTask => cooperation::TASK,
            Kind::CoopResource => cooperation::RESOURCE,
        }
    }

    /// The field of a stable word.
    #[must_use]
    pub fn field(self, word: &str) -> Option<&'static Field> {
        self.fields().iter().find(|f| f.word == word)
    }

    /// The field whose text names a record to people.
    #[must_use]
    pub fn title_field(self) -> &'static str {
        match self {
            Kind::OfferLine | Kind::Promise => "text",
            Kind::FundFlow
            | Kind::ShareEvent
            | Kind::WarrantEvent
            | Kind::Instalment
            | Kind::Matched
            | Kind::Layout => "note",
            _ => "name",
        }
    }

    /// The field that says what a record is part of: rooms of a building, a building of a parcel. Who holds the whole holds the parts.
    #[must_use]
    pub fn part_of(self) -> Option<(&'static str, Kind)> {
        match self {
            Kind::Building => Some(("parcel", Kind::Parcel)),
            Kind::Space => Some(("building", Kind::Building)),
            _ => None,
        }
    }

    /// The field that says which project a record belongs to, where one does.
    #[must_use]
    pub fn of_project(self) -> Option<&'static str> {
        self.fields().iter().find(|f| f.form == Form::Project).map(|f| f.word)
    }

    /// Whether a project can hold it.
    #[must_use]
    pub fn can_be_held(self) -> bool {
        matches!(self, Kind::Parcel | Kind::Building | Kind::Space)
    }

    /// The fields that a list shows, besides code and name.
    #[must_use]
    pub fn listed(self) -> &'static [&'static str] {
        match self {
            Kind::Parcel => &["area", "use", "readiness", "power", "waits_for"],
            Kind::Building => &["area", "use", "cluster", "floors", "operator"],
            Kind::Space => &["building", "floor", "area", "use", "rent", "tenant", "lease_until"],
            Kind::Consolidation => &["parcel", "plan_area", "plan_done", "area", "done_on", "progress"],
            Kind::Works => &["plan_done", "milestone", "progress", "done_on", "serves"],
            Kind::Bond => &["amount", "issued_on", "project", "spent", "income_plan", "income"],
            Kind::IdleAsset => &["value", "operator", "plan_used", "used_on", "income_plan", "income"],
            Kind::OfferLine => &["project", "gives", "amount", "signed_on", "opinion", "paid"],
            Kind::Promise => &["project", "side", "measure", "yuan", "number", "due", "met_on"],
            Kind::Instalment => &["project", "line", "amount", "condition", "paid_on", "paid"],
            Kind::Assumption => &["project", "option", "sort", "amount", "from_year", "years"],
            Kind::Layout => &["project", "counted_floor", "footprint", "yards", "office_land"],
            Kind::Fund => &["manager", "size", "established_on", "share"],
            Kind::FundFlow => &["fund", "on", "sort", "amount", "party", "project"],
            Kind::ShareEvent => &["company", "on", "sort", "holder", "shares", "price", "round"],
            Kind::Warrant => &["issuer", "grantee", "project", "quantity", "from", "until", "registry_no"],
            Kind::WarrantEvent => &["warrant", "on", "sort", "shares", "price"],
            Kind::Opportunity => &["owner", "place", "budget", "until", "segments"],
            Kind::Capability => &["company", "segments", "words", "cases"],
            Kind::Profile => &["size", "revenue_last_year", "research_spend", "employees", "patents_all"],
            Kind::Cooperation => &["partner", "signed_on", "until", "areas", "shares", "credit"],
            Kind::CoopTask => &["cooperation", "side", "owner", "due", "done_on"],
            Kind::CoopResource => &["sort", "amount", "until"],
            Kind::Matched => &["opportunity", "company", "stage", "since", "orders"],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_table_of_fields_is_whole() {
        for &kind in Kind::ALL {
            let words: HashSet<_> = kind.fields().iter().map(|f| f.word).collect();
            let names: HashSet<_> = kind.fields().iter().map(|f| f.zh).collect();
            assert_eq!(words.len(), kind.fields().len(), "{kind}: a word stands twice");
            assert_eq!(names.len(), kind.fields().len(), "{kind}: a name stands twice");
            assert!(
                kind.listed().iter().all(|w| kind.field(w).is_some()),
                "{kind}: lists a field that is not there"
            );
            assert!(kind.field(kind.title_field()).is_some(), "{kind}: has no title");
            if let Some((word, whole)) = kind.part_of() {
                assert_eq!(kind.field(word).map(|f| f.form), Some(Form::Ref(whole)));
            }
            assert_eq!(kind.as_str().parse(), Ok(kind));
        }
    }

    #[test]
    fn a_profile_speaks_the_words_of_the_policies() {
        let known = |word: &str| crate::policy::field::FieldId::find(&format!("company.{word}")).is_some();
        // What the evaluation by land asks stands beside them, and is read by `land::records`.
        let own = ["name", "note", "land_area", "rented_area", "rented_years", "added_value"];
        let land = ["energy", "emission", "power_used", "exempt"];
        let lost: Vec<_> = Kind::Profile
            .fields()
            .iter()
            .filter(|f| !own.contains(&f.word) && !land.contains(&f.word) && !known(f.word))
            .collect();
        assert!(lost.is_empty(), "{lost:?}");
    }

    #[test]
    fn an_offer_line_speaks_the_words_of_the_rules() {
        use crate::offer::{Condition, Ground, LineKind};
        let words = |all: &[crate::inventory::field::Choice]| all.iter().map(|c| c.0).collect::<Vec<_>>();
        assert_eq!(words(plan::GIVES), LineKind::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>());
        assert_eq!(words(plan::CONDITIONS), Condition::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>());
        assert_eq!(words(plan::GROUNDS), Ground::ALL.iter().map(|k| k.as_str()).collect::<Vec<_>>());
    }
}

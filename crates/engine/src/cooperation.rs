//! Zone with zone (园区协作): the file that one zone gives another under an agreement, and what two of them say together.
//!
//! The file is plain JSON, `landfall.cooperation/1`. It holds figures and lists, never the register: per segment a verdict and a number of companies,
//! what ground is free, what else the zone brings (green power, research), who can do what, what is wanted, the work plan as this zone keeps it,
//! leads handed over and what became of those received. What comes from another zone is read with limits and every fault names its member.

use crate::map::Verdict;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// What a file says it is.
pub const FORMAT: &str = "landfall.cooperation/1";
/// The most bytes of a file.
pub const BYTES: usize = 4 << 20;
/// The most entries of one list.
pub const ENTRIES: usize = 20_000;
/// The most characters of one text.
pub const CHARS: usize = 2_000;

/// What one zone tells another.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct File {
    /// [`FORMAT`].
    pub format: String,
    /// The day that it was drawn up for.
    pub day: Date,
    /// The zone that speaks.
    pub zone: Zone,
    /// The framework as this zone has it on record.
    pub terms: Terms,
    /// Its chains; `None` where they are not shared.
    #[serde(default)]
    pub chains: Option<Vec<Chain>>,
    /// Its free ground; `None` where it is not shared.
    #[serde(default)]
    pub ground: Option<Vec<Ground>>,
    /// What else it brings.
    #[serde(default)]
    pub resources: Vec<Resource>,
    /// Who can do what there (能力清单).
    #[serde(default)]
    pub research: Vec<Ability>,
    /// What is wanted there (机会清单).
    #[serde(default)]
    pub wanted: Vec<Wanted>,
    /// The work plan as it keeps it.
    #[serde(default)]
    pub plan: Vec<Task>,
    /// Leads that it hands over.
    #[serde(default)]
    pub leads: Vec<LeadOffer>,
    /// What became of the leads that it received.
    #[serde(default)]
    pub feedback: Vec<Feedback>,
}

/// The zone that speaks.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Zone {
    /// Its name in the data space.
    pub did: String,
    /// Its name.
    pub name: String,
    /// Its English name.
    #[serde(default)]
    pub name_en: String,
    /// Its division (GB/T 2260), if it says one.
    #[serde(default)]
    pub region: Option<u32>,
    /// Its companies that stand on the chains or not.
    #[serde(default)]
    pub companies: u32,
}

/// The framework agreement; both zones keep it, and both records are held against each other.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Terms {
    /// Its title.
    pub name: String,
    /// When it was signed.
    #[serde(default)]
    pub signed_on: Option<Date>,
    /// Its last day.
    #[serde(default)]
    pub until: Option<Date>,
    /// Fields of cooperation, as stable words.
    #[serde(default)]
    pub areas: Vec<String>,
    /// Of a project that grows from a handed-over lead, the percent that count for the zone that handed it over.
    pub credit: u8,
}

/// A chain with its verdicts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Chain {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its English name.
    #[serde(default)]
    pub name_en: String,
    /// Its segments without further segments below them.
    pub segments: Vec<Segment>,
}

/// A segment with its verdict.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Segment {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its English name.
    #[serde(default)]
    pub name_en: String,
    /// What the zone has of it.
    pub verdict: Verdict,
    /// The zone's companies there.
    pub companies: u32,
}

/// A parcel that is free.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ground {
    /// Its code.
    pub code: String,
    /// Its name.
    pub name: String,
    /// Its planned use, for people.
    #[serde(default)]
    pub usage: String,
    /// Square metres.
    pub square_metres: i64,
    /// Power in kVA, where known.
    #[serde(default)]
    pub power_kva: Option<i64>,
}

/// Something else that a zone brings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Resource {
    /// A stable word of its sort.
    pub sort: String,
    /// What it is.
    pub name: String,
    /// How much, with its unit, for people.
    #[serde(default)]
    pub amount: String,
    /// More about it.
    #[serde(default)]
    pub note: String,
}

/// Who can do what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Ability {
    /// What.
    pub name: String,
    /// Who.
    pub company: String,
    /// On which segments, for people.
    #[serde(default)]
    pub segments: String,
}

/// A use that waits for somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wanted {
    /// What.
    pub name: String,
    /// Whose.
    pub owner: String,
    /// On which segments, for people.
    #[serde(default)]
    pub segments: String,
    /// Its last day.
    #[serde(default)]
    pub until: Option<Date>,
}

/// A line of the work plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Task {
    /// What is done.
    pub name: String,
    /// Who does it.
    pub owner: String,
    /// Whether the zone that speaks does it.
    pub own: bool,
    /// By when.
    pub due: Date,
    /// When it was done.
    #[serde(default)]
    pub done_on: Option<Date>,
}

/// A lead that is handed over: what may be known before it is taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LeadOffer {
    /// The dataset that holds all of it.
    pub urn: String,
    /// What it is about, without a name.
    pub title: String,
    /// Since when.
    pub day: Date,
}

/// What became of a lead that was received.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// The dataset that held it.
    pub urn: String,
    /// A stable word of [`Course`].
    pub course: Course,
    /// Since when.
    pub day: Date,
    /// Signed investment in yuan, once there is one.
    #[serde(default)]
    pub amount: Option<i64>,
}

/// How far a received lead has come.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Course {
    /// Its data were taken.
    Taken,
    /// It is registered with an officer.
    Registered,
    /// It became a project.
    Project,
    /// The project is signed.
    Signed,
    /// It came to nothing.
    Ended,
}

/// Why a file is refused: the member and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// The member, such as `chains[0].segments[3].name`.
    pub at: String,
    /// The rule.
    pub why: String,
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.at.is_empty() { f.write_str(&self.why) } else { write!(f, "{}: {}", self.at, self.why) }
    }
}

impl std::error::Error for Fault {}

impl File {
    /// Reads a file that came from another zone.
    ///
    /// # Errors
    /// See [`Fault`].
    pub fn read(bytes: &[u8]) -> Result<File, Fault> {
        let fault = |at: &str, why: String| Err(Fault { at: at.into(), why });
        if bytes.len() > BYTES {
            return fault("", format!("longer than {BYTES} bytes"));
        }
        let value: serde_json::Value = match serde_json::from_slice(bytes) {
            Ok(value) => value,
            Err(error) => return fault("", format!("is no JSON: {error}")),
        };
        check(&value, &mut String::new())?;
        let file: File = match serde_json::from_value(value) {
            Ok(file) => file,
            Err(error) => return fault("", format!("is no file of a cooperation: {error}")),
        };
        if file.format != FORMAT {
            return fault("format", format!("must be {FORMAT}"));
        }
        if file.terms.credit > 100 {
            return fault("terms.credit", "must be 0 to 100 percent".into());
        }
        let negative = file.ground.iter().flatten().position(|g| g.square_metres < 0);
        if let Some(n) = negative {
            return fault(&format!("ground[{n}].square_metres"), "must be 0 or more".into());
        }
        Ok(file)
    }

    /// The file as it is given out: the same content makes the same bytes.
    #[must_use]
    pub fn bytes(&self) -> Vec<u8> {
        serde_json::to_vec(self).unwrap_or_default()
    }
}

/// Every text and every list within its limits.
fn check(value: &serde_json::Value, at: &mut String) -> Result<(), Fault> {
    use serde_json::Value;
    let fault = |at: &str, why: String| Err(Fault { at: at.into(), why });
    match value {
        Value::String(text) if text.chars().count() > CHARS => {
            fault(at, format!("a text of more than {CHARS} characters"))
        }
        Value::Array(all) if all.len() > ENTRIES => fault(at, format!("more than {ENTRIES} entries")),
        Value::Array(all) => within(at, all.iter().enumerate().map(|(n, v)| (format!("[{n}]"), v))),
        Value::Object(fields) => within(at, fields.iter().map(|(k, v)| (format!(".{k}"), v))),
        _ => Ok(()),
    }
}

fn within<'a>(
    at: &mut String,
    all: impl Iterator<Item = (String, &'a serde_json::Value)>,
) -> Result<(), Fault> {
    for (name, value) in all {
        let length = at.len();
        at.push_str(if at.is_empty() { name.trim_start_matches('.') } else { &name });
        check(value, at)?;
        at.truncate(length);
    }
    Ok(())
}

/// How one zone's verdict meets the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Meets {
    /// We lack it or are weak, they are strong.
    TheyFill,
    /// They lack it or are weak, we are strong.
    WeFill,
    /// Both are strong.
    BothStrong,
    /// Both lack it: somebody could be brought in together.
    BothLack,
    /// None of these.
    Plain,
}

/// A segment as both zones have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pair {
    /// Id of the segment.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Our verdict and number of companies; `None` where our chain has no such segment.
    pub ours: Option<(Verdict, u32)>,
    /// Theirs.
    pub theirs: Option<(Verdict, u32)>,
    /// What that means.
    pub meets: Meets,
}

/// A chain as both zones have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChainPair {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Its segments: in our order, then those that only they have.
    pub segments: Vec<Pair>,
}

impl ChainPair {
    /// How many of its segments meet so.
    #[must_use]
    pub fn count(&self, meets: Meets) -> usize {
        self.segments.iter().filter(|s| s.meets == meets).count()
    }
}

/// How two verdicts meet.
#[must_use]
pub fn meets(ours: Option<Verdict>, theirs: Option<Verdict>) -> Meets {
    let lacks = |v: Verdict| matches!(v, Verdict::Weak | Verdict::Missing);
    match (ours, theirs) {
        (Some(we), Some(Verdict::Strong)) if lacks(we) => Meets::TheyFill,
        (Some(Verdict::Strong), Some(they)) if lacks(they) => Meets::WeFill,
        (Some(Verdict::Strong), Some(Verdict::Strong)) => Meets::BothStrong,
        (Some(Verdict::Missing), Some(Verdict::Missing)) => Meets::BothLack,
        _ => Meets::Plain,
    }
}

/// Both zones' chains beside each other, by the ids of chains and segments; a chain that both have comes before one that only one has.
#[must_use]
pub fn pair(ours: &[Chain], theirs: &[Chain]) -> Vec<ChainPair> {
    let others: BTreeMap<&str, &Chain> = theirs.iter().map(|c| (c.id.as_str(), c)).collect();
    let own: BTreeSet<&str> = ours.iter().map(|c| c.id.as_str()).collect();
    let both = |c: &&Chain| others.contains_key(c.id.as_str());
    let mut all: Vec<ChainPair> = Vec::new();
    all.extend(ours.iter().filter(both).map(|c| beside(Some(c), others.get(c.id.as_str()).copied())));
    all.extend(ours.iter().filter(|c| !both(c)).map(|c| beside(Some(c), None)));
    all.extend(theirs.iter().filter(|c| !own.contains(c.id.as_str())).map(|c| beside(None, Some(c))));
    all
}

fn beside(ours: Option<&Chain>, theirs: Option<&Chain>) -> ChainPair {
    let list = |chain: Option<&Chain>| chain.map(|c| c.segments.clone()).unwrap_or_default();
    let (own, other) = (list(ours), list(theirs));
    let there: BTreeMap<&str, &Segment> = other.iter().map(|s| (s.id.as_str(), s)).collect();
    let here: BTreeSet<&str> = own.iter().map(|s| s.id.as_str()).collect();
    let made = |named: &Segment, we: Option<&Segment>, they: Option<&Segment>| Pair {
        id: named.id.clone(),
        name: named.name.clone(),
        name_en: named.name_en.clone(),
        ours: we.map(|s| (s.verdict, s.companies)),
        theirs: they.map(|s| (s.verdict, s.companies)),
        meets: meets(we.map(|s| s.verdict), they.map(|s| s.verdict)),
    };
    let mut segments: Vec<Pair> =
        own.iter().map(|s| made(s, Some(s), there.get(s.id.as_str()).copied())).collect();
    segments.extend(other.iter().filter(|s| !here.contains(s.id.as_str())).map(|s| made(s, None, Some(s))));
    let (id, name, name_en) =
        ours.or(theirs).map(|c| (c.id.clone(), c.name.clone(), c.name_en.clone())).unwrap_or_default();
    ChainPair { id, name, name_en, segments }
}

/// Members in which the two records of one framework differ; a list says in which.
#[must_use]
pub fn differences(ours: &Terms, theirs: &Terms) -> Vec<&'static str> {
    let areas = |t: &Terms| t.areas.iter().cloned().collect::<BTreeSet<_>>();
    let mut all = Vec::new();
    if ours.name.trim() != theirs.name.trim() {
        all.push("name");
    }
    if ours.signed_on != theirs.signed_on {
        all.push("signed_on");
    }
    if ours.until != theirs.until {
        all.push("until");
    }
    if areas(ours) != areas(theirs) {
        all.push("areas");
    }
    if ours.credit != theirs.credit {
        all.push("credit");
    }
    all
}

/// A signed amount in yuan, split: what counts for the zone that handed the lead over, and for the zone that landed the project. The parts add up to
/// the amount; what does not divide counts where the project stands.
#[must_use]
pub fn split(amount: i64, credit: u8) -> (i64, i64) {
    let share = i128::from(amount) * i128::from(credit.min(100)) / 100;
    let handed = i64::try_from(share).unwrap_or(amount);
    (handed, amount - handed)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;
    use proptest::prelude::*;

    fn segment(id: &str, verdict: Verdict, companies: u32) -> Segment {
        Segment { id: id.into(), name: id.to_uppercase(), name_en: String::new(), verdict, companies }
    }

    fn chain(id: &str, segments: Vec<Segment>) -> Chain {
        Chain { id: id.into(), name: id.into(), name_en: String::new(), segments }
    }

    fn terms() -> Terms {
        Terms {
            name: "框架协议".into(),
            signed_on: Some(date(2026, 3, 6)),
            until: None,
            areas: vec!["industry".into(), "talent".into()],
            credit: 40,
        }
    }

    fn file() -> File {
        File {
            format: FORMAT.into(),
            day: date(2026, 11, 27),
            zone: Zone {
                did: "did:web:a".into(),
                name: "甲".into(),
                name_en: String::new(),
                region: Some(640_100),
                companies: 9,
            },
            terms: terms(),
            chains: Some(vec![chain("storage", vec![segment("cell", Verdict::Strong, 4)])]),
            ground: None,
            resources: Vec::new(),
            research: Vec::new(),
            wanted: Vec::new(),
            plan: Vec::new(),
            leads: Vec::new(),
            feedback: Vec::new(),
        }
    }

    #[test]
    fn one_zone_s_gap_meets_the_other_s_strength() {
        use Verdict::{Missing, Present, Strong, Weak};
        for (we, they, meaning) in [
            (Some(Missing), Some(Strong), Meets::TheyFill),
            (Some(Weak), Some(Strong), Meets::TheyFill),
            (Some(Strong), Some(Weak), Meets::WeFill),
            (Some(Strong), Some(Strong), Meets::BothStrong),
            (Some(Missing), Some(Missing), Meets::BothLack),
            (Some(Weak), Some(Missing), Meets::Plain),
            (Some(Present), Some(Strong), Meets::Plain),
            (None, Some(Strong), Meets::Plain),
        ] {
            assert_eq!(meets(we, they), meaning, "{we:?} {they:?}");
        }
        let ours = [
            chain("next-it", vec![segment("a", Missing, 0), segment("b", Strong, 5)]),
            chain("ships", vec![segment("x", Present, 1)]),
        ];
        let theirs = [
            chain("ai", Vec::new()),
            chain("next-it", vec![segment("c", Strong, 3), segment("a", Strong, 9)]),
        ];
        let all = pair(&ours, &theirs);
        assert_eq!(all.iter().map(|c| c.id.as_str()).collect::<Vec<_>>(), ["next-it", "ships", "ai"]);
        let ids: Vec<_> = all[0].segments.iter().map(|s| (s.id.as_str(), s.meets)).collect();
        assert_eq!(ids, [("a", Meets::TheyFill), ("b", Meets::Plain), ("c", Meets::Plain)]);
        assert_eq!((all[0].count(Meets::TheyFill), all[0].segments[0].theirs), (1, Some((Strong, 9))));
    }

    #[test]
    fn a_file_reads_back_and_faults_name_their_member() {
        let bytes = file().bytes();
        assert_eq!(File::read(&bytes).unwrap(), file());
        let why = |change: &dyn Fn(&mut serde_json::Value)| {
            let mut value = serde_json::to_value(file()).unwrap();
            change(&mut value);
            File::read(value.to_string().as_bytes()).unwrap_err().to_string()
        };
        assert!(why(&|v| v["format"] = "x".into()).contains("format: must be"));
        assert!(why(&|v| v["terms"]["credit"] = 101.into()).contains("terms.credit"));
        let long = "长".repeat(CHARS + 1);
        let named = why(&|v| v["chains"][0]["segments"][0]["name"] = long.clone().into());
        assert!(named.starts_with("chains[0].segments[0].name: "), "{named}");
        assert!(why(&|v| v["day"] = "2026-02-30".into()).contains("no file of a cooperation"));
        assert!(File::read(b"{").unwrap_err().to_string().contains("no JSON"));
    }

    #[test]
    fn two_records_of_one_framework_are_held_against_each_other() {
        let mut other = terms();
        other.areas.reverse();
        assert!(differences(&terms(), &other).is_empty(), "the order of fields means nothing");
        other.credit = 50;
        other.signed_on = None;
        assert_eq!(differences(&terms(), &other), ["signed_on", "credit"]);
    }

    #[test]
    fn a_split_of_two_hundred_million() {
        assert_eq!(split(200_000_000, 40), (80_000_000, 120_000_000));
        assert_eq!(split(101, 50), (50, 51));
        assert_eq!((split(7, 0), split(7, 100)), ((0, 7), (7, 0)));
    }

    proptest! {
        #[test]
        fn a_split_adds_up(amount in 0..i64::MAX, credit in 0u8..=255) {
            let (handed, landed) = split(amount, credit);
            prop_assert!(handed >= 0 && landed >= 0);
            prop_assert_eq!(handed.checked_add(landed), Some(amount));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = File::read(&bytes);
        }
    }
}

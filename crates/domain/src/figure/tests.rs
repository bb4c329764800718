use super::*;
use crate::company::{Currency, Money};
use crate::fact::{Fact, FactId, Kind, ProjectId, Value};
use crate::rate::Rate;
use crate::role::Lang;
use crate::stage::Stage;
use jiff::Timestamp;
use jiff::civil::{Date, date};
use proptest::prelude::*;

const YEAR: i16 = 2025;

/// A ledger in memory: each fact is recorded a second after the one before.
#[derive(Clone, Default)]
struct Ledger {
    facts: Vec<Fact>,
    rates: Vec<Rate>,
    now: i64,
}

impl Ledger {
    fn at(&self) -> Timestamp {
        Timestamp::from_second(1_760_000_000 + self.now).unwrap()
    }
    fn put(&mut self, project: i64, kind: Kind, day: Date, value: Value, corrects: Option<FactId>) -> FactId {
        self.now += 1;
        let id = FactId(self.facts.len() as i64 + 1);
        let (project, recorded) = (ProjectId(project), self.at());
        let reason = corrects.map(|_| "核对".to_string());
        let by = "user:7".to_string();
        self.facts.push(Fact {
            id,
            project,
            kind,
            effective: day,
            counts: day,
            value,
            corrects,
            reason,
            recorded,
            by,
        });
        id
    }
    fn say(&mut self, project: i64, kind: Kind, day: Date, text: &str) -> FactId {
        self.put(project, kind, day, Value::Text(text.into()), None)
    }
    fn yuan(&mut self, project: i64, kind: Kind, day: Date, yuan: i64) -> FactId {
        self.put(project, kind, day, Value::yuan(yuan), None)
    }
    fn usd(&mut self, project: i64, kind: Kind, day: Date, amount: i64) -> FactId {
        self.put(project, kind, day, Value::Money(Money { amount, currency: Currency::Usd }), None)
    }
    /// A project with a name, an amount and its signing.
    fn signed(&mut self, project: i64, day: Date, yuan: i64) -> FactId {
        self.say(project, Kind::Name, day, &format!("项目{project}"));
        self.yuan(project, Kind::PlannedTotal, day, yuan);
        self.say(project, Kind::Stage, day, "signed")
    }
    fn rate(&mut self, since: Date, micro_yuan: i64) {
        self.now += 1;
        let (id, recorded, source) = (self.rates.len() as i64 + 1, self.at(), "中间价".to_string());
        self.rates.push(Rate {
            id,
            currency: Currency::Usd,
            since,
            micro_yuan,
            source,
            recorded,
            by: "cli".into(),
        });
    }
    fn grouped(&self) -> Vec<(ProjectId, String, Vec<Fact>)> {
        let mut ids: Vec<ProjectId> = self.facts.iter().map(|f| f.project).collect();
        ids.sort();
        ids.dedup();
        let of = |id| self.facts.iter().filter(|f| f.project == id).cloned().collect();
        ids.into_iter().map(|id| (id, format!("2025-{:05}", id.0), of(id))).collect()
    }
    fn projects(&self, cut_off: Option<Timestamp>) -> Vec<Project> {
        self.grouped().into_iter().map(|(id, code, facts)| Project::fold(id, &code, facts, cut_off)).collect()
    }
    fn figure(&self, id: &str) -> Figure {
        self.figure_of(&definition(id), Period::new(YEAR, None).unwrap())
    }
    fn figure_of(&self, definition: &Definition, period: Period) -> Figure {
        let rates = Rates::new(self.rates.clone(), None);
        let day = date(2026, 6, 30);
        evaluate(definition, Asked { period, day }, &self.projects(None), &rates)
    }
    fn report(&self, definitions: &[Definition], period: Period, cut_off: Timestamp) -> Report {
        let rates = Rates::new(self.rates.clone(), Some(cut_off));
        let mut builder = Builder::new(definitions, period, cut_off, date(2026, 6, 30), &rates);
        self.projects(Some(cut_off)).iter().for_each(|p| builder.add(p));
        builder.finish()
    }
    fn restated(&self, definitions: &[Definition], period: Period, old: Timestamp) -> Restated {
        let cuts = (old, self.at());
        restate(definitions, period, date(2026, 6, 30), cuts, self.grouped(), &self.rates)
    }
}

fn definition(id: &str) -> Definition {
    builtin().unwrap().into_iter().find(|d| d.id == id).unwrap()
}

const MAY: Date = date(2025, 5, 20);

#[test]
fn fault_1_foreign_projects_are_converted_at_a_dated_rate_and_without_one_they_are_named() {
    let mut ledger = Ledger::default();
    ledger.signed(1, MAY, 100_000_000);
    for project in [2, 3] {
        let day = if project == 2 { date(2025, 3, 1) } else { MAY };
        ledger.usd(project, Kind::PlannedTotal, day, 30_000_000);
        ledger.say(project, Kind::Stage, day, "signed");
    }
    let figure = ledger.figure("signed");
    assert_eq!((figure.values.count, figure.values.yuan), (1, 100_000_000));
    assert_eq!(figure.faults.len(), 2, "neither is silently zero");
    assert_eq!(figure.faults[0].lack, Lack::Rate(Currency::Usd, date(2025, 3, 1)));
    assert!(figure.faults[0].lack.words().1.contains("2025-03-01"));
    ledger.rate(date(2025, 5, 1), 7_200_600);
    let figure = ledger.figure("signed");
    assert_eq!((figure.values.count, figure.values.yuan), (2, 100_000_000 + 216_018_000));
    assert_eq!(figure.faults.len(), 1, "no rate holds in March yet");
    ledger.rate(date(2025, 1, 1), 7_000_000);
    let figure = ledger.figure("signed");
    assert_eq!((figure.values.count, figure.values.yuan), (3, 100_000_000 + 216_018_000 + 210_000_000));
    assert_eq!(figure.rows.iter().map(|r| r.rates.len()).collect::<Vec<_>>(), [1, 0, 1], "the rate is named");
    let mut at_end = definition("signed");
    at_end.currency = CurrencyRule::PeriodEnd;
    let figure = ledger.figure_of(&at_end, Period::new(YEAR, None).unwrap());
    assert_eq!(figure.values.yuan, 100_000_000 + 2 * 216_018_000, "the rule of the definition decides");
}

#[test]
fn fault_2_one_tier_in_count_list_and_sum() {
    let mut ledger = Ledger::default();
    for (project, yuan) in [(1, 99_999_999), (2, YI), (3, 6 * YI), (4, 30 * YI), (5, YI / 2)] {
        ledger.signed(project, MAY, yuan);
    }
    let figure = ledger.figure("signed");
    assert_eq!((figure.values.count, figure.values.yuan), (3, 37 * YI));
    assert_eq!(figure.values.tier(Tier::Yi30).count, 1);
    assert_eq!(figure.values.tier(Tier::Yi1).count, 3, "the tier of 1亿元 goes on above 5亿元");
    assert_eq!(figure.left_out.len(), 2);
    assert_eq!(ledger.figure("signed_5000wan").values.count, 2);
    assert_eq!(ledger.figure("signed_30yi").values.count, 1);
    assert_eq!(ledger.figure("signed_5yi").values.yuan, 36 * YI);
    assert_eq!(ledger.figure("planned_total").values.yuan, figure.values.yuan);
}

#[test]
fn fault_3_and_4_money_keeps_its_currency_and_adds_up_to_the_yuan() {
    let mut ledger = Ledger::default();
    ledger.rate(date(2025, 1, 1), 7_188_400);
    ledger.signed(1, MAY, 183_040_000);
    for _ in 0..3 {
        ledger.usd(1, Kind::Arrived, MAY, 1_234_567);
    }
    ledger.yuan(1, Kind::Arrived, MAY, 1);
    let figure = ledger.figure("arrived");
    // 1,234,567 dollars at 7.1884 are 8,874,561.42… yuan, each payment rounded by itself; a float would drift.
    assert_eq!((figure.values.count, figure.values.yuan), (1, 3 * 8_874_561 + 1));
    assert_eq!(figure.rows[0].money, Some(Money { amount: 1_234_567, currency: Currency::Usd }));
    assert_eq!(figure.rows.len(), 4);
}

#[test]
fn fault_5_the_date_that_counts_decides_and_the_definition_says_which() {
    let mut ledger = Ledger::default();
    ledger.signed(1, date(2025, 12, 30), YI);
    ledger.signed(2, date(2026, 1, 5), YI);
    let late = ledger.facts.len();
    ledger.signed(3, date(2025, 12, 31), YI);
    ledger.facts[late + 2].counts = date(2026, 1, 4);
    let count = |d: &Definition, year| ledger.figure_of(d, Period::new(year, None).unwrap()).values.count;
    let counts = definition("signed");
    let happened = Definition { date: DateRule::Effective, ..counts.clone() };
    assert_eq!((count(&counts, 2025), count(&counts, 2026)), (1, 2));
    assert_eq!((count(&happened, 2025), count(&happened, 2026)), (2, 1));
    assert!(sentence(&happened, Lang::Zh).contains("实际发生时间"));
}

#[test]
fn fault_6_a_promise_nobody_answered_is_not_met() {
    let mut ledger = Ledger::default();
    let due = |l: &mut Ledger, day| l.put(1, Kind::Promise, day, Value::Text("首期到位".into()), None);
    let (first, _second, _later) =
        (due(&mut ledger, MAY), due(&mut ledger, MAY), due(&mut ledger, date(2025, 12, 1)));
    let corrected = ledger.put(1, Kind::Promise, MAY, Value::Text("首期到位2000万元".into()), Some(first));
    let figure = ledger.figure("fulfilment");
    assert_eq!((figure.values.met, figure.values.of), (0, 3), "silence meets nothing");
    ledger.put(1, Kind::PromiseMet, date(2025, 6, 1), Value::Number(first.0), None);
    let figure = ledger.figure("fulfilment");
    assert_eq!(
        (figure.values.met, figure.values.of),
        (1, 3),
        "a promise that was corrected since is the same promise"
    );
    assert_eq!(figure.values.measure(Measure::Rate), Some(3333));
    assert_eq!(figure.rows.iter().find(|r| r.part == Part::Met).map(|r| r.fact), Some(corrected));
    let asked = Asked { period: Period::new(YEAR, None).unwrap(), day: date(2025, 11, 30) };
    let early = evaluate(&definition("fulfilment"), asked, &ledger.projects(None), &Rates::default());
    assert_eq!((early.values.met, early.values.of), (1, 2), "what is not due yet is not broken");
}

#[test]
fn what_is_not_counted_is_listed_with_its_reason() {
    let mut ledger = Ledger::default();
    for project in 1..=7 {
        ledger.signed(project, MAY, 2 * YI);
    }
    ledger.say(2, Kind::Sort, MAY, "local_money");
    ledger.say(3, Kind::DuplicateOf, MAY, "2025-00001");
    ledger.say(4, Kind::Stage, date(2025, 9, 1), "ended");
    ledger.say(5, Kind::Stage, date(2026, 1, 9), "ended");
    ledger.say(6, Kind::Stage, date(2025, 8, 1), "signed");
    let mut d = definition("signed");
    d.exclude = vec![Listed { project: "2025-00007".into(), reason: "市级已计".into() }];
    let year = Period::new(YEAR, None).unwrap();
    let figure = ledger.figure_of(&d, year);
    let why: Vec<&Reason> = figure.left_out.iter().map(|l| &l.reason).collect();
    assert_eq!(figure.values.count, 3, "1, 5 (ended after the year) and 6 (once)");
    let expected = [
        Reason::Sort(crate::fact::Sort::LocalMoney),
        Reason::Duplicate("2025-00001".into()),
        Reason::Exit(Stage::Ended, date(2025, 9, 1)),
        Reason::Named("市级已计".into()),
        Reason::Before(MAY),
    ];
    assert_eq!(why, expected.iter().collect::<Vec<_>>());
    d.include = vec![Listed { project: "2025-00002".into(), reason: "会议纪要".into() }];
    assert_eq!(ledger.figure_of(&d, year).values.count, 4);
    assert!(sentence(&d, Lang::Zh).contains("2025-00007（市级已计）"));
    assert_eq!(ledger.figure_of(&d, Period::new(YEAR, Some(8)).unwrap()).values.count, 0);
}

#[test]
fn both_forms_of_a_rate_are_what_they_are_named() {
    let mut ledger = Ledger::default();
    ledger.signed(1, date(2024, 5, 1), YI);
    for project in 2..=5 {
        ledger.signed(project, MAY, YI);
    }
    ledger.say(1, Kind::Stage, date(2025, 2, 1), "started");
    ledger.say(2, Kind::Stage, date(2025, 10, 1), "started");
    ledger.say(3, Kind::Stage, date(2026, 3, 1), "started");
    let of = |id| {
        let values = ledger.figure(id).values;
        (values.met, values.of)
    };
    assert_eq!(of("start_rate_cohort"), (2, 4), "of the four of 2025, two by the cut-off");
    assert_eq!(of("start_rate_same_year"), (1, 4));
    assert_eq!(of("start_rate_period"), (2, 4), "two starts in 2025, one of a project of 2024");
    assert!(sentence(&definition("start_rate_cohort"), Lang::Zh).starts_with("同批口径"));
    assert!(sentence(&definition("start_rate_period"), Lang::Zh).starts_with("同期口径"));
    assert_eq!(
        value_words(&definition("start_rate_period"), &ledger.figure("start_rate_period").values, Lang::Zh),
        "50.00%（2/4）"
    );
    let none = ledger.figure("production_rate_period").values;
    assert_eq!(Values::default().measure(Measure::Rate), None, "nothing of nothing is no rate");
    assert_eq!(none.measure(Measure::Rate), Some(0));
}

#[test]
fn groups_get_shares_and_add_up_to_the_whole() {
    let mut ledger = Ledger::default();
    for project in 1..=3 {
        ledger.signed(project, MAY, YI + 1);
        ledger.put(project, Kind::Unit, MAY, Value::Number(1), None);
        ledger.put(project, Kind::Officer, MAY, Value::Number(5), None);
        ledger.say(project, Kind::Chain, MAY, "ships/engine");
    }
    let split = |a: u16| {
        format!(
            r#"{{"figure":"signed","shares":[{{"party":"unit:1","per_mille":{a}}},{{"party":"zone:东区","per_mille":{}}}]}}"#,
            1000 - a
        )
    };
    ledger.say(2, Kind::Credit, MAY, &split(500));
    ledger.say(2, Kind::Credit, date(2025, 6, 1), &split(100));
    let figure = ledger.figure("signed");
    let units = groups(What::Stage, &figure.rows, By::Unit);
    let shown: Vec<_> = units.iter().map(|g| (g.key.as_str(), g.count_mille, g.yuan)).collect();
    assert_eq!(shown, [("unit:1", 2100, 2 * (YI + 1) + YI / 10), ("zone:东区", 900, 90_000_001)]);
    for by in By::ALL {
        let groups = groups(What::Stage, &figure.rows, by);
        assert_eq!(groups.iter().map(|g| g.yuan).sum::<i64>(), figure.values.yuan);
        assert_eq!(groups.iter().map(|g| g.count_mille).sum::<i64>(), 1000 * figure.values.count);
    }
    assert_eq!(groups(What::Stage, &figure.rows, By::Officer)[0].key, "officer:5");
    assert_eq!(groups(What::Stage, &figure.rows, By::Chain)[0].key, "ships");
    assert_eq!(groups(What::Stage, &figure.rows, By::Event)[0].key, NONE);
}

#[test]
fn a_month_its_total_and_the_year_before() {
    let mut ledger = Ledger::default();
    for (project, day) in
        [(1, date(2025, 1, 9)), (2, date(2025, 3, 9)), (3, date(2024, 3, 1)), (4, date(2025, 4, 1))]
    {
        ledger.signed(project, day, YI);
    }
    let definitions = [definition("signed")];
    let report = ledger.report(&definitions, Period::new(YEAR, Some(3)).unwrap(), ledger.at());
    let line = report.line("signed").unwrap();
    assert_eq!(line.total.values.count, 2);
    assert_eq!(line.month.as_ref().map(|v| v.count), Some(1));
    assert_eq!((line.last_year.count, line.last_year_month.as_ref().map(|v| v.count)), (1, Some(1)));
}

#[test]
fn every_sentence_is_made_of_the_fields_in_both_languages() {
    for d in builtin().unwrap() {
        for lang in [Lang::Zh, Lang::En] {
            let text = sentence(&d, lang);
            assert!(text.len() > 60, "{}: {text}", d.id);
            if d.tier == Tier::Yi1 {
                assert!(text.contains(lang.t("1亿元及以上（含1亿元）", "100m CNY or more")), "{text}");
            }
        }
        let (zh, en) = (sentence(&d, Lang::Zh), sentence(&d, Lang::En));
        if d.evidence.as_deref() == Some("contract") {
            assert!(zh.contains("“投资合同”佐证材料") && !zh.contains("contract"), "{zh}");
            assert!(en.contains("evidence (investment contract)") && !en.contains('合'), "{en}");
        }
        let other = Definition { duplicates: Keep::Keep, ..d.clone() };
        assert_ne!(sentence(&d, Lang::Zh), sentence(&other, Lang::Zh));
    }
}

/// The measure of the plan: after ten corrections the old report is the same to the byte, and the restatement lists ten.
#[test]
fn ten_corrections_are_listed_as_ten() {
    let mut ledger = Ledger::default();
    for project in 1..=44 {
        ledger.signed(project, MAY, YI + project * 1_000_000);
        ledger.say(project, Kind::Company, MAY, "某公司");
    }
    let definitions = builtin().unwrap();
    let year = Period::new(YEAR, None).unwrap();
    let cut_off = ledger.at();
    let closed = ledger.report(&definitions, year, cut_off).bytes();
    let rows: Vec<Fact> = ledger.facts.clone();
    for (i, at) in [0usize, 5, 9, 13, 18, 24, 29, 31, 40, 55].into_iter().enumerate() {
        let old = rows[at].clone();
        let (kind, day, project) = (old.kind, old.effective, old.project.0);
        let value = match kind {
            Kind::PlannedTotal => Value::yuan(90_000_000 + i as i64),
            Kind::Stage => Value::Nothing,
            _ => Value::Text(format!("改{i}")),
        };
        ledger.put(project, kind, day, value, Some(old.id));
    }
    assert_eq!(ledger.report(&definitions, year, cut_off).bytes(), closed);
    let restated = ledger.restated(&definitions, year, cut_off);
    assert_eq!(restated.changes.len(), 10);
    assert!(restated.changes.iter().all(|c| !c.late && c.fact.by == "user:7" && c.was.is_some()));
    // Late: a project of 2025 that was recorded after the closing; and a fact that the report does not read.
    ledger.signed(45, MAY, 3 * YI);
    ledger.say(1, Kind::Note, MAY, "备注");
    let restated = ledger.restated(&definitions, year, cut_off);
    assert_eq!(restated.changes.iter().filter(|c| c.late).count(), 3, "name, amount and signing");
    assert_eq!(restated.changes.len(), 13);
}

#[test]
fn a_corrected_exchange_rate_is_listed_apart() {
    let mut ledger = Ledger::default();
    ledger.rate(date(2025, 1, 1), 7_000_000);
    ledger.usd(1, Kind::PlannedTotal, MAY, 20_000_000);
    ledger.say(1, Kind::Stage, MAY, "signed");
    let definitions = [definition("signed")];
    let year = Period::new(YEAR, None).unwrap();
    let cut_off = ledger.at();
    ledger.rate(date(2025, 1, 1), 7_100_000);
    ledger.rate(date(2025, 7, 1), 7_500_000);
    let restated = ledger.restated(&definitions, year, cut_off);
    assert!(restated.changes.is_empty());
    assert_eq!(
        restated.rates.iter().map(|r| (r.rate.id, r.was.as_ref().map(|w| w.id))).collect::<Vec<_>>(),
        [(2, Some(1))]
    );
    assert_eq!(restated.delta("signed", Shown::Total).yuan, 2_000_000);
    assert_eq!(restated.rate_effects, restated.effects);
}

/// One step of a random history: project, what, day, amount.
type Step = (i64, u8, u16, i64);

fn play(ledger: &mut Ledger, steps: &[Step]) {
    for &(project, what, day, amount) in steps {
        let day = date(2024, 6, 1).checked_add(jiff::Span::new().days(i64::from(day % 700))).unwrap();
        let of = |l: &Ledger| {
            let corrected: Vec<FactId> = l.facts.iter().filter_map(|f| f.corrects).collect();
            let open: Vec<Fact> = l
                .facts
                .iter()
                .filter(|f| f.project.0 == project && !corrected.contains(&f.id))
                .cloned()
                .collect();
            (!open.is_empty()).then(|| open[amount as usize % open.len()].clone())
        };
        match what % 12 {
            0 => {
                ledger.signed(project, day, amount);
            }
            1 => {
                ledger.say(project, Kind::Stage, day, "started");
            }
            2 => {
                ledger.yuan(project, Kind::Arrived, day, amount);
            }
            3 => {
                ledger.yuan(project, Kind::PlannedTotal, day, amount);
            }
            4 => {
                ledger.usd(project, Kind::PlannedTotal, day, amount / 7);
            }
            5 => {
                ledger.say(project, Kind::Sort, day, if amount % 2 == 0 { "new" } else { "outlet" });
            }
            6 => {
                ledger.say(project, Kind::Stage, day, if amount % 3 == 0 { "ended" } else { "signed" });
            }
            7 => ledger.rate(day, 6_500_000 + amount % 1_000_000),
            8 => {
                ledger.put(project, Kind::Promise, day, Value::Text("承诺".into()), None);
            }
            9 => {
                ledger.put(project, Kind::PromiseMet, day, Value::Number(amount % 40), None);
            }
            _ => {
                if let Some(old) = of(ledger) {
                    let value = match (&old.value, amount % 3) {
                        (_, 0) => Value::Nothing,
                        (Value::Money(_), _) => Value::yuan(amount),
                        (value, _) => value.clone(),
                    };
                    ledger.put(project, old.kind, day, value, Some(old.id));
                }
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]
    #[test]
    fn a_closed_report_never_changes_and_a_restatement_explains_every_difference(
        first in prop::collection::vec((1i64..6, any::<u8>(), any::<u16>(), 40_000_000i64..4_000_000_000), 1..40),
        later in prop::collection::vec((1i64..8, any::<u8>(), any::<u16>(), 40_000_000i64..4_000_000_000), 0..25),
        month in prop::option::of(1i8..=12),
        turn in any::<usize>(),
    ) {
        let definitions = builtin().unwrap();
        let period = Period::new(YEAR, month).unwrap();
        let mut ledger = Ledger::default();
        play(&mut ledger, &first);
        let cut_off = ledger.at();
        let closed = ledger.report(&definitions, period, cut_off);
        play(&mut ledger, &later);
        prop_assert_eq!(closed.bytes(), ledger.report(&definitions, period, cut_off).bytes());

        // The order in which projects and facts are read does not matter.
        let mut turned = ledger.clone();
        let by = turn % turned.facts.len();
        turned.facts.rotate_left(by);
        turned.facts.reverse();
        turned.rates.reverse();
        let now = ledger.at();
        let open = ledger.report(&definitions, period, now);
        prop_assert_eq!(open.bytes(), turned.report(&definitions, period, now).bytes());

        // Old values and effects give the new values; facts and rates together are the whole.
        let restated = ledger.restated(&definitions, period, cut_off);
        for (old, new) in closed.lines.iter().zip(&open.lines) {
            let id = &old.definition.id;
            let shown = [
                (Shown::Total, Some(&old.total.values), Some(&new.total.values)),
                (Shown::Month, old.month.as_ref(), new.month.as_ref()),
                (Shown::LastYear, Some(&old.last_year), Some(&new.last_year)),
                (Shown::LastYearMonth, old.last_year_month.as_ref(), new.last_year_month.as_ref()),
            ];
            for (shown, a, b) in shown {
                let (Some(a), Some(b)) = (a, b) else { continue };
                let delta = restated.delta(id, shown);
                prop_assert_eq!((a.count + delta.count, a.yuan + delta.yuan), (b.count, b.yuan), "{} {:?}", id, shown);
                prop_assert_eq!((a.met + delta.met, a.of + delta.of), (b.met, b.of), "{} {:?}", id, shown);
                let parts = restated.changes.iter().flat_map(|c| &c.effects).chain(&restated.rate_effects);
                let parts = parts.filter(|e| &e.figure == id && e.shown == shown);
                prop_assert_eq!(parts.map(|e| e.delta.yuan).sum::<i64>(), delta.yuan);
            }
        }
        // A report whose rows changed has something to say.
        if closed.lines.iter().zip(&open.lines).any(|(a, b)| a.total.rows != b.total.rows) {
            prop_assert!(!restated.is_empty());
        }
    }
}

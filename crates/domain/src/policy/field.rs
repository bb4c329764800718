//! What a policy may ask about: the fields of a company, of a project and of its plan, each with its type and unit.

use super::number::{Number, PLACES, Rounding};
use crate::company::{Currency, Money};
use crate::money;
use crate::offer::Condition;
use crate::role::Lang;

/// What a number counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Yuan.
    Yuan,
    /// People.
    People,
    /// Pieces: patents, copyrights.
    Pieces,
    /// Square metres.
    SquareMetres,
    /// Tonnes of standard coal a year.
    Coal,
    /// Whole years.
    Years,
    /// One amount over another of the same unit; shown as a percentage.
    Share,
}

/// One word of a closed list: stable word, Chinese, English.
pub type Choice = (&'static str, &'static str, &'static str);

/// What a field holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// A number of a unit.
    Number(Unit),
    /// A free text or a code.
    Text,
    /// One of these words.
    Choice(&'static [Choice]),
    /// Yes or no.
    Flag,
    /// A civil day.
    Day,
    /// Texts.
    List,
}

/// A field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its word in an expression, such as `company.employees`.
    pub word: &'static str,
    /// Chinese name.
    pub zh: &'static str,
    /// English name.
    pub en: &'static str,
    /// What it holds.
    pub form: Form,
    /// What a reward that asks for it is conditional on, for the fair-competition check.
    pub condition: Option<Condition>,
}

/// A place in [`FIELDS`]; only [`FieldId::find`] makes one, so it always names a field.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FieldId(u8);

impl FieldId {
    /// The field of a word.
    #[must_use]
    pub fn find(word: &str) -> Option<FieldId> {
        let at = FIELDS.iter().position(|f| f.word == word)?;
        u8::try_from(at).ok().map(FieldId)
    }

    /// Every field, in the order a form lists them.
    pub fn all() -> impl Iterator<Item = FieldId> {
        FIELDS.iter().filter_map(|f| FieldId::find(f.word))
    }

    /// What it names.
    #[must_use]
    pub fn field(self) -> &'static Field {
        &FIELDS[self.at()]
    }

    pub(super) fn at(self) -> usize {
        usize::from(self.0)
    }
}

impl Field {
    /// The name in a language.
    #[must_use]
    pub fn label(&self, lang: Lang) -> &'static str {
        lang.t(self.zh, self.en)
    }
}

impl Unit {
    /// Chinese and English name.
    #[must_use]
    pub fn names(self) -> (&'static str, &'static str) {
        match self {
            Unit::Yuan => ("元", "yuan"),
            Unit::People => ("人", "people"),
            Unit::Pieces => ("件", "pieces"),
            Unit::SquareMetres => ("平方米", "square metres"),
            Unit::Coal => ("吨标准煤", "tonnes of standard coal"),
            Unit::Years => ("年", "years"),
            Unit::Share => ("比例", "a share"),
        }
    }

    /// The decimals that show a number of this unit whole, at least two and at most six; yuan are shown whole.
    #[must_use]
    pub fn places(self, number: Number) -> u32 {
        let shown = if self == Unit::Share { number.times(Number::whole(100)) } else { Some(number) };
        (2..PLACES).find(|places| shown.is_some_and(|n| n.fits(*places))).unwrap_or(PLACES)
    }

    /// A number of this unit as people write it, such as `3000万元` or `4.2%`, with at most so many decimals, rounded so.
    #[must_use]
    pub fn show(self, number: Number, lang: Lang, places: u32, way: Rounding) -> String {
        let plain = number.text(places, way);
        match self {
            Unit::Yuan => match number.rounded(way) {
                Some(amount) if lang == Lang::Zh => money::format(Money { amount, currency: Currency::Cny }),
                Some(amount) => format!("{amount} yuan"),
                None => plain,
            },
            Unit::Share => match number.times(Number::whole(100)) {
                Some(hundredfold) => format!("{}%", hundredfold.text(places, way)),
                None => plain,
            },
            Unit::People => plain + lang.t("人", " people"),
            Unit::Pieces => plain + lang.t("件", ""),
            Unit::SquareMetres => plain + lang.t("平方米", " m²"),
            Unit::Coal => plain + lang.t("吨标准煤", " tce"),
            Unit::Years => plain + lang.t("年", " years"),
        }
    }
}

/// A share that has a name of its own: above the line, below it, Chinese, English.
type Named = (&'static str, &'static str, &'static str, &'static str);

const SHARES: &[Named] = &[
    ("company.research_spend", "company.revenue_last_year", "研发费用占比", "research share of revenue"),
    ("company.research_staff", "company.employees", "研发人员占比", "share of research staff"),
    (
        "company.research_graduates",
        "company.research_staff",
        "本科及中级以上占研发人员比重",
        "graduates among research staff",
    ),
    (
        "company.revenue_last_year",
        "company.revenue_prev_year",
        "营业收入与上上年之比",
        "revenue over the year before",
    ),
    ("company.exports_last_year", "company.revenue_last_year", "出口占比", "export share of revenue"),
    ("project.equipment", "project.fixed_investment", "设备投资占比", "share of equipment"),
];

/// The name of one field over another, Chinese and English, where it has one.
#[must_use]
pub fn share_name(top: FieldId, bottom: FieldId) -> Option<(&'static str, &'static str)> {
    let (top, bottom) = (top.field().word, bottom.field().word);
    SHARES.iter().find(|s| s.0 == top && s.1 == bottom).map(|s| (s.2, s.3))
}

/// Sizes of an enterprise by the classification of 2017 (统计上大中小微型企业划分办法).
pub const SIZES: &[Choice] = &[
    ("large", "大型", "large"),
    ("medium", "中型", "medium"),
    ("small", "小型", "small"),
    ("micro", "微型", "micro"),
];

/// Steps of 专精特新 (工信部企业〔2022〕63号).
pub const SPECIALISED: &[Choice] = &[
    ("none", "否", "none"),
    ("innovative", "创新型中小企业", "innovative small or medium enterprise"),
    ("province", "专精特新中小企业", "specialised enterprise of the province"),
    ("giant", "专精特新“小巨人”", "little giant"),
];

/// The stages of a project, as [`crate::stage::Stage`] has them.
pub const STAGES: &[Choice] = &[
    ("lead", "线索", "lead"),
    ("negotiating", "在谈", "negotiating"),
    ("review", "评审", "review"),
    ("decision", "决策", "decision"),
    ("signed", "签约", "signed"),
    ("registered", "注册", "registered"),
    ("filed", "备案", "filed"),
    ("supplied", "供地/报批", "land and permits"),
    ("started", "开工", "construction started"),
    ("completed", "竣工", "completed"),
    ("in_production", "投产", "in production"),
    ("at_capacity", "达产", "at capacity"),
    ("lost", "流失", "lost"),
    ("ended", "终止", "ended"),
];

const YUAN: Form = Form::Number(Unit::Yuan);
const PEOPLE: Form = Form::Number(Unit::People);
const PIECES: Form = Form::Number(Unit::Pieces);
const COAL: Form = Form::Number(Unit::Coal);
const SPACE: Form = Form::Number(Unit::SquareMetres);

const fn of(word: &'static str, zh: &'static str, en: &'static str, form: Form) -> Field {
    Field { word, zh, en, form, condition: None }
}

const fn asks(
    condition: Condition,
    word: &'static str,
    zh: &'static str,
    en: &'static str,
    form: Form,
) -> Field {
    Field { word, zh, en, form, condition: Some(condition) }
}

/// Every field, in the order a form lists them. Words are stable: policies hold them.
pub static FIELDS: &[Field] = &[
    of("company.registered_on", "成立日期", "registration date", Form::Day),
    of("company.registered_capital", "注册资本", "registered capital", YUAN),
    of("company.region", "所在行政区划代码", "code of its administrative division", Form::Text),
    of("company.industry", "国民经济行业代码", "industry code", Form::Text),
    of("company.chain_segments", "所在产业链环节", "chain segments", Form::List),
    asks(Condition::MoveRegistration, "company.in_zone", "注册在园区", "registered in the zone", Form::Flag),
    of("company.size", "企业规模", "size", Form::Choice(SIZES)),
    of("company.above_scale", "规模以上企业", "above the statistical threshold", Form::Flag),
    of("company.high_tech", "高新技术企业", "high-tech enterprise", Form::Flag),
    of("company.tech_sme", "科技型中小企业", "small or medium technology enterprise", Form::Flag),
    of("company.specialised", "专精特新", "specialised enterprise", Form::Choice(SPECIALISED)),
    of("company.qualifications", "资质", "qualifications", Form::List),
    of("company.bad_credit", "失信被执行或严重违法失信", "listed for bad credit", Form::Flag),
    asks(Condition::Output, "company.revenue_last_year", "上年营业收入", "revenue last year", YUAN),
    asks(
        Condition::Output,
        "company.revenue_prev_year",
        "上上年营业收入",
        "revenue of the year before",
        YUAN,
    ),
    asks(Condition::Output, "company.exports_last_year", "上年出口额", "exports last year", YUAN),
    asks(Condition::PayTaxHere, "company.tax_last_year", "上年纳税额", "tax paid last year", YUAN),
    asks(Condition::Research, "company.research_spend", "上年研发费用", "research spending last year", YUAN),
    asks(
        Condition::Research,
        "company.research_spend_three_years",
        "近三年研发费用",
        "research spending of three years",
        YUAN,
    ),
    asks(Condition::Jobs, "company.employees", "职工人数", "employees", PEOPLE),
    asks(Condition::Research, "company.research_staff", "研发人员", "research staff", PEOPLE),
    asks(
        Condition::Research,
        "company.research_graduates",
        "本科及中级以上研发人员",
        "research staff with a degree",
        PEOPLE,
    ),
    asks(
        Condition::Research,
        "company.patents_invention",
        "发明专利（已授权）",
        "invention patents granted",
        PIECES,
    ),
    asks(
        Condition::Research,
        "company.patents_utility",
        "实用新型专利（已授权）",
        "utility models granted",
        PIECES,
    ),
    asks(Condition::Research, "company.patents_all", "专利（已授权）", "patents granted", PIECES),
    asks(Condition::Research, "company.software", "软件著作权", "software copyrights", PIECES),
    of("project.stage", "项目阶段", "stage of the project", Form::Choice(STAGES)),
    of("project.industry", "项目行业代码", "industry code of the project", Form::Text),
    of("project.chain_segments", "项目产业链环节", "chain segments of the project", Form::List),
    of("project.foreign", "外商投资项目", "foreign investment", Form::Flag),
    of("project.signed_on", "签约日期", "day of signing", Form::Day),
    of("project.started_on", "开工日期", "start of construction", Form::Day),
    of("project.produced_on", "投产日期", "start of production", Form::Day),
    asks(Condition::Investment, "project.investment", "计划总投资", "planned investment", YUAN),
    asks(Condition::Investment, "project.fixed_investment", "固定资产投资", "fixed investment", YUAN),
    asks(Condition::Investment, "project.invested", "已完成投资", "investment done", YUAN),
    asks(Condition::Equipment, "project.equipment", "设备投资", "equipment", YUAN),
    asks(Condition::Output, "project.output", "预计年产值", "expected output a year", YUAN),
    asks(Condition::PayTaxHere, "project.tax", "预计年税收", "expected tax a year", YUAN),
    asks(Condition::Jobs, "project.jobs", "预计用工", "expected jobs", PEOPLE),
    of("plan.land_area", "用地面积", "land", SPACE),
    of("plan.floor_area", "建筑面积", "floor area", SPACE),
    of("plan.rented_area", "租用面积", "rented area", SPACE),
    asks(Condition::Jobs, "plan.jobs", "方案用工", "jobs of the plan", PEOPLE),
    asks(Condition::Energy, "plan.energy", "年综合能耗", "energy a year", COAL),
    asks(Condition::Energy, "plan.energy_saved", "年节能量", "energy saved a year", COAL),
    asks(Condition::Output, "plan.output", "方案年产值", "output a year of the plan", YUAN),
    asks(Condition::Output, "plan.added_value", "方案年增加值", "value added a year of the plan", YUAN),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stage::Stage;
    use std::collections::BTreeSet;

    #[test]
    fn every_word_names_one_field_and_finds_it() {
        let words: BTreeSet<&str> = FIELDS.iter().map(|f| f.word).collect();
        assert_eq!((words.len(), FieldId::all().count()), (FIELDS.len(), FIELDS.len()));
        for id in FieldId::all() {
            assert_eq!(FieldId::find(id.field().word), Some(id));
            let (root, rest) = id.field().word.split_once('.').unwrap();
            assert!(["company", "project", "plan"].contains(&root), "{root}");
            assert!(rest.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{rest}");
        }
        assert_eq!(FieldId::find("company.turnover"), None);
        for (top, bottom, ..) in SHARES {
            assert!(FieldId::find(top).is_some() && FieldId::find(bottom).is_some(), "{top} / {bottom}");
        }
    }

    #[test]
    fn the_stages_are_the_stages() {
        let words: Vec<&str> = Stage::ALL.iter().map(|s| s.as_str()).collect();
        assert_eq!(STAGES.iter().map(|s| s.0).collect::<Vec<_>>(), words);
        assert_eq!(
            STAGES.iter().map(|s| s.1).collect::<Vec<_>>(),
            Stage::ALL.iter().map(|s| s.zh()).collect::<Vec<_>>()
        );
    }

    #[test]
    fn numbers_are_shown_with_their_unit_and_rounded_as_asked() {
        let n = |text: &str| Number::read(text).unwrap();
        assert_eq!(Unit::Share.show(n("0.042"), Lang::Zh, 2, Rounding::Down), "4.2%");
        assert_eq!(Unit::Share.show(n("0.049999"), Lang::Zh, 2, Rounding::Down), "4.99%");
        assert_eq!(Unit::Yuan.show(n("30000000"), Lang::Zh, 2, Rounding::Down), "3000万元");
        assert_eq!(Unit::Yuan.show(n("0.5"), Lang::En, 2, Rounding::Up), "1 yuan");
        assert_eq!(Unit::People.show(n("15"), Lang::Zh, 2, Rounding::Down), "15人");
        assert_eq!((Unit::Share.places(n("0.05")), Unit::Share.places(n("0.05125"))), (2, 3));
    }
}

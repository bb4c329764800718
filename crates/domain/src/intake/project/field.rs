//! What the columns of a table of projects hold, and the headings that cities give them.

use crate::fact::{Form, Kind};
use crate::intake::heading_key;
use crate::stage::Stage;
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    /// 项目编号
    Code,
    /// 统一社会信用代码 of the company
    Uscc,
    /// A fact of the project.
    Fact(Kind),
    /// The day a stage was reached (实际时间).
    Happened(Stage),
    /// The day it counts in statistics (统计时间); a month alone will do.
    Counts(Stage),
    /// The word of the stage it stands at.
    StageNow,
    /// Known and left out on purpose (row numbers, telephones).
    Skip,
}

/// Stages that have columns of their own.
pub const DATED: [Stage; 9] = [
    Stage::Decision,
    Stage::Signed,
    Stage::Registered,
    Stage::Filed,
    Stage::Supplied,
    Stage::Started,
    Stage::Completed,
    Stage::InProduction,
    Stage::AtCapacity,
];

/// Kinds of facts that a column can hold.
const KINDS: [Kind; 24] = [
    Kind::Name,
    Kind::Company,
    Kind::Unit,
    Kind::Officer,
    Kind::Chain,
    Kind::Industry,
    Kind::Source,
    Kind::Event,
    Kind::Sort,
    Kind::Origin,
    Kind::Site,
    Kind::LandArea,
    Kind::PlannedTotal,
    Kind::FixedInvestment,
    Kind::Equipment,
    Kind::RegisteredCapital,
    Kind::PaidIn,
    Kind::AgreedForeign,
    Kind::Output,
    Kind::Tax,
    Kind::Jobs,
    Kind::Energy,
    Kind::Arrived,
    Kind::ForeignUsed,
];

impl Field {
    /// Every field that a column can be given, in the order of the page.
    pub fn all() -> impl Iterator<Item = Field> {
        let dated = DATED.into_iter().flat_map(|s| [Field::Happened(s), Field::Counts(s)]);
        [Field::Code, Field::Uscc]
            .into_iter()
            .chain(KINDS.into_iter().map(Field::Fact))
            .chain([Field::Fact(Kind::Invested), Field::Fact(Kind::Note), Field::StageNow])
            .chain(dated)
            .chain([Field::Skip])
    }

    /// The stable word, for forms.
    #[must_use]
    pub fn word(self) -> String {
        match self {
            Field::Code => "code".to_string(),
            Field::Uscc => "uscc".to_string(),
            Field::Fact(kind) => kind.to_string(),
            Field::Happened(stage) => format!("{stage}.happened"),
            Field::Counts(stage) => format!("{stage}.counts"),
            Field::StageNow => "stage_now".to_string(),
            Field::Skip => "skip".to_string(),
        }
    }

    /// The field with a word.
    #[must_use]
    pub fn from_word(word: &str) -> Option<Field> {
        Field::all().find(|f| f.word() == word)
    }

    /// What pages call it, Chinese.
    #[must_use]
    pub fn zh(self) -> String {
        match self {
            Field::Code => "项目编号".into(),
            Field::Uscc => "统一社会信用代码".into(),
            Field::Fact(kind) => kind.zh().into(),
            Field::Happened(stage) => format!("{}（实际时间）", stage.zh()),
            Field::Counts(stage) => format!("{}（统计时间）", stage.zh()),
            Field::StageNow => "当前阶段".into(),
            Field::Skip => "不导入".into(),
        }
    }

    /// What pages call it, English.
    #[must_use]
    pub fn en(self) -> String {
        match self {
            Field::Code => "project code".into(),
            Field::Uscc => "credit code".into(),
            Field::Fact(kind) => kind.en().into(),
            Field::Happened(stage) => format!("{} (happened)", stage.en()),
            Field::Counts(stage) => format!("{} (counts)", stage.en()),
            Field::StageNow => "stage now".into(),
            Field::Skip => "not imported".into(),
        }
    }

    /// Whether its values are money.
    #[must_use]
    pub fn is_money(self) -> bool {
        matches!(self, Field::Fact(kind) if kind.form() == Form::Money)
    }

    /// Whether its values are an area.
    #[must_use]
    pub fn is_area(self) -> bool {
        self == Field::Fact(Kind::LandArea)
    }

    /// Whether several columns may hold it.
    #[must_use]
    pub fn repeats(self) -> bool {
        matches!(self, Field::Skip | Field::Fact(Kind::Note | Kind::Industry))
    }
}

impl Serialize for Field {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(&self.word())
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Field, D::Error> {
        let word = std::borrow::Cow::<'_, str>::deserialize(deserializer)?;
        Field::from_word(&word).ok_or_else(|| serde::de::Error::custom(format!("`{word}` is no field")))
    }
}

/// The field that a heading names, whatever its width, spaces, brackets and unit. The two parts of a heading of two rows are
/// joined by `/` (`签约/统计时间`).
#[must_use]
pub fn recognise(heading: &str) -> Option<Field> {
    let key = heading_key(heading).replace(['/', '、', '·', '.'], "");
    let bare = without_brackets(&key);
    [key.as_str(), bare.as_str(), bare.trim_start_matches("项目"), bare.trim_start_matches("其中")]
        .into_iter()
        .find_map(|key| word(key).or_else(|| dated(key)))
}

fn word(key: &str) -> Option<Field> {
    WORDS.iter().find(|(_, words)| words.contains(&key)).map(|(field, _)| *field)
}

/// `签约时间`, `实际开工日期`, `竣工确认时间`, `签约统计时间`, `开工统计月份`; in any order, as two rows of a heading give them.
fn dated(key: &str) -> Option<Field> {
    const TIME: [&str; 5] = ["时间", "日期", "年月日", "年月", "月份"];
    const COUNTS: [&str; 5] = ["统计", "认定", "计入", "入统", "上报"];
    const HAPPENED: [&str; 4] = ["实际", "正式", "确认", "发生"];
    let says = |words: &[&str]| words.iter().any(|w| key.contains(w));
    let counts = says(&COUNTS);
    if !counts && !says(&TIME) && !says(&HAPPENED) {
        return None;
    }
    let mut rest = key.to_string();
    for word in TIME.iter().chain(&COUNTS).chain(&HAPPENED) {
        rest = rest.replacen(word, "", 1);
    }
    let bare = ["签订", "取得", "办理"].iter().find_map(|w| rest.strip_suffix(w)).filter(|r| !r.is_empty());
    let named = bare.unwrap_or(&rest);
    let (_, stage) = STAGES.iter().find(|(word, _)| *word == named)?;
    let field = if counts { Field::Counts(*stage) } else { Field::Happened(*stage) };
    DATED.contains(stage).then_some(field)
}

/// `计划总投资(亿元)` → `计划总投资`; unit words behind the name go too.
fn without_brackets(key: &str) -> String {
    let mut out = String::with_capacity(key.len());
    let mut depth = 0usize;
    for c in key.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            c if depth == 0 => out.push(c),
            _ => {}
        }
    }
    for unit in ["亿美元", "万美元", "亿元", "万元", "美元", "亩", "平方米", "㎡", "m2", "必填", "选填"]
    {
        if let Some(bare) = out.strip_suffix(unit).filter(|b| !b.is_empty()) {
            return bare.to_string();
        }
    }
    out
}

/// What cities call the stages in headings and in a column of stages.
pub(super) const STAGES: &[(&str, Stage)] = &[
    ("线索", Stage::Lead),
    ("信息", Stage::Lead),
    ("储备", Stage::Lead),
    ("在谈", Stage::Negotiating),
    ("洽谈", Stage::Negotiating),
    ("跟踪", Stage::Negotiating),
    ("评审", Stage::Review),
    ("决策", Stage::Decision),
    ("上会", Stage::Decision),
    ("签约", Stage::Signed),
    ("签订", Stage::Signed),
    ("合同", Stage::Signed),
    ("协议", Stage::Signed),
    ("投资协议", Stage::Signed),
    ("注册", Stage::Registered),
    ("工商注册", Stage::Registered),
    ("公司注册", Stage::Registered),
    ("备案", Stage::Filed),
    ("立项", Stage::Filed),
    ("核准", Stage::Filed),
    ("备案核准", Stage::Filed),
    ("立项备案", Stage::Filed),
    ("供地", Stage::Supplied),
    ("报批", Stage::Supplied),
    ("拿地", Stage::Supplied),
    ("摘牌", Stage::Supplied),
    ("土地摘牌", Stage::Supplied),
    ("施工许可", Stage::Supplied),
    ("开工", Stage::Started),
    ("开工建设", Stage::Started),
    ("在建", Stage::Started),
    ("建设", Stage::Started),
    ("竣工", Stage::Completed),
    ("竣工验收", Stage::Completed),
    ("投产", Stage::InProduction),
    ("投产运营", Stage::InProduction),
    ("竣工投产", Stage::InProduction),
    ("投运", Stage::InProduction),
    ("运营", Stage::InProduction),
    ("达产", Stage::AtCapacity),
    ("流失", Stage::Lost),
    ("终止", Stage::Ended),
];

/// Headings folded by [`heading_key`], without `/`.
#[rustfmt::skip]
const WORDS: &[(Field, &[&str])] = &[
    (Field::Code, &["项目编号", "项目代码", "编号", "项目编码", "项目序列号", "code", "projectcode"]),
    (Field::Uscc, &["统一社会信用代码", "社会信用代码", "信用代码", "企业信用代码", "组织机构代码统一社会信用代码", "uscc"]),
    (Field::Fact(Kind::Name), &["项目名称", "名称", "签约项目名称", "招商项目名称", "拟建项目名称", "项目", "name", "project", "projectname"]),
    (Field::Fact(Kind::Company), &[
        "投资方", "投资企业", "投资企业名称", "企业名称", "投资方名称", "投资主体", "投资单位", "投资者", "公司名称", "签约企业", "签约企业名称", "项目公司", "项目公司名称", "客商",
        "客商名称", "投资方企业名称", "投资方(企业)名称", "投资方全称", "单位名称", "建设单位", "承办单位", "company", "investor",
    ]),
    (Field::Fact(Kind::Chain), &["产业链类别", "产业链", "所属产业链", "产业类别", "所属产业", "产业", "产业链名称", "chain"]),
    (Field::Fact(Kind::Industry), &["国民经济行业", "所属行业", "行业", "国民经济行业分类", "行业类别", "行业代码", "国标行业", "行业分类", "industry"]),
    (Field::Fact(Kind::Origin), &["投资标识", "内资外资", "内外资", "内外资类型", "投资类型", "资金性质", "内资或外资", "资金来源", "origin"]),
    (Field::Fact(Kind::Source), &["项目来源", "信息来源", "来源", "招引方式", "招商方式", "source"]),
    (Field::Fact(Kind::Sort), &["项目性质", "建设性质", "项目类型", "项目类别", "sort"]),
    (Field::Fact(Kind::Event), &["招商活动", "招商会名称", "招商活动名称", "活动名称", "签约活动", "推介会", "招商会", "event"]),
    (Field::Fact(Kind::Unit), &["责任单位", "招引单位", "牵头单位", "招商单位", "落实单位", "服务单位", "责任部门", "招引部门", "unit"]),
    (Field::Fact(Kind::Officer), &["责任人", "项目专员", "招商专员", "招商人员", "项目负责人", "招引人", "首谈人", "跟踪人", "项目管家", "officer"]),
    (Field::Fact(Kind::Site), &["选址", "项目选址", "建设地点", "落户地点", "项目地址", "拟选址", "落户园区", "所在园区", "园区", "site"]),
    (Field::Fact(Kind::LandArea), &["用地面积", "项目用地", "用地", "占地面积", "拟用地面积", "供地面积", "新增用地", "需用地", "土地面积", "landarea"]),
    (Field::Fact(Kind::PlannedTotal), &[
        "计划总投资", "总投资", "投资总额", "计划投资", "协议投资额", "协议投资", "合同投资额", "签约金额", "投资金额", "总投资额", "计划总投资额", "投资额", "协议总投资", "协议金额", "合同金额",
        "plannedtotal", "totalinvestment",
    ]),
    (Field::Fact(Kind::FixedInvestment), &["固定资产投资", "固定资产投资额", "固投", "固定资产", "固定资产总投资", "fixedinvestment"]),
    (Field::Fact(Kind::Equipment), &["设备投资", "设备投资额", "设备投入", "equipment"]),
    (Field::Fact(Kind::RegisteredCapital), &["注册资本", "注册资金", "注册资本金", "企业注册资金", "企业注册资本", "registeredcapital"]),
    (Field::Fact(Kind::PaidIn), &["实缴资本", "实收资本", "实缴资金", "实缴注册资本", "paidin"]),
    (Field::Fact(Kind::AgreedForeign), &["协议利用外资", "协议外资", "合同外资", "合同利用外资", "协议注册外资", "agreedforeign"]),
    (Field::Fact(Kind::ForeignUsed), &["实际利用外资", "实际使用外资", "到账外资", "外资到账", "实际到账外资", "累计实际使用外资", "foreignused"]),
    (Field::Fact(Kind::Arrived), &["到位资金", "累计到位资金", "资金到位", "已到位资金", "到资", "到位资金累计", "累计到资", "实际到位资金", "arrived"]),
    (Field::Fact(Kind::Invested), &["完成投资", "累计完成投资", "已完成投资", "实际完成投资", "入库投资", "累计入库投资", "invested"]),
    (Field::Fact(Kind::Output), &["预计产值", "预计年产值", "预期产值", "达产产值", "年产值", "预计销售", "预计年销售", "预计年销售收入", "预计销售收入", "output"]),
    (Field::Fact(Kind::Tax), &["预计税收", "预计年税收", "预期税收", "年税收", "税收", "达产税收", "tax"]),
    (Field::Fact(Kind::Jobs), &["预计用工", "用工", "用工人数", "预计用工人数", "就业人数", "预计就业", "带动就业", "jobs"]),
    (Field::Fact(Kind::Energy), &["年综合能耗", "综合能耗", "总能耗", "年能耗", "能耗", "energy"]),
    (Field::Fact(Kind::Note), &["备注", "说明", "项目进展", "进展情况", "建设内容", "项目内容", "主要建设内容", "项目概况", "项目简介", "建设规模及内容", "note"]),
    (Field::StageNow, &["项目阶段", "阶段", "当前阶段", "项目状态", "状态", "进展阶段", "推进阶段", "stage"]),
    (Field::Skip, &["序号", "no", "no.", "id", "联系人", "联系电话", "电话", "手机", "手机号", "项目联系人", "区县", "县区", "区", "国别"]),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_what_cities_write() {
        for (heading, field) in [
            ("项目编号", Field::Code),
            (" 项目 名称 ", Field::Fact(Kind::Name)),
            ("投资方/企业名称", Field::Fact(Kind::Company)),
            ("投资方（企业名称）", Field::Fact(Kind::Company)),
            ("计划总投资（亿元）", Field::Fact(Kind::PlannedTotal)),
            ("计划总投资(万美元)", Field::Fact(Kind::PlannedTotal)),
            ("总投资亿元", Field::Fact(Kind::PlannedTotal)),
            ("其中：固定资产投资", Field::Fact(Kind::FixedInvestment)),
            ("用地面积(亩)", Field::Fact(Kind::LandArea)),
            ("内资/外资", Field::Fact(Kind::Origin)),
            ("实际签约时间", Field::Happened(Stage::Signed)),
            ("签约日期", Field::Happened(Stage::Signed)),
            ("签约统计时间", Field::Counts(Stage::Signed)),
            ("签约/实际时间", Field::Happened(Stage::Signed)),
            ("签约/统计时间", Field::Counts(Stage::Signed)),
            ("开工时间/统计", Field::Counts(Stage::Started)),
            ("统计开工月份", Field::Counts(Stage::Started)),
            ("竣工确认日期", Field::Happened(Stage::Completed)),
            ("协议签订时间", Field::Happened(Stage::Signed)),
            ("序号", Field::Skip),
        ] {
            assert_eq!(recognise(heading), Some(field), "{heading}");
        }
        for unknown in ["", "（万元）", "法人", "时间", "样板项目", "2025-03-01"] {
            assert_eq!(recognise(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn words_are_unique_and_read_back() {
        let mut seen = std::collections::HashSet::new();
        for field in Field::all() {
            assert!(seen.insert(field.word()), "{field:?}");
            assert_eq!(Field::from_word(&field.word()), Some(field));
        }
        let mut headings = std::collections::HashMap::new();
        for (field, words) in WORDS {
            for word in *words {
                assert_eq!(*headings.entry(*word).or_insert(field), field, "{word}");
            }
        }
    }
}

//! Fields of what a project's landing plan promises: offer lines, promises, instalments, and the inputs of its appraisal.

use super::{Kind, f, must};
use crate::inventory::field::{Choice, Field, Form};

/// What a line gives: the words of [`crate::offer::LineKind`].
pub const GIVES: &[Choice] = &[
    ("award", "奖励、补助", "Reward or grant"),
    ("talent", "人才支持", "Support for talent"),
    ("tax_share", "按税收或留成返还", "Share of tax"),
    ("land_supply", "供地（公开出让或租赁）", "Land by public sale or lease"),
    ("land_discount", "低于公开出让价供地", "Land below the public price"),
    ("land_refund", "返还地价款", "Land price paid back"),
    ("fee_waiver", "减免收费、基金", "Waiver of fees or funds"),
    ("social_insurance", "减免缓缴社会保险费", "Relief of social insurance"),
    ("equity", "基金入股", "Equity by the fund"),
    ("rent", "出租国有房产", "Lease of state property"),
    ("scenario", "应用场景、采购", "Scenario or purchase"),
    ("service", "代办、协调服务", "Public services"),
    ("other", "其他（一事一议）", "Other"),
];

/// What a line is conditional on: the words of [`crate::offer::Condition`].
pub const CONDITIONS: &[Choice] = &[
    ("investment", "固定资产投资达到约定", "Fixed investment"),
    ("research", "研发投入", "Spending on research"),
    ("equipment", "设备投入", "Equipment"),
    ("jobs", "吸纳就业", "Jobs"),
    ("energy", "能耗、排放水平", "Energy or emissions"),
    ("output", "产值、产出", "Output"),
    ("move_registration", "注册地迁入", "Registered address moved here"),
    ("pay_tax_here", "在本地纳税", "Tax paid here"),
    ("counted_here", "纳入本地统计", "Counted in local statistics"),
    ("not_leave", "一定期限内不得迁出", "Not to leave"),
    ("ownership", "所有制或组织形式", "Ownership or form"),
    ("local_brand", "本地品牌", "Local brand"),
    ("local_purchase", "采购本地产品", "Local purchase"),
    ("local_branch", "设立本地分支机构", "Local branch"),
    ("named_beneficiary", "仅限指定的一家企业", "One named company only"),
];

/// What is shown for a line: the words of [`crate::offer::Ground`].
pub const GROUNDS: &[Choice] = &[
    ("published_policy", "已公布的政策文件", "Published policy"),
    ("budget", "预算安排", "Budget"),
    ("national_basis", "法律、行政法规或国务院依据", "Law, regulation or State Council approval"),
    ("committee_minutes", "投决会纪要", "Minutes of the investment committee"),
    ("valuation", "估值报告", "Valuation"),
    ("appraisal", "租金评估报告", "Appraisal of the rent"),
    ("tender", "招标或竞争性比选记录", "Record of a tender"),
    ("public_sale", "公开出让公告或租赁公示", "Notice of the public sale or lease"),
];

/// The reviewer's opinion.
pub const OPINIONS: &[Choice] = &[("agreed", "同意", "Agreed"), ("refused", "不同意", "Refused")];

/// Whose promise it is.
pub const SIDES: &[Choice] = &[("company", "企业", "Company"), ("zone", "园区", "Zone")];

/// What is promised.
pub const MEASURES: &[Choice] = &[
    ("investment", "固定资产投资", "Fixed investment"),
    ("jobs", "就业", "Jobs"),
    ("tax", "税收", "Tax"),
    ("output", "产值", "Output"),
    ("intensity", "投资强度（每亩）", "Investment per mu"),
    ("start", "开工", "Construction started"),
    ("production", "投产", "In production"),
    ("land", "供地", "Land"),
    ("money", "资金", "Money"),
    ("rent", "租金", "Rent"),
    ("permits", "办证", "Permits"),
    ("power", "供电", "Power"),
    ("other", "其他", "Other"),
];

/// What an instalment waits for: a fact of the project, or a promise that was kept.
pub const WAITS: &[Choice] = &[
    ("signed", "已签约", "Signed"),
    ("registered", "已注册", "Registered"),
    ("filed", "已备案", "Filed"),
    ("started", "已开工", "Construction started"),
    ("completed", "已竣工", "Completed"),
    ("in_production", "已投产", "In production"),
    ("at_capacity", "已达产", "At capacity"),
    ("invested", "到位资金达到", "Money arrived reaches"),
    ("promise", "承诺已兑现", "A promise is kept"),
];

/// What an appraisal's input is.
pub const SORTS: &[Choice] = &[
    ("support", "支持（支出）", "Support (cost)"),
    ("equity", "股权出资", "Equity paid in"),
    ("tax", "地方财政收入", "Local fiscal income"),
    ("rent", "租金收入", "Rent received"),
    ("chain", "链上带动（估计）", "Chain effect (estimate)"),
    ("return", "股权收回", "Equity returned"),
];

pub(super) const OFFER_LINE: &[Field] = &[
    must("project", "项目", "Project", Form::Project),
    must("text", "条款内容", "Text", Form::Long),
    must("gives", "给什么", "Gives", Form::Choice(GIVES)),
    f("conditions", "以什么为条件", "Conditional on", Form::Words(CONDITIONS)),
    f("grounds", "已有依据", "Grounds", Form::Words(GROUNDS)),
    f("documents", "依据文号或附件", "Documents", Form::Line),
    f("amount", "金额上限", "At most", Form::Yuan),
    f("exception", "例外：适用情形", "Exception: public interest", Form::Long),
    f("alternative", "例外：考虑过的替代方案", "Exception: alternative considered", Form::Long),
    f("exception_until", "例外：实施期限", "Exception: last day", Form::Day),
    f("exception_ends", "例外：终止条件", "Exception: ends when", Form::Line),
    f("signed_on", "签订日期", "Signed on", Form::Day),
    f("paid", "已兑现", "Paid so far", Form::Yuan),
    f("opinion", "审查意见", "Opinion", Form::Choice(OPINIONS)),
    f("opinion_on", "意见日期", "Opinion given on", Form::Day),
    f("opinion_note", "意见说明", "What the reviewer said", Form::Long),
    f("rule_set", "审查所用规则集", "Rule set of the opinion", Form::Line),
];

pub(super) const PROMISE: &[Field] = &[
    must("project", "项目", "Project", Form::Project),
    must("side", "承诺方", "Whose", Form::Choice(SIDES)),
    must("measure", "事项", "What", Form::Choice(MEASURES)),
    must("text", "内容", "Text", Form::Long),
    f("yuan", "金额", "Amount", Form::Yuan),
    f("number", "数量", "Number", Form::Count("", "")),
    must("due", "到期日", "Due", Form::Day),
    f("grace_days", "宽限", "Grace", Form::Count("天", "days")),
    f("claw_back", "未兑现时追回比例", "Returned when missed", Form::Hundredths("%", "%")),
    f("met_on", "兑现日期", "Met on", Form::Day),
    f("met_yuan", "兑现金额", "Met amount", Form::Yuan),
    f("met_number", "兑现数量", "Met number", Form::Count("", "")),
    f("waived", "豁免理由", "Waived because", Form::Line),
];

pub(super) const INSTALMENT: &[Field] = &[
    must("project", "项目", "Project", Form::Project),
    f("line", "优惠条款", "Offer line", Form::Ref(Kind::OfferLine)),
    must("amount", "应拨金额", "Amount", Form::Yuan),
    must("condition", "条件", "Condition", Form::Choice(WAITS)),
    f("reaches", "条件金额", "Reaches", Form::Yuan),
    f("promise", "对应承诺", "Promise", Form::Ref(Kind::Promise)),
    f("due", "计划拨付日期", "Planned on", Form::Day),
    f("paid_on", "拨付日期", "Paid on", Form::Day),
    f("paid", "已拨金额", "Paid", Form::Yuan),
    f("returned", "已追回", "Returned", Form::Yuan),
    f("note", "说明", "Note", Form::Line),
];

pub(super) const ASSUMPTION: &[Field] = &[
    must("project", "项目", "Project", Form::Project),
    must("option", "方案", "Option", Form::Line),
    must("sort", "类别", "Sort", Form::Choice(SORTS)),
    must("name", "名称", "Name", Form::Line),
    must("amount", "每年金额", "Amount a year", Form::Yuan),
    must("from_year", "从第几年", "From year", Form::Count("", "")),
    must("years", "年数", "Years", Form::Count("年", "years")),
    f("low", "不利情形（为基准的百分之）", "Unfavourable (% of base)", Form::Hundredths("%", "%")),
    f("high", "有利情形（为基准的百分之）", "Favourable (% of base)", Form::Hundredths("%", "%")),
    f("source", "依据", "Source", Form::Line),
];

pub(super) const LAYOUT: &[Field] = &[
    must("project", "项目", "Project", Form::Project),
    f("counted_floor", "计容建筑面积（层高超限加倍）", "Floor counted in the ratio", Form::Area),
    f("footprint", "建筑物、构筑物占地", "Land under buildings and structures", Form::Area),
    f("yards", "生产用露天堆场占地", "Open yards used in production", Form::Area),
    f("office_land", "行政办公及生活服务设施用地", "Land for offices and living", Form::Area),
    f("research", "年研发投入", "Research spending a year", Form::Yuan),
    f("added_value", "年增加值", "Value added a year", Form::Yuan),
    f("note", "说明", "Note", Form::Line),
];

//! Fields of zone with zone (园区协作): the framework, its work plan, and what a zone brings besides land and chains.

use super::{Kind, f, must};
use crate::inventory::field::{Choice, Field, Form};

/// Fields of cooperation.
pub const AREAS: &[Choice] = &[
    ("industry", "产业协作", "Industry"),
    ("research", "成果转化", "Bringing research to market"),
    ("talent", "人才交流", "Exchange of people"),
    ("energy", "绿电与要素", "Green power and inputs"),
    ("land", "载体与飞地", "Land and enclaves"),
    ("policy", "政策互学", "Learning policies"),
    ("capital", "资本合作", "Capital"),
];

/// What is shared with the other zone.
pub const SHARES: &[Choice] = &[
    ("chains", "产业链研判（每个环节的结论与企业数）", "Chain verdicts and numbers of companies"),
    ("ground", "可用地块", "Free ground"),
    ("resources", "资源要素", "Resources"),
    ("research", "能力清单", "Capabilities"),
    ("wanted", "机会清单", "Opportunities"),
    ("plan", "工作计划", "The work plan"),
];

/// Who does a line of the work plan.
pub const SIDES: &[Choice] = &[("ours", "我方", "We"), ("theirs", "对方", "They")];

/// What a zone brings.
pub const SORTS: &[Choice] = &[
    ("green_power", "绿电", "Green power"),
    ("research", "科研平台", "Research"),
    ("talent", "人才", "People"),
    ("assets", "存量资产", "Existing assets"),
    ("capital", "基金", "Capital"),
    ("market", "市场", "Market"),
    ("other", "其他", "Other"),
];

pub(super) const COOPERATION: &[Field] = &[
    must("name", "协议名称", "Agreement", Form::Line),
    must("partner", "伙伴身份（did:web）", "Partner (did:web)", Form::Line),
    f("signed_on", "签署日期", "Signed on", Form::Day),
    f("until", "有效期至", "Until", Form::Day),
    f("areas", "合作领域", "Fields", Form::Words(AREAS)),
    f("shares", "共享内容", "What is shared", Form::Words(SHARES)),
    f("credit", "线索转交方分成", "Credit of the zone that hands over", Form::Count("%", "%")),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const TASK: &[Field] = &[
    must("name", "事项", "Task", Form::Line),
    must("cooperation", "协作", "Cooperation", Form::Ref(Kind::Cooperation)),
    must("side", "责任方", "Who", Form::Choice(SIDES)),
    must("owner", "责任人", "Owner", Form::Line),
    must("due", "期限", "Due", Form::Day),
    f("done_on", "完成日期", "Done on", Form::Day),
    f("note", "进展", "Progress", Form::Long),
];

pub(super) const RESOURCE: &[Field] = &[
    must("name", "资源", "Resource", Form::Line),
    must("sort", "类别", "Sort", Form::Choice(SORTS)),
    f("amount", "数量（含单位）", "Amount with unit", Form::Line),
    f("until", "止", "Until", Form::Day),
    f("note", "说明", "Note", Form::Long),
];

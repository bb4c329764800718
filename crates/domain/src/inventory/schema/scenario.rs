//! Fields of scenarios: what is offered (机会清单), who can do what (能力清单), and what came of a match.

use super::{Kind, f, must};
use crate::inventory::field::{Choice, Field, Form};

/// How far a match has come.
pub const STAGES: &[Choice] = &[
    ("matched", "已对接", "Matched"),
    ("trial", "试用", "Trial"),
    ("accepted", "验收", "Accepted"),
    ("ordered", "形成订单", "Orders"),
    ("dropped", "未成", "Dropped"),
];

/// What is bought, where the law asks for a tender.
pub const PURCHASES: &[Choice] =
    &[("works", "工程", "Works"), ("goods", "货物", "Goods"), ("services", "服务", "Services")];

pub(super) const OPPORTUNITY: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    must("owner", "场景方", "Owner", Form::Line),
    f("state_funded", "使用财政或国有资金", "State-funded", Form::YesNo),
    f("place", "地点", "Place", Form::Line),
    f("budget", "预算", "Budget", Form::Yuan),
    f("purchase", "采购类别", "Purchase", Form::Choice(PURCHASES)),
    f("from", "起", "From", Form::Day),
    f("until", "止", "Until", Form::Day),
    f("conditions", "条件", "Conditions", Form::Long),
    f("segments", "产业链环节（顿号分隔）", "Chain segments", Form::Line),
    f("words", "关键词（顿号分隔）", "Words", Form::Line),
    f("tender_no", "招标或比选编号", "Tender number", Form::Line),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const CAPABILITY: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    must("company", "企业", "Company", Form::Line),
    f("segments", "产业链环节（顿号分隔）", "Chain segments", Form::Line),
    f("words", "关键词（顿号分隔）", "Words", Form::Line),
    f("cases", "应用案例", "Cases", Form::Count("个", "cases")),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const MATCHED: &[Field] = &[
    must("opportunity", "场景机会", "Opportunity", Form::Ref(Kind::Opportunity)),
    must("company", "企业", "Company", Form::Line),
    f("project", "项目", "Project", Form::Project),
    must("stage", "阶段", "Stage", Form::Choice(STAGES)),
    must("since", "日期", "Since", Form::Day),
    f("orders", "订单金额", "Orders", Form::Yuan),
    f("note", "说明", "Note", Form::Line),
];

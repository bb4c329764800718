//! Fields of funds, shares and warrants. Terms of a warrant are parameters: the rules of the exchange itself could not be read.

use super::{Kind, f, must};
use crate::inventory::field::{Choice, Field, Form};

/// A flow of a fund.
pub const FLOWS: &[Choice] = &[
    ("commitment", "认缴", "Commitment"),
    ("call", "实缴", "Call"),
    ("approval", "批准", "Approval"),
    ("invest", "投资", "Investment"),
    ("proceeds", "退出回款", "Proceeds"),
    ("distribution", "分配", "Distribution"),
    ("value", "估值", "Fair value"),
];

/// What happens to shares.
pub const SHARES: &[Choice] = &[
    ("founding", "设立", "Founding"),
    ("issue", "增资", "Issue"),
    ("transfer", "转让", "Transfer"),
    ("pool", "期权池", "Option pool"),
    ("option", "期权行权", "Option exercised"),
    ("warrant", "认股权行权", "Warrant exercised"),
];

/// Who gives the shares of a warrant.
pub const GRANTORS: &[Choice] =
    &[("company", "企业增发", "The company issues"), ("shareholder", "股东转让", "A shareholder sells")];

/// How the quantity of a warrant is said.
pub const QUANTITIES: &[Choice] =
    &[("shares", "股数", "Shares"), ("percent", "占比", "Share of all"), ("amount", "金额", "Amount")];

/// How the price of a warrant is found.
pub const PRICES: &[Choice] = &[
    ("fixed", "固定价格", "Fixed price"),
    ("valuation", "固定估值", "Fixed valuation"),
    ("last_round", "上一轮×系数", "Last round × factor"),
    ("next_round", "下一轮×系数", "Next round × factor"),
    ("formula", "公式（人工核定）", "Formula, worked out by hand"),
];

/// What protects a warrant from dilution.
pub const ANTI_DILUTION: &[Choice] = &[
    ("none", "无", "None"),
    ("weighted", "加权平均", "Weighted average"),
    ("ratchet", "完全棘轮", "Full ratchet"),
];

/// What the registry or the parties do.
pub const REGISTRY: &[Choice] = &[
    ("approve", "国资审批", "State-asset approval"),
    ("value", "估值备案", "Valuation"),
    ("price", "核定价格", "Price settled"),
    ("register", "登记", "Registered"),
    ("change", "变更", "Changed"),
    ("transfer", "转让", "Transferred"),
    ("trigger", "触发", "Triggered"),
    ("exercise", "行权", "Exercised"),
    ("cancel", "注销", "Cancelled"),
];

const SHARE: Form = Form::Count("股", "shares");
const PRICE: Form = Form::Count("毫/股（万分之一元）", "1/10,000 CNY a share");
const TIMES: Form = Form::Hundredths("倍", "times");

pub(super) const FUND: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    f("manager", "管理人", "Manager", Form::Line),
    must("size", "认缴规模", "Committed size", Form::Yuan),
    f("share", "园区出资比例", "The zone's share", Form::Hundredths("%", "%")),
    f("established_on", "设立日期", "Established on", Form::Day),
    f("ends_on", "到期日", "Ends on", Form::Day),
    f("approval", "批准文号", "Approval", Form::Line),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const FUND_FLOW: &[Field] = &[
    must("fund", "基金", "Fund", Form::Ref(Kind::Fund)),
    must("on", "日期", "Day", Form::Day),
    must("sort", "类别", "Sort", Form::Choice(FLOWS)),
    must("amount", "金额", "Amount", Form::Yuan),
    f("party", "对方", "Party", Form::Line),
    f("project", "项目", "Project", Form::Project),
    f("document", "文号", "Document", Form::Line),
    f("note", "说明", "Note", Form::Line),
];

pub(super) const SHARE_EVENT: &[Field] = &[
    must("company", "企业", "Company", Form::Line),
    f("project", "项目", "Project", Form::Project),
    must("on", "日期", "Day", Form::Day),
    must("sort", "类别", "Sort", Form::Choice(SHARES)),
    must("holder", "取得方", "To", Form::Line),
    f("from", "转出方", "From", Form::Line),
    must("shares", "股数", "Shares", SHARE),
    f("price", "每股价格", "Price a share", PRICE),
    f("round", "轮次", "Round", Form::Line),
    f("fund", "出资基金", "By fund", Form::Ref(Kind::Fund)),
    f("note", "说明", "Note", Form::Line),
];

pub(super) const WARRANT: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    must("issuer", "企业", "Company", Form::Line),
    f("project", "项目", "Project", Form::Project),
    must("grantor", "授予方式", "Granted by", Form::Choice(GRANTORS)),
    must("grantee", "持有人（指定第三方）", "Holder (designated)", Form::Line),
    f("bank", "贷款银行", "Bank", Form::Line),
    f("loan", "贷款金额", "Loan", Form::Yuan),
    f("loan_no", "贷款合同号", "Loan contract", Form::Line),
    f("granted_on", "授予日期", "Granted on", Form::Day),
    must("quantity", "数量方式", "Quantity by", Form::Choice(QUANTITIES)),
    f("shares", "股数", "Shares", SHARE),
    f("percent", "占全部股份", "Share of all", Form::Hundredths("%", "%")),
    f("amount", "认购金额", "Amount", Form::Yuan),
    must("price_rule", "定价方式", "Price by", Form::Choice(PRICES)),
    f("price", "每股价格", "Price a share", PRICE),
    f("valuation", "投前估值", "Valuation before the money", Form::Yuan),
    f("factor", "系数", "Factor", TIMES),
    f("formula", "公式", "Formula", Form::Line),
    must("from", "行权期起", "Exercise from", Form::Day),
    must("until", "行权期止", "Exercise until", Form::Day),
    f("trigger", "触发条件", "Trigger", Form::Line),
    f("anti_dilution", "反稀释", "Anti-dilution", Form::Choice(ANTI_DILUTION)),
    f("transfer", "转让须同意", "Transfer needs consent", Form::YesNo),
    f("cap_shares", "行权上限股数", "At most shares", SHARE),
    f("cap_yuan", "行权上限金额", "At most amount", Form::Yuan),
    f("state_asset", "须国资审批", "Needs state-asset approval", Form::YesNo),
    f("approval", "国资批准文号", "Approval", Form::Line),
    f("registry_no", "登记编号", "Registry number", Form::Line),
    f("evidence", "估值依据", "Evidence of value", Form::Line),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const WARRANT_EVENT: &[Field] = &[
    must("warrant", "认股权", "Warrant", Form::Ref(Kind::Warrant)),
    must("on", "日期", "Day", Form::Day),
    must("sort", "类别", "Sort", Form::Choice(REGISTRY)),
    f("shares", "股数", "Shares", SHARE),
    f("price", "每股价格", "Price a share", PRICE),
    f("holder", "受让方", "New holder", Form::Line),
    f("document", "登记文号", "Document", Form::Line),
    f("note", "说明", "Note", Form::Line),
];

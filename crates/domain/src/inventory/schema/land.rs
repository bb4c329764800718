//! Fields of ground, rooms, works, bonds and idle assets.

use super::{Kind, f, must};
use crate::inventory::field::{Choice, Field, Form};

/// What land and rooms may be used for.
pub const USES: &[Choice] = &[
    ("industrial", "工业", "Industrial"),
    ("new_industrial", "新型产业", "New industrial"),
    ("research", "研发", "Research"),
    ("storage", "仓储", "Storage"),
    ("office", "办公", "Office"),
    ("commercial", "商服", "Commercial"),
    ("incubation", "孵化", "Incubation"),
    ("public", "公共设施", "Public"),
];

/// How far ground is on its way to a project.
pub const READINESS: &[Choice] = &[
    ("raw", "未整理", "Raw"),
    ("preparing", "整理中", "Being prepared"),
    ("net", "净地", "Prepared"),
    ("standard", "标准地", "Standard land"),
    ("supplied", "已供", "Supplied"),
    ("built", "已建", "Built"),
    ("idle", "闲置", "Idle"),
];

/// How much a use may disturb others; later disturbs more.
pub const POLLUTION: &[Choice] =
    &[("one", "一类", "Class 1"), ("two", "二类", "Class 2"), ("three", "三类", "Class 3")];

/// How far a piece of work is.
pub const PROGRESS: &[Choice] = &[
    ("planned", "计划", "Planned"),
    ("started", "已开工", "Started"),
    ("done", "已完成", "Done"),
    ("stopped", "已停止", "Stopped"),
];

/// How industrial land is supplied: the words of [`crate::land::term::Mode`].
pub const MODES: &[Choice] = &[
    ("sale", "出让", "Sale"),
    ("flexible", "弹性年期出让", "Sale for a flexible term"),
    ("lease_then_sale", "先租后让", "Lease, then sale"),
    ("long_lease", "长期租赁", "Long lease"),
];

/// Why days of a delay do not count: the words of [`crate::land::term::idle::Cause`].
pub const CAUSES: &[Choice] = &[
    ("government", "政府原因", "The government's doing"),
    ("force_majeure", "不可抗力", "Force majeure"),
    ("preparatory_work", "动工必需的前期工作", "Preparatory work"),
];

/// Where reserve land comes from: the words of [`crate::land::bond::Source`].
pub const ORIGINS: &[Choice] = &[
    ("existing", "收回收购存量闲置土地", "Existing idle land"),
    ("new", "新增土地储备", "New reserve land"),
];

/// How often a bond pays interest: the words of [`crate::land::bond::Coupon`].
pub const COUPONS: &[Choice] =
    &[("yearly", "按年付息", "Yearly"), ("half_yearly", "半年付息", "Half-yearly")];

const YEARS: Form = Form::Count("年", "years");
const KVA: Form = Form::Count("千伏安", "kVA");
const TONNES_DAY: Form = Form::Count("吨/日", "t/day");
const KG_M2: Form = Form::Count("千克/㎡", "kg/m²");
const METRES: Form = Form::Hundredths("米", "m");
const PER_CENT: Form = Form::Hundredths("%", "%");
const RENT: Form = Form::Hundredths("元/㎡·月", "CNY/m²·month");

pub(super) const PARCEL: &[Field] = &[
    f("name", "名称", "Name", Form::Line),
    must("area", "面积", "Area", Form::Area),
    must("use", "规划用途", "Planned use", Form::Choice(USES)),
    f("readiness", "成熟度", "Readiness", Form::Choice(READINESS)),
    f("waits_for", "等待事项", "Waits for", Form::Line),
    f("occupied_by", "现占用人", "Occupied by", Form::Line),
    f("power", "供电能力", "Power", KVA),
    f("water", "供水能力", "Water", TONNES_DAY),
    f("gas", "通燃气", "Gas", Form::YesNo),
    f("far_min", "容积率下限", "Floor-area ratio, at least", Form::Hundredths("", "")),
    f("far_max", "容积率上限", "Floor-area ratio, at most", Form::Hundredths("", "")),
    f("height", "限高", "Height limit", METRES),
    f("pollution", "允许污染类别", "Pollution class allowed", Form::Choice(POLLUTION)),
    f("std_investment", "标准地投资强度（万元/亩）", "Standard land: investment per mu", Form::Yuan),
    f("std_tax", "标准地亩均税收（万元/亩）", "Standard land: tax per mu", Form::Yuan),
    f(
        "std_energy",
        "标准地单位能耗（千克标煤/万元）",
        "Standard land: energy per 10k CNY",
        Form::Hundredths("", ""),
    ),
    f("price", "起始价（万元/亩）", "Starting price per mu", Form::Yuan),
    f("reserve_no", "储备项目编号", "Reserve plan identifier", Form::Line),
    f("origin", "土地来源", "Origin", Form::Choice(ORIGINS)),
    f("idle_list", "列入存量闲置土地清单", "On the list of idle land", Form::YesNo),
    f("supplied_on", "供地日期", "Supplied on", Form::Day),
    f("supply_mode", "供应方式", "Mode of supply", Form::Choice(MODES)),
    f("term_years", "年期", "Term", YEARS),
    f("lease_years", "其中租赁", "Of it leased", YEARS),
    f("deal_price", "成交价款", "Price paid", Form::Yuan),
    f("start_by", "约定开工日期", "To be built from", Form::Day),
    f("started_on", "实际动工日期", "Building since", Form::Day),
    f("pause_from", "不计入起", "Not counted from", Form::Day),
    f("pause_until", "不计入止", "Not counted until", Form::Day),
    f("pause_cause", "不计入原因", "Not counted because", Form::Choice(CAUSES)),
    f("shape", "界址（CGCS2000 经纬度）", "Boundary (CGCS2000)", Form::Shape),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const BUILDING: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    f("parcel", "所在地块", "On parcel", Form::Ref(Kind::Parcel)),
    must("area", "建筑面积", "Floor area", Form::Area),
    f("floors", "层数", "Floors", Form::Count("层", "floors")),
    f("use", "用途", "Use", Form::Choice(USES)),
    f("cluster", "集群", "Cluster", Form::Line),
    f("owner", "产权单位", "Owner", Form::Line),
    f("operator", "运营单位", "Operator", Form::Line),
    f("power", "供电能力", "Power", KVA),
    f("finished_on", "竣工日期", "Finished on", Form::Day),
    f("shape", "轮廓（CGCS2000 经纬度）", "Outline (CGCS2000)", Form::Shape),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const SPACE: &[Field] = &[
    f("name", "名称", "Name", Form::Line),
    must("building", "所在楼宇", "In building", Form::Ref(Kind::Building)),
    must("floor", "楼层", "Floor", Form::Line),
    must("area", "建筑面积", "Floor area", Form::Area),
    f("use", "用途", "Use", Form::Choice(USES)),
    f("height", "层高", "Storey height", METRES),
    f("load", "楼面荷载", "Floor load", KG_M2),
    f("power", "供电能力", "Power", KVA),
    f("water", "供水能力", "Water", TONNES_DAY),
    f("gas", "通燃气", "Gas", Form::YesNo),
    f("pollution", "允许污染类别", "Pollution class allowed", Form::Choice(POLLUTION)),
    f("rent", "租金", "Rent", RENT),
    f("fit_out", "装修", "Fit-out", Form::Line),
    f("tenant", "承租人", "Tenant", Form::Line),
    f("lease_from", "租约起", "Lease from", Form::Day),
    f("lease_until", "租约止", "Lease until", Form::Day),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const CONSOLIDATION: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    f("parcel", "地块", "Parcel", Form::Ref(Kind::Parcel)),
    must("plan_area", "计划面积", "Planned area", Form::Area),
    must("plan_done", "计划完成日期", "Planned to be done", Form::Day),
    f("area", "已整理面积", "Prepared area", Form::Area),
    f("done_on", "实际完成日期", "Done on", Form::Day),
    f("progress", "进度", "Progress", Form::Choice(PROGRESS)),
    f("cost_plan", "计划投入", "Planned cost", Form::Yuan),
    f("cost", "实际投入", "Cost", Form::Yuan),
    f("bond", "资金来源债券", "Paid by bond", Form::Ref(Kind::Bond)),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const WORKS: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    must("plan_done", "计划完成日期", "Planned to be done", Form::Day),
    f("milestone", "节点", "Milestone", Form::Line),
    f("progress", "进度", "Progress", Form::Choice(PROGRESS)),
    f("done_on", "实际完成日期", "Done on", Form::Day),
    f("serves", "服务地块（编号，顿号分隔）", "Serves parcels (codes)", Form::Line),
    f("cost_plan", "计划投入", "Planned cost", Form::Yuan),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const BOND: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    must("amount", "发行额度", "Amount", Form::Yuan),
    f("issued_on", "发行日期", "Issued on", Form::Day),
    f("years", "期限", "Term", YEARS),
    f("rate", "票面利率", "Coupon", PER_CENT),
    f("coupon", "付息方式", "Interest paid", Form::Choice(COUPONS)),
    f("project", "储备项目", "Reserve project", Form::Line),
    f("reserve_no", "储备项目编号", "Reserve plan identifier", Form::Line),
    f("agency", "使用单位（名录内储备机构）", "Listed reserve agency", Form::Line),
    f("parcels", "对应地块（编号，顿号分隔）", "Parcels (codes)", Form::Line),
    f("spent", "已支出", "Spent", Form::Yuan),
    f("income_plan", "预期专项收入", "Expected income", Form::Yuan),
    f("income", "已实现收入", "Income so far", Form::Yuan),
    f("note", "备注", "Note", Form::Long),
];

pub(super) const IDLE_ASSET: &[Field] = &[
    must("name", "名称", "Name", Form::Line),
    must("value", "账面价值", "Book value", Form::Yuan),
    f("area", "面积", "Area", Form::Area),
    f("owner", "产权单位", "Owner", Form::Line),
    f("operator", "运营单位", "Operator", Form::Line),
    f("contract_from", "合同起", "Contract from", Form::Day),
    f("contract_until", "合同止", "Contract until", Form::Day),
    f("plan_used", "计划盘活日期", "Planned to be in use", Form::Day),
    f("used_on", "实际盘活日期", "In use since", Form::Day),
    f("income_plan", "计划年收入", "Planned income a year", Form::Yuan),
    f("income", "累计收入", "Income so far", Form::Yuan),
    f("note", "备注", "Note", Form::Long),
];

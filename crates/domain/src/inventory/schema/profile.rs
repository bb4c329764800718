//! Fields of a company's profile (企业画像) for policies: the words are those of [`crate::policy::field`] without their `company.`.

use super::{f, must};
use crate::inventory::field::{Choice, Field, Form};

const SIZES: &[Choice] = &[
    ("micro", "微型", "Micro"),
    ("small", "小型", "Small"),
    ("medium", "中型", "Medium"),
    ("large", "大型", "Large"),
];

/// Why a company is not graded by its land: the words of [`crate::land::evaluate::Exempt`].
pub const EXEMPT: &[Choice] = &[
    ("public_utility", "公共事业", "Public utility"),
    ("start_up", "初创期", "Start-up"),
    ("under_construction", "在建", "Under construction"),
];

const PEOPLE: Form = Form::Count("人", "people");
const PIECES: Form = Form::Count("件", "pieces");

pub(super) const PROFILE: &[Field] = &[
    must("name", "企业名称", "Company", Form::Line),
    f("registered_on", "成立日期", "Registered on", Form::Day),
    f("registered_capital", "注册资本", "Registered capital", Form::Yuan),
    f("industry", "国民经济行业代码", "Industry code", Form::Line),
    f("in_zone", "注册在园区", "Registered in the zone", Form::YesNo),
    f("size", "企业规模", "Size", Form::Choice(SIZES)),
    f("above_scale", "规模以上企业", "Above the threshold", Form::YesNo),
    f("high_tech", "高新技术企业", "High-tech enterprise", Form::YesNo),
    f("tech_sme", "科技型中小企业", "Technology SME", Form::YesNo),
    f("bad_credit", "失信被执行或严重违法失信", "Listed for bad credit", Form::YesNo),
    f("revenue_last_year", "上年营业收入", "Revenue last year", Form::Yuan),
    f("revenue_prev_year", "前年营业收入", "Revenue the year before", Form::Yuan),
    f("exports_last_year", "上年出口额", "Exports last year", Form::Yuan),
    f("tax_last_year", "上年纳税额", "Tax last year", Form::Yuan),
    f("research_spend", "上年研发费用", "Research spending last year", Form::Yuan),
    f("employees", "职工人数", "Employees", PEOPLE),
    f("research_staff", "研发人员", "Research staff", PEOPLE),
    f("patents_invention", "发明专利（已授权）", "Invention patents", PIECES),
    f("patents_all", "专利（已授权）", "Patents granted", PIECES),
    f("software", "软件著作权", "Software copyrights", PIECES),
    f("land_area", "用地面积", "Land used", Form::Area),
    f("rented_area", "租用建筑面积", "Floor rented", Form::Area),
    f("rented_years", "租期", "Lease", Form::Count("年", "years")),
    f("added_value", "上年工业增加值", "Value added last year", Form::Yuan),
    f("energy", "上年综合能耗", "Energy last year", Form::Hundredths("吨标准煤", "tce")),
    f("emission", "上年主要污染物排放量", "Emissions last year", Form::Hundredths("吨", "t")),
    f("power_used", "上年用电量", "Power used last year", Form::Count("千瓦时", "kWh")),
    f("exempt", "不参评原因", "Not graded because", Form::Choice(EXEMPT)),
    f("note", "备注", "Note", Form::Long),
];

//! The headings that people's exports carry.

use crate::company::SignalKind;
use crate::text;
use serde::{Deserialize, Serialize};

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// 企业名称
    Name,
    /// 统一社会信用代码
    Uscc,
    /// 曾用名
    FormerNames,
    /// 简称、品牌
    ShortNames,
    /// 登记状态
    Status,
    /// 注册资本
    Capital,
    /// 实缴资本
    PaidIn,
    /// 成立日期
    Established,
    /// 所属省份
    Province,
    /// 所属城市, also a whole path of regions
    City,
    /// 所属区县
    District,
    /// 国标行业; may stand in several columns (门类, 大类, 中类, 小类), the finest counts
    Industry,
    /// 参保人数
    Insured,
    /// 企业类型
    Kind,
    /// 经营范围
    Scope,
    /// 产品
    Products,
    /// 注册地址
    Address,
    /// A sign of growth or risk; may stand in several columns
    Signal(SignalKind),
    /// Known and left out on purpose (people's names, telephones, row numbers)
    Skip,
}

impl Field {
    /// Every field that a column can be mapped to, in the order of the page.
    pub const ALL: &'static [Field] = &[
        Field::Name,
        Field::Uscc,
        Field::FormerNames,
        Field::ShortNames,
        Field::Status,
        Field::Capital,
        Field::PaidIn,
        Field::Established,
        Field::Province,
        Field::City,
        Field::District,
        Field::Industry,
        Field::Insured,
        Field::Kind,
        Field::Scope,
        Field::Products,
        Field::Address,
        Field::Signal(SignalKind::Investment),
        Field::Signal(SignalKind::Branch),
        Field::Signal(SignalKind::Financing),
        Field::Signal(SignalKind::Patent),
        Field::Signal(SignalKind::Tender),
        Field::Signal(SignalKind::Risk),
        Field::Skip,
    ];

    /// Chinese name for pages and the rejects file.
    #[must_use]
    pub fn zh(self) -> &'static str {
        match self {
            Field::Name => "企业名称",
            Field::Uscc => "统一社会信用代码",
            Field::FormerNames => "曾用名",
            Field::ShortNames => "简称",
            Field::Status => "登记状态",
            Field::Capital => "注册资本",
            Field::PaidIn => "实缴资本",
            Field::Established => "成立日期",
            Field::Province => "所属省份",
            Field::City => "所属城市",
            Field::District => "所属区县",
            Field::Industry => "国标行业",
            Field::Insured => "参保人数",
            Field::Kind => "企业类型",
            Field::Scope => "经营范围",
            Field::Products => "产品",
            Field::Address => "注册地址",
            Field::Signal(SignalKind::Investment) => "对外投资",
            Field::Signal(SignalKind::Branch) => "分支机构",
            Field::Signal(SignalKind::Financing) => "融资",
            Field::Signal(SignalKind::Patent) => "专利",
            Field::Signal(SignalKind::Tender) => "中标",
            Field::Signal(SignalKind::Risk) => "风险",
            Field::Skip => "不导入",
        }
    }

    /// English name.
    #[must_use]
    pub fn en(self) -> &'static str {
        match self {
            Field::Name => "company name",
            Field::Uscc => "credit code",
            Field::FormerNames => "former names",
            Field::ShortNames => "short names",
            Field::Status => "status",
            Field::Capital => "registered capital",
            Field::PaidIn => "paid-in capital",
            Field::Established => "established",
            Field::Province => "province",
            Field::City => "city",
            Field::District => "district",
            Field::Industry => "industry",
            Field::Insured => "insured staff",
            Field::Kind => "company type",
            Field::Scope => "business scope",
            Field::Products => "products",
            Field::Address => "address",
            Field::Signal(SignalKind::Investment) => "investments",
            Field::Signal(SignalKind::Branch) => "branches",
            Field::Signal(SignalKind::Financing) => "financing",
            Field::Signal(SignalKind::Patent) => "patents",
            Field::Signal(SignalKind::Tender) => "tenders won",
            Field::Signal(SignalKind::Risk) => "risk",
            Field::Skip => "not imported",
        }
    }

    /// Whether several columns may hold this field.
    #[must_use]
    pub fn repeats(self) -> bool {
        matches!(
            self,
            Field::Industry
                | Field::Signal(_)
                | Field::Skip
                | Field::Products
                | Field::FormerNames
                | Field::ShortNames
        )
    }
}

/// The field that a heading names, whatever its width, spaces, brackets and unit.
#[must_use]
pub fn recognise(heading: &str) -> Option<Field> {
    let key = heading_key(heading);
    let find = |key: &str| HEADINGS.iter().find(|(_, words)| words.contains(&key)).map(|(field, _)| *field);
    find(&key).or_else(|| find(without_brackets(&key)))
}

/// A heading folded for comparison: width, spaces, case, and marks such as `*` and `：` around it.
#[must_use]
pub fn heading_key(heading: &str) -> String {
    let mut key = text::squeeze(heading).to_ascii_lowercase();
    key.retain(|c| !matches!(c, '*' | '"' | '\'' | '“' | '”' | ':' | '#' | '【' | '】' | '_' | '-'));
    key
}

/// `注册资本(万元)` → `注册资本`; `(必填)企业名称` → `企业名称`.
fn without_brackets(key: &str) -> &str {
    match key.split_once('(') {
        Some(("", tail)) => tail.split_once(')').map_or("", |(_, rest)| rest),
        Some((head, _)) => head,
        None => key
            .strip_suffix("万元")
            .or_else(|| key.strip_suffix("亿元"))
            .or_else(|| key.strip_suffix("必填"))
            .unwrap_or(key),
    }
}

/// Headings seen in registers' and data vendors' exports and in zones' own lists, folded by [`heading_key`].
#[rustfmt::skip]
const HEADINGS: &[(Field, &[&str])] = &[
    (
        Field::Name,
        &[
            "企业名称", "公司名称", "单位名称", "名称", "企业全称", "公司全称", "企业名", "公司名", "公司", "企业", "机构名称", "主体名称",
            "市场主体名称", "纳税人名称", "法人名称", "法人单位名称", "经营主体名称", "客户名称", "供应商名称", "商户名称", "单位详细名称", "工商名称", "name", "company",
            "companyname", "legalname", "entname", "enterprisename",
        ],
    ),
    (
        Field::Uscc,
        &[
            "统一社会信用代码", "社会信用代码", "统一信用代码", "信用代码", "统一代码", "统一社会信用代码/注册号", "统一社会信用代码/组织机构代码", "社会统一信用代码",
            "统一社会信用码", "企业代码", "纳税人识别号", "税号", "统一社会信用代码纳税人识别号", "uscc", "creditcode", "unifiedsocialcreditcode", "uniscid", "creditno",
        ],
    ),
    (Field::FormerNames, &["曾用名", "曾用名称", "历史名称", "企业曾用名", "原名称", "原企业名称", "变更前名称", "formername", "formernames", "historynames"]),
    (
        Field::ShortNames,
        &["简称", "企业简称", "公司简称", "证券简称", "股票简称", "品牌", "品牌名称", "商号", "字号", "股票名称", "shortname", "shortnames", "alias", "brand"],
    ),
    (
        Field::Status,
        &[
            "登记状态", "经营状态", "企业状态", "状态", "公司状态", "存续状态", "工商状态", "营业状态", "经营状况", "企业经营状态", "企业登记状态", "开业状态", "status",
            "regstatus", "entstatus",
        ],
    ),
    (
        Field::Capital,
        &["注册资本", "注册资金", "注册资本金", "认缴资本", "认缴出资额", "注册资本/资金数额", "出资总额", "开办资金", "capital", "regcapital", "registeredcapital", "regcap"],
    ),
    (
        Field::PaidIn,
        &["实缴资本", "实缴资金", "实收资本", "实缴出资额", "实缴注册资本", "实缴出资", "paidin", "paidincapital", "actualcapital", "reccap", "reccapital"],
    ),
    (
        Field::Established,
        &[
            "成立日期", "注册日期", "成立时间", "注册时间", "设立日期", "设立时间", "开业日期", "登记日期", "创立日期", "成立年月日", "established", "estdate",
            "establishdate", "foundeddate", "establishmentdate", "regdate",
        ],
    ),
    (Field::Province, &["所属省份", "所在省份", "省份", "省", "所属省", "所在省", "省市", "注册省份", "省级", "省/直辖市", "province"]),
    (
        Field::City,
        &[
            "所属城市", "所在城市", "城市", "市", "所属市", "所在市", "地市", "所属地市", "地级市", "地区", "所属地区", "所在地区", "注册城市", "所在地", "所属区域", "区域",
            "行政区划", "行政区划代码", "市级", "所在区域", "地域", "注册地", "省市区", "city", "region", "regioncode",
        ],
    ),
    (
        Field::District,
        &["所属区县", "所在区县", "区县", "区", "所属区", "所在区", "县区", "县", "区/县", "县(市、区)", "县市区", "所属县区", "区域县", "行政区", "district", "county"],
    ),
    (
        Field::Industry,
        &[
            "国标行业", "所属行业", "行业", "行业类别", "行业分类", "行业代码", "国民经济行业", "国民经济行业分类", "国民经济行业代码", "国标行业门类", "国标行业大类",
            "国标行业中类", "国标行业小类", "行业门类", "行业大类", "行业中类", "行业小类", "一级行业分类", "二级行业分类", "三级行业分类", "四级行业分类", "一级行业",
            "二级行业", "三级行业", "四级行业", "所属行业门类", "所属行业代码", "行业名称", "所属行业大类", "主行业", "国标行业代码", "industry", "industrycode", "industryname",
        ],
    ),
    (
        Field::Insured,
        &[
            "参保人数", "社保人数", "参保", "缴纳社保人数", "社保缴纳人数", "参保人员数", "城镇职工参保人数", "员工参保人数", "从业人数", "从业人员数", "员工人数", "职工人数",
            "insured", "insuredstaff", "socialstaffnum", "employees",
        ],
    ),
    (
        Field::Kind,
        &["企业类型", "公司类型", "企业(机构)类型", "企业(机构)类型", "主体类型", "单位类型", "机构类型", "登记注册类型", "经济性质", "企业性质", "市场主体类型", "kind", "type", "enttype", "companytype"],
    ),
    (
        Field::Scope,
        &["经营范围", "业务范围", "经营业务范围", "经营(业务)范围", "主营业务范围", "营业范围", "许可经营项目", "scope", "businessscope", "opscope", "business_scope"],
    ),
    (
        Field::Products,
        &[
            "产品", "主营产品", "主要产品", "产品名称", "主营业务", "主要业务", "主营", "产品服务", "产品/服务", "主要产品/服务", "产品及服务", "产品与服务", "主导产品", "主营产品/服务",
            "企业产品", "产品标签", "主要经济活动", "主要业务活动", "products", "product", "mainproducts",
        ],
    ),
    (
        Field::Address,
        &[
            "注册地址", "企业地址", "地址", "公司地址", "企业注册地址", "住所", "经营场所", "住所/经营场所", "登记地址", "详细地址", "办公地址", "通信地址", "通讯地址", "经营地址",
            "最新年报地址", "单位地址", "address", "regaddress", "registeredaddress", "dom",
        ],
    ),
    (
        Field::Signal(SignalKind::Investment),
        &["对外投资", "对外投资数", "对外投资数量", "对外投资企业数", "投资企业数", "对外投资企业", "对外投资信息", "投资动态", "investments", "investment"],
    ),
    (
        Field::Signal(SignalKind::Branch),
        &["分支机构", "分支机构数", "分支机构数量", "分公司", "分公司数", "子公司数", "新设分支机构", "branches", "branch"],
    ),
    (
        Field::Signal(SignalKind::Financing),
        &["融资", "融资轮次", "融资信息", "融资情况", "融资历程", "最新融资", "最新融资轮次", "融资金额", "融资次数", "融资阶段", "最新融资日期", "融资日期", "financing"],
    ),
    (
        Field::Signal(SignalKind::Patent),
        &["专利", "专利数", "专利数量", "专利总数", "发明专利", "发明专利数", "发明专利数量", "专利信息", "实用新型专利数", "有效专利数", "patents", "patent"],
    ),
    (
        Field::Signal(SignalKind::Tender),
        &["中标", "中标数", "中标数量", "中标次数", "招投标", "招投标数", "招投标数量", "中标信息", "中标项目", "tenders", "tender"],
    ),
    (
        Field::Signal(SignalKind::Risk),
        &[
            "风险", "风险信息", "自身风险", "周边风险", "风险数", "失信被执行人", "被执行人", "经营异常", "经营异常数", "严重违法", "行政处罚", "行政处罚数", "欠税公告", "司法案件",
            "司法案件数", "限制高消费", "股权冻结", "risk", "risks",
        ],
    ),
    (
        Field::Skip,
        &[
            "序号", "编号", "no", "id", "法定代表人", "法人", "法人代表", "负责人", "法定代表人/负责人", "联系人", "电话", "联系电话", "手机", "手机号", "更多电话", "有效手机号", "企业电话", "联系方式",
            "邮箱", "更多邮箱", "电子邮箱", "企业邮箱", "股东", "股东信息", "主要人员", "董事长", "总经理", "网址", "官网", "企业官网", "官网网址", "传真", "qq", "微信", "备注",
            "纳税人资质", "注册号", "工商注册号", "组织机构代码", "核准日期", "营业期限", "登记机关", "经度", "纬度", "邮编", "邮政编码", "企业英文名", "英文名", "英文名称", "企业英文名称",
        ],
    ),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recognises_whatever_the_dress() {
        for (heading, field) in [
            ("企业名称", Field::Name),
            (" 公司 名称 ", Field::Name),
            ("\u{feff}企业名称", Field::Name),
            ("*企业名称（必填）", Field::Name),
            ("注册资本（万元）", Field::Capital),
            ("注册资本 (万元人民币)", Field::Capital),
            ("注册资本_万元", Field::Capital),
            ("注册资金", Field::Capital),
            ("统一社会信用代码：", Field::Uscc),
            ("所属区县", Field::District),
            ("企业（机构）类型", Field::Kind),
            ("USCC", Field::Uscc),
            ("former_names", Field::FormerNames),
            ("business_scope", Field::Scope),
            ("参保人数（人）", Field::Insured),
            ("专利数量", Field::Signal(SignalKind::Patent)),
            ("法定代表人", Field::Skip),
        ] {
            assert_eq!(recognise(heading), Some(field), "{heading}");
        }
        for unknown in ["", "产值", "税收(万元)", "(万元)"] {
            assert_eq!(recognise(unknown), None, "{unknown}");
        }
    }

    #[test]
    fn no_heading_means_two_fields_and_all_are_folded() {
        let mut seen = std::collections::HashMap::new();
        for (field, words) in HEADINGS {
            for word in *words {
                if let Some(other) = seen.insert(word, field) {
                    assert_eq!(other, field, "{word}");
                }
            }
        }
        for field in Field::ALL {
            assert_eq!(
                recognise(field.zh()),
                if *field == Field::Skip { None } else { Some(*field) },
                "{field:?}"
            );
        }
    }
}

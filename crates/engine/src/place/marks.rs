//! The fixed patterns that give a business scope its structure: separators, verbs, exclusions.
//!
//! They go into the same automaton as the words of the chains, so a text is passed over once.

/// What a structural pattern means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mark {
    /// 。 or a line end: ends a clause and everything carried over clauses.
    Stop,
    /// ； or a list number: ends a clause.
    Hard,
    /// ， or : ends a phrase.
    Comma,
    /// A colon.
    Colon,
    /// 、 ends a phrase too, but not the reach of 除外.
    Pause,
    /// (
    Open,
    /// )
    Close,
    /// A verb that says what the company does.
    Verb(Verb),
    /// 除外: what stands before it in the bracket or after the last comma is excluded.
    Except,
    /// 除: excluded up to 外.
    ExceptFrom,
    /// 外
    ExceptTo,
    /// 不含, 不得, 禁止: excluded from here to the end of the bracket or clause.
    Without,
    /// The bracket around it is about permits: ignore it.
    Permit,
    /// 分支机构经营 and the like.
    Branch,
    /// 领域内: development named after it is a service.
    FieldOf,
}

/// What a verb makes of the company.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Make,
    Trade,
    Serve,
}

impl Verb {
    /// One bit per kind.
    pub fn bit(self) -> u8 {
        match self {
            Verb::Make => 1,
            Verb::Trade => 2,
            Verb::Serve => 4,
        }
    }
}

const MAKE: &str = "制造 生产 加工 研发 开发 设计 研制 组装 装配 总装 研究 建造 制作 铸造 锻造 冶炼 熔炼 压延 修造 智造 \
                    种植 养殖 培育 酿造 印制 印染 编织 纺纱 提炼 精炼 精加工 深加工 产销 制售 生产制造 加工制造 \
                    研究开发 研发生产 技术开发 技术研发 技术研究 生产加工 委托加工 来料加工 造";
const TRADE: &str = "销售 批发 零售 贸易 租赁 出租 出口 进口 进出口 经销 代理 代销 购销 营销 收购 分销 供应 采购 代购 \
                     买卖 批零 零批 零售兼批发 批发零售 批发兼零售 网上销售 代理销售 进出口业务 国际贸易 国内贸易 经营";
const SERVE: &str = "咨询 服务 维修 安装 维护 检测 调试 保养 修理 检验 推广 转让 施工 运输 运营 装卸 仓储 培训 测试 \
                     回收 监理 技术服务 技术咨询 技术转让 技术推广 技术推广服务 技术交流 技术支持 安装维修 维修保养 \
                     咨询服务 技术培训 承包 清洗 改造 运维";

const STOPS: [&str; 3] = ["。", "\n", "\r"];
const HARDS: [&str; 6] = ["；", ";", "项目:", "·", "•", "★"];
const WITHOUT: [&str; 10] =
    ["不含", "不包括", "不包含", "不得", "禁止", "严禁", "不准", "不可从事", "不涉及", "不从事"];
const PERMIT: [&str; 10] = [
    "依法须经批准",
    "须经批准",
    "有效期",
    "许可证",
    "许可后",
    "批准文件",
    "资质证",
    "审批后",
    "相关部门批准",
    "法律法规",
];
const BRANCH: [&str; 10] = [
    "限分支机构",
    "由分支机构",
    "设分支机构",
    "分支机构经营",
    "分支机构生产",
    "分支机构从事",
    "分支机构制造",
    "限分公司",
    "分公司经营",
    "分支经营",
];

/// Every structural pattern, folded, with its meaning. Verbs of several words come beside their parts; the
/// longest one at a place counts.
pub(super) fn all() -> Vec<(String, Mark)> {
    let mut out: Vec<(String, Mark)> = Vec::new();
    let mut put = |list: &mut dyn Iterator<Item = &str>, mark: Mark| {
        out.extend(list.map(|p| (p.to_string(), mark)));
    };
    put(&mut STOPS.into_iter(), Mark::Stop);
    put(&mut HARDS.into_iter(), Mark::Hard);
    put(&mut ["，", ","].into_iter(), Mark::Comma);
    put(&mut [":"].into_iter(), Mark::Colon);
    put(&mut ["、", "/", "|"].into_iter(), Mark::Pause);
    put(&mut ["(", "[", "【", "〔"].into_iter(), Mark::Open);
    put(&mut [")", "]", "】", "〕"].into_iter(), Mark::Close);
    put(&mut MAKE.split_whitespace(), Mark::Verb(Verb::Make));
    put(&mut TRADE.split_whitespace(), Mark::Verb(Verb::Trade));
    put(&mut SERVE.split_whitespace(), Mark::Verb(Verb::Serve));
    put(&mut ["除外"].into_iter(), Mark::Except);
    put(&mut ["除"].into_iter(), Mark::ExceptFrom);
    put(&mut ["外"].into_iter(), Mark::ExceptTo);
    put(&mut WITHOUT.into_iter(), Mark::Without);
    put(&mut PERMIT.into_iter(), Mark::Permit);
    put(&mut BRANCH.into_iter(), Mark::Branch);
    put(&mut ["领域内"].into_iter(), Mark::FieldOf);
    out.extend(numbers().map(|n| (n, Mark::Hard)));
    out
}

/// List numbers: `1、` `(1)` `(一)` `一、` `①`.
fn numbers() -> impl Iterator<Item = String> {
    let digits = (1..=20).flat_map(|n| [format!("{n}、"), format!("({n})"), format!("{n}.")]);
    let han = ["一", "二", "三", "四", "五", "六", "七", "八", "九", "十"];
    let han = han.into_iter().flat_map(|h| [format!("{h}、"), format!("({h})")]);
    let circled = ('①'..='⑳').map(String::from);
    digits.chain(han).chain(circled)
}

//! Offers, promises, appraisal, capital and scenarios of the sample zone.

use super::{Row, row};

pub(super) fn offer_lines(project: &str) -> Vec<Row> {
    vec![
        row(
            "YH-001",
            &[
                ("project", project),
                ("text", "按已公布的设备补助办法，设备投入达标后按 5% 补助"),
                ("gives", "奖励、补助"),
                ("conditions", "设备投入"),
                ("grounds", "已公布的政策文件；预算安排"),
                ("documents", "镇高新管发〔2025〕示例 1 号"),
                ("amount", "3000万元"),
                ("signed_on", "2025-07-07"),
            ],
        ),
        row(
            "YH-002",
            &[
                ("project", project),
                ("text", "研发平台补助，已列预算，政策文件待公布"),
                ("gives", "奖励、补助"),
                ("conditions", "研发投入"),
                ("grounds", "预算安排"),
                ("amount", "800万元"),
            ],
        ),
        row(
            "YH-1998",
            &[
                ("project", project),
                ("text", "历史合同：按税收地方留成的 50% 返还，共五年"),
                ("gives", "按税收或留成返还"),
                ("amount", "1200万元"),
                ("paid", "480万元"),
                ("signed_on", "2022-05-18"),
            ],
        ),
    ]
}

pub(super) fn promises(project: &str) -> Vec<Row> {
    vec![
        row(
            "CN-001",
            &[
                ("project", project),
                ("side", "企业"),
                ("measure", "固定资产投资"),
                ("text", "2026 年底前完成固定资产投资 10 亿元"),
                ("yuan", "10亿元"),
                ("due", "2026-12-31"),
                ("grace_days", "90"),
                ("claw_back", "50"),
            ],
        ),
        row(
            "CN-002",
            &[
                ("project", project),
                ("side", "企业"),
                ("measure", "开工"),
                ("text", "2026 年 3 月底前开工"),
                ("due", "2026-03-31"),
                ("met_on", "2026-03-18"),
            ],
        ),
        row(
            "CN-003",
            &[
                ("project", project),
                ("side", "园区"),
                ("measure", "供电"),
                ("text", "2026 年 6 月底前供电 8,000 千伏安到红线"),
                ("due", "2026-06-30"),
            ],
        ),
    ]
}

pub(super) fn instalments(project: &str) -> Vec<Row> {
    vec![
        row(
            "BF-001",
            &[
                ("project", project),
                ("line", "YH-001"),
                ("amount", "1000万元"),
                ("condition", "到位资金达到"),
                ("reaches", "5亿元"),
                ("promise", "CN-001"),
                ("due", "2026-12-31"),
            ],
        ),
        row(
            "BF-002",
            &[
                ("project", project),
                ("line", "YH-001"),
                ("amount", "2000万元"),
                ("condition", "已投产"),
                ("promise", "CN-001"),
                ("due", "2028-06-30"),
            ],
        ),
    ]
}

pub(super) fn assumptions(project: &str) -> Vec<Row> {
    let all = [
        ("基准", "支持（支出）", "设备补助", "3000万元", "2", "1", "120", "100", "YH-001"),
        ("基准", "支持（支出）", "研发平台补助", "800万元", "2", "1", "100", "100", "YH-002"),
        ("基准", "地方财政收入", "税收地方部分", "2200万元", "4", "7", "60", "120", "企业测算，未经审计"),
        ("基准", "链上带动（估计）", "配套企业税收", "600万元", "5", "6", "50", "150", "按两家配套企业估计"),
        ("不给研发补助", "支持（支出）", "设备补助", "3000万元", "2", "1", "120", "100", "YH-001"),
        (
            "不给研发补助",
            "地方财政收入",
            "税收地方部分",
            "2000万元",
            "4",
            "7",
            "60",
            "120",
            "企业测算，未经审计",
        ),
    ];
    (1..)
        .zip(all)
        .map(|(n, (option, sort, name, amount, from, years, low, high, source))| {
            row(
                &format!("CS-{n:02}"),
                &[
                    ("project", project),
                    ("option", option),
                    ("sort", sort),
                    ("name", name),
                    ("amount", amount),
                    ("from_year", from),
                    ("years", years),
                    ("low", low),
                    ("high", high),
                    ("source", source),
                ],
            )
        })
        .collect()
}

pub(super) fn funds() -> Vec<Row> {
    vec![row(
        "JJ-01",
        &[
            ("name", "高新产业引导基金（合成）"),
            ("manager", "某基金管理公司（合成）"),
            ("size", "10亿元"),
            ("share", "30"),
            ("established_on", "2023-03-15"),
            ("approval", "示例批复〔2023〕2号"),
        ],
    )]
}

pub(super) fn fund_flows() -> Vec<Row> {
    let all = [
        ("2023-03-15", "认缴", "3亿元", "园区平台公司（合成）"),
        ("2023-04-10", "实缴", "1.2亿元", "园区平台公司（合成）"),
        ("2024-06-01", "投资", "5000万元", "某半导体公司（合成）"),
        ("2025-05-20", "投资", "3000万元", "某半导体公司（合成）"),
        ("2025-12-30", "分配", "1800万元", "园区平台公司（合成）"),
        ("2026-06-30", "估值", "1.05亿元", "某半导体公司（合成）"),
    ];
    (1..)
        .zip(all)
        .map(|(n, (on, sort, amount, party))| {
            row(
                &format!("SZ-{n:02}"),
                &[("fund", "JJ-01"), ("on", on), ("sort", sort), ("amount", amount), ("party", party)],
            )
        })
        .collect()
}

const CHIP: &str = "某半导体公司（合成）";

pub(super) fn share_events() -> Vec<Row> {
    let all = [
        ("2021-02-01", "设立", "创始团队（合成）", "8000000", "10000", "设立"),
        ("2023-08-01", "增资", "天使投资人（合成）", "1000000", "80000", "A1"),
        ("2024-06-01", "增资", "高新产业引导基金（合成）", "1250000", "400000", "A2"),
        ("2025-05-20", "增资", "高新产业引导基金（合成）", "600000", "500000", "A3"),
    ];
    (1..)
        .zip(all)
        .map(|(n, (on, sort, holder, shares, price, round))| {
            row(
                &format!("GQ-{n:02}"),
                &[
                    ("company", CHIP),
                    ("on", on),
                    ("sort", sort),
                    ("holder", holder),
                    ("shares", shares),
                    ("price", price),
                    ("round", round),
                ],
            )
        })
        .collect()
}

pub(super) fn warrants() -> Vec<Row> {
    vec![row(
        "RGQ-2025-01",
        &[
            ("name", "首笔“企业+银行+园区”认股权（示例）"),
            ("issuer", CHIP),
            ("grantor", "企业增发"),
            ("grantee", "园区平台公司（合成）"),
            ("bank", "某银行镇江分行（合成）"),
            ("loan", "2000万元"),
            ("loan_no", "示例借字 2025-018"),
            ("granted_on", "2025-08-15"),
            ("quantity", "金额"),
            ("amount", "300万元"),
            ("price_rule", "上一轮×系数"),
            ("factor", "1.1"),
            ("from", "2026-01-01"),
            ("until", "2028-12-31"),
            ("anti_dilution", "加权平均"),
            ("transfer", "是"),
            ("cap_yuan", "300万元"),
            ("state_asset", "是"),
            ("approval", "示例国资批〔2025〕9号"),
            ("registry_no", "JS-RGQ-示例-0001"),
            ("evidence", "A3 轮投资协议"),
        ],
    )]
}

pub(super) fn warrant_events() -> Vec<Row> {
    let all =
        [("2025-08-20", "国资审批", "示例国资批〔2025〕9号"), ("2025-09-05", "登记", "JS-RGQ-示例-0001")];
    (1..)
        .zip(all)
        .map(|(n, (on, sort, document))| {
            row(
                &format!("RD-{n:02}"),
                &[("warrant", "RGQ-2025-01"), ("on", on), ("sort", sort), ("document", document)],
            )
        })
        .collect()
}

pub(super) fn opportunities() -> Vec<Row> {
    let all = [
        ("船用推进器智能检测", "中船动力供应链（示例）", "180万元", "船舶零部件", "机器视觉、检测", "否"),
        ("港区无人集卡测试道路", "港务公司（合成）", "600万元", "", "自动驾驶、物流", "是"),
        ("园区综合能源管理", "高新区平台公司（合成）", "420万元", "新型储能", "储能、能源管理", "是"),
        ("焊接机器人产线改造", "某装备企业（合成）", "260万元", "高端装备", "机器人、焊接", "否"),
        ("政务问答大模型", "政务服务中心（合成）", "150万元", "人工智能", "大模型、问答", "是"),
        ("芯片封测良率分析", "某封测企业（合成）", "90万元", "封装测试", "数据分析、良率", "否"),
        ("氢能叉车示范", "物流仓库（合成）", "120万元", "氢能", "燃料电池、叉车", "否"),
        ("水质在线监测", "生态环境局（合成）", "80万元", "", "传感器、物联网", "是"),
        ("数字孪生车间", "某船舶配套企业（合成）", "300万元", "新一代信息技术", "数字孪生、仿真", "否"),
        ("低空巡检", "园区运营公司（合成）", "110万元", "", "无人机、巡检", "否"),
    ];
    (1..)
        .zip(all)
        .map(|(n, (name, owner, budget, segments, words, funded))| {
            let mut fields = vec![
                ("name", name),
                ("owner", owner),
                ("budget", budget),
                ("words", words),
                ("state_funded", funded),
                ("purchase", "服务"),
                ("from", "2026-01-01"),
                ("until", "2027-12-31"),
                ("place", "高新区"),
            ];
            if !segments.is_empty() {
                fields.push(("segments", segments));
            }
            row(&format!("CJ-{n:02}"), &fields)
        })
        .collect()
}

pub(super) fn capabilities() -> Vec<Row> {
    let all = [
        ("机器视觉检测", "视觉科技公司（合成）", "船舶零部件", "机器视觉、检测、缺陷", "6"),
        ("储能与能源管理", "储能科技公司（合成）", "新型储能", "储能、能源管理、调度", "4"),
        ("工业机器人集成", "机器人公司（合成）", "高端装备", "机器人、焊接、搬运", "9"),
        ("行业大模型", "智能科技公司（合成）", "人工智能", "大模型、问答、知识库", "3"),
        ("无人机巡检", "低空科技公司（合成）", "", "无人机、巡检、测绘", "2"),
    ];
    (1..)
        .zip(all)
        .map(|(n, (name, company, segments, words, cases))| {
            let mut fields = vec![("name", name), ("company", company), ("words", words), ("cases", cases)];
            if !segments.is_empty() {
                fields.push(("segments", segments));
            }
            row(&format!("NL-{n:02}"), &fields)
        })
        .collect()
}

pub(super) fn matches() -> Vec<Row> {
    vec![
        row(
            "DJ-01",
            &[
                ("opportunity", "CJ-01"),
                ("company", "视觉科技公司（合成）"),
                ("stage", "形成订单"),
                ("since", "2026-08-10"),
                ("orders", "420万元"),
            ],
        ),
        row(
            "DJ-02",
            &[
                ("opportunity", "CJ-04"),
                ("company", "机器人公司（合成）"),
                ("stage", "试用"),
                ("since", "2026-09-02"),
            ],
        ),
    ]
}

pub(super) fn profiles() -> Vec<Row> {
    let all = [
        ("视觉科技公司（合成）", "2021-04-02", "小型", "2600万元", "310万元", "48", "19", "6", "21", "是"),
        ("储能科技公司（合成）", "2019-08-15", "中型", "1.8亿元", "760万元", "160", "42", "11", "35", "是"),
        ("机器人公司（合成）", "2016-03-20", "中型", "3.2亿元", "900万元", "230", "38", "9", "52", "是"),
        ("智能科技公司（合成）", "2025-06-01", "微型", "180万元", "60万元", "12", "9", "0", "2", "否"),
        ("低空科技公司（合成）", "2023-01-10", "小型", "900万元", "40万元", "22", "6", "1", "4", "否"),
    ];
    let land = ["6亩", "32亩", "58亩", "1亩", "7.5亩"];
    let tax = ["120万元", "1150万元", "1680万元", "4万元", "33万元"];
    let added = ["760万元", "5200万元", "8900万元", "20万元", "210万元"];
    let energy = ["85", "1620", "2300", "6", "40"];
    (1usize..)
        .zip(all)
        .map(|(n, (name, on, size, revenue, research, staff, researchers, inventions, patents, high))| {
            row(
                &format!("HX-{n:02}"),
                &[
                    ("name", name),
                    ("registered_on", on),
                    ("size", size),
                    ("revenue_last_year", revenue),
                    ("research_spend", research),
                    ("employees", staff),
                    ("research_staff", researchers),
                    ("patents_invention", inventions),
                    ("patents_all", patents),
                    ("high_tech", high),
                    ("in_zone", "是"),
                    ("bad_credit", "否"),
                    ("above_scale", if matches!(n, 2 | 3) { "是" } else { "否" }),
                    ("land_area", land[n - 1]),
                    ("tax_last_year", tax[n - 1]),
                    ("added_value", added[n - 1]),
                    ("energy", energy[n - 1]),
                ],
            )
        })
        .collect()
}

/// What the first project will build, for the access figures.
pub(super) fn layouts(project: &str) -> Vec<Row> {
    vec![row(
        "JS-01",
        &[
            ("project", project),
            ("counted_floor", "52000"),
            ("footprint", "19600"),
            ("yards", "1200"),
            ("office_land", "2300"),
            ("added_value", "1.6亿元"),
            ("note", "初步设计（合成）"),
        ],
    )]
}

//! Ground, rooms, works, bonds and idle assets of the sample zone.

use super::{Row, SINCE, row};
use crate::sample::MARK;

/// A rectangle in metres from the sample's south-west corner, as a boundary.
fn rectangle(east: f64, north: f64, width: f64, depth: f64) -> String {
    // Metres to degrees near 32.2° N; the drawing is made up, a few centimetres do not matter.
    let at = |x: f64, y: f64| format!("{:.7} {:.7}", 119.62 + x / 94_290.0, 32.19 + y / 110_890.0);
    let (right, top) = (east + width, north + depth);
    let corners = [at(east, north), at(right, north), at(right, top), at(east, top), at(east, north)];
    format!("POLYGON(({}))", corners.join(", "))
}

const USES: [&str; 4] = ["工业", "新型产业", "研发", "仓储"];

pub(super) fn parcels() -> Vec<Row> {
    let states = ["净地", "标准地", "净地", "净地", "整理中", "已供", "未整理", "净地"];
    let mut rows = Vec::new();
    for n in 0u32..24 {
        let (column, line) = (f64::from(n % 6), f64::from(n / 6));
        // Two and two stand side by side; between the pairs runs a road.
        let east = column * 230.0 + (column / 2.0).floor() * 40.0;
        let north = line * 280.0 + (line / 2.0).floor() * 40.0;
        let depth = 160.0 + f64::from(n * 37 % 9) * 12.0;
        let mu = 228.0 * depth * 3.0 / 2_000.0;
        let code = format!("GX-2026-{:02}", n + 1);
        let state = states[(n % 8) as usize];
        let power = [8_000, 12_000, 10_000, 5_000, 6_300, 16_000, 3_150, 10_000][(n % 8) as usize];
        let mut fields = vec![
            ("name", format!("{} 号地块{MARK}", n + 1)),
            ("area", format!("{mu:.2}亩")),
            ("use", USES[(n * 5 % 4) as usize].to_string()),
            ("readiness", state.to_string()),
            ("power", power.to_string()),
            ("water", (400 + n * 20).to_string()),
            ("gas", if n % 3 == 0 { "否" } else { "是" }.to_string()),
            ("far_min", "1.0".to_string()),
            ("far_max", "2.5".to_string()),
            ("pollution", ["一类", "二类", "三类"][(n % 3) as usize].to_string()),
            ("std_investment", "350万元".to_string()),
            ("std_tax", "20万元".to_string()),
            ("price", "28万元".to_string()),
            ("shape", rectangle(east, north, 228.0, depth)),
        ];
        if state == "整理中" {
            fields.push(("waits_for", "龙门港路通车、土地整理".to_string()));
            fields.push(("reserve_no", "TC-2025-118".to_string()));
        }
        if state == "已供" {
            fields.push(("occupied_by", format!("某装备企业{MARK}")));
            fields.extend(supplied(n));
        }
        rows.push((code, SINCE, fields));
    }
    rows
}

/// How the supplied parcels were supplied: one is built on, one stands idle, one is late.
fn supplied(n: u32) -> Vec<(&'static str, String)> {
    let all: &[(&'static str, &str)] = match n {
        5 => &[
            ("supplied_on", "2024-05-20"),
            ("supply_mode", "出让"),
            ("term_years", "40"),
            ("start_by", "2024-11-20"),
            ("started_on", "2024-10-30"),
        ],
        13 => &[
            ("supplied_on", "2024-12-16"),
            ("supply_mode", "出让"),
            ("term_years", "40"),
            ("start_by", "2025-06-30"),
            ("pause_from", "2025-07-01"),
            ("pause_until", "2025-08-31"),
            ("pause_cause", "政府原因"),
        ],
        _ => &[
            ("supplied_on", "2026-03-10"),
            ("supply_mode", "弹性年期出让"),
            ("term_years", "20"),
            ("start_by", "2026-09-10"),
        ],
    };
    all.iter().map(|(word, value)| (*word, (*value).to_string())).collect()
}

pub(super) fn buildings() -> Vec<Row> {
    let clusters = [
        ("XR", "新融谷", "办公", "GX-2026-09"),
        ("XZ", "新质谷", "研发", "GX-2026-10"),
        ("XC", "新创谷", "孵化", "GX-2026-11"),
    ];
    let mut rows = Vec::new();
    for (n, (code, cluster, usage, parcel)) in (0u32..).zip(clusters) {
        let column = f64::from(2 + n);
        let east = column * 230.0 + (column / 2.0).floor() * 40.0 + 30.0;
        rows.push((
            format!("ZG-{code}"),
            SINCE,
            vec![
                ("name", format!("高新智谷·{cluster}")),
                ("parcel", parcel.to_string()),
                ("area", "24000㎡".to_string()),
                ("floors", "6".to_string()),
                ("use", usage.to_string()),
                ("cluster", cluster.to_string()),
                ("owner", format!("高新区平台公司{MARK}")),
                ("operator", format!("专业运营公司{MARK}")),
                ("power", "2500".to_string()),
                ("finished_on", "2023-10-30".to_string()),
                ("shape", rectangle(east, 330.0, 60.0, 80.0)),
            ],
        ));
    }
    rows
}

pub(super) fn spaces() -> Vec<Row> {
    let mut rows = Vec::new();
    for (b, (code, usage)) in [("XR", "办公"), ("XZ", "研发"), ("XC", "孵化")].into_iter().enumerate() {
        for floor in 1..=5 {
            for room in 1..=2 {
                let n = b * 10 + floor * 2 + room;
                let mut fields = vec![
                    ("building", format!("ZG-{code}")),
                    ("floor", floor.to_string()),
                    ("area", format!("{}㎡", 600 + n * 35)),
                    ("use", usage.to_string()),
                    ("height", if floor == 1 { "6" } else { "3.9" }.to_string()),
                    ("load", if floor == 1 { "1000" } else { "400" }.to_string()),
                    ("power", "200".to_string()),
                    ("pollution", "一类".to_string()),
                    ("rent", format!("{}", 18 + n % 9)),
                    ("fit_out", if n % 2 == 0 { "简装" } else { "毛坯" }.to_string()),
                ];
                if n % 3 == 0 {
                    fields.push(("tenant", format!("入驻企业{}{MARK}", n)));
                    fields.push(("lease_from", "2024-03-01".to_string()));
                    fields.push(("lease_until", format!("{}-02-28", 2027 + n % 2)));
                }
                rows.push((format!("ZG-{code}-{floor}0{room}"), SINCE, fields));
            }
        }
    }
    rows
}

pub(super) fn works() -> Vec<Row> {
    vec![
        row(
            "GC-01",
            &[
                ("name", "龙门港路"),
                ("plan_done", "2026-02-28"),
                ("milestone", "全线通车"),
                ("progress", "已开工"),
                ("serves", "GX-2026-05、GX-2026-13、GX-2026-21"),
                ("cost_plan", "1.2亿元"),
            ],
        ),
        row(
            "GC-02",
            &[
                ("name", "110千伏变电站（合成）"),
                ("plan_done", "2027-05-31"),
                ("milestone", "投运"),
                ("progress", "已开工"),
                ("serves", "GX-2026-04、GX-2026-12、GX-2026-20"),
                ("cost_plan", "9000万元"),
            ],
        ),
    ]
}

pub(super) fn bonds() -> Vec<Row> {
    vec![row(
        "ZX-2025-01",
        &[
            ("name", "2025 年土地储备专项债券（示例）"),
            ("amount", "3.5亿元"),
            ("issued_on", "2025-06-20"),
            ("years", "5"),
            ("rate", "2.1"),
            ("coupon", "半年付息"),
            ("project", "龙门港片区土地储备（合成）"),
            ("reserve_no", "TC-2025-118"),
            ("agency", "高新区土地储备中心（合成）"),
            ("parcels", "GX-2026-05、GX-2026-13、GX-2026-21"),
            ("spent", "8000万元"),
            ("income_plan", "4.2亿元"),
        ],
    )]
}

pub(super) fn consolidation() -> Vec<Row> {
    let years = [(2024, "205亩"), (2025, ""), (2026, ""), (2027, ""), (2028, "")];
    let mut rows = Vec::new();
    for (year, done) in years {
        let mut fields = vec![
            ("name", format!("{year} 年度土地整理")),
            ("plan_area", "200亩".to_string()),
            ("plan_done", format!("{year}-12-31")),
            ("progress", if year <= 2026 { "已开工" } else { "计划" }.to_string()),
            ("cost_plan", "7000万元".to_string()),
            ("bond", "ZX-2025-01".to_string()),
        ];
        if year == 2024 {
            fields.push(("area", done.to_string()));
            fields.push(("done_on", "2024-12-10".to_string()));
        }
        rows.push((format!("ZL-{year}"), SINCE, fields));
    }
    rows
}

pub(super) fn idle_assets() -> Vec<Row> {
    let all = [
        ("老厂区一期", "3.2亿元", "2025-06-30", "2025-09-01", "900万元"),
        ("老厂区二期", "2.6亿元", "2026-03-31", "", "700万元"),
        ("物流仓库", "1.8亿元", "2025-12-31", "2025-12-20", "650万元"),
        ("原管委会办公楼", "1.5亿元", "2026-06-30", "2026-06-15", "400万元"),
        ("人才公寓", "1.4亿元", "2027-03-31", "", "520万元"),
    ];
    (1..)
        .zip(all)
        .map(|(n, (name, value, due, used, income))| {
            let name = format!("{name}{MARK}");
            let mut fields = vec![
                ("name", name.as_str()),
                ("value", value),
                ("plan_used", due),
                ("income_plan", income),
                ("owner", "高新区平台公司（合成）"),
            ];
            if !used.is_empty() {
                fields.extend([
                    ("used_on", used),
                    ("operator", "专业运营公司（合成）"),
                    ("contract_from", used),
                    ("contract_until", "2030-12-31"),
                ]);
            }
            row(&format!("XZ-{n:02}"), &fields)
        })
        .collect()
}

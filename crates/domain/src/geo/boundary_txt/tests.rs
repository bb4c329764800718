use super::*;
use crate::inventory::Kind;
use crate::inventory::table;
use proptest::prelude::*;

const HEAD: &str = "[属性描述]\n格式版本号=1.01\n数据产生单位=样板测绘院\n数据产生日期=2026-06-15\n坐标系=2000国家大地坐标系\n\
                    几度分带=3\n投影类型=高斯克吕格\n计量单位=米\n带号=40\n精度=0.001\n转换参数=,,,,,,\n[地块坐标]\n";

/// A square of 200 m whose south-west corner lies `east` metres further; its first line is 13 behind [`HEAD`].
fn square(code: &str, east: f64) -> String {
    let (x, y) = (3_563_900.125, 40_448_200.5 + east);
    format!(
        "5,4.0000,{code},样板{code},面,,工业用地,0601,@\nJ1,1,{x:.3},{y:.3}\nJ2,1,{:.3},{y:.3}\nJ3,1,{:.3},{:.3}\nJ4,1,{x:.3},{:.3}\nJ1,1,{x:.3},{y:.3}\n",
        x + 200.0,
        x + 200.0,
        y + 200.0,
        y + 200.0
    )
}

fn file() -> String {
    format!("{HEAD}{}", square("DK-1", 0.0))
}

fn faults(text: &str) -> Vec<String> {
    match read(text) {
        Ok(read) => read.parcels.iter().flat_map(|p| p.faults.iter().map(|f| f.texts().0)).collect(),
        Err(notes) => notes.iter().map(|n| n.texts().0).collect(),
    }
}

#[track_caller]
fn says(text: &str, wanted: &str) {
    let told = faults(text);
    assert!(told.iter().any(|f| f.contains(wanted)), "wanted {wanted}, got {told:?}");
}

#[test]
fn parcels_are_read_with_their_exact_area_and_place() {
    let text =
        format!("\u{feff}{HEAD}{}\n{}", square("DK-1", 0.0), square("DK-2", 250.0)).replace('\n', "\r\n");
    assert!(is_boundary_txt(&text) && !is_boundary_txt("编号,面积\n1,2"));
    let read = read(&text).unwrap();
    let [one, two] = read.parcels.as_slice() else { panic!("{read:?}") };
    assert_eq!((one.line, one.code.as_str(), one.name.as_str()), (13, "DK-1", "样板DK-1"));
    assert_eq!((one.area, one.stated), (4_000_000, Some(4_000_000)));
    assert!(one.faults.is_empty() && one.warnings.is_empty(), "{one:?}");
    assert_eq!(two.line, 20);
    // PROJ: EPSG:4528 (3563900.125, 40448200.5) is 119.450639367° E, 32.197634195° N.
    let first = one.outline.as_ref().unwrap().points()[0];
    assert_eq!((first.lon, first.lat), (1_194_506_394, 321_976_342));
    let ellipsoid = one.outline.as_ref().unwrap().area();
    assert!((ellipsoid - one.area).abs() < one.area / 1_000, "{ellipsoid}");
}

#[test]
fn what_software_leaves_out_or_adds_is_read_too() {
    let whole = read(&file()).unwrap().parcels[0].outline.clone();
    let open = file().replace("\nJ1,1,3563900.125,40448200.500\nJ2", "\nJ1,1,3563900.1250,40448200.5\nJ2");
    let open = open.trim_end().rsplit_once('\n').unwrap().0.replace("5,4.0000", "4,4.0000公顷");
    let bare = file().replace("带号=40\n", "带号=\n").replace("几度分带=3\n", "");
    let degrees = file().replace("几度分带=3", "分带 = 3度带").replace("带号=40", "带号=40带");
    let zone = file().replace(",40448", ",448").replace("投影类型=高斯克吕格\n", "");
    let wide = file().replace(',', "，").replace("[属性描述]", "【属性描述】").replace('=', "＝");
    let more = file().replace("0601,@", "0601,,1,B,C,备注,@").replace("5,4.0000", "4,0");
    let fewer = file().replace("面,,工业用地,0601,@", "面,,工业用地,@");
    let other = file().replace("[属性描述]", "[项目信息]\n项目名称=样板\n[属性描述]");
    for text in [open, bare, degrees, zone, wide, more, fewer, other] {
        let read = read(&text).unwrap();
        let parcel = &read.parcels[0];
        assert!(parcel.faults.is_empty() && parcel.warnings.is_empty(), "{text}\n{parcel:?}");
        assert_eq!(parcel.outline, whole, "{text}");
    }
}

#[test]
fn what_would_move_ground_is_refused_with_what_to_do() {
    let datum = |name: &str| file().replace("2000国家大地坐标系", name);
    says(&datum("1980西安坐标系"), "第 5 行：坐标系“1980西安坐标系”（1980 西安坐标系）");
    says(&datum("北京54"), "（1954 北京坐标系）与 2000国家大地坐标系可能相差");
    says(&datum("样板2000城市坐标系"), "（地方坐标系）");
    says(&datum("WGS84"), "（未知坐标系）");
    says(&datum(""), "缺少“坐标系”");
    assert!(faults(&datum("CGCS2000")).is_empty() && faults(&datum("2000")).is_empty());
    says(&file().replace("几度分带=3", "几度分带=1.5"), "第 6 行：几度分带“1.5”不支持：只能是 3 或 6");
    says(&file().replace("几度分带=3", "几度分带=6"), "第 9 行：带号 40 是 3 度带，与几度分带=6 不符");
    says(&file().replace("带号=40", "带号=99"), "带号“99”不在中国范围内");
    says(&file().replace("单位=米", "单位=度"), "第 8 行：计量单位“度”不支持");
    says(&file().replace("高斯克吕格", "UTM"), "第 7 行：投影类型“UTM”不支持");
    says(&file().replace("[属性描述]", ""), "缺少 [属性描述] 一节");
    says(&file().replace("[地块坐标]", ""), "缺少 [地块坐标] 一节");
    says(HEAD, "[地块坐标] 中没有地块");
    says(&format!("{HEAD}J1,1,3563900.125,40448200.500\n"), "第 13 行：界址点前没有地块表头");
    let both = faults(&datum("北京54").replace("单位=米", "单位=度"));
    assert_eq!(both.len(), 2, "every fault at once: {both:?}");
}

#[test]
fn faults_of_points_name_their_line_and_other_parcels_stand() {
    let swap = |from: &str, to: &str| {
        let text = format!("{HEAD}{}{}", square("DK-1", 0.0).replacen(from, to, 1), square("DK-2", 250.0));
        let read = read(&text).unwrap();
        assert!(read.parcels[1].outline.is_some(), "the other parcel stands: {read:?}");
        assert!(read.parcels[0].outline.is_none());
        read.parcels[0].faults.iter().map(|f| f.texts().0).collect::<Vec<_>>().join("；")
    };
    let told = swap("5,4.0000", "7,4.0000");
    assert_eq!(told, "第 13 行：表头写 7 点，实际读到 5 点（其中闭合点 1 个）：请补齐界址点或改正点数");
    assert!(swap("5,4.0000", "五,4.0000").contains("点数“五”不是数"));
    assert!(swap("5,4.0000", "5,约4").contains("面积“约4”不是数"));
    assert!(swap(",面,", ",线,").contains("图形属性是“线”"));
    assert!(swap("J2,1,3564100.125", "J2,1,北").contains("第 15 行：X 坐标“北”不是数"));
    assert!(swap("J2,1,", "J2,0,").contains("第 15 行：圈号“0”应为"));
    assert!(swap("J2,1,3564100.125,", "J2,1,").contains("第 15 行：界址点应有 4 项"));
    assert!(swap("J2,1,3564100.125,40448200.500", "J2,1,40448200.500,3564100.125").contains("可能写反了"));
    assert!(swap("J2,1,3564100.125", "J2,1,64100.125").contains("X 坐标 64100 不在中国范围内"));
    let zone = swap("J2,1,3564100.125,40", "J2,1,3564100.125,39");
    assert!(zone.contains("第 15 行：Y 坐标的带号是 39，而本文件的带号是 40"), "{zone}");
    let far = swap("J2,1,3564100.125,40448200.500", "J2,1,3564100.125,40948200.500");
    assert!(far.contains("超出 3 度带"), "{far}");
}

#[test]
fn an_outline_that_crosses_itself_names_both_edges_and_their_lines() {
    let mut lines: Vec<String> = file().lines().map(str::to_string).collect();
    let (a, b) = (lines[14].clone(), lines[15].clone());
    (lines[14], lines[15]) = (b, a);
    let told = faults(&lines.join("\n"));
    assert_eq!(told, ["第 14 行：第 1 圈自相交：边 J1→J3 与边 J2→J4（第 16 行）相交或重合，请检查点的顺序"]);
    // A millimetre decides: J3 a millimetre beyond the line from J1 to J2.
    let thin = |y: &str| {
        format!(
            "{HEAD}4,,D,,面,,工业,,@\nA,1,3563900,448200\nB,1,3564100,448200\nC,1,3564000,{y}\nD,1,3563950,448250\n"
        )
    };
    says(&thin("448199.999"), "边 A→B 与边");
    assert!(faults(&thin("448200.020")).is_empty());
    // A closing point that is elsewhere.
    let text = file().replace("J1,1,3563900.125,40448200.500\n", "J1,1,3563900.125,40448200.501\n");
    let text = text.replacen("J1,1,3563900.125,40448200.501", "J1,1,3563900.125,40448200.500", 1);
    says(&text, "第 18 行：闭合点 J1 的坐标与第 14 行的起点不一致");
}

#[test]
fn holes_and_parts_are_told_apart_and_count_in_the_area() {
    let ring = |n: i64, x: i64, y: i64, d: i64| {
        let at = |i: i64, x: i64, y: i64| format!("J{i},{n},{},{}\n", 3_563_900 + x, 40_448_200 + y);
        format!("{}{}{}{}", at(1, x, y), at(2, x + d, y), at(3, x + d, y + d), at(4, x, y + d))
    };
    let text = |second: String| format!("{HEAD}8,,D,,面,,,,@\n{}{second}", ring(1, 0, 0, 200));
    let hole = read(&text(ring(2, 50, 50, 100))).unwrap();
    assert_eq!(hole.parcels[0].area, 3_000_000);
    says(&text(ring(2, 50, 50, 100)), "第 18 行：第 2 圈是洞");
    says(&text(ring(2, 150, 50, 100)), "第 2 圈不在外圈之内");
    says(&text(ring(2, 300, 50, 100)), "另写一个地块表头");
    says(&text(ring(2, 50, 50, 100)).replace(",1,", ",3,"), "没有圈号为 1");
}

#[test]
fn a_stated_area_that_differs_is_told_with_what_it_may_be() {
    let told = |area: &str| {
        let read = read(&file().replace("5,4.0000", &format!("5,{area}"))).unwrap();
        assert!(read.parcels[0].faults.is_empty());
        read.warnings().into_iter().map(|w| w.0).collect::<Vec<_>>().join("；")
    };
    assert_eq!(told("4.0039"), "", "less than one in a thousand");
    assert_eq!(told("0"), "");
    assert!(
        told("4.1").starts_with("第 13 行：表头面积 4.1 公顷，按界址点计算为 4 公顷，采用计算值；请核对")
    );
    assert!(told("60").contains("可能写成了亩") && told("40000").contains("可能写成了平方米"));
}

#[test]
fn rows_are_what_the_inventory_of_parcels_reads() {
    let text = format!("{}{}", file(), square("DK-2", 250.0).replace("工业用地", "殡葬用地"));
    let read = read(&text).unwrap();
    let headings: Vec<String> = HEADINGS.map(str::to_string).to_vec();
    let columns = table::recognise(Kind::Parcel, &headings);
    assert!(!columns.contains(&table::Column::Unknown), "{columns:?}");
    let today = jiff::civil::date(2026, 11, 26);
    let rows = read.rows();
    let said = table::read(&columns, &rows[0].1, today, today).unwrap();
    assert_eq!(said.values["area"].int(), Some(4_000_000));
    assert_eq!(said.values["use"].text(), Some("industrial"));
    assert!(said.values["shape"].text().unwrap().starts_with("POLYGON((119."));
    let other = table::read(&columns, &rows[1].1, today, today).unwrap();
    assert!(!other.values.contains_key("use") && read.warnings()[0].0.contains("殡葬用地"));
}

#[test]
fn uses_are_known_by_their_written_names() {
    let known = [
        ("工业用地", Some("industrial")),
        ("二类工业用地", Some("industrial")),
        ("0601工业用地", Some("industrial")),
        ("一类工业用地（M1）", Some("industrial")),
        ("新型产业用地", Some("new_industrial")),
        ("物流仓储用地", Some("storage")),
        ("科研用地", Some("research")),
        ("商务金融用地", Some("office")),
        ("其他商服用地", Some("commercial")),
        ("公共设施用地", Some("public")),
        ("城镇住宅用地", None),
        ("0601", None),
        ("", None),
    ];
    for (written, word) in known {
        assert_eq!(usage(written), word, "{written}");
    }
}

proptest! {
    #[test]
    fn an_outline_far_or_near_keeps_its_area(east in 0.0f64..150_000.0, side in 5.0f64..900.0, zone in 25i64..=45) {
        let (x, y) = (3_563_900.0, zone as f64 * 1e6 + 425_000.0 + east);
        let text = format!(
            "{}4,,D,,面,,,,@\nJ1,1,{x:.3},{y:.3}\nJ2,1,{:.3},{y:.3}\nJ3,1,{:.3},{:.3}\nJ4,1,{x:.3},{:.3}\n",
            HEAD.replace("带号=40", &format!("带号={zone}")), x + side, x + side, y + side, y + side
        );
        let read = read(&text).unwrap();
        let parcel = &read.parcels[0];
        prop_assert!(parcel.faults.is_empty(), "{:?}", parcel.faults);
        prop_assert!((parcel.area as f64 / 100.0 - side * side).abs() < side * 0.002 + 0.01);
        // On the ellipsoid it differs by the square of the scale, and by corners rounded to a centimetre.
        let round = parcel.outline.as_ref().unwrap().area();
        prop_assert!((round - parcel.area).abs() as f64 <= parcel.area as f64 / 1_000.0 + side * 3.0, "{} {}", round, parcel.area);
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,60}", body in "([J0-9@,.面\n]|J1,1,3563900,448200\n){0,40}") {
        let _ = (read(&text), is_boundary_txt(&text), usage(&text));
        if let Ok(read) = read(&format!("{HEAD}{body}")) {
            for parcel in &read.parcels {
                prop_assert_eq!(parcel.outline.is_some(), parcel.faults.is_empty());
            }
            let _ = (read.rows(), read.warnings());
        }
    }
}

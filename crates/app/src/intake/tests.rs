//! Whole files through reading and staging.

use super::source::{Format, Source, digest, spool};
use super::stage::{Job, Outcome, PART_ROWS, Summary, stage, staged, summary};
use domain::company::Company;
use domain::intake::Overrides;
use jiff::civil::{Date, date};
use proptest::prelude::*;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

const TODAY: Date = date(2026, 11, 23);
/// Small, so that every test crosses parts.
const PART: u64 = 200;

struct Done {
    summary: Summary,
    companies: Vec<Company>,
    rejects: String,
}

fn run(path: &Path, dir: &Path, part_rows: u64) -> anyhow::Result<Done> {
    let source = Source::open(path, None)?;
    let mapping = source.mapping(&Overrides::default());
    let digest = digest(path)?;
    let job = Job { dir, source_name: "名单", digest: &digest, today: TODAY, part_rows };
    let outcome = stage(source, &mapping, &job, &mut |_| {}, &AtomicBool::new(false))?;
    let Outcome::Complete(counts) = outcome else { panic!("not cancelled") };
    assert_eq!(summary(dir)?, Some(counts.clone()));
    assert_eq!(counts.accepted + counts.rejected, counts.read);
    let companies = staged(dir)?.map(|s| s.map(|s| s.company)).collect::<anyhow::Result<Vec<_>>>()?;
    assert_eq!(companies.len() as u64 + counts.duplicates, counts.accepted);
    let rejects = std::fs::read_to_string(dir.join("rejects.csv"))?;
    Ok(Done { summary: counts, companies, rejects })
}

fn import(bytes: &[u8]) -> anyhow::Result<Done> {
    let dir = tempfile::tempdir()?;
    let path = spool(bytes, dir.path())?;
    run(&path, &dir.path().join("job"), PART)
}

const LIST: &str = "企业名称,统一社会信用代码,成立日期,注册资本,所属省份,所属城市,经营范围\n\
    镇江样板船用设备有限公司,91350100M000100Y43,2001-02-03,1000万元,江苏,镇江,\"船用螺旋桨制造,销售\"\n\
    样板贸易行,N/A,1999年1月2日,50万美元,江苏,N/A,批发\n";

/// Every row accounted for; what is rejected and noted is printed for a reader to judge.
fn real(name: &str) {
    // Beside the workspace, or where the variable says.
    let data = std::env::var("LANDFALL_TEST_DATA").map_or_else(
        |_| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../../shared/data"),
        PathBuf::from,
    );
    let path = data.join("registry").join(name);
    if !path.exists() {
        println!("skipped: {} is not here", path.display());
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let done = run(&path, dir.path(), PART_ROWS).unwrap();
    let placed = done.companies.iter().filter(|c| c.region.is_some()).count();
    println!("with a region: {placed} of {}", done.companies.len());
    assert!(done.summary.rejected * 100 < done.summary.read, "more than one in a hundred rejected");
    assert!(placed * 100 > done.companies.len() * 99);
}

#[test]
fn the_real_list_of_high_tech_zones() {
    real("registry_in_hightech_zone.csv");
}

#[test]
fn the_real_list_of_suzhou() {
    real("registry_suzhou.csv.gz");
}

#[test]
fn reads_a_small_list() {
    let done = import(LIST.as_bytes()).unwrap();
    assert_eq!((done.summary.read, done.summary.accepted, done.summary.rejected), (2, 2, 0));
    assert_eq!(done.companies[0].scope, "船用螺旋桨制造,销售");
    assert_eq!(done.companies[1].uscc, None);
}

#[test]
fn gb18030_tabs_gzip_and_json_lines_say_the_same() {
    let expected = import(LIST.as_bytes()).unwrap().companies;
    let (gb, _, _) = encoding_rs::GB18030.encode(LIST);
    assert_eq!(import(&gb).unwrap().companies, expected);
    let mark = [b"\xef\xbb\xbf", LIST.as_bytes()].concat();
    assert_eq!(import(&mark).unwrap().companies, expected);
    let title = format!("某区企业名单,,,,,,\n导出时间：2026-11-01\n\n{LIST}");
    assert_eq!(import(title.as_bytes()).unwrap().companies, expected);
    let tabs =
        LIST.replace("\"船用螺旋桨制造,销售\"", "船用螺旋桨制造@销售").replace(',', "\t").replace('@', ",");
    assert_eq!(import(tabs.as_bytes()).unwrap().companies, expected);
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    std::io::Write::write_all(&mut packed, LIST.as_bytes()).unwrap();
    assert_eq!(import(&packed.finish().unwrap()).unwrap().companies, expected);
    let json = "{\"企业名称\":\"镇江样板船用设备有限公司\",\"uscc\":\"91350100M000100Y43\",\"成立日期\":\"2001-02-03\",\"注册资本\":\"1000万元\",\
        \"省份\":\"江苏\",\"city\":\"镇江\",\"scope\":\"船用螺旋桨制造,销售\"}\n\n\
        {\"企业名称\":\"样板贸易行\",\"uscc\":null,\"成立日期\":\"1999年1月2日\",\"注册资本\":\"50万美元\",\"省份\":\"江苏\",\"scope\":\"批发\"}\n";
    assert_eq!(import(json.as_bytes()).unwrap().companies, expected);
}

/// A workbook by hand, so that nothing but the reader is tested: title sheet, title row, heading, typed date, serial date, gap.
fn workbook() -> Vec<u8> {
    let sheet = r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>
<row r="1"><c r="A1" t="inlineStr"><is><t>某区企业名单</t></is></c></row>
<row r="3"><c r="A3" t="inlineStr"><is><t>企业名称</t></is></c><c r="B3" t="inlineStr"><is><t>成立日期</t></is></c><c r="C3" t="inlineStr"><is><t>注册资本(万元)</t></is></c><c r="D3" t="inlineStr"><is><t>曾用名</t></is></c></row>
<row r="4"><c r="A4" t="inlineStr"><is><t>样板甲厂</t></is></c><c r="B4" s="1"><v>29183</v></c><c r="C4"><v>18245.4992</v></c></row>
<row r="6"><c r="A6" t="inlineStr"><is><t>样板乙厂</t></is></c><c r="B6"><v>29183</v></c><c r="C6"><v>-1</v></c></row>
<row r="7"><c r="A7" t="inlineStr"><is><t>样板丙厂</t></is></c><c r="B7" t="inlineStr"><is><t>1979年11月24日</t></is></c><c r="C7"><v>100</v></c><c r="D7" t="inlineStr"><is><t>样板丁厂</t></is></c></row>
</sheetData></worksheet>"#;
    let parts = [
        (
            "[Content_Types].xml",
            r#"<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/></Types>"#,
        ),
        (
            "_rels/.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#,
        ),
        (
            "xl/workbook.xml",
            r#"<?xml version="1.0"?><workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="说明" sheetId="1" r:id="r1"/><sheet name="名单" sheetId="2" r:id="r2"/></sheets></workbook>"#,
        ),
        (
            "xl/_rels/workbook.xml.rels",
            r#"<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="r1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet2.xml"/><Relationship Id="r3" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/styles" Target="styles.xml"/></Relationships>"#,
        ),
        (
            "xl/styles.xml",
            r#"<?xml version="1.0"?><styleSheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><cellXfs count="2"><xf numFmtId="0"/><xf numFmtId="14"/></cellXfs></styleSheet>"#,
        ),
        (
            "xl/worksheets/sheet1.xml",
            r#"<?xml version="1.0"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData><row r="1"><c r="A1" t="inlineStr"><is><t>填表说明</t></is></c></row></sheetData></worksheet>"#,
        ),
        ("xl/worksheets/sheet2.xml", sheet),
    ];
    let mut zip = zip::ZipWriter::new(std::io::Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, zip::write::SimpleFileOptions::default()).unwrap();
        std::io::Write::write_all(&mut zip, text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn reads_a_workbook() {
    let done = import(&workbook()).unwrap();
    assert_eq!((done.summary.read, done.summary.accepted, done.summary.rejected), (3, 2, 1));
    assert_eq!(done.companies[0].established, Some(date(1979, 11, 24)));
    assert_eq!(done.companies[0].capital.map(|m| m.amount), Some(182_454_992));
    assert_eq!(done.companies[1].former_names, ["样板丁厂"]);
    assert!(
        done.rejects.contains("\r\n6,注册资本（注册资本(万元)）,-1,money,金额小于零"),
        "{}",
        done.rejects
    );
}

#[test]
fn broken_rows_are_rejected_one_by_one() {
    let list = "企业名称,地址\n甲公司,一\n乙公司\n丙公司,一,二\n丁公司,\"一\n戊公司,一\n,一\n=己公司,一\n";
    let done = import(list.as_bytes()).unwrap();
    assert_eq!((done.summary.read, done.summary.accepted, done.summary.rejected), (7, 3, 4));
    let faults: Vec<(&str, u64)> = done.summary.faults.iter().map(|(k, v)| (k.as_str(), *v)).collect();
    assert_eq!(faults, [("cells", 2), ("name-missing", 1), ("open-quote", 1)]);
    assert!(done.rejects.starts_with("\u{feff}原行号,"));
    assert!(done.rejects.contains("\r\n3,整行,乙公司,cells,"), "{}", done.rejects);
}

#[test]
fn repeated_and_contradicting_rows() {
    let row = LIST.lines().nth(1).unwrap();
    let other = row.replace("2001-02-03", "2001-02-04");
    let done = import(format!("{LIST}{row}\n{other}\n").as_bytes()).unwrap();
    assert_eq!((done.summary.read, done.summary.accepted, done.summary.rejected), (4, 3, 1));
    assert_eq!(done.summary.duplicates, 1);
    assert!(done.rejects.contains("duplicate-uscc,与第 2 行"));
}

#[test]
fn corrected_rejects_can_be_imported_as_they_are() {
    let list = LIST.replace("2001-02-03", "2001-02-30");
    let done = import(list.as_bytes()).unwrap();
    assert_eq!(done.summary.rejected, 1);
    let corrected = done.rejects.replace("2001-02-30", "2001-02-03");
    let again = import(corrected.as_bytes()).unwrap();
    assert_eq!(again.companies, import(LIST.as_bytes()).unwrap().companies[..1]);
}

#[test]
fn a_cancelled_job_goes_on_behind_its_parts() {
    let mut list = String::from("企业名称,成立日期\n");
    for i in 0..450 {
        list += &format!("样板第{i}厂,{}\n", if i % 10 == 0 { "坏" } else { "2001-02-03" });
    }
    let dir = tempfile::tempdir().unwrap();
    let path = spool(list.as_bytes(), dir.path()).unwrap();
    let job_dir = dir.path().join("job");
    let digest = digest(&path).unwrap();
    let job = Job { dir: &job_dir, source_name: "名单", digest: &digest, today: TODAY, part_rows: PART };
    let cancel = AtomicBool::new(false);
    let source = Source::open(&path, None).unwrap();
    let mapping = source.mapping(&Overrides::default());
    let mut stop =
        |p: super::stage::Progress| cancel.store(p.rows >= 300, std::sync::atomic::Ordering::Relaxed);
    let outcome = stage(source, &mapping, &job, &mut stop, &cancel).unwrap();
    assert!(matches!(outcome, Outcome::Cancelled(s) if s.read == 200));
    assert_eq!(summary(&job_dir).unwrap(), None);
    // A crash in the middle of a part leaves a company file without its counts.
    std::fs::write(job_dir.join("part-00002.jsonl"), "torn").unwrap();
    let before = std::fs::metadata(job_dir.join("part-00001.jsonl")).unwrap().modified().unwrap();
    let resumed = run(&path, &job_dir, PART).unwrap();
    assert_eq!(std::fs::metadata(job_dir.join("part-00001.jsonl")).unwrap().modified().unwrap(), before);
    let fresh = run(&path, &dir.path().join("fresh"), PART).unwrap();
    assert_eq!(resumed.summary, fresh.summary);
    assert_eq!(resumed.companies, fresh.companies);
    assert_eq!(resumed.rejects, fresh.rejects);
    assert_eq!((fresh.summary.read, fresh.summary.rejected), (450, 45));
}

#[test]
fn what_is_no_list_says_so() {
    for (bytes, words) in [
        (&b""[..], "empty"),
        (b"[{\"a\":1}]", "JSON lines"),
        (b"PK\x03\x04garbage", "xlsx"),
        (b"a,b\n1,2\n", "company names"),
    ] {
        let error = import(bytes).err().map(|e| format!("{e:#}")).unwrap_or_default();
        assert!(error.contains(words), "{error}");
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    std::io::Write::write_all(&mut file, LIST.as_bytes()).unwrap();
    assert_eq!(Source::open(file.path(), None).unwrap().info().format, Format::Csv);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn every_row_of_garbage_is_accounted_for(rows in proptest::collection::vec("[甲乙\",\n;\t=0-9a元万-]{0,20}", 0..30), bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        let mut file = b"\xe4\xbc\x81\xe4\xb8\x9a\xe5\x90\x8d\xe7\xa7\xb0,\xe6\x88\x90\xe7\xab\x8b\xe6\x97\xa5\xe6\x9c\x9f,\xe6\xb3\xa8\xe5\x86\x8c\xe8\xb5\x84\xe6\x9c\xac\n".to_vec();
        file.extend_from_slice(rows.join("\n").as_bytes());
        file.push(b'\n');
        file.extend_from_slice(&bytes);
        // `import` checks the counts; a file may also be refused as a whole.
        let _ = import(&file);
    }
}

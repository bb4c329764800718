use super::*;
use anyhow::{Result, bail};
use domain::chain::{Chain, ChainSet, Position, Segment, SegmentNo};
use domain::company::{Company, Currency, Money, RegionCode, Signal, SignalKind, Status, Uscc};
use domain::placement::{Placed, Placement, Role};
use domain::target::Features;
use jiff::civil::date;
use std::fs;
use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Ships: hull (with plates below it) and engines.
pub(crate) fn chains() -> ChainSet {
    let segment = |id: &str, parent: Option<usize>, level| Segment {
        id: id.into(),
        name: id.into(),
        name_en: id.into(),
        parent,
        level,
        position: Position::Midstream,
        words: vec![],
        exclude: vec![],
        industry: vec![],
        importance: 3,
        supplies: vec![],
    };
    let segments = vec![
        segment("hull", None, 1),
        segment("steel", Some(0), 2),
        segment("plate", Some(1), 3),
        segment("engine", None, 1),
        segment("piston", Some(3), 2),
    ];
    let chain = Chain {
        id: "ship".into(),
        name: "船舶".into(),
        name_en: "ships".into(),
        version: "1".into(),
        about: String::new(),
        segments,
    };
    ChainSet::new(vec![chain]).unwrap()
}

/// Places a company by what its scope says: `2:0.8` puts it on segment 2 with score 0.8; `maker` and `trader` set the role.
pub(crate) fn place(company: &Company) -> Placed {
    let role = if company.scope.contains("maker") {
        Role::Maker
    } else if company.scope.contains("trader") {
        Role::Trader
    } else {
        Role::Unknown
    };
    let one = |word: &str| {
        let (segment, score) = word.split_once(':')?;
        let (segment, score) = (SegmentNo(segment.parse().ok()?), score.parse().ok()?);
        Some(Placement { segment, score, role, evidence: vec![] })
    };
    Placed { role, placements: company.scope.split(' ').filter_map(one).collect() }
}

pub(crate) fn options() -> BuildOptions<'static> {
    BuildOptions { created_at: "2026-11-23T00:00:00Z".into(), as_of: date(2026, 11, 1), extra: None }
}

pub(crate) fn build_from(root: &Path, companies: Vec<Company>) -> Result<Manifest> {
    let mut list = companies.into_iter().map(Ok);
    build(root, &mut list, &chains(), &place, &options(), &|_| {}, &AtomicBool::new(false))
}

fn uscc(code: &str) -> Uscc {
    serde_json::from_value(code.into()).unwrap()
}

fn company(name: &str, region: u32, scope: &str, products: &[&str]) -> Company {
    Company {
        name: name.into(),
        region: Some(RegionCode(region)),
        scope: scope.into(),
        products: products.iter().map(|p| (*p).to_string()).collect(),
        ..Company::default()
    }
}

fn three() -> Vec<Company> {
    let mut first = company("甲船厂", 321_112, "maker 2:1.0 1:0.2", &["船板", "铆钉"]);
    first.uscc = Some(uscc("91321100MA1ABCDE0X"));
    first.capital = Some(Money { amount: 100_000_000, currency: Currency::Cny });
    first.insured = Some(120);
    first.former_names = vec!["老甲".into()];
    first.signals = vec![Signal {
        kind: SignalKind::Investment,
        date: Some(date(2026, 5, 1)),
        text: "投资乙".into(),
        source: "对外投资".into(),
    }];
    let second = company("乙贸易", 320_102, "trader 2:1.0 4:0.9", &["铆钉"]);
    let mut third = company("丙", 440_305, "maker 4:0.5", &[" 活塞 ", "", "活塞"]);
    third.status = Status::Revoked;
    vec![first, second, third]
}

#[test]
fn what_goes_in_comes_out() {
    let root = tempfile::tempdir().unwrap();
    let manifest = build_from(root.path(), three()).unwrap();
    let universe = Universe::open(root.path()).unwrap();
    universe.verify().unwrap();
    assert_eq!(universe.manifest(), &manifest);
    assert_eq!(universe.companies().collect::<Result<Vec<_>>>().unwrap(), three());
    assert_eq!(universe.placed(Doc(0)).unwrap(), place(&three()[0]));
    assert_eq!(universe.find_uscc("91321100MA1ABCDE0X").unwrap(), Some(Doc(0)));
    assert_eq!(universe.find_uscc("91321100MA1ABCDE0Y").unwrap(), None);
    assert_eq!(universe.features(Doc(0)), Features::of(&three()[0], Role::Maker, options().as_of));
    assert!(universe.company(Doc(3)).is_err());
    let mut names = vec![];
    universe
        .for_each_name(&mut |doc, name, former, _| {
            names.push((doc.0, name.to_string(), former.len()));
            Ok(())
        })
        .unwrap();
    assert_eq!(names, [(0, "甲船厂".into(), 1), (1, "乙贸易".into(), 0), (2, "丙".into(), 0)]);
}

#[test]
fn a_company_counts_once_on_every_segment_above_it() {
    let root = tempfile::tempdir().unwrap();
    build_from(root.path(), three()).unwrap();
    let universe = Universe::open(root.path()).unwrap();
    let docs = |tag: Option<Tag>| -> Vec<(u32, u8)> {
        universe.postings(tag.unwrap()).iter().map(|p| (p.doc, p.fit())).collect()
    };
    assert_eq!(docs(universe.find_segment("ship/hull")), [(0, 15), (1, 15)]);
    assert_eq!(docs(universe.find_segment("ship/plate")), [(0, 15), (1, 15)]);
    assert_eq!(docs(universe.tag_of_segment(SegmentNo(3))), [(1, 14), (2, 8)]);
    assert_eq!(docs(universe.find_tag("铆钉")), [(0, 15), (1, 7)]);
    assert_eq!(docs(universe.find_tag("活塞")), [(2, 15)]);
    assert_eq!(universe.find_tag("船"), None);
    assert_eq!(universe.tag_name(universe.find_tag("船板").unwrap()), "船板");
    let names: Vec<&str> = universe.tags_of(Doc(0)).map(|(tag, _)| universe.tag_name(tag)).collect();
    assert_eq!(names, ["ship/hull", "ship/steel", "ship/plate", "船板", "铆钉"]);
}

#[test]
fn tallies_leave_out_the_inactive() {
    let root = tempfile::tempdir().unwrap();
    build_from(root.path(), three()).unwrap();
    let universe = Universe::open(root.path()).unwrap();
    let all = universe.tally_regions(&[]);
    assert_eq!(
        (all[0].companies, all[0].makers, all[0].capital_yuan, all[0].insured),
        (2, 1, 100_000_000, 120)
    );
    assert_eq!(all[4].companies, 1, "the revoked company is not counted");
    assert_eq!(universe.tally(&[Doc(1)])[2].companies, 1);
    assert_eq!(universe.tally_regions(&[RegionCode(321_100)])[0].companies, 1);
    let cities = universe.city_counts();
    assert_eq!(cities.cities, [RegionCode(320_100), RegionCode(321_100)]);
    assert_eq!((cities.row(0), cities.row(1)), (&[1, 1, 1, 1, 1][..], &[1, 1, 1, 0, 0][..]));
}

#[test]
fn equal_content_has_an_equal_id_and_two_snapshots_are_kept() {
    let root = tempfile::tempdir().unwrap();
    let a = build_from(root.path(), three()).unwrap().id;
    assert_eq!(build_from(root.path(), three()).unwrap().id, a);
    let b = build_from(root.path(), three()[..2].to_vec()).unwrap().id;
    let held = Universe::open_dir(&root.path().join(&a)).unwrap();
    let c = build_from(root.path(), three()[..1].to_vec()).unwrap().id;
    let exists = |id: &str| root.path().join(id).exists();
    assert!(!exists(&a) && exists(&b) && exists(&c));
    assert_eq!(held.company(Doc(2)).unwrap().name, "丙", "an open snapshot outlives its directory");
    assert_eq!(Universe::open(root.path()).unwrap().manifest().id, c);
}

#[test]
fn a_build_that_fails_or_is_cancelled_leaves_the_old_one() {
    let root = tempfile::tempdir().unwrap();
    let id = build_from(root.path(), three()).unwrap().id;
    let mut broken = three().into_iter().map(Ok).chain(std::iter::once_with(|| bail!("row 4 is broken")));
    let never = AtomicBool::new(false);
    let error = build(root.path(), &mut broken, &chains(), &place, &options(), &|_| {}, &never).unwrap_err();
    assert_eq!(error.to_string(), "row 4 is broken");
    for step in [Step::Companies, Step::Postings, Step::Indexes, Step::Publish] {
        let cancel = AtomicBool::new(false);
        let stop = |p: Progress| {
            if p.step == step {
                cancel.store(true, std::sync::atomic::Ordering::Relaxed);
            }
        };
        let mut list = three().into_iter().skip(1).map(Ok);
        let error = build(root.path(), &mut list, &chains(), &place, &options(), &stop, &cancel).unwrap_err();
        assert!(error.to_string().contains("cancelled"), "{step:?}: {error}");
        assert_eq!(Universe::open(root.path()).unwrap().manifest().id, id);
    }
    let left: Vec<_> = fs::read_dir(root.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
    assert_eq!(left.len(), 3, "{left:?}");
}

#[test]
fn two_builds_do_not_run_at_once() {
    let root = tempfile::tempdir().unwrap();
    let lock = root::lock(root.path()).unwrap();
    assert!(build_from(root.path(), three()).unwrap_err().to_string().contains("already"));
    drop(lock);
    build_from(root.path(), three()).unwrap();
}

#[test]
fn damage_is_named() {
    let root = tempfile::tempdir().unwrap();
    let missing = Universe::open(root.path()).unwrap_err().to_string();
    assert!(missing.contains("there is no snapshot"), "{missing}");
    let id = build_from(root.path(), three()).unwrap().id;
    let dir = root.path().join(id);
    let manifest = fs::read_to_string(dir.join("manifest.json")).unwrap();
    let open = || format!("{:#}", Universe::open(root.path()).unwrap_err());

    let post = fs::read(dir.join("post.bin")).unwrap();
    fs::write(dir.join("post.bin"), &post[1..]).unwrap();
    assert!(open().contains("post.bin is"), "{}", open());
    let mut flipped = post.clone();
    flipped[5] ^= 1;
    fs::write(dir.join("post.bin"), flipped).unwrap();
    let error = Universe::open(root.path()).unwrap().verify().unwrap_err().to_string();
    assert!(error.contains("post.bin") && error.contains("SHA-256"), "{error}");
    fs::remove_file(dir.join("post.bin")).unwrap();
    assert!(open().contains("lost"), "{}", open());
    fs::write(dir.join("post.bin"), post).unwrap();

    fs::write(dir.join("manifest.json"), manifest.replace("\"format\": 1", "\"format\": 9")).unwrap();
    assert!(open().contains("format 9"), "{}", open());
    fs::write(dir.join("manifest.json"), manifest.replace("\"companies\": 3", "\"companies\": 2")).unwrap();
    assert!(open().contains("damaged"), "{}", open());
    fs::write(dir.join("manifest.json"), "{").unwrap();
    assert!(open().contains("damaged"), "{}", open());
    fs::write(dir.join("manifest.json"), manifest.replace("\"heap.bin\"", "\"../heap.bin\"")).unwrap();
    assert!(open().contains("damaged"), "{}", open());
}

#[test]
fn a_hook_adds_files_that_belong_to_the_snapshot() {
    let root = tempfile::tempdir().unwrap();
    let hook = |u: &Universe| Ok(fs::write(u.dir().join("names.bin"), u.len().to_string())?);
    let options = BuildOptions { extra: Some(&hook), ..options() };
    let mut list = three().into_iter().map(Ok);
    build(root.path(), &mut list, &chains(), &place, &options, &|_| {}, &AtomicBool::new(false)).unwrap();
    let universe = Universe::open(root.path()).unwrap();
    universe.verify().unwrap();
    assert!(universe.manifest().files.iter().any(|f| f.name == "names.bin" && f.bytes == 1));
}

#[test]
fn an_empty_universe_opens() {
    let root = tempfile::tempdir().unwrap();
    build_from(root.path(), vec![]).unwrap();
    let universe = Universe::open(root.path()).unwrap();
    assert!(universe.is_empty() && universe.postings(Tag(0)).is_empty() && universe.find_tag("x").is_none());
}

const VICTIM: &str = "LANDFALL_TEST_VICTIM_ROOT";

/// Not a test by itself: a build without end, in the process that the next test kills.
#[test]
fn victim() {
    let Some(root) = std::env::var_os(VICTIM) else { return };
    let mut endless = std::iter::repeat_with(|| Ok(three().remove(0)));
    let never = AtomicBool::new(false);
    build(Path::new(&root), &mut endless, &chains(), &place, &options(), &|_| {}, &never).unwrap();
}

#[test]
fn a_build_that_is_killed_leaves_the_old_one_and_its_remains_go() {
    let root = tempfile::tempdir().unwrap();
    let id = build_from(root.path(), three()).unwrap().id;
    let mut child = std::process::Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "snapshot::tests::victim"])
        .env(VICTIM, root.path())
        .stdout(std::process::Stdio::null())
        .spawn()
        .unwrap();
    let tmp = root.path().join(format!("tmp-{}", child.id()));
    let written = || fs::metadata(tmp.join("heap.bin")).map_or(0, |m| m.len());
    let mut waits = 0;
    while written() == 0 {
        waits += 1;
        assert!(waits < 12_000, "the victim has written nothing in a minute");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    assert!(build_from(root.path(), three()).is_err(), "the victim holds the lock");
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(tmp.exists(), "it died in the middle");
    let universe = Universe::open(root.path()).unwrap();
    universe.verify().unwrap();
    assert_eq!(universe.manifest().id, id);
    let next = build_from(root.path(), three()[..1].to_vec()).unwrap().id;
    assert!(!tmp.exists());
    assert_eq!(Universe::open(root.path()).unwrap().manifest().id, next);
}

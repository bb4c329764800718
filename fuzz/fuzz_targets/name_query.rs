//! Questions to a small index of names: nothing panics, never more candidates than asked for.
#![no_main]

use engine::names::{AliasKind, NameEntry, NameIndex, build};
use libfuzzer_sys::fuzz_target;
use std::sync::OnceLock;

fn index() -> &'static NameIndex {
    static INDEX: OnceLock<NameIndex> = OnceLock::new();
    INDEX.get_or_init(|| {
        let names = [
            "镇江合成动力有限公司",
            "镇江合成动力设备有限公司",
            "合成（南京）海工装备股份有限公司",
            "哈尔滨合成电机厂",
        ];
        let entry = |(i, name): (usize, &&str)| NameEntry {
            name: (*name).to_string(),
            company: u32::try_from(i).unwrap(),
            kind: AliasKind::Legal,
            region: None,
        };
        let path = std::env::temp_dir().join(format!("landfall-fuzz-names-{}", std::process::id()));
        build(&path, &mut names.iter().enumerate().map(entry)).unwrap();
        NameIndex::open(&path).unwrap()
    })
}

fuzz_target!(|text: &str| {
    assert!(index().resolve(text, None, 3).candidates.len() <= 3);
    assert!(index().suggest(text, 3).len() <= 3);
});

//! Writing an index: parse every name, sort, invert, write beside the goal and rename.

use super::NameEntry;
use super::file::{Entry, Header, MAGIC, SECTIONS, sum_words};
use super::gram;
use anyhow::{Context, Result, ensure};
use bytemuck::Zeroable;
use domain::name::{LegalForm, NameKey};
use std::collections::HashMap;
use std::fs::{self, File};
use std::hash::{BuildHasherDefault, Hasher};
use std::io::Write;
use std::path::Path;

/// Pairs that occur in more names than this tell too little to be worth their postings.
const MOST_POSTINGS: u32 = 60_000;

/// Writes the index of `entries` to `path`: under a temporary name first, then renamed, so that a reader sees the
/// old file or the whole new one. The order of the entries does not change any answer. Returns the number of names.
///
/// # Errors
/// More names than 2³² units can hold, or the file cannot be written.
pub fn build(path: &Path, entries: &mut dyn Iterator<Item = NameEntry>) -> Result<usize> {
    let names = collect(entries)?;
    let (core_hash, core_entry) = cores(&names);
    let order = order(&names);
    let (keys, starts, postings) = invert(&names);
    let sections: [&[u8]; SECTIONS] = [
        bytemuck::cast_slice(&names.entries),
        bytemuck::cast_slice(&names.units),
        bytemuck::cast_slice(&order),
        bytemuck::cast_slice(&core_hash),
        bytemuck::cast_slice(&core_entry),
        bytemuck::cast_slice(&keys),
        bytemuck::cast_slice(&starts),
        bytemuck::cast_slice(&postings),
        bytemuck::cast_slice(&names.char_count),
    ];
    write_sections(path, &sections)?;
    Ok(names.entries.len())
}

struct Names {
    entries: Vec<Entry>,
    units: Vec<u16>,
    char_count: Vec<u32>,
}

fn collect(source: &mut dyn Iterator<Item = NameEntry>) -> Result<Names> {
    let mut names = Names { entries: Vec::new(), units: Vec::new(), char_count: vec![0; 0x1_0000] };
    let mut seen = Vec::new();
    for item in source {
        let key = NameKey::parse(&item.name);
        if key.content.is_empty() {
            continue;
        }
        let start = u32::try_from(names.units.len()).context("too many names for one index file")?;
        names.units.extend(key.text.chars().map(gram::unit));
        let text_len = names.units.len() - start as usize;
        names.units.extend(key.content.iter().copied().map(gram::unit));
        let branch = key.branch.as_deref().unwrap_or("");
        names.units.extend(branch.chars().map(gram::unit));
        seen.clear();
        seen.extend_from_slice(&names.units[start as usize + text_len..]);
        seen.sort_unstable();
        seen.dedup();
        for unit in &seen {
            names.char_count[usize::from(*unit)] += 1;
        }
        names.entries.push(Entry {
            start,
            company: item.company,
            region: item.region.or(key.region).map_or(0, |r| r.0),
            text_len: text_len as u8,
            content_len: key.content.len() as u8,
            branch_len: branch.chars().count() as u8,
            region_len: key.region_len as u8,
            brand_end: key.brand_end as u8,
            legal: key.legal as u8,
            kind: item.kind as u8,
            flags: u8::from(key.group) | rank(&key) << 1,
        });
    }
    ensure!(u32::try_from(names.entries.len()).is_ok(), "too many names for one index file");
    Ok(names)
}

/// Which of equally similar names to look at first, 0 to 31: companies by shares, then others, then branches; short
/// names first.
fn rank(key: &NameKey) -> u8 {
    let form = match (key.branch.is_some(), key.legal) {
        (true, _) => 0,
        (_, LegalForm::Shares) => 20,
        (_, LegalForm::None) => 6,
        _ => 10,
    };
    form + 11_u8.saturating_sub(key.content.len().min(11) as u8)
}

fn core_of<'a>(names: &'a Names, entry: &Entry) -> &'a [u16] {
    let start = entry.start as usize + usize::from(entry.text_len);
    &names.units[start + usize::from(entry.region_len)..start + usize::from(entry.content_len)]
}

fn cores(names: &Names) -> (Vec<u64>, Vec<u32>) {
    let mut rows: Vec<(u64, u32, u32)> = names
        .entries
        .iter()
        .zip(0..)
        .map(|(e, i)| (gram::hash_units(core_of(names, e)), e.company, i))
        .collect();
    rows.sort_unstable();
    rows.into_iter().map(|(hash, _, i)| (hash, i)).unzip()
}

fn order(names: &Names) -> Vec<u32> {
    let text = |e: &Entry| &names.units[e.start as usize..][..usize::from(e.text_len)];
    let mut order: Vec<(u64, u32)> = names
        .entries
        .iter()
        .zip(0..)
        .map(|(e, i)| (text(e).iter().chain(&[0; 4]).take(4).fold(0, |h, u| h << 16 | u64::from(*u)), i))
        .collect();
    order.sort_unstable_by(|a, b| {
        a.0.cmp(&b.0).then_with(|| {
            let (ea, eb) = (&names.entries[a.1 as usize], &names.entries[b.1 as usize]);
            text(ea).cmp(text(eb)).then(ea.company.cmp(&eb.company))
        })
    });
    order.into_iter().map(|(_, i)| i).collect()
}

/// Multiplies once: pair keys are dense and need no more.
#[derive(Default)]
struct KeyHasher(u64);

impl Hasher for KeyHasher {
    fn finish(&self) -> u64 {
        self.0
    }
    fn write(&mut self, bytes: &[u8]) {
        for b in bytes {
            self.write_u64(u64::from(*b));
        }
    }
    fn write_u64(&mut self, v: u64) {
        self.0 = (self.0 ^ v).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        self.0 ^= self.0 >> 29;
    }
}

/// Pair keys ascending, where their postings start, and the postings.
fn invert(names: &Names) -> (Vec<u64>, Vec<u64>, Vec<u32>) {
    let body = |e: &Entry| {
        let start = e.start as usize + usize::from(e.text_len);
        &names.units[start..start + usize::from(e.content_len) + usize::from(e.branch_len)]
    };
    let mut counts: HashMap<u64, u32, BuildHasherDefault<KeyHasher>> = HashMap::default();
    let mut keys_of = Vec::new();
    for e in &names.entries {
        gram::keys_of(body(e), &mut keys_of);
        for key in &keys_of {
            *counts.entry(*key).or_default() += 1;
        }
    }
    counts.retain(|_, n| *n <= MOST_POSTINGS);
    let mut keys: Vec<u64> = counts.keys().copied().collect();
    keys.sort_unstable();
    let mut starts = Vec::with_capacity(keys.len() + 1);
    let mut next = Vec::with_capacity(keys.len());
    let mut total = 0_u64;
    for (key, id) in keys.iter().zip(0_u32..) {
        starts.push(total);
        next.push(total);
        // from here on the map gives the key's place
        total += u64::from(counts.insert(*key, id).unwrap_or(0));
    }
    starts.push(total);
    let mut postings = vec![0_u32; total as usize];
    for (e, i) in names.entries.iter().zip(0_u32..) {
        gram::keys_of(body(e), &mut keys_of);
        for key in &keys_of {
            if let Some(id) = counts.get(key) {
                let at = &mut next[*id as usize];
                postings[*at as usize] = i;
                *at += 1;
            }
        }
    }
    (keys, starts, postings)
}

fn write_sections(path: &Path, sections: &[&[u8]; SECTIONS]) -> Result<()> {
    let mut header = Header::zeroed();
    header.magic = MAGIC;
    let mut body = Vec::new();
    let head = size_of::<Header>();
    for (place, bytes) in header.sections.iter_mut().zip(sections) {
        *place = [(head + body.len()) as u64, bytes.len() as u64];
        body.extend_from_slice(bytes);
        body.resize(body.len().next_multiple_of(8), 0);
    }
    header.file_len = (head + body.len()) as u64;
    header.body_sum = sum_words(&body);
    header.head_sum = sum_words(&bytemuck::bytes_of(&header)[..head - 8]);
    let beside = path.with_extension("writing");
    let mut file = File::create(&beside).with_context(|| format!("cannot create {}", beside.display()))?;
    file.write_all(bytemuck::bytes_of(&header))
        .and_then(|()| file.write_all(&body))
        .and_then(|()| file.sync_all())
        .with_context(|| format!("cannot write {}", beside.display()))?;
    fs::rename(&beside, path).with_context(|| format!("cannot rename to {}", path.display()))
}

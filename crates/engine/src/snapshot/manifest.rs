//! `manifest.json`: what a snapshot is and which bytes it is made of.

use super::files::{hex, plain_name, replace};
use anyhow::{Context, Result, ensure};
use domain::chain::ChainSet;
use domain::company::RegionCode;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::path::Path;

/// The format that this program writes and reads.
pub const FORMAT: u32 = 1;

const NAME: &str = "manifest.json";

/// What a snapshot is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// [`FORMAT`] of the program that wrote it.
    pub format: u32,
    /// First 16 hex digits of the SHA-256 over everything below but `created_at`: equal content, equal id.
    pub id: String,
    /// When it was built, as the caller said.
    pub created_at: String,
    /// The day that ages and recent signs are counted from.
    pub as_of: Date,
    /// Companies.
    pub companies: u32,
    /// Company × tag pairs.
    pub pairs: u64,
    /// Product words; tags after the segments.
    pub words: u32,
    /// The chains that companies were placed on.
    pub chains: Vec<ChainEntry>,
    /// SHA-256 over the whole content of the chains.
    pub chains_sha256: String,
    /// `chain/segment` of every segment, by number.
    pub segments: Vec<String>,
    /// Region codes by index; index 0 stands for an unknown place.
    pub regions: Vec<RegionCode>,
    /// Every file besides the manifest, by name.
    pub files: Vec<FileEntry>,
}

/// One chain of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChainEntry {
    /// Its id.
    pub id: String,
    /// The version its file had.
    pub version: String,
}

/// One file of a snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Name inside the snapshot's directory.
    pub name: String,
    /// Length.
    pub bytes: u64,
    /// SHA-256 in hex.
    pub sha256: String,
}

/// Read before anything else, so that an unknown format is told from a broken file.
#[derive(Deserialize)]
struct FormatOnly {
    format: u32,
}

impl Manifest {
    /// Reads and checks `dir/manifest.json`: format, id, file names.
    ///
    /// # Errors
    /// No manifest, a format that this program does not know, or a manifest that was changed after it was written.
    pub fn read(dir: &Path) -> Result<Manifest> {
        let path = dir.join(NAME);
        let text =
            std::fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let broken =
            || format!("{} is damaged; build the snapshot again from the company lists", path.display());
        let found: FormatOnly = serde_json::from_str(&text).with_context(broken)?;
        ensure!(
            found.format == FORMAT,
            "{} has format {}, this program reads format {FORMAT}; use the matching version or build the snapshot again",
            path.display(),
            found.format
        );
        let manifest: Manifest = serde_json::from_str(&text).with_context(broken)?;
        ensure!(manifest.id == manifest.content_id()?, "{}", broken());
        for file in &manifest.files {
            plain_name(&file.name).with_context(broken)?;
        }
        Ok(manifest)
    }

    /// Sets the id and writes the manifest, in full or not at all.
    pub(super) fn write(&mut self, dir: &Path) -> Result<()> {
        self.files.sort_by(|a, b| a.name.cmp(&b.name));
        self.id = self.content_id()?;
        replace(dir, NAME, serde_json::to_string_pretty(self)?.as_bytes())
    }

    fn content_id(&self) -> Result<String> {
        let content = Manifest { id: String::new(), created_at: String::new(), ..self.clone() };
        let mut id = hex(&Sha256::digest(serde_json::to_vec(&content)?));
        id.truncate(16);
        Ok(id)
    }
}

/// SHA-256 over everything in the chains that decides where a company is placed.
pub(super) fn chains_hash(chains: &ChainSet) -> String {
    let mut hash = Sha256::new();
    let mut feed = |text: &str| {
        hash.update((text.len() as u64).to_le_bytes());
        hash.update(text);
    };
    for chain in chains.chains() {
        for text in [&chain.id, &chain.name, &chain.name_en, &chain.version] {
            feed(text);
        }
        for s in &chain.segments {
            for text in [&s.id, &s.name, &s.name_en] {
                feed(text);
            }
            feed(&format!("{:?} {} {:?} {} {:?}", s.parent, s.level, s.position, s.importance, s.supplies));
            for list in [&s.words, &s.exclude] {
                feed(&list.len().to_string());
                list.iter().for_each(|w| feed(w));
            }
            feed(&s.industry.len().to_string());
            s.industry.iter().for_each(|code| feed(&code.0));
        }
    }
    hex(&hash.finalize())
}

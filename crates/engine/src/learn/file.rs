//! A model as a file: `LFLEARN\0`, a version, sections with their lengths, and the SHA-256 of all that.
//!
//! Kept are the documents as vectors and their duals, not the (larger) weights; the weights are made again on loading,
//! by the same sums, so a loaded model answers bit by bit like the one that was saved.

use super::Settings;
use super::model::Model;
use super::ridge::Rows;
use super::terms::Gram;
use anyhow::{Context, Result, bail, ensure};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs;
use std::path::Path;

impl Model {
    /// Writes the model to `path`, first under another name, then renamed into place.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn save(&self, path: &Path) -> Result<()> {
        let bytes = self.to_bytes()?;
        let mut partial = path.as_os_str().to_owned();
        partial.push(".partial");
        fs::write(&partial, bytes)
            .with_context(|| format!("cannot write {}", Path::new(&partial).display()))?;
        fs::rename(&partial, path).with_context(|| format!("cannot name the file {}", path.display()))
    }

    /// Reads a model that [`Model::save`] wrote.
    ///
    /// # Errors
    /// The file cannot be read, is no model, is of another version, or is damaged.
    pub fn load(path: &Path) -> Result<Model> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Model::from_bytes(&bytes).with_context(|| format!("{} is no usable model", path.display()))
    }

    fn to_bytes(&self) -> Result<Vec<u8>> {
        let head = Head {
            settings: self.settings.clone(),
            segments: self.segments.clone(),
            grams: self.grams.len(),
            documents: self.documents.len(),
            values: self.documents.values.len(),
        };
        let head = serde_json::to_vec(&head)?;
        let mut out = MAGIC.to_vec();
        out.extend(VERSION.to_le_bytes());
        out.extend(u64::try_from(head.len())?.to_le_bytes());
        out.extend(head);
        self.grams.iter().for_each(|v| out.extend(v.to_le_bytes()));
        self.rarity.iter().for_each(|v| out.extend(v.to_le_bytes()));
        self.documents.offsets.iter().for_each(|v| out.extend(v.to_le_bytes()));
        self.documents.columns.iter().for_each(|v| out.extend(v.to_le_bytes()));
        self.documents.values.iter().for_each(|v| out.extend(v.to_le_bytes()));
        self.duals.iter().for_each(|v| out.extend(v.to_le_bytes()));
        let digest = Sha256::digest(&out);
        out.extend_from_slice(&digest);
        Ok(out)
    }

    fn from_bytes(bytes: &[u8]) -> Result<Model> {
        ensure!(bytes.starts_with(MAGIC), "it does not begin like a model file");
        let mut rest = Reader { bytes: &bytes[MAGIC.len()..] };
        let version = u32::from_le_bytes(rest.array()?);
        ensure!(version == VERSION, "it has version {version}, this program reads {VERSION}; train it again");
        let body = bytes.len().checked_sub(DIGEST).context("the file is cut short")?;
        ensure!(
            Sha256::digest(&bytes[..body]).as_slice() == &bytes[body..],
            "its checksum does not match: it is damaged"
        );
        rest.bytes = &rest.bytes[..rest.bytes.len().checked_sub(DIGEST).context("the file is cut short")?];
        let length = usize::try_from(u64::from_le_bytes(rest.array()?))?;
        let head: Head = serde_json::from_slice(rest.take(length)?).context("its head cannot be read")?;
        let grams: Vec<Gram> = rest.values(head.grams, Gram::from_le_bytes)?;
        let rarity = rest.values(head.grams, f32::from_le_bytes)?;
        let offsets = rest.values(head.documents.saturating_add(1), u32::from_le_bytes)?;
        let columns = rest.values(head.values, u32::from_le_bytes)?;
        let values = rest.values(head.values, f32::from_le_bytes)?;
        let duals = rest.values(head.documents.saturating_mul(head.segments.len()), f32::from_le_bytes)?;
        ensure!(rest.bytes.is_empty(), "{} bytes are left over", rest.bytes.len());
        let documents = Rows { offsets, columns, values, width: head.grams };
        sound(&grams, &documents)?;
        Ok(Model::from_parts(head.settings, head.segments, grams, rarity, documents, duals))
    }
}

const MAGIC: &[u8; 8] = b"LFLEARN\0";
const VERSION: u32 = 1;
const DIGEST: usize = 32;

/// The sizes of the sections that follow, and what is small.
#[derive(Serialize, Deserialize)]
struct Head {
    settings: Settings,
    segments: Vec<String>,
    grams: usize,
    documents: usize,
    values: usize,
}

struct Reader<'a> {
    bytes: &'a [u8],
}

impl<'a> Reader<'a> {
    fn take(&mut self, length: usize) -> Result<&'a [u8]> {
        let Some((taken, rest)) = self.bytes.split_at_checked(length) else {
            bail!("the file is cut short: {length} bytes wanted, {} left", self.bytes.len());
        };
        self.bytes = rest;
        Ok(taken)
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N]> {
        Ok(self.take(N)?.try_into()?)
    }

    fn values<const N: usize, T>(&mut self, count: usize, value: fn([u8; N]) -> T) -> Result<Vec<T>> {
        let bytes = self.take(count.checked_mul(N).context("a section is too long")?)?;
        let (chunks, _) = bytes.as_chunks::<N>();
        Ok(chunks.iter().map(|chunk| value(*chunk)).collect())
    }
}

/// That every index stays inside; a file that was made to deceive carries a right checksum too.
fn sound(grams: &[Gram], documents: &Rows) -> Result<()> {
    ensure!(grams.windows(2).all(|w| w[0] < w[1]), "its grams are out of order");
    ensure!(
        documents.offsets.first() == Some(&0)
            && documents.offsets.windows(2).all(|w| w[0] <= w[1])
            && documents.offsets.last().map(|last| *last as usize) == Some(documents.columns.len()),
        "its documents overlap"
    );
    ensure!(
        documents.columns.iter().all(|c| (*c as usize) < documents.width),
        "a document names an unknown gram"
    );
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::model::tests::corpus;
    use super::*;
    use proptest::prelude::*;

    fn model() -> Model {
        Model::train(&corpus(), &Settings::default()).unwrap()
    }

    #[test]
    fn loads_what_was_saved() {
        let path = std::env::temp_dir().join(format!("landfall-learn-{}.model", std::process::id()));
        model().save(&path).unwrap();
        let loaded = Model::load(&path);
        fs::remove_file(&path).unwrap();
        assert_eq!(loaded.unwrap(), model());
    }

    #[test]
    fn says_what_is_wrong_with_a_file() {
        let good = model().to_bytes().unwrap();
        let error = |bytes: &[u8]| format!("{:#}", Model::from_bytes(bytes).unwrap_err());
        assert!(error(b"PK\x03\x04").contains("does not begin like a model"));
        assert!(error(&good[..good.len() - 9]).contains("checksum"));
        assert!(error(&good[..12]).contains("cut short"));
        let mut newer = good.clone();
        newer[8] = 9;
        assert!(error(&newer).contains("version 9"));
        let missing = Model::load(Path::new("/nonexistent/x.model")).unwrap_err().to_string();
        assert!(missing.contains("x.model"), "{missing}");
    }

    #[test]
    fn a_lying_file_with_a_right_checksum_is_refused() {
        let mut bytes = model().to_bytes().unwrap();
        bytes.truncate(bytes.len() - DIGEST - 4);
        bytes.extend_from_slice(&Sha256::digest(&bytes.clone()));
        assert!(format!("{:#}", Model::from_bytes(&bytes).unwrap_err()).contains("cut short"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn any_flipped_byte_is_noticed(at in any::<prop::sample::Index>(), bit in 0_u8..8) {
            let mut bytes = model().to_bytes().unwrap();
            let at = at.index(bytes.len());
            bytes[at] ^= 1 << bit;
            prop_assert!(Model::from_bytes(&bytes).is_err());
        }
    }
}

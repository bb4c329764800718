//! Making a backup, while the server runs.

use crate::backup::manifest::{FORMAT, Hashing, Manifest, NAME, Part, TablePart, part_of};
use crate::backup::new_file::NewFile;
use crate::config::Config;
use anyhow::{Context as _, Result};
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};
use store::Store;
use store::backup::{Snapshot, tables};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// Makes a backup of the instance of `config` as the new file `to`.
///
/// # Errors
/// There is no such instance, its schema is not this program's, a file of that name is there, or the disk is full.
pub async fn make(config: &Config, store: &Store, to: &Path, now: Timestamp) -> Result<Manifest> {
    let new = NewFile::create(to)?;
    let out = BufWriter::with_capacity(1 << 18, new.file().try_clone().context("writing the backup")?);
    let mut archive = Archive { zip: ZipWriter::new(out), parts: Vec::new() };
    let mut snapshot = store.snapshot().await?;
    let mut manifest = Manifest {
        format: FORMAT,
        landfall: env!("CARGO_PKG_VERSION").to_string(),
        schema: snapshot.schema(),
        made: now,
        database: store.backend().to_string(),
        sample: config.sample,
        journal: snapshot.head().clone(),
        tables: archive.tables(&mut snapshot).await?,
        parts: Vec::new(),
        missing: Vec::new(),
        damaged: Vec::new(),
    };
    let mut owned: Vec<(String, String)> = Vec::new();
    owned.extend(snapshot.files().await?.into_iter().map(|sha| (evidence(&sha), sha)));
    owned.extend(snapshot.uploads().await?.into_iter().map(|sha| (format!("uploads/{sha}"), sha)));
    // The moment is over; the server's log need not wait for what follows.
    drop(snapshot);
    for (name, sha256) in owned {
        let Some(file) = open(&config.data_dir.join(&name))? else {
            manifest.missing.push(name);
            continue;
        };
        archive.file(&name, file)?;
        if archive.parts.last().is_some_and(|part| part.sha256 != sha256) {
            manifest.damaged.push(name);
        }
    }
    for (name, path) in rejects(config)? {
        if let Some(file) = open(&path)? {
            archive.file(&name, file)?;
        }
    }
    for (name, file) in universe(config)? {
        archive.file(&name, file)?;
    }
    manifest.parts = std::mem::take(&mut archive.parts);
    archive.start(NAME)?;
    archive.zip.write_all(&serde_json::to_vec_pretty(&manifest)?).context("writing the manifest")?;
    archive.zip.finish().and_then(|mut out| Ok(out.flush()?)).context("finishing the backup")?;
    new.keep()?;
    Ok(manifest)
}

struct Archive {
    zip: ZipWriter<BufWriter<File>>,
    parts: Vec<Part>,
}

impl Archive {
    fn start(&mut self, name: &str) -> Result<()> {
        let packed =
            if name.starts_with("files/") { CompressionMethod::Stored } else { CompressionMethod::Deflated };
        let level = (packed == CompressionMethod::Deflated).then_some(1);
        let options = SimpleFileOptions::default()
            .compression_method(packed)
            .compression_level(level)
            .large_file(true)
            .unix_permissions(0o600);
        self.zip.start_file(name, options).with_context(|| format!("cannot add {name} to the backup"))
    }

    async fn tables(&mut self, snapshot: &mut Snapshot) -> Result<Vec<TablePart>> {
        let mut parts = Vec::new();
        for table in tables() {
            let name = part_of(&table);
            self.start(&name)?;
            let mut out = BufWriter::with_capacity(1 << 16, Hashing::new(&mut self.zip));
            let mut line = |text: &str| -> Result<()> {
                out.write_all(text.as_bytes())?;
                Ok(out.write_all(b"\n")?)
            };
            let rows =
                snapshot.read(&table, &mut line).await.with_context(|| format!("reading {}", table.name))?;
            let hashing = out.into_inner().map_err(io::IntoInnerError::into_error);
            self.parts.push(hashing.with_context(|| format!("cannot write {name}"))?.part(&name));
            parts.push(TablePart { table, rows });
        }
        Ok(parts)
    }

    fn file(&mut self, name: &str, mut file: File) -> Result<()> {
        self.start(name)?;
        let mut out = Hashing::new(&mut self.zip);
        io::copy(&mut file, &mut out).with_context(|| format!("cannot copy {name} into the backup"))?;
        self.parts.push(out.part(name));
        Ok(())
    }
}

/// Where an evidence file lies, by the SHA-256 of its bytes.
fn evidence(sha256: &str) -> String {
    format!("files/{}/{}/{sha256}", sha256.get(..2).unwrap_or("00"), sha256.get(2..4).unwrap_or("00"))
}

/// A file, or nothing where there is none.
fn open(path: &Path) -> Result<Option<File>> {
    match File::open(path) {
        Ok(file) => Ok(Some(file)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error).with_context(|| format!("cannot read {}", path.display())),
    }
}

fn folder(path: &Path) -> Result<Vec<PathBuf>> {
    match std::fs::read_dir(path) {
        Ok(entries) => {
            let mut paths = entries.map(|e| Ok(e?.path())).collect::<Result<Vec<_>>>()?;
            paths.sort();
            Ok(paths)
        }
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error).with_context(|| format!("cannot list {}", path.display())),
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

/// The rejects file of every import.
fn rejects(config: &Config) -> Result<Vec<(String, PathBuf)>> {
    let imports = folder(&config.staging())?.into_iter().filter(|p| name_of(p).parse::<u64>().is_ok());
    Ok(imports.map(|p| (format!("imports/{}/rejects.csv", name_of(&p)), p.join("rejects.csv"))).collect())
}

/// The files of the snapshot that serves, all open: a build that replaces it meanwhile cannot take them away.
fn universe(config: &Config) -> Result<Vec<(String, File)>> {
    let root = config.snapshots();
    for _ in 0..3 {
        let Some(current) = open(&root.join("CURRENT"))? else { return Ok(Vec::new()) };
        let id = io::read_to_string(&current).context("reading which snapshot serves")?;
        let id = id.trim();
        let mut files = vec![("universe/CURRENT".to_string(), open(&root.join("CURRENT"))?)];
        for path in folder(&root.join(id))? {
            files.push((format!("universe/{id}/{}", name_of(&path)), open(&path)?));
        }
        let whole = open(&root.join("CURRENT"))?.map(io::read_to_string).transpose()?;
        if whole.as_deref().map(str::trim) == Some(id)
            && files.len() > 1
            && files.iter().all(|(_, f)| f.is_some())
        {
            return Ok(files.into_iter().filter_map(|(name, file)| Some((name, file?))).collect());
        }
    }
    anyhow::bail!(
        "the snapshot under {} is being replaced again and again; make the backup a little later",
        root.display()
    )
}

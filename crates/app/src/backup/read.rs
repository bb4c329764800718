//! Restoring a backup into an empty place: all of it, verified, or nothing.

use crate::backup::manifest::{FORMAT, Hashing, Manifest, NAME, Part, TablePart};
use crate::backup::new_file::sync_folder;
use crate::world::World;
use anyhow::{Context as _, Result, bail, ensure};
use domain::limits::JOURNAL_LINE_BYTES;
use jiff::Timestamp;
use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, Read as _};
use std::path::{Path, PathBuf};
use store::backup::{Table, Values};
use store::journal::Verified;
use store::restore::{Restoring, rows_at_once};
use zip::ZipArchive;
use zip::read::ZipFile;

/// Restores the backup `from` into `data_dir`, which must be empty or not there, and into `database` (an empty PostgreSQL
/// database) or an SQLite file in the folder. Answers what was restored and the journal's chain.
///
/// # Errors
/// The place is not empty, the backup is damaged, or the disk is full: then nothing stays.
pub async fn restore(
    from: &Path,
    data_dir: &Path,
    database: Option<&str>,
    now: Timestamp,
) -> Result<(Manifest, Verified)> {
    let file = File::open(from).with_context(|| format!("cannot open {}", from.display()))?;
    let mut archive = ZipArchive::new(BufReader::with_capacity(1 << 18, file))
        .with_context(|| format!("{} is no backup of Landfall, or its end is missing", from.display()))?;
    let manifest = manifest(&mut archive)?;
    let names = archive.file_names().map(|n| n.map(|n| n.into_owned())).collect::<Result<Vec<_>, _>>()?;
    manifest.check(names.iter().map(String::as_str))?;
    let place = Workplace::make(data_dir)?;
    for part in manifest.parts.iter().filter(|p| !manifest.tables.iter().any(|t| t.part() == p.name)) {
        unpack(&mut archive, part, &place.dir)?;
    }
    if manifest.sample {
        std::fs::write(
            place.dir.join(crate::cli::demo::MARK),
            "The sample zone of Landfall, restored from a backup.\n",
        )?;
    }
    World::open(&place.dir.join("universe")).context("the snapshot in the backup does not open")?;

    let target = database.map_or_else(|| place.dir.join("landfall.db").display().to_string(), str::to_string);
    let tables: Vec<Table> = manifest.tables.iter().map(|t| t.table.clone()).collect();
    let mut restoring = Restoring::begin(&target, manifest.schema, &tables, now).await?;
    for (number, table) in manifest.tables.iter().enumerate() {
        fill(&mut archive, &manifest, table, &mut restoring, number).await?;
    }
    let said = from.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let verified = if database.is_some() {
        // Only the last step of the database can still fail: the files take their place before it, and go if it does.
        let kept = place.keep()?;
        let finished = restoring.finish(&manifest.journal, &said).await;
        if finished.is_err() {
            std::fs::remove_dir_all(kept).with_context(|| format!("cannot remove {}", data_dir.display()))?;
        }
        finished?
    } else {
        let verified = restoring.finish(&manifest.journal, &said).await?;
        place.keep()?;
        verified
    };
    Ok((manifest, verified))
}

type Archive = ZipArchive<BufReader<File>>;

fn manifest(archive: &mut Archive) -> Result<Manifest> {
    /// Read before anything else, so that an unknown format is told from a broken file.
    #[derive(serde::Deserialize)]
    struct FormatOnly {
        format: u32,
    }
    let mut text = String::new();
    let mut part = archive.by_name(NAME).context("this is no backup of Landfall: it has no manifest")?;
    part.read_to_string(&mut text).context("the manifest of the backup is damaged")?;
    let found: FormatOnly = serde_json::from_str(&text).context("the manifest of the backup is damaged")?;
    ensure!(
        found.format == FORMAT,
        "the backup has format {}, this program reads format {FORMAT}: restore it with the Landfall that made it",
        found.format
    );
    serde_json::from_str(&text).context("the manifest of the backup is damaged")
}

/// A part as it is read, with its length kept to what the manifest says.
fn open<'a>(
    archive: &'a mut Archive,
    part: &Part,
) -> Result<Hashing<io::Take<ZipFile<'a, BufReader<File>>>>> {
    let file = archive.by_name(&part.name).with_context(|| format!("the part {} is missing", part.name))?;
    Ok(Hashing::new(file.take(part.bytes + 1)))
}

fn check(found: &Part, part: &Part) -> Result<()> {
    ensure!(
        found == part,
        "the part {} of the backup is damaged: it has {} bytes with SHA-256 {}, its manifest says {} and {}",
        part.name,
        found.bytes,
        found.sha256,
        part.bytes,
        part.sha256
    );
    Ok(())
}

fn unpack(archive: &mut Archive, part: &Part, into: &Path) -> Result<()> {
    let path = into.join(&part.name);
    let context = || format!("cannot write {}", path.display());
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).with_context(context)?;
    }
    let mut from = open(archive, part)?;
    let mut out = BufWriter::new(File::create_new(&path).with_context(context)?);
    io::copy(&mut from, &mut out)
        .with_context(|| format!("unpacking {} to {}", part.name, path.display()))?;
    let file = out.into_inner().map_err(io::IntoInnerError::into_error).with_context(context)?;
    file.sync_all().with_context(context)?;
    check(&from.part(&part.name), part)
}

async fn fill(
    archive: &mut Archive,
    manifest: &Manifest,
    table: &TablePart,
    restoring: &mut Restoring,
    number: usize,
) -> Result<()> {
    let name = table.part();
    let part = manifest.parts.iter().find(|p| p.name == name).context("checked with the manifest")?;
    let mut lines = BufReader::with_capacity(1 << 16, open(archive, part)?);
    let (mut rows, mut line, mut read): (Vec<Values>, _, _) = (Vec::new(), String::new(), 0u64);
    let (at_once, mut held) = (rows_at_once(&table.table), 0);
    loop {
        line.clear();
        let limit = JOURNAL_LINE_BYTES as u64;
        let n = (&mut lines).take(limit + 1).read_line(&mut line);
        let n = n.with_context(|| format!("{name}, line {}", read + 1))?;
        if n as u64 > limit {
            bail!("{name}, line {}: longer than {limit} bytes", read + 1);
        }
        if n > 0 {
            read += 1;
            held += n;
            rows.push(
                table
                    .table
                    .row(line.trim_end_matches('\n'))
                    .with_context(|| format!("{name}, line {read}"))?,
            );
        }
        if rows.len() == at_once || held > ROWS_BYTES || (n == 0 && !rows.is_empty()) {
            restoring.add(number, &rows).await.with_context(|| format!("{name}, up to line {read}"))?;
            rows.clear();
            held = 0;
        }
        if n == 0 {
            break;
        }
    }
    check(&lines.into_inner().part(&name), part)?;
    ensure!(read == table.rows, "{name} has {read} rows, the manifest says {}", table.rows);
    Ok(())
}

/// Bytes of rows that wait for one statement.
const ROWS_BYTES: usize = 4 << 20;

/// `DIR.restoring` beside the place; becomes it at the end, or goes.
struct Workplace {
    dir: PathBuf,
    place: PathBuf,
    lock: Option<File>,
}

impl Workplace {
    fn make(place: &Path) -> Result<Workplace> {
        let empty = match std::fs::read_dir(place) {
            Ok(mut entries) => entries.next().is_none(),
            Err(error) if error.kind() == io::ErrorKind::NotFound => true,
            Err(error) => return Err(error).with_context(|| format!("cannot list {}", place.display())),
        };
        ensure!(empty, "{} is not empty: restore into a folder that is new or empty", place.display());
        let mut name = place
            .file_name()
            .with_context(|| format!("{} is no name of a folder", place.display()))?
            .to_os_string();
        name.push(".restoring");
        let dir = place.with_file_name(name);
        let context = || format!("cannot make {}", dir.display());
        let lock_path = lock_of(&dir);
        if let Some(around) = dir.parent().filter(|p| !p.as_os_str().is_empty()) {
            std::fs::create_dir_all(around).with_context(context)?;
        }
        let lock = File::create(&lock_path).with_context(context)?;
        if lock.try_lock().is_err() {
            bail!("{} is being restored already; wait for it", place.display());
        }
        if dir.exists() {
            // A restoration that was killed left it: nobody holds the lock.
            std::fs::remove_dir_all(&dir).with_context(|| format!("cannot remove {}", dir.display()))?;
        }
        let mut builder = std::fs::DirBuilder::new();
        #[cfg(unix)]
        std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
        builder.create(&dir).with_context(context)?;
        Ok(Workplace { dir, place: place.to_path_buf(), lock: Some(lock) })
    }

    /// Makes it the place.
    fn keep(mut self) -> Result<PathBuf> {
        let context = || format!("cannot rename {} to {}", self.dir.display(), self.place.display());
        sync_folder(&self.dir.join("any"))?;
        std::fs::rename(&self.dir, &self.place).with_context(context)?;
        sync_folder(&self.place)?;
        self.unlock();
        Ok(self.place.clone())
    }

    fn unlock(&mut self) {
        if self.lock.take().is_some() {
            // Best effort: an empty file that is left hinders nobody.
            let _ = std::fs::remove_file(lock_of(&self.dir));
        }
    }
}

fn lock_of(dir: &Path) -> PathBuf {
    dir.with_extension("lock")
}

impl Drop for Workplace {
    fn drop(&mut self) {
        if self.lock.is_some() {
            // Best effort: the name says what it is, and the next restoration clears it.
            let _ = std::fs::remove_dir_all(&self.dir);
            self.unlock();
        }
    }
}

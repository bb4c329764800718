//! Files with boundaries, as tables of the inventory: GeoJSON, and the land departments' 界址点 TXT.

use crate::app::App;
use crate::intake::decode::{Lines, detect};
use crate::web::error::Result;
use anyhow::Context as _;
use domain::geo::{boundary_txt, features};
use domain::inventory::{Fault, Kind};
use domain::limits;
use std::fs::File;
use std::io::Read as _;
use std::path::Path;

/// Bytes from which a file is known.
const START: u64 = 4_096;

/// A row of a file: its number, its cells, and why it cannot be taken.
pub(super) type Body = (u64, Vec<String>, Vec<Fault>);

/// A file with boundaries as a table.
#[derive(Debug)]
pub(super) struct MapTable {
    /// Names of the columns.
    pub(super) headings: Vec<String>,
    /// Its rows.
    pub(super) rows: Vec<Body>,
    /// What should be looked at before it is taken.
    pub(super) notes: Vec<Fault>,
}

/// A file with boundaries, or why it cannot be read; `None` for any other file.
pub(super) async fn read(
    app: &App,
    kind: Kind,
    path: &Path,
) -> Result<Option<std::result::Result<MapTable, Fault>>> {
    let path = path.to_path_buf();
    Ok(app.compute(move || open(kind, &path)).await??)
}

fn open(kind: Kind, path: &Path) -> anyhow::Result<Option<std::result::Result<MapTable, Fault>>> {
    let mut start = Vec::new();
    let file = File::open(path).with_context(|| format!("cannot open {}", path.display()))?;
    let bytes = file.metadata()?.len();
    file.take(START).read_to_end(&mut start)?;
    let head = decoded(&start[..], &start[..])?;
    if boundary_txt::is_boundary_txt(&head) {
        return Ok(Some(points(kind, path, bytes)?));
    }
    let plain = |text: &str| text.trim_start_matches('\u{feff}').trim_start().to_string();
    let head = String::from_utf8_lossy(&start).into_owned();
    if bytes > limits::INTAKE_FILE_BYTES
        || !plain(&head).starts_with('{')
        || !head.contains("\"FeatureCollection\"")
    {
        return Ok(None);
    }
    let read = features::read(&plain(&String::from_utf8_lossy(&std::fs::read(path)?)));
    Ok(Some(read.map(|said| MapTable {
        headings: said.headings,
        rows: (1u64..).zip(said.rows).map(|(n, cells)| (n, cells, Vec::new())).collect(),
        notes: Vec::new(),
    })))
}

/// The parcels of a 界址点 TXT.
fn points(kind: Kind, path: &Path, bytes: u64) -> anyhow::Result<std::result::Result<MapTable, Fault>> {
    if kind != Kind::Parcel {
        return Ok(Err((
            "界址点 TXT 只能导入“地块”：请到地块的导入页上传".into(),
            "boundary points (界址点 TXT) are parcels: upload them on the import page of parcels".into(),
        )));
    }
    if bytes > limits::BOUNDARY_FILE_BYTES {
        let most = limits::BOUNDARY_FILE_BYTES >> 20;
        return Ok(Err((
            format!("界址点 TXT 超过 {most} MB，请按片区拆分"),
            format!("the file of boundary points is larger than {most} MB; split it"),
        )));
    }
    let text = decoded(File::open(path)?, File::open(path)?)?;
    Ok(match boundary_txt::read(&text) {
        Ok(read) => Ok(MapTable {
            headings: boundary_txt::HEADINGS.map(str::to_string).to_vec(),
            rows: read.rows(),
            notes: read.warnings(),
        }),
        Err(notes) => {
            let (zh, en): (Vec<_>, Vec<_>) = notes.iter().map(boundary_txt::Note::texts).unzip();
            Err((zh.join("；"), en.join("; ")))
        }
    })
}

/// The text of a file in any encoding; the same bytes are read twice.
fn decoded(first: impl std::io::Read, again: impl std::io::Read) -> anyhow::Result<String> {
    let mut lines = Lines::new(again, detect(first)?)?;
    let mut text = String::new();
    while let Some(line) = lines.next_line()? {
        text.push_str(&line.text);
        text.push('\n');
    }
    Ok(text)
}

//! Parquet tables by columns, without the arrow layer.

use super::files::Hashed;
use super::manifest::FileEntry;
use anyhow::{Context, Result, anyhow};
use parquet::basic::{Compression, ConvertedType, Encoding, LogicalType, Repetition, Type as Physical};
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::file::properties::WriterProperties;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::types::{ColumnPath, Type};
use std::path::Path;
use std::sync::Arc;

/// Rows in one row group.
const GROUP: usize = 1 << 17;

/// What a column holds. Every column may be null.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Int,
    Long,
    Day,
    Text,
}

/// One value of one row.
#[derive(Clone, Copy, Debug)]
pub(super) enum Cell<'a> {
    Null,
    Int(i32),
    Long(i64),
    Text(&'a str),
}

/// A table under construction.
pub(super) struct Table {
    out: SerializedFileWriter<Hashed>,
    columns: Vec<Column>,
    rows: usize,
}

struct Column {
    kind: Kind,
    defined: Vec<i16>,
    ints: Vec<i32>,
    longs: Vec<i64>,
    text: Vec<u8>,
    ends: Vec<usize>,
}

impl Table {
    pub(super) fn create(dir: &Path, name: &str, columns: &[(&str, Kind)]) -> Result<Table> {
        let fields = columns.iter().map(|(name, kind)| field(name, *kind)).collect::<Result<Vec<_>>>()?;
        let schema = Arc::new(Type::group_type_builder("schema").with_fields(fields).build()?);
        let mut properties = WriterProperties::builder().set_compression(Compression::SNAPPY);
        for (name, kind) in columns {
            if *kind == Kind::Int && matches!(*name, "doc" | "tag") {
                let path = ColumnPath::from(*name);
                properties = properties
                    .set_column_dictionary_enabled(path.clone(), false)
                    .set_column_encoding(path, Encoding::DELTA_BINARY_PACKED);
            }
        }
        let out =
            SerializedFileWriter::new(Hashed::create(dir, name)?, schema, Arc::new(properties.build()))?;
        let columns = columns.iter().map(|(_, kind)| Column::new(*kind)).collect();
        Ok(Table { out, columns, rows: 0 })
    }

    /// Appends one row, its cells in the order of the columns.
    pub(super) fn push(&mut self, cells: &[Cell]) -> Result<()> {
        for (column, cell) in self.columns.iter_mut().zip(cells) {
            column.push(*cell)?;
        }
        self.rows += 1;
        if self.rows == GROUP { self.flush() } else { Ok(()) }
    }

    pub(super) fn finish(mut self) -> Result<FileEntry> {
        if self.rows > 0 {
            self.flush()?;
        }
        self.out.into_inner().context("cannot finish a Parquet table")?.finish()
    }

    fn flush(&mut self) -> Result<()> {
        let mut group = self.out.next_row_group()?;
        for column in &mut self.columns {
            let mut writer =
                group.next_column()?.ok_or_else(|| anyhow!("the table has more columns than its schema"))?;
            let values = column.take_text();
            let defined = Some(&column.defined[..]);
            match column.kind {
                Kind::Int | Kind::Day => {
                    writer.typed::<Int32Type>().write_batch(&column.ints, defined, None)?;
                }
                Kind::Long => {
                    writer.typed::<Int64Type>().write_batch(&column.longs, defined, None)?;
                }
                Kind::Text => {
                    writer.typed::<ByteArrayType>().write_batch(&values, defined, None)?;
                }
            }
            writer.close()?;
            column.clear();
        }
        group.close()?;
        self.rows = 0;
        Ok(())
    }
}

impl Column {
    fn new(kind: Kind) -> Column {
        Column { kind, defined: vec![], ints: vec![], longs: vec![], text: vec![], ends: vec![] }
    }

    fn push(&mut self, cell: Cell) -> Result<()> {
        match (self.kind, cell) {
            (_, Cell::Null) => {
                self.defined.push(0);
                return Ok(());
            }
            (Kind::Int | Kind::Day, Cell::Int(v)) => self.ints.push(v),
            (Kind::Long, Cell::Long(v)) => self.longs.push(v),
            (Kind::Text, Cell::Text(v)) => {
                self.text.extend_from_slice(v.as_bytes());
                self.ends.push(self.text.len());
            }
            (kind, cell) => return Err(anyhow!("{cell:?} does not go into a column of {kind:?}")),
        }
        self.defined.push(1);
        Ok(())
    }

    /// The strings as slices of one shared buffer.
    fn take_text(&mut self) -> Vec<ByteArray> {
        let all = ByteArray::from(std::mem::take(&mut self.text));
        let mut start = 0;
        self.ends
            .iter()
            .map(|&end| {
                let value = all.slice(start, end - start);
                start = end;
                value
            })
            .collect()
    }

    fn clear(&mut self) {
        self.defined.clear();
        self.ints.clear();
        self.longs.clear();
        self.text.clear();
        self.ends.clear();
    }
}

fn field(name: &str, kind: Kind) -> Result<Arc<Type>> {
    let (physical, logical) = match kind {
        Kind::Int => (Physical::INT32, None),
        Kind::Long => (Physical::INT64, None),
        Kind::Day => (Physical::INT32, Some((LogicalType::Date, ConvertedType::DATE))),
        Kind::Text => (Physical::BYTE_ARRAY, Some((LogicalType::String, ConvertedType::UTF8))),
    };
    let mut builder = Type::primitive_type_builder(name, physical).with_repetition(Repetition::OPTIONAL);
    if let Some((logical, converted)) = logical {
        builder = builder.with_logical_type(Some(logical)).with_converted_type(converted);
    }
    Ok(Arc::new(builder.build()?))
}

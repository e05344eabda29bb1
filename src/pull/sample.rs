//! Reads a connector's sample (and previews its real source): the same way as a pull, kept in memory.

use std::io;
use std::path::{Path, PathBuf};

use super::context::{Cursor, PullContext, RowSink};
use super::{Chunk, Note, PullError, RowFault};
use crate::connector::{Connector, Format, Layout, Problem, RowError, Transport, format_of};
use crate::model::record::Record;

/// One row with what became of it.
#[derive(Debug, Clone)]
pub struct SampleRow {
    pub number: u64,
    pub cells: Vec<Option<String>>,
    pub read: Result<Vec<Record>, RowError>,
}

/// What a sample or a preview gave.
#[derive(Debug, Clone, Default)]
pub struct Sample {
    pub columns: Vec<String>,
    pub layout: Option<Layout>,
    pub rows: Vec<SampleRow>,
    pub faults: Vec<RowFault>,
    pub checkpoints: Vec<Cursor>,
    /// What was left out, or done about it.
    pub notes: Vec<Note>,
}

/// Why a sample could not be read.
#[derive(Debug)]
pub enum SampleError {
    Pull(PullError),
    Layout(Problem),
}

impl std::fmt::Display for SampleError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            SampleError::Pull(e) => e.fmt(f),
            SampleError::Layout(e) => e.fmt(f),
        }
    }
}

impl std::error::Error for SampleError {}

impl SampleError {
    /// In one language.
    pub fn text(&self, lang: crate::model::message::Lang) -> String {
        let problem = match self {
            SampleError::Pull(e) => &e.problem,
            SampleError::Layout(problem) => problem,
        };
        lang.pick(&problem.zh, &problem.en).clone()
    }
}

/// Which part of a sample holds its rows, where that is not what is read by itself: a sheet, or an element of XML.
/// None also where the sample cannot be read: the reading that follows says why.
pub fn part_with_rows(path: &Path, connector: &Connector) -> Option<String> {
    let caps = &connector.source.caps;
    match connector.source.format? {
        format if format.is_binary() => {
            let kind = super::file::recognise(path, format).ok().filter(|k| k.is_workbook())?;
            let choice = super::sheet::sheets(path, kind, connector).ok()?;
            // Several sheets with one header are read together, and the first is read by itself.
            let first = choice.read.len() + choice.left.len() == 1 || choice.left.iter().all(|s| s.hidden);
            match choice.read.as_slice() {
                [one] if !first => Some(one.name.clone()),
                _ => None,
            }
        }
        Format::Xml => {
            let file = super::decode::Utf8Reader::open(std::fs::File::open(path).ok()?, None).ok()?;
            super::xml::repeated_element(io::BufReader::new(file), caps.depth).ok().flatten()
        }
        _ => None,
    }
}

/// The first rows of the sheet of a workbook that would be read, titles and headers and all. Empty for what is no workbook.
pub fn first_rows(path: &Path, connector: &Connector, most: usize) -> Vec<Vec<String>> {
    let Some(format) = connector.source.format else { return Vec::new() };
    let Ok(kind) = super::file::recognise(path, format) else { return Vec::new() };
    if !kind.is_workbook() {
        return Vec::new();
    }
    super::sheet::first_rows(path, kind, connector, most).unwrap_or_default()
}

/// The sign that separates the cells of most of these lines.
pub fn delimiter_of(lines: &[String]) -> Option<u8> {
    let votes: Vec<u8> = lines.iter().filter_map(|l| super::delimiter::likely_delimiter(l.as_bytes())).collect();
    votes.iter().copied().max_by_key(|v| votes.iter().filter(|o| *o == v).count())
}

/// What a file is, seen through an archive: the format of what is in it, by its bytes or else by its name.
pub fn format_inside(path: &Path, named: Option<Format>) -> Option<Format> {
    use super::file::Kind;
    match super::file::recognise(path, named.unwrap_or(Format::Csv)).ok()? {
        Kind::Zip => {
            let file = io::BufReader::new(std::fs::File::open(path).ok()?);
            let mut archive = zip::ZipArchive::new(file).ok()?;
            let entries = super::xlsx::data_entries(&mut archive).ok()?;
            entries
                .into_iter()
                .find_map(|at| format_of(&super::xlsx::entry_name(archive.by_index_raw(at).ok()?.name_raw())))
                .or(named)
        }
        Kind::Xlsx => named.filter(|f| f.is_workbook()).or(Some(Format::Xlsx)),
        Kind::Xls => named.filter(|f| f.is_workbook()).or(Some(Format::Xls)),
        Kind::Xlsb => Some(Format::Xlsb),
        Kind::Ods => Some(Format::Ods),
        Kind::SpreadsheetMl | Kind::Html => named.filter(|f| f.is_workbook()).or(Some(Format::Xls)),
        Kind::Dbf => Some(Format::Dbf),
        Kind::Text(format) => Some(format),
        Kind::UnnamedText => Some(Format::Csv),
        Kind::Gzip => named,
    }
}

/// The connector with a sample file in place of its source; decoding and contract stay.
pub fn at_sample(connector: &Connector, file: &Path) -> Connector {
    let mut sample = connector.clone();
    let place = file.display().to_string();
    sample.source.transport = Transport::File;
    sample.manners.quiet.clear();
    sample.source.format = format_of(&place).or(sample.source.format);
    sample.source.place = place;
    sample
}

/// Pulls at most `limit` rows (None: all) and reads them.
///
/// # Errors
/// The pull's error, or a header without the key.
pub async fn take(
    connector: &Connector,
    resume: Option<Cursor>,
    context: &PullContext,
    limit: Option<usize>,
) -> Result<Sample, SampleError> {
    let mut sink = Taking { connector, sample: Sample::default(), limit, bad_layout: None };
    let pulled = super::pull(connector, resume, context, &mut sink).await;
    let Taking { sample, bad_layout, .. } = sink;
    let enough = limit.is_some_and(|n| sample.rows.len() >= n);
    match (pulled, bad_layout) {
        (_, Some(problem)) => Err(SampleError::Layout(problem)),
        (Err(error), None) if !enough => Err(SampleError::Pull(error)),
        _ => Ok(sample),
    }
}

struct Taking<'a> {
    connector: &'a Connector,
    sample: Sample,
    limit: Option<usize>,
    bad_layout: Option<Problem>,
}

impl RowSink for Taking<'_> {
    fn columns(&mut self, columns: &[String]) -> io::Result<()> {
        self.sample.columns = columns.to_vec();
        match self.connector.layout(columns) {
            Ok(layout) => self.sample.layout = Some(layout),
            Err(problem) => {
                self.bad_layout = Some(problem);
                return Err(io::Error::other("no layout"));
            }
        }
        Ok(())
    }

    fn rows(&mut self, chunk: Chunk) -> io::Result<()> {
        let Some(layout) = &self.sample.layout else { return Ok(()) };
        for row in 0..chunk.len() {
            if self.limit.is_some_and(|n| self.sample.rows.len() >= n) {
                return Err(io::Error::other("enough"));
            }
            let cells: Vec<Option<&str>> = chunk.cells(row).collect();
            self.sample.rows.push(SampleRow {
                number: chunk.head(row).number,
                read: self.connector.read(layout, &cells),
                cells: cells.into_iter().map(|c| c.map(str::to_string)).collect(),
            });
        }
        self.sample.faults.extend(chunk.faults);
        Ok(())
    }

    fn note(&mut self, note: Note) -> io::Result<()> {
        self.sample.notes.push(note);
        Ok(())
    }

    fn checkpoint(&mut self, cursor: &Cursor) -> io::Result<()> {
        self.sample.checkpoints.push(cursor.clone());
        Ok(())
    }
}

/// Records as `expected.json` writes them: one object per record, fields as read (`null` where a text could not be read),
/// quarantined rows with their code.
pub fn expected_json(sample: &Sample) -> serde_json::Value {
    use serde_json::{Map, Value, json};
    let mut list = Vec::new();
    for row in &sample.rows {
        match &row.read {
            Err(error) => list.push(json!({ "row": row.number, "quarantined": error.code() })),
            Ok(records) => {
                for record in records {
                    let mut fields = Map::new();
                    for field in &record.fields {
                        let value = field.value.as_ref().map_or(Value::Null, |v| Value::String(v.to_string()));
                        match fields.get_mut(field.field.name()) {
                            None => drop(fields.insert(field.field.name().to_string(), value)),
                            Some(Value::Array(several)) => several.push(value),
                            Some(one) => *one = Value::Array(vec![one.take(), value]),
                        }
                    }
                    list.push(json!({ "kind": record.kind.name(), "key": record.key, "part": record.part, "fields": fields }));
                }
            }
        }
    }
    list.extend(sample.faults.iter().map(|f| json!({ "row": f.number, "quarantined": f.error.code() })));
    Value::Array(list)
}

/// A sink that counts.
#[derive(Debug, Default)]
pub struct Counting {
    pub columns: Vec<String>,
    pub rows: u64,
    pub faults: u64,
    pub checkpoints: u64,
}

impl RowSink for Counting {
    fn columns(&mut self, columns: &[String]) -> io::Result<()> {
        self.columns = columns.to_vec();
        Ok(())
    }
    fn rows(&mut self, chunk: Chunk) -> io::Result<()> {
        self.rows += chunk.len() as u64;
        self.faults += chunk.faults.len() as u64;
        Ok(())
    }
    fn checkpoint(&mut self, _: &Cursor) -> io::Result<()> {
        self.checkpoints += 1;
        Ok(())
    }
}

/// Files in `folder/sample`, by name.
pub fn sample_files(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder.join("sample"))
        .into_iter()
        .flatten()
        .filter_map(|e| Some(e.ok()?.path()))
        .filter(|p| p.is_file())
        .collect();
    files.sort();
    files
}

//! Local files: a path or a glob, plain, gz or zip. Read in a thread of their own, with a bounded channel to the sink.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use xxhash_rust::xxh3::Xxh3;

use super::chunk::RowHead;
use super::csv::{CsvReader, Opened, Unusable, nul};
use super::json::{self, JsonColumns};
use super::{Chunk, Cursor, Progress, PullContext, PullError, Pulled, RowSink};
use super::{decode, xlsx, xml};
use crate::connector::{Caps, Connector, Encoding, Format, cell_count, format_of};

/// What a set of files looked like.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Fingerprint {
    connector: String,
    files: Vec<FileMark>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct FileMark {
    path: String,
    size: u64,
    modified_ms: i64,
    hash: String,
}

/// Chunks under way between the reading thread and the sink.
const IN_FLIGHT: usize = 4;

enum Event {
    Columns(Vec<String>),
    Rows(Chunk),
}

/// Pulls the files at the connector's place.
pub(super) async fn pull(connector: &Connector, context: &PullContext, sink: &mut dyn RowSink) -> Result<Pulled, PullError> {
    let place = connector.source.resolved_place(&connector.name).map_err(PullError::of)?;
    if place.starts_with("http://") || place.starts_with("https://") {
        return super::http::download(connector, &place, context, sink).await;
    }
    let paths = find(connector, &place, context)?;
    pull_paths(connector, context, sink, paths).await
}

pub(super) async fn pull_paths(
    connector: &Connector,
    context: &PullContext,
    sink: &mut dyn RowSink,
    paths: Vec<PathBuf>,
) -> Result<Pulled, PullError> {
    let mut marks = marks(connector, &paths)?;
    if let Some(fingerprint) = unchanged(connector, context, &mut marks) {
        return Ok(Pulled {
            complete: connector.complete,
            next_cursor: Cursor::default(),
            rows: 0,
            faults: 0,
            bytes: 0,
            fingerprint,
            unchanged: true,
        });
    }
    let total_bytes = marks.iter().map(|m| m.size).sum();
    let read_bytes = Arc::new(AtomicU64::new(0));
    let (to_sink, mut events) = mpsc::channel(IN_FLIGHT);
    let reader = Reader {
        connector: connector.clone(),
        cancel: context.cancel.clone(),
        read_bytes: read_bytes.clone(),
        to_sink,
        number: 0,
        columns: Vec::new(),
        hash: Xxh3::new(),
    };
    let reading = tokio::task::spawn_blocking(move || reader.read_all(&paths));
    let (mut rows, mut faults) = (0, 0);
    let mut refused = None;
    while let Some(event) = events.recv().await {
        let done = match event {
            Event::Columns(columns) => sink.columns(&columns),
            Event::Rows(chunk) => {
                rows += (chunk.len() + chunk.faults.len()) as u64;
                faults += chunk.faults.len() as u64;
                sink.rows(chunk)
            }
        };
        if let Err(error) = done {
            refused = Some(PullError::sink(connector, &error));
            break;
        }
        let bytes = read_bytes.load(Ordering::Relaxed);
        context.report(Progress { rows, bytes, total_rows: None, total_bytes: Some(total_bytes) });
    }
    drop(events);
    let read = reading.await.expect("the reading thread does not panic");
    if let Some(error) = refused {
        return Err(error);
    }
    for (mark, hash) in marks.iter_mut().zip(read?) {
        mark.hash = hash;
    }
    let next_cursor = Cursor { rows, ..Cursor::default() };
    sink.checkpoint(&next_cursor).map_err(|e| PullError::sink(connector, &e))?;
    Ok(Pulled {
        complete: connector.complete,
        next_cursor: Cursor::default(),
        rows,
        faults,
        bytes: read_bytes.load(Ordering::Relaxed),
        fingerprint: write_fingerprint(connector, marks),
        unchanged: false,
    })
}

/// The files that `place` names, by name.
fn find(connector: &Connector, place: &str, context: &PullContext) -> Result<Vec<PathBuf>, PullError> {
    let plain = place.strip_prefix("file://").unwrap_or(place);
    let full = match &context.base {
        Some(base) => base.join(plain),
        None => PathBuf::from(plain),
    };
    if full.is_file() {
        return Ok(vec![full]);
    }
    let pattern = if full.is_dir() { full.join("*") } else { full };
    let listed = glob::glob(&pattern.to_string_lossy())
        .map_err(|e| PullError::new(connector, "bad_glob", format!("通配符有误：{e}"), format!("the glob is wrong: {e}")))?;
    let mut paths: Vec<PathBuf> = listed.filter_map(Result::ok).filter(|p| p.is_file() && !is_unfinished(p)).collect();
    paths.sort();
    if paths.is_empty() {
        return Err(PullError::new(
            connector,
            "file_missing",
            format!("没有找到文件，请检查路径，或用 --source {}=路径 指定", connector.name),
            format!("there is no such file; check the place, or give another with --source {}=PATH", connector.name),
        )
        .retryable());
    }
    Ok(paths)
}

/// Files that are still being written, by the habits of those who write them.
fn is_unfinished(path: &Path) -> bool {
    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
    name.starts_with(['.', '~']) || [".part", ".tmp", ".crdownload", ".filepart"].iter().any(|e| name.ends_with(e))
}

fn marks(connector: &Connector, paths: &[PathBuf]) -> Result<Vec<FileMark>, PullError> {
    let mut marks = Vec::with_capacity(paths.len());
    for path in paths {
        let meta = std::fs::metadata(path).map_err(|e| PullError::io(connector, &path.display().to_string(), &e))?;
        let modified = meta.modified().ok().and_then(|t| t.duration_since(std::time::UNIX_EPOCH).ok());
        marks.push(FileMark {
            path: path.display().to_string(),
            size: meta.len(),
            modified_ms: modified.map_or(0, |d| d.as_millis() as i64),
            hash: String::new(),
        });
    }
    Ok(marks)
}

/// The fingerprint, where the known one says that the files are the same. A file touched without being changed is read
/// for its hash only.
fn unchanged(connector: &Connector, context: &PullContext, marks: &mut [FileMark]) -> Option<String> {
    let known: Fingerprint = serde_json::from_str(context.known.as_deref()?).ok()?;
    if known.connector != digest(connector) || known.files.len() != marks.len() {
        return None;
    }
    for (mark, known) in marks.iter_mut().zip(&known.files) {
        if mark.path != known.path || mark.size != known.size {
            return None;
        }
        if mark.modified_ms != known.modified_ms && file_hash(Path::new(&mark.path)).ok()? != known.hash {
            return None;
        }
    }
    for (mark, known) in marks.iter_mut().zip(&known.files) {
        mark.hash.clone_from(&known.hash);
    }
    Some(write_fingerprint(connector, marks.to_vec()))
}

fn digest(connector: &Connector) -> String {
    format!("{:016x}", connector.digest)
}

fn write_fingerprint(connector: &Connector, files: Vec<FileMark>) -> String {
    serde_json::to_string(&Fingerprint { connector: digest(connector), files }).expect("plain data")
}

pub(super) fn file_hash(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    let mut hash = Xxh3::new();
    let mut block = vec![0; 1 << 16];
    loop {
        match file.read(&mut block)? {
            0 => return Ok(format!("{:032x}", hash.digest128())),
            n => hash.update(&block[..n]),
        }
    }
}

/// Reads the files, one after the other, in a thread of its own.
struct Reader {
    connector: Connector,
    cancel: CancellationToken,
    read_bytes: Arc<AtomicU64>,
    to_sink: mpsc::Sender<Event>,
    number: u64,
    columns: Vec<String>,
    hash: Xxh3,
}

impl Reader {
    /// The hash of each file.
    fn read_all(mut self, paths: &[PathBuf]) -> Result<Vec<String>, PullError> {
        let mut hashes = Vec::with_capacity(paths.len());
        for path in paths {
            self.hash = Xxh3::new();
            self.read_file(path)?;
            hashes.push(format!("{:032x}", self.hash.digest128()));
        }
        Ok(hashes)
    }

    fn read_file(&mut self, path: &Path) -> Result<(), PullError> {
        let shown = path.display().to_string();
        let connector = self.connector.clone();
        let io = |e: io::Error| PullError::io(&connector, &shown, &e);
        let lower = shown.to_ascii_lowercase();
        let format = connector.source.format_at(&shown).unwrap_or(Format::Csv);
        let caps = &connector.source.caps;
        let (to_sink, cancel) = (self.to_sink.clone(), self.cancel.clone());
        let mut rows =
            Rows { connector: &connector, to_sink, cancel, number: &mut self.number, columns: &mut self.columns, shown: &shown };
        let file = File::open(path).map_err(io)?;
        let mut source = Source { inner: file, hash: &mut self.hash, read: self.read_bytes.clone(), own: 0 };
        if format == Format::Xlsx && !lower.ends_with(".gz") {
            io::copy(&mut source, &mut io::sink()).map_err(io)?;
            return rows.read_workbook(path);
        }
        if lower.ends_with(".zip") {
            io::copy(&mut source, &mut io::sink()).map_err(io)?;
            return rows.read_zip(path, format);
        }
        if lower.ends_with(".gz") {
            let gz = flate2::read::MultiGzDecoder::new(&mut source);
            return rows.read(format, &mut Capped::new(gz, caps.clone(), |gz| gz.get_ref().own));
        }
        rows.read(format, &mut Capped::new(&mut source, caps.clone(), |s| s.own))?;
        io::copy(&mut source, &mut io::sink()).map(|_| ()).map_err(io)
    }
}

/// Counts and hashes what is read.
struct Source<'h> {
    inner: File,
    hash: &'h mut Xxh3,
    read: Arc<AtomicU64>,
    own: u64,
}

impl Read for Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.hash.update(&buffer[..n]);
        self.own += n as u64;
        self.read.fetch_add(n as u64, Ordering::Relaxed);
        Ok(n)
    }
}

/// Stops a decompressor that gives more than the connector allows.
pub(super) struct Capped<R, F> {
    inner: R,
    caps: Caps,
    given: u64,
    taken: F,
}

/// Decoded bytes below which the ratio says nothing.
const RATIO_FROM: u64 = 1 << 20;

impl<R, F: Fn(&R) -> u64> Capped<R, F> {
    pub(super) fn new(inner: R, caps: Caps, taken: F) -> Self {
        Capped { inner, caps, given: 0, taken }
    }
}

impl<R: Read, F: Fn(&R) -> u64> Read for Capped<R, F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let n = self.inner.read(buffer)?;
        self.given += n as u64;
        if self.given > self.caps.bytes {
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("more than {} bytes (source.caps.bytes)", self.caps.bytes),
            ));
        }
        let taken = (self.taken)(&self.inner).max(1);
        if self.given > RATIO_FROM && self.given / taken > self.caps.ratio {
            let ratio = self.caps.ratio;
            return Err(io::Error::new(
                io::ErrorKind::InvalidData,
                format!("inflates more than {ratio} times (source.caps.ratio)"),
            ));
        }
        Ok(n)
    }
}

/// Rows of one file on their way to the sink.
struct Rows<'a> {
    connector: &'a Connector,
    to_sink: mpsc::Sender<Event>,
    cancel: CancellationToken,
    number: &'a mut u64,
    columns: &'a mut Vec<String>,
    shown: &'a str,
}

impl Rows<'_> {
    fn read(&mut self, format: Format, stream: &mut dyn Read) -> Result<(), PullError> {
        match format {
            Format::Csv | Format::Tsv => self.read_csv(stream),
            Format::Json => self.read_json(stream),
            Format::Ndjson => self.read_ndjson(stream),
            Format::Xml => self.read_xml(stream),
            Format::Xlsx => {
                // A workbook is read from the middle: it needs a file to itself.
                let mut spool = tempfile::NamedTempFile::new().map_err(|e| PullError::sink(self.connector, &e))?;
                io::copy(stream, &mut spool).map_err(|e| PullError::io(self.connector, self.shown, &e))?;
                self.read_workbook(spool.path())
            }
        }
    }

    fn read_zip(&mut self, path: &Path, format: Format) -> Result<(), PullError> {
        let io = |e: io::Error| PullError::io(self.connector, self.shown, &e);
        let caps = self.connector.source.caps.clone();
        xlsx::check_archive(path, &caps).map_err(io)?;
        let file = io::BufReader::new(File::open(path).map_err(io)?);
        let mut archive = zip::ZipArchive::new(file).map_err(|e| io(xlsx::zip_error(e)))?;
        let entries = xlsx::data_entries(&mut archive).map_err(io)?;
        if entries.is_empty() {
            return Err(io(io::Error::new(io::ErrorKind::InvalidData, "the archive is empty")));
        }
        for at in entries {
            let entry = archive.by_index(at).map_err(|e| PullError::io(self.connector, self.shown, &xlsx::zip_error(e)))?;
            let format = format_of(&xlsx::entry_name(entry.name_raw())).unwrap_or(format);
            self.read(format, &mut xlsx::capped_entry(entry, &caps))?;
        }
        Ok(())
    }

    fn read_workbook(&mut self, path: &Path) -> Result<(), PullError> {
        let mut sheet = Sheet { rows: self, chunk: Chunk::default(), failed: None };
        let read = xlsx::read_sheet(path, &sheet.rows.connector.decoding, &sheet.rows.connector.source.caps, &mut sheet);
        let Sheet { chunk, failed, .. } = sheet;
        if let Some(error) = failed {
            return Err(error);
        }
        read.map_err(|e| PullError::io(self.connector, self.shown, &e))?;
        self.send(chunk)
    }

    /// Hands JSON records on, however they were found.
    fn read_records(
        &mut self,
        mut stream: impl FnMut(&mut dyn FnMut(&str) -> io::Result<()>) -> io::Result<()>,
    ) -> Result<(), PullError> {
        let mut records = Records { columns: JsonColumns::new(self.connector), waiting: Vec::new(), chunk: Chunk::default() };
        let mut failed = None;
        let streamed = stream(&mut |item| {
            records.take(self, item).map_err(|e| {
                failed = Some(e);
                io::Error::other("stopped")
            })
        });
        if let Some(error) = failed {
            return Err(error);
        }
        streamed.map_err(|e| PullError::io(self.connector, self.shown, &e))?;
        records.finish(self)
    }

    fn text_reader<'s>(&self, stream: &'s mut dyn Read) -> Result<decode::Utf8Reader<&'s mut dyn Read>, PullError> {
        let wanted = match self.connector.decoding.encoding {
            Encoding::Auto => None,
            Encoding::Named(encoding) => Some(encoding),
        };
        decode::Utf8Reader::open(stream, wanted).map_err(|e| PullError::io(self.connector, self.shown, &e))
    }

    fn read_json(&mut self, stream: &mut dyn Read) -> Result<(), PullError> {
        let mut text = self.text_reader(stream)?;
        let pointer = self.connector.decoding.records.clone().or_else(|| self.connector.source.http.items.clone());
        self.read_records(|each| json::stream_items(&mut text, pointer.as_deref(), each))
    }

    fn read_xml(&mut self, stream: &mut dyn Read) -> Result<(), PullError> {
        let mut text = io::BufReader::new(self.text_reader(stream)?);
        let record = self.connector.decoding.records.clone().or_else(|| self.connector.source.http.items.clone());
        let depth = self.connector.source.caps.depth;
        self.read_records(|each| xml::stream_records(&mut text, record.as_deref(), depth, each))
    }

    fn read_ndjson(&mut self, stream: &mut dyn Read) -> Result<(), PullError> {
        let mut text = io::BufReader::with_capacity(1 << 17, self.text_reader(stream)?);
        let cap = self.connector.source.caps.row_bytes as u64;
        self.read_records(|each| {
            let mut line = String::new();
            loop {
                line.clear();
                let read = io::BufRead::read_line(&mut io::Read::take(&mut text, cap + 1), &mut line)?;
                if read as u64 > cap {
                    return Err(io::Error::new(
                        io::ErrorKind::InvalidData,
                        format!("a line is longer than {cap} bytes (source.caps.row_bytes)"),
                    ));
                }
                if read == 0 {
                    return Ok(());
                }
                if !line.trim().is_empty() {
                    each(line.trim())?;
                }
            }
        })
    }

    fn read_csv(&mut self, stream: &mut dyn Read) -> Result<(), PullError> {
        let caps = &self.connector.source.caps;
        let opened = CsvReader::open(stream, &self.connector.decoding, caps.row_bytes, self.connector.source.overridden);
        let Opened { mut reader, columns } = opened.map_err(|e| self.unusable(e))?;
        let width = columns.len();
        self.header(columns)?;
        loop {
            let mut chunk = Chunk::new(width);
            let more = reader.read_chunk(&mut chunk, self.number).map_err(|e| PullError::io(self.connector, self.shown, &e))?;
            self.send(chunk)?;
            if !more {
                return Ok(());
            }
        }
    }

    fn header(&mut self, columns: Vec<String>) -> Result<(), PullError> {
        if *self.columns != columns {
            self.columns.clone_from(&columns);
            self.event(Event::Columns(columns))?;
        }
        Ok(())
    }

    fn send(&mut self, chunk: Chunk) -> Result<(), PullError> {
        if chunk.is_empty() { Ok(()) } else { self.event(Event::Rows(chunk)) }
    }

    fn event(&self, event: Event) -> Result<(), PullError> {
        if self.cancel.is_cancelled() || self.to_sink.blocking_send(event).is_err() {
            return Err(PullError::cancelled(self.connector));
        }
        Ok(())
    }

    fn unusable(&self, unusable: Unusable) -> PullError {
        let (connector, what) = (self.connector, self.shown);
        match unusable {
            Unusable::Io(e) => PullError::io(connector, what, &e),
            Unusable::Html => PullError::new(
                connector,
                "html",
                format!("{what} 是网页而不是数据（登录页或出错页？），该批次已暂停"),
                format!("{what} is a web page, no data (a login or an error page?); the batch is held"),
            )
            .held(),
            Unusable::Empty => PullError::new(
                connector,
                "empty",
                format!("{what} 没有表头，该批次已暂停"),
                format!("{what} has no header; the batch is held"),
            )
            .held(),
            Unusable::OtherEncoding(named) => PullError::new(
                connector,
                "encoding",
                format!("{what} 应为 {} 编码，实为 UTF-8；请修改 decoding.encoding", named.name()),
                format!("{what} should be {}, but is UTF-8; change decoding.encoding", named.name()),
            )
            .held(),
        }
    }
}

/// JSON records on their way: the first ones wait until the columns are settled.
struct Records {
    columns: JsonColumns,
    waiting: Vec<String>,
    chunk: Chunk,
}

/// Records looked at before the columns are settled.
const SETTLE_AFTER: usize = 1000;

impl Records {
    fn take(&mut self, rows: &mut Rows<'_>, item: &str) -> Result<(), PullError> {
        if self.columns.started() {
            return self.push(rows, item);
        }
        self.waiting.push(item.to_string());
        if self.waiting.len() < SETTLE_AFTER { Ok(()) } else { self.settle(rows) }
    }

    fn settle(&mut self, rows: &mut Rows<'_>) -> Result<(), PullError> {
        let waiting = std::mem::take(&mut self.waiting);
        self.columns.start(waiting.iter().map(String::as_str));
        self.begin(rows)?;
        waiting.iter().try_for_each(|item| self.push(rows, item))
    }

    fn begin(&mut self, rows: &mut Rows<'_>) -> Result<(), PullError> {
        self.chunk = Chunk::new(self.columns.names.len());
        rows.header(self.columns.names.clone())
    }

    fn push(&mut self, rows: &mut Rows<'_>, item: &str) -> Result<(), PullError> {
        *rows.number += 1;
        while !self.columns.push(item, *rows.number, None, &mut self.chunk) {
            // A key not seen before: what came so far goes out with the old columns.
            rows.send(std::mem::take(&mut self.chunk))?;
            let names = &self.columns.names;
            self.chunk = Chunk::new(names.len());
        }
        if self.chunk.width() != rows.columns.len() {
            rows.header(self.columns.names.clone())?;
        }
        if self.chunk.is_full() {
            rows.send(std::mem::replace(&mut self.chunk, Chunk::new(self.columns.names.len())))?;
        }
        Ok(())
    }

    fn finish(mut self, rows: &mut Rows<'_>) -> Result<(), PullError> {
        if !self.columns.started() {
            self.settle(rows)?;
        }
        rows.send(self.chunk)
    }
}

/// Sheet rows on their way.
struct Sheet<'s, 'r> {
    rows: &'s mut Rows<'r>,
    chunk: Chunk,
    failed: Option<PullError>,
}

impl Sheet<'_, '_> {
    fn keep(&mut self, done: Result<(), PullError>) -> io::Result<()> {
        done.map_err(|e| {
            self.failed = Some(e);
            io::Error::other("stopped")
        })
    }
}

impl xlsx::SheetRows for Sheet<'_, '_> {
    fn header(&mut self, columns: Vec<String>) -> io::Result<()> {
        self.chunk = Chunk::new(columns.len());
        let done = self.rows.header(columns);
        self.keep(done)
    }

    fn row(&mut self, cells: &[Option<String>]) -> io::Result<()> {
        *self.rows.number += 1;
        let number = *self.rows.number;
        let text = || cells.iter().map(|c| c.as_deref().unwrap_or_default()).collect::<Vec<_>>().join("\t");
        if cells.len() != self.chunk.width() {
            self.chunk.fault(number, None, cell_count(self.chunk.width(), cells.len()), &text());
        } else if cells.iter().flatten().any(|c| c.as_bytes().contains(&0)) {
            self.chunk.fault(number, None, nul(), &text());
        } else {
            self.chunk.push_row(RowHead { number, offset: None }, cells.iter().map(Option::as_deref));
        }
        if self.chunk.is_full() {
            let width = self.chunk.width();
            let chunk = std::mem::replace(&mut self.chunk, Chunk::new(width));
            let done = self.rows.send(chunk);
            return self.keep(done);
        }
        Ok(())
    }
}

//! Rows of one file on their way to the sink, format by format.

use std::fs::File;
use std::io::{self, Read};
use std::path::Path;

use super::events::Rows;
use super::kind::{Kind, head, of_head, recognise};
use super::places::is_aside;
use super::records::{Records, Sheet};
use super::shifted::Shifted;
use crate::connector::{Below, Connector, Encoding, Format, format_of};
use crate::pull::csv::{CsvReader, Opened, Unusable};
use crate::pull::error::said;
use crate::pull::file::events::Event;
use crate::pull::{Chunk, Note, PullError, answer, dbf, decode, sheet, xlsx, xml};

impl Rows<'_> {
    /// A text, from its first byte on.
    pub(super) fn read(&mut self, kind: Kind, stream: &mut dyn Read) -> Result<(), PullError> {
        match kind {
            Kind::Text(Format::Json) => self.read_json(stream),
            Kind::Text(Format::Ndjson) => self.read_ndjson(stream),
            Kind::Text(Format::Xml) => self.read_xml(stream),
            Kind::UnnamedText => self.read_csv(stream, true),
            _ => self.read_csv(stream, false),
        }
    }

    /// What stands inside an archive, whatever it is.
    pub(super) fn read_inside(&mut self, named: Format, stream: &mut dyn Read) -> Result<(), PullError> {
        let io = |e: io::Error| PullError::io(self.connector, self.shown, &e);
        let begin = head(stream).map_err(io)?;
        let kind = of_head(&begin, named).map_err(io)?;
        let mut whole = io::Read::chain(begin.as_slice(), stream);
        if matches!(kind, Kind::Text(_) | Kind::UnnamedText) {
            return self.read(kind, &mut whole);
        }
        // A workbook is read from the middle: it needs a file to itself.
        let mut spool = tempfile::NamedTempFile::new().map_err(|e| PullError::sink(self.connector, &e))?;
        io::copy(&mut whole, &mut spool).map_err(io)?;
        let kind = recognise(spool.path(), named).map_err(io)?;
        if matches!(kind, Kind::Zip | Kind::Gzip) {
            return Err(io(said(
                io::ErrorKind::InvalidData,
                "压缩包中还有压缩包，不予解压；请只压缩一层",
                "there is an archive inside the archive, which is not unpacked: pack the files once only",
            )));
        }
        self.read_whole(spool.path(), kind, named)
    }

    /// A file that is read from the middle.
    pub(super) fn read_whole(&mut self, path: &Path, kind: Kind, named: Format) -> Result<(), PullError> {
        match kind {
            Kind::Zip => self.read_zip(path, named),
            Kind::Dbf => self.read_sheets(|connector, sheet| dbf::read(path, &connector.decoding, sheet)),
            kind => self.read_sheets(|connector, sheet| sheet::read(path, kind, connector, sheet)),
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
            return Err(io(said(io::ErrorKind::InvalidData, "压缩包为空", "the archive is empty")));
        }
        let mut aside = Vec::new();
        for at in entries {
            let entry = archive.by_index(at).map_err(|e| PullError::io(self.connector, self.shown, &xlsx::zip_error(e)))?;
            let name = xlsx::entry_name(entry.name_raw());
            if is_aside(&name) {
                aside.push(name);
                continue;
            }
            let format = format_of(&name).unwrap_or(format);
            self.read_inside(format, &mut xlsx::capped_entry(entry, &caps))?;
        }
        if !aside.is_empty() {
            self.event(Event::Note(Note::new(
                "entries_aside",
                format!("压缩包中的说明和标记文件未读取：{}", aside.join("、")),
                format!("notes and markers in the archive were not read: {}", aside.join(", ")),
            )))?;
        }
        Ok(())
    }

    fn read_sheets(&mut self, read: impl FnOnce(&Connector, &mut Sheet<'_, '_>) -> io::Result<()>) -> Result<(), PullError> {
        let connector = self.connector;
        let mut sheet = Sheet::new(self);
        let read = read(connector, &mut sheet);
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
        let mut records = Records::new(self.connector);
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
        let cap = self.connector.source.caps.row_bytes;
        self.read_records(|each| answer::stream_items(&mut text, pointer.as_deref(), cap, each))
    }

    fn read_xml(&mut self, stream: &mut dyn Read) -> Result<(), PullError> {
        let mut text = io::BufReader::new(self.text_reader(stream)?);
        let record = self.connector.decoding.records.clone().or_else(|| self.connector.source.http.items.clone());
        let (depth, cap) = (self.connector.source.caps.depth, self.connector.source.caps.row_bytes);
        self.read_records(|each| xml::stream_records(&mut text, record.as_deref(), depth, cap, each))
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
                    return Err(said(
                        io::ErrorKind::InvalidData,
                        format!("有一行超过 {cap} 字节（source.caps.row_bytes）"),
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

    fn read_csv(&mut self, stream: &mut dyn Read, sniff: bool) -> Result<(), PullError> {
        let caps = &self.connector.source.caps;
        let sniff = sniff || self.connector.source.overridden;
        let opened = CsvReader::open(stream, &self.connector.decoding, caps.row_bytes, sniff);
        let Opened { mut reader, columns } = opened.map_err(|e| self.unusable(e))?;
        let width = columns.len();
        let mut below = Below::new(self.connector, &columns);
        self.header(columns)?;
        std::mem::take(&mut reader.skipped).iter().try_for_each(|line| self.aside(line))?;
        let mut shifted = Shifted::new(self.connector, &self.columns[..]);
        loop {
            let mut chunk = Chunk::new(width);
            let read = reader.read_chunk(&mut chunk, self.number, below.as_mut());
            let more = read.map_err(|e| PullError::io(self.connector, self.shown, &e))?;
            chunk.faults.iter().filter(|f| f.error.is_no_record()).try_for_each(|f| self.aside(&f.raw))?;
            below.iter_mut().flat_map(Below::asides).try_for_each(|text| self.aside(&text))?;
            self.send(shifted.sift(chunk))?;
            if !more {
                break;
            }
        }
        match reader.filled {
            0 => Ok(()),
            n => self.note(Note::new(
                "short_rows",
                format!("{n} 行末尾缺少分隔符，缺的单元格按空值读取（Excel 导出常见）"),
                format!(
                    "{n} rows lack separators at their end; the cells that are missing were read as empty (as Excel writes them)"
                ),
            )),
        }
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

//! Delimited text to rows. A stray quote costs one line, not the rest of the file.

use std::io::{self, Read};

use csv_core::ReadRecordResult;
use encoding_rs::{Encoding, UTF_8};

use super::chunk::{Chunk, FULL_ROWS, Mark, RowHead};
use super::decode::{Damage, TextReader, encoded_len};
use super::delimiter::{delimiter_line, has_escaped_quotes, likely_delimiter, well_quoted};
use super::error::said;
use super::header::join_header;
use crate::connector::{Below, Decoding, Encoding as Wanted, RowError, cell_count, lone_line};

/// Reads records of delimited text from a stream.
pub struct CsvReader<R> {
    text: TextReader<R>,
    parser: csv_core::Reader,
    delimiter: u8,
    quote: bool,
    /// Decoded text; `buffer[row_start..scan]` is the record being read.
    buffer: Vec<u8>,
    row_start: usize,
    scan: usize,
    /// Decoded bytes before `buffer`, and encoded bytes before `row_start`.
    before: u64,
    source_offset: u64,
    out: Vec<u8>,
    ends: Vec<usize>,
    max_row: usize,
    ended: bool,
    /// Columns at the end of the header without a name: rows may lack their cells.
    unnamed: usize,
    /// A backslash inside quotes stands before a quote.
    escaped: bool,
    /// The row before was shorter than the header and was filled up.
    short: Option<Short>,
    /// Rows that were filled up.
    pub filled: u64,
    /// The lines above the header, as they stand.
    pub skipped: Vec<String>,
}

/// A row that was filled up, should it turn out to be half of one.
struct Short {
    cells: usize,
    number: u64,
    offset: u64,
    raw: String,
}

/// What stands at the beginning of a file.
pub struct Opened<R> {
    pub reader: CsvReader<R>,
    pub columns: Vec<String>,
}

/// Why a file is no table at all.
pub enum Unusable {
    Io(io::Error),
    Html,
    Empty,
    /// The named encoding is not UTF-8, the text surely is.
    OtherEncoding(&'static Encoding),
}

impl From<io::Error> for Unusable {
    fn from(e: io::Error) -> Self {
        Unusable::Io(e)
    }
}

enum Step {
    /// A record of `cells` cells in `out`.
    Record {
        cells: usize,
    },
    /// `whole`: its end has been seen.
    TooLong {
        whole: bool,
    },
    End,
}

impl<R: Read> CsvReader<R> {
    /// Reads up to and including the header. `sniff_delimiter`: the place was given by hand, so the delimiter may differ.
    ///
    /// # Errors
    /// [`Unusable`]: the file is no table.
    pub fn open(stream: R, decoding: &Decoding, max_row: usize, sniff_delimiter: bool) -> Result<Opened<R>, Unusable> {
        let wanted = match decoding.encoding {
            Wanted::Auto => None,
            Wanted::Named(encoding) => Some(encoding),
        };
        let (text, contradiction) = TextReader::open(stream, wanted)?;
        if contradiction {
            return Err(Unusable::OtherEncoding(text.encoding));
        }
        let source_offset = text.mark_bytes;
        let mut reader = CsvReader {
            text,
            parser: csv_core::Reader::new(),
            delimiter: decoding.delimiter,
            quote: decoding.quote,
            buffer: Vec::with_capacity(1 << 18),
            row_start: 0,
            scan: 0,
            before: 0,
            source_offset,
            out: vec![0; 1 << 14],
            ends: vec![0; 256],
            max_row,
            ended: false,
            unnamed: 0,
            escaped: false,
            short: None,
            filled: 0,
            skipped: Vec::new(),
        };
        if !reader.fill()? {
            return Err(Unusable::Empty);
        }
        let head = String::from_utf8_lossy(&reader.buffer[..reader.buffer.len().min(1024)]).trim_start().to_ascii_lowercase();
        if head.starts_with("<!doctype html") || head.starts_with("<html") || head.starts_with("<head") {
            return Err(Unusable::Html);
        }
        let hint = delimiter_line(&reader.buffer);
        if let Some((sign, length)) = hint {
            reader.delimiter = sign;
            reader.scan = length;
            reader.consume();
        } else if sniff_delimiter {
            reader.delimiter = likely_delimiter(&reader.buffer).unwrap_or(reader.delimiter);
        }
        reader.escaped = reader.quote && has_escaped_quotes(&reader.buffer, reader.delimiter);
        reader.reset_parser();
        reader.skip_lines(decoding.skip)?;
        let mut header: Vec<Vec<String>> = Vec::new();
        for _ in 0..decoding.header_rows {
            match reader.step()? {
                Step::Record { cells } => {
                    let row = reader.cells(cells).map(|c| c.unwrap_or_default().to_string()).collect();
                    reader.consume();
                    header.push(row);
                }
                Step::TooLong { .. } => {
                    return Err(Unusable::Io(said(
                        io::ErrorKind::InvalidData,
                        format!("表头超过 {max_row} 字节（source.caps.row_bytes）"),
                        format!("the header is longer than {max_row} bytes (source.caps.row_bytes)"),
                    )));
                }
                Step::End => return Err(Unusable::Empty),
            }
        }
        let columns = if header.is_empty() { decoding.header.clone() } else { join_header(&header, &decoding.header_join) };
        if columns.is_empty() {
            return Err(Unusable::Empty);
        }
        let blank = |at: &usize| header.iter().all(|row| row.get(*at).is_none_or(|c| c.trim().is_empty()));
        reader.unnamed = if header.is_empty() { 0 } else { (0..columns.len()).rev().take_while(blank).count() };
        Ok(Opened { reader, columns })
    }

    fn reset_parser(&mut self) {
        let escape = self.escaped.then_some(b'\\');
        self.parser = csv_core::ReaderBuilder::new().delimiter(self.delimiter).quoting(self.quote).escape(escape).build();
    }

    fn fill(&mut self) -> io::Result<bool> {
        if self.row_start > 0 {
            self.buffer.copy_within(self.row_start.., 0);
            self.buffer.truncate(self.buffer.len() - self.row_start);
            self.before += self.row_start as u64;
            self.scan -= self.row_start;
            self.row_start = 0;
        }
        self.text.fill(&mut self.buffer)
    }

    fn skip_lines(&mut self, lines: u32) -> io::Result<()> {
        for _ in 0..lines {
            loop {
                if let Some(end) = self.buffer[self.scan..].iter().position(|b| *b == b'\n') {
                    let line = &self.buffer[self.scan..self.scan + end];
                    self.skipped.push(String::from_utf8_lossy(&line[..line.len().min(1024)]).into_owned());
                    self.scan += end + 1;
                    self.consume();
                    break;
                }
                self.scan = self.buffer.len();
                if !self.fill()? {
                    return Ok(());
                }
            }
        }
        Ok(())
    }

    /// Reads one record into `out`.
    fn step(&mut self) -> io::Result<Step> {
        let (mut written, mut cells) = (0, 0);
        loop {
            if self.scan == self.buffer.len() && !self.ended && !self.fill()? {
                self.ended = true;
            }
            let (result, read, out, ends) =
                self.parser.read_record(&self.buffer[self.scan..], &mut self.out[written..], &mut self.ends[cells..]);
            self.scan += read;
            written += out;
            cells += ends;
            match result {
                ReadRecordResult::InputEmpty if self.scan - self.row_start > self.max_row => {
                    return Ok(Step::TooLong { whole: false });
                }
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull => self.out.resize(self.out.len() * 2, 0),
                ReadRecordResult::OutputEndsFull => self.ends.resize(self.ends.len() * 2, 0),
                ReadRecordResult::Record if self.scan - self.row_start > self.max_row => {
                    return Ok(Step::TooLong { whole: true });
                }
                ReadRecordResult::Record => return Ok(Step::Record { cells }),
                ReadRecordResult::End => return Ok(Step::End),
            }
        }
    }

    fn text(&self, cells: usize) -> &str {
        let end = self.ends[..cells].last().copied().unwrap_or(0);
        simdutf8::basic::from_utf8(&self.out[..end]).expect("decoded text split at ASCII signs is text")
    }

    fn cells(&self, cells: usize) -> impl Iterator<Item = Option<&str>> {
        let text = self.text(cells);
        let mut start = 0;
        self.ends[..cells].iter().map(move |end| {
            let cell = &text[start..*end];
            start = *end;
            Some(cell)
        })
    }

    /// The record's text as it stands in the source, without line ends.
    fn raw(&self) -> &str {
        let raw = simdutf8::basic::from_utf8(&self.buffer[self.row_start..self.scan]).expect("decoded");
        raw.trim_matches(['\r', '\n'])
    }

    /// As `raw`, unchecked.
    fn inner(&self) -> &[u8] {
        let mut raw = &self.buffer[self.row_start..self.scan];
        while let [b'\r' | b'\n', rest @ ..] = raw {
            raw = rest;
        }
        while let [rest @ .., b'\r' | b'\n'] = raw {
            raw = rest;
        }
        raw
    }

    /// Goes on behind the record; returns the encoded offset at which it began.
    fn consume(&mut self) -> u64 {
        let began = self.source_offset;
        let raw = &self.buffer[self.row_start..self.scan];
        let mut length = match self.text.encoding == UTF_8 {
            true => raw.len() as u64,
            false => encoded_len(self.text.encoding, simdutf8::basic::from_utf8(raw).expect("decoded")),
        };
        let end = self.before + self.scan as u64;
        while let Some(Damage { at, source_bytes }) = self.text.damage.front().copied().filter(|d| d.at < end) {
            if at >= self.before + self.row_start as u64 {
                length = length - encoded_len(self.text.encoding, "\u{fffd}") + source_bytes;
            }
            self.text.damage.pop_front();
        }
        self.source_offset += length;
        self.row_start = self.scan;
        began
    }

    fn damaged(&self) -> bool {
        self.text.damage.front().is_some_and(|d| d.at < self.before + self.scan as u64)
    }

    /// Puts the reader behind the first line of the record, for records that a stray quote has swallowed.
    fn back_to_first_line(&mut self) {
        let leading = self.buffer[self.row_start..self.scan].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        let from = self.row_start + leading;
        let line = self.buffer[from..self.scan].iter().position(|b| *b == b'\n');
        self.scan = line.map_or(self.scan, |at| from + at + 1);
        self.ended = false;
        self.reset_parser();
    }

    /// Fills `chunk` until it is full or the text ends (false). `number` counts the rows.
    ///
    /// # Errors
    /// I/O of the source; `UnexpectedEof` where the last line stops short of its cells: the file was cut off.
    pub fn read_chunk(&mut self, chunk: &mut Chunk, number: &mut u64, mut below: Option<&mut Below>) -> io::Result<bool> {
        self.short = None;
        // A row that was filled up waits for the next, which may be its other half; not for ever where all are.
        while !chunk.is_full() || self.short.is_some() && chunk.len() < 2 * FULL_ROWS {
            let step = self.step()?;
            let (cells, too_long) = match step {
                Step::End => return Ok(false),
                Step::TooLong { .. } => (0, true),
                Step::Record { cells } => (cells, false),
            };
            if cells == 1 && self.ends[0] > 0 && self.out[..self.ends[0]].iter().all(|b| matches!(b, 0x1A | 0 | b' ')) {
                // DOS ends a text with 0x1A.
                self.consume();
                continue;
            }
            let end = if cells == 0 { 0 } else { self.ends[cells - 1] };
            if cells > 1 && !too_long && self.out[..end].iter().all(|b| matches!(b, b' ' | b'\t')) {
                // Separators and nothing between them: an empty row of a sheet.
                below.iter_mut().for_each(|b| b.gap());
                self.consume();
                continue;
            }
            *number += 1;
            let swallowed = self.quote && memchr::memchr(b'\n', self.inner()).is_some();
            let bad_quotes = self.quote && (swallowed || self.ended) && !well_quoted(self.inner(), self.delimiter, self.escaped);
            // Empty cells beyond the header are what a separator at the end of a line leaves.
            let cells =
                match cells > chunk.width() && self.cells(cells).skip(chunk.width()).flatten().all(|c| c.trim().is_empty()) {
                    true => chunk.width(),
                    false => cells,
                };
            let lacking = chunk.width().saturating_sub(cells);
            let fillable = lacking > 0
                && !(too_long || bad_quotes || swallowed)
                && (lacking <= self.unnamed || cells >= 3 && lacking * 2 < chunk.width())
                && !(self.ended && !self.buffer[..self.scan].ends_with(b"\n") && lacking > self.unnamed);
            if fillable && !self.damaged() {
                self.fill_up(chunk, *number, cells);
                continue;
            }
            if self.short.take().is_some_and(|s| lacking > 0 && self.halves(chunk, s, cells)) {
                self.fault(chunk, *number, cell_count(chunk.width(), cells));
                continue;
            }
            if too_long || cells != chunk.width() || bad_quotes {
                let unfinished = self.ended && !self.buffer[..self.scan].ends_with(b"\n");
                if cells == 1
                    && chunk.width() >= 3
                    && !(too_long || swallowed || bad_quotes)
                    && let Some(error) = lone_line(self.text(1), unfinished)
                {
                    self.fault(chunk, *number, error);
                    continue;
                }
                let cut_off = self.ended && !self.buffer[..self.scan].ends_with(b"\n") && cells < chunk.width();
                if cut_off && !too_long && !swallowed && *number > 1 {
                    return Err(io::ErrorKind::UnexpectedEof.into());
                }
                let error = match too_long {
                    _ if swallowed || bad_quotes => stray_quote(),
                    true => row_too_long(self.max_row),
                    false => cell_count(chunk.width(), cells),
                };
                if swallowed {
                    self.back_to_first_line();
                } else if matches!(step, Step::TooLong { whole: false }) {
                    self.skip_rest_of_line()?;
                }
                self.fault(chunk, *number, error);
                continue;
            }
            if self.damaged() {
                self.fault(chunk, *number, undecodable(self.text.encoding));
                continue;
            }
            let end = self.ends[..cells].last().copied().unwrap_or(0);
            if memchr::memchr(0, &self.out[..end]).is_some() {
                self.fault(chunk, *number, nul());
                continue;
            }
            if let Some(below) = &mut below {
                if self.after_empty_line() {
                    below.gap();
                }
                let starts = |at: usize| if at == 0 { 0 } else { self.ends[at - 1] };
                if !below.is_plain(|at| &self.out[starts(at)..self.ends[at]]) {
                    let text = self.text(cells);
                    if let Some(error) = below.why(|at| text.get(starts(at)..self.ends[at])) {
                        self.fault(chunk, *number, error);
                        continue;
                    }
                }
            }
            let offset = self.consume();
            let text = simdutf8::basic::from_utf8(&self.out[..end]).expect("decoded text split at ASCII signs is text");
            chunk.push_joined(RowHead { number: *number, offset: Some(offset), mark: Mark::Cells }, text, &self.ends[..cells]);
        }
        Ok(true)
    }

    /// Adds a row that is shorter than the header, empty at its end: as Excel leaves out separators behind its last full cell.
    fn fill_up(&mut self, chunk: &mut Chunk, number: u64, cells: usize) {
        let lacking = chunk.width() - cells;
        if let Some(short) = self.short.take()
            && self.halves(chunk, short, cells)
        {
            return self.fault(chunk, number, cell_count(chunk.width(), cells));
        }
        let raw = self.raw().to_string();
        let offset = self.consume();
        let end = self.ends[..cells].last().copied().unwrap_or(0);
        let text = simdutf8::basic::from_utf8(&self.out[..end]).expect("decoded text split at ASCII signs is text");
        let mut start = 0;
        let given = self.ends[..cells].iter().map(|end| {
            let cell = &text[start..*end];
            start = *end;
            Some(cell)
        });
        let head = RowHead { number, offset: Some(offset), mark: Mark::Cells };
        chunk.push_row(head, given.chain(std::iter::repeat_n(None, lacking)));
        if lacking > self.unnamed {
            self.filled += 1;
            self.short = Some(Short { cells, number, offset, raw });
        }
    }

    /// Whether two short rows are the halves of one that a line end has broken; then the first is taken back.
    fn halves(&mut self, chunk: &mut Chunk, first: Short, cells: usize) -> bool {
        let broken = first.cells + cells == chunk.width() + 1 || first.cells != cells;
        if broken {
            chunk.pop_row();
            self.filled -= 1;
            chunk.fault(first.number, Some(first.offset), cell_count(chunk.width(), first.cells), &first.raw);
        }
        broken
    }

    /// Whether an empty line stands before the record.
    fn after_empty_line(&self) -> bool {
        let leading = self.buffer[self.row_start..self.scan].iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        match leading {
            0 => false,
            1 => self.row_start > 0 && self.buffer[self.row_start - 1] == b'\n',
            _ => true,
        }
    }

    fn fault(&mut self, chunk: &mut Chunk, number: u64, error: RowError) {
        let raw = self.raw().to_string();
        let offset = self.consume();
        chunk.fault(number, Some(offset), error, &raw);
    }

    /// After a row that is too long without being quoted: the rest of its line is passed over.
    fn skip_rest_of_line(&mut self) -> io::Result<()> {
        self.reset_parser();
        loop {
            if let Some(end) = self.buffer[self.scan..].iter().position(|b| *b == b'\n') {
                self.scan += end + 1;
                return Ok(());
            }
            // Only the beginning is kept for the quarantine; the rest is dropped as it comes.
            let keep = self.row_start + 8192;
            self.scan = self.buffer.len();
            if self.scan > keep {
                let dropped = std::str::from_utf8(&self.buffer[..self.scan]).expect("decoded").floor_char_boundary(keep);
                let gone = std::str::from_utf8(&self.buffer[dropped..self.scan]).expect("decoded");
                self.source_offset += encoded_len(self.text.encoding, gone);
                self.before += (self.scan - dropped) as u64;
                self.buffer.truncate(dropped);
                self.scan = dropped;
            }
            if !self.fill()? {
                return Ok(());
            }
        }
    }
}

fn row_too_long(max: usize) -> RowError {
    RowError::new("row_too_long", format!("该行超过 {max} 字节"), format!("the row is longer than {max} bytes"))
}

fn stray_quote() -> RowError {
    RowError::new("stray_quote", "该行的引号没有配对", "the row has a quote without its partner")
}

fn undecodable(encoding: &'static Encoding) -> RowError {
    RowError::new(
        "undecodable",
        format!("该行含有不属于 {} 编码的字节", encoding.name()),
        format!("the row holds bytes that are no {}", encoding.name()),
    )
}

pub(super) fn nul() -> RowError {
    RowError::new("nul", "该行含有 NUL 字符", "the row holds a NUL character")
}

#[cfg(test)]
mod tests {
    use super::*;

    type Rows = Vec<(u64, Vec<String>)>;

    fn read(bytes: &[u8]) -> (Vec<String>, Rows, Vec<(u64, Option<u64>, &'static str)>) {
        let opened = CsvReader::open(bytes, &Decoding::default(), 200, false).ok().expect("a table");
        let mut reader = opened.reader;
        let mut number = 0;
        let (mut rows, mut faults) = (Vec::new(), Vec::new());
        loop {
            let mut chunk = Chunk::new(opened.columns.len());
            let more = reader.read_chunk(&mut chunk, &mut number, None).expect("memory reads");
            chunk
                .for_each(|head, cells| {
                    rows.push((
                        head.offset.expect("files have offsets"),
                        cells.iter().map(|c| c.unwrap_or("∅").to_string()).collect(),
                    ));
                    Ok::<(), ()>(())
                })
                .expect("no error");
            faults.extend(chunk.faults.iter().map(|f| (f.number, f.offset, f.error.code())));
            if !more {
                return (opened.columns, rows, faults);
            }
        }
    }

    #[test]
    fn offsets_are_those_of_the_encoded_file() {
        let text = "编号,名称\r\n1,北京\r\n2,\"上,海\"\r\n";
        let gb = encoding_rs::GB18030.encode(text).0.into_owned();
        let (columns, rows, faults) = read(&gb);
        assert_eq!(columns, ["编号", "名称"]);
        assert_eq!(rows[1].1, ["2", "上,海"]);
        let at: Vec<usize> = rows.iter().map(|r| r.0 as usize).collect();
        assert!(gb[at[0]..].trim_ascii_start().starts_with(b"1,"), "{at:?}");
        assert!(gb[at[1]..].trim_ascii_start().starts_with(b"2,"), "{at:?}");
        assert!(faults.is_empty());
    }

    #[test]
    fn a_stray_quote_costs_one_line() {
        let (_, rows, faults) = read("id,name\n1,甲\n2,\"乙\n3,丙\n4,丁\n".as_bytes());
        assert_eq!(rows.iter().map(|r| r.1[0].as_str()).collect::<Vec<_>>(), ["1", "3", "4"]);
        assert_eq!(faults.iter().map(|f| (f.0, f.2)).collect::<Vec<_>>(), [(2, "stray_quote")]);
    }

    #[test]
    fn two_stray_quotes_far_apart_cost_two_lines() {
        let (_, rows, faults) = read("id,name,n\n1,\"甲,1\n2,乙,2\n3,\"丙,3\n4,丁,4\n".as_bytes());
        assert_eq!(rows.iter().map(|r| r.1[0].as_str()).collect::<Vec<_>>(), ["2", "4"]);
        assert_eq!(faults.iter().map(|f| (f.0, f.2)).collect::<Vec<_>>(), [(1, "stray_quote"), (3, "stray_quote")]);
    }

    #[test]
    fn a_quoted_line_break_stays_in_its_cell() {
        let (_, rows, faults) = read("id,name\n1,\"甲\n乙\"\n2,丙\n".as_bytes());
        assert_eq!(rows[0].1[1], "甲\n乙");
        assert!(faults.is_empty() && rows.len() == 2);
    }

    #[test]
    fn bad_rows_are_counted_and_the_good_ones_kept() {
        let mut bytes = b"id,name\n1,a\n2\n3,b,c\n4,\xff\n5,n\x00l\n".to_vec();
        bytes.extend(format!("6,{}\n7,ok\n", "x".repeat(300)).into_bytes());
        let opened = read(&bytes);
        // 0xFF alone is no GB18030 either, so the file is not taken for something it is not.
        assert_eq!(opened.1.iter().map(|r| r.1[0].as_str()).collect::<Vec<_>>(), ["1", "7"]);
        let codes: Vec<_> = opened.2.iter().map(|f| (f.0, f.2)).collect();
        assert_eq!(codes, [(2, "cell_count"), (3, "cell_count"), (4, "undecodable"), (5, "nul"), (6, "row_too_long")]);
        let offset = opened.2[2].1.expect("offset") as usize;
        assert!(bytes[offset..].trim_ascii_start().starts_with(b"4,"));
    }

    #[test]
    fn a_cut_off_file_is_noticed() {
        let opened = CsvReader::open(&b"id,name,x\n1,a,b\n2,a"[..], &Decoding::default(), 200, false).ok().expect("a table");
        let mut reader = opened.reader;
        let error = reader.read_chunk(&mut Chunk::new(3), &mut 0, None).expect_err("cut");
        assert_eq!(error.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn separators_too_many_or_too_few_at_the_end_of_a_row_lose_no_row() {
        let (columns, rows, faults) = read("a,b,c,d\n1,x,y,z,\n2,x,y,z,,\n3,x,y\n4,x,y\n5,x,y,z\n".as_bytes());
        assert_eq!(columns.len(), 4);
        assert_eq!(
            rows.iter().map(|r| r.1.join("|")).collect::<Vec<_>>(),
            ["1|x|y|z", "2|x|y|z", "3|x|y|∅", "4|x|y|∅", "5|x|y|z"]
        );
        assert!(faults.is_empty());
        let (columns, rows, faults) = read("a,b,c,\n1,x,y\n2,x,y,\n".as_bytes());
        assert_eq!((columns[3].as_str(), rows.len(), faults.len()), ("column_4", 2, 0));
    }

    #[test]
    fn a_line_of_one_cell_below_the_table_is_a_note() {
        let (_, rows, faults) = read("a,b,c\n----+----+----\n1,x,y\n(1 rows affected)\n填表人：某".as_bytes());
        assert_eq!(rows.len(), 1);
        assert_eq!(faults.iter().map(|f| f.2).collect::<Vec<_>>(), ["no_record_heading", "no_record_note", "no_record_note"]);
    }

    #[test]
    fn a_row_that_a_line_end_has_broken_is_two_faults_and_no_record() {
        let (_, rows, faults) = read("a,b,c,d,e\n1,x,y,z,w\n2,x,y\nyy,z,w\n3,x,y,z,w\n".as_bytes());
        assert_eq!(rows.iter().map(|r| r.1[0].as_str()).collect::<Vec<_>>(), ["1", "3"]);
        assert_eq!(faults.iter().map(|f| (f.0, f.2)).collect::<Vec<_>>(), [(2, "cell_count"), (3, "cell_count")]);
    }

    #[test]
    fn the_end_of_a_dos_text_is_no_row_and_a_backslash_may_stand_before_a_quote() {
        let (_, rows, faults) = read(b"a,b,c\n1,x,y\n\x1a");
        assert_eq!((rows.len(), faults.len()), (1, 0));
        let (_, rows, faults) = read("a,b\n1,\"北京\\\"示例\\\"公司\"\n2,\"x,\\\"y\"\n".as_bytes());
        assert_eq!(rows.iter().map(|r| r.1[1].as_str()).collect::<Vec<_>>(), ["北京\"示例\"公司", "x,\"y"]);
        assert!(faults.is_empty());
    }

    #[test]
    fn excel_s_hint_of_its_separator_is_no_header() {
        let (columns, rows, _) = read("sep=;\r\n编号;名称\r\n1;甲\r\n".as_bytes());
        assert_eq!(
            (columns, rows[0].1.clone()),
            (vec!["编号".to_owned(), "名称".to_owned()], vec!["1".to_owned(), "甲".to_owned()])
        );
    }
}

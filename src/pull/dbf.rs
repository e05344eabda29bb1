//! DBF: tables of dBASE, FoxPro and Clipper, which older systems export (with their texts in GBK).
//!
//! Read by ourselves because a number of a DBF is text, and a library's float has lost its zeros and its sixteenth digit.
//! Fields of memos stand in a file of their own and are not read. Layout: dBASE file format, Visual FoxPro table structure.

use std::fmt::Write;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

use encoding_rs::{Encoding, GB18030, UTF_8};

use super::chunk::Note;
use super::decode::sniff;
use super::error::said;
use super::sheet::SheetRows;
use crate::connector::{Decoding, Encoding as Wanted};

/// One field of a record.
#[derive(Debug)]
struct Field {
    name: Vec<u8>,
    kind: u8,
    length: usize,
}

/// Records read at a time.
const BLOCK: usize = 1 << 20;

/// Reads the table: its header first, then its rows that are not marked as deleted.
///
/// # Errors
/// `InvalidData` where the header contradicts the file, in numbers; `UnexpectedEof` where it is cut off; else the taker's.
pub fn read(path: &Path, decoding: &Decoding, rows: &mut dyn SheetRows) -> io::Result<()> {
    let mut file = BufReader::with_capacity(BLOCK, File::open(path)?);
    let size = file.get_ref().metadata()?.len();
    let mut head = [0u8; 32];
    file.read_exact(&mut head)?;
    let stated = u64::from(u32::from_le_bytes([head[4], head[5], head[6], head[7]]));
    let begin = u64::from(u16::from_le_bytes([head[8], head[9]]));
    let width = usize::from(u16::from_le_bytes([head[10], head[11]]));
    let foxpro = matches!(head[0], 0x30..=0x32);
    let fields = fields(&mut file, begin)?;
    let needed: usize = 1 + fields.iter().map(|f| f.length).sum::<usize>();
    if fields.is_empty() || width < needed || begin > size {
        return Err(wrong("文件头中的字段与记录长度不符", "the fields in its header do not fit the length of its records"));
    }
    count(&mut file, begin, width as u64, size, stated)?;
    let encoding = match decoding.encoding {
        Wanted::Named(encoding) => encoding,
        Wanted::Auto => guessed(&mut file, begin, head[29])?,
    };
    let text = |bytes: &[u8]| encoding.decode_without_bom_handling(bytes).0.into_owned();
    let memos: Vec<&Field> = fields.iter().filter(|f| is_memo(f, foxpro)).collect();
    if !memos.is_empty() {
        let names: Vec<String> = memos.iter().map(|f| text(&f.name)).collect();
        rows.note(Note::new(
            "memo_fields",
            format!("备注型字段的内容在另一个文件中，未读取：{}", names.join("、")),
            format!("memo fields stand in a file of their own and were not read: {}", names.join(", ")),
        ))?;
    }
    let kept: Vec<(usize, &Field)> = offsets(&fields).filter(|(_, f)| f.kind != b'0').collect();
    rows.header(super::header::join_header(&[kept.iter().map(|(_, f)| text(&f.name)).collect()], ""))?;
    file.seek(SeekFrom::Start(begin))?;
    let mut record = vec![0u8; width];
    let mut cells = Cells { text: String::with_capacity(2 * width), encoding };
    let mut ends: Vec<Option<usize>> = Vec::with_capacity(kept.len());
    let mut deleted = 0u64;
    for _ in 0..stated {
        file.read_exact(&mut record)?;
        if record[0] == b'*' {
            deleted += 1;
            continue;
        }
        cells.text.clear();
        ends.clear();
        ends.extend(kept.iter().map(|(at, f)| cells.add(f, &record[*at..*at + f.length], foxpro)));
        rows.joined(&cells.text, &ends)?;
    }
    if deleted > 0 {
        rows.note(Note::new(
            "deleted_rows",
            format!("{deleted} 行在 DBF 中已标记删除，未读取"),
            format!("{deleted} rows are marked as deleted in the DBF and were not read"),
        ))?;
    }
    Ok(())
}

fn wrong(zh: &str, en: &str) -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        format!("DBF 有误：{zh}；请从原系统重新导出"),
        format!("the DBF is wrong: {en}; export it again from its system"),
    )
}

fn fields(file: &mut impl Read, begin: u64) -> io::Result<Vec<Field>> {
    let mut fields = Vec::new();
    let mut left = begin.saturating_sub(32);
    let mut one = [0u8; 32];
    while left >= 1 {
        file.read_exact(&mut one[..1])?;
        if one[0] == 0x0D || left < 32 {
            break;
        }
        file.read_exact(&mut one[1..])?;
        left -= 32;
        let name = one[..11].split(|b| *b == 0).next().unwrap_or_default().to_vec();
        // Clipper keeps the high byte of a long text where others keep the decimals.
        let length = usize::from(one[16]) + if one[11] == b'C' { usize::from(one[17]) << 8 } else { 0 };
        fields.push(Field { name, kind: one[11].to_ascii_uppercase(), length });
    }
    Ok(fields)
}

fn offsets(fields: &[Field]) -> impl Iterator<Item = (usize, &Field)> {
    fields.iter().scan(1, |at, f| {
        let here = *at;
        *at += f.length;
        Some((here, f))
    })
}

/// The header's number of rows against the bytes that there are.
fn count(file: &mut (impl Read + Seek), begin: u64, width: u64, size: u64, stated: u64) -> io::Result<()> {
    let there = (size - begin) / width;
    if there < stated {
        return Err(io::ErrorKind::UnexpectedEof.into());
    }
    if there > stated {
        file.seek(SeekFrom::Start(begin + stated * width))?;
        let mut next = [0u8; 1];
        file.read_exact(&mut next)?;
        // The end is marked; what stands behind it is no row.
        if matches!(next[0], b' ' | b'*') {
            return Err(wrong(
                &format!("文件头说有 {stated} 行，文件中却有 {there} 行"),
                &format!("its header says {stated} rows, the file holds {there}"),
            ));
        }
    }
    Ok(())
}

/// The encoding of the texts: by the mark of the header, or by the texts, which are GBK where nobody set it.
fn guessed(file: &mut (impl Read + Seek), begin: u64, mark: u8) -> io::Result<&'static Encoding> {
    if matches!(mark, 0x4D | 0x7A) {
        return Ok(GB18030);
    }
    file.seek(SeekFrom::Start(begin))?;
    let mut text = Vec::new();
    file.by_ref().take(1 << 16).read_to_end(&mut text)?;
    text.retain(|b| *b != 0);
    Ok(if sniff(&text).surely_utf8 { UTF_8 } else { GB18030 })
}

fn is_memo(field: &Field, foxpro: bool) -> bool {
    matches!(field.kind, b'M' | b'G' | b'P' | b'W') || field.kind == b'B' && !foxpro
}

/// The cells of one record, one behind the other.
struct Cells {
    text: String,
    encoding: &'static Encoding,
}

impl Cells {
    /// Adds the text of a field, and returns where it ends; None where the field holds nothing.
    fn add(&mut self, field: &Field, bytes: &[u8], foxpro: bool) -> Option<usize> {
        let before = self.text.len();
        self.write(field, bytes, foxpro)?;
        (self.text.len() > before).then_some(self.text.len())
    }

    fn write(&mut self, field: &Field, bytes: &[u8], foxpro: bool) -> Option<()> {
        let array = || <[u8; 8]>::try_from(bytes).ok();
        let text = &mut self.text;
        match field.kind {
            _ if is_memo(field, foxpro) => return None,
            b'I' | b'+' if bytes.len() == 4 => write!(text, "{}", i32::from_le_bytes(bytes.try_into().ok()?)).ok()?,
            b'B' | b'O' if bytes.len() == 8 => write!(text, "{}", f64::from_le_bytes(array()?)).ok()?,
            b'Y' if bytes.len() == 8 => {
                let units = i64::from_le_bytes(array()?);
                let sign = if units < 0 { "-" } else { "" };
                write!(text, "{sign}{}.{:04}", units.unsigned_abs() / 10_000, units.unsigned_abs() % 10_000).ok()?;
            }
            b'T' | b'@' if bytes.len() == 8 => {
                let bytes = array()?;
                let day = i32::from_le_bytes(bytes[..4].try_into().ok()?);
                let millis = u32::from_le_bytes(bytes[4..].try_into().ok()?);
                // Julian day 1721425 is the first of the calendar.
                let date = chrono::NaiveDate::from_num_days_from_ce_opt(day.checked_sub(1_721_425)?).filter(|_| day > 0)?;
                let seconds = (millis + 500) / 1000;
                write!(text, "{date}").ok()?;
                if seconds > 0 {
                    write!(text, " {:02}:{:02}:{:02}", seconds / 3600 % 24, seconds / 60 % 60, seconds % 60).ok()?;
                }
            }
            b'L' => match bytes.first()?.to_ascii_uppercase() {
                b'T' | b'Y' => text.push('T'),
                b'F' | b'N' => text.push('F'),
                _ => return None,
            },
            _ => self.decode(bytes),
        }
        Some(())
    }

    /// A text up to its NUL, without the blanks around it.
    fn decode(&mut self, bytes: &[u8]) {
        let end = memchr::memchr(0, bytes).unwrap_or(bytes.len());
        let bytes = bytes[..end].trim_ascii();
        match std::str::from_utf8(bytes) {
            Ok(plain) if bytes.is_ascii() => self.text.push_str(plain),
            _ => {
                let mut decoder = self.encoding.new_decoder_without_bom_handling();
                self.text.reserve(decoder.max_utf8_buffer_length(bytes.len()).unwrap_or(bytes.len() * 3));
                let _ = decoder.decode_to_string(bytes, &mut self.text, true);
            }
        }
    }
}

//! What a file is, by its bytes: departments name a tab-separated text .xls, a workbook .csv and a web page .xlsx. The name
//! counts only among texts, where the bytes leave it open.

use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use crate::connector::Format;
use crate::pull::error::said;
use crate::pull::xlsx::zip_error;

/// What a file turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::pull) enum Kind {
    Xlsx,
    Xls,
    Xlsb,
    Ods,
    /// Excel 2003 XML.
    SpreadsheetMl,
    Html,
    Dbf,
    Zip,
    Gzip,
    /// Text of this format.
    Text(Format),
    /// Text that its name calls a workbook: its delimiter is to be found out.
    UnnamedText,
}

impl Kind {
    pub(in crate::pull) fn is_workbook(self) -> bool {
        matches!(self, Kind::Xlsx | Kind::Xls | Kind::Xlsb | Kind::Ods | Kind::SpreadsheetMl | Kind::Html)
    }
}

/// Bytes that are looked at.
pub(super) const HEAD: usize = 4096;

/// What the file at `path` is; `named` is what its name or the connector says.
///
/// # Errors
/// `InvalidData` for what holds no table (an archive nobody opens, a document, a picture) and for workbooks with a password,
/// in words that say what it is and what to send instead; I/O of the file.
pub(in crate::pull) fn recognise(path: &Path, named: Format) -> io::Result<Kind> {
    let head = head(&mut File::open(path)?)?;
    match of_head(&head, named)? {
        Kind::Zip => in_zip(path),
        Kind::Xls => in_compound(path),
        kind => Ok(kind),
    }
}

/// The first bytes of a stream.
pub(super) fn head(stream: &mut dyn Read) -> io::Result<Vec<u8>> {
    let mut head = Vec::with_capacity(HEAD);
    stream.take(HEAD as u64).read_to_end(&mut head)?;
    Ok(head)
}

/// What the first bytes say. A zip may be a workbook and a compound file any document: the file itself tells.
pub(super) fn of_head(head: &[u8], named: Format) -> io::Result<Kind> {
    match head {
        [b'P', b'K', 3, 4, ..] | [b'P', b'K', 5, 6, ..] => return Ok(Kind::Zip),
        [0x1F, 0x8B, ..] => return Ok(Kind::Gzip),
        [0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1, ..] => return Ok(Kind::Xls),
        [b'R', b'a', b'r', b'!', ..] => return Err(archive("RAR")),
        [b'7', b'z', 0xBC, 0xAF, 0x27, 0x1C, ..] => return Err(archive("7z")),
        [b'%', b'P', b'D', b'F', ..] => return Err(no_table("PDF 文档", "a PDF document")),
        [0xFF, 0xD8, 0xFF, ..] | [0x89, b'P', b'N', b'G', ..] => return Err(no_table("图片", "a picture")),
        [0x09, 0x00 | 0x02 | 0x04, 0x04 | 0x06, 0x00, ..] => {
            return Err(said(
                io::ErrorKind::InvalidData,
                "是 Excel 4 或更早版本的工作簿；请在 Excel/WPS 中打开并另存为 xlsx",
                "it is a workbook of Excel 4 or older: open it in Excel or WPS and save it as xlsx",
            ));
        }
        _ => {}
    }
    if is_dbf(head) {
        return Ok(Kind::Dbf);
    }
    if named == Format::Dbf && !head.is_empty() {
        return Err(said(
            io::ErrorKind::InvalidData,
            "不是 DBF：文件头不完整或不合规；请从原系统重新导出",
            "it is no DBF: its header is cut off or wrong; export it again from its system",
        ));
    }
    let text = beginning(head);
    if text.starts_with("<") {
        let office = text.contains("urn:schemas-microsoft-com:office:spreadsheet") && text.contains("<?xml")
            || text.contains("progid=\"excel.sheet\"");
        if office && !text.starts_with("<html") {
            return Ok(Kind::SpreadsheetMl);
        }
        let page = ["<!doctype html", "<html", "<table", "<head", "<meta", "<style", "<body", "<div", "<!--"];
        // A page may begin with what stands above its table: <p>单位：万元</p><table>.
        let with_table = text.contains("<table") && ["<tr>", "<tr "].iter().any(|row| text.contains(row));
        if named.is_workbook() && (page.iter().any(|p| text.starts_with(p)) || with_table) {
            return Ok(Kind::Html);
        }
        if named.is_workbook() {
            return Ok(Kind::Text(Format::Xml));
        }
    }
    if text.starts_with("mime-version:") {
        return Err(said(
            io::ErrorKind::InvalidData,
            "是单个文件网页（MHTML）；请在 Excel/WPS 中打开并另存为 xlsx",
            "it is a web archive (MHTML): open it in Excel or WPS and save it as xlsx",
        ));
    }
    Ok(match named {
        Format::Csv | Format::Tsv if text.starts_with("{\"") || text.starts_with("[{") => {
            Kind::Text(match text.split_once("}\n{") {
                Some(_) => Format::Ndjson,
                None => Format::Json,
            })
        }
        Format::Json if text.starts_with('{') && (text.contains("}\n{") || text.contains("}\r\n{")) => Kind::Text(Format::Ndjson),
        Format::Ndjson if text.starts_with('[') => Kind::Text(Format::Json),
        named if named.is_binary() => Kind::UnnamedText,
        named => Kind::Text(named),
    })
}

/// The beginning as text in lower case, whatever its encoding.
fn beginning(head: &[u8]) -> String {
    let sniffed = crate::pull::decode::sniff(head);
    let text = sniffed.encoding.decode_without_bom_handling(&head[sniffed.mark_bytes.min(head.len())..]).0;
    text.trim_start().to_ascii_lowercase()
}

/// A header of dBASE, FoxPro or Clipper: version, a date that exists, lengths that fit.
fn is_dbf(head: &[u8]) -> bool {
    if head.len() < 65 {
        return false;
    }
    let version = matches!(head[0], 0x02 | 0x03 | 0x30 | 0x31 | 0x32 | 0x43 | 0x63 | 0x83 | 0x8B | 0x8C | 0xCB | 0xF5 | 0xFB);
    let two = |at: usize| usize::from(u16::from_le_bytes([head[at], head[at + 1]]));
    let date = head[2] <= 12 && head[3] <= 31;
    let (header, record) = (two(8), two(10));
    let kind = head[32 + 11].is_ascii_uppercase() || matches!(head[32 + 11], b'0' | b'@' | b'+');
    version && date && kind && header > 64 && record > 1 && head[32] != 0
}

fn in_zip(path: &Path) -> io::Result<Kind> {
    let archive = match zip::ZipArchive::new(BufReader::new(File::open(path)?)) {
        Ok(archive) => archive,
        // The list of entries stands at the end: without it the file is cut off.
        Err(zip::result::ZipError::InvalidArchive(_)) => return Err(io::ErrorKind::UnexpectedEof.into()),
        Err(e) => return Err(zip_error(e)),
    };
    let any = |begin: &str| archive.file_names().flatten().any(|n| n.replace('\\', "/").to_ascii_lowercase().starts_with(begin));
    let has = |name: &str| archive.file_names().flatten().any(|n| n.replace('\\', "/").eq_ignore_ascii_case(name));
    if has("xl/workbook.bin") {
        return Ok(Kind::Xlsb);
    }
    if has("_rels/.rels") || has("[content_types].xml") {
        return match (any("xl/"), any("word/"), any("ppt/")) {
            (true, ..) => Ok(Kind::Xlsx),
            (_, true, _) => Err(no_table("Word 文档", "a Word document")),
            (_, _, true) => Err(no_table("演示文稿", "a presentation")),
            _ => Ok(Kind::Xlsx),
        };
    }
    if has("content.xml") && has("mimetype") {
        let mut archive = archive;
        let mut kind = String::new();
        if let Ok(mut entry) = archive.by_name("mimetype") {
            entry.by_ref().take(200).read_to_string(&mut kind)?;
        }
        return match kind.contains("spreadsheet") {
            true => Ok(Kind::Ods),
            false => Err(no_table("OpenDocument 文档", "an OpenDocument text")),
        };
    }
    Ok(Kind::Zip)
}

fn in_compound(path: &Path) -> io::Result<Kind> {
    let file = cfb::open(path).map_err(|e| match e.kind() {
        io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof => io::Error::from(io::ErrorKind::UnexpectedEof),
        _ => e,
    })?;
    let has = |name: &str| file.exists(name);
    if has("/EncryptedPackage") || has("/EncryptionInfo") {
        return Err(said(
            io::ErrorKind::InvalidData,
            "工作簿设有打开密码，无法读取；请部门去掉密码后另存，再报送",
            "the workbook opens only with a password: ask the department to save it without one and to send it again",
        ));
    }
    if ["/Workbook", "/Book"].iter().any(|n| has(n)) {
        return Ok(Kind::Xls);
    }
    Err(match has("/WordDocument") {
        true => no_table("Word 文档", "a Word document"),
        false => no_table("不含工作簿的 OLE 文件", "a compound file without a workbook"),
    })
}

fn archive(kind: &str) -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        format!("是 {kind} 压缩包，不予解压；请改用 zip，或直接报送其中的文件"),
        format!("it is a {kind} archive, which is not unpacked: send a zip, or the files in it"),
    )
}

fn no_table(zh: &str, en: &str) -> io::Error {
    said(
        io::ErrorKind::InvalidData,
        format!("是{zh}，不是数据表；请报送 xlsx、xls、csv 等表格"),
        format!("it is {en}, no table: send an xlsx, xls or csv"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_go_before_names() {
        let xmlss = "<?xml version=\"1.0\"?><?mso-application progid=\"Excel.Sheet\"?><Workbook xmlns=\"urn:schemas-microsoft-com:office:spreadsheet\">";
        let gb = encoding_rs::GB18030.encode("编号\t名称\n1\t甲\n").0.into_owned();
        for (head, named, expected) in [
            (&b"PK\x03\x04"[..], Format::Csv, Kind::Zip),
            (b"\x1f\x8b\x08", Format::Csv, Kind::Gzip),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", Format::Csv, Kind::Xls),
            (xmlss.as_bytes(), Format::Xls, Kind::SpreadsheetMl),
            (xmlss.as_bytes(), Format::Xml, Kind::SpreadsheetMl),
            (b"<html xmlns:x=\"urn:schemas-microsoft-com:office:excel\"><table>", Format::Xls, Kind::Html),
            (b"<html><form>", Format::Csv, Kind::Text(Format::Csv)),
            (b"\xef\xbb\xbf<table><tr>", Format::Xls, Kind::Html),
            (b"<p>title</p><table><tr>", Format::Xls, Kind::Html),
            (&gb, Format::Xls, Kind::UnnamedText),
            (b"id,name\n", Format::Xlsx, Kind::UnnamedText),
            (b"id,name\n", Format::Csv, Kind::Text(Format::Csv)),
            (b"[{\"id\":1}]", Format::Csv, Kind::Text(Format::Json)),
            (b"{\"id\":1}\n{\"id\":2}\n", Format::Csv, Kind::Text(Format::Ndjson)),
            (b"{\"id\":1}\r\n{\"id\":2}\n", Format::Json, Kind::Text(Format::Ndjson)),
            (b"[{\"id\":1}]", Format::Ndjson, Kind::Text(Format::Json)),
            (b"", Format::Xlsx, Kind::UnnamedText),
        ] {
            assert_eq!(of_head(head, named).expect("a kind"), expected, "{}", String::from_utf8_lossy(head));
        }
        for (head, word) in
            [(&b"Rar!\x1a\x07"[..], "RAR"), (b"7z\xbc\xaf\x27\x1c", "7z"), (b"%PDF-1.4", "PDF"), (b"MIME-Version: 1.0", "MHTML")]
        {
            assert!(of_head(head, Format::Xls).expect_err("refused").to_string().contains(word));
        }
    }
}

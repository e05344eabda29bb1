//! The formats that districts send, written for measuring: a DBF, and by PyPI's xlwt an XLS of four sheets; and what
//! PyPI's python-calamine needs for the same workbooks, which is what huitu is held against.
//!
//! In: the rows as CSV. Out: files beside it. Without Python or the packages what needs them is left out, and said.

use std::io::Write;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use anyhow::{Context, bail};

/// Rows of a sheet of the XLS; it has four.
const SHEET_ROWS: usize = 50_000;

const WRITE_XLS: &str = r#"
import csv, sys, xlwt
book = xlwt.Workbook()
with open(sys.argv[1], encoding="utf-8", newline="") as f:
    rows = csv.reader(f)
    header = next(rows)
    for number in range(4):
        sheet = None
        for at in range(int(sys.argv[3])):
            row = next(rows, None)
            if row is None:
                break
            if sheet is None:
                sheet = book.add_sheet("%d" % (number + 1))
                for column, cell in enumerate(header):
                    sheet.write(0, column, cell)
            for column, cell in enumerate(row):
                if cell:
                    sheet.write(at + 1, column, cell)
book.save(sys.argv[2])
"#;

const READ: &str = r#"
import sys, time
from python_calamine import CalamineWorkbook
began = time.time()
book = CalamineWorkbook.from_path(sys.argv[1])
rows = sum(len(book.get_sheet_by_name(name).to_python()) - 1 for name in book.sheet_names)
print(rows, time.time() - began)
"#;

fn python(script: &str, args: &[&Path], more: &[&str]) -> Option<String> {
    let output = Command::new("python3").arg("-c").arg(script).args(args).args(more).output().ok()?;
    output.status.success().then(|| String::from_utf8_lossy(&output.stdout).into_owned())
}

/// Four sheets of the rows. False where there is no xlwt.
pub fn write_xls(csv: &Path, xls: &Path) -> bool {
    python(WRITE_XLS, &[csv, xls], &[&SHEET_ROWS.to_string()]).is_some()
}

/// Rows that python-calamine reads, and its seconds. None where it is not there.
pub fn yardstick(book: &Path) -> Option<(i64, f64)> {
    let began = Instant::now();
    let said = python(READ, &[book], &[])?;
    let mut words = said.split_whitespace();
    let rows = words.next()?.parse().ok()?;
    let seconds = words.next().and_then(|s| s.parse().ok()).unwrap_or_else(|| began.elapsed().as_secs_f64());
    Some((rows, seconds))
}

/// The first ten bytes of a name in GBK: what a DBF keeps of it.
pub fn short(name: &str) -> String {
    let mut kept = String::new();
    for c in name.chars() {
        kept.push(c);
        if encoding_rs::GBK.encode(&kept).0.len() > 10 {
            kept.pop();
            break;
        }
    }
    kept
}

/// A dBASE III table in GBK of at most `most` rows of a CSV.
///
/// # Errors
/// A file that cannot be read or written.
pub fn write_dbf(csv: &Path, dbf: &Path, most: usize) -> anyhow::Result<()> {
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let mut reader = csv::Reader::from_path(csv)?;
    let names: Vec<Vec<u8>> = reader.headers()?.iter().map(|n| gbk(&short(n))).collect();
    let rows: Vec<Vec<Vec<u8>>> = reader
        .records()
        .take(most)
        .map(|row| Ok(row?.iter().map(gbk).collect()))
        .collect::<Result<_, csv::Error>>()
        .context("the rows for the DBF")?;
    let widths: Vec<usize> =
        (0..names.len()).map(|at| rows.iter().map(|r| r[at].len()).max().unwrap_or(1).clamp(1, 254)).collect();
    let (begin, width) = (32 + 32 * names.len() + 1, 1 + widths.iter().sum::<usize>());
    let (Ok(begin), Ok(width), Ok(count)) = (u16::try_from(begin), u16::try_from(width), u32::try_from(rows.len())) else {
        bail!("the rows are too wide for a DBF");
    };
    let mut out = std::io::BufWriter::new(std::fs::File::create(dbf)?);
    let mut head = vec![3, 126, 11, 27];
    head.extend(count.to_le_bytes());
    head.extend(begin.to_le_bytes());
    head.extend(width.to_le_bytes());
    head.resize(32, 0);
    head[29] = 0x4D;
    for (name, width) in names.iter().zip(&widths) {
        let mut field = name.clone();
        field.resize(11, 0);
        field.push(b'C');
        field.resize(16, 0);
        field.push(*width as u8);
        field.resize(32, 0);
        head.extend(field);
    }
    head.push(0x0D);
    out.write_all(&head)?;
    for row in &rows {
        out.write_all(b" ")?;
        for (cell, width) in row.iter().zip(&widths) {
            let mut cell = cell.clone();
            cell.truncate(*width);
            cell.resize(*width, b' ');
            out.write_all(&cell)?;
        }
    }
    out.write_all(&[0x1A])?;
    Ok(out.flush()?)
}

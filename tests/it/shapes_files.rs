//! Files of kinds that no library writes here: old workbooks, binary ones, DBF, and workbooks with what a writer leaves out.

use std::io::{Cursor, Write};

fn zipped(entries: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        archive.start_file(*name, zip::write::SimpleFileOptions::default()).expect("an entry");
        archive.write_all(bytes).expect("written");
    }
    archive.finish().expect("finished").into_inner()
}

/// A workbook of sheets (name, attributes, rows as XML).
pub fn raw_book(sheets: &[(&str, &str, &str)]) -> Vec<u8> {
    let list: String = (1..)
        .zip(sheets)
        .map(|(n, (name, more, _))| format!("<sheet name=\"{name}\" sheetId=\"{n}\" {more} r:id=\"rId{n}\"/>"))
        .collect();
    let relations: String = (1..=sheets.len())
        .map(|n| {
            format!("<Relationship Id=\"rId{n}\" Type=\"http://x/relationships/worksheet\" Target=\"worksheets/sheet{n}.xml\"/>")
        })
        .collect();
    let mut entries = vec![
        ("_rels/.rels".to_owned(), "<Relationships><Relationship Id=\"r\" Type=\"http://x/relationships/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>".to_owned()),
        ("xl/workbook.xml".to_owned(), format!("<workbook xmlns:r=\"r\"><sheets>{list}</sheets></workbook>")),
        ("xl/_rels/workbook.xml.rels".to_owned(), format!("<Relationships>{relations}</Relationships>")),
    ];
    for (n, (_, _, rows)) in (1..).zip(sheets) {
        entries.push((format!("xl/worksheets/sheet{n}.xml"), format!("<worksheet><sheetData>{rows}</sheetData></worksheet>")));
    }
    let entries: Vec<(&str, Vec<u8>)> = entries.iter().map(|(n, t)| (n.as_str(), t.clone().into_bytes())).collect();
    zipped(&entries)
}

pub fn ods(rows: &[&str]) -> Vec<u8> {
    ods_with(rows, "")
}

/// The same, with these elements in front of the table's rows.
pub fn ods_with(rows: &[&str], columns: &str) -> Vec<u8> {
    let cell = |c: &str| match c.parse::<f64>() {
        Ok(n) => {
            format!("<table:table-cell office:value-type=\"float\" office:value=\"{n}\"><text:p>{c}</text:p></table:table-cell>")
        }
        Err(_) => format!("<table:table-cell office:value-type=\"string\"><text:p>{c}</text:p></table:table-cell>"),
    };
    let rows: String = rows
        .iter()
        .map(|r| format!("<table:table-row>{}</table:table-row>", r.split('|').map(cell).collect::<String>()))
        .collect();
    let content = format!(
        "<office:document-content><office:automatic-styles><style:style style:name=\"h\" style:family=\"table\"><style:table-properties table:display=\"false\"/></style:style></office:automatic-styles>\
         <office:body><office:spreadsheet><table:table table:name=\"旧\" table:style-name=\"h\"><table:table-row><table:table-cell office:value-type=\"string\"><text:p>旧</text:p></table:table-cell></table:table-row></table:table>\
         <table:table table:name=\"表\">{columns}{rows}<table:table-row table:number-rows-repeated=\"1048570\"><table:table-cell table:number-columns-repeated=\"1024\"/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"
    );
    zipped(&[("mimetype", b"application/vnd.oasis.opendocument.spreadsheet".to_vec()), ("content.xml", content.into_bytes())])
}

/// A compound file with these streams.
pub fn compound(streams: &[(&str, &[u8])]) -> Vec<u8> {
    let mut file = cfb::CompoundFile::create(Cursor::new(Vec::new())).expect("a compound file");
    for (name, bytes) in streams {
        file.create_stream(format!("/{name}")).expect("a stream").write_all(bytes).expect("written");
    }
    file.flush().expect("written");
    file.into_inner().into_inner()
}

pub enum Cell {
    Text(&'static str),
    Number(f64),
    /// A formula of a program that calculates nothing.
    Uncalculated,
}

/// A BIFF8 workbook of one sheet: row, column, cell, style (the place of its format).
pub fn biff(cells: &[(u16, u16, Cell, u16)], formats: &[&str]) -> Vec<u8> {
    biff_with(cells, formats, &[])
}

/// The same, with these records in front of the sheet's cells.
pub fn biff_with(cells: &[(u16, u16, Cell, u16)], formats: &[&str], more: &[(u16, Vec<u8>)]) -> Vec<u8> {
    fn record(out: &mut Vec<u8>, kind: u16, content: &[u8]) {
        out.extend(kind.to_le_bytes());
        out.extend((content.len() as u16).to_le_bytes());
        out.extend(content);
    }
    let wide = |text: &str| text.encode_utf16().flat_map(u16::to_le_bytes).collect::<Vec<u8>>();
    let bof = |kind: u16| [0x0600u16.to_le_bytes(), kind.to_le_bytes(), [0, 0], [0, 0], [0, 0], [0, 0], [0, 0], [0, 0]].concat();
    let mut globals = Vec::new();
    record(&mut globals, 0x0809, &bof(0x0005));
    for (at, format) in formats.iter().enumerate() {
        let length = format.encode_utf16().count() as u16;
        record(
            &mut globals,
            0x041E,
            &[&(164 + at as u16).to_le_bytes()[..], &length.to_le_bytes(), &[1], &wide(format)].concat(),
        );
    }
    for at in 0..formats.len() {
        let id = if at == 0 { 0 } else { 164 + at as u16 };
        record(&mut globals, 0x00E0, &[&[0, 0][..], &id.to_le_bytes(), &[0; 16]].concat());
    }
    let name = wide("表");
    // The sheet begins behind this record and the end of the globals.
    let begin = (globals.len() + 4 + 8 + name.len() + 4) as u32;
    record(&mut globals, 0x0085, &[&begin.to_le_bytes()[..], &[0, 0, 1, 1], &name].concat());
    record(&mut globals, 0x000A, &[]);
    let mut sheet = Vec::new();
    record(&mut sheet, 0x0809, &bof(0x0010));
    more.iter().for_each(|(kind, content)| record(&mut sheet, *kind, content));
    for (row, column, cell, style) in cells {
        let head = [row.to_le_bytes(), column.to_le_bytes(), style.to_le_bytes()].concat();
        match cell {
            Cell::Text(text) => {
                let length = text.encode_utf16().count() as u16;
                record(&mut sheet, 0x0204, &[&head[..], &length.to_le_bytes(), &[1], &wide(text)].concat());
            }
            Cell::Number(n) => record(&mut sheet, 0x0203, &[&head[..], &n.to_le_bytes()].concat()),
            Cell::Uncalculated => {
                // Its result is an empty text; the formula is the number 1.
                let formula = [3u8, 0, 0x1E, 1, 0];
                record(&mut sheet, 0x0006, &[&head[..], &[3, 0, 0, 0, 0, 0, 0xFF, 0xFF], &[0, 0, 0, 0, 0, 0], &formula].concat());
            }
        }
    }
    record(&mut sheet, 0x000A, &[]);
    compound(&[("Workbook", &[globals, sheet].concat())])
}

pub fn xls(rows: &[&'static str]) -> Vec<u8> {
    let mut cells = Vec::new();
    for (row, line) in rows.iter().enumerate() {
        for (column, cell) in line.split('|').enumerate() {
            let cell = cell.parse().map_or(Cell::Text(cell), Cell::Number);
            cells.push((row as u16, column as u16, cell, 0));
        }
    }
    biff(&cells, &["General"])
}

pub fn xlsb(rows: &[&str]) -> Vec<u8> {
    xlsb_hiding(rows, None)
}

/// The same, with a column hidden.
pub fn xlsb_hiding(rows: &[&str], hidden: Option<u32>) -> Vec<u8> {
    fn record(out: &mut Vec<u8>, kind: u32, content: &[u8]) {
        if kind < 128 {
            out.push(kind as u8);
        } else {
            out.extend([(kind & 0x7F) as u8 | 0x80, (kind >> 7) as u8]);
        }
        let mut length = content.len();
        while length > 127 {
            out.push((length & 0x7F) as u8 | 0x80);
            length >>= 7;
        }
        out.push(length as u8);
        out.extend(content);
    }
    let wide = |text: &str| {
        let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        [&(units.len() as u32 / 2).to_le_bytes()[..], &units].concat()
    };
    let mut workbook = Vec::new();
    record(&mut workbook, 156, &[&0u32.to_le_bytes()[..], &1u32.to_le_bytes(), &wide("rId1"), &wide("表")].concat());
    let mut sheet = Vec::new();
    if let Some(column) = hidden {
        let info = [column.to_le_bytes(), column.to_le_bytes(), 2304u32.to_le_bytes(), 0u32.to_le_bytes()].concat();
        record(&mut sheet, 60, &[&info[..], &[1, 0]].concat());
    }
    for (row, line) in rows.iter().enumerate() {
        record(&mut sheet, 0, &[&(row as u32).to_le_bytes()[..], &[0; 13]].concat());
        for (column, cell) in line.split('|').enumerate() {
            let head = [(column as u32).to_le_bytes(), 0u32.to_le_bytes()].concat();
            match cell.parse::<f64>() {
                Ok(n) => record(&mut sheet, 5, &[&head[..], &n.to_le_bytes()].concat()),
                Err(_) => record(&mut sheet, 6, &[&head[..], &wide(cell)].concat()),
            }
        }
    }
    zipped(&[
        ("[Content_Types].xml", b"<Types/>".to_vec()),
        ("xl/workbook.bin", workbook),
        (
            "xl/_rels/workbook.bin.rels",
            b"<Relationships><Relationship Id=\"rId1\" Type=\"t/worksheet\" Target=\"worksheets/sheet1.bin\"/></Relationships>"
                .to_vec(),
        ),
        ("xl/worksheets/sheet1.bin", sheet),
    ])
}

/// A dBASE III table in GBK; `stated`: the rows its header claims.
pub fn dbf(rows: &[&str], stated: Option<u32>) -> Vec<u8> {
    let gbk = |text: &str| encoding_rs::GBK.encode(text).0.into_owned();
    let names: Vec<&str> = rows[0].split('|').collect();
    let widths: Vec<usize> = (0..names.len())
        .map(|at| rows[1..].iter().map(|r| gbk(r.split('|').nth(at).unwrap_or("")).len()).max().unwrap_or(1).max(1))
        .collect();
    let width = 1 + widths.iter().sum::<usize>();
    let begin = 32 + 32 * names.len() + 1;
    let mut out = vec![3, 126, 11, 27];
    out.extend(stated.unwrap_or(rows.len() as u32 - 1).to_le_bytes());
    out.extend((begin as u16).to_le_bytes());
    out.extend((width as u16).to_le_bytes());
    out.resize(32, 0);
    out[29] = 0x4D;
    for (at, name) in names.iter().enumerate() {
        let mut field = gbk(name);
        field.resize(11, 0);
        field.push(if rows[1..].iter().all(|r| r.split('|').nth(at).is_some_and(|c| c.parse::<f64>().is_ok())) {
            b'N'
        } else {
            b'C'
        });
        field.resize(16, 0);
        field.push(widths[at] as u8);
        field.resize(32, 0);
        out.extend(field);
    }
    out.push(0x0D);
    for row in &rows[1..] {
        out.push(b' ');
        for (cell, width) in row.split('|').zip(&widths) {
            let mut bytes = gbk(cell);
            bytes.resize(*width, b' ');
            out.extend(bytes);
        }
    }
    out.push(0x1A);
    out
}

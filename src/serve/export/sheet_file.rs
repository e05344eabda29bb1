//! A sheet that is made whole before it leaves: in which form it was asked for, and the answer that carries it.
//!
//! In: the ending and encoding that were asked, then the bytes. Out: a response. What it does not do: know what stands in the sheet.

use axum::body::Body;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::format::{ExportFileFormat, content_type};
use crate::serve::problem::Problem;

/// The form of a sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SheetForm {
    /// CSV, NDJSON or a workbook.
    pub format: ExportFileFormat,
    /// Of CSV: GB18030 instead of UTF-8.
    pub gb18030: bool,
}

impl SheetForm {
    /// The form that an ending and an encoding name, of the sheet `list`.
    ///
    /// # Errors
    /// There is no such form, or the encoding is none of it.
    pub fn read(list: &str, extension: &str, encoding: Option<&str>) -> Result<SheetForm, Problem> {
        let format = match ExportFileFormat::from_extension(extension) {
            Some(format @ (ExportFileFormat::Csv | ExportFileFormat::Ndjson | ExportFileFormat::Xlsx)) => format,
            _ => {
                return Err(Problem::bad_input(
                    format!("{list} 可用格式：csv、ndjson、xlsx"),
                    format!("{list} is written as csv, ndjson or xlsx"),
                )
                .remedy("csv, ndjson, xlsx"));
            }
        };
        let gb18030 = match encoding.map(str::to_ascii_lowercase).as_deref() {
            None | Some("utf-8" | "utf8") => false,
            Some("gb18030") if format == ExportFileFormat::Csv => true,
            Some(other) => {
                return Err(Problem::bad_input(
                    format!("未知编码 {other}：csv 可用 utf-8、gb18030"),
                    format!("unknown encoding {other}: of csv, utf-8 or gb18030"),
                ));
            }
        };
        Ok(SheetForm { format, gb18030 })
    }

    /// The text of a CSV as the form wants it.
    pub fn coded(self, text: Vec<u8>) -> Vec<u8> {
        match self.gb18030 {
            true => encoding_rs::GB18030.encode(std::str::from_utf8(&text).expect("cells are UTF-8")).0.into_owned(),
            // Excel takes UTF-8 for UTF-8 only behind a byte order mark.
            false => [b"\xef\xbb\xbf".as_slice(), &text].concat(),
        }
    }

    /// The file, to be kept: `huitu-LIST.ENDING`, its number of rows beside it.
    pub fn attachment(self, list: &str, rows: usize, bytes: Vec<u8>, request: &str) -> Response {
        let mut response = Response::new(Body::from(bytes));
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, content_type(self.format, self.gb18030));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("private, no-cache"));
        headers.insert("x-huitu-rows", HeaderValue::from(rows));
        let name = format!("attachment; filename=\"huitu-{list}.{}\"", self.format.extension());
        if let Ok(disposition) = HeaderValue::from_str(&name) {
            headers.insert(header::CONTENT_DISPOSITION, disposition);
        }
        if let Ok(id) = HeaderValue::from_str(request) {
            headers.insert("x-request-id", id);
        }
        response
    }
}

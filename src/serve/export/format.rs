//! Forms of an export file, and their media types.

use axum::http::HeaderValue;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFileFormat {
    Csv,
    Ndjson,
    Arrow,
    Xlsx,
}

impl ExportFileFormat {
    pub fn extension(self) -> &'static str {
        match self {
            ExportFileFormat::Csv => "csv",
            ExportFileFormat::Ndjson => "ndjson",
            ExportFileFormat::Arrow => "arrow",
            ExportFileFormat::Xlsx => "xlsx",
        }
    }
    pub fn from_extension(extension: &str) -> Option<ExportFileFormat> {
        [ExportFileFormat::Csv, ExportFileFormat::Ndjson, ExportFileFormat::Arrow, ExportFileFormat::Xlsx]
            .into_iter()
            .find(|f| f.extension() == extension)
    }
}

/// The media type of a file.
pub fn content_type(format: ExportFileFormat, gb18030: bool) -> HeaderValue {
    HeaderValue::from_static(match format {
        ExportFileFormat::Csv if gb18030 => "text/csv; charset=gb18030",
        ExportFileFormat::Csv => "text/csv; charset=utf-8",
        ExportFileFormat::Ndjson => "application/x-ndjson; charset=utf-8",
        ExportFileFormat::Arrow => "application/vnd.apache.arrow.stream",
        ExportFileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    })
}

//! Forms of an export file, and their media types.

use axum::http::HeaderValue;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExportFileFormat {
    Csv,
    Ndjson,
    Arrow,
    Parquet,
    Xlsx,
}

impl ExportFileFormat {
    const ALL: [ExportFileFormat; 5] = [
        ExportFileFormat::Csv,
        ExportFileFormat::Ndjson,
        ExportFileFormat::Arrow,
        ExportFileFormat::Parquet,
        ExportFileFormat::Xlsx,
    ];
    pub fn extension(self) -> &'static str {
        match self {
            ExportFileFormat::Csv => "csv",
            ExportFileFormat::Ndjson => "ndjson",
            ExportFileFormat::Arrow => "arrow",
            ExportFileFormat::Parquet => "parquet",
            ExportFileFormat::Xlsx => "xlsx",
        }
    }
    pub fn from_extension(extension: &str) -> Option<ExportFileFormat> {
        ExportFileFormat::ALL.into_iter().find(|f| f.extension() == extension)
    }
}

/// The media type of a file by its ending; that of plain bytes where nobody knows the ending.
pub fn content_type_of(extension: &str) -> HeaderValue {
    let plain = HeaderValue::from_static("application/octet-stream");
    ExportFileFormat::from_extension(extension).map_or(plain, |format| content_type(format, false))
}

/// The media type of a file.
pub fn content_type(format: ExportFileFormat, gb18030: bool) -> HeaderValue {
    HeaderValue::from_static(match format {
        ExportFileFormat::Csv if gb18030 => "text/csv; charset=gb18030",
        ExportFileFormat::Csv => "text/csv; charset=utf-8",
        ExportFileFormat::Ndjson => "application/x-ndjson; charset=utf-8",
        ExportFileFormat::Arrow => "application/vnd.apache.arrow.stream",
        ExportFileFormat::Parquet => "application/vnd.apache.parquet",
        ExportFileFormat::Xlsx => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    })
}

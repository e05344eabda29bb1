//! One registry as its connector folder describes it, in memory: what every other room reads of a connector.

use std::path::PathBuf;

use super::catalogue::Catalogue;
use super::mapping::{Contract, DriftPolicy, Layout};
use super::pacing::Manners;
use super::problem::Problem;
use super::source::{Format, Method, Source, Transport};
use super::text::Bilingual;

/// One registry, as its connector folder describes it.
#[derive(Debug, Clone, PartialEq)]
pub struct Connector {
    /// The folder's name: lower case, digits and `_`.
    pub name: String,
    pub title: Bilingual,
    /// The department that owns the data.
    pub owner: Bilingual,
    /// The agreement or law under which it is shared.
    pub legal_basis: Option<Bilingual>,
    pub catalogue: Catalogue,
    pub contact: Option<String>,
    /// Pulled with every sync. A ready-made connector whose place nobody has named yet is not.
    pub enabled: bool,
    /// 1 is believed first where registries differ.
    pub rank: u16,
    /// The registry issues credit codes: two of its records with different valid codes are two enterprises.
    pub issues_codes: bool,
    /// A pull brings every row, so that a missing one may be gone.
    pub complete: bool,
    pub source: Source,
    pub decoding: Decoding,
    pub contract: Contract,
    pub drift: DriftPolicy,
    pub guard: Guard,
    pub manners: Manners,
    pub lookup: Option<Lookup>,
    /// Changes whenever the manifest, or the program's way of reading, changes: rows read under another digest are read again.
    pub digest: u64,
    /// The folder it was read from; None for the embedded ones.
    pub folder: Option<PathBuf>,
}

/// How bytes become rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Decoding {
    pub encoding: Encoding,
    pub delimiter: u8,
    pub quote: bool,
    /// Lines or sheet rows above the header.
    pub skip: u32,
    /// Rows that make the header (0: the source has none and `header` names the columns).
    pub header_rows: u32,
    /// Column names of a source without a header.
    pub header: Vec<String>,
    /// Between the parts of a header of several rows.
    pub header_join: String,
    /// Sheet of a workbook; None: the first one.
    pub sheet: Option<String>,
    /// Element (XML) or JSON pointer of the records in a file.
    pub records: Option<String>,
}

/// How text is encoded. `Auto`: a byte order mark, else UTF-8 where the beginning is valid UTF-8, else GB18030.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Encoding {
    Auto,
    Named(&'static encoding_rs::Encoding),
}

impl Default for Decoding {
    fn default() -> Self {
        Decoding {
            encoding: Encoding::Auto,
            delimiter: b',',
            quote: true,
            skip: 0,
            header_rows: 1,
            header: Vec::new(),
            header_join: "/".into(),
            sheet: None,
            records: None,
        }
    }
}

/// When a batch is held instead of landed.
#[derive(Debug, Clone, PartialEq)]
pub struct Guard {
    /// Share of the registry's live rows that a complete pull may make vanish, in percent.
    pub max_vanished_percent: f64,
    /// Share of rows that may go to quarantine, in percent.
    pub max_quarantined_percent: f64,
    /// Fewer rows than this hold the batch, whatever was there before.
    pub min_rows: u64,
}

impl Default for Guard {
    fn default() -> Self {
        Guard { max_vanished_percent: 5.0, max_quarantined_percent: 20.0, min_rows: 0 }
    }
}

/// How the registry answers about single enterprises.
#[derive(Debug, Clone, PartialEq)]
pub struct Lookup {
    /// Address; the codes of a batch replace `{codes}`, joined by commas.
    pub place: String,
    pub method: Method,
    pub body: Option<String>,
    /// Codes per request.
    pub batch: usize,
    pub timeout_secs: u64,
    /// How long an answer is good for.
    pub cache_secs: u64,
    /// Where the records are in the answer.
    pub items: Option<String>,
}

impl Connector {
    /// The connector with its source replaced (`--source tax=place`): a local path or glob, `http(s)://`,
    /// `postgres://…?table=…`, `mysql://…?table=…`, `sqlite:path?table=…`. Transport and decoding follow from the place where
    /// they differ from the manifest; the contract stays.
    pub fn with_source(mut self, place: &str) -> Connector {
        let was = self.source.transport;
        self.source = self.source.at(place);
        // A file says in its bytes how it is encoded; another copy of a database is as its first.
        if (was, self.source.transport) != (Transport::Sql, Transport::Sql) {
            self.decoding.encoding = Encoding::Auto;
        }
        if self.source.format_at(place) == Some(Format::Tsv) {
            self.decoding.delimiter = b'\t';
        } else if matches!(self.decoding.delimiter, b'\t') {
            self.decoding.delimiter = b',';
        }
        if self.source.transport == Transport::File && !self.source.format_at(place).is_some_and(Format::is_workbook) {
            (self.decoding.header_rows, self.decoding.skip) = (1, 0);
            self.decoding.header.clear();
        }
        self
    }

    /// The connector with the hub's zone: times that name a zone of their own are days in this one.
    pub fn in_zone(mut self, zone: chrono_tz::Tz) -> Connector {
        if zone != chrono_tz::Asia::Shanghai {
            self.digest ^= xxhash_rust::xxh3::xxh3_64(zone.name().as_bytes());
        }
        self.contract.columns.iter_mut().for_each(|c| c.zone = zone);
        self
    }

    /// Where the contract's columns stand in `columns`, and what differs.
    ///
    /// # Errors
    /// `column_missing` where a key column is not there.
    pub fn layout(&self, columns: &[String]) -> Result<Layout, Problem> {
        let place = match &self.decoding.sheet {
            Some(sheet) if self.source.format_at(&self.source.place).is_some_and(Format::is_workbook) => {
                format!("sheet \"{sheet}\"")
            }
            _ => self.source.shown(),
        };
        self.contract.layout(&self.name, self.drift, &place, columns)
    }

    /// Whether every delivery names all its columns, however few its rows: tables do, records of JSON and XML leave out what is
    /// empty.
    pub fn names_its_columns(&self) -> bool {
        match self.source.transport {
            Transport::Sql | Transport::Odbc => true,
            Transport::File => {
                matches!(self.source.format_at(&self.source.place), Some(Format::Csv | Format::Tsv | Format::Xlsx))
            }
            _ => false,
        }
    }

    /// Edition of GB/T 4754 that the registry's industry codes are in.
    pub fn industry_edition(&self) -> Option<u16> {
        self.contract.columns.iter().find_map(|c| c.edition)
    }
}

//! What a connector folder says: where a registry's data is, what its columns mean, and how to treat its owner.
//!
//! In: `connectors/<registry>/connector.toml`. Out: a [`Connector`] that turns raw rows into records. Nothing here opens
//! a file of the registry or a connection; that is `pull`'s work.

mod catalogue;
mod date;
mod dress;
mod flag;
pub mod guess;
mod key_guess;
mod keys;
mod manifest;
mod mapping;
mod money;
mod no_record;
mod number;
mod pacing;
mod page;
mod problem;
mod read;
mod reading;
mod schema;
mod source;
mod target;
mod values;
mod wording;

use std::path::{Path, PathBuf};

pub use catalogue::{Catalogue, ShareClass};
pub use dress::undress;
pub use keys::{Holds, KEYS, Key};
pub(crate) use mapping::same_header;
pub use mapping::{Column, Contract, Drift, DriftKind, DriftPolicy, Layout};
pub use no_record::{Below, lone_line};
pub use pacing::{Due, Manners, QuietHours, valid_schedule};
pub use page::department_page;
pub use problem::{ConnectorError, Problem, RowError, nearest};
pub use read::{DriftWatch, cell_count};
pub use reading::As;
pub use schema::{json_schema, keys_page, kinds_page};
pub use source::{
    Algorithm, Auth, AuthKind, Caps, Format, Http, Method, Paging, PagingKind, Secret, SignatureText, Since, Source, Sql, Take,
    Transport, format_of, mask, split_query,
};

/// A text in both languages.
#[derive(Debug, Clone, PartialEq, Eq, serde::Deserialize, serde::Serialize)]
#[serde(deny_unknown_fields)]
pub struct Bilingual {
    pub zh: String,
    pub en: String,
}

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

#[derive(rust_embed::RustEmbed)]
#[folder = "connectors"]
struct Embedded;

impl Connector {
    /// The enabled connectors of a folder of connector folders, by rank, then by name.
    ///
    /// # Errors
    /// As [`Connector::load_dir_all`].
    pub fn load_dir(path: &Path) -> Result<Vec<Connector>, ConnectorError> {
        Ok(Connector::load_dir_all(path)?.into_iter().filter(|c| c.enabled).collect())
    }

    /// Every folder in `path` that holds a `connector.toml`, the disabled ones too, by rank, then by name.
    ///
    /// # Errors
    /// All problems of all connectors at once; nothing is pulled while one is wrong.
    pub fn load_dir_all(path: &Path) -> Result<Vec<Connector>, ConnectorError> {
        let unreadable = |e: std::io::Error, what: &Path| {
            Problem::new(
                "connectors_unreadable",
                format!("无法读取连接器目录 {}：{e}", what.display()),
                format!("cannot read the connectors in {}: {e}", what.display()),
            )
        };
        let mut folders = Vec::new();
        for entry in std::fs::read_dir(path).map_err(|e| unreadable(e, path))? {
            let folder = entry.map_err(|e| unreadable(e, path))?.path();
            if folder.join("connector.toml").is_file() {
                folders.push(folder);
            }
        }
        folders.sort();
        let read: Vec<Result<Connector, ConnectorError>> = folders.iter().map(|f| Connector::load(f)).collect();
        if read.is_empty() {
            return Err(Problem::new(
                "no_connectors",
                format!("{} 中没有连接器：需要 <登记机关>/connector.toml", path.display()),
                format!("no connector in {}: expected <registry>/connector.toml", path.display()),
            )
            .into());
        }
        collect(read)
    }

    /// One connector folder.
    ///
    /// # Errors
    /// Everything that is wrong with its manifest.
    pub fn load(folder: &Path) -> Result<Connector, ConnectorError> {
        let path = folder.join("connector.toml");
        let text = std::fs::read_to_string(&path).map_err(|e| {
            Problem::new(
                "connector_unreadable",
                format!("无法读取 {}：{e}", path.display()),
                format!("cannot read {}: {e}", path.display()),
            )
        })?;
        let name = folder.file_name().and_then(|n| n.to_str()).unwrap_or_default();
        let mut connector = Connector::parse(name, &text)?;
        connector.folder = Some(folder.to_path_buf());
        Ok(connector)
    }

    /// The enabled connectors that ship with huitu.
    pub fn embedded() -> Vec<Connector> {
        Connector::embedded_all().into_iter().filter(|c| c.enabled).collect()
    }

    /// The connectors that ship with huitu, with those of a folder added, or put in the place of the built-in ones of the same name;
    /// the disabled ones too, by rank, then by name.
    ///
    /// # Errors
    /// As [`Connector::load_dir_all`].
    pub fn built_in_and(folder: Option<&Path>, without_built_in: bool) -> Result<Vec<Connector>, ConnectorError> {
        let own = folder.map(Connector::load_dir_all).transpose()?.unwrap_or_default();
        let mut all = if without_built_in { Vec::new() } else { Connector::embedded_all() };
        all.retain(|built_in| !own.iter().any(|c| c.name == built_in.name));
        all.extend(own);
        all.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
        Ok(all)
    }

    /// All connectors that ship with huitu: also those that are ready but wait for a place of their own.
    pub fn embedded_all() -> Vec<Connector> {
        let read = Embedded::iter()
            .filter_map(|path| path.strip_suffix("/connector.toml").map(str::to_string))
            .map(|name| Connector::parse(&name, &Embedded::text(&format!("{name}/connector.toml"))))
            .collect();
        collect(read).expect("the embedded connectors are tested")
    }

    /// A manifest's text; `name` is its folder's.
    ///
    /// # Errors
    /// Everything that is wrong with it, each problem naming the key and the nearest known one.
    pub fn parse(name: &str, text: &str) -> Result<Connector, ConnectorError> {
        manifest::parse(name, text)
    }

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

impl Embedded {
    fn text(path: &str) -> String {
        let file = Embedded::get(path).expect("listed a moment ago");
        String::from_utf8(file.data.into_owned()).expect("the embedded files are UTF-8")
    }
}

/// A file that ships in an embedded connector folder (`tax/sample/tax.csv`).
pub fn embedded_file(path: &str) -> Option<Vec<u8>> {
    Embedded::get(path).map(|f| f.data.into_owned())
}

/// Paths of everything that ships in the embedded folders.
pub fn embedded_files() -> Vec<String> {
    Embedded::iter().map(|p| p.to_string()).collect()
}

fn collect(read: Vec<Result<Connector, ConnectorError>>) -> Result<Vec<Connector>, ConnectorError> {
    let mut connectors = Vec::new();
    let mut problems = Vec::new();
    for one in read {
        match one {
            Ok(connector) => connectors.push(connector),
            Err(error) => problems.extend(error.problems),
        }
    }
    connectors.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
    if problems.is_empty() { Ok(connectors) } else { Err(ConnectorError { problems }) }
}

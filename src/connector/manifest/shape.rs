//! The keys of `connector.toml` as serde reads them; nothing is checked or defaulted here beyond what is absent.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;

use crate::connector::catalogue::ShareClass;
use crate::connector::mapping::DriftPolicy;
use crate::connector::read_as::As;
use crate::connector::source::{Algorithm, AuthKind, Format, Method, PagingKind, SignatureText, Take, Transport};
use crate::connector::text::Bilingual;
use crate::model::datum::Datum;
use crate::model::field::{Field, RecordKind};

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Manifest {
    pub(super) title: Bilingual,
    pub(super) owner: Bilingual,
    pub(super) legal_basis: Option<Bilingual>,
    pub(super) catalogue: Option<CatalogueToml>,
    pub(super) contact: Option<String>,
    #[serde(default = "enterprise")]
    pub(super) kind: RecordKind,
    #[serde(default = "yes")]
    pub(super) enabled: bool,
    #[serde(default = "fifty")]
    pub(super) rank: u16,
    #[serde(default)]
    pub(super) issues_codes: bool,
    #[serde(default = "yes")]
    pub(super) complete: bool,
    pub(super) drift: Option<DriftPolicy>,
    pub(super) source: SourceToml,
    #[serde(default)]
    pub(super) decoding: DecodingToml,
    pub(super) key: KeyToml,
    pub(super) columns: BTreeMap<String, Spanned<OneOrMore>>,
    #[serde(default)]
    pub(super) combine: Vec<CombineToml>,
    #[serde(default)]
    pub(super) constants: BTreeMap<String, Scalar>,
    #[serde(default)]
    pub(super) ignore: Vec<String>,
    #[serde(default)]
    pub(super) nulls: Vec<String>,
    #[serde(default)]
    pub(super) guard: GuardToml,
    #[serde(default)]
    pub(super) manners: MannersToml,
    pub(super) lookup: Option<LookupToml>,
}

fn enterprise() -> RecordKind {
    RecordKind::Enterprise
}
fn fifty() -> u16 {
    50
}
fn yes() -> bool {
    true
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CatalogueToml {
    pub(super) number: Option<String>,
    pub(super) share: Option<ShareClass>,
    pub(super) purpose: Option<Bilingual>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Scalar {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

impl Scalar {
    pub(super) fn text(&self) -> String {
        match self {
            Scalar::Text(t) => t.clone(),
            Scalar::Integer(n) => n.to_string(),
            Scalar::Number(n) => n.to_string(),
            Scalar::Flag(b) => b.to_string(),
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeyToml {
    pub(super) columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SourceToml {
    pub(super) transport: Transport,
    #[serde(default)]
    pub(super) place: String,
    pub(super) format: Option<Format>,
    pub(super) take: Option<Take>,
    #[serde(default)]
    pub(super) private: bool,
    #[serde(default)]
    pub(super) caps: CapsToml,
    #[serde(default)]
    pub(super) http: HttpToml,
    #[serde(default)]
    pub(super) auth: AuthToml,
    #[serde(default)]
    pub(super) sql: SqlToml,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CapsToml {
    pub(super) bytes: Option<u64>,
    pub(super) answer_bytes: Option<u64>,
    pub(super) ratio: Option<u64>,
    pub(super) entries: Option<u64>,
    pub(super) row_bytes: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct HttpToml {
    pub(super) method: Option<Method>,
    pub(super) body: Option<String>,
    pub(super) headers: BTreeMap<String, Scalar>,
    pub(super) query: BTreeMap<String, Scalar>,
    pub(super) items: Option<String>,
    pub(super) total: Option<String>,
    pub(super) ok: Option<OkToml>,
    pub(super) unchanged_by_etag: bool,
    pub(super) paging: PagingToml,
    pub(super) since: Option<SinceToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OkToml {
    pub(super) at: String,
    pub(super) values: Vec<Scalar>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct PagingToml {
    pub(super) kind: Option<PagingKind>,
    pub(super) size: Option<u32>,
    pub(super) size_param: Option<String>,
    pub(super) param: Option<String>,
    pub(super) first: Option<u64>,
    pub(super) next: Option<String>,
    pub(super) end: Option<Vec<Scalar>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SinceToml {
    pub(super) param: String,
    pub(super) column: String,
    #[serde(default = "ten_minutes")]
    pub(super) overlap_secs: u64,
}

fn ten_minutes() -> u64 {
    600
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct AuthToml {
    pub(super) kind: Option<AuthKind>,
    pub(super) env: Option<String>,
    pub(super) file: Option<String>,
    pub(super) user: Option<String>,
    pub(super) header: Option<String>,
    pub(super) algorithm: Option<Algorithm>,
    pub(super) text: Option<SignatureText>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct SqlToml {
    pub(super) table: Option<String>,
    pub(super) query: Option<String>,
    pub(super) cursor: Option<String>,
    pub(super) overlap: u64,
    pub(super) page: Option<u32>,
    pub(super) version: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct DecodingToml {
    pub(super) encoding: Option<String>,
    pub(super) delimiter: Option<String>,
    pub(super) quote: Option<bool>,
    pub(super) skip: u32,
    pub(super) header_rows: Option<u32>,
    pub(super) header: Vec<String>,
    pub(super) header_join: Option<String>,
    pub(super) sheet: Option<String>,
    pub(super) records: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum OneOrMore {
    Field(Field),
    One(Box<ColumnToml>),
    More(Vec<ColumnToml>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ColumnToml {
    pub(super) field: Field,
    #[serde(rename = "as")]
    pub(super) read_as: Option<As>,
    pub(super) unit: Option<String>,
    #[serde(default)]
    pub(super) rates: BTreeMap<String, f64>,
    pub(super) edition: Option<u16>,
    pub(super) datum: Option<Datum>,
    #[serde(default)]
    pub(super) values: BTreeMap<String, Scalar>,
    pub(super) otherwise: Option<String>,
    #[serde(default)]
    pub(super) also: Vec<String>,
    #[serde(default)]
    pub(super) optional: bool,
    #[serde(default)]
    pub(super) required: bool,
    pub(super) separators: Option<String>,
    pub(super) digits: Option<u8>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CombineToml {
    pub(super) columns: Vec<String>,
    pub(super) field: Field,
    #[serde(rename = "as")]
    pub(super) read_as: Option<As>,
    #[serde(default)]
    pub(super) separator: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct GuardToml {
    pub(super) max_vanished_percent: Option<f64>,
    pub(super) max_quarantined_percent: Option<f64>,
    pub(super) min_rows: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(super) struct MannersToml {
    pub(super) rate_per_sec: Option<f64>,
    pub(super) concurrency: Option<u32>,
    pub(super) quiet: Vec<String>,
    pub(super) schedule: Option<String>,
    pub(super) connect_timeout_secs: Option<u64>,
    pub(super) read_timeout_secs: Option<u64>,
    pub(super) total_timeout_secs: Option<u64>,
    pub(super) retries: Option<u32>,
    pub(super) breaker_failures: Option<u32>,
    pub(super) breaker_secs: Option<u64>,
    pub(super) stale_after_hours: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LookupToml {
    pub(super) place: String,
    pub(super) method: Option<Method>,
    pub(super) body: Option<String>,
    pub(super) batch: Option<usize>,
    pub(super) timeout_secs: Option<u64>,
    pub(super) cache_secs: Option<u64>,
    pub(super) items: Option<String>,
}

impl ColumnToml {
    pub(super) fn of(field: Field) -> ColumnToml {
        ColumnToml {
            field,
            read_as: None,
            unit: None,
            rates: BTreeMap::new(),
            edition: None,
            datum: None,
            values: BTreeMap::new(),
            otherwise: None,
            also: Vec::new(),
            optional: false,
            required: false,
            separators: None,
            digits: None,
        }
    }
}

pub(super) type Say<'a> = dyn FnMut(&'static str, String, String) + 'a;

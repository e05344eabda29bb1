//! Where a registry's data is: transport, place and what the transport needs to know.

use super::problem::Problem;
use crate::model::field::named;

named! {
    pub enum Transport {
        /// Local files (a path or a glob), or one file at an http(s) address.
        File = "file",
        /// JSON or XML answers, page by page.
        Http = "http",
        /// A front-end exchange database (前置库): postgres://, mysql://, sqlite:.
        Sql = "sql",
        /// The same through the ODBC driver of its vendor (达梦, Oracle, SQL Server, 人大金仓): the place is a connection string.
        Odbc = "odbc",
        /// The department posts batches to `/ingest/{registry}`.
        Push = "push",
    }
}

named! {
    /// What a file is by its name; what it is by its bytes goes before.
    pub enum Format {
        Csv = "csv",
        Tsv = "tsv",
        Xlsx = "xlsx",
        Xml = "xml",
        Json = "json",
        Ndjson = "ndjson",
        Xls = "xls",
        Et = "et",
        Xlsb = "xlsb",
        Ods = "ods",
        Dbf = "dbf",
    }
}

impl Format {
    /// Sheets of cells.
    pub fn is_workbook(self) -> bool {
        matches!(self, Format::Xlsx | Format::Xls | Format::Et | Format::Xlsb | Format::Ods)
    }

    /// Read from the middle: it needs a file to itself.
    pub fn is_binary(self) -> bool {
        self.is_workbook() || self == Format::Dbf
    }
}

named! {
    /// Which files of a folder or a glob.
    pub enum Take {
        /// All of them together are the registry's rows.
        All = "all",
        /// The one that was written last: each delivery states the registry anew.
        Newest = "newest",
    }
}

named! {
    pub enum PagingKind {
        /// One answer holds everything.
        None = "none",
        /// `page=1,2,…`
        Page = "page",
        /// `offset=0,1000,…`
        Offset = "offset",
        /// The answer holds the token of the next page.
        Cursor = "cursor",
        /// The Link header holds the address of the next page.
        Link = "link",
    }
}

named! { pub enum AuthKind { None = "none", Bearer = "bearer", Basic = "basic", Header = "header", Signed = "signed" } }

named! {
    /// What signs a request.
    pub enum Algorithm {
        HmacSha256 = "hmac-sha256",
        /// With SM3, the national digest (GB/T 32905).
        HmacSm3 = "hmac-sm3",
        /// SM2 with SM3 (GB/T 32918.2), as GB/T 35276 writes signatures (ASN.1 DER).
        Sm2 = "sm2",
        /// The same, its two numbers one behind the other.
        Sm2Plain = "sm2-plain",
    }
}

named! {
    /// How the bytes of a signature are written.
    pub enum SignatureText { Hex = "hex", Base64 = "base64" }
}

/// Source of a connector. `place` may hold `${NAME}` and `${NAME:-default}` from the environment.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    pub transport: Transport,
    pub place: String,
    /// None: from the place's extension, or the answer's media type.
    pub format: Option<Format>,
    /// None: of files whose names differ by a day only the newest, all others together.
    pub take: Option<Take>,
    pub http: Http,
    pub sql: Sql,
    /// Caps against bombs and endless bodies.
    pub caps: Caps,
    /// The address may be private or loopback although huitu is not in demonstration mode.
    pub private: bool,
    /// Given on the command line or in the environment instead of the manifest.
    pub overridden: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Http {
    pub method: Method,
    /// Body of a POST; `{page}`, `{offset}`, `{size}`, `{cursor}`, `{since}` are replaced.
    pub body: Option<String>,
    pub headers: Vec<(String, String)>,
    pub query: Vec<(String, String)>,
    pub paging: Paging,
    pub auth: Auth,
    /// JSON pointer (`/data/items`) or XML element name of the records; None: the whole answer is the list.
    pub items: Option<String>,
    /// Where the answer says how many records there are in all.
    pub total: Option<String>,
    /// Where the answer says that it went well, and the values that mean so (`/code`, [`0`, `200`]).
    pub ok: Option<(String, Vec<String>)>,
    /// The first page's ETag changes whenever any record changes: a 304 there means nothing is new.
    pub unchanged_by_etag: bool,
    /// Query parameter for "changed since", and the field of the records that holds the time.
    pub since: Option<Since>,
}

named! { pub enum Method { Get = "GET", Post = "POST" } }

#[derive(Debug, Clone, PartialEq)]
pub struct Since {
    pub param: String,
    /// Column whose greatest value is where the next pull starts.
    pub column: String,
    pub overlap_secs: u64,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Paging {
    pub kind: PagingKind,
    pub size: u32,
    pub size_param: String,
    pub param: String,
    /// First page's number.
    pub first: u64,
    /// JSON pointer of the next page's token; of numbered pages, of the flag that says whether there is another one.
    pub next: Option<String>,
    /// Values there that mean the end.
    pub end: Vec<String>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Auth {
    pub kind: AuthKind,
    /// Header that carries the key (`X-API-Key`) or the signature.
    pub header: String,
    pub secret: Secret,
    /// User of basic, application id of signed.
    pub user: Option<String>,
    pub algorithm: Algorithm,
    pub text: SignatureText,
}

/// Where a secret comes from. Never the secret itself.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Secret {
    pub env: Option<String>,
    pub file: Option<String>,
}

impl Secret {
    /// The secret, trimmed; `Ok(None)` where none is configured. The problem names where it was looked for.
    ///
    /// # Errors
    /// `secret_missing`: it is configured, and the variable is not set or the file cannot be read or is empty.
    pub fn read(&self, registry: &str) -> Result<Option<String>, Problem> {
        if let Some(name) = &self.env {
            return match std::env::var(name) {
                Ok(secret) if !secret.trim().is_empty() => Ok(Some(secret.trim().to_string())),
                _ => Err(Problem::new(
                    "secret_missing",
                    format!("连接器「{registry}」：环境变量 {name} 未设置，请写入该登记机关发放的凭证"),
                    format!(
                        "connector \"{registry}\": environment variable {name} is not set; put the registry's credential there"
                    ),
                )),
            };
        }
        let Some(path) = &self.file else { return Ok(None) };
        match std::fs::read_to_string(path) {
            Ok(secret) if !secret.trim().is_empty() => Ok(Some(secret.trim().to_string())),
            Ok(_) => Err(Problem::new(
                "secret_missing",
                format!("连接器「{registry}」：凭证文件 {path} 为空"),
                format!("connector \"{registry}\": the credential file {path} is empty"),
            )),
            Err(e) => Err(Problem::new(
                "secret_missing",
                format!("连接器「{registry}」：无法读取凭证文件 {path}：{e}"),
                format!("connector \"{registry}\": cannot read the credential file {path}: {e}"),
            )),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Sql {
    pub table: Option<String>,
    /// A SELECT of one's own instead of a table.
    pub query: Option<String>,
    /// Column that grows with every change; makes the pull incremental.
    pub cursor: Option<String>,
    /// How far each pull steps back from where the last one ended: seconds for a time column, units for a number.
    pub overlap: u64,
    /// Rows per page: handed on together, with a checkpoint behind them; `manners.rate_per_sec` counts pages.
    pub page: u32,
    /// A SELECT of one value that changes whenever the rows do: where it has not, nothing is read.
    pub version: Option<String>,
}

/// Limits on what a source may send.
#[derive(Debug, Clone, PartialEq)]
pub struct Caps {
    /// Decoded bytes of one file or answer.
    pub bytes: u64,
    /// Decoded bytes of one answer of an interface, which is held in memory; a file is not.
    pub answer_bytes: u64,
    /// Decoded over encoded size, once more than 1 MiB is decoded.
    pub ratio: u64,
    /// Files in an archive.
    pub entries: u64,
    /// Bytes of one row.
    pub row_bytes: usize,
    /// Nesting of XML.
    pub depth: usize,
}

impl Default for Caps {
    fn default() -> Self {
        Caps { bytes: 8 << 30, answer_bytes: 128 << 20, ratio: 200, entries: 1_000, row_bytes: 1 << 20, depth: 128 }
    }
}

impl Default for Http {
    fn default() -> Self {
        Http {
            method: Method::Get,
            body: None,
            headers: Vec::new(),
            query: Vec::new(),
            paging: Paging::default(),
            auth: Auth::default(),
            items: None,
            total: None,
            ok: None,
            unchanged_by_etag: false,
            since: None,
        }
    }
}

impl Default for Paging {
    fn default() -> Self {
        let end = ["false", "0", "-1", "null"].map(String::from).to_vec();
        Paging { kind: PagingKind::None, size: 1000, size_param: "size".into(), param: "page".into(), first: 1, next: None, end }
    }
}

impl Default for Auth {
    fn default() -> Self {
        Auth {
            kind: AuthKind::None,
            header: "Authorization".into(),
            secret: Secret::default(),
            user: None,
            algorithm: Algorithm::HmacSha256,
            text: SignatureText::Hex,
        }
    }
}

impl Source {
    /// The source with `place` instead of its own: transport and format follow from the place (`--source tax=…`).
    pub fn at(&self, place: &str) -> Source {
        let mut source = self.clone();
        source.place = place.to_string();
        source.overridden = true;
        let scheme = place.split_once(':').map_or("", |(s, _)| s);
        match scheme {
            "postgres" | "postgresql" | "mysql" | "mariadb" | "sqlite" => {
                source.transport = Transport::Sql;
                let (_, params) = split_query(place);
                for (name, value) in params {
                    match name {
                        "table" => (source.sql.table, source.sql.query) = (Some(value.to_string()), None),
                        "cursor" => source.sql.cursor = Some(value.to_string()),
                        _ => {}
                    }
                }
            }
            "odbc" => {
                source.transport = Transport::Odbc;
                for (name, value) in split_query(place).1 {
                    match name {
                        "table" => (source.sql.table, source.sql.query) = (Some(value.to_string()), None),
                        "cursor" => source.sql.cursor = Some(value.to_string()),
                        _ => {}
                    }
                }
            }
            "http" | "https" => {
                let format = format_of(place);
                if self.transport == Transport::Http && matches!(format, None | Some(Format::Json | Format::Xml)) {
                    source.transport = Transport::Http;
                } else {
                    source.transport = Transport::File;
                    source.format = format.or(self.format);
                }
            }
            _ => {
                source.transport = Transport::File;
                source.format = format_of(place).or(if self.transport == Transport::File { self.format } else { None });
            }
        }
        source
    }

    /// The place with `${NAME}` and `${NAME:-default}` replaced.
    ///
    /// # Errors
    /// `place_unset`: a variable without a default is not set; the problem names it.
    pub fn resolved_place(&self, registry: &str) -> Result<String, Problem> {
        expand(&self.place).map_err(|name| {
            Problem::new(
                "place_unset",
                format!("连接器「{registry}」：数据位置 {} 需要环境变量 {name}，但未设置", mask(&self.place)),
                format!(
                    "connector \"{registry}\": its place {} needs the environment variable {name}, which is not set",
                    mask(&self.place)
                ),
            )
        })
    }

    /// The place for messages, secrets as `****`.
    pub fn shown(&self) -> String {
        mask(&expand(&self.place).unwrap_or_else(|_| self.place.clone()))
    }

    /// The format of a file at `place`.
    pub fn format_at(&self, place: &str) -> Option<Format> {
        self.format.or_else(|| format_of(place))
    }
}

/// `a?b=c&d=e` into `a` and its pairs.
pub fn split_query(place: &str) -> (&str, Vec<(&str, &str)>) {
    match place.split_once('?') {
        Some((head, query)) => (head, query.split('&').filter_map(|p| p.split_once('=')).collect()),
        None => (place, Vec::new()),
    }
}

/// The format that the extension names, looking through `.gz` and `.zip`.
pub fn format_of(place: &str) -> Option<Format> {
    let path = if place.contains("://") { split_query(place).0 } else { place };
    let lower = path.to_ascii_lowercase();
    let bare = [".gz", ".zip"].iter().find_map(|e| lower.strip_suffix(e)).unwrap_or(&lower);
    match bare.rsplit_once('.')?.1 {
        "csv" | "txt" => Some(Format::Csv),
        "tsv" | "tab" => Some(Format::Tsv),
        "xlsx" | "xlsm" | "xltx" => Some(Format::Xlsx),
        "xls" => Some(Format::Xls),
        "et" | "ett" => Some(Format::Et),
        "xlsb" => Some(Format::Xlsb),
        "ods" => Some(Format::Ods),
        "dbf" => Some(Format::Dbf),
        "xml" => Some(Format::Xml),
        "json" => Some(Format::Json),
        "ndjson" | "jsonl" => Some(Format::Ndjson),
        _ => None,
    }
}

/// Replaces `${NAME}` and `${NAME:-default}`; the error is the name that is not set.
///
/// # Errors
/// The name of the first variable that is not set and has no default.
pub fn expand(text: &str) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let Some(end) = rest[at..].find('}') else { break };
        out.push_str(&rest[..at]);
        let inside = &rest[at + 2..at + end];
        let (name, default) = inside.split_once(":-").map_or((inside, None), |(n, d)| (n, Some(d)));
        match (std::env::var(name).ok().filter(|v| !v.is_empty()), default) {
            (Some(value), _) => out.push_str(&value),
            (None, Some(default)) => out.push_str(default),
            (None, None) => return Err(name.to_string()),
        }
        rest = &rest[at + end + 1..];
    }
    out.push_str(rest);
    Ok(out)
}

/// Passwords in addresses and values of secret-looking parameters as `****`.
pub fn mask(place: &str) -> String {
    let mut out = place.to_string();
    if let Some(start) = out.find("://").map(|p| p + 3) {
        let end = out[start..].find(['/', '?', '#']).map_or(out.len(), |p| start + p);
        if let Some(at) = out[start..end].rfind('@').map(|p| start + p) {
            let user_end = out[start..at].find(':').map_or(at, |p| start + p);
            if user_end < at {
                out.replace_range(user_end + 1..at, "****");
            }
        }
    }
    // A connection string of ODBC: Driver=…;UID=…;PWD=….
    if out.contains(';') {
        let mut braced = false;
        let parts = out.split(|c| {
            braced = if braced { c != '}' } else { c == '{' };
            c == ';' && !braced
        });
        let secret = |name: &str| matches!(name.trim().to_ascii_lowercase().as_str(), "pwd" | "password");
        let shown = parts.map(|part| match part.split_once('=') {
            Some((name, _)) if secret(name) => format!("{name}=****"),
            _ => part.to_string(),
        });
        out = shown.collect::<Vec<_>>().join(";");
    }
    let Some((head, query)) = out.split_once('?') else { return out };
    let query: Vec<String> = query
        .split('&')
        .map(|pair| match pair.split_once('=') {
            Some((name, _)) if secret_name(name) => format!("{name}=****"),
            _ => pair.to_string(),
        })
        .collect();
    format!("{head}?{}", query.join("&"))
}

fn secret_name(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    ["token", "secret", "password", "passwd", "pwd", "key", "sign"].iter().any(|word| name.contains(word))
        && !matches!(name.as_str(), "sslkey" | "keyset")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_and_tokens_are_masked() {
        assert_eq!(mask("postgres://hub:p@ss@10.0.0.1/db?sslmode=require"), "postgres://hub:****@10.0.0.1/db?sslmode=require");
        assert_eq!(mask("https://x.example/list?token=abc&page=1"), "https://x.example/list?token=****&page=1");
        assert_eq!(
            mask("odbc:Driver=DM8;Server=10.0.0.1;UID=hub;PWD=s3cret"),
            "odbc:Driver=DM8;Server=10.0.0.1;UID=hub;PWD=****"
        );
        assert_eq!(mask("DSN=dm8;PWD={a;b};UID=hub"), "DSN=dm8;PWD=****;UID=hub");
        assert_eq!(mask("./drop/*.csv"), "./drop/*.csv");
    }

    #[test]
    fn the_format_is_seen_through_compression() {
        assert_eq!(format_of("a/b.CSV.gz"), Some(Format::Csv));
        assert_eq!(format_of("https://x.example/a.xlsx?version=1.2"), Some(Format::Xlsx));
        assert_eq!(format_of("a/b"), None);
        assert_eq!(format_of("drop/*.ndjson.zip"), Some(Format::Ndjson));
    }

    #[test]
    fn a_default_stands_in_for_an_unset_variable() {
        assert_eq!(expand("${HUITU_SURELY_UNSET:-./drop}/*.csv").as_deref(), Ok("./drop/*.csv"));
        assert_eq!(expand("${HUITU_SURELY_UNSET}/x"), Err("HUITU_SURELY_UNSET".to_string()));
    }
}

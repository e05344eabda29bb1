//! From the text of `connector.toml` to a [`Connector`]: parsed, checked as a whole, every problem reported at once.

use std::collections::{BTreeMap, HashMap};

use serde::Deserialize;
use toml::Spanned;

use super::keys::unknown_keys;
use super::manners::{Manners, QuietHours, valid_schedule};
use super::mapping::{Column, Combine, Constant, Contract, DriftPolicy};
use super::money::{UNITS, Unit};
use super::problem::{ConnectorError, Problem, nearest};
use super::reading::{As, natural};
use super::source::{Auth, AuthKind, Caps, Format, Http, Method, Paging, PagingKind, Secret, Since, Source, Sql, Transport};
use super::{Bilingual, Connector, Decoding, Encoding, Guard, Lookup, values};
use crate::model::field::{Field, RecordKind};

/// Raised when the way of reading changes, so that rows read by an older program are read again.
const READER_VERSION: u64 = 1;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    title: Bilingual,
    owner: Bilingual,
    legal_basis: Option<Bilingual>,
    contact: Option<String>,
    #[serde(default = "enterprise")]
    kind: RecordKind,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default = "fifty")]
    rank: u16,
    #[serde(default)]
    issues_codes: bool,
    #[serde(default = "yes")]
    complete: bool,
    drift: Option<DriftPolicy>,
    source: SourceToml,
    #[serde(default)]
    decoding: DecodingToml,
    key: KeyToml,
    columns: BTreeMap<String, Spanned<OneOrMore>>,
    #[serde(default)]
    combine: Vec<CombineToml>,
    #[serde(default)]
    constants: BTreeMap<String, Scalar>,
    #[serde(default)]
    ignore: Vec<String>,
    #[serde(default)]
    nulls: Vec<String>,
    #[serde(default)]
    guard: GuardToml,
    #[serde(default)]
    manners: MannersToml,
    lookup: Option<LookupToml>,
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
#[serde(untagged)]
enum Scalar {
    Text(String),
    Integer(i64),
    Number(f64),
    Flag(bool),
}

impl Scalar {
    fn text(&self) -> String {
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
struct KeyToml {
    columns: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SourceToml {
    transport: Transport,
    #[serde(default)]
    place: String,
    format: Option<Format>,
    #[serde(default)]
    private: bool,
    #[serde(default)]
    caps: CapsToml,
    #[serde(default)]
    http: HttpToml,
    #[serde(default)]
    auth: AuthToml,
    #[serde(default)]
    sql: SqlToml,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct CapsToml {
    bytes: Option<u64>,
    ratio: Option<u64>,
    entries: Option<u64>,
    row_bytes: Option<usize>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct HttpToml {
    method: Option<Method>,
    body: Option<String>,
    headers: BTreeMap<String, Scalar>,
    query: BTreeMap<String, Scalar>,
    items: Option<String>,
    total: Option<String>,
    ok: Option<OkToml>,
    unchanged_by_etag: bool,
    paging: PagingToml,
    since: Option<SinceToml>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OkToml {
    at: String,
    values: Vec<Scalar>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct PagingToml {
    kind: Option<PagingKind>,
    size: Option<u32>,
    size_param: Option<String>,
    param: Option<String>,
    first: Option<u64>,
    next: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SinceToml {
    param: String,
    column: String,
    #[serde(default = "ten_minutes")]
    overlap_secs: u64,
}

fn ten_minutes() -> u64 {
    600
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct AuthToml {
    kind: Option<AuthKind>,
    env: Option<String>,
    file: Option<String>,
    user: Option<String>,
    header: Option<String>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct SqlToml {
    table: Option<String>,
    query: Option<String>,
    cursor: Option<String>,
    overlap: u64,
    page: Option<u32>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct DecodingToml {
    encoding: Option<String>,
    delimiter: Option<String>,
    quote: Option<bool>,
    skip: u32,
    header_rows: Option<u32>,
    header: Vec<String>,
    header_join: Option<String>,
    sheet: Option<String>,
    records: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMore {
    Field(Field),
    One(Box<ColumnToml>),
    More(Vec<ColumnToml>),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ColumnToml {
    field: Field,
    #[serde(rename = "as")]
    read_as: Option<As>,
    unit: Option<String>,
    #[serde(default)]
    rates: BTreeMap<String, f64>,
    edition: Option<u16>,
    #[serde(default)]
    values: BTreeMap<String, Scalar>,
    otherwise: Option<String>,
    #[serde(default)]
    also: Vec<String>,
    #[serde(default)]
    optional: bool,
    #[serde(default)]
    required: bool,
    separators: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CombineToml {
    columns: Vec<String>,
    field: Field,
    #[serde(rename = "as")]
    read_as: Option<As>,
    #[serde(default)]
    separator: String,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct GuardToml {
    max_vanished_percent: Option<f64>,
    max_quarantined_percent: Option<f64>,
    min_rows: Option<u64>,
}

#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
struct MannersToml {
    rate_per_sec: Option<f64>,
    concurrency: Option<u32>,
    quiet: Vec<String>,
    schedule: Option<String>,
    connect_timeout_secs: Option<u64>,
    read_timeout_secs: Option<u64>,
    total_timeout_secs: Option<u64>,
    retries: Option<u32>,
    breaker_failures: Option<u32>,
    breaker_secs: Option<u64>,
    stale_after_hours: Option<u64>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct LookupToml {
    place: String,
    method: Option<Method>,
    body: Option<String>,
    batch: Option<usize>,
    timeout_secs: Option<u64>,
    cache_secs: Option<u64>,
    items: Option<String>,
}

/// Reads and checks a manifest.
pub(super) fn parse(name: &str, text: &str) -> Result<Connector, ConnectorError> {
    let mut problems = Vec::new();
    if name.is_empty() || !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        problems.push(Problem::new(
            "bad_name",
            format!("连接器目录名「{name}」只能用小写字母、数字和下划线"),
            format!("connector folder \"{name}\": use lower-case letters, digits and _ only"),
        ));
    }
    let table: toml::Table = text.parse().map_err(|e: toml::de::Error| syntax(name, text, &e))?;
    problems.extend(unknown_keys(name, &table));
    problems.extend(unknown_words(name, &table));
    if !problems.is_empty() {
        return Err(ConnectorError { problems });
    }
    let manifest: Manifest = toml::from_str(text).map_err(|e| syntax(name, text, &e))?;
    let connector = build(name, text, manifest, &mut problems);
    if problems.is_empty() { Ok(connector) } else { Err(ConnectorError { problems }) }
}

fn syntax(name: &str, text: &str, error: &toml::de::Error) -> Problem {
    let line = error.span().map(|s| text[..s.start.min(text.len())].matches('\n').count() + 1);
    let at = line.map(|l| format!(":{l}")).unwrap_or_default();
    let what = error.message();
    Problem::new(
        "bad_manifest",
        format!("连接器「{name}」：connector.toml{at} 无法读取：{what}"),
        format!("connector \"{name}\": connector.toml{at}: {what}"),
    )
}

/// Unknown fields and readings, with the nearest known word; serde's own message lists a hundred of them.
fn unknown_words(registry: &str, table: &toml::Table) -> Vec<Problem> {
    let mut problems = Vec::new();
    let mut check = |column: &str, what: &str, word: Option<&toml::Value>, known: &mut dyn Iterator<Item = &'static str>| {
        let Some(word) = word.and_then(toml::Value::as_str) else { return };
        let known: Vec<&str> = known.collect();
        if !known.contains(&word) {
            let (zh, en) = match nearest(word, known.iter().copied()) {
                Some(near) => (format!("；是否指「{near}」？"), format!("; did you mean \"{near}\"?")),
                None => Default::default(),
            };
            problems.push(Problem::new(
                "unknown_word",
                format!("连接器「{registry}」：列「{column}」的 {what} = \"{word}\" 不存在{zh}"),
                format!("connector \"{registry}\": column \"{column}\": there is no {what} \"{word}\"{en}"),
            ));
        }
    };
    let columns = table.get("columns").and_then(toml::Value::as_table);
    for (column, value) in columns.into_iter().flatten() {
        let fields = || Field::ALL.iter().map(|f| f.name());
        match value {
            toml::Value::String(_) => check(column, "field", Some(value), &mut fields()),
            _ => {
                let one = value.as_table().into_iter();
                for t in one.chain(value.as_array().into_iter().flatten().filter_map(toml::Value::as_table)) {
                    check(column, "field", t.get("field"), &mut fields());
                    check(column, "as", t.get("as"), &mut As::ALL.iter().map(|a| a.name()));
                    check(column, "unit", t.get("unit"), &mut UNITS.iter().map(|(n, _)| *n));
                }
            }
        }
    }
    problems
}

fn build(name: &str, text: &str, m: Manifest, problems: &mut Vec<Problem>) -> Connector {
    let mut say = |code: &'static str, zh: String, en: String| {
        problems.push(Problem::new(code, format!("连接器「{name}」：{zh}"), format!("connector \"{name}\": {en}")));
    };
    let columns = columns(m.columns, &mut say);
    if m.key.columns.is_empty() {
        say(
            "no_key",
            "key.columns 为空：没有主键就无法识别记录".into(),
            "key.columns is empty: without a key no record can be recognised".into(),
        );
    }
    let constants = m
        .constants
        .iter()
        .filter_map(|(field, value)| match Field::from_name(field) {
            Some(field) => Some(Constant { field, text: value.text(), read_as: natural(field) }),
            None => {
                let near = nearest(field, Field::ALL.iter().map(|f| f.name())).unwrap_or("name");
                say(
                    "unknown_word",
                    format!("constants 中没有字段「{field}」；是否指「{near}」？"),
                    format!("constants: there is no field \"{field}\"; did you mean \"{near}\"?"),
                );
                None
            }
        })
        .collect();
    let combine = m
        .combine
        .into_iter()
        .map(|c| Combine {
            read_as: c.read_as.unwrap_or_else(|| natural(c.field)),
            columns: c.columns,
            field: c.field,
            separator: c.separator,
        })
        .collect();
    let source = source(m.source, &mut say);
    let decoding = decoding(m.decoding, source.format, &mut say);
    let manners = manners(m.manners, &mut say);
    let digest = xxhash_rust::xxh3::xxh3_64_with_seed(text.as_bytes(), READER_VERSION);
    Connector {
        name: name.to_string(),
        title: m.title,
        owner: m.owner,
        legal_basis: m.legal_basis,
        contact: m.contact,
        enabled: m.enabled,
        rank: m.rank,
        issues_codes: m.issues_codes,
        complete: m.complete,
        source,
        decoding,
        contract: Contract { kind: m.kind, key: m.key.columns, columns, combine, constants, ignore: m.ignore, nulls: m.nulls },
        drift: m.drift.unwrap_or(DriftPolicy::QuarantineValue),
        guard: guard(m.guard),
        manners,
        lookup: m.lookup.map(lookup),
        digest,
        folder: None,
    }
}

type Say<'a> = dyn FnMut(&'static str, String, String) + 'a;

fn columns(toml: BTreeMap<String, Spanned<OneOrMore>>, say: &mut Say<'_>) -> Vec<Column> {
    let mut in_order: Vec<(usize, String, OneOrMore)> =
        toml.into_iter().map(|(name, spanned)| (spanned.span().start, name, spanned.into_inner())).collect();
    in_order.sort_by_key(|(start, ..)| *start);
    let mut columns = Vec::new();
    for (_, name, one_or_more) in in_order {
        match one_or_more {
            OneOrMore::Field(field) => columns.push(column(&name, ColumnToml::of(field), say)),
            OneOrMore::One(one) => columns.push(column(&name, *one, say)),
            OneOrMore::More(more) => columns.extend(more.into_iter().map(|c| column(&name, c, say))),
        }
    }
    columns
}

impl ColumnToml {
    fn of(field: Field) -> ColumnToml {
        ColumnToml {
            field,
            read_as: None,
            unit: None,
            rates: BTreeMap::new(),
            edition: None,
            values: BTreeMap::new(),
            otherwise: None,
            also: Vec::new(),
            optional: false,
            required: false,
            separators: None,
        }
    }
}

fn column(name: &str, c: ColumnToml, say: &mut Say<'_>) -> Column {
    let read_as = c.read_as.unwrap_or_else(|| natural(c.field));
    let values: HashMap<Box<str>, Box<str>> = c.values.iter().map(|(k, v)| (k.as_str().into(), v.text().into())).collect();
    let vocabulary: Vec<&str> = values::vocabulary(read_as).collect();
    if !vocabulary.is_empty() {
        for meaning in values.values().map(|v| v.as_ref()).chain(c.otherwise.as_deref()).filter(|v| !v.is_empty()) {
            if !vocabulary.contains(&meaning) {
                let all = vocabulary.join(", ");
                say(
                    "unknown_value",
                    format!("列「{name}」的取值对照中「{meaning}」不是 {read_as} 的值；可用：{all}"),
                    format!("column \"{name}\": \"{meaning}\" is no value of {read_as}; known: {all}"),
                );
            }
        }
    }
    if c.unit.is_some() && read_as != As::Money {
        say(
            "unit_without_money",
            format!("列「{name}」不是金额，不能有 unit"),
            format!("column \"{name}\" is no money and cannot have a unit"),
        );
    }
    if read_as == As::Industry && !matches!(c.edition, Some(2002 | 2011 | 2017)) {
        say(
            "industry_edition",
            format!("列「{name}」须写明行业分类版本：edition = 2002、2011 或 2017"),
            format!("column \"{name}\" must name the edition of its classification: edition = 2002, 2011 or 2017"),
        );
    }
    let yuan = c.unit.as_deref().and_then(|u| UNITS.iter().find(|(n, _)| *n == u)).map_or(1, |(_, yuan)| *yuan);
    Column {
        name: name.to_string(),
        also: c.also,
        field: c.field,
        read_as,
        unit: Unit { yuan, rates: c.rates },
        values,
        otherwise: c.otherwise.map(Into::into),
        optional: c.optional,
        required: c.required,
        edition: c.edition.filter(|_| read_as == As::Industry),
        separators: c.separators.as_deref().unwrap_or("、；;，,\n").chars().collect(),
    }
}

fn source(s: SourceToml, say: &mut Say<'_>) -> Source {
    if s.place.is_empty() && s.transport != Transport::Push {
        say("no_place", "source.place 为空：请写明数据位置".into(), "source.place is empty: say where the data is".into());
    }
    let default = Caps::default();
    let caps = Caps {
        bytes: s.caps.bytes.unwrap_or(default.bytes),
        ratio: s.caps.ratio.unwrap_or(default.ratio),
        entries: s.caps.entries.unwrap_or(default.entries),
        row_bytes: s.caps.row_bytes.unwrap_or(default.row_bytes),
        depth: default.depth,
    };
    let kind = s.auth.kind.unwrap_or(AuthKind::None);
    if kind != AuthKind::None && s.auth.env.is_none() && s.auth.file.is_none() {
        say(
            "no_secret",
            "source.auth 须用 env 或 file 指明凭证所在".into(),
            "source.auth must say where its secret is: env or file".into(),
        );
    }
    if matches!(kind, AuthKind::Basic | AuthKind::Signed) && s.auth.user.is_none() {
        say("no_user", format!("source.auth.kind = \"{kind}\" 须有 user"), format!("source.auth.kind = \"{kind}\" needs a user"));
    }
    let auth = Auth {
        kind,
        header: s.auth.header.unwrap_or_else(|| if kind == AuthKind::Signed { "X-Signature" } else { "Authorization" }.into()),
        secret: Secret { env: s.auth.env, file: s.auth.file },
        user: s.auth.user,
    };
    let http = http(s.http, auth, say);
    let sql = Sql {
        table: s.sql.table,
        query: s.sql.query,
        cursor: s.sql.cursor,
        overlap: s.sql.overlap,
        page: s.sql.page.unwrap_or(5000).max(1),
    };
    if s.transport == Transport::Sql && sql.table.is_some() == sql.query.is_some() {
        say("sql_table", "source.sql 须有 table 或 query 之一".into(), "source.sql needs either a table or a query".into());
    }
    Source { transport: s.transport, place: s.place, format: s.format, http, sql, caps, private: s.private, overridden: false }
}

fn http(h: HttpToml, auth: Auth, say: &mut Say<'_>) -> Http {
    let default = Paging::default();
    let kind = h.paging.kind.unwrap_or(PagingKind::None);
    if kind == PagingKind::Cursor && h.paging.next.is_none() {
        say(
            "no_next",
            "source.http.paging.kind = \"cursor\" 须写明 next".into(),
            "source.http.paging.kind = \"cursor\" needs next: where the answer holds the token".into(),
        );
    }
    let param = match kind {
        PagingKind::Offset => "offset",
        PagingKind::Cursor => "cursor",
        _ => "page",
    };
    let paging = Paging {
        kind,
        size: h.paging.size.unwrap_or(default.size).max(1),
        size_param: h.paging.size_param.unwrap_or(default.size_param),
        param: h.paging.param.unwrap_or_else(|| param.into()),
        first: h.paging.first.unwrap_or(default.first),
        next: h.paging.next,
    };
    for pointer in
        [&h.total, &paging.next].into_iter().flatten().chain(h.ok.iter().map(|o| &o.at)).filter(|p| !p.starts_with('/'))
    {
        say(
            "bad_pointer",
            format!("「{pointer}」应是 JSON 指针，如 /data/next"),
            format!("\"{pointer}\" should be a JSON pointer such as /data/next"),
        );
    }
    let pairs = |map: &BTreeMap<String, Scalar>| map.iter().map(|(k, v)| (k.clone(), v.text())).collect::<Vec<_>>();
    Http {
        method: h.method.unwrap_or(if h.body.is_some() { Method::Post } else { Method::Get }),
        body: h.body,
        headers: pairs(&h.headers),
        query: pairs(&h.query),
        paging,
        auth,
        items: h.items,
        total: h.total,
        ok: h.ok.map(|o| (o.at, o.values.iter().map(Scalar::text).collect())),
        unchanged_by_etag: h.unchanged_by_etag,
        since: h.since.map(|s| Since { param: s.param, column: s.column, overlap_secs: s.overlap_secs }),
    }
}

fn decoding(d: DecodingToml, format: Option<Format>, say: &mut Say<'_>) -> Decoding {
    let default = Decoding::default();
    let encoding = match d.encoding.as_deref() {
        None | Some("auto") => Encoding::Auto,
        Some(label) => match encoding_rs::Encoding::for_label(label.as_bytes()) {
            // GBK decodes as GB18030: its superset, and what departments that say GBK in fact write.
            Some(e) if e == encoding_rs::GBK => Encoding::Named(encoding_rs::GB18030),
            Some(e) => Encoding::Named(e),
            None => {
                say(
                    "unknown_encoding",
                    format!("未知的字符编码「{label}」；常用：utf-8、gb18030、utf-16le"),
                    format!("unknown encoding \"{label}\"; usual ones: utf-8, gb18030, utf-16le"),
                );
                Encoding::Auto
            }
        },
    };
    let delimiter = match d.delimiter.as_deref() {
        None if format == Some(Format::Tsv) => b'\t',
        None => b',',
        Some("tab") => b'\t',
        Some(one) if one.len() == 1 && one != "\"" && one != "\n" => one.as_bytes()[0],
        Some(other) => {
            say(
                "bad_delimiter",
                format!("分隔符「{other}」须是一个 ASCII 字符或 tab"),
                format!("delimiter \"{other}\" must be one ASCII character or tab"),
            );
            b','
        }
    };
    let header_rows = d.header_rows.unwrap_or(if d.header.is_empty() { 1 } else { 0 });
    if header_rows == 0 && d.header.is_empty() {
        say(
            "no_header",
            "decoding.header_rows = 0 时须用 decoding.header 给出列名".into(),
            "with decoding.header_rows = 0, decoding.header must name the columns".into(),
        );
    }
    Decoding {
        encoding,
        delimiter,
        quote: d.quote.unwrap_or(true),
        skip: d.skip,
        header_rows,
        header: d.header,
        header_join: d.header_join.unwrap_or(default.header_join),
        sheet: d.sheet,
        records: d.records,
    }
}

fn guard(g: GuardToml) -> Guard {
    let default = Guard::default();
    Guard {
        max_vanished_percent: g.max_vanished_percent.unwrap_or(default.max_vanished_percent),
        max_quarantined_percent: g.max_quarantined_percent.unwrap_or(default.max_quarantined_percent),
        min_rows: g.min_rows.unwrap_or(default.min_rows),
    }
}

fn manners(m: MannersToml, say: &mut Say<'_>) -> Manners {
    let default = Manners::default();
    let mut quiet = Vec::new();
    for hours in &m.quiet {
        match hours.parse::<QuietHours>() {
            Ok(hours) => quiet.push(hours),
            Err(()) => say(
                "bad_quiet",
                format!("安静时段「{hours}」应如 08:30-18:00"),
                format!("quiet hours \"{hours}\" should look like 08:30-18:00"),
            ),
        }
    }
    if let Some(pattern) = m.schedule.as_deref().filter(|p| !valid_schedule(p)) {
        say(
            "bad_schedule",
            format!("拉取时间「{pattern}」不是 cron，例如 \"30 2 * * *\""),
            format!("schedule \"{pattern}\" is no cron line such as \"30 2 * * *\""),
        );
    }
    Manners {
        rate_per_sec: m.rate_per_sec.filter(|r| *r > 0.0),
        concurrency: m.concurrency.unwrap_or(default.concurrency).clamp(1, 16),
        quiet,
        schedule: m.schedule,
        connect_timeout_secs: m.connect_timeout_secs.unwrap_or(default.connect_timeout_secs),
        read_timeout_secs: m.read_timeout_secs.unwrap_or(default.read_timeout_secs),
        total_timeout_secs: m.total_timeout_secs.unwrap_or(default.total_timeout_secs),
        retries: m.retries.unwrap_or(default.retries).min(20),
        breaker_failures: m.breaker_failures.unwrap_or(default.breaker_failures).max(1),
        breaker_secs: m.breaker_secs.unwrap_or(default.breaker_secs),
        stale_after_hours: m.stale_after_hours.unwrap_or(default.stale_after_hours),
    }
}

fn lookup(l: LookupToml) -> Lookup {
    Lookup {
        method: l.method.unwrap_or(if l.body.is_some() { Method::Post } else { Method::Get }),
        place: l.place,
        body: l.body,
        batch: l.batch.unwrap_or(50).clamp(1, 1000),
        timeout_secs: l.timeout_secs.unwrap_or(3),
        cache_secs: l.cache_secs.unwrap_or(60),
        items: l.items,
    }
}

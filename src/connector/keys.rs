//! Every key of `connector.toml` in one table. From it come the check for unknown keys, the JSON Schema for editors and the
//! page in `connectors/README.md`; a test keeps it equal to what the program reads.

use super::problem::{Problem, nearest};

/// What a key holds.
#[derive(Debug, Clone, Copy)]
pub enum Holds {
    Text,
    Flag,
    Integer,
    Number,
    /// `{ zh = …, en = … }`
    Bilingual,
    Texts,
    /// One of these words.
    Word(fn() -> Vec<&'static str>),
    /// Words of the registry to words of ours.
    Map,
    /// A table whose keys follow in this list.
    Table,
    /// A list of such tables.
    Tables,
}

/// One key. `*` in the path stands for any name (a column).
pub struct Key {
    pub path: &'static str,
    pub holds: Holds,
    pub required: bool,
    pub default: &'static str,
    pub zh: &'static str,
    pub en: &'static str,
}

macro_rules! words {
    ($T:ty) => {
        Holds::Word(|| <$T>::ALL.iter().map(|v| v.name()).collect())
    };
}

macro_rules! keys {
    ($($path:literal $(($default:literal))? $(!$required:ident)? : $holds:expr => $zh:literal, $en:literal;)+) => {
        pub const KEYS: &[Key] = &[$(Key {
            path: $path, holds: $holds, required: keys!(@required $($required)?), default: keys!(@default $($default)?), zh: $zh, en: $en,
        }),+];
    };
    (@required) => { false };
    (@required required) => { true };
    (@default) => { "" };
    (@default $d:literal) => { $d };
}

use super::catalogue::ShareClass;
use super::mapping::DriftPolicy;
use super::read_as::As;
use super::source::{Algorithm, AuthKind, Format, Method, PagingKind, SignatureText, Take, Transport};
use crate::model::datum::Datum;
use crate::model::field::{Field, RecordKind};
use Holds::*;

keys! {
    "title" !required: Bilingual => "登记名称", "the registry's name";
    "owner" !required: Bilingual => "数据所属部门", "the department that owns the data";
    "legal_basis": Bilingual => "共享依据（协议或法规）", "the agreement or law under which the data is shared";
    "catalogue": Table => "政务数据目录中的条目", "its entry in the catalogue of government data";
    "catalogue.number": Text => "目录编号", "its number in the catalogue";
    "catalogue.share": words!(ShareClass) => "共享类型：unconditional 无条件共享，conditional 有条件共享，not_shared 不予共享", "how it may be shared: `unconditional`, `conditional` (for an agreed purpose), `not_shared`";
    "catalogue.purpose": Bilingual => "使用用途", "what its data may be used for";
    "contact": Text => "部门联系方式", "whom to ask in the department";
    "kind" ("enterprise"): words!(RecordKind) => "每行记录是什么", "what one row is about";
    "enabled" ("true"): Flag => "随每次同步拉取；false 时须用 --source 指定数据位置", "pulled with every sync; false: only where --source says where its data is";
    "rank" ("50"): Integer => "各登记不一致时的采信次序，1 最先", "1 is believed first where registries differ";
    "issues_codes" ("false"): Flag => "本登记是统一社会信用代码的发放机关", "the registry issues credit codes";
    "complete" ("true"): Flag => "每次给出全部记录（缺少的可视为已撤销）", "each pull brings every row, so that a missing one may be gone";
    "drift" ("quarantine_value"): words!(DriftPolicy) => "数据与约定不符时的处理", "what becomes of a source that differs from its contract";
    "source" !required: Table => "数据在哪里", "where the data is";
    "source.transport" !required: words!(Transport) => "传输方式", "how it is reached";
    "source.place": Text => "路径、通配符、网址、数据库地址或 ODBC 连接串（Driver=…;Server=…;UID=…;PWD=${变量}）；可用 ${变量} 与 ${变量:-默认值}", "path, glob, address, database URL or ODBC connection string (`Driver=…;Server=…;UID=…;PWD=${NAME}`); `${NAME}` and `${NAME:-default}` come from the environment";
    "source.format": words!(Format) => "格式；缺省按扩展名", "format; by default from the extension";
    "source.take": words!(Take) => "目录或通配符下有多个文件时：all 全部合为一份（同一主键以较新的文件为准），newest 只取最新的一份；不写时，名称只差日期的取最新的一份，其余合为一份", "several files in a folder or glob: `all` of them together (of rows with one key the newer file's counts), or only the `newest`; without it, of files whose names differ by a day only the newest, all others together";
    "source.private" ("false"): Flag => "允许内网地址", "the address may be a private one";
    "source.caps": Table => "上限，防止异常文件", "limits against bombs and endless bodies";
    "source.caps.bytes" ("8589934592"): Integer => "单个文件或应答解码后的字节数", "decoded bytes of one file or answer";
    "source.caps.answer_bytes" ("134217728"): Integer => "接口单次应答解码后的字节数（应答整体读入内存）", "decoded bytes of one answer of an interface, which is held in memory";
    "source.caps.ratio" ("200"): Integer => "解压倍数", "decoded over encoded size";
    "source.caps.entries" ("1000"): Integer => "压缩包内文件数", "files in an archive";
    "source.caps.row_bytes" ("1048576"): Integer => "单行字节数", "bytes of one row";
    "source.http": Table => "HTTP 接口", "the HTTP interface";
    "source.http.method" ("GET"): words!(Method) => "请求方法", "request method";
    "source.http.body": Text => "POST 内容；可用 {page} {offset} {size} {cursor} {since}", "body of a POST; `{page}` `{offset}` `{size}` `{cursor}` `{since}` are replaced";
    "source.http.headers": Map => "附加请求头", "further headers";
    "source.http.query": Map => "附加查询参数", "further query parameters";
    "source.http.items": Text => "记录在应答中的位置（JSON 指针，或 XML 元素名）", "where the records are: JSON pointer, or XML element";
    "source.http.total": Text => "总数在应答中的位置（JSON 指针；XML 中 /total 为任一 total 元素，/@total 为属性）", "where the answer says how many there are: JSON pointer; of XML `/total` is any element of that name, `/@total` an attribute";
    "source.http.ok": Table => "应答正文中表示成功的标志", "how the body says that all went well";
    "source.http.ok.at" !required: Text => "标志的位置（JSON 指针；XML 中 /code 为任一 code 元素）", "where the sign is: JSON pointer; of XML `/code` is any element of that name";
    "source.http.ok.values" !required: Texts => "表示成功的值", "its values that mean success";
    "source.http.unchanged_by_etag" ("false"): Flag => "任何记录变化都会改变首页的 ETag", "the first page's ETag changes whenever any record does";
    "source.http.paging": Table => "分页", "paging";
    "source.http.paging.kind" ("none"): words!(PagingKind) => "分页方式", "kind of paging";
    "source.http.paging.size" ("1000"): Integer => "每页条数", "records per page";
    "source.http.paging.size_param" ("size"): Text => "每页条数的参数名", "parameter for the size";
    "source.http.paging.param" ("page"): Text => "页码、偏移或游标的参数名", "parameter for the page, offset or token";
    "source.http.paging.first" ("1"): Integer => "首页页码", "number of the first page";
    "source.http.paging.next": Text => "下一页游标的位置（JSON 指针）；按页码或偏移分页时，为「是否还有下一页」的位置", "JSON pointer of the next page's token; of numbered pages, of the flag that says whether there is another one";
    "source.http.paging.end" ("false, 0, -1, null"): Texts => "next 处表示已到末页的值；空值总是末页", "values of `next` that mean the end; an empty one always does";
    "source.http.since": Table => "只取变化的记录", "fetch only what changed";
    "source.http.since.param" !required: Text => "参数名", "query parameter";
    "source.http.since.column" !required: Text => "记录中的更新时间列", "the column that says when a record changed";
    "source.http.since.overlap_secs" ("600"): Integer => "每次回退的秒数", "how far each pull steps back";
    "source.auth": Table => "身份凭证", "credentials";
    "source.auth.kind" ("none"): words!(AuthKind) => "凭证方式", "kind of credentials";
    "source.auth.env": Text => "存放凭证的环境变量", "environment variable that holds the secret";
    "source.auth.file": Text => "存放凭证的文件", "file that holds the secret";
    "source.auth.user": Text => "用户名或应用标识", "user, or application id";
    "source.auth.header" ("Authorization"): Text => "携带密钥或签名的请求头", "header that carries the key or the signature";
    "source.auth.algorithm" ("hmac-sha256"): words!(Algorithm) => "签名算法（kind = signed）：hmac-sha256、hmac-sm3（国密 SM3）、sm2（国密 SM2，ASN.1 编码）、sm2-plain（r、s 相连）；SM2 私钥为 PEM（PKCS#8）或 64 位十六进制", "what signs (kind = signed): hmac-sha256, hmac-sm3, sm2 (ASN.1), sm2-plain (r and s one behind the other); an SM2 private key is PEM (PKCS#8) or 64 hexadecimal digits";
    "source.auth.text" ("hex"): words!(SignatureText) => "签名的写法：hex 或 base64", "how the signature is written: hex or base64";
    "source.sql": Table => "前置库", "the front-end database";
    "source.sql.table": Text => "表或视图", "table or view";
    "source.sql.query": Text => "自定义查询（代替表）", "a SELECT instead of a table";
    "source.sql.cursor": Text => "随每次变更增大的列（用于增量）", "column that grows with every change; makes the pull incremental";
    "source.sql.overlap" ("0"): Integer => "每次回退的秒数（时间列）或数值", "how far each pull steps back: seconds, or units of a number";
    "source.sql.page" ("5000"): Integer => "每页行数；每页后可断点续传，manners.rate_per_sec 按页计", "rows per page; a pull resumes behind any of them, and `manners.rate_per_sec` counts them";
    "source.sql.version": Text => "返回单个值的 SELECT，数据变化则该值变化；未变则不读取（SQLite 无需填写）", "a SELECT of one value that changes whenever the rows do: unchanged, nothing is read (SQLite needs none)";
    "decoding": Table => "字节如何成为行", "how bytes become rows";
    "decoding.encoding" ("auto"): Text => "字符编码：auto、utf-8、gb18030、gbk、utf-16le、utf-16be", "auto, utf-8, gb18030, gbk, utf-16le, utf-16be";
    "decoding.delimiter" (","): Text => "分隔符（一个字符，或 tab）", "one character, or `tab`";
    "decoding.quote" ("true"): Flag => "双引号是引号", "double quotes quote";
    "decoding.skip" ("0"): Integer => "表头之上的行数", "lines above the header";
    "decoding.header_rows" ("1"): Integer => "表头行数；0 表示无表头", "rows that make the header; 0: none";
    "decoding.header": Texts => "无表头时的列名", "column names of a source without a header";
    "decoding.header_join" ("/"): Text => "多行表头的连接符", "between the parts of a header of several rows";
    "decoding.sheet": Text => "工作表名", "sheet of a workbook";
    "decoding.records": Text => "文件中记录的位置（XML 元素名或 JSON 指针）", "where the records are in a file: XML element or JSON pointer";
    "key" !required: Table => "主键", "the key";
    "key.columns" !required: Texts => "主键列", "columns that together identify a row";
    "columns" !required: Table => "列与字段", "columns to fields";
    "columns.*": Tables => "一列：字段名，或一个（或多个）下列表格", "one column: a field's name, or one or more of these tables";
    "columns.*.field" !required: words!(Field) => "字段", "the field";
    "columns.*.as": words!(As) => "读法；缺省由字段决定", "typed reading; by default the field's own";
    "columns.*.unit" ("yuan"): Holds::Word(|| super::money::UNITS.iter().map(|(n, _)| *n).collect()) => "金额单位", "unit of money";
    "columns.*.rates": Map => "外币折算（如 美元 = 7.1）", "yuan per unit of a foreign currency";
    "columns.*.edition": Integer => "行业分类版本（2002、2011、2017）", "edition of GB/T 4754: 2002, 2011, 2017";
    "columns.*.datum" ("wgs84"): words!(Datum) => "坐标系：wgs84、gcj02（国测局）、bd09（百度）", "datum of a longitude or latitude: wgs84, gcj02, bd09";
    "columns.*.values": Map => "取值对照；空串表示无", "words of the registry and what they mean; empty means absent";
    "columns.*.otherwise": Text => "对照表以外的取值视为", "what every other word means";
    "columns.*.also": Texts => "表头的其他写法", "other spellings of the header";
    "columns.*.optional" ("false"): Flag => "可以没有这一列", "the column may be absent";
    "columns.*.required" ("false"): Flag => "不可为空", "a row without a value goes to quarantine";
    "columns.*.digits": Integer => "行业代码的位数；位数不足的不读（前面的 0 丢了）", "digits of the codes of an industry column; a shorter one is not read, its zero is lost";
    "columns.*.separators": Text => "一格多个单位之间的分隔符", "characters between the units of a list";
    "combine": Tables => "多列合为一个字段", "several columns to one field";
    "combine.columns" !required: Texts => "依次连接的列", "columns, joined in this order";
    "combine.field" !required: words!(Field) => "字段", "the field";
    "combine.as": words!(As) => "读法", "typed reading";
    "combine.separator" (""): Text => "连接符", "between the parts";
    "constants": Map => "每行相同的字段", "fields that every row has";
    "ignore": Texts => "有意不用的列", "columns deliberately not used";
    "nulls": Texts => "表示“无”的词", "words that mean \"no value\"";
    "guard": Table => "何时暂停一个批次", "when a batch is held";
    "guard.max_vanished_percent" ("5"): Number => "允许消失的记录比例", "share of rows that may vanish";
    "guard.max_quarantined_percent" ("20"): Number => "允许隔离的行比例", "share of rows that may be quarantined";
    "guard.min_rows" ("0"): Integer => "最少行数", "fewer rows hold the batch";
    "manners": Table => "对数据源的礼节", "how the source is treated";
    "manners.rate_per_sec": Number => "每秒请求数", "requests per second";
    "manners.concurrency" ("1"): Integer => "并发请求数；读一页时已在取下一页，2 以上且页码连续、总数已知时同时取几页", "requests at the same time; the next page is under way while one is read, from 2 on several where pages are numbered and the total is known";
    "manners.quiet": Texts => "安静时段，如 08:30-18:00", "hours without pulls, `08:30-18:00`";
    "manners.schedule": Text => "拉取时间（cron 五段）", "when to pull, as cron";
    "manners.connect_timeout_secs" ("10"): Integer => "连接时限（秒）", "seconds to connect";
    "manners.read_timeout_secs" ("30"): Integer => "最长静默（秒）", "longest silence in seconds";
    "manners.total_timeout_secs" ("300"): Integer => "单次请求时限（秒）", "longest request in seconds";
    "manners.retries" ("4"): Integer => "重试次数", "tries after the first";
    "manners.breaker_failures" ("5"): Integer => "连续失败多少次后暂停", "failures in a row before a pause";
    "manners.breaker_secs" ("300"): Integer => "暂停秒数", "length of that pause";
    "manners.stale_after_hours" ("48"): Integer => "多少小时后算迟到", "hours after which the registry is late";
    "lookup": Table => "按信用代码查询单个企业", "look-up of single enterprises by credit code";
    "lookup.place" !required: Text => "网址；{codes} 为逗号相连的代码", "address; `{codes}` is replaced by the codes, joined by commas";
    "lookup.method" ("GET"): words!(Method) => "请求方法", "request method";
    "lookup.body": Text => "POST 内容；{codes_json} 为 JSON 数组", "body of a POST; `{codes_json}` is a JSON array";
    "lookup.batch" ("50"): Integer => "每次查询的代码数", "codes per request";
    "lookup.timeout_secs" ("3"): Integer => "时限（秒）", "seconds to answer";
    "lookup.cache_secs" ("60"): Integer => "结果有效秒数", "seconds that an answer is good for";
    "lookup.items": Text => "记录在应答中的位置", "where the records are in the answer";
}

/// Every key of `table` that no connector has, each with the nearest one that exists.
pub(super) fn unknown_keys(registry: &str, table: &toml::Table) -> Vec<Problem> {
    let mut problems = Vec::new();
    walk(registry, "", "", table, &mut problems);
    problems
}

fn walk(registry: &str, shown: &str, path: &str, table: &toml::Table, problems: &mut Vec<Problem>) {
    let prefix = if path.is_empty() { String::new() } else { format!("{path}.") };
    let known: Vec<&str> = KEYS
        .iter()
        .filter_map(|k| k.path.strip_prefix(prefix.as_str()))
        .filter(|rest| !rest.is_empty() && !rest.contains('.'))
        .collect();
    for (name, value) in table {
        let here = if shown.is_empty() { name.clone() } else { format!("{shown}.{name}") };
        let wild = known == ["*"];
        if !wild && !known.contains(&name.as_str()) {
            problems.push(unknown(registry, &here, name, shown, &known));
            continue;
        }
        let full = format!("{prefix}{}", if wild { "*" } else { name });
        let holds = KEYS.iter().find(|k| k.path == full).map(|k| k.holds);
        if !matches!(holds, Some(Holds::Table | Holds::Tables)) {
            continue;
        }
        match value {
            toml::Value::Table(inner) => walk(registry, &here, &full, inner, problems),
            toml::Value::Array(list) => {
                for inner in list.iter().filter_map(toml::Value::as_table) {
                    walk(registry, &here, &full, inner, problems);
                }
            }
            _ => {}
        }
    }
}

fn unknown(registry: &str, here: &str, name: &str, shown: &str, known: &[&str]) -> Problem {
    let elsewhere = || {
        let found = KEYS.iter().find(|k| k.path.rsplit('.').next() == Some(name) && !k.path.contains('*'))?;
        Some(found.path.to_string())
    };
    let inside = |near: &str| if shown.is_empty() { near.to_string() } else { format!("{shown}.{near}") };
    let meant = elsewhere().or_else(|| nearest(name, known.iter().copied()).map(inside));
    let (zh, en) = match &meant {
        Some(meant) => (format!("；是否指「{meant}」？"), format!("; did you mean \"{meant}\"?")),
        None => (format!("；此处可用：{}", known.join("、")), format!("; known here: {}", known.join(", "))),
    };
    Problem::new(
        "unknown_key",
        format!("连接器「{registry}」：未知的键「{here}」{zh}"),
        format!("connector \"{registry}\": unknown key \"{here}\"{en}"),
    )
}

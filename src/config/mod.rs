//! Settings: command line over environment over `huitu.toml` over defaults. Unknown keys and values of another kind are errors that
//! name the key, and what to write.

mod keys;

use std::collections::BTreeMap;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};

use serde::Deserialize;
use thiserror::Error;

use crate::model::message::Lang;
use crate::model::problem::Problem;

use crate::access::ClaimRules;
use crate::assess::Policy;
use crate::cases::correction::CorrectionsPolicy;

pub use keys::nearest;

/// What a `huitu.toml` may say; every key has a command-line option or a default.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default)]
pub struct ConfigFile {
    pub data: Option<PathBuf>,
    pub connectors: Option<PathBuf>,
    /// Without the connectors that ship with huitu.
    pub without_built_in: bool,
    pub store: Option<String>,
    pub listen: Option<SocketAddr>,
    pub zone: Option<String>,
    /// Registry name → place, as `--source name=place`.
    pub sources: BTreeMap<String, String>,
    pub policy: Option<Policy>,
    /// Path of a thresholds file that replaces the built-in one.
    pub thresholds: Option<PathBuf>,
    /// Origins that browsers may call from (CORS); none by default.
    pub origins: Vec<String>,
    /// Where callers reach the hub, with the path that a proxy puts before it; by default as each caller addresses it.
    pub public_url: Option<String>,
    /// What callers may ask, and how.
    pub serve: Serving,
    /// Where people sign in; without it, tokens alone.
    pub login: Option<Login>,
    /// How long departments have to answer what they are asked.
    pub corrections: CorrectionsPolicy,
    /// Where editions are shared; without it, in the folder alone.
    pub editions: Option<EditionStore>,
}

/// The `[editions]` table: an S3-compatible object store through which nodes share editions.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct EditionStore {
    /// `s3://BUCKET/PREFIX`.
    pub place: String,
    /// Address of the store; by default Amazon's of the region.
    pub endpoint: Option<String>,
    /// `us-east-1` by default.
    pub region: Option<String>,
    /// Its secret stands in `secret_file` or HUITU_EDITIONS_SECRET; by default as AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY say.
    pub access_key_id: Option<String>,
    pub secret_file: Option<PathBuf>,
}

/// The `[serve]` table: what callers may ask, and how. Every key has a default.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Serving {
    /// Cost of one question, in rows read.
    pub cost: Option<u64>,
    /// Cost of all questions of a caller in a minute.
    pub cost_per_minute: Option<u64>,
    pub time_secs: Option<u64>,
    /// Questions in one request; 0, the default, refuses batches.
    pub batch: Option<usize>,
    /// Groups smaller than this are not told to callers without the scope `records`; 0, the default, tells all.
    pub suppress_below: Option<u64>,
    /// Folder of the only documents that are answered.
    pub trusted: Option<PathBuf>,
    /// Megabytes of answers to keep.
    pub cache_mb: Option<usize>,
    /// Days that the record of who looked is kept.
    pub audit_days: Option<u32>,
    /// PEM: the server's certificate, with those that vouch for it.
    pub tls_certificate: Option<PathBuf>,
    /// PEM: its private key.
    pub tls_key: Option<PathBuf>,
    /// Addresses of the proxies that end TLS; others are turned away.
    pub behind_proxy: Vec<IpAddr>,
}

/// The `[login]` table: the identity provider at which people sign in (OpenID Connect).
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(default)]
pub struct Login {
    /// The provider, as it calls itself.
    pub issuer: String,
    /// What this hub is registered as there.
    pub client_id: String,
    /// File with the secret that the provider gave; without one the hub is a public client.
    pub client_secret_file: Option<PathBuf>,
    /// What bearer tokens must be meant for; by default `client_id`.
    pub audience: Option<String>,
    /// Asked for beside `openid`.
    pub scopes: Vec<String>,
    /// A session ends after so many hours; 10.
    pub session_hours: Option<u32>,
    /// A session ends when nothing was asked for so many minutes; 60.
    pub idle_minutes: Option<u32>,
    #[serde(flatten)]
    pub claims: ClaimRules,
}

/// Where everything is, for every subcommand.
#[derive(Debug, Clone)]
pub struct Settings {
    /// Everything the hub writes: store, editions, spool, quarantine.
    pub data: PathBuf,
    pub connectors: Option<PathBuf>,
    /// Without the connectors that ship with huitu: only those of `connectors`.
    pub without_built_in: bool,
    /// PostgreSQL URL; None = the embedded store in `data`.
    pub store: Option<String>,
    pub listen: SocketAddr,
    pub zone: chrono_tz::Tz,
    pub sources: BTreeMap<String, String>,
    pub policy: Policy,
    pub thresholds: Option<PathBuf>,
    /// Checked by [`parse_origin`].
    pub origins: Vec<String>,
    /// Without a slash at its end, checked by [`parse_public_url`]; None: as each caller addresses the hub.
    pub public_url: Option<String>,
    /// Registry name → file with its token, where the program itself made it (demonstration).
    pub secrets: BTreeMap<String, PathBuf>,
    /// How long departments have to answer what they are asked.
    pub corrections: CorrectionsPolicy,
    /// Where editions are shared; None: in the folder alone.
    pub editions: Option<EditionStore>,
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {path}: {source}; give an existing file with --config")]
    Unreadable { path: PathBuf, source: std::io::Error },
    /// No TOML; `line` counts from 1.
    #[error("configuration {path}:{line}: {message}; a line of TOML is key = value or [table], with texts in quotes")]
    Malformed { path: PathBuf, line: usize, message: String },
    /// Keys that there are none of, are missing, or take something else; never empty.
    #[error("configuration {}: {}", .path.display(), all_of(.faults, Lang::En))]
    Faults { path: PathBuf, faults: Vec<Problem> },
    #[error("unknown time zone \"{0}\"; give an IANA name such as Asia/Shanghai")]
    Zone(String),
    #[error("origins: {0}")]
    Origin(Problem),
    #[error("public_url: {0}")]
    PublicUrl(Problem),
    #[error("--source \"{0}\" is not of the form REGISTRY=PLACE, for example tax=/data/tax.csv.gz")]
    Source(String),
}

impl ConfigError {
    /// The message in a language.
    pub fn text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            ConfigError::Unreadable { path, source } => {
                format!("无法读取配置文件 {}：{source}；请用 --config 指定已有的文件", path.display())
            }
            ConfigError::Malformed { path, line, message } => {
                format!("配置文件 {} 第 {line} 行不是 TOML（{message}）；每行应为 键 = 值 或 [表]，文字带引号", path.display())
            }
            ConfigError::Faults { path, faults } => format!("配置文件 {}：{}", path.display(), all_of(faults, lang)),
            ConfigError::Zone(zone) => format!("没有时区「{zone}」；请写 IANA 名称，如 Asia/Shanghai"),
            ConfigError::Origin(problem) => format!("origins：{}", problem.zh),
            ConfigError::PublicUrl(problem) => format!("public_url：{}", problem.zh),
            ConfigError::Source(text) => format!("--source「{text}」应写成 登记=位置，例如 tax=/data/tax.csv.gz"),
        }
    }
}

impl ConfigFile {
    /// Reads `huitu.toml`; unknown keys are named with the nearest known one, values of another kind with what the key takes.
    ///
    /// # Errors
    /// `Unreadable`; `Malformed`: no TOML; `Faults`: unknown or missing keys, values of another kind, all of them.
    pub fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
        let malformed = |e: toml::de::Error| {
            let start = e.span().map_or(0, |span| span.start.min(text.len()));
            let line = text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count() + 1;
            ConfigError::Malformed { path: path.into(), line, message: e.message().to_owned() }
        };
        let table: toml::Table = toml::from_str(&text).map_err(malformed)?;
        let faults = keys::faults(&table);
        match faults.is_empty() {
            true => toml::from_str(&text).map_err(malformed),
            false => Err(ConfigError::Faults { path: path.into(), faults }),
        }
    }
}

/// Several problems as one text, a line each.
fn all_of(faults: &[Problem], lang: Lang) -> String {
    faults.iter().map(|fault| fault.text(lang)).collect::<Vec<_>>().join("\n")
}

/// Reads `REGISTRY=PLACE`.
///
/// # Errors
/// `Source`: it lacks one of the two.
pub fn parse_source(text: &str) -> Result<(String, String), ConfigError> {
    match text.split_once('=') {
        Some((registry, place)) if !registry.is_empty() && !place.is_empty() => Ok((registry.to_owned(), place.to_owned())),
        _ => Err(ConfigError::Source(text.to_owned())),
    }
}

/// An origin as browsers send it: scheme, host, and the port where it is not the scheme's own.
///
/// # Errors
/// What no browser ever sends, with what was probably meant.
pub fn parse_origin(text: &str) -> Result<String, ConfigError> {
    let wrong = |zh: String, en: String| Err(ConfigError::Origin(Problem::new("origin", zh, en)));
    let text = text.trim();
    if text.contains('*') {
        return wrong(
            format!("「{text}」含通配符：请逐个写出来源，如 https://map.example"),
            format!("\"{text}\" has a wildcard: name each origin, such as https://map.example"),
        );
    }
    let url = match web_address(text) {
        Some(url) => url,
        None => {
            return wrong(
                format!("「{text}」不是来源：请写协议、主机与可选的端口，如 https://map.example"),
                format!("\"{text}\" is no origin: write scheme://host[:port], such as https://map.example"),
            );
        }
    };
    let origin = url.origin().ascii_serialization();
    if origin != text {
        return wrong(
            format!("浏览器不会发送「{text}」：请写「{origin}」"),
            format!("no browser sends \"{text}\": write \"{origin}\""),
        );
    }
    Ok(origin)
}

/// The address of the hub for others, without a slash at its end.
///
/// # Errors
/// What is no address of a web server, or has a query or a fragment.
pub fn parse_public_url(text: &str) -> Result<String, ConfigError> {
    match web_address(text).filter(|url| url.query().is_none() && url.fragment().is_none() && url.username().is_empty()) {
        Some(url) => Ok(url.as_str().trim_end_matches('/').to_owned()),
        None => Err(ConfigError::PublicUrl(Problem::new(
            "public_url",
            format!("「{text}」不是网址：请写 https://map.example 或 https://map.example/huitu"),
            format!("\"{text}\" is no address: write https://map.example or https://map.example/huitu"),
        ))),
    }
}

fn web_address(text: &str) -> Option<url::Url> {
    let url = url::Url::parse(text.trim()).ok()?;
    (matches!(url.scheme(), "http" | "https") && url.has_host()).then_some(url)
}

/// A zone by its IANA name, such as `Asia/Shanghai`.
///
/// # Errors
/// `Zone`: there is none of that name.
pub fn parse_zone(name: &str) -> Result<chrono_tz::Tz, ConfigError> {
    name.parse().map_err(|_| ConfigError::Zone(name.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_that_no_browser_sends_is_refused_with_the_one_that_was_meant() {
        for origin in ["https://map.example", "http://127.0.0.1:3333", "http://[::1]:5173"] {
            assert_eq!(parse_origin(origin).expect(origin), origin);
        }
        for (origin, meant) in [
            ("*", "each origin"),
            ("https://*.example.org", "each origin"),
            ("http://127.0.0.1:27051/", "\"http://127.0.0.1:27051\""),
            ("https://map.example/app", "\"https://map.example\""),
            ("https://map.example:443", "\"https://map.example\""),
            ("127.0.0.1:27051", "scheme://host"),
            ("map.example", "scheme://host"),
            ("ftp://map.example", "scheme://host"),
            ("null", "scheme://host"),
        ] {
            let message = parse_origin(origin).expect_err(origin).to_string();
            assert!(message.contains(meant), "{message}");
        }
        assert_eq!(parse_public_url("https://map.example/huitu/").expect("an address"), "https://map.example/huitu");
        assert!(parse_public_url("map.example").is_err() && parse_public_url("https://map.example/?a").is_err());
    }

    #[test]
    fn an_unknown_key_names_the_nearest_known_one() {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("huitu.toml");
        std::fs::write(&path, "lisen = \"127.0.0.1:80\"\n").expect("written");
        let message = ConfigFile::read(&path).expect_err("unknown key").to_string();
        assert!(message.contains("\"lisen\"") && message.contains("\"listen\""), "{message}");
        std::fs::write(&path, "[serve]\nsupress_below = 3\n").expect("written");
        let message = ConfigFile::read(&path).expect_err("unknown key").to_string();
        assert!(message.contains("\"suppress_below\""), "{message}");
    }
    fn read(text: &str) -> Result<ConfigFile, ConfigError> {
        let dir = tempfile::tempdir().expect("temporary directory");
        let path = dir.path().join("huitu.toml");
        std::fs::write(&path, text).expect("written");
        ConfigFile::read(&path)
    }

    #[test]
    fn every_key_of_the_table_is_read_and_takes_its_example() {
        let untouched = format!("{:?}", ConfigFile::default());
        let policy = format!("{:?}", Policy::default());
        for (path, text) in keys::examples() {
            let file = read(&text).unwrap_or_else(|e| panic!("{path}: {e}\n{text}"));
            assert_ne!(format!("{file:?}"), untouched, "{path} is read: {text}");
            if let Some(said) = file.policy {
                assert_ne!(format!("{said:?}"), policy, "{path} is read: {text}");
                assert!(said.faults().is_empty(), "{path}: {:?}", said.faults());
            }
        }
    }

    /// A value of every kind at every key is either read or told, in both languages, by the key, with something that would be read.
    #[test]
    fn a_value_of_another_kind_is_told_by_its_key_with_what_it_takes() {
        let mut told = 0;
        for value in ["\"x\"", "-1", "1.5", "true", "[1]", "[\"x\"]", "{ x = 1 }", "[{ x = 1 }]", "2026-11-29"] {
            for (path, text) in keys::examples_with(value) {
                let refused = match read(&text) {
                    Ok(_) => continue,
                    Err(refused) => refused,
                };
                assert!(
                    matches!(refused, ConfigError::Faults { .. }),
                    "{path} = {value} is told by the reader of TOML: {refused}"
                );
                let (zh, en) = (refused.text(Lang::Zh), refused.text(Lang::En));
                let parent = path.split('.').take_while(|part| *part != "*").collect::<Vec<_>>().join(".");
                for text in [&zh, &en] {
                    assert!(text.contains(&parent), "{path} = {value}: {text}");
                    assert!(!text.contains("invalid type") && !text.contains("expected"), "{path} = {value}: {text}");
                }
                assert!(zh.contains("应为") || zh.contains("可用") || zh.contains("例如"), "{path} = {value}: {zh}");
                assert!(en.contains(" such as ") || en.contains("; write [") || en.contains("Known keys"), "{path}: {en}");
                told += 1;
            }
        }
        assert!(told > 600, "{told}");
    }

    #[test]
    fn a_policy_of_another_shape_says_what_to_write() {
        for (text, said) in [
            (
                "[policy.needs]\ncoverage = \"union_roll\"\n",
                &["policy.needs.coverage", "a list of tables", "[[policy.needs.coverage]]", "one_of = [\"union_roll\"]"][..],
            ),
            ("[policy.needs.coverage]\none_of = [\"union_roll\"]\n", &["a table does not fit", "[[policy.needs.coverage]]"]),
            ("[[policy.needs.coverage]]\none_of = \"union_roll\"\n", &["policy.needs.coverage.one_of", "a list of texts"]),
            ("[[policy.needs.coverage]]\nmax_age_days = 4\n", &["policy.needs.coverage lacks one_of", "[\"union_roll\"]"]),
            (
                "[[policy.needs.union]]\none_of = [\"union_roll\"]\n",
                &["\"policy.needs.union\"", "Known keys: scope, size, coverage"],
            ),
            ("[[policy.proxy]]\nabove = 80\n", &["policy.proxy", "a list does not fit", "write [policy.proxy]"]),
            ("[policy]\nneeds = []\n", &["policy.needs", "[[policy.needs.scope]]"]),
            ("[policy]\ngrace_months = \"6\"\n", &["policy.grace_months: \"6\"", "a whole number", "grace_months = 12"]),
            ("[policy]\ncounted_kinds = [\"UNION\"]\n", &["policy.counted_kinds: \"UNION\"", "INDEPENDENT"]),
            ("[policy]\nsurvivorship = 3\n", &["[policy.survivorship.EMPLOYEES]", "rule = \"REGISTRY_RANK\""]),
            ("[policy.survivorship.STAFF]\nrule = \"OFFICIAL\"\n", &["policy.survivorship.STAFF", "Known keys: NAME"]),
            ("[policy.proxy]\nabove_by_section = { Manufacturing = 50 }\n", &["one capital letter", "F = 50"]),
            ("grace_months = 3\n", &["\"grace_months\"", "\"policy.grace_months\""]),
            ("[corrections]\nholidays = [2027-02-08]\n", &["corrections.holidays: 2027-02-08", "in quotes"]),
            ("data = /var/lib\n", &["huitu.toml:1", "texts in quotes"]),
        ] {
            let refused = read(text).map(|_| ()).expect_err(text);
            let (zh, en) = (refused.text(Lang::Zh), refused.to_string());
            for word in said {
                assert!(en.contains(word), "{text}: {word}: {en}");
            }
            assert!(zh.contains("配置文件") && !zh.contains("does not fit"), "{zh}");
        }
        let both = read("[policy]\ngrace_months = \"6\"\ntolerance = \"5 %\"\n").expect_err("two faults").to_string();
        assert!(both.contains("grace_months") && both.contains("tolerance"), "all of them at once: {both}");
    }
}

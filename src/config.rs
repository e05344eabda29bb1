//! Settings: command line over environment over `huitu.toml` over defaults. Unknown keys are errors that name the
//! nearest known key.

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
}

#[rustfmt::skip]
const KEYS: &[&str] = &[
    "data", "connectors", "without_built_in", "store", "listen", "zone", "sources", "policy", "thresholds", "origins", "public_url",
    "serve", "login", "corrections",
];

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

const SERVE_KEYS: &[&str] = &[
    "cost",
    "cost_per_minute",
    "time_secs",
    "batch",
    "suppress_below",
    "trusted",
    "cache_mb",
    "audit_days",
    "tls_certificate",
    "tls_key",
    "behind_proxy",
];

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

const LOGIN_KEYS: &[&str] = &[
    "issuer",
    "client_id",
    "client_secret_file",
    "audience",
    "scopes",
    "session_hours",
    "idle_minutes",
    "role_claim",
    "area_claim",
    "registry_claim",
    "name_claim",
    "roles",
];

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
}

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("cannot read the configuration {path}: {source}; give an existing file with --config")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("configuration {path}: {message}")]
    Malformed { path: PathBuf, message: String },
    #[error("configuration {path}: unknown key \"{key}\"; did you mean \"{nearest}\"? Known keys: {known}")]
    UnknownKey { path: PathBuf, key: String, nearest: String, known: String },
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
            ConfigError::Malformed { path, message } => format!("配置文件 {} 有误：{message}", path.display()),
            ConfigError::UnknownKey { path, key, nearest, known } => {
                format!("配置文件 {}：没有「{key}」这个键，是否指「{nearest}」？可用的键：{known}", path.display())
            }
            ConfigError::Zone(zone) => format!("没有时区「{zone}」；请写 IANA 名称，如 Asia/Shanghai"),
            ConfigError::Origin(problem) => format!("origins：{}", problem.zh),
            ConfigError::PublicUrl(problem) => format!("public_url：{}", problem.zh),
            ConfigError::Source(text) => format!("--source「{text}」应写成 登记=位置，例如 tax=/data/tax.csv.gz"),
        }
    }
}

impl ConfigFile {
    /// Reads `huitu.toml`; unknown keys are named with the nearest known one.
    ///
    /// # Errors
    /// The file cannot be read, is no TOML, or has an unknown key or a value of the wrong kind.
    pub fn read(path: &Path) -> Result<ConfigFile, ConfigError> {
        let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Unreadable { path: path.into(), source })?;
        let malformed = |e: toml::de::Error| ConfigError::Malformed { path: path.into(), message: e.to_string() };
        let table: toml::Table = toml::from_str(&text).map_err(malformed)?;
        if let Some(key) = table.keys().find(|k| !KEYS.contains(&k.as_str())) {
            return Err(ConfigError::UnknownKey {
                path: path.into(),
                key: key.clone(),
                nearest: nearest(key, KEYS.iter().copied()).unwrap_or(KEYS[0]).to_owned(),
                known: KEYS.join(", "),
            });
        }
        for (name, keys) in [("serve", SERVE_KEYS), ("login", LOGIN_KEYS), ("corrections", CorrectionsPolicy::KEYS)] {
            if let Some(said) = table.get(name).and_then(toml::Value::as_table)
                && let Some(key) = said.keys().find(|k| !keys.contains(&k.as_str()))
            {
                return Err(ConfigError::UnknownKey {
                    path: path.into(),
                    key: format!("{name}.{key}"),
                    nearest: nearest(key, keys.iter().copied()).unwrap_or(keys[0]).to_owned(),
                    known: keys.join(", "),
                });
            }
        }
        toml::from_str(&text).map_err(malformed)
    }
}

/// The known word closest to a mistyped one (Damerau–Levenshtein).
pub fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known.into_iter().min_by_key(|k| strsim::damerau_levenshtein(word, k))
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
}

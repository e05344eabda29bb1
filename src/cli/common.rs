//! Options of every command, and what they say together with the configuration file.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, ValueEnum};

use crate::config::{ConfigFile, Settings, parse_origin, parse_public_url, parse_source, parse_zone};

/// Port and address `serve` and `demo` listen on by default.
pub(crate) const DEFAULT_LISTEN: &str = "127.0.0.1:8080";

/// Options every subcommand takes; each also as an environment variable and in the configuration file.
#[derive(Args, Clone)]
#[command(next_help_heading = "Options of every command")]
pub struct Common {
    /// Everything the hub writes: store, editions, quarantine [default: ./huitu-data]
    #[arg(long, global = true, env = "HUITU_DATA", value_name = "DIR")]
    pub data: Option<PathBuf>,
    /// Folder of connector folders: each is added, or takes the place of the built-in one of its name
    #[arg(long, global = true, env = "HUITU_CONNECTORS", value_name = "DIR")]
    pub connectors: Option<PathBuf>,
    /// Leave the built-in connectors out: only those of --connectors
    #[arg(long, global = true, env = "HUITU_WITHOUT_BUILT_IN")]
    pub without_built_in: bool,
    /// PostgreSQL address; without it the embedded store in --data
    #[arg(long, global = true, env = "HUITU_STORE", value_name = "URL", hide_env_values = true)]
    pub store: Option<String>,
    /// Address to serve on [default: 127.0.0.1:8080]
    #[arg(long, global = true, env = "HUITU_LISTEN", value_name = "ADDR:PORT")]
    pub listen: Option<SocketAddr>,
    /// Configuration file (TOML)
    #[arg(long, global = true, env = "HUITU_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// Time zone whose days `as of` counts [default: Asia/Shanghai]
    #[arg(long, global = true, env = "HUITU_ZONE", value_name = "NAME")]
    pub zone: Option<String>,
    /// Where a registry's data is, for example tax=/data/tax.csv.gz; HUITU_SOURCE_TAX says the same
    #[arg(long = "source", global = true, value_name = "REGISTRY=PLACE")]
    pub sources: Vec<String>,
    /// Origins that browsers may call from (CORS), such as `https://map.example`, separated by commas
    #[arg(long, global = true, env = "HUITU_ORIGINS", value_delimiter = ',', value_name = "ORIGIN")]
    pub origins: Vec<String>,
    /// Where callers reach the hub, with the path that a proxy puts before it [default: as each caller addresses it]
    #[arg(long, global = true, env = "HUITU_PUBLIC_URL", value_name = "URL")]
    pub public_url: Option<String>,
    /// What it reads for: stands in the audit with what is shown. Of `audit`: part of what was stated; of `token create`: what the token may
    /// state, several times where it may state several things
    #[arg(long, global = true, value_name = "TEXT")]
    pub purpose: Vec<String>,
    /// Machine-readable output
    #[arg(long, global = true)]
    pub json: bool,
    /// Language of messages
    #[arg(long, global = true, env = "HUITU_LANG", value_enum)]
    pub lang: Option<LangArg>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum LangArg {
    Zh,
    En,
}

impl From<LangArg> for crate::model::message::Lang {
    fn from(lang: LangArg) -> Self {
        match lang {
            LangArg::Zh => Self::Zh,
            LangArg::En => Self::En,
        }
    }
}

impl LangArg {
    /// Picks the text of this language.
    pub fn pick<'a>(self, zh: &'a str, en: &'a str) -> &'a str {
        match self {
            LangArg::Zh => zh,
            LangArg::En => en,
        }
    }
}

impl Common {
    /// What the command is run for, as it stands in the audit; empty where nobody said.
    pub fn stated_purpose(&self) -> String {
        self.purpose.first().map_or_else(String::new, |text| crate::serve::answers::usage::stated(text))
    }
    /// The same as the value of a header.
    pub fn purpose_header(&self) -> anyhow::Result<axum::http::HeaderValue> {
        use anyhow::Context;
        axum::http::HeaderValue::from_bytes(self.stated_purpose().as_bytes()).context("--purpose cannot be sent")
    }
    /// The language asked for, else the locale's.
    pub fn lang(&self) -> LangArg {
        self.lang.unwrap_or_else(|| {
            let locale = ["LC_ALL", "LC_MESSAGES", "LANG"].iter().find_map(|v| std::env::var(v).ok().filter(|t| !t.is_empty()));
            match locale {
                Some(l) if l.starts_with("zh") => LangArg::Zh,
                _ => LangArg::En,
            }
        })
    }

    /// Command line over environment over file over defaults.
    pub fn settings(&self) -> anyhow::Result<Settings> {
        let file = match &self.config {
            Some(path) => ConfigFile::read(path)?,
            None => ConfigFile::default(),
        };
        let mut sources = file.sources;
        for (name, place) in std::env::vars() {
            if let Some(registry) = name.strip_prefix("HUITU_SOURCE_") {
                sources.insert(registry.to_lowercase(), place);
            }
        }
        for text in &self.sources {
            let (registry, place) = parse_source(text)?;
            sources.insert(registry, place);
        }
        let origins = if self.origins.is_empty() { file.origins } else { self.origins.clone() };
        let origins = origins.iter().map(|text| parse_origin(text)).collect::<Result<Vec<_>, _>>()?;
        let public_url = self.public_url.clone().or(file.public_url).map(|text| parse_public_url(&text)).transpose()?;
        let zone = self.zone.as_deref().or(file.zone.as_deref()).unwrap_or("Asia/Shanghai");
        Ok(Settings {
            data: self.data.clone().or(file.data).unwrap_or_else(|| PathBuf::from("huitu-data")),
            connectors: self.connectors.clone().or(file.connectors),
            without_built_in: self.without_built_in || file.without_built_in,
            store: self.store.clone().or(file.store),
            listen: self.listen.or(file.listen).unwrap_or_else(|| DEFAULT_LISTEN.parse().expect("a constant address")),
            zone: parse_zone(zone)?,
            sources,
            policy: file.policy.unwrap_or_default(),
            thresholds: file.thresholds,
            origins,
            public_url,
            secrets: Default::default(),
            corrections: file.corrections,
            editions: file.editions,
        })
    }
}

impl Common {
    /// What the configuration file says of serving.
    pub fn serving(&self) -> anyhow::Result<crate::config::Serving> {
        Ok(match &self.config {
            Some(path) => ConfigFile::read(path)?.serve,
            None => crate::config::Serving::default(),
        })
    }
    /// What it says of signing in.
    pub fn login(&self) -> anyhow::Result<Option<crate::config::Login>> {
        Ok(match &self.config {
            Some(path) => ConfigFile::read(path)?.login,
            None => None,
        })
    }
}

/// Lets single look-ups ask the departments where they listen, as pulls do.
pub fn look_up_there(hub: &mut crate::hub::Hub, served: &crate::simulate::Served) {
    /// `http://127.0.0.1:8701/a` in two: up to the path, and the path.
    fn parts(place: &str) -> Option<(&str, &str)> {
        let host = place.find("://")? + 3;
        Some(place.split_at(host + place[host..].find('/')?))
    }
    for connector in &mut hub.connectors {
        let source = served.sources.iter().find(|source| source.registry == connector.name);
        let Some(((there, _), lookup)) = source.and_then(|s| parts(&s.place)).zip(connector.lookup.as_ref()) else { continue };
        if let Some((_, path)) = parts(&lookup.place) {
            let place = format!("{there}{path}");
            if let Some(lookup) = &mut std::sync::Arc::make_mut(connector).lookup {
                lookup.place = place;
            }
        }
    }
}

/// An error in the reader's language, where it knows both.
pub(crate) fn in_words(error: &anyhow::Error, lang: LangArg) -> String {
    if let Some(known) = error.downcast_ref::<crate::hub::HubError>() {
        return known.text(lang.into());
    }
    if let (Some(known), LangArg::Zh) = (error.downcast_ref::<crate::edition::EditionError>(), lang) {
        return crate::hub::message::edition(known);
    }
    if let Some(known) = error.downcast_ref::<crate::config::ConfigError>() {
        return known.text(lang.into());
    }
    if let Some(known) = error.downcast_ref::<crate::connector::ConnectorError>() {
        let texts: Vec<&str> = known.problems.iter().map(|p| lang.pick(p.zh.as_str(), p.en.as_str())).collect();
        return texts.join("\n");
    }
    format!("{error:#}")
}

//! Finds connectors: those that ship with huitu, those of a folder, one folder, one text.

use std::path::Path;

use super::definition::Connector;
use super::manifest;
use super::problem::{ConnectorError, Problem};

#[derive(rust_embed::RustEmbed)]
#[folder = "../../connectors"]
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

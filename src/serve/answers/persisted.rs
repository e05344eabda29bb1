//! Documents by their digest: automatic persisted queries, and trusted documents, which alone are answered where configured.

use data_encoding::HEXLOWER;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use quick_cache::sync::Cache;
use serde::Deserialize;
use sha2::{Digest, Sha256};

use super::request::Parameters;
use super::strict_json::StrictValue;
use crate::serve::limits::cost::Limits;
use crate::serve::problem::{Code, Problem};

/// Documents remembered for automatic persisted queries.
const REMEMBERED: usize = 1_000;

/// Documents by SHA-256 in hex.
pub struct Documents {
    /// Where given, nothing else is answered.
    trusted: Option<HashMap<String, Trusted>>,
    seen: Cache<String, Arc<str>>,
}

/// A trusted document.
struct Trusted {
    file: String,
    text: Arc<str>,
    /// The id under which it is listed; None for its digest beside an id of its manifest's own.
    listed: Option<String>,
}

/// What a client's build writes of its documents: Apollo's form names itself, the others are a map from id to text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Manifest {
    Apollo { operations: Vec<ApolloOperation> },
    ById(BTreeMap<String, String>),
}

#[derive(Deserialize)]
struct ApolloOperation {
    id: String,
    body: String,
}

/// An id as it is looked up: hex has no case, and `sha256:` says only how it was made.
fn plain_id(id: &str) -> String {
    id.strip_prefix("sha256:").unwrap_or(id).to_ascii_lowercase()
}

pub fn digest(document: &str) -> String {
    HEXLOWER.encode(&Sha256::digest(document.as_bytes()))
}

/// Any document is answered, and those that come with their digest are remembered.
impl Default for Documents {
    fn default() -> Documents {
        Documents { trusted: None, seen: Cache::new(REMEMBERED) }
    }
}

impl Documents {
    /// Only these documents are answered: the `.graphql` files of a folder, named by their digest, and those of the manifests
    /// in it (`.json` with "persisted" or "manifest" in its name), named by their ids and by their digests. The path of one manifest stands
    /// for itself, however it is called.
    ///
    /// # Errors
    /// The folder or a file cannot be read, a JSON file is no manifest of documents, or an id stands for two of them.
    pub fn trusted(path: &Path) -> std::io::Result<Documents> {
        let is_one = path.is_file();
        let mut paths = match is_one {
            true => vec![path.to_path_buf()],
            false => std::fs::read_dir(path)?.map(|entry| Ok(entry?.path())).collect::<std::io::Result<Vec<PathBuf>>>()?,
        };
        paths.sort();
        let mut trusted: HashMap<String, Trusted> = HashMap::new();
        for path in paths {
            let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
            match path.extension().and_then(|e| e.to_str()) {
                Some("graphql" | "gql") => {
                    let text: Arc<str> = std::fs::read_to_string(&path)?.into();
                    let digest = digest(&text);
                    let listed = Some(format!("sha256:{digest}"));
                    trusted.insert(digest, Trusted { file, text, listed });
                }
                Some("json") if is_one || file.contains("persisted") || file.contains("manifest") => {
                    for (id, text) in manifest(&path)? {
                        let text: Arc<str> = text.into();
                        if let Some(other) = trusted.get(&plain_id(&id)).filter(|other| other.text != text) {
                            let message =
                                format!("{file}: the id {id} stands for another document in {}: keep one of them", other.file);
                            return Err(std::io::Error::new(std::io::ErrorKind::InvalidData, message));
                        }
                        let by_digest = Trusted { file: file.clone(), text: text.clone(), listed: None };
                        trusted.entry(digest(&text)).or_insert(by_digest);
                        trusted.insert(plain_id(&id), Trusted { file: file.clone(), text, listed: Some(id) });
                    }
                }
                _ => {}
            }
        }
        Ok(Documents { trusted: Some(trusted), ..Documents::default() })
    }
    /// Ids, files and documents of a trusted set, in the order of the files.
    pub fn list(&self) -> Vec<(&str, &str, &str)> {
        let all = self.trusted.iter().flatten();
        let mut all: Vec<(&str, &str, &str)> =
            all.filter_map(|(_, t)| Some((t.listed.as_deref()?, t.file.as_str(), &*t.text))).collect();
        all.sort_unstable_by_key(|(id, file, _)| (*file, *id));
        all
    }

    fn find(&self, digest: &str) -> Option<String> {
        match &self.trusted {
            Some(trusted) => trusted.get(digest).map(|t| t.text.to_string()),
            None => self.seen.get(digest).map(|text| text.to_string()),
        }
    }
}

/// The documents of a manifest by id.
fn manifest(path: &Path) -> std::io::Result<Vec<(String, String)>> {
    let text = std::fs::read_to_string(path)?;
    // Some tools of Windows begin a file with a byte order mark. An id that comes twice would lose its first document.
    let read =
        serde_json::from_str(text.trim_start_matches('\u{feff}')).and_then(|StrictValue(value)| serde_json::from_value(value));
    let manifest: Manifest = read.map_err(|error| {
        let message = format!("{} is no manifest of documents (id to text, or Apollo's operations): {error}", path.display());
        std::io::Error::new(std::io::ErrorKind::InvalidData, message)
    })?;
    Ok(match manifest {
        Manifest::Apollo { operations } => operations.into_iter().map(|operation| (operation.id, operation.body)).collect(),
        Manifest::ById(documents) => documents.into_iter().collect(),
    })
}

fn not_found() -> Problem {
    // Clients (urql) compare the message itself, in whatever language: what to do stands in the hint.
    Problem::new(Code::PersistedQueryNotFound, "PersistedQueryNotFound", "PersistedQueryNotFound")
        .remedy("请连同查询文本再发一次 · send the document together with its digest")
}

/// Puts the document a digest stands for into the parameters.
pub fn resolve(documents: &Documents, limits: &Limits, parameters: &mut Parameters) -> Result<(), Problem> {
    let of_extension = parameters.extensions.as_ref().and_then(|e| e.get("persistedQuery")?.get("sha256Hash")?.as_str());
    // An id of a client's own manifest need not be a digest: with the text beside it, the text counts.
    let of_id = parameters.document_id.as_deref().filter(|id| parameters.query.is_none() || id.starts_with("sha256:"));
    let hash = of_extension.or(of_id).map(plain_id);
    match (hash, &parameters.query) {
        (Some(hash), None) => parameters.query = Some(documents.find(&hash).ok_or_else(not_found)?),
        (Some(hash), Some(document)) => {
            if digest(document) != hash {
                return Err(Problem::bad_input("sha256Hash 与查询文本不符", "sha256Hash does not fit the document"));
            }
            match &documents.trusted {
                Some(trusted) if !trusted.contains_key(&hash) => return Err(not_found()),
                Some(_) => {}
                None if document.len() <= limits.document_bytes => documents.seen.insert(hash, document.as_str().into()),
                None => {}
            }
        }
        (None, Some(document)) if documents.trusted.as_ref().is_some_and(|t| !t.contains_key(&digest(document))) => {
            return Err(Problem::new(Code::Forbidden, "此服务只回答登记过的查询", "this server answers trusted documents only"));
        }
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn manifests_of_every_kind_are_taken_beside_plain_files() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
        put("list.graphql", "{ gap { totalCount } }");
        put("persisted-documents.json", r#"{"0A1b2c3d4e5f60718293a4b5c6d7e8f901234567": "query A { gap { totalCount } }"}"#);
        put(
            "persisted-query-manifest.json",
            r#"{"format":"apollo-persisted-query-manifest","version":1,"operations":[{"id":"b-1","name":"B","type":"query","body":"query B { viewer { name } }"}]}"#,
        );
        put("notes.txt", "nothing");
        let documents = Documents::trusted(folder.path()).unwrap();
        let ask = |id: &str| {
            let mut parameters = Parameters { document_id: Some(id.to_owned()), ..Parameters::default() };
            resolve(&documents, &Limits::default(), &mut parameters).map(|()| parameters.query.unwrap())
        };
        assert_eq!(ask("0a1b2c3d4e5f60718293a4b5c6d7e8f901234567").unwrap(), "query A { gap { totalCount } }");
        assert_eq!(ask("b-1").unwrap(), "query B { viewer { name } }");
        assert_eq!(ask(&format!("sha256:{}", digest("query B { viewer { name } }"))).unwrap(), "query B { viewer { name } }");
        assert_eq!(ask(&digest("{ gap { totalCount } }")).unwrap(), "{ gap { totalCount } }");
        assert_eq!(ask("b-2").unwrap_err().code, Code::PersistedQueryNotFound);
        assert_eq!(documents.list().len(), 3, "each once");
        let one = Documents::trusted(&folder.path().join("persisted-documents.json")).unwrap();
        assert_eq!(one.list().len(), 1);
        put("answers.json", "[1]");
        assert!(Documents::trusted(folder.path()).is_ok(), "what is no manifest by its name is left alone");
        put("persisted-marked.json", "\u{feff}{\"c-1\": \"query C { gap { totalCount } }\"}");
        assert_eq!(Documents::trusted(folder.path()).unwrap().list().len(), 4, "behind a byte order mark");
        for (broken, said) in [
            ("[1]", "persisted-broken.json"),
            (r#"{"d": "query D { a }", "d": "query D { b }"}"#, "given twice: d"),
            (r#"{"c-1": "query C { viewer { name } }"}"#, "the id c-1 stands for another document"),
        ] {
            put("persisted-broken.json", broken);
            let refused = Documents::trusted(folder.path()).err().expect("refused").to_string();
            assert!(refused.contains(said), "{refused}");
        }
    }
}

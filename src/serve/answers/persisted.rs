//! Documents by their digest: automatic persisted queries, and trusted documents, which alone are answered where configured.

use data_encoding::HEXLOWER;
use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use quick_cache::sync::Cache;
use sha2::{Digest, Sha256};

use super::request::Parameters;
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

/// A trusted document, and the file it was read from.
struct Trusted {
    file: String,
    text: String,
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
    /// Only the `.graphql` files of a folder are answered, named by their digest (`huitu trust DIR` prints them).
    pub fn trusted(folder: &Path) -> std::io::Result<Documents> {
        let mut trusted = HashMap::new();
        for entry in std::fs::read_dir(folder)? {
            let path = entry?.path();
            if path.extension().is_some_and(|e| e == "graphql") {
                let document = std::fs::read_to_string(&path)?;
                let file = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                trusted.insert(digest(&document), Trusted { file, text: document });
            }
        }
        Ok(Documents { trusted: Some(trusted), ..Documents::default() })
    }
    /// Digests, files and documents of a trusted set, in the order of the files.
    pub fn list(&self) -> Vec<(&str, &str, &str)> {
        let mut all: Vec<(&str, &str, &str)> =
            self.trusted.iter().flatten().map(|(d, t)| (d.as_str(), t.file.as_str(), t.text.as_str())).collect();
        all.sort_unstable_by_key(|(_, file, _)| *file);
        all
    }

    fn find(&self, digest: &str) -> Option<String> {
        match &self.trusted {
            Some(trusted) => trusted.get(digest).map(|t| t.text.clone()),
            None => self.seen.get(digest).map(|text| text.to_string()),
        }
    }
}

fn not_found() -> Problem {
    Problem::new(
        Code::PersistedQueryNotFound,
        "PersistedQueryNotFound：未知的查询摘要，请连同查询文本再发一次",
        "PersistedQueryNotFound",
    )
}

/// Puts the document a digest stands for into the parameters.
pub fn resolve(documents: &Documents, limits: &Limits, parameters: &mut Parameters) -> Result<(), Problem> {
    let of_extension = parameters.extensions.as_ref().and_then(|e| e.get("persistedQuery")?.get("sha256Hash")?.as_str());
    let of_id = parameters.document_id.as_deref().map(|id| id.strip_prefix("sha256:").unwrap_or(id));
    let hash = of_extension.or(of_id).map(str::to_ascii_lowercase);
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

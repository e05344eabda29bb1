//! What can go wrong with an edition.

fn nearest_one(nearest: Option<u32>) -> String {
    nearest.map_or_else(String::new, |number| format!("; the nearest one is {number}"))
}

/// What can go wrong with an edition. `Display` is for the log and the operator.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    #[error("edition folder {path}: {source}")]
    Io { path: std::path::PathBuf, source: std::io::Error },
    #[error(
        "edition file {path}: {reason}; `huitu sync` publishes another edition, `huitu edition rebuild NUMBER --restore` makes this \
         one again"
    )]
    Broken { path: std::path::PathBuf, reason: String },
    #[error("edition: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    #[error("edition manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// The edition was pruned, or never existed; `nearest` is the closest one that can be opened.
    #[error("there is no edition {number} (any more){}; `huitu edition list` shows those that are kept", nearest_one(*nearest))]
    Gone { number: u32, nearest: Option<u32> },
    #[error("there is no edition yet; run `huitu sync`")]
    None,
    /// The caller asked for something that does not exist; safe to show.
    #[error("{en}")]
    BadInput { zh: String, en: String },
}

impl EditionError {
    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> EditionError + '_ {
        move |source| EditionError::Io { path: path.to_path_buf(), source }
    }
}

//! What can go wrong with an edition.

use crate::model::problem::{Code, Problem};

fn nearest_one(nearest: Option<u32>) -> String {
    nearest.map_or_else(String::new, |number| format!("; the nearest one is {number}"))
}

/// What can go wrong with an edition. `Display` is for the log and the operator.
#[derive(Debug, thiserror::Error)]
pub enum EditionError {
    /// The file system refused.
    #[error("edition folder {path}: {source}")]
    Io {
        /// The folder or file.
        path: std::path::PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// A file is not what was written, or another version of the program wrote it.
    #[error(
        "edition file {path}: {reason}; `huitu sync` publishes another edition, `huitu edition rebuild NUMBER --restore` makes this \
         one again"
    )]
    Broken {
        /// The file, or the column that is missing.
        path: std::path::PathBuf,
        /// What was found, in English.
        reason: String,
    },
    /// Arrow cannot make sense of a table.
    #[error("edition: {0}")]
    Arrow(#[from] arrow_schema::ArrowError),
    /// A JSON file of an edition cannot be read or written.
    #[error("edition manifest: {0}")]
    Json(#[from] serde_json::Error),
    /// The edition was pruned, or never existed; `nearest` is the closest one that can be opened.
    #[error("there is no edition {number} (any more){}; `huitu edition list` shows those that are kept", nearest_one(*nearest))]
    Gone {
        /// The one asked for.
        number: u32,
        /// None where there is none.
        nearest: Option<u32>,
    },
    /// A day or an instant before the first edition that is kept.
    #[error("there is no edition as old as that; the first one is {first} of {day}")]
    BeforeFirst {
        /// Number of the first one that is kept.
        first: u32,
        /// Its day.
        day: chrono::NaiveDate,
    },
    /// Nothing has been published yet.
    #[error("there is no edition yet; run `huitu sync`")]
    None,
    /// The caller asked for something that does not exist; safe to show.
    #[error("{}", .0.en)]
    BadInput(Problem),
}

impl EditionError {
    /// An edition of an earlier program does not hold all that must be written again beside what changed: a whole one follows it.
    pub fn cannot_follow() -> EditionError {
        EditionError::bad_input(
            "上一期由较早版本写成，无法只写变化部分",
            "the edition before was written by an earlier program, and cannot be followed by changes alone",
        )
    }

    pub(super) fn bad_input(zh: impl Into<String>, en: impl Into<String>) -> EditionError {
        EditionError::BadInput(Problem::new("bad_input", zh, en))
    }

    pub(super) fn io(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> EditionError + '_ {
        move |source| EditionError::Io { path: path.to_path_buf(), source }
    }
}

/// The problem that a caller of the graph gets.
impl From<EditionError> for Problem<Code> {
    fn from(error: EditionError) -> Problem<Code> {
        match error {
            EditionError::BadInput(problem) => {
                Problem { code: Code::BadInput, zh: problem.zh, en: problem.en, remedy: problem.remedy }
            }
            EditionError::Gone { nearest, .. } => {
                let nearest = nearest.map_or_else(String::new, |n| format!("edition:{n}"));
                Problem::new(
                    Code::EditionGone,
                    format!("该版本已不存在；最近的可用版本是 {nearest}"),
                    format!("this edition is gone; the nearest one is {nearest}"),
                )
                .remedy(nearest)
            }
            EditionError::BeforeFirst { first, day } => Problem::new(
                Code::EditionGone,
                format!("所问时间早于第一个版本：现有最早的是 {day} 的版本 edition:{first}"),
                format!("that is before the first edition: the earliest one kept is edition:{first} of {day}"),
            )
            .remedy(format!("edition:{first}")),
            EditionError::None => Problem::new(
                Code::NotFound,
                "还没有发布任何版本；请先运行 huitu sync",
                "no edition has been published yet; run `huitu sync` first",
            ),
            other => {
                tracing::error!(error = %other, "an edition could not be read");
                Problem::internal()
            }
        }
    }
}

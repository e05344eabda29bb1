//! Why a backup was not made or not restored, in both languages.

use thiserror::Error;

use crate::model::message::Lang;
use crate::model::problem::Problem;
use crate::store::StoreError;
use crate::store::data_folder::FolderError;
use crate::store::dump::DumpError;

/// Why nothing was done. What was there before is there still.
#[derive(Debug, Error)]
pub enum BackupError {
    /// The store cannot be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Said in both languages, with the remedy.
    #[error("{}", .0.en)]
    Told(Problem),
}

impl BackupError {
    pub(super) fn said(code: &'static str, zh: impl Into<String>, en: impl Into<String>) -> BackupError {
        BackupError::Told(Problem::new(code, zh, en))
    }

    /// The message in a language; that of a store in English where it is not known here.
    pub fn text(&self, lang: Lang) -> String {
        match self {
            BackupError::Told(problem) => problem.text(lang).to_owned(),
            BackupError::Store(error) => error.to_string(),
        }
    }

    /// What it is called, for programs; None for the store's own errors.
    pub fn code(&self) -> Option<&str> {
        match self {
            BackupError::Told(problem) => Some(&problem.code),
            BackupError::Store(_) => None,
        }
    }

    pub(super) fn file(path: &std::path::Path) -> impl FnOnce(std::io::Error) -> BackupError + use<> {
        let path = path.display().to_string();
        move |error| {
            BackupError::said(
                "file",
                format!("{path}：{error}；请腾出空间或检查权限，原有的数据和备份都没有改动"),
                format!(
                    "{path}: {error}; free space or mend its permissions: what was there before, data and backups, is unchanged"
                ),
            )
        }
    }
}

impl From<FolderError> for BackupError {
    fn from(error: FolderError) -> BackupError {
        BackupError::Store(error.into())
    }
}

impl From<DumpError> for BackupError {
    fn from(error: DumpError) -> BackupError {
        match error {
            DumpError::Store(error) => BackupError::Store(error),
            DumpError::File { path, source } => BackupError::file(&path)(source),
            DumpError::Content { path, reason } => BackupError::said(
                "content",
                format!("{} 的内容不是数据库：{reason}；未作任何改动，请用另一份备份", path.display()),
                format!("{} does not make a store: {reason}; nothing was changed, use another backup", path.display()),
            ),
            DumpError::Newer(steps) => BackupError::said(
                "newer_program",
                format!("该备份由较新版本的 huitu 写成（本版本不认识其数据表步骤 {steps:?}）；请用那个版本恢复，未作任何改动"),
                format!(
                    "the backup was written by a newer huitu (steps {steps:?} of its tables are not known here); restore it with that version: nothing was changed"
                ),
            ),
        }
    }
}

//! What can go wrong between the folder of editions and the object store. `Display` is for the log.

use crate::edition::EditionError;
use crate::model::message::Lang;

/// Why editions were not shared or fetched.
#[derive(Debug, thiserror::Error)]
pub enum DepotError {
    /// The settings name no store that could be asked.
    #[error("[editions] {place}: {reason}; write place = \"s3://BUCKET/PREFIX\", and the endpoint and keys of the store")]
    Settings {
        /// As the settings say.
        place: String,
        /// In English.
        reason: String,
    },
    /// The store refused, failed or was not reached.
    #[error(
        "{place}/{key}: {source}; the last good edition goes on answering, and it is tried again. If it stays so, look at the store, and \
         at endpoint, access_key_id and secret in [editions]"
    )]
    Store {
        /// Bucket and prefix.
        place: String,
        /// What was asked for.
        key: String,
        /// What the store said.
        source: object_store::Error,
    },
    /// What the store holds is not what was written.
    #[error(
        "{place}/{key}: {reason}; the last good edition goes on answering. Remove the object: the next sync of a node that has the edition \
         in its folder puts it there again"
    )]
    Wrong {
        /// Bucket and prefix.
        place: String,
        /// What was read.
        key: String,
        /// In English.
        reason: String,
    },
    /// Another hub keeps its editions there.
    #[error(
        "{place} holds the editions of another hub; give this one a place of its own in [editions], another prefix for example"
    )]
    Foreign {
        /// Bucket and prefix.
        place: String,
    },
    /// Somebody else wrote the pointer again and again.
    #[error("{place}/current.json: others wrote it at the same time, five times over; it is tried again with the next sync")]
    Contended {
        /// Bucket and prefix.
        place: String,
    },
    /// The folder of editions cannot be read or written.
    #[error(transparent)]
    Edition(#[from] EditionError),
}

impl DepotError {
    /// The message in a language.
    pub fn text(&self, lang: Lang) -> String {
        if lang == Lang::En {
            return self.to_string();
        }
        match self {
            DepotError::Settings { place, reason } => {
                format!("[editions] {place}：{reason}；请写 place = \"s3://桶名/前缀\"，并给出对象存储的 endpoint 与密钥")
            }
            DepotError::Store { place, key, source } => format!(
                "{place}/{key}：{source}；最近一期完好的照常应答，稍后自动重试。若一直如此，请检查对象存储，以及 [editions] 的 endpoint、\
                 access_key_id 与密钥"
            ),
            DepotError::Wrong { place, key, reason } => {
                format!("{place}/{key}：{reason}；最近一期完好的照常应答。请删除该对象：目录中有这一期的节点下次同步时会重新上传")
            }
            DepotError::Foreign { place } => {
                format!("{place} 已存放另一个会图的各期；请在 [editions] 中给这一个另写位置，例如换一个前缀")
            }
            DepotError::Contended { place } => {
                format!("{place}/current.json：同时有其他节点写入，已重试五次；下次同步时再试")
            }
            DepotError::Edition(error) => error.to_string(),
        }
    }
}

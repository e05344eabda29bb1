//! What can go wrong in a hub. `Display` is for the log; what the reader can mend is said in both languages.

use thiserror::Error;

use crate::connector::ConnectorError;
use crate::edition::EditionError;
use crate::land::LandError;
use crate::model::problem::Problem;
use crate::store::StoreError;

#[derive(Debug, Error)]
pub enum HubError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Land(#[from] LandError),
    #[error(transparent)]
    Edition(#[from] EditionError),
    #[error(transparent)]
    Connector(#[from] ConnectorError),
    #[error("{0}")]
    Settings(String),
    /// What the reader can mend, in both languages.
    #[error("{}", .0.en)]
    Told(Problem),
}

impl HubError {
    pub fn said(zh: impl Into<String>, en: impl Into<String>) -> HubError {
        HubError::Told(Problem::new("told", zh, en))
    }
}

/// Several faults as one text, in Chinese and in English.
pub(super) fn all_of(faults: &[Problem]) -> [String; 2] {
    let joined = |of: fn(&Problem) -> &str, by: &str| faults.iter().map(of).collect::<Vec<_>>().join(by);
    [joined(|fault| fault.zh.as_str(), "；"), joined(|fault| fault.en.as_str(), "; ")]
}

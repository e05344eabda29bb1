//! What can go wrong while a city is written out or served.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Why a city could not be written or served.
#[derive(Debug, thiserror::Error)]
pub enum SimulateError {
    #[error("cannot {doing} {}: {source}", path.display())]
    Io { doing: &'static str, path: PathBuf, source: std::io::Error },
    #[error("cannot write the front-end database {}: {source}", path.display())]
    Database { path: PathBuf, source: sqlx::Error },
    #[error("cannot listen on {address}: {source}; stop the program that uses it, or choose another port")]
    Listen { address: SocketAddr, source: std::io::Error },
}

impl SimulateError {
    pub(super) fn io(doing: &'static str, path: &Path, source: std::io::Error) -> SimulateError {
        SimulateError::Io { doing, path: path.to_owned(), source }
    }
}

//! Local files: a path or a glob, plain, gz or zip. Read in a thread of their own, with a bounded channel to the sink.

mod capped;
mod events;
pub(in crate::pull) mod fingerprint;
mod gzip;
mod kind;
pub(in crate::pull) mod paths;
mod places;
mod reader;
mod records;
mod rows;
mod series;
mod shifted;
mod together;

pub(super) use capped::Capped;
pub(super) use kind::{Kind, recognise};
pub(super) use paths::pull_paths;
use places::find;

use super::PullError;
use super::context::{PullContext, Pulled, RowSink};
use crate::connector::Connector;

/// Pulls the files at the connector's place.
pub(super) async fn pull(connector: &Connector, context: &PullContext, sink: &mut dyn RowSink) -> Result<Pulled, PullError> {
    let place = connector.source.resolved_place(&connector.name).map_err(PullError::of)?;
    if place.starts_with("http://") || place.starts_with("https://") {
        return super::http::download(connector, &place, context, sink).await;
    }
    let found = find(connector, &place, context)?;
    for note in found.notes {
        sink.note(note).map_err(|e| PullError::sink(connector, &e))?;
    }
    pull_paths(connector, context, sink, found.paths).await
}

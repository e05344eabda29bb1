//! Fetches raw rows from a registry, in its own manner: files, HTTP answers, databases.
//!
//! In: a [`Connector`] and, after an interruption, the cursor of the last checkpoint. Out, into a [`RowSink`]: the header,
//! chunks of rows as written with the faults among them, and checkpoints. What rows mean is not decided here, nothing is
//! stored here, and a broken source delivers nothing that a caller could take for the registry's word.

mod answer;
mod breaker;
pub mod check;
mod chunk;
mod context;
mod csv;
mod dbf;
mod decode;
mod delimiter;
mod error;
mod file;
mod greatest;
mod header;
mod http;
mod json;
mod rehearsal;
pub mod sample;
mod sheet;
mod sql;
mod window;
mod xlsx;
mod xml;

use crate::connector::{Connector, Transport};

pub use breaker::Breaker;
pub use chunk::{Chunk, Mark, Note, RowFault, RowHead};
pub use context::{Cursor, Known, Position, Progress, PullContext, Pulled, RowSink};
pub use error::PullError;
pub use http::{Parcel, ParcelAnswer, Proof, collector_client, deliver, lookup, receiver};

/// Pulls everything that is new since `resume` (or everything) into `sink`.
///
/// # Errors
/// A [`PullError`]; whatever the last checkpoint covered stays good, and a pull with that cursor goes on from there.
pub async fn pull(
    connector: &Connector,
    resume: Option<Cursor>,
    context: &PullContext,
    sink: &mut dyn RowSink,
) -> Result<Pulled, PullError> {
    let cursor = resume.unwrap_or_default();
    if connector.manners.quiet_at(context.clock.now(), context.zone) {
        return Err(PullError::quiet(connector));
    }
    breaker::check(&context.breaker, connector, context.clock.now())?;
    let pulled = match connector.source.transport {
        Transport::File => file::pull(connector, context, sink).await,
        Transport::Http => http::pull(connector, cursor, context, sink).await,
        Transport::Sql => sql::pull(connector, cursor, context, sink).await,
        Transport::Odbc => sql::odbc::pull(connector, cursor, context, sink).await,
        Transport::Push => Err(PullError::new(
            connector,
            "push_only",
            "该登记由部门推送，无法拉取",
            "the department posts its batches; there is nothing to pull",
        )),
    };
    breaker::note(&context.breaker, connector, context.clock.now(), pulled.as_ref().err());
    pulled
}

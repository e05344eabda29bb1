//! Some of the stored records, by their ids: what a run reads that looks at a part of the city.

use std::sync::Arc;

use futures_util::{StreamExt, TryStreamExt};
use rayon::prelude::*;
use tokio::task::spawn_blocking;

use super::stream::{Part, RecordSource};
use super::{StoredRowReader, facts, link_record};
use crate::model::record::RegistryIndex;
use crate::store::StoreError;

/// Rows asked for in one statement.
const ROWS: usize = 10_000;
/// Statements under way.
const AT_ONCE: usize = 2;

/// Records by id, live and gone.
#[derive(Debug, Default)]
pub struct SomeRecords {
    /// Of those that stand, in the order of their ids.
    pub standing: Part,
    /// Registry and key of those that are gone.
    pub gone: Vec<(RegistryIndex, Box<str>)>,
}

/// Reads the rows `ids` (in order); unknown ids are left out. `links`: as linking takes them too.
///
/// # Errors
/// The store cannot be read.
pub async fn some(source: RecordSource<'_>, ids: &[i64], links: bool) -> Result<SomeRecords, StoreError> {
    let reading = Arc::new(StoredRowReader::new(source.store, source.connectors, source.rows).await?);
    let issues: Arc<Vec<bool>> = Arc::new(source.connectors.iter().map(|c| c.issues_codes).collect());
    let chunks: Vec<Vec<i64>> = ids.chunks(ROWS).map(<[i64]>::to_vec).collect();
    let read = |ids: Vec<i64>| {
        let (store, reading, issues) = (source.store.clone(), reading.clone(), issues.clone());
        async move {
            let rows = store.records_by_id(&ids).await?;
            let of_rows = move || {
                let (gone, standing): (Vec<_>, Vec<_>) = rows.into_iter().partition(|row| row.gone != 0);
                let gone = gone.into_iter().filter_map(|row| Some((reading.registry(&row)?, row.key.into()))).collect();
                let parts: Vec<Part> = standing
                    .par_chunks(256)
                    .map(|rows| {
                        let mut part = Part::default();
                        for row in rows {
                            let Some((registry, records)) = reading.records(row) else {
                                part.unreadable.extend(reading.registry(row).map(|registry| (row.id, registry)));
                                continue;
                            };
                            for record in records {
                                if links {
                                    part.link.push(link_record(&record, row.id, registry, issues[usize::from(registry)]));
                                }
                                part.facts.push(facts(record, registry, row));
                            }
                        }
                        part
                    })
                    .collect();
                (gone, parts)
            };
            Ok::<_, StoreError>(spawn_blocking(of_rows).await.expect("reading rows does not panic"))
        }
    };
    let found: Vec<(Vec<_>, Vec<Part>)> = futures_util::stream::iter(chunks).map(read).buffered(AT_ONCE).try_collect().await?;
    let mut all = SomeRecords::default();
    for (gone, parts) in found {
        all.gone.extend(gone);
        for part in parts {
            all.standing.link.extend(part.link);
            all.standing.facts.extend(part.facts);
            all.standing.unreadable.extend(part.unreadable);
        }
    }
    Ok(all)
}

//! What the registries of payments say that enterprises of a unit paid for a quarter, beside what a sheet says of it.
//!
//! In: payment records as they landed, an edition, the units. Out: sums by unit and quarter, of a unit and those below it. What it does not
//! do: share a payment for a half year or a year out among its quarters; such payments are counted and stay out.

use std::sync::Arc;

use super::error::HubError;
use super::federation_homes::homes_of;
use super::federation_state::Federation;
use super::open::Hub;
use crate::assess::fund::Period;
use crate::edition::{Edition, LookupKey};
use crate::federation::home::HomeFinder;
use crate::federation::pilot::PaidSums;
use crate::model::field::{Field, RecordKind};
use crate::model::record::Record;
use crate::records::StoredRowReader;

/// The period that a payment is for, and what was paid, in fen.
fn payment(record: &Record) -> Option<(Period, i64)> {
    let text = record.text(Field::Period).unwrap_or_else(|| record.raw(Field::Period));
    let period = Period::parse(text)?;
    let fen = record.money(Field::PaidYuan).map(|money| money.0);
    Some((period, fen.or_else(|| record.number(Field::PaidYuan).map(|yuan| (yuan * 100.0).round() as i64))?))
}

/// `2010Q3`, where the period lies in one quarter; else the year of it.
fn quarter_of(period: Period) -> Result<String, i32> {
    use chrono::Datelike;
    let (first, last) = (period.first_day(), period.last_day());
    let quarter = |month0: u32| month0 / 3 + 1;
    match quarter(first.month0()) == quarter(last.month0()) {
        true => Ok(format!("{}Q{}", last.year(), quarter(last.month0()))),
        false => Err(last.year()),
    }
}

impl Hub {
    /// What registries of payments say that was paid, by unit and quarter; None where none of them ever delivered.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn paid_sums(&self, edition: &Edition, federation: &Federation) -> Result<Option<Arc<PaidSums>>, HubError> {
        let rows = self.registry_rows().await?;
        let books: Vec<_> = self
            .connectors
            .iter()
            .filter(|c| c.contract.kind == RecordKind::Payment)
            .filter_map(|connector| Some((connector, rows.iter().find(|row| row.name == connector.name)?)))
            .collect();
        let Some(finder) = HomeFinder::new(&federation.tree).filter(|_| !books.is_empty()) else { return Ok(None) };
        let mark = (edition.number(), federation.tree_mark, self.store.latest_landing().await?.landing);
        let mut kept = self.federation_cache.paid.lock().await;
        if let Some((known, sums)) = kept.as_ref()
            && *known == mark
        {
            return Ok(sums.clone());
        }
        let reading = StoredRowReader::new(&self.store, &self.connectors, &rows).await?;
        let (mut sums, mut delivered) = (PaidSums::default(), false);
        for (connector, row) in books {
            for stored in self.store.records_of(row.id).await? {
                delivered = true;
                let Some((_, records)) = reading.records(&stored) else { continue };
                let key = LookupKey::Record { registry: connector.name.clone(), key: stored.key.clone() };
                let home = edition.rows(&key).first().map(|row| homes_of(&finder, edition, *row).area);
                for (period, paid) in records.iter().filter_map(payment) {
                    match home {
                        Some(home) => sums.add(federation.tree.upwards(home), &quarter_of(period), paid),
                        None => sums.unplaced.add(paid),
                    }
                }
            }
        }
        let sums = delivered.then(|| Arc::new(sums));
        *kept = Some((mark, sums.clone()));
        Ok(sums)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_payment_belongs_to_a_quarter_or_to_a_year() {
        let quarter = |text: &str| quarter_of(Period::parse(text).unwrap());
        assert_eq!(quarter("2026-08"), Ok("2026Q3".to_owned()));
        assert_eq!(quarter("2026年第1季度"), Ok("2026Q1".to_owned()));
        assert_eq!((quarter("2025"), quarter("2026上半年")), (Err(2025), Err(2026)));
    }
}

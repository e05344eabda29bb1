//! How good a registry's data is, and was.

use std::sync::Arc;

use async_graphql::{ID, Object, SimpleObject};

use super::connection::{Placed, pages};
use super::coverage::Ratio;
use super::scalars::{DateTime, EnterpriseField};
use crate::serve::operate::source_quality;
use crate::store::quality::QualityRow;

/// How good a registry's data was when a batch had landed.
pub struct QualityPoint {
    row: QualityRow,
    measured: Option<Quality>,
}

impl QualityPoint {
    pub fn new(row: QualityRow) -> QualityPoint {
        QualityPoint { measured: source_quality::kept(&row).map(|measured| Quality(Arc::new(measured))), row }
    }
}

/// How good a registry's data was when a batch had landed.
#[Object]
impl QualityPoint {
    /// Id of the batch.
    async fn batch(&self) -> ID {
        ID(format!("batch:{}", self.row.batch_id))
    }
    /// When it was measured.
    async fn at(&self) -> DateTime {
        DateTime::written(self.row.at)
    }
    /// Number of the edition that was published then.
    async fn edition_number(&self) -> i32 {
        self.row.edition as i32
    }
    /// What was measured; null where another release wrote it in a way that is not understood.
    async fn quality(&self) -> Option<&Quality> {
        self.measured.as_ref()
    }
}

pages!(
    "Measurements, page by page, newest first.",
    QualityPointConnection,
    "The measurements of this page.",
    QualityPoint,
    "A measurement and its cursor.",
    QualityPointEdge,
    "The measurement."
);

impl QualityPointConnection {
    /// A page of measurements.
    pub fn new(nodes: Vec<QualityPoint>, placed: Placed, total: i64) -> QualityPointConnection {
        QualityPointConnection { nodes, placed, total_count: total as i32 }
    }
}

/// How good a registry's data is.
pub struct Quality(pub Arc<source_quality::RegistryQuality>);

/// How good a registry's data is. Fields are measured on at most 5,000 rows spread evenly; each ratio's denominator says on
/// how many.
#[Object]
impl Quality {
    /// Per field: rows that give it.
    async fn completeness(&self) -> Vec<FieldQuality> {
        self.0.completeness.iter().map(FieldQuality::new).collect()
    }
    /// Per field: of the rows that give it, those whose text could be read.
    async fn validity(&self) -> Vec<FieldQuality> {
        self.0.validity.iter().map(FieldQuality::new).collect()
    }
    /// Enterprises with a record of it, of its records that belong to enterprises.
    async fn uniqueness(&self) -> Ratio {
        Ratio::of(self.0.uniqueness.part, self.0.uniqueness.whole)
    }
    /// Median age, in days, of its own last touch of a row; null where it does not say when that was.
    async fn timeliness_days(&self) -> Option<f64> {
        self.0.timeliness_days
    }
    /// Enterprises with a record of it that also have one of another registry.
    async fn linked(&self) -> Ratio {
        Ratio::of(self.0.linked.part, self.0.linked.whole)
    }
}

/// One field's ratio.
#[derive(SimpleObject)]
pub struct FieldQuality {
    /// The field.
    field: EnterpriseField,
    /// Of how many rows.
    ratio: Ratio,
}

impl FieldQuality {
    fn new((field, share): &(crate::model::enterprise::EnterpriseField, source_quality::Share)) -> FieldQuality {
        FieldQuality { field: (*field).into(), ratio: Ratio::of(share.part, share.whole) }
    }
}

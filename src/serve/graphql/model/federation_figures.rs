//! Figures that documents state, each with its source and the day it holds of.

use async_graphql::{Context, ID, Object, Result};
use chrono::NaiveDate;

use super::federation_entries::keyed_pages;
use super::scalars::{Date, DateTime, FigureConfidence};
use super::union_units::FederationVersion;
use crate::federation::entry::FederationNoun;
use crate::federation::figure::StatedFigure;
use crate::hub::federation_state::{Entered, Federation};
use crate::serve::context::{OrTell, ask};

keyed_pages!(
    "Figures that documents state, page by page, in the order of their numbers.",
    FederationFigureConnection,
    "The figures of this page.",
    FederationFigure,
    "A figure and its cursor.",
    FederationFigureEdge,
    "The figure."
);

/// A figure that a document states; never a count of the graph's own.
pub struct FederationFigure {
    figure: Entered<StatedFigure>,
}

impl FederationFigure {
    /// Its number and the day it holds of.
    pub fn key(&self) -> String {
        format!("{} {}", self.figure.what.id, self.figure.what.as_of)
    }

    /// A figure by its number and the day it holds of.
    pub fn find(federation: &Federation, key: &str) -> Option<FederationFigure> {
        let mut all = federation.figures.iter().map(|f| FederationFigure { figure: f.clone() });
        all.find(|figure| figure.key() == key)
    }

    /// The latest of each figure that holds of this day or an earlier one, by id.
    pub fn list(federation: &Federation, on: NaiveDate, unit: Option<&str>) -> Vec<FederationFigure> {
        let of_unit = |f: &&Entered<StatedFigure>| unit.is_none_or(|unit| f.what.unit.as_deref() == Some(unit));
        federation.figures_on(on).into_iter().filter(of_unit).map(|f| FederationFigure { figure: f.clone() }).collect()
    }
}

/// A figure that a document states; never a count of the graph's own.
#[Object]
impl FederationFigure {
    /// `figure:`, its number and the day it holds of.
    pub async fn id(&self) -> ID {
        ID(format!("figure:{}", self.key()))
    }
    /// Its number among the figures: `F09`.
    async fn code(&self) -> &str {
        &self.figure.what.id
    }
    /// As written.
    async fn value(&self) -> &str {
        &self.figure.what.value
    }
    /// The same as a number, where it is a plain one.
    async fn number(&self) -> Option<f64> {
        self.figure.what.number
    }
    /// Of what: centres, members, percent.
    async fn unit(&self) -> Option<&str> {
        self.figure.what.unit.as_deref()
    }
    /// The words around it.
    async fn text(&self) -> Option<&str> {
        self.figure.what.text.as_deref()
    }
    /// How they are read.
    async fn reading(&self) -> Option<&str> {
        self.figure.what.reading.as_deref()
    }
    /// The day it holds of.
    async fn as_of(&self) -> Date {
        Date(self.figure.what.as_of)
    }
    /// Where it is said.
    async fn source(&self) -> &str {
        &self.figure.what.source
    }
    /// How sure the reading is.
    async fn confidence(&self) -> FigureConfidence {
        self.figure.what.confidence.into()
    }
    /// When it was entered.
    async fn entered_at(&self) -> DateTime {
        DateTime::written(self.figure.at)
    }
    /// Who entered it.
    async fn entered_by(&self) -> Option<&str> {
        self.figure.by.as_deref()
    }
    /// Every version of it, the latest first.
    async fn history(&self, ctx: &Context<'_>) -> Result<Vec<FederationVersion>> {
        FederationVersion::list(ask(ctx), FederationNoun::Figure, &self.key()).await.or_tell(ctx)
    }
}

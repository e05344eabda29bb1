//! An export as it was asked for: which rows of which edition, which columns, in which form.

use std::sync::Arc;
use std::sync::atomic::AtomicU64;

use async_graphql::Value;
use roaring::RoaringBitmap;

use super::choice::Chosen;
use crate::access::Sight;
use crate::edition::{Edition, EnterpriseRow, Row};
use crate::hub::told_order::told_scores;
use crate::model::message::Lang;
use crate::model::text::shown;
use crate::serve::problem::Problem;

/// The rows of an export in the order they are written.
pub enum ExportRows {
    /// By falling priority.
    Priority(Arc<RoaringBitmap>),
    Ordered(Vec<Row>),
}

impl ExportRows {
    /// The first rows in an order, as whoever asked may know it; equal ones by what they are told of the priority.
    pub fn ordered(
        edition: &Edition,
        rows: Arc<RoaringBitmap>,
        order: &[crate::edition::Order],
        first: usize,
        sight: Sight,
    ) -> ExportRows {
        let is_whole = first as u64 >= rows.len();
        match (told_scores(edition, sight), order) {
            (Some(told), order) => ExportRows::Ordered(edition.told_page(&rows, order, first, 0, &told).rows),
            (None, []) if is_whole => ExportRows::by_priority(edition, rows),
            (None, []) => ExportRows::Ordered(edition.in_order(&rows).take(first).collect()),
            (None, order) => ExportRows::Ordered(edition.page(&rows, order, first.min(rows.len() as usize), None).rows),
        }
    }
    /// A bitmap is in that order itself where the edition has one part.
    fn by_priority(edition: &Edition, rows: Arc<RoaringBitmap>) -> ExportRows {
        match edition.is_in_order() {
            true => ExportRows::Priority(rows),
            false => ExportRows::Ordered(edition.in_order(&rows).collect()),
        }
    }
    pub fn len(&self) -> u64 {
        match self {
            ExportRows::Priority(rows) => rows.len(),
            ExportRows::Ordered(rows) => rows.len() as u64,
        }
    }
    pub fn bitmap(&self) -> Arc<RoaringBitmap> {
        match self {
            ExportRows::Priority(rows) => rows.clone(),
            ExportRows::Ordered(rows) => Arc::new(rows.iter().copied().collect()),
        }
    }
    pub fn iter(&self) -> Box<dyn Iterator<Item = Row> + '_> {
        match self {
            ExportRows::Priority(rows) => Box::new(rows.iter()),
            ExportRows::Ordered(rows) => Box::new(rows.iter().copied()),
        }
    }
}

/// What is written, whatever the form.
pub struct ExportRequest {
    pub edition: Arc<Edition>,
    pub rows: ExportRows,
    pub columns: Vec<Chosen>,
    /// Answers what the edition does not hold; None where no column needs it.
    pub graph: Option<super::graph::GraphSource>,
    pub lang: Lang,
    /// What whoever asked may see.
    pub sight: Sight,
    pub gb18030: bool,
    /// CSV for programs: codes stand in it as they are. Otherwise as `="911…"`, which a spreadsheet takes for text; it would read the
    /// code as a number and lose its last digits.
    pub plain_codes: bool,
    /// What was asked, for the file's metadata.
    pub asked: String,
    /// Id of the request, or of the job, as the audit names it: whoever finds the file finds who fetched it and what for.
    pub request: String,
    /// CSV and NDJSON: every row bears that id in a last column of its own, `mark`.
    pub marks_rows: bool,
    /// Counts the rows written so far.
    pub progress: ExportProgress,
}

impl ExportRequest {
    /// What the graph says of these rows, where a column needs it; waits for the store.
    pub(super) fn answers(&self, rows: &[Row]) -> std::io::Result<Option<Vec<Value>>> {
        self.graph.as_ref().map(|graph| graph.wait_for(&self.edition, rows)).transpose()
    }

    /// Writes one cell; nothing where the value is absent.
    pub(super) fn cell(&self, column: &Chosen, enterprise: &EnterpriseRow<'_>, answer: Option<&Value>, cell: &mut String) {
        cell.clear();
        self.put(column, enterprise, answer, cell);
    }

    /// The same behind what is written already.
    pub(super) fn put(&self, column: &Chosen, enterprise: &EnterpriseRow<'_>, answer: Option<&Value>, text: &mut String) {
        match (column, answer) {
            (Chosen::Edition(column), _) => column.write(enterprise, self.lang, self.sight, text),
            (Chosen::Graph(column), Some(answer)) => super::graph::write_cell(answer, column, self.lang, text),
            (Chosen::Graph(_), None) => {}
        }
    }

    /// Which edition the file is of, what was asked, and whose it is, for people and programs that meet the file alone.
    pub fn about(&self) -> [(&'static str, String); 5] {
        [
            ("huitu.edition", self.edition.number().to_string()),
            ("huitu.asOf", self.edition.manifest.as_of.to_string()),
            ("huitu.publishedAt", shown(self.edition.manifest.published_at)),
            ("huitu.query", self.asked.clone()),
            ("huitu.request", self.request.clone()),
        ]
    }

    /// The clock of the hub's people, by which a workbook shows the instants that the graph answers.
    pub(super) fn zone(&self) -> chrono_tz::Tz {
        self.graph.as_ref().map_or(chrono_tz::UTC, |graph| graph.state.hub().settings.zone)
    }

    /// What the last column of every row says; None where rows bear no mark.
    pub(super) fn mark(&self) -> Option<&str> {
        self.marks_rows.then_some(self.request.as_str())
    }

    /// Rows that are held at a time: answers of the graph are large.
    pub(super) fn at_a_time(&self, rows: usize) -> usize {
        if self.graph.is_some() { rows.min(super::graph::BATCH) } else { rows }
    }

    /// Fails where the graph would refuse the columns.
    pub async fn probe(&self) -> Result<(), Problem> {
        match &self.graph {
            Some(graph) => graph.probe(&self.edition, &self.rows.iter().take(1).collect::<Vec<Row>>()).await,
            None => Ok(()),
        }
    }
}

/// Counts the rows that were written, for whoever watches.
pub type ExportProgress = Arc<AtomicU64>;

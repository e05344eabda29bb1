//! Export jobs in the graph.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};

use crate::access::AccessScope;
use crate::serve::answers::filter::{EnterpriseFilter, EnterpriseOrder};
use crate::serve::context::{RequestContext, ask};
use crate::serve::export::ExportFileFormat;
use crate::serve::export::jobs::{ExportRefusal, ExportStep, Jobs, NewExport};
use crate::serve::graphql::model::scalars::{AsOf, DateTime};
use crate::serve::graphql::model::user_error::UserError;
use crate::serve::problem::{Code, Problem};
use crate::store::export::ExportRow;

/// Forms of an export.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum ExportFormat {
    /// With a byte order mark for Excel, or in GB18030; no cell is taken for a formula.
    Csv,
    /// One sheet, at most 1,048,575 rows.
    Xlsx,
    /// One JSON object a line.
    Ndjson,
    /// Arrow IPC stream.
    Arrow,
    /// Parquet: columns of the types that Arrow has, packed with Zstandard; edition and question in the file's metadata.
    Parquet,
}

impl From<ExportFormat> for ExportFileFormat {
    fn from(format: ExportFormat) -> ExportFileFormat {
        match format {
            ExportFormat::Csv => ExportFileFormat::Csv,
            ExportFormat::Xlsx => ExportFileFormat::Xlsx,
            ExportFormat::Ndjson => ExportFileFormat::Ndjson,
            ExportFormat::Arrow => ExportFileFormat::Arrow,
            ExportFormat::Parquet => ExportFileFormat::Parquet,
        }
    }
}

/// How far an export is.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq)]
pub enum ExportState {
    /// Others are written first.
    Waiting,
    /// Being written.
    Running,
    /// Its file can be fetched.
    Done,
    /// It cannot be written; create it again.
    Failed,
}

/// Which list is exported.
#[derive(Debug, Enum, Clone, Copy, PartialEq, Eq, Default)]
pub enum ExportList {
    /// As the root field `enterprises`.
    #[default]
    Enterprises,
    /// As the root field `gap`.
    Gap,
}

/// An export to a file, made in the background.
pub struct Export(pub ExportStep);

impl Export {
    pub fn of(row: ExportRow) -> Export {
        let rows = row.total_rows.unwrap_or(0) as u64;
        Export(ExportStep { row, rows })
    }

    /// The caller's exports, newest first; an operator sees everybody's.
    pub async fn list(ask: &RequestContext, first: usize) -> Result<Vec<Export>, Problem> {
        ask.touch_store();
        ask.details.count_read();
        let mine = (!ask.caller.may(AccessScope::Operate)).then_some(ask.caller.id.as_str());
        let rows = ask.state.hub().store.exports(mine, first as i64).await?;
        Ok(rows.into_iter().map(Export::of).collect())
    }

    /// One export that the caller may see.
    pub async fn find(ask: &RequestContext, id: &str) -> Result<ExportRow, Problem> {
        ask.caller.require(AccessScope::Export)?;
        let row = ask.state.hub().store.export(id).await?;
        row.filter(|row| row.owner == ask.caller.id || ask.caller.may(AccessScope::Operate))
            .ok_or_else(|| Problem::new(Code::NotFound, "没有这个导出任务", "there is no such export"))
    }
}

/// An export to a file, made in the background. Its edition never changes, so that the file is the same however often it is
/// written.
#[Object]
impl Export {
    /// Its id.
    async fn id(&self) -> ID {
        ID(self.0.row.id.clone())
    }
    /// Form of the file.
    async fn format(&self) -> ExportFormat {
        match self.0.row.format.as_str() {
            "xlsx" => ExportFormat::Xlsx,
            "ndjson" => ExportFormat::Ndjson,
            "arrow" => ExportFormat::Arrow,
            _ => ExportFormat::Csv,
        }
    }
    /// How far it is.
    async fn state(&self) -> ExportState {
        match self.0.row.state.as_str() {
            "WAITING" => ExportState::Waiting,
            "RUNNING" => ExportState::Running,
            "DONE" => ExportState::Done,
            _ => ExportState::Failed,
        }
    }
    /// Rows written so far; all of them once it is done.
    async fn rows(&self) -> Option<u64> {
        Some(self.0.rows)
    }
    /// SHA-256 of the file in hex, once it is done; also its ETag.
    async fn sha256(&self) -> Option<&str> {
        self.0.row.sha256.as_deref()
    }
    /// Where to fetch it, once it is done; `Range` fetches a part, so that a broken download can go on.
    async fn url(&self, ctx: &Context<'_>) -> Option<String> {
        // Behind a proxy the address with the path that it puts before the hub; otherwise on the hub that was asked.
        let base = ask(ctx).state.hub().settings.public_url.as_deref().unwrap_or("");
        self.0.row.path.as_ref().map(|_| format!("{base}/export/jobs/{}", self.0.row.id))
    }
    /// When the file is removed.
    async fn expires_at(&self) -> Option<DateTime> {
        self.0.row.expires_at.and_then(DateTime::from_millis)
    }
}

/// Asks for an export.
#[derive(InputObject)]
pub struct CreateExportInput {
    /// Which list.
    #[graphql(default)]
    list: ExportList,
    /// Only these enterprises.
    filter: Option<EnterpriseFilter>,
    /// By falling priority where left out.
    order_by: Option<Vec<EnterpriseOrder>>,
    /// Columns by name or path (`name`, `area.name`, `records.nodes.key`), or one selection on an enterprise such as
    /// `{ name area { name } records(first: 9) { nodes { key } } }`; the usual ones where left out.
    fields: Option<Vec<String>>,
    /// Form of the file.
    format: ExportFormat,
    /// As of this day, instant or edition; the newest edition where left out.
    as_of: Option<AsOf>,
    /// CSV in GB18030 instead of UTF-8.
    gb18030: Option<bool>,
    /// CSV for programs: credit codes as they are, not as `="911…"`, which keeps a spreadsheet from reading them as numbers.
    plain_codes: Option<bool>,
    /// Sent again with the same key, the same export is answered.
    idempotency_key: Option<String>,
}

/// An export that was asked for.
#[derive(SimpleObject, Default)]
pub struct ExportPayload {
    /// The export; null where the input was refused.
    export: Option<Export>,
    /// What was wrong with the input.
    user_errors: Vec<UserError>,
}

impl ExportPayload {
    pub async fn create(ask: &RequestContext, jobs: &Jobs, input: CreateExportInput) -> Result<ExportPayload, Problem> {
        ask.touch_store();
        let edition = ask.edition_at(input.as_of.map(|d| d.0), None)?;
        let new = NewExport {
            gap: input.list == ExportList::Gap,
            filter: input.filter.unwrap_or_default(),
            order: input.order_by.unwrap_or_default(),
            fields: input.fields.filter(|f| !f.is_empty()).map(|fields| fields.join(",")),
            format: input.format.into(),
            edition: edition.number(),
            gb18030: input.gb18030.unwrap_or(false),
            plain_codes: input.plain_codes.unwrap_or(false),
            idempotency: input.idempotency_key,
        };
        let inputs = [Code::BadInput, Code::CostExceeded, Code::TooDeep];
        match jobs.create(&ask.caller, &ask.purpose, ask.lang, new).await {
            Ok(row) => Ok(ExportPayload { export: Some(Export::of(row)), user_errors: Vec::new() }),
            Err(ExportRefusal { field: Some(field), problem }) if inputs.contains(&problem.code) => {
                Ok(ExportPayload { user_errors: vec![UserError::of(Some(field), problem)], ..ExportPayload::default() })
            }
            Err(refusal) => Err(refusal.problem),
        }
    }
}

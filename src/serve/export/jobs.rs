//! Export jobs: made by `createExport`, written to a file in the background, fetched from `/export/jobs/{id}` in pieces
//! where the client likes (Range, ETag).
//!
//! A job is pinned to an edition, so that running it again after a killed process gives the same bytes. Its row keeps what
//! its maker could see then; only they and operators can fetch it.

use data_encoding::HEXLOWER;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use async_graphql::{InputType, Value};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use tokio::sync::{Semaphore, broadcast};

use super::format::ExportFileFormat;
use super::request::ExportRequest;
use crate::access::{AccessScope, Caller, FieldClass, OpenedScopes, Role};
use crate::edition::{EditionAsOf, Filter};
use crate::model::message::Lang;
use crate::serve::answers::filter::{EnterpriseFilter, EnterpriseOrder, fields_of_order, plan_order};
use crate::serve::answers::usage;
use crate::serve::export;
use crate::serve::limits::background;
use crate::serve::problem::{Code, Problem};
use crate::serve::state::{Reading, ServerState};
use crate::store::export::ExportRow;

/// Files of finished jobs are kept this long.
const KEPT_MILLIS: i64 = 24 * 3_600_000;
/// Jobs written at a time.
const AT_A_TIME: usize = 2;
/// Jobs of one caller that wait or run.
const PER_CALLER: usize = 20;

/// What a job was asked, as kept: enough to run it again.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Request {
    pub gap: bool,
    pub edition: u32,
    /// An EnterpriseFilter of the graph as JSON.
    pub filter: serde_json::Value,
    /// A list of EnterpriseOrder as JSON.
    pub order: serde_json::Value,
    pub columns: Vec<String>,
    pub chinese: bool,
    pub gb18030: bool,
    #[serde(default)]
    pub plain_codes: bool,
    /// What the maker could see.
    pub areas: Vec<String>,
    pub scopes: Vec<String>,
    /// What the maker is; empty in jobs that an older release kept.
    #[serde(default)]
    pub role: String,
    /// What they said that they read for.
    #[serde(default)]
    pub purpose: String,
}

impl Request {
    fn scopes(&self) -> Vec<AccessScope> {
        self.scopes.iter().filter_map(|s| AccessScope::from_name(s)).collect()
    }
    /// Whether somebody sees all that its maker could see.
    pub fn is_within(&self, caller: &Caller) -> bool {
        let sees = |scope: &String| AccessScope::from_name(scope).is_none_or(|scope| caller.has(scope));
        let reaches = caller.areas.is_empty() || !self.areas.is_empty() && self.areas.iter().all(|a| caller.areas.contains(a));
        reaches && self.scopes.iter().all(sees)
    }
}

/// How far a job is, for subscribers.
#[derive(Debug, Clone)]
pub struct ExportStep {
    pub row: ExportRow,
    /// Rows written so far.
    pub rows: u64,
}

/// The jobs of this process. Cheap to clone.
#[derive(Clone)]
pub struct Jobs {
    state: ServerState,
    pub steps: broadcast::Sender<ExportStep>,
    turn: Arc<Semaphore>,
}

/// A new job as asked.
pub struct NewExport {
    pub gap: bool,
    pub filter: EnterpriseFilter,
    pub order: Vec<EnterpriseOrder>,
    pub fields: Option<String>,
    pub format: ExportFileFormat,
    pub edition: u32,
    pub gb18030: bool,
    pub plain_codes: bool,
    pub idempotency: Option<String>,
}

/// Why a job was not made, and which part of the input is at fault, where one is.
pub struct ExportRefusal {
    pub field: Option<&'static str>,
    pub problem: Problem,
}

impl<E: Into<Problem>> From<E> for ExportRefusal {
    fn from(error: E) -> ExportRefusal {
        ExportRefusal { field: None, problem: error.into() }
    }
}

/// A key that named another export before.
fn key_reused() -> ExportRefusal {
    let problem = Problem::bad_input(
        "这个键已用于另一个导出；新的导出请用新的键",
        "this key named another export before: give a new export a new key",
    );
    ExportRefusal { field: Some("idempotencyKey"), problem }
}

fn json(value: &Value) -> serde_json::Value {
    value.clone().into_json().unwrap_or_default()
}

/// Where finished exports lie until they expire.
pub fn folder(state: &ServerState) -> PathBuf {
    state.hub().settings.data.join("exports")
}

impl Jobs {
    pub fn new(state: ServerState) -> Jobs {
        Jobs { state, steps: broadcast::channel(256).0, turn: Arc::new(Semaphore::new(AT_A_TIME)) }
    }

    /// Notes a job and starts it. A repeated idempotency key gives the job that it made before.
    pub async fn create(&self, caller: &Caller, purpose: &str, lang: Lang, new: NewExport) -> Result<ExportRow, ExportRefusal> {
        caller.require(AccessScope::Export)?;
        let store = &self.state.hub().store;
        // Said at once, not when the job runs.
        let of = |field: &'static str| move |problem: Problem| ExportRefusal { field: Some(field), problem };
        for (field, is_asked) in [("gb18030", new.gb18030), ("plainCodes", new.plain_codes)] {
            if is_asked && new.format != ExportFileFormat::Csv {
                let problem = Problem::bad_input(format!("{field} 只用于 CSV"), format!("{field} is for CSV only"));
                return Err(ExportRefusal { field: Some(field), problem });
            }
        }
        let as_of = Some(EditionAsOf::Edition(new.edition));
        let checked = new.filter.checked(self.state.hub(), as_of).await;
        checked.and_then(|filter| filter.plan(caller)).map_err(of("filter"))?;
        plan_order(&new.order, caller).map_err(of("orderBy"))?;
        let choice = export::choose(new.fields.as_deref(), new.format, caller).map_err(of("fields"))?;
        let request = Request {
            gap: new.gap,
            edition: new.edition,
            filter: json(&new.filter.to_value()),
            order: json(&new.order.to_value()),
            columns: vec![choice.written],
            chinese: lang == Lang::Zh,
            gb18030: new.gb18030,
            plain_codes: new.plain_codes,
            areas: caller.areas.clone(),
            scopes: caller.scopes.iter().map(|s| s.name().to_owned()).collect(),
            role: caller.role.name().to_owned(),
            purpose: purpose.to_owned(),
        };
        let (export, ..) = self.plan(&request, new.format).await.map_err(of("filter"))?;
        export::check_size(&export, new.format).map_err(of("format"))?;
        export.probe().await.map_err(of("fields"))?;
        drop(export);
        // A key belongs to its caller: another caller's job is never answered.
        let idempotency = new.idempotency.map(|key| format!("{}:{key}", caller.id));
        let at = self.state.hub().clock.millis();
        let row = ExportRow {
            id: format!("X{:016x}", rand::random::<u64>()),
            format: new.format.extension().to_owned(),
            state: "WAITING".to_owned(),
            request: serde_json::to_string(&request).map_err(|_| Problem::internal())?,
            by_whom: caller.name.clone(),
            owner: caller.id.clone(),
            created_at: at,
            expires_at: Some(at + KEPT_MILLIS),
            total_rows: None,
            sha256: None,
            path: None,
            error: None,
            idempotency: idempotency.clone(),
        };
        // What was asked, whichever edition was the newest and whatever it was for.
        let is_same = |before: &ExportRow| {
            let asked: Option<Request> = serde_json::from_str(&before.request).ok();
            let now = |asked: Request| Request { edition: request.edition, purpose: request.purpose.clone(), ..asked };
            before.format == row.format && asked.map(now).as_ref() == Some(&request)
        };
        if let Some(key) = &idempotency
            && let Some(before) = store.export_by_idempotency(key).await?
        {
            return if is_same(&before) { Ok(before) } else { Err(key_reused()) };
        }
        let open = store.unfinished_exports().await?.iter().filter(|e| e.owner == caller.id).count();
        if open >= PER_CALLER {
            return Err(Problem::new(
                Code::CostExceeded,
                format!("已有 {open} 个导出任务未完成；请等它们结束"),
                format!("{open} of your exports are not finished yet; wait for them"),
            )
            .into());
        }
        if !store.put_export(&row).await?
            && let Some(key) = &idempotency
            && let Some(before) = store.export_by_idempotency(key).await?
        {
            return if is_same(&before) { Ok(before) } else { Err(key_reused()) };
        }
        self.start(row.clone());
        Ok(row)
    }

    /// Runs the jobs that an ended process left, and removes files past their day. Call it once at the start.
    pub async fn resume(&self) -> Result<(), Problem> {
        let store = &self.state.hub().store;
        for row in store.expired_exports(self.state.hub().clock.millis()).await? {
            if let Some(path) = &row.path {
                let _ = std::fs::remove_file(folder(&self.state).join(path)); // gone already is as good
            }
            store.export_became(&ExportRow { path: None, ..row }).await?;
        }
        for row in store.unfinished_exports().await? {
            self.start(row);
        }
        Ok(())
    }

    fn start(&self, row: ExportRow) {
        let jobs = self.clone();
        tokio::spawn(async move {
            let turn = jobs.turn.clone().acquire_owned().await;
            let _turn = turn.expect("the semaphore is never closed");
            let id = row.id.clone();
            let ended = match jobs.run(row.clone()).await {
                Ok(done) => done,
                Err(problem) => {
                    tracing::error!(export = %id, problem = %problem.en, "an export failed");
                    let error = serde_json::json!({ "code": problem.code.name(), "zh": problem.zh, "en": problem.en });
                    ExportRow { state: "FAILED".to_owned(), error: Some(error.to_string()), ..row }
                }
            };
            let rows = ended.total_rows.unwrap_or(0) as u64;
            if let Err(error) = jobs.state.hub().store.export_became(&ended).await {
                tracing::error!(%error, export = %id, "the end of an export could not be kept");
            }
            // Nobody listening is not an error.
            let _ = jobs.steps.send(ExportStep { row: ended, rows });
        });
    }

    async fn run(&self, row: ExportRow) -> Result<ExportRow, Problem> {
        let request: Request = serde_json::from_str(&row.request).map_err(|_| Problem::internal())?;
        let format = ExportFileFormat::from_extension(&row.format).ok_or_else(Problem::internal)?;
        let (mut export, fields, opened) = self.plan(&request, format).await?;
        export.request.clone_from(&row.id);
        export::check_size(&export, format)?;
        // What the graph opens for its columns is known once it was asked.
        export.probe().await?;
        let running = ExportRow { state: "RUNNING".to_owned(), ..row };
        self.state.hub().store.export_became(&running).await?;
        let folder = folder(&self.state);
        let name = format!("{}.{}", running.id, format.extension());
        let mut shown = usage::FieldUse::default();
        shown.add_all(&export.edition, &export.rows.bitmap(), fields);
        shown.opened = FieldClass::opened_by(opened.bits());
        let role = Role::from_name(&request.role).unwrap_or(Role::Analyst);
        let maker = Caller { id: running.owner.clone(), scopes: request.scopes(), ..Caller::new(&running.by_whom, role) };
        let reading = Reading {
            caller: &maker,
            purpose: &request.purpose,
            way: "export",
            asked: running.request.as_bytes(),
            given: "",
            shown: &shown,
            // One that holds nobody says of everybody that the filter does not fit.
            beyond_editions: true,
            edition: Some(export.edition.number()),
            request: &running.id,
        };
        self.state.account(reading).await?;
        let written = export.progress.clone();
        let total = export.rows.len();
        let file = name.clone();
        let (done, mut job) = tokio::sync::oneshot::channel();
        background::alone(move || drop(done.send(write_file(&folder, &file, &export, format)))).map_err(|error| {
            tracing::error!(%error, "no thread can be started for an export");
            Problem::internal()
        })?;
        let digest = loop {
            tokio::select! {
                done = &mut job => break done.map_err(|_| Problem::internal())?,
                () = tokio::time::sleep(TELL_EVERY) => {
                    let _ = self.steps.send(ExportStep { row: running.clone(), rows: written.load(Ordering::Relaxed) });
                }
            }
        };
        let digest = digest.map_err(|error| {
            tracing::error!(%error, export = %running.id, "an export could not be written");
            Problem::internal()
        })?;
        Ok(ExportRow {
            state: "DONE".to_owned(),
            total_rows: Some(total as i64),
            sha256: Some(digest),
            path: Some(name),
            ..running
        })
    }

    /// The rows and columns of a request, with its maker's eyes, the bits of the fields it shows, and what is opened for it.
    async fn plan(&self, request: &Request, format: ExportFileFormat) -> Result<(ExportRequest, u32, OpenedScopes), Problem> {
        let maker = Caller { areas: request.areas.clone(), scopes: request.scopes(), ..Caller::new("", Role::Client) }.noting();
        let opened = maker.opened.clone();
        let input = |json: &serde_json::Value| Value::from_json(json.clone()).map_err(|_| Problem::internal());
        let filter = EnterpriseFilter::parse(Some(input(&request.filter)?)).map_err(|_| Problem::internal())?;
        let order = <Vec<EnterpriseOrder>>::parse(Some(input(&request.order)?)).map_err(|_| Problem::internal())?;
        let edition = self.state.hub().editions.number(request.edition)?;
        let as_of = Some(EditionAsOf::Edition(request.edition));
        let asked_by = filter.fields() | fields_of_order(&order);
        let mut filter = filter.checked(self.state.hub(), as_of).await?.plan(&maker)?;
        if request.gap {
            filter = Filter::InGap.and(filter);
        }
        if maker.sees_nothing() {
            filter = Filter::Rows(Arc::default());
        } else if !maker.areas.is_empty() {
            filter = Filter::Area(maker.areas.clone()).and(filter);
        }
        let rows = edition.filter(&filter)?;
        let order = plan_order(&order, &maker)?;
        let choice = export::choose(Some(&request.columns.join(",")), format, &maker)?;
        let fields = choice.fields() | asked_by;
        let lang = if request.chinese { Lang::Zh } else { Lang::En };
        let sight = maker.sight();
        let rows = export::ExportRows::ordered(&edition, rows, &order, usize::MAX, sight);
        let graph = choice.selection.map(|selection| export::graph::GraphSource {
            state: self.state.clone(),
            caller: Arc::new(maker),
            lang,
            selection,
            runtime: tokio::runtime::Handle::current(),
        });
        let columns = choice.columns;
        let asked = serde_json::json!({
            "list": if request.gap { "GAP" } else { "ENTERPRISES" },
            "filter": request.filter, "orderBy": request.order, "fields": request.columns,
        });
        let export = ExportRequest {
            edition,
            rows,
            columns,
            graph,
            lang,
            sight,
            gb18030: request.gb18030,
            plain_codes: request.plain_codes,
            asked: asked.to_string(),
            // Known once it runs.
            request: String::new(),
            marks_rows: false,
            progress: Arc::default(),
        };
        Ok((export, fields, opened))
    }
}

/// How often subscribers hear of a running job.
const TELL_EVERY: Duration = Duration::from_millis(250);

/// Hashes what goes by.
struct Hashed<W> {
    out: W,
    hash: Sha256,
}

impl<W: Write> Write for Hashed<W> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let count = self.out.write(bytes)?;
        self.hash.update(&bytes[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> std::io::Result<()> {
        self.out.flush()
    }
}

/// Writes under a temporary name, syncs, renames; answers the SHA-256 in hex.
fn write_file(folder: &std::path::Path, name: &str, export: &ExportRequest, format: ExportFileFormat) -> std::io::Result<String> {
    std::fs::create_dir_all(folder)?;
    let part = folder.join(format!(".{name}.part"));
    let file = std::fs::File::create(&part)?;
    let mut out = Hashed { out: std::io::BufWriter::with_capacity(1 << 20, file), hash: Sha256::new() };
    export::write(export, format, &mut out)?;
    out.flush()?;
    let file = out.out.into_inner().map_err(std::io::IntoInnerError::into_error)?;
    file.sync_all()?;
    std::fs::rename(&part, folder.join(name))?;
    Ok(HEXLOWER.encode(&out.hash.finalize()))
}

//! `huitu kernel records` and `huitu kernel facts`: what departments' files say, as the streams that linking and judging take.

use std::io::Write;

use super::common::{Common, LangArg};
use crate::connector::{Connector, Layout, Transport};
use crate::hub::HubError;
use crate::kernel::{FactWriter, RecordWriter};
use crate::model::field::Field;
use crate::model::problem::Problem;
use crate::model::record::Record;
use crate::model::text::grouped;
use crate::model::value::PartialDate;
use crate::pull::{Chunk, Cursor, PullContext, RowSink, pull};
use crate::records::{facts, link_record};
use crate::store::record::StoredRecord;

/// What is written of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handed {
    /// What it is linked by.
    Records,
    /// What it says, for the verdicts.
    Facts,
}

enum Out<W: Write> {
    Records(RecordWriter<W>),
    Facts(FactWriter<W>),
}

/// Hands on what a pull brings.
struct Handing<'a, W: Write> {
    connector: &'a Connector,
    registry: u16,
    layout: Option<Layout>,
    out: &'a mut Out<W>,
    rows: i64,
    /// Rows of the registries before.
    before: i64,
    unread: i64,
}

impl<W: Write> Handing<'_, W> {
    /// A row as a store has it that numbers rows as they come.
    fn stored(&self, records: &[Record]) -> StoredRecord {
        let updated = records.first().and_then(|r| r.date(Field::UpdatedAt)).and_then(PartialDate::first_day);
        StoredRecord {
            id: self.before + self.rows,
            registry_id: 0,
            key: String::new(),
            layout_id: 0,
            batch_id: 0,
            landed_at: 0,
            observed_at: updated.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc().timestamp_millis()),
            gone: 0,
            payload: String::new(),
        }
    }
}

fn as_io(problem: Problem) -> std::io::Error {
    std::io::Error::other(problem.en)
}

impl<W: Write + Send> RowSink for Handing<'_, W> {
    fn columns(&mut self, columns: &[String]) -> std::io::Result<()> {
        self.layout = Some(self.connector.layout(columns).map_err(as_io)?);
        Ok(())
    }
    fn rows(&mut self, chunk: Chunk) -> std::io::Result<()> {
        let layout = self.layout.as_ref().expect("the columns come before the rows");
        let layout = layout.clone();
        let (mut links, mut said) = (Vec::new(), Vec::new());
        chunk.for_each(|_, cells| {
            self.rows += 1;
            let Ok(read) = self.connector.read(&layout, cells) else {
                self.unread += 1;
                return Ok(());
            };
            match &self.out {
                Out::Records(_) => {
                    links.extend(read.iter().map(|r| link_record(r, 0, self.registry, self.connector.issues_codes)));
                }
                Out::Facts(_) => {
                    let row = self.stored(&read);
                    said.extend(read.into_iter().map(|record| facts(record, self.registry, &row)));
                }
            }
            Ok::<(), std::io::Error>(())
        })?;
        let written = match self.out {
            Out::Records(out) => out.write(&links),
            Out::Facts(out) => out.write(&said),
        };
        written.map_err(as_io)
    }
    fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads the registries that `--source` names, in their rank, and writes their records, or what these say.
pub async fn run(common: &Common, output: impl Write + Send, handed: Handed) -> anyhow::Result<()> {
    let (settings, lang) = (common.settings()?, common.lang());
    if settings.sources.is_empty() {
        let zh = "没有给出数据；请用 --source 登记=文件 指明，可重复使用";
        return Err(HubError::said(zh, "no data is named; say --source REGISTRY=FILE, once for each").into());
    }
    let connectors = Connector::built_in_and(settings.connectors.as_deref(), settings.without_built_in)?;
    for registry in settings.sources.keys() {
        if !connectors.iter().any(|connector| connector.name == *registry) {
            let zh = format!("--source：没有登记「{registry}」");
            return Err(HubError::said(zh, format!("--source: there is no registry \"{registry}\"")).into());
        }
    }
    let names = connectors.iter().map(|connector| connector.name.as_str().into()).collect();
    let said = |p: Problem| HubError::said(p.zh, p.en);
    let mut out = match handed {
        Handed::Records => Out::Records(RecordWriter::new(output, names).map_err(said)?),
        Handed::Facts => Out::Facts(FactWriter::new(output, names).map_err(said)?),
    };
    let mut before = 0;
    for (number, connector) in connectors.iter().enumerate() {
        let Some(place) = settings.sources.get(&connector.name) else { continue };
        let mut connector = connector.clone().in_zone(settings.zone).with_source(place);
        // A copy that somebody laid down here: no department's server is asked.
        if connector.source.transport == Transport::File && !place.contains("://") {
            connector.manners.quiet.clear();
        }
        let context = PullContext { zone: settings.zone, ..PullContext::default() };
        let mut sink =
            Handing { connector: &connector, registry: number as u16, layout: None, out: &mut out, rows: 0, before, unread: 0 };
        pull(&connector, None, &context, &mut sink).await.map_err(|e| HubError::said(e.problem.zh, e.problem.en))?;
        before += sink.rows;
        let (rows, unread) = (grouped(sink.rows), grouped(sink.unread));
        match lang {
            LangArg::Zh => eprintln!("{}：{rows} 行，其中 {unread} 行无法读取", connector.name),
            LangArg::En => eprintln!("{}: {rows} rows, {unread} of them unreadable", connector.name),
        }
    }
    match out {
        Out::Records(out) => out.end(),
        Out::Facts(out) => out.end(),
    }
    .map_err(said)?;
    Ok(())
}

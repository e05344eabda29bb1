//! `huitu kernel records`: what departments' files say, as the stream of records that `huitu kernel normalise` takes.

use std::io::Write;

use super::common::{Common, LangArg};
use crate::connector::{Connector, Layout, Transport};
use crate::hub::HubError;
use crate::kernel::RecordWriter;
use crate::model::problem::Problem;
use crate::model::text::grouped;
use crate::pull::{Chunk, Cursor, PullContext, RowSink, pull};
use crate::records::link_record;

/// Hands on what a pull brings.
struct Handing<'a, W: Write> {
    connector: &'a Connector,
    registry: u16,
    layout: Option<Layout>,
    out: &'a mut RecordWriter<W>,
    rows: i64,
    unread: i64,
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
        let mut records = Vec::new();
        chunk.for_each(|_, cells| {
            self.rows += 1;
            match self.connector.read(layout, cells) {
                Ok(read) => {
                    records.extend(read.iter().map(|r| link_record(r, 0, self.registry, self.connector.issues_codes)));
                }
                Err(_) => self.unread += 1,
            }
            Ok::<(), std::io::Error>(())
        })?;
        self.out.write(&records).map_err(as_io)
    }
    fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
        Ok(())
    }
}

/// Reads the registries that `--source` names, in their rank, and writes their records.
pub async fn run(common: &Common, output: impl Write + Send) -> anyhow::Result<()> {
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
    let mut out = RecordWriter::new(output, names).map_err(|p| HubError::said(p.zh, p.en))?;
    for (number, connector) in connectors.iter().enumerate() {
        let Some(place) = settings.sources.get(&connector.name) else { continue };
        let mut connector = connector.clone().in_zone(settings.zone).with_source(place);
        // A copy that somebody laid down here: no department's server is asked.
        if connector.source.transport == Transport::File && !place.contains("://") {
            connector.manners.quiet.clear();
        }
        let context = PullContext { zone: settings.zone, ..PullContext::default() };
        let mut sink =
            Handing { connector: &connector, registry: number as u16, layout: None, out: &mut out, rows: 0, unread: 0 };
        pull(&connector, None, &context, &mut sink).await.map_err(|e| HubError::said(e.problem.zh, e.problem.en))?;
        let (rows, unread) = (grouped(sink.rows), grouped(sink.unread));
        match lang {
            LangArg::Zh => eprintln!("{}：{rows} 行，其中 {unread} 行无法读取", connector.name),
            LangArg::En => eprintln!("{}: {rows} rows, {unread} of them unreadable", connector.name),
        }
    }
    out.end().map_err(|p| HubError::said(p.zh, p.en))?;
    Ok(())
}

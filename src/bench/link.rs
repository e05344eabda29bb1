//! `huitu bench link`: linking five extracts, and one percent of them changed.
//!
//! In: the folder of a case. Out: figures as lines, and a row of the table of growth.

use std::io::Write;
use std::path::PathBuf;
use std::time::Instant;

use anyhow::{Context, bail};

use super::usage::{cpu_seconds, peak_megabytes};
use crate::connector::{Connector, Layout};
use crate::link::{LinkSettings, Linker, Previous, Weights};
use crate::model::linkage::LinkRecord;
use crate::model::text::grouped;
use crate::pull::{Chunk, Cursor, PullContext, RowSink, pull};
use crate::records::link_record;

/// Every so many records one is written anew for the incremental figure: 1 %.
pub(crate) const CHANGED_EVERY: usize = 100;

/// Keeps what a pull brings as linking takes it.
pub(crate) struct Records<'a> {
    connector: &'a Connector,
    registry: u16,
    layout: Option<Layout>,
    all: &'a mut Vec<LinkRecord>,
}

impl RowSink for Records<'_> {
    fn columns(&mut self, columns: &[String]) -> std::io::Result<()> {
        self.layout = Some(self.connector.layout(columns).map_err(|p| std::io::Error::other(p.to_string()))?);
        Ok(())
    }
    fn rows(&mut self, chunk: Chunk) -> std::io::Result<()> {
        let layout = self.layout.as_ref().expect("the columns come before the rows");
        chunk.for_each(|_, cells| {
            if let Ok(records) = self.connector.read(layout, cells) {
                let id = self.all.len() as i64;
                let issues = self.connector.issues_codes;
                self.all.extend(records.iter().map(|r| link_record(r, id, self.registry, issues)));
            }
            Ok(())
        })
    }
    fn checkpoint(&mut self, _: &Cursor) -> std::io::Result<()> {
        Ok(())
    }
}

/// Columns of the table of growth.
pub(crate) const GROWTH: [&str; 8] = [
    ">records",
    ">enterprises",
    ">candidate pairs",
    ">seconds",
    ">CPU seconds",
    ">CPU µs a record",
    ">1 % changed, s",
    ">1 % changed, CPU s",
];

/// Links one case; its row in the table of growth.
pub(crate) async fn link(case: &std::path::Path, output: Option<&PathBuf>) -> anyhow::Result<Vec<String>> {
    let mut connectors = Connector::embedded();
    connectors.sort_by(|a, b| (a.rank, &a.name).cmp(&(b.rank, &b.name)));
    let names: Vec<Box<str>> = connectors.iter().map(|c| c.name.as_str().into()).collect();
    let started = Instant::now();
    let mut records = Vec::new();
    for (registry, connector) in connectors.iter().enumerate() {
        let files = ["csv", "csv.gz"].map(|ext| case.join(format!("{}.{ext}", connector.name)));
        let Some(file) = files.iter().find(|f| f.exists()) else { continue };
        let connector = connector.clone().with_source(&file.display().to_string());
        let mut sink = Records { connector: &connector, registry: registry as u16, layout: None, all: &mut records };
        pull(&connector, None, &PullContext::default(), &mut sink).await.context("reading the case")?;
    }
    if records.is_empty() {
        bail!("{} holds none of commerce.csv, tax.csv …; give the folder of a case with --case", case.display());
    }
    println!("{:<28} {:>12}  {:.1} s", "records read", grouped(records.len() as i64), started.elapsed().as_secs_f64());

    let count = records.len();
    let changed: Vec<LinkRecord> = records.iter().step_by(CHANGED_EVERY).map(rewritten).collect();
    let mut linker = Linker::new(LinkSettings::with_registries(names.iter().map(|n| &**n)), Weights::shipped());
    let (began, cpu) = (Instant::now(), cpu_seconds());
    linker.put(&records);
    drop(records);
    println!("{:<28} {:>12.1} s", "normalised", began.elapsed().as_secs_f64());
    let linking = linker.link(&Previous::default(), &[]);
    let (seconds, cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - cpu);
    println!("{:<28} {seconds:>12.1} s  ({cpu:.2} s CPU)", "normalised and linked");
    println!("{:<28} {:>12}", "entities", grouped(linking.statistics.entities as i64));
    println!("{:<28} {:>12}", "candidate pairs", grouped(linking.statistics.candidate_pairs as i64));
    println!("{:<28} {:>12}", "scored pairs", grouped(linking.statistics.scored_pairs as i64));
    println!("{:<28} {:>12} MB", "largest resident set", peak_megabytes());
    let blocking = linker.blocking();
    println!(
        "{:<28} {:>12.4}    ({} records with their codes covered up; {:.1} candidates each)",
        "recall of blocking",
        blocking.recall,
        grouped(blocking.tested as i64),
        blocking.candidates_mean
    );
    let mut crosswalk = match output {
        Some(path) => Some(std::io::BufWriter::new(
            std::fs::File::create(path).with_context(|| format!("cannot write {}", path.display()))?,
        )),
        None => None,
    };
    if let Some(out) = &mut crosswalk {
        writeln!(out, "registry,record_id,entity_id")?;
    }
    for d in &linking.decisions {
        let (Some(entity), record) = (d.entity, linker.record_ref(d.record)) else { continue };
        if let (Some(out), 0) = (&mut crosswalk, record.part) {
            writeln!(out, "{},{},{entity}", record.registry, record.key)?;
        }
    }
    let statistics = linking.statistics.clone();
    drop(linking);
    let (began, before) = (Instant::now(), cpu_seconds());
    linker.put(&changed);
    linker.link(&Previous::default(), &[]);
    let (again, again_cpu) = (began.elapsed().as_secs_f64(), cpu_seconds() - before);
    println!("{:<28} {again:>12.2} s  ({again_cpu:.2} s CPU)", "1 % changed, linked again");
    Ok(vec![
        grouped(count as i64),
        grouped(statistics.entities as i64),
        grouped(statistics.candidate_pairs as i64),
        format!("{seconds:.1}"),
        format!("{cpu:.1}"),
        format!("{:.1}", cpu * 1e6 / count as f64),
        format!("{again:.2}"),
        format!("{again_cpu:.2}"),
    ])
}

/// The same record after its registry moved it: another house number, another phone.
pub(crate) fn rewritten(record: &LinkRecord) -> LinkRecord {
    LinkRecord { address: format!("{}甲1号", record.address).into(), phone: "".into(), ..record.clone() }
}

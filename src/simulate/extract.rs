//! Writes a city's extracts and its truth as files. Rows are made in parallel and written in order; nothing is kept.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::{fs, io};

use flate2::Compression;
use flate2::write::GzEncoder;
use rayon::prelude::*;

use super::city::{City, Neighbourhood};
use super::entity::{EntityKind, OwnUnion, SimulatedRegistry};
use super::error::SimulateError;
use super::record::{SimulatedRow, entity_id, header, rows, union_id};
use super::truth;
use super::truth::TruthPolicy;

/// Neighbourhoods made at a time.
const BATCH: usize = 64;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtractFormat {
    CsvGz,
    Csv,
}

/// Rows written per registry, in the order of `SimulatedRegistry::ALL`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Summary {
    pub enterprises: u64,
    pub rows: [u64; 6],
}

/// Hands all rows of a registry to `sink`, batch by batch, in the registry's order.
///
/// # Errors
/// Whatever `sink` fails with.
pub fn stream<E>(
    city: &City,
    registry: SimulatedRegistry,
    mut sink: impl FnMut(Vec<SimulatedRow>) -> Result<(), E>,
) -> Result<u64, E> {
    let places: Vec<u64> = city.order(registry).collect();
    let mut count = 0;
    for (batch, numbers) in places.chunks(BATCH).enumerate() {
        let made: Vec<Vec<SimulatedRow>> = numbers
            .par_iter()
            .enumerate()
            .map(|(at, number)| rows(city, registry, (batch * BATCH + at) as u64, &city.neighbourhood(*number)))
            .collect();
        let mut all = Vec::with_capacity(made.iter().map(Vec::len).sum());
        made.into_iter().for_each(|rows| all.extend(rows));
        count += all.len() as u64;
        sink(all)?;
    }
    Ok(count)
}

/// Writes the five extracts and the payments into `out`, and the truth into `out/truth`.
///
/// # Errors
/// `Io`: a file cannot be written.
pub fn write(city: &City, out: &Path, format: ExtractFormat) -> Result<Summary, SimulateError> {
    fs::create_dir_all(out.join("truth")).map_err(|e| SimulateError::io("create", &out.join("truth"), e))?;
    let mut summary = Summary { enterprises: city.population(), ..Summary::default() };
    let mut truth = TruthWriter::create(&out.join("truth"))?;
    for registry in SimulatedRegistry::ALL {
        let tail = if format == ExtractFormat::CsvGz { "csv.gz" } else { "csv" };
        let path = out.join(format!("{}.{tail}", registry.name()));
        let file = create(&path)?;
        let sink: Box<dyn Write> = match format {
            ExtractFormat::CsvGz => Box::new(GzEncoder::new(file, Compression::fast())),
            ExtractFormat::Csv => Box::new(file),
        };
        let mut extract = csv_writer(sink);
        let failed = |e: csv::Error| SimulateError::io("write", &path, e.into());
        extract.write_record(header(registry)).map_err(failed)?;
        summary.rows[registry as usize] = stream(city, registry, |rows| {
            for row in &rows {
                extract.write_record(&row.cells).map_err(failed)?;
            }
            truth.records(registry, &rows)
        })?;
        finish(extract, &path)?;
    }
    truth.finish(city)?;
    Ok(summary)
}

/// Writes the truth alone (for a city that is served, not written).
///
/// # Errors
/// `Io`: a file cannot be written.
pub fn write_truth(city: &City, out: &Path) -> Result<(), SimulateError> {
    fs::create_dir_all(out).map_err(|e| SimulateError::io("create", out, e))?;
    let mut truth = TruthWriter::create(out)?;
    for registry in SimulatedRegistry::ALL {
        stream(city, registry, |rows| truth.records(registry, &rows))?;
    }
    truth.finish(city)
}

pub(super) fn create(path: &Path) -> Result<BufWriter<File>, SimulateError> {
    File::create(path).map(|f| BufWriter::with_capacity(1 << 18, f)).map_err(|e| SimulateError::io("create", path, e))
}

fn csv_writer<W: Write>(sink: W) -> csv::Writer<W> {
    csv::WriterBuilder::new().buffer_capacity(1 << 16).from_writer(sink)
}

fn finish<W: Write>(mut writer: csv::Writer<W>, path: &Path) -> Result<(), SimulateError> {
    writer.flush().map_err(|e| SimulateError::io("write", path, e))?;
    let mut sink = writer.into_inner().map_err(|e| SimulateError::io("write", path, io::Error::other(e.to_string())))?;
    sink.flush().map_err(|e| SimulateError::io("write", path, e))
}

/// A row of `entities.csv`.
type EntityRow = [String; 10];
/// A row of `verdicts.csv`.
type VerdictRow = [String; 13];

/// `truth.csv` (each record's enterprise), `payments.csv` (the same for payments), `covered.csv` (the enterprises on covered
/// lists, `part` being the place in the list), `entities.csv`, `verdicts.csv`.
struct TruthWriter {
    folder: PathBuf,
    records: csv::Writer<BufWriter<File>>,
    payments: csv::Writer<BufWriter<File>>,
    covered: csv::Writer<BufWriter<File>>,
}

impl TruthWriter {
    fn create(folder: &Path) -> Result<TruthWriter, SimulateError> {
        let open = |name: &str, columns: &[&str]| -> Result<_, SimulateError> {
            let path = folder.join(name);
            let mut writer = csv_writer(create(&path)?);
            writer.write_record(columns).map_err(|e| SimulateError::io("write", &path, e.into()))?;
            Ok(writer)
        };
        let columns = ["registry", "record_id", "entity_id", "has_id", "tags"];
        Ok(TruthWriter {
            folder: folder.to_owned(),
            records: open("truth.csv", &columns)?,
            payments: open("payments.csv", &columns)?,
            covered: open("covered.csv", &["registry", "record_id", "part", "entity_id"])?,
        })
    }

    fn records(&mut self, registry: SimulatedRegistry, rows: &[SimulatedRow]) -> Result<(), SimulateError> {
        let writer = if registry == SimulatedRegistry::Payments { &mut self.payments } else { &mut self.records };
        for row in rows {
            let has_id = if row.has_id { "1" } else { "0" };
            writer
                .write_record([registry.name(), &row.cells[0], &row.entity_id, has_id, &row.tags.join("|")])
                .map_err(|e| SimulateError::io("write", &self.folder.join("truth.csv"), e.into()))?;
            for (at, entity) in row.covers.iter().enumerate() {
                self.covered
                    .write_record([registry.name(), &row.cells[0], &(at + 1).to_string(), entity])
                    .map_err(|e| SimulateError::io("write", &self.folder.join("covered.csv"), e.into()))?;
            }
        }
        Ok(())
    }

    fn finish(self, city: &City) -> Result<(), SimulateError> {
        finish(self.records, &self.folder.join("truth.csv"))?;
        finish(self.payments, &self.folder.join("payments.csv"))?;
        finish(self.covered, &self.folder.join("covered.csv"))?;
        let (entities, verdicts) = (self.folder.join("entities.csv"), self.folder.join("verdicts.csv"));
        let mut into_entities = csv_writer(create(&entities)?);
        let mut into_verdicts = csv_writer(create(&verdicts)?);
        let failed_entities = |e: csv::Error| SimulateError::io("write", &entities, e.into());
        let failed_verdicts = |e: csv::Error| SimulateError::io("write", &verdicts, e.into());
        into_entities
            .write_record([
                "entity_id",
                "origin",
                "name",
                "uscc",
                "relation",
                "related_entity_id",
                "district_code",
                "employees",
                "above_scale",
                "has_union",
            ])
            .map_err(failed_entities)?;
        into_verdicts
            .write_record([
                "entity_id",
                "as_of",
                "size",
                "basis",
                "rule",
                "size_reason",
                "coverage",
                "gap",
                "gap_reason",
                "fund",
                "due_yuan",
                "paid_yuan",
                "employees",
            ])
            .map_err(failed_verdicts)?;
        let policy = TruthPolicy::default();
        let numbers: Vec<u64> = (0..city.neighbourhoods()).collect();
        for batch in numbers.chunks(BATCH) {
            let made: Vec<(Vec<EntityRow>, Vec<VerdictRow>)> =
                batch.par_iter().map(|n| truth_of(city, &city.neighbourhood(*n), &policy)).collect();
            for (entities, verdicts) in made {
                for row in entities {
                    into_entities.write_record(&row).map_err(failed_entities)?;
                }
                for row in verdicts {
                    into_verdicts.write_record(&row).map_err(failed_verdicts)?;
                }
            }
        }
        finish(into_entities, &entities)?;
        finish(into_verdicts, &verdicts)
    }
}

fn truth_of(city: &City, made: &Neighbourhood, policy: &TruthPolicy) -> (Vec<EntityRow>, Vec<VerdictRow>) {
    let today = city.today();
    let (mut entities, mut verdicts) = (Vec::with_capacity(made.entities.len()), Vec::with_capacity(made.entities.len()));
    for (slot, e) in made.entities.iter().enumerate() {
        let judged = truth::judge(made, slot, today, policy);
        let related = made.related(e);
        let on_roll = e.records[SimulatedRegistry::Unions as usize] > 0 && e.union != OwnUnion::No;
        let kind = match e.kind {
            EntityKind::Company => "simulated",
            EntityKind::Branch => "simulated_branch",
            EntityKind::Individual => "simulated_individual",
        };
        entities.push([
            entity_id(e.id),
            kind.to_owned(),
            e.name.full(),
            e.credit_code.clone(),
            related.map_or("", |(r, _)| r.name()).to_owned(),
            related.map_or_else(String::new, |(_, other)| entity_id(other.id)),
            e.district.to_string(),
            e.employees.to_string(),
            u8::from(judged.size == "ABOVE").to_string(),
            u8::from(on_roll).to_string(),
        ]);
        let money = |yuan: Option<i64>| yuan.map_or_else(String::new, |y| y.to_string());
        verdicts.push([
            entity_id(e.id),
            today.to_string(),
            judged.size.to_owned(),
            judged.basis.to_owned(),
            judged.rule.to_owned(),
            judged.size_reason.to_owned(),
            judged.coverage.to_owned(),
            judged.gap.to_owned(),
            judged.gap_reason.to_owned(),
            judged.fund.to_owned(),
            money(e.payment.map(|p| p.due_yuan)),
            money(e.payment.map(|p| p.paid_yuan)),
            truth::employees(e).map_or_else(String::new, |n| n.to_string()),
        ]);
    }
    for n in 0..made.unions.len() {
        let union = &made.unions[n];
        entities.push([
            union_id(made.number, n),
            "simulated_union".to_owned(),
            union.name.clone(),
            String::new(),
            String::new(),
            String::new(),
            union.district.to_string(),
            String::new(),
            "0".to_owned(),
            "1".to_owned(),
        ]);
    }
    (entities, verdicts)
}

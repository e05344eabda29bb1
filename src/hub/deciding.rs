//! What would decide most: the inputs that are missing where designated size is unknown, and who could bring them.
//!
//! In: an edition, the rows that are asked for, the connectors. Out: per input the enterprises on whose size it is missing, most
//! decisive first. It decides nothing.

use std::collections::BTreeMap;

use roaring::RoaringBitmap;

use super::open::Hub;
use crate::connector::Connector;
use crate::edition::{Edition, EditionError, Filter};
use crate::model::field::{Field, RecordKind};
use crate::model::message::{Lang, input_name};
use crate::model::text::grouped;

/// One input that designated size needs and nobody stated.
#[derive(Debug, Clone, PartialEq)]
pub struct MissingInput {
    /// As reasons name it: `revenue`, `industry`, …
    pub input: String,
    /// Enterprises in scope, lacking a union or undecided, whose size is unknown for the want of it.
    pub missing: u64,
    /// Those of them where nothing else is missing: its value decides.
    pub alone: u64,
    /// The registries whose extracts have such a column: name, Chinese title, English title.
    pub registries: Vec<(String, String, String)>,
}

impl MissingInput {
    /// `营业收入 5,856（税务登记、统计名录）`.
    pub fn text(&self, lang: Lang) -> String {
        let titles: Vec<&str> = self.registries.iter().map(|(_, zh, en)| lang.pick(zh.as_str(), en.as_str())).collect();
        let (name, count) = (input_name(&self.input, lang), grouped(self.missing as i64));
        match (titles.is_empty(), lang) {
            (true, _) => format!("{name} {count}"),
            (false, Lang::Zh) => format!("{name} {count}（{}）", titles.join("、")),
            (false, Lang::En) => format!("{name} {count} ({})", titles.join(", ")),
        }
    }
}

/// The fields that any of which would do for an input.
fn fields_for(input: &str) -> Vec<Field> {
    match input {
        "revenue" | "revenue_main" => vec![Field::Revenue, Field::RevenueMain],
        "sales" => vec![Field::Sales, Field::RevenueMain, Field::Revenue],
        "state_owned" => vec![Field::StateOwned, Field::Ownership],
        "industry_class" => vec![Field::Industry],
        other => Field::from_name(other).into_iter().collect(),
    }
}

/// Missing inputs of designated size among those of these rows of whom it cannot be told whether they are on the gap list.
///
/// # Errors
/// Verdicts that cannot be read.
pub fn missing_inputs<'a>(
    edition: &Edition,
    rows: &RoaringBitmap,
    connectors: impl Iterator<Item = &'a Connector> + Clone,
) -> Result<Vec<MissingInput>, EditionError> {
    let unknown = Filter::Any { facet: "size", values: vec!["UNKNOWN".to_owned()] };
    let undecided = &*edition.filter(&Filter::may_be_in_gap().and(unknown))? & rows;
    let mut counts: BTreeMap<String, (u64, u64)> = BTreeMap::new();
    for row in &undecided {
        let verdicts = edition.enterprise(row).verdicts()?;
        let reasons = verdicts.size.reasons.iter().filter(|reason| &*reason.code == "missing_input");
        let missing: Vec<&str> = reasons.flat_map(|r| &r.inputs).filter(|i| i.value.is_none()).map(|i| &*i.name).collect();
        for input in &missing {
            let (all, alone) = counts.entry((*input).to_owned()).or_default();
            *all += 1;
            *alone += u64::from(missing.len() == 1);
        }
    }
    let mut found: Vec<MissingInput> = counts
        .into_iter()
        .map(|(input, (missing, alone))| {
            let fields = fields_for(&input);
            let brings = |c: &&Connector| {
                c.contract.kind == RecordKind::Enterprise
                    && c.contract.columns.iter().any(|column| fields.contains(&column.field))
            };
            let is_source = |c: &&Connector| edition.manifest.sources.iter().any(|source| source.name == c.name);
            let registries = connectors.clone().filter(is_source).filter(brings);
            let registries = registries.map(|c| (c.name.clone(), c.title.zh.clone(), c.title.en.clone())).collect();
            MissingInput { input, missing, alone, registries }
        })
        .collect();
    found.sort_by(|a, b| (b.alone, b.missing).cmp(&(a.alone, a.missing)).then_with(|| a.input.cmp(&b.input)));
    Ok(found)
}

impl Hub {
    /// What would decide most among these rows of an edition; see `missing_inputs`.
    ///
    /// # Errors
    /// Verdicts that cannot be read.
    pub fn missing_inputs(&self, edition: &Edition, rows: &RoaringBitmap) -> Result<Vec<MissingInput>, EditionError> {
        missing_inputs(edition, rows, self.connectors.iter().map(|c| &**c))
    }
}

//! What a person sees of a pair: the two rows side by side, the evidence, and where each record is now.

use std::fmt::Write;

use crate::cli::common::LangArg;
use crate::cli::explain::shown;
use crate::cli::terminal::table;
use crate::hub::Hub;
use crate::link::quality::probability;
use crate::model::field::Field;
use crate::model::linkage::RecordRef;
use crate::model::message::{effect_text, input_name, refusal_text};
use crate::records::StoredRowReader;
use crate::store::entity::ReviewRow;

/// What tells enterprises apart, in the order shown; of all else only what both sides have.
const TELLING: &[Field] = &[
    Field::Name,
    Field::FormerName,
    Field::EnglishName,
    Field::UnionName,
    Field::CreditCode,
    Field::OrganisationCode,
    Field::RegistrationNumber,
    Field::TaxNumber,
    Field::Status,
    Field::EstablishedOn,
    Field::Address,
    Field::OperatingAddress,
    Field::Phone,
    Field::Industry,
    Field::RegistrationType,
    Field::Employees,
    Field::Insured,
    Field::Members,
    Field::ParentName,
    Field::ParentUnion,
];
/// What helps nobody to tell two enterprises apart.
const IDLE: &[Field] = &[Field::Edition, Field::Longitude, Field::Latitude, Field::UpdatedAt];
/// Longest cell shown, in characters.
const WIDEST: usize = 40;

/// One side of a pair.
#[derive(Default)]
struct Side {
    cells: Vec<(Field, String)>,
    /// Of a unit on a union's list: the union's name.
    union: Option<String>,
    /// Row of the store.
    record_id: Option<i64>,
}

impl Side {
    fn value(&self, field: Field) -> &str {
        self.cells.iter().find(|(known, _)| *known == field).map_or("", |(_, value)| value)
    }
}

/// The whole sheet of a pair; `all` is the queue, where others that the left record could belong to are found.
pub async fn sheet(hub: &Hub, pair: &ReviewRow, all: &[ReviewRow], lang: LangArg) -> anyhow::Result<String> {
    let rows = hub.registry_rows().await?;
    let reading = StoredRowReader::new(&hub.store, &hub.connectors, &rows).await?;
    let mut sides = Vec::new();
    for record in [&pair.left, &pair.right] {
        let registry = rows.iter().find(|r| *r.name == *record.registry);
        let stored = match registry {
            Some(registry) => hub.store.record(registry.id, &record.key).await?,
            None => None,
        };
        let Some(stored) = stored else {
            sides.push(Side::default());
            continue;
        };
        let mut side = Side { record_id: Some(stored.id), ..Side::default() };
        for read in reading.records(&stored).map_or_else(Vec::new, |(_, records)| records) {
            let cells = read.fields.iter().filter(|f| !f.raw.is_empty());
            if read.part == record.part {
                side.cells = cells.map(|f| (f.field, f.raw.chars().take(WIDEST).collect())).collect();
            } else if read.part == 0 {
                let of = |wanted: Field| cells.clone().find(|f| f.field == wanted).map(|f| f.raw.to_string());
                side.union = of(Field::UnionName).or_else(|| of(Field::Name));
            }
        }
        sides.push(side);
    }
    let mut text = side_by_side(&sides, [&pair.left, &pair.right], lang);
    text.push('\n');
    text.push_str(&shown(&pair.evidence, lang));
    let weight = pair.weight as f32;
    let _ =
        writeln!(text, "{} {weight:+.2}  ({:.1} %)", lang.pick("合计 log2 几率", "sum, log2 odds"), probability(weight) * 100.0);
    for (record, side) in [&pair.left, &pair.right].into_iter().zip(&sides) {
        text.push_str(&whereabouts(hub, record, side, lang).await?);
    }
    for rival in all.iter().filter(|rival| rival.left == pair.left && rival.id != pair.id) {
        let named = rival.evidence.iter().find(|e| &*e.feature == "name").and_then(|e| e.right.as_deref());
        let _ = writeln!(
            text,
            "{} {} {} ({:+.2}, {})",
            lang.pick("左侧记录的另一候选", "the left record could also be"),
            name(&rival.right),
            named.unwrap_or(""),
            rival.weight,
            rival.id
        );
    }
    Ok(text)
}

fn side_by_side(sides: &[Side], records: [&RecordRef; 2], lang: LangArg) -> String {
    let own = TELLING.iter().copied().filter(|field| sides.iter().any(|side| !side.value(*field).is_empty()));
    let both = Field::ALL.iter().copied().filter(|field| {
        !TELLING.contains(field) && !IDLE.contains(field) && sides.iter().all(|side| !side.value(*field).is_empty())
    });
    let label = |field: Field| input_name(field.name(), lang.into()).to_owned();
    let mut rows: Vec<Vec<String>> = own
        .chain(both)
        .map(|field| [vec![label(field)], sides.iter().map(|side| side.value(field).to_owned()).collect()].concat())
        .collect();
    if sides.iter().any(|side| side.union.is_some()) {
        let unions = sides.iter().map(|side| side.union.clone().unwrap_or_default()).collect();
        rows.insert(1.min(rows.len()), [vec![lang.pick("列入其名单的工会", "on the list of union").to_owned()], unions].concat());
    }
    table(&[lang.pick("项目", "field"), &name(records[0]), &name(records[1])], &rows)
}

/// Which enterprise a record belongs to now, which came second, and what was refused.
async fn whereabouts(hub: &Hub, record: &RecordRef, side: &Side, lang: LangArg) -> anyhow::Result<String> {
    let Some(id) = side.record_id else {
        return Ok(format!("{}{}\n", name(record), lang.pick("：库中已无此记录", ": no longer in the store")));
    };
    let links = hub.store.links_of(&[id]).await?;
    let Some(link) = links.into_iter().find(|link| link.part == i64::from(record.part)) else {
        return Ok(format!("{} → {}\n", name(record), lang.pick("暂不属于任何企业", "of no enterprise yet")));
    };
    let edition = hub.editions.current().ok();
    let called = |id: &str| {
        let found = edition.as_ref().and_then(|edition| edition.enterprise_of_id(id));
        found.map_or_else(|| id.to_owned(), |e| format!("{id} {}", e.name()))
    };
    let mut text = format!("{} → {}", name(record), called(&link.entity_id));
    if let Some(second) = &link.runner_up {
        let _ = write!(text, "{} {}", lang.pick("；次优", "; runner-up"), called(second));
    }
    if let Some(refused) = &link.refused {
        let _ =
            write!(text, "{}{}", lang.pick("；未并入更优者：", "; a better one refused: "), refusal_text(refused, lang.into()));
    }
    text.push('\n');
    Ok(text)
}

/// What a decision would change.
pub fn effect(pair: &ReviewRow, lang: LangArg) -> &str {
    effect_text(&pair.effect, lang.into())
}

pub(super) fn name(record: &RecordRef) -> String {
    match record.part {
        0 => format!("{}:{}", record.registry, record.key),
        part => format!("{}:{}#{part}", record.registry, record.key),
    }
}

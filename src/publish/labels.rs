//! The names an edition carries, so that it stays readable when divisions and classifications change.

use std::collections::BTreeSet;

use hashbrown::HashSet;

use crate::edition::{AreaLabel, IndustryLabel, Labels};
use crate::model::enterprise::Enterprise;
use crate::model::reference::areas::{CITY, areas};
use crate::model::reference::industries::{IndustryCode, industries};
use crate::model::reference::unions::federation_units;

/// Areas of the city, federation units, and every industry code the enterprises use.
pub fn labels(enterprises: &[Enterprise]) -> Labels {
    with(&Labels::default(), enterprises)
}

/// The same, with the names that an edition before carried and that are not the city's own.
pub fn with(before: &Labels, enterprises: &[Enterprise]) -> Labels {
    let elsewhere =
        before.areas.iter().filter(|a| a.level == "DISTRICT" && a.parent.is_none()).filter_map(|a| a.code.parse().ok());
    let own = |label: &&IndustryLabel| label.edition == 2017 && matches!(&*label.level, "SECTION" | "DIVISION");
    let used = before.industries.iter().filter(|label| !own(label)).map(|label| (label.edition, label.code.as_str()));
    let now: HashSet<(u16, &str)> =
        enterprises.iter().filter_map(|e| Some((e.industry_edition, e.industry.as_deref()?))).collect();
    Labels {
        areas: area_labels(elsewhere.chain(enterprises.iter().filter_map(|e| e.district)).collect()),
        industries: industry_labels(used.chain(now).collect()),
    }
}

fn area_labels(mut elsewhere: BTreeSet<u32>) -> Vec<AreaLabel> {
    let areas = areas();
    let label = |code: String, level: &str, parent: Option<String>, zh: &str, en: &str, point| AreaLabel {
        predecessors: code
            .parse()
            .map(|c| areas.predecessors(c).iter().map(|s| s.code.to_string()).collect())
            .unwrap_or_default(),
        code,
        level: level.into(),
        parent,
        zh: zh.into(),
        en: en.into(),
        label_point: point,
    };
    let mut labels = vec![label(CITY.to_string(), "CITY", None, "北京市", "Beijing", areas.label_point(CITY))];
    for d in areas.districts() {
        labels.push(label(d.code.to_string(), "DISTRICT", Some(CITY.to_string()), d.name_zh, d.name_en, Some(d.label)));
    }
    for t in areas.towns() {
        let point = areas.label_point(t.code);
        labels.push(label(t.code.to_string(), "TOWN", Some(t.district.to_string()), t.name_zh, t.name_en, point));
    }
    for unit in federation_units() {
        labels.push(label(unit.unit.to_owned(), "FEDERATION", None, unit.name_zh, unit.name_en, None));
    }
    // Enterprises of other provinces keep the name of their county.
    let known: BTreeSet<u32> = areas.districts().iter().map(|d| d.code).collect();
    elsewhere.retain(|district| !known.contains(district));
    for code in elsewhere {
        if let Some(name) = areas.division_name(code) {
            labels.push(label(code.to_string(), "DISTRICT", None, name, name, None));
        }
    }
    labels
}

fn industry_labels(used: BTreeSet<(u16, &str)>) -> Vec<IndustryLabel> {
    let industries = industries();
    let label = |code: &str, level: &str, edition, parent: Option<String>, zh: &str, en: &str| IndustryLabel {
        code: code.to_owned(),
        level: level.into(),
        edition,
        parent,
        zh: zh.into(),
        en: en.into(),
    };
    let mut labels = Vec::new();
    for s in industries.sections() {
        labels.push(label(s.code, "SECTION", 2017, None, s.name_zh, s.name_en));
    }
    for d in industries.divisions() {
        labels.push(label(d.code, "DIVISION", 2017, Some(d.section.to_string()), d.name_zh, d.name_en));
    }
    // Groups, classes and codes of other editions have no shipped names, and nothing reads those that departments publish: the code stands for itself.
    for (edition, raw) in used {
        let Some(code) = IndustryCode::parse(raw, edition) else { continue };
        let digits = code.number();
        let level = match digits.len() {
            3 => "GROUP",
            4 => "CLASS",
            _ if edition == 2017 => continue,
            2 => "DIVISION",
            _ => "SECTION",
        };
        let zh = match (level, raw.chars().next()) {
            ("SECTION", Some(letter)) => industries.section_name(edition, letter).unwrap_or(raw),
            _ => raw,
        };
        labels.push(label(raw, level, edition, code.division().filter(|_| digits.len() > 2).map(str::to_owned), zh, zh));
    }
    labels
}

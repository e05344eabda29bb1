//! Why two records are, or are not, one enterprise: the features of a comparison in words and weights.

use crate::link::compare::levels::Caution;
use crate::link::compare::levels::Comparison;
use crate::link::compare::weights::{FEATURE, Weights};
use crate::link::compare::{FormLevel, NameLevel, PlaceOfBusinessLevel};
use crate::link::records::{NameNo, RecordNo, RecordRow, RecordTable};
use crate::model::linkage::{Evidence, LinkMethod};
use crate::normalise::identifier::organisation_text;
use crate::normalise::mix;

/// The features of a comparison that moved the decision, in the order of the weight table, then the prior, and why a
/// person decides where that is so. Names, dates
/// and numbers carry the two values; addresses and phones are kept as numbers only and carry none.
pub fn of_pair(
    record_table: &RecordTable,
    weights: &Weights,
    profiles: u32,
    pair: &Comparison,
    left: RecordNo,
    right: RecordNo,
) -> Vec<Evidence> {
    let levels = pair.levels();
    let parts = weights.weigh(pair, profiles);
    let mut evidence: Vec<Evidence> = FEATURE
        .iter()
        .enumerate()
        .filter(|(feature, (name, _))| *name == "name" || parts[*feature].abs() >= 0.05)
        .map(|(feature, (name, level_names))| {
            let (here, there) = values(record_table, name, pair, record_table.facts(left), record_table.facts(right));
            Evidence {
                feature: (*name).into(),
                level: level_names()[levels[feature]].into(),
                left: here,
                right: there,
                weight: parts[feature],
            }
        })
        .collect();
    let mut state = |feature: &str, level: &str, weight: f32| {
        evidence.push(Evidence { feature: feature.into(), level: level.into(), left: None, right: None, weight });
    };
    state("prior", "any", weights.prior(pair));
    let sum = parts.iter().sum::<f32>() + weights.prior(pair);
    if pair.caution != Caution::None {
        state("caution", pair.caution.name(), weights.held(pair, sum) - sum);
    }
    evidence
}

/// Hash of all that [`of_pair`] tells of a pair, and of where its two records come from: another one where any of it is another.
pub fn told(
    record_table: &RecordTable,
    weights: &Weights,
    profiles: u32,
    pair: &Comparison,
    (left, right): (RecordNo, RecordNo),
) -> u64 {
    let weighed = weights.weigh(pair, profiles).into_iter().chain([weights.prior(pair)]);
    let told = weighed.fold(mix(u64::from(pair.said())), |all, weight| mix(all ^ u64::from(weight.to_bits())));
    [left, right].into_iter().fold(told, |all, record| mix(all ^ shown(record_table.facts(record))))
}

/// The same of [`of_unit`].
pub fn told_of_unit(record_table: &RecordTable, names: (NameNo, NameNo), (left, right): (RecordNo, RecordNo)) -> u64 {
    let names = mix(u64::from(names.0) << 32 | u64::from(names.1));
    [left, right].into_iter().fold(names, |all, record| mix(all ^ shown(record_table.facts(record))))
}

/// Hash of what evidence may show of a record.
fn shown(facts: &RecordRow) -> u64 {
    let numbers = u64::from(facts.employees) << 32 | u64::from(facts.established);
    let [codes, place] = [facts.organisation ^ facts.broken.rotate_left(7), facts.store_id as u64 ^ u64::from(facts.role) << 56];
    mix(mix(mix(numbers ^ u64::from(facts.industry).rotate_left(17)) ^ codes) ^ place)
}

/// The evidence of an establishment with a code of its own beside its firm, which nothing but the names ties together.
pub fn of_unit(record_table: &RecordTable, (here, there): (NameNo, NameNo)) -> Vec<Evidence> {
    let text = |name: NameNo| -> Option<Box<str>> { Some(record_table.name(name).to_text().into()) };
    let level = NameLevel::BranchAndParent.name().into();
    vec![
        Evidence { feature: "name".into(), level, left: text(here), right: text(there), weight: 0.0 },
        Evidence { feature: "caution".into(), level: Caution::Unit.name().into(), left: None, right: None, weight: 0.0 },
    ]
}

type Values = (Option<Box<str>>, Option<Box<str>>);

fn values(record_table: &RecordTable, feature: &str, pair: &Comparison, left: &RecordRow, right: &RecordRow) -> Values {
    let both = |show: &dyn Fn(&RecordRow) -> Option<Box<str>>| (show(left), show(right));
    match feature {
        "name" => {
            (Some(record_table.name(pair.names.0).to_text().into()), Some(record_table.name(pair.names.1).to_text().into()))
        }
        "employees" => both(&|f| (f.employees != 0).then(|| f.employees.to_string().into())),
        "established" => both(&|f| (f.established != 0).then(|| date(f.established))),
        "industry" => both(&|f| (f.industry >= 100).then(|| f.industry.to_string()[1..].into())),
        "code" => both(&|f| match record_table.broken_code(f.broken) {
            Some(broken) => Some(broken.text.clone()),
            None => (f.organisation != 0).then(|| organisation_text(f.organisation).into()),
        }),
        _ => (None, None),
    }
}

fn date(packed: u32) -> Box<str> {
    let (year, month, day) = (packed / 10_000, packed / 100 % 100, packed % 100);
    match (month, day) {
        (0, _) => format!("{year:04}"),
        (_, 0) => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}-{month:02}-{day:02}"),
    }
    .into()
}

/// The code that joined a record.
pub fn of_code(facts: &RecordRow, method: LinkMethod) -> Vec<Evidence> {
    let (feature, code) = match method {
        LinkMethod::CreditCode => ("credit_code", organisation_text(facts.organisation)),
        LinkMethod::OrganisationCode => ("organisation_code", organisation_text(facts.organisation)),
        LinkMethod::RegistrationNumber => ("registration_number", format!("{:015}", facts.registration)),
        _ => return Vec::new(),
    };
    let code: Option<Box<str>> = Some(code.into());
    vec![Evidence { feature: feature.into(), level: "equal".into(), left: code.clone(), right: code, weight: CERTAIN }]
}

/// Weight shown for an equal valid code: about one in a billion that it is not so.
const CERTAIN: f32 = 30.0;

/// How a scored pair was joined, in the words of the contract.
pub fn method(pair: &Comparison) -> LinkMethod {
    let same_name = pair.name == NameLevel::Equal && pair.form <= FormLevel::Shortened;
    match same_name {
        true if pair.address <= PlaceOfBusinessLevel::RoadAndNumber => LinkMethod::NameAndAddress,
        true => LinkMethod::Name,
        false => LinkMethod::Score,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::{Lang, feature_name, level_text};

    #[test]
    fn every_feature_and_level_has_a_text_in_both_languages() {
        for (feature, levels) in FEATURE.iter().map(|(feature, levels)| (*feature, levels())) {
            for lang in [Lang::Zh, Lang::En] {
                assert!(lang == Lang::En || feature_name(feature, lang) != feature, "{feature}");
                for level in &levels {
                    let text = level_text(feature, level, lang);
                    assert!(lang == Lang::En || text != *level, "{feature}.{level}");
                    assert!(!text.contains('_'), "{feature}.{level}");
                }
            }
        }
        for caution in Caution::ALL {
            assert!(level_text("caution", caution.name(), Lang::Zh) != caution.name(), "{}", caution.name());
        }
    }
}

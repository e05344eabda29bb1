//! A world of a few records for assessing, grown record by record.

use chrono::NaiveDate;
use huitu::assess::{Assessed, Policy, Rules, assess};
use huitu::model::enterprise::Enterprise;
use huitu::model::facts::{AssessmentInput, Facts, RegistryTraits};
use huitu::model::field::{Field, RecordKind};
use huitu::model::value::{Money, PartialDate, Value};
use huitu::model::verdict::Reason;

pub const COMMERCE: u16 = 0;
pub const TAX: u16 = 1;
pub const INSURANCE: u16 = 2;
pub const STATISTICS: u16 = 3;
pub const UNIONS: u16 = 4;
pub const PAYMENTS: u16 = 5;

pub fn day(text: &str) -> NaiveDate {
    text.parse().expect("a date")
}
pub fn text(t: &str) -> Value {
    Value::Text(t.into())
}
pub fn yuan(n: i64) -> Value {
    Value::Money(Money::from_yuan(n))
}
pub fn date(t: &str) -> Value {
    Value::Date(PartialDate::full(day(t)))
}

/// A world that grows record by record; entities are named by letters.
pub struct AssessCase {
    pub world: AssessmentInput,
    pub policy: Policy,
}

impl AssessCase {
    pub fn new() -> AssessCase {
        let registry = |name: &str, issues_codes, official_list, union_roll| RegistryTraits {
            name: name.into(),
            title_zh: name.into(),
            title_en: name.into(),
            issues_codes,
            official_list,
            union_roll,
            industry_edition: 2017,
        };
        let registries = vec![
            registry("commerce", true, false, false),
            registry("tax", false, false, false),
            registry("social_insurance", false, false, false),
            registry("statistics", false, true, false),
            registry("unions", false, false, true),
            registry("payments", false, false, false),
        ];
        AssessCase { world: AssessmentInput { registries, ..AssessmentInput::default() }, policy: Policy::default() }
    }
    /// Adds a record of `entity`; its key is the registry's number and a running one.
    pub fn add(&mut self, entity: &str, registry: u16, kind: RecordKind, values: Vec<(Field, Value)>) -> usize {
        let at = self.world.facts.len();
        self.add_part(entity, registry, kind, &format!("{registry}-{at}"), 0, values)
    }
    pub fn add_part(
        &mut self,
        entity: &str,
        registry: u16,
        kind: RecordKind,
        key: &str,
        part: u16,
        values: Vec<(Field, Value)>,
    ) -> usize {
        let entity = match self.world.entities.iter().position(|e| &**e == entity) {
            Some(at) => at,
            None => {
                self.world.entities.push(entity.into());
                self.world.entities.len() - 1
            }
        };
        let at = self.world.facts.len();
        self.world.entity_of.push(Some(entity as u32));
        let (record_id, values) = (at as i64, values.into_iter().collect());
        self.world.facts.push(Facts {
            registry,
            key: key.into(),
            part,
            record_id,
            kind,
            landed_at: 0,
            observed_at: None,
            values,
        });
        at
    }
    /// An enterprise as commerce and statistics describe it.
    pub fn enterprise(&mut self, entity: &str, values: Vec<(Field, Value)>) {
        let basis = vec![(Field::Name, text(entity)), (Field::Status, text("存续")), (Field::EstablishedOn, date("2001-02-03"))];
        self.add(entity, COMMERCE, RecordKind::Enterprise, basis);
        self.add(entity, STATISTICS, RecordKind::Enterprise, values);
    }
    pub fn union(&mut self, host: &str, name: &str, values: Vec<(Field, Value)>) -> usize {
        let mut all = vec![(Field::UnionName, text(name)), (Field::Name, text(host))];
        all.extend(values);
        self.add(host, UNIONS, RecordKind::Union, all)
    }
    pub fn covered(&mut self, union: usize, part: u16, unit: &str) {
        let key = self.world.facts[union].key.clone();
        self.add_part(unit, UNIONS, RecordKind::CoveredUnit, &key, part, vec![(Field::Name, text(unit))]);
    }
    pub fn assess(&self, as_of: &str) -> Assessed {
        assess(&self.world, &Rules::embedded(), &self.policy, day(as_of))
    }
    pub fn one(&self, as_of: &str, entity: &str) -> Enterprise {
        let found = self.assess(as_of).enterprises.into_iter().find(|e| &*e.id == entity);
        found.unwrap_or_else(|| panic!("{entity} is assessed"))
    }
}

pub fn codes(reasons: &[Reason]) -> Vec<&str> {
    reasons.iter().map(|r| &*r.code).collect()
}

pub const TODAY: &str = "2026-11-22";

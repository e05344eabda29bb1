//! A record: one statement of one registry about one thing, with every value as read and as written.

use serde::{Deserialize, Serialize};

use super::field::{Field, RecordKind};
use super::value::{Money, PartialDate, Value};

/// Position of a registry in the connector list of this run (order of the list, not stable between runs).
pub type RegistryIndex = u16;

/// One field of a record: the text as written and, where it could be read, its value.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FieldValue {
    /// What the text speaks of.
    pub field: Field,
    /// The cell's text as the registry wrote it (several columns joined in the connector's order).
    pub raw: Box<str>,
    /// None where the text could not be read as the type the connector names; the row still lands.
    pub value: Option<Value>,
}

/// One record as mapped from a raw row. `part` tells apart the records one row makes: 0 is the row itself,
/// 1… are its covered units.
///
/// ```
/// use huitu_rules::model::field::{Field, RecordKind};
/// use huitu_rules::model::record::{FieldValue, Record};
/// use huitu_rules::model::value::Value;
///
/// let name = FieldValue { field: Field::Name, raw: "示例公司".into(), value: Some(Value::Text("示例公司".into())) };
/// // No number can be read from this cell; what stands there is kept.
/// let employees = FieldValue { field: Field::Employees, raw: "若干".into(), value: None };
/// let record = Record { kind: RecordKind::Enterprise, key: "A-1".into(), part: 0, fields: vec![name, employees] };
///
/// assert_eq!(record.text(Field::Name), Some("示例公司"));
/// assert_eq!(record.count(Field::Employees), None);
/// assert_eq!(record.raw(Field::Employees), "若干");
/// assert_eq!(record.raw(Field::Address), "");
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// What it is about.
    pub kind: RecordKind,
    /// Names the row inside its registry and stays the same when its content changes.
    pub key: Box<str>,
    /// 0 for the row itself, 1… for the units it covers.
    pub part: u16,
    /// Those that the row has; a field may stand several times.
    pub fields: Vec<FieldValue>,
}

impl Record {
    /// The first of a field.
    pub fn field(&self, field: Field) -> Option<&FieldValue> {
        self.fields.iter().find(|f| f.field == field)
    }
    /// Every one of a field, in order.
    pub fn all(&self, field: Field) -> impl Iterator<Item = &FieldValue> {
        self.fields.iter().filter(move |f| f.field == field)
    }
    /// The first of a field as written; empty where it is absent.
    pub fn raw(&self, field: Field) -> &str {
        self.field(field).map_or("", |f| &f.raw)
    }
    /// The first of a field as text; None where it is absent, empty or read as something else.
    pub fn text(&self, field: Field) -> Option<&str> {
        match self.field(field)?.value.as_ref()? {
            Value::Text(t) if !t.is_empty() => Some(t),
            _ => None,
        }
    }
    /// The first of a field as a whole number; None where it is absent or read as something else.
    pub fn count(&self, field: Field) -> Option<i64> {
        match self.field(field)?.value.as_ref()? {
            Value::Count(n) => Some(*n),
            _ => None,
        }
    }
    /// The first of a field as a number, whole or not; None where it is absent or read as something else.
    pub fn number(&self, field: Field) -> Option<f64> {
        match self.field(field)?.value.as_ref()? {
            Value::Number(n) => Some(*n),
            Value::Count(n) => Some(*n as f64),
            _ => None,
        }
    }
    /// The first of a field as an amount; None where it is absent or read as something else.
    pub fn money(&self, field: Field) -> Option<Money> {
        match self.field(field)?.value.as_ref()? {
            Value::Money(m) => Some(*m),
            _ => None,
        }
    }
    /// The first of a field as a date, whole or not; None where it is absent or read as something else.
    pub fn date(&self, field: Field) -> Option<PartialDate> {
        match self.field(field)?.value.as_ref()? {
            Value::Date(d) => Some(*d),
            _ => None,
        }
    }
    /// The first of a field as yes or no; None where it is absent or read as something else.
    pub fn flag(&self, field: Field) -> Option<bool> {
        match self.field(field)?.value.as_ref()? {
            Value::Flag(b) => Some(*b),
            _ => None,
        }
    }
}

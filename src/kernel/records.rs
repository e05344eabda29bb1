//! Records as written, as `normalise` takes them, and their facts, as `assess` and `segment` do: what whoever has no stream of their own begins
//! with.

use std::io::Write;
use std::sync::Arc;

use arrow_array::builder::{ListBuilder, StringBuilder};
use arrow_array::{ArrayRef, Int32Array, Int64Array, StringArray};
use arrow_schema::{DataType, Field};

use super::columns::Output;
use crate::model::facts::Facts;
use crate::model::field::Field as Stated;
use crate::model::identifier::CreditCode;
use crate::model::linkage::LinkRecord;
use crate::model::problem::Problem;
use crate::model::text::json;

/// Where records are written to. The stream is whole only once [`RecordWriter::end`] has written its end.
pub struct RecordWriter<W: Write> {
    out: Output<W>,
    registries: Vec<Box<str>>,
}

/// A column of texts.
type TextOf = fn(&LinkRecord) -> &str;
const TEXTS: [(&str, TextOf); 15] = [
    ("name", |r| &r.name),
    ("union_name", |r| &r.union_name),
    ("credit_code", |r| &r.credit_code),
    ("organisation_code", |r| &r.organisation_code),
    ("registration_number", |r| &r.registration_number),
    ("tax_number", |r| &r.tax_number),
    ("area", |r| &r.area),
    ("district", |r| &r.district),
    ("address", |r| &r.address),
    ("operating_address", |r| &r.operating_address),
    ("phone", |r| &r.phone),
    ("industry", |r| &r.industry),
    ("registration_type", |r| &r.registration_type),
    ("unit_type", |r| &r.unit_type),
    ("role", |r| r.role.name()),
];

impl<W: Write> RecordWriter<W> {
    /// Begins a stream; `registries` are the names of the registries by number.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(output: W, registries: Vec<Box<str>>) -> Result<RecordWriter<W>, Problem> {
        let names = DataType::List(Arc::new(Field::new_list_field(DataType::Utf8, true)));
        let mut columns = vec![
            ("registry", DataType::Utf8, false),
            ("key", DataType::Utf8, false),
            ("part", DataType::Int32, false),
            ("former_names", names, false),
            ("established", DataType::Utf8, true),
            ("employees", DataType::Int64, true),
        ];
        columns.extend(TEXTS.iter().map(|(name, _)| (*name, DataType::Utf8, true)));
        Ok(RecordWriter { out: Output::new(output, &columns)?, registries })
    }

    /// Writes some records.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(&mut self, records: &[LinkRecord]) -> Result<(), Problem> {
        let registries = &self.registries;
        self.out.rows(records, |records| columns(records, registries))
    }

    /// Writes the end of the stream.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end(self) -> Result<(), Problem> {
        self.out.end()
    }
}

/// Where facts are written to; see [`RecordWriter`].
pub struct FactWriter<W: Write> {
    out: Output<W>,
    registries: Vec<Box<str>>,
}

impl<W: Write> FactWriter<W> {
    /// Begins a stream; `registries` are the names of the registries by number.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn new(output: W, registries: Vec<Box<str>>) -> Result<FactWriter<W>, Problem> {
        let columns = [
            ("registry", DataType::Utf8, false),
            ("key", DataType::Utf8, false),
            ("part", DataType::Int32, false),
            ("kind", DataType::Utf8, false),
            ("id", DataType::Int64, false),
            ("landed_at", DataType::Int64, false),
            ("observed_at", DataType::Int64, true),
            ("values", DataType::Utf8, false),
            ("province", DataType::Utf8, true),
        ];
        Ok(FactWriter { out: Output::new(output, &columns)?, registries })
    }

    /// Writes what some records say.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn write(&mut self, facts: &[Facts]) -> Result<(), Problem> {
        let registries = &self.registries;
        self.out.rows(facts, |facts| fact_columns(facts, registries))
    }

    /// Writes the end of the stream.
    ///
    /// # Errors
    /// The output cannot be written.
    pub fn end(self) -> Result<(), Problem> {
        self.out.end()
    }
}

fn fact_columns(facts: &[Facts], registries: &[Box<str>]) -> Vec<ArrayRef> {
    let registry = |of: &Facts| registries.get(usize::from(of.registry)).map(|name| &**name);
    let numbers = |of: fn(&Facts) -> i64| -> ArrayRef { Arc::new(Int64Array::from_iter_values(facts.iter().map(of))) };
    let values = facts.iter().map(|of| Some(json(&of.values.iter().collect::<Vec<_>>())));
    vec![
        Arc::new(facts.iter().map(registry).collect::<StringArray>()),
        Arc::new(facts.iter().map(|of| Some(&*of.key)).collect::<StringArray>()),
        Arc::new(facts.iter().map(|of| i32::from(of.part)).collect::<Int32Array>()),
        Arc::new(facts.iter().map(|of| Some(of.kind.name())).collect::<StringArray>()),
        numbers(|of| of.record_id),
        numbers(|of| of.landed_at),
        Arc::new(facts.iter().map(|of| of.observed_at).collect::<Int64Array>()),
        Arc::new(values.collect::<StringArray>()),
        Arc::new(facts.iter().map(province).collect::<StringArray>()),
    ]
}

/// Provinces, autonomous regions and municipalities of GB/T 2260.
const PROVINCES: [&str; 34] = [
    "11", "12", "13", "14", "15", "21", "22", "23", "31", "32", "33", "34", "35", "36", "37", "41", "42", "43", "44", "45", "46",
    "50", "51", "52", "53", "54", "61", "62", "63", "64", "65", "71", "81", "82",
];

/// The province of a record, in the two digits of GB/T 2260: that of the office that issued its code (GB 32100, digits 3 to 8), its registration
/// number (the first six of fifteen digits) or its tax number of before 2015 (likewise), or of the area that it states in digits. Who issued
/// a code says where somebody is registered, as provinces count them.
fn province(facts: &Facts) -> Option<String> {
    let code = || Some(CreditCode::parse(facts.text(Stated::CreditCode)?)?.as_str()[2..4].to_owned());
    let number = |field| {
        let text = facts.text(field).filter(|text| text.len() == 15)?;
        text.get(..6).filter(|office| office.bytes().all(|b| b.is_ascii_digit())).map(|office| office[..2].to_owned())
    };
    let area = |field| facts.get(field)?.to_string().get(..2).map(str::to_owned);
    let told = code()
        .or_else(|| number(Stated::RegistrationNumber))
        .or_else(|| number(Stated::TaxNumber))
        .or_else(|| area(Stated::Area))
        .or_else(|| area(Stated::District));
    told.filter(|digits| PROVINCES.contains(&digits.as_str()))
}

fn columns(records: &[LinkRecord], registries: &[Box<str>]) -> Vec<ArrayRef> {
    let mut former = ListBuilder::new(StringBuilder::new());
    for record in records {
        record.former_names.iter().for_each(|name| former.values().append_value(name));
        former.append(true);
    }
    let registry = |record: &LinkRecord| registries.get(usize::from(record.registry)).map(|name| &**name);
    let days = records.iter().map(|record| record.established.map(|day| day.to_string()));
    let mut columns: Vec<ArrayRef> = vec![
        Arc::new(records.iter().map(registry).collect::<StringArray>()),
        Arc::new(records.iter().map(|record| Some(&*record.key)).collect::<StringArray>()),
        Arc::new(records.iter().map(|record| i32::from(record.part)).collect::<Int32Array>()),
        Arc::new(former.finish()),
        Arc::new(days.collect::<StringArray>()),
        Arc::new(records.iter().map(|record| record.employees.map(i64::from)).collect::<Int64Array>()),
    ];
    let text = |of: TextOf| -> ArrayRef {
        Arc::new(records.iter().map(|record| Some(of(record)).filter(|text| !text.is_empty())).collect::<StringArray>())
    };
    columns.extend(TEXTS.iter().map(|(_, of)| text(*of)));
    columns
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::field::RecordKind;
    use crate::model::value::Value;

    #[test]
    fn a_province_is_that_of_the_office_that_issued_the_number() {
        let of = |values: &[(Stated, &str)]| {
            let values = values.iter().map(|(field, text)| (*field, Value::Text((*text).into()))).collect();
            let (key, kind) = ("K1".into(), RecordKind::Enterprise);
            province(&Facts { registry: 0, key, part: 0, record_id: 1, kind, landed_at: 0, observed_at: None, values })
        };
        assert_eq!(of(&[(Stated::RegistrationNumber, "310115000000012"), (Stated::Area, "110105")]).as_deref(), Some("31"));
        assert_eq!(of(&[(Stated::TaxNumber, "44010160000000X")]).as_deref(), Some("44"));
        assert_eq!(of(&[(Stated::TaxNumber, "91110108696580751X"), (Stated::Area, "110105")]).as_deref(), Some("11"));
        for nowhere in [
            &[(Stated::Area, "海淀区")][..],
            &[(Stated::District, "990101")],
            &[(Stated::RegistrationNumber, "企独京总字第1号")],
            &[],
        ] {
            assert_eq!(of(nowhere), None);
        }
    }
}

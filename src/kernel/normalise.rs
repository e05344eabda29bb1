//! `normalise`: records as written become records as read, each by itself.

use std::io::{Read, Write};
use std::sync::Arc;

use arrow_array::{ArrayRef, BinaryArray, Int64Array};
use arrow_schema::DataType;

use super::columns::{Output, Rows, filled, needed, read_rows};
use super::told::LinkedRegistries;
use crate::link::shared_out::{RecordLine, read};
use crate::model::linkage::{LinkRecord, LinkRole};
use crate::model::problem::Problem;
use crate::model::value::PartialDate;

/// Every column that is read; all but the first two may be missing.
const COLUMNS: [&str; 21] = [
    "registry",
    "key",
    "part",
    "role",
    "name",
    "former_names",
    "union_name",
    "credit_code",
    "organisation_code",
    "registration_number",
    "tax_number",
    "area",
    "district",
    "address",
    "operating_address",
    "phone",
    "established",
    "industry",
    "registration_type",
    "unit_type",
    "employees",
];

/// Reads the records of a stream.
///
/// # Errors
/// The stream is none, or damaged; a column is missing, not known or of another type; a row names no registry or key, or a value is none.
pub fn normalise(input: impl Read, output: impl Write, told: &LinkedRegistries) -> Result<(), Problem> {
    let columns = [
        ("reference", DataType::Int64, false),
        ("organisation", DataType::Int64, true),
        ("registration", DataType::Int64, true),
        ("record", DataType::Binary, false),
    ];
    let mut out = Output::new(output, &columns)?;
    read_rows(input, |rows| out.rows(&read(&records(rows, told)?, &told.settings), lines))?;
    out.end()
}

fn lines(lines: &[RecordLine]) -> Vec<ArrayRef> {
    let code = |of: fn(&RecordLine) -> Option<u64>| -> ArrayRef {
        Arc::new(lines.iter().map(|line| of(line).map(|code| code as i64)).collect::<Int64Array>())
    };
    vec![
        Arc::new(lines.iter().map(|line| line.reference as i64).collect::<Int64Array>()),
        code(|line| line.organisation),
        code(|line| line.registration),
        Arc::new(lines.iter().map(|line| Some(&line.bytes)).collect::<BinaryArray>()),
    ]
}

fn records(rows: &Rows, told: &LinkedRegistries) -> Result<Vec<LinkRecord>, Problem> {
    let unknown = rows.unknown(&COLUMNS);
    if !unknown.is_empty() {
        let (names, known) = (unknown.join(", "), COLUMNS.join(", "));
        return Err(Problem::new(
            "kernel_column",
            format!("不认识的列 {names}；可用的列：{known}"),
            format!("unknown column {names}; known are {known}"),
        ));
    }
    let (registries, keys) = (needed(rows.texts("registry")?, "registry")?, needed(rows.texts("key")?, "key")?);
    let (parts, roles, employees) = (rows.wholes("part")?, rows.texts("role")?, rows.wholes("employees")?);
    let former = rows.text_lists("former_names")?;
    let text = |column: &'static str| rows.texts(column);
    let (name, union_name, credit_code) = (text("name")?, text("union_name")?, text("credit_code")?);
    let (organisation_code, registration_number) = (text("organisation_code")?, text("registration_number")?);
    let (tax_number, area, district) = (text("tax_number")?, text("area")?, text("district")?);
    let (address, operating_address, phone) = (text("address")?, text("operating_address")?, text("phone")?);
    let (established, industry) = (text("established")?, text("industry")?);
    let (registration_type, unit_type) = (text("registration_type")?, text("unit_type")?);
    let mut records = Vec::with_capacity(rows.len());
    for row in 0..rows.len() {
        let of = |texts: &Option<super::columns::Texts<'_>>| -> Box<str> {
            texts.as_ref().and_then(|texts| texts.get(row)).unwrap_or_default().into()
        };
        let registry = registry(rows, row, filled(rows, row, "registry", registries.get(row))?, told)?;
        let part = parts.as_ref().and_then(|parts| parts.get(row)).unwrap_or(0);
        let staff = employees.as_ref().and_then(|employees| employees.get(row));
        let day = established.as_ref().and_then(|texts| texts.get(row));
        records.push(LinkRecord {
            registry,
            key: filled(rows, row, "key", keys.get(row))?.into(),
            part: u16::try_from(part).map_err(|_| out_of_range(rows, row, "part", part, u16::MAX.into()))?,
            role: match roles.as_ref().and_then(|roles| roles.get(row)) {
                None => LinkRole::Enterprise,
                Some(role) => LinkRole::from_name(role).ok_or_else(|| unknown_role(rows, row, role))?,
            },
            issues_codes: told.issues_codes.get(usize::from(registry)).copied().unwrap_or(false),
            name: of(&name),
            former_names: former.as_ref().map(|lists| lists.get(row)).unwrap_or_default(),
            union_name: of(&union_name),
            credit_code: of(&credit_code),
            organisation_code: of(&organisation_code),
            registration_number: of(&registration_number),
            tax_number: of(&tax_number),
            area: of(&area),
            district: of(&district),
            address: of(&address),
            operating_address: of(&operating_address),
            phone: of(&phone),
            established: day.map(|day| date(day).ok_or_else(|| no_date(rows, row, day))).transpose()?,
            industry: of(&industry),
            registration_type: of(&registration_type),
            unit_type: of(&unit_type),
            employees: match staff {
                None => None,
                Some(n) => Some(u32::try_from(n).map_err(|_| out_of_range(rows, row, "employees", n, u32::MAX.into()))?),
            },
            ..LinkRecord::default()
        });
    }
    Ok(records)
}

fn registry(rows: &Rows, row: usize, name: &str, told: &LinkedRegistries) -> Result<u16, Problem> {
    let known = &told.settings.registries;
    known.iter().position(|known| **known == *name).map(|at| at as u16).ok_or_else(|| {
        let zh = format!("没有登记「{name}」；已给出的登记：{}", known.join("、"));
        rows.fault(row, "registry", (zh, format!("there is no registry \"{name}\"; those given are {}", known.join(", "))))
    })
}

fn unknown_role(rows: &Rows, row: usize, role: &str) -> Problem {
    let known: Vec<&str> = LinkRole::ALL.iter().map(|role| role.name()).collect();
    let zh = format!("「{role}」不是角色；应为 {} 之一", known.join("、"));
    rows.fault(row, "role", (zh, format!("\"{role}\" is no role; expected one of {}", known.join(", "))))
}

fn out_of_range(rows: &Rows, row: usize, column: &str, number: i64, most: i64) -> Problem {
    rows.fault(row, column, (format!("{number} 不在 0 至 {most} 之间"), format!("{number} is not between 0 and {most}")))
}

fn no_date(rows: &Rows, row: usize, text: &str) -> Problem {
    let zh = format!("「{text}」不是日期；应为 2019、2019-04 或 2019-04-18");
    rows.fault(row, "established", (zh, format!("\"{text}\" is no date; expected 2019, 2019-04 or 2019-04-18")))
}

/// `2019`, `2019-04` or `2019-04-18`; None for what is no day, month or year.
fn date(text: &str) -> Option<PartialDate> {
    let mut parts = text.trim().split('-');
    let mut number = || parts.next().map(|part| part.parse::<u16>().ok().filter(|_| part.bytes().all(|b| b.is_ascii_digit())));
    let (year, month, day) = (number()??, number(), number());
    let (month, day) =
        (month.map_or(Some(0), |month| month.filter(|n| *n > 0))?, day.map_or(Some(0), |day| day.filter(|n| *n > 0))?);
    let date = PartialDate { year: i16::try_from(year).ok()?, month: month.try_into().ok()?, day: day.try_into().ok()? };
    (parts.next().is_none() && date.first_day().is_some()).then_some(date)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_read_as_precise_as_it_is_written() {
        for (text, read) in [("2019", Some("2019")), ("2019-04", Some("2019-04")), (" 2019-04-18 ", Some("2019-04-18"))] {
            assert_eq!(date(text).map(|date| date.to_string()).as_deref(), read, "{text}");
        }
        for text in ["", "19年", "2019-13", "2019-00", "2019-02-30", "2019-04-18-1", "+2019", "2019/04"] {
            assert_eq!(date(text), None, "{text}");
        }
    }
}

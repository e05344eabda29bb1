//! A year of outreach as files: the departments' connectors, what they write month by month, who goes where, and the truth.

use std::fs;
use std::path::Path;

use super::city::City;
use super::error::SimulateError;
use super::outreach::{OutreachTruth, OutreachYear};

/// Months of a year.
const MONTHS: u32 = 12;

/// Writes `connectors/NAME/connector.toml`, `month-00` to `month-12` with a `rows.csv` for each connector, `officers.csv`, and for whoever
/// compares `truth/firms.csv` and `truth/outreach.json`, as they are at the year's end.
///
/// # Errors
/// A file cannot be written; the city is too small, which is told as None.
pub fn write_outreach(city: &City, out: &Path) -> Result<Option<OutreachTruth>, SimulateError> {
    let Some(mut year) = OutreachYear::new(city) else { return Ok(None) };
    let keep = |path: &Path, text: &str| {
        let folder = path.parent().unwrap_or(out);
        fs::create_dir_all(folder).map_err(|e| SimulateError::io("create", folder, e))?;
        fs::write(path, text).map_err(|e| SimulateError::io("write", path, e))
    };
    for (name, text) in OutreachYear::connectors() {
        keep(&out.join("connectors").join(name).join("connector.toml"), &text)?;
    }
    let mut officers = "officer,unit,role,firms\n".to_owned();
    for officer in year.officers() {
        let firms: Vec<&str> =
            year.firms().iter().filter(|f| f.officer == officer.number).map(|f| f.credit_code.as_str()).collect();
        officers.push_str(&format!("{},{},{},{}\n", officer.number, officer.unit, officer.role, firms.join(" ")));
    }
    keep(&out.join("officers.csv"), &officers)?;
    for month in 0..=MONTHS {
        if month > 0 {
            year.live();
        }
        for (name, rows) in year.extracts() {
            keep(&out.join(format!("month-{month:02}")).join(name).join("rows.csv"), &rows)?;
        }
    }
    let mut firms = "credit_code,fate,case,officer,names\n".to_owned();
    for firm in year.firms() {
        let word = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
        let (fate, case) = (serde_json::json!(firm.fate), serde_json::json!(firm.fate.case()));
        let (fate, case, officer) = (word(fate), word(case), year.in_charge(firm.number));
        firms.push_str(&format!("{},{fate},{case},{officer},{}\n", firm.credit_code, firm.names.join(" ")));
    }
    keep(&out.join("truth").join("firms.csv"), &firms)?;
    let truth = year.truth();
    let text = serde_json::to_string_pretty(&truth).expect("plain numbers and texts");
    keep(&out.join("truth").join("outreach.json"), &text)?;
    Ok(Some(truth))
}

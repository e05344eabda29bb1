//! The tests that every connector passes, ours and theirs: its sample against what it should read to, drift, and a rehearsal
//! on this machine with the sample as the registry: good and bad connection, resume, a future cursor, a wrong clock.

mod connection;
mod finding;

use std::path::Path;

use serde_json::{Value, json};

use super::context::PullContext;
pub use super::sample::sample_files;
use super::sample::{Sample, at_sample, expected_json, take};
use crate::connector::{Connector, DriftKind};
pub use finding::Finding;
use finding::found;

/// Reads all samples of a folder as the connector would.
///
/// # Errors
/// What a pull of such a file would say.
pub async fn read_samples(
    connector: &Connector,
    folder: &Path,
    context: &PullContext,
) -> Result<Sample, super::sample::SampleError> {
    let mut all = Sample::default();
    for file in sample_files(folder) {
        let sample = take(&at_sample(connector, &file), None, context, None).await?;
        all.rows.extend(sample.rows);
        all.faults.extend(sample.faults);
        (all.columns, all.layout) = (sample.columns, sample.layout);
    }
    Ok(all)
}

/// Runs every test that fits the connector.
pub async fn check(connector: &Connector, folder: &Path, context: &PullContext) -> Vec<Finding> {
    let context = &PullContext { known: None, allow_private: true, base: None, ..context.clone() };
    let mut findings = Vec::new();
    let sample = match read_samples(connector, folder, context).await {
        Ok(sample) if !sample.rows.is_empty() => sample,
        Ok(_) => {
            findings.push(found(
                "sample",
                false,
                format!("没有样例：请在 {}/sample 放入一份虚构数据", folder.display()),
                format!("there is no sample: put a file of invented rows into {}/sample", folder.display()),
            ));
            return findings;
        }
        Err(error) => {
            findings.push(found(
                "sample",
                false,
                format!("样例无法读取：{error}"),
                format!("the sample cannot be read: {error}"),
            ));
            return findings;
        }
    };
    let (rows, faults) = (sample.rows.len(), sample.faults.len());
    findings.push(found(
        "sample",
        true,
        format!("样例 {rows} 行，隔离 {faults} 行"),
        format!("{rows} rows, {faults} quarantined"),
    ));
    findings.push(expected(&sample, folder));
    findings.push(replay(connector, &sample, folder, context).await);
    findings.push(mapped(connector, &sample));
    findings.push(told_apart(&sample));
    findings.extend(spoilt(connector, &sample));
    findings.extend(drift(connector, &sample));
    findings.extend(dressed(connector, &sample));
    findings.extend(connection::check(connector, &sample, folder, context).await);
    findings
}

fn expected(sample: &Sample, folder: &Path) -> Finding {
    let path = folder.join("expected.json");
    let wanted: Option<Value> = std::fs::read_to_string(&path).ok().and_then(|t| serde_json::from_str(&t).ok());
    let Some(wanted) = wanted else {
        return found(
            "expected",
            false,
            "缺少 expected.json：核对样例的读法后运行 connector check --write-expected",
            "expected.json is missing: look at how the sample reads, then run connector check --write-expected",
        );
    };
    let read = expected_json(sample);
    if read == wanted {
        return found("expected", true, "样例读出的记录与 expected.json 一致", "the sample reads to expected.json");
    }
    let difference = first_difference(&wanted, &read);
    found("expected", false, format!("与 expected.json 不同：{difference}"), format!("differs from expected.json: {difference}"))
}

fn first_difference(wanted: &Value, read: &Value) -> String {
    let empty = Vec::new();
    let (wanted, read) = (wanted.as_array().unwrap_or(&empty), read.as_array().unwrap_or(&empty));
    for (at, one) in wanted.iter().enumerate() {
        match read.get(at) {
            Some(other) if other == one => {}
            Some(other) => return format!("[{at}] {one} ≠ {other}"),
            None => return format!("[{at}] {one} ≠ ∅"),
        }
    }
    read.get(wanted.len()).map_or_else(String::new, |more| format!("[{}] ∅ ≠ {more}", wanted.len()))
}

async fn replay(connector: &Connector, sample: &Sample, folder: &Path, context: &PullContext) -> Finding {
    let same = match read_samples(connector, folder, context).await {
        Ok(again) => expected_json(&again) == expected_json(sample) && again.columns == sample.columns,
        Err(_) => false,
    };
    found("replay", same, "再次读取结果相同", "reading it again gives the same")
}

/// Rows with one key and other contents: the key does not tell them apart. One in twenty may be a mistake of the department's.
fn told_apart(sample: &Sample) -> Finding {
    let mut first: std::collections::HashMap<&str, &[Option<String>]> = std::collections::HashMap::new();
    let (mut keyed, mut repeated, mut example) = (0usize, 0usize, None);
    for row in &sample.rows {
        let Some(record) = row.read.as_ref().ok().and_then(|r| r.first()) else { continue };
        keyed += 1;
        match first.get(record.key.as_ref()) {
            Some(cells) if *cells != row.cells.as_slice() => {
                repeated += 1;
                example.get_or_insert((row.number, record.key.to_string()));
            }
            Some(_) => {}
            None => drop(first.insert(&record.key, &row.cells)),
        }
    }
    match example {
        None => found("key_unique", true, format!("{keyed} 行的主键各不相同"), format!("{keyed} rows have keys of their own")),
        Some((number, key)) => found(
            "key_unique",
            repeated * 20 <= keyed,
            format!(
                "主键几乎唯一而不完全唯一：{keyed} 行中有 {repeated} 行与别的行主键相同而内容不同，如第 {number} 行「{key}」；入库时只保留先到的一行"
            ),
            format!(
                "the key is not unique: {repeated} of {keyed} rows have another row's key and other contents, such as row {number} \"{key}\"; only the first will land"
            ),
        ),
    }
}

/// Columns of codes of which a spreadsheet has damaged most.
fn spoilt(connector: &Connector, sample: &Sample) -> Option<Finding> {
    let records = || sample.rows.iter().filter_map(|r| r.read.as_ref().ok()?.first());
    let damaged = connector.contract.columns.iter().filter(|c| c.read_as.is_identifier()).find(|column| {
        let values = records().filter_map(|r| r.fields.iter().find(|f| f.field == column.field));
        let (all, bad) =
            values.fold((0, 0), |(all, bad), f| (all + 1, bad + usize::from(f.value.is_none() && column.is_spoilt(&f.raw))));
        bad * 2 > all
    })?;
    Some(found(
        "codes_whole",
        false,
        format!("「{}」列的号码已被 Excel 损坏（如 9.11101E+17）；请部门把该列设为文本，从原系统重新导出", damaged.name),
        format!(
            "the numbers of column \"{}\" were damaged by Excel (such as 9.11101E+17): ask for the column as text, exported again from its system",
            damaged.name
        ),
    ))
}

fn mapped(connector: &Connector, sample: &Sample) -> Finding {
    let missing: Vec<&str> = sample.layout.iter().flat_map(|l| &l.drift).map(|d| d.column.as_str()).collect();
    let seen = |field| sample.rows.iter().any(|r| r.read.as_ref().is_ok_and(|rec| rec.iter().any(|r| r.field(field).is_some())));
    let unread: Vec<&str> =
        connector.contract.columns.iter().filter(|c| !c.optional && !seen(c.field)).map(|c| c.name.as_str()).collect();
    let passed = missing.is_empty() && unread.is_empty();
    let (a, b) = (missing.join("、"), unread.join("、"));
    found(
        "contract",
        passed,
        if passed {
            "样例的列与约定一致，每个必有列都读出了值".into()
        } else {
            format!("与约定不符的列：{a}；样例中没有值的列：{b}")
        },
        if passed {
            "the sample has the contract's columns, each with a value".into()
        } else {
            format!("columns that differ: {a}; columns without a value in the sample: {b}")
        },
    )
}

fn drift(connector: &Connector, sample: &Sample) -> Vec<Finding> {
    let mut findings = Vec::new();
    let mut added = sample.columns.clone();
    added.push("新增列".into());
    let reported = |columns: &[String], kind| connector.layout(columns).is_ok_and(|l| l.drift.iter().any(|d| d.kind == kind));
    findings.push(found("column_added", reported(&added, DriftKind::Added), "新增的列会被报告", "an added column is reported"));
    let positions = sample.layout.as_ref().map(|l| l.key_positions().to_vec()).unwrap_or_default();
    let required = connector.contract.columns.iter().filter(|c| !c.optional);
    let column = required.filter_map(|c| sample.columns.iter().position(|n| *n == c.name)).find(|at| !positions.contains(at));
    if let Some(at) = column {
        let mut gone = sample.columns.clone();
        gone[at] = "全然不同".into();
        let noticed = reported(&gone, DriftKind::Gone) || reported(&gone, DriftKind::Renamed);
        findings.push(found("column_gone", noticed, "缺少的列会被报告", "a missing column is reported"));
    }
    if let Some(at) = positions.first() {
        let mut keyless = sample.columns.clone();
        keyless.remove(*at);
        let refused = connector.layout(&keyless).is_err_and(|p| p.code == "column_missing" && p.en.contains(&connector.name));
        findings.push(found("key_gone", refused, "没有主键列的数据不会入库", "data without its key column is refused"));
    }
    let short: Vec<Option<&str>> = vec![None; sample.columns.len().saturating_sub(1)];
    let quarantined = sample.layout.as_ref().is_some_and(|l| connector.read(l, &short).is_err());
    findings.push(found("bad_row", quarantined, "列数不符的行进入隔离区", "a row with the wrong number of cells is quarantined"));
    findings
}

/// What spreadsheets and exports add to a table: dress around cells, sums and the header among the rows.
fn dressed(connector: &Connector, sample: &Sample) -> Vec<Finding> {
    let Some(layout) = &sample.layout else { return Vec::new() };
    let mut findings = Vec::new();
    if let Some(row) = sample.rows.iter().find(|r| r.read.is_ok()) {
        let worn: Vec<Option<String>> = row.cells.iter().map(|c| c.as_ref().map(|t| format!("\u{feff}{t}\t"))).collect();
        let worn: Vec<Option<&str>> = worn.iter().map(Option::as_deref).collect();
        let same = connector.read(layout, &worn).ok() == row.read.as_ref().ok().cloned();
        findings.push(found(
            "dress",
            same,
            "单元格首尾的制表符、不可见字符不影响读法",
            "tabs and invisible signs around cells change nothing",
        ));
    }
    let aside = |cells: &[Option<&str>]| connector.read(layout, cells).is_err_and(|e| e.is_no_record());
    let mut sums: Vec<Option<&str>> = vec![None; sample.columns.len()];
    if let Some(at) = layout.key_positions().first() {
        sums[*at] = Some("合计");
        findings.push(found("total_row", aside(&sums), "合计行进入隔离区", "a row of sums is quarantined"));
    }
    if sample.columns.len() > 1 {
        let header: Vec<Option<&str>> = sample.columns.iter().map(|c| Some(c.as_str())).collect();
        findings.push(found("header_again", aside(&header), "重复的表头进入隔离区", "a repeated header is quarantined"));
    }
    findings
}

/// The findings as JSON for machines.
pub fn as_json(name: &str, findings: &[Finding]) -> Value {
    json!({ "connector": name, "passed": findings.iter().all(|f| f.passed), "findings": findings })
}

//! Rows whose cells stand one column beside their own: a separator inside a text, or a cell that was deleted.
//!
//! Such a row says so by itself: a credit code stands where the name should, or a firm's name where the code should. What
//! it is called and its code are taken from where they stand, and its address; nothing else of it can be trusted.

use crate::model::identifier::CreditCode;
use crate::model::linkage::{LinkRecord, LinkRole};
use crate::normalise::name::is_whole_name;

/// The row with name, code and address in their places; None where it is not shifted, or no name can be found.
pub(super) fn straightened(record: &LinkRecord) -> Option<LinkRecord> {
    if record.role != LinkRole::Enterprise || !is_shifted(record) {
        return None;
    }
    let cells: [&str; 12] = [
        &record.name,
        &record.credit_code,
        &record.organisation_code,
        &record.registration_number,
        &record.tax_number,
        &record.address,
        &record.operating_address,
        &record.district,
        &record.phone,
        &record.area,
        &record.industry,
        &record.registration_type,
    ];
    let name = cells.iter().find(|cell| is_whole_name(cell))?;
    let code = cells.iter().find(|cell| CreditCode::parse(cell).is_some());
    let address = cells.iter().find(|cell| *cell != name && is_address(cell));
    Some(LinkRecord {
        registry: record.registry,
        key: record.key.clone(),
        store_id: record.store_id,
        part: record.part,
        role: record.role,
        issues_codes: record.issues_codes,
        name: (*name).into(),
        credit_code: code.map_or("", |code| code).into(),
        address: address.map_or("", |address| address).into(),
        former_names: record.former_names.clone(),
        related: record.related.clone(),
        ..LinkRecord::default()
    })
}

/// A code stands for the name, or a name for the code. (A cell of twelve bytes or fewer is neither.)
fn is_shifted(record: &LinkRecord) -> bool {
    let (name, code) = (record.name.trim(), record.credit_code.trim());
    let is_code = name.len() >= 15 && name.is_ascii() && name.bytes().filter(u8::is_ascii_digit).count() >= 12;
    is_code || code.len() > 18 && !code.is_ascii() && !is_whole_name(name) && is_whole_name(code)
}

fn is_address(cell: &str) -> bool {
    !cell.is_ascii()
        && cell.contains(['路', '街', '道', '巷', '胡', '村', '镇'])
        && cell.contains(|c: char| c.is_ascii_digit() || c == '号')
}

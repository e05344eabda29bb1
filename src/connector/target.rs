//! A target must name a unit and an indicator that exist: a row that does not would otherwise be a target nobody sees.

use super::mapping::Contract;
use super::problem::{Problem, RowError, nearest};
use crate::model::field::Field;
use crate::model::record::Record;
use crate::model::reference::areas::unit_code;
use crate::model::reference::unions::indicators;

/// Checks a record of kind target.
///
/// # Errors
/// `target_area_unknown`, `target_indicator_unknown`, or `value_unreadable` for a year or a number that does not read.
pub(super) fn check(contract: &Contract, record: &Record) -> Result<(), RowError> {
    let column = |field| contract.columns.iter().find(|c| c.field == field).map(|c| c.name.clone());
    let error = |field, code, zh, en| Err(RowError { column: column(field), problem: Problem::new(code, zh, en) });
    let area = record.raw(Field::Area);
    if unit_code(area, None).is_none() {
        return error(
            Field::Area,
            "target_area_unknown",
            format!("任务的单位「{area}」不存在；请写行政区划代码（如 110108）或工会单位代码（如 BEDA、I-EDU）"),
            format!(
                "there is no unit \"{area}\"; write a division code such as 110108, or a federation unit such as BEDA or I-EDU"
            ),
        );
    }
    let indicator = record.text(Field::Indicator).unwrap_or_else(|| record.raw(Field::Indicator));
    if !indicators().iter().any(|i| i.id == indicator) {
        let near = nearest(indicator, indicators().iter().map(|i| i.id)).unwrap_or("net_new_units");
        return error(
            Field::Indicator,
            "target_indicator_unknown",
            format!("没有指标「{indicator}」；是否为 {near}？"),
            format!("there is no indicator \"{indicator}\"; did you mean {near}?"),
        );
    }
    for (field, reads) in [
        (Field::Year, record.count(Field::Year).is_some_and(|y| (2000..=2100).contains(&y))),
        (Field::TargetValue, record.number(Field::TargetValue).is_some_and(|v| v.is_finite() && v >= 0.0)),
    ] {
        if !reads {
            let raw = record.raw(field);
            return error(
                field,
                "value_unreadable",
                format!("任务的年度或数值读不出：「{raw}」"),
                format!("the target's year or number does not read: \"{raw}\""),
            );
        }
    }
    Ok(())
}

//! `[columns]`: which column is read as which field, and how.

use std::collections::{BTreeMap, HashMap};

use toml::Spanned;

use super::shape::Say;
use super::shape::{ColumnToml, OneOrMore};
use crate::connector::mapping::Column;
use crate::connector::money::{UNITS, Unit};
use crate::connector::read_as::As;
use crate::connector::reading::natural;
use crate::connector::values;
use crate::model::field::Field;

pub(super) fn columns(toml: BTreeMap<String, Spanned<OneOrMore>>, say: &mut Say<'_>) -> Vec<Column> {
    let mut in_order: Vec<(usize, String, OneOrMore)> =
        toml.into_iter().map(|(name, spanned)| (spanned.span().start, name, spanned.into_inner())).collect();
    in_order.sort_by_key(|(start, ..)| *start);
    let mut columns = Vec::new();
    for (_, name, one_or_more) in in_order {
        match one_or_more {
            OneOrMore::Field(field) => columns.push(column(&name, ColumnToml::of(field), say)),
            OneOrMore::One(one) => columns.push(column(&name, *one, say)),
            OneOrMore::More(more) => columns.extend(more.into_iter().map(|c| column(&name, c, say))),
        }
    }
    columns
}

fn column(name: &str, c: ColumnToml, say: &mut Say<'_>) -> Column {
    let read_as = c.read_as.unwrap_or_else(|| natural(c.field));
    let values: HashMap<Box<str>, Box<str>> = c.values.iter().map(|(k, v)| (k.as_str().into(), v.text().into())).collect();
    let vocabulary: Vec<&str> = values::vocabulary(read_as).collect();
    if !vocabulary.is_empty() {
        for meaning in values.values().map(|v| v.as_ref()).chain(c.otherwise.as_deref()).filter(|v| !v.is_empty()) {
            if !vocabulary.contains(&meaning) {
                let (all_zh, all_en) = (vocabulary.join("、"), vocabulary.join(", "));
                say(
                    "unknown_value",
                    format!("列「{name}」的取值对照中「{meaning}」不是 {read_as} 的值；可用：{all_zh}"),
                    format!("column \"{name}\": \"{meaning}\" is no value of {read_as}; known: {all_en}"),
                );
            }
        }
    }
    if c.unit.is_some() && read_as != As::Money {
        say(
            "unit_without_money",
            format!("列「{name}」不是金额，不能有 unit"),
            format!("column \"{name}\" is no money and cannot have a unit"),
        );
    }
    if read_as == As::Industry && !matches!(c.edition, Some(2002 | 2011 | 2017)) {
        say(
            "industry_edition",
            format!("列「{name}」须写明行业分类版本：edition = 2002、2011 或 2017"),
            format!("column \"{name}\" must name the edition of its classification: edition = 2002, 2011 or 2017"),
        );
    }
    if c.digits.is_some() && (read_as != As::Industry || !matches!(c.digits, Some(2..=4))) {
        say(
            "digits_without_industry",
            format!("列「{name}」的 digits 只用于行业代码，取 2、3 或 4"),
            format!("column \"{name}\": digits is for industry codes, and 2, 3 or 4"),
        );
    }
    if c.datum.is_some() && !matches!(c.field, Field::Longitude | Field::Latitude) {
        say(
            "datum_without_coordinate",
            format!("列「{name}」不是经度或纬度，不能有 datum"),
            format!("column \"{name}\" is neither longitude nor latitude and cannot have a datum"),
        );
    }
    let yuan = c.unit.as_deref().and_then(|u| UNITS.iter().find(|(n, _)| *n == u)).map_or(1, |(_, yuan)| *yuan);
    Column {
        name: name.to_string(),
        also: c.also,
        field: c.field,
        read_as,
        unit: Unit { yuan, rates: c.rates },
        values,
        otherwise: c.otherwise.map(Into::into),
        optional: c.optional,
        required: c.required,
        edition: c.edition.filter(|_| read_as == As::Industry),
        datum: c.datum.unwrap_or_default(),
        separators: c.separators.as_deref().unwrap_or("、；;，,\n").chars().collect(),
        digits: c.digits.filter(|_| read_as == As::Industry),
        zone: chrono_tz::Asia::Shanghai,
    }
}

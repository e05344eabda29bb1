//! The value of a column at a row: texts, words of a dictionary, numbers, days, money.

use arrow_array::cast::AsArray;
use arrow_array::types::{UInt8Type, UInt16Type};
use arrow_array::{Array, Date32Array, Decimal128Array, DictionaryArray, ListArray, PrimitiveArray, RecordBatch, StringArray};
use chrono::NaiveDate;

use crate::model::value::Money;

pub(in crate::edition) type Small = DictionaryArray<UInt8Type>;

pub(in crate::edition) type Word = DictionaryArray<UInt16Type>;

pub(in crate::edition) fn text(array: &StringArray, row: usize) -> Option<&str> {
    (!array.is_null(row)).then(|| array.value(row))
}

pub(in crate::edition) fn word(array: &Word, row: usize) -> Option<&str> {
    array.key(row).map(|key| array.values().as_string::<i32>().value(key))
}

pub(in crate::edition) fn number<T: arrow_array::types::ArrowPrimitiveType>(
    array: &PrimitiveArray<T>,
    row: usize,
) -> Option<T::Native> {
    (!array.is_null(row)).then(|| array.value(row))
}

pub(in crate::edition) fn date(array: &Date32Array, row: usize) -> Option<NaiveDate> {
    number(array, row).and_then(|days| NaiveDate::from_num_days_from_ce_opt(days + 719_163))
}

pub(in crate::edition) fn money(array: &Decimal128Array, row: usize) -> Option<Money> {
    number(array, row).map(|fen| Money(fen as i64))
}

pub(in crate::edition) fn texts(array: &ListArray, row: usize) -> Vec<&str> {
    let offsets = array.value_offsets();
    let values = array.values().as_string::<i32>();
    (offsets[row] as usize..offsets[row + 1] as usize).map(|i| values.value(i)).collect()
}

pub(in crate::edition) fn get<'a>(batch: &'a RecordBatch, name: &str) -> Result<&'a dyn Array, String> {
    batch.column_by_name(name).map(|c| &**c).ok_or_else(|| format!("column {name} is missing"))
}

//! Arrow columns from what rows say: texts, words of a dictionary, lists, money in fen, days since 1970.
//!
//! In: values of rows in order. Out: an array. It knows no file.

use std::sync::Arc;

use arrow_array::builder::{
    Date32Builder, Decimal128Builder, ListBuilder, StringBuilder, StringDictionaryBuilder, UInt32Builder,
};
use arrow_array::types::{UInt8Type, UInt16Type};
use arrow_array::{ArrayRef, DictionaryArray, StringArray, UInt8Array, UInt16Array};
use arrow_schema::ArrowError;
use chrono::{Datelike, NaiveDate};
use hashbrown::HashMap;
use hashbrown::hash_map::Entry;

use crate::model::enterprise::Enterprise;
use crate::model::value::Money;

pub(in crate::edition) fn days(date: NaiveDate) -> i32 {
    date.num_days_from_ce() - 719_163 // 1970-01-01
}

pub(in crate::edition) fn texts<'a>(values: impl Iterator<Item = Option<&'a str>>) -> ArrayRef {
    Arc::new(values.collect::<StringArray>())
}

pub(in crate::edition) fn small<T: Copy>(
    rows: &[Enterprise],
    names: Vec<&'static str>,
    value: impl Fn(&Enterprise) -> Option<T>,
    index: impl Fn(T) -> u8,
) -> Result<ArrayRef, ArrowError> {
    let keys: UInt8Array = rows.iter().map(|e| value(e).map(&index)).collect();
    Ok(Arc::new(DictionaryArray::<UInt8Type>::try_new(keys, Arc::new(StringArray::from(names)))?))
}

/// A column of one of the `named!` enums: a dictionary whose keys are the variants' positions in `ALL`.
macro_rules! enum_column {
    ($rows:expr, $T:ty, $value:expr) => {
        $crate::edition::format::columns::small($rows, <$T>::ALL.iter().map(|v| v.name()).collect(), $value, |v: $T| v as u8)
    };
}
pub(in crate::edition) use enum_column;

/// The words of a column in the order in which they first stand, for columns that are made piece by piece: one dictionary for all.
pub(in crate::edition) struct Words<'a> {
    of: HashMap<&'a str, u16>,
    list: ArrayRef,
}

impl<'a> Words<'a> {
    /// Of these values.
    ///
    /// # Errors
    /// There are more than 65,536 of them.
    pub fn of(values: impl Iterator<Item = &'a str>) -> Result<Words<'a>, ArrowError> {
        let (mut of, mut list) = (HashMap::new(), Vec::new());
        for word in values {
            let next = list.len();
            if let Entry::Vacant(new) = of.entry(word) {
                new.insert(u16::try_from(next).map_err(|_| ArrowError::DictionaryKeyOverflowError)?);
                list.push(word);
            }
        }
        Ok(Words { of, list: Arc::new(StringArray::from(list)) })
    }

    /// The column of some of these values.
    ///
    /// # Errors
    /// One of them is none of these.
    pub fn column<'v>(&self, values: impl Iterator<Item = Option<&'v str>>) -> Result<ArrayRef, ArrowError> {
        let unknown = |word: &str| ArrowError::InvalidArgumentError(format!("{word} is not among the words"));
        let key = |word: &str| self.of.get(word).copied().ok_or_else(|| unknown(word));
        let keys = values.map(|value| value.map(key).transpose()).collect::<Result<UInt16Array, ArrowError>>()?;
        Ok(Arc::new(DictionaryArray::<UInt16Type>::try_new(keys, self.list.clone())?))
    }
}

pub(in crate::edition) fn words<'a>(values: impl Iterator<Item = Option<&'a str>>) -> Result<ArrayRef, ArrowError> {
    let mut builder = StringDictionaryBuilder::<UInt16Type>::new();
    for value in values {
        match value {
            Some(text) => drop(builder.append(text)?),
            None => builder.append_null(),
        }
    }
    Ok(Arc::new(builder.finish()))
}

pub(in crate::edition) fn lists<'a, I: Iterator<Item = &'a str>>(values: impl Iterator<Item = I>) -> ArrayRef {
    let mut builder = ListBuilder::new(StringBuilder::new());
    for list in values {
        list.for_each(|text| builder.values().append_value(text));
        builder.append(true);
    }
    Arc::new(builder.finish())
}

pub(in crate::edition) fn money<'a>(
    rows: &'a [Enterprise],
    value: impl Fn(&'a Enterprise) -> Option<Money>,
) -> Result<ArrayRef, ArrowError> {
    let mut builder = Decimal128Builder::with_capacity(rows.len()).with_precision_and_scale(18, 2)?;
    rows.iter().for_each(|e| builder.append_option(value(e).map(|m| i128::from(m.0))));
    Ok(Arc::new(builder.finish()))
}

pub(in crate::edition) fn dates(values: impl Iterator<Item = Option<NaiveDate>>) -> ArrayRef {
    let mut builder = Date32Builder::new();
    values.for_each(|v| builder.append_option(v.map(days)));
    Arc::new(builder.finish())
}

pub(in crate::edition) fn counts(values: impl Iterator<Item = Option<u32>>) -> ArrayRef {
    let mut builder = UInt32Builder::new();
    values.for_each(|v| builder.append_option(v));
    Arc::new(builder.finish())
}

//! A record's values in one piece of memory.
//!
//! A city has sixty million of them while it is judged. Each in a place of its own takes 32 bytes and, where it is a long text, a piece of
//! memory beside it; here it takes what it says and three bytes.
//!
//! Layout: how many there are (two bytes; the highest bit tells that places take four bytes and not two), their fields (a byte each), the
//! places at which they begin, and what they are: a byte for the kind, and as many bytes as it needs.

use std::fmt;

use serde::Serialize;

use super::field::Field;
use super::value::{Money, PartialDate, Value};

/// A value where it lies.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ValueRef<'a> {
    /// As [`Value::Text`].
    Text(&'a str),
    /// As [`Value::Count`].
    Count(i64),
    /// As [`Value::Number`].
    Number(f64),
    /// As [`Value::Money`].
    Money(Money),
    /// As [`Value::Date`].
    Date(PartialDate),
    /// As [`Value::Flag`].
    Flag(bool),
}

impl<'a> From<&'a Value> for ValueRef<'a> {
    fn from(value: &'a Value) -> ValueRef<'a> {
        match value {
            Value::Text(text) => ValueRef::Text(text),
            Value::Count(n) => ValueRef::Count(*n),
            Value::Number(n) => ValueRef::Number(*n),
            Value::Money(money) => ValueRef::Money(*money),
            Value::Date(date) => ValueRef::Date(*date),
            Value::Flag(flag) => ValueRef::Flag(*flag),
        }
    }
}

/// The text that GraphQL, exports and explanations show.
impl fmt::Display for ValueRef<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            ValueRef::Text(text) => f.write_str(text),
            ValueRef::Count(n) => write!(f, "{n}"),
            ValueRef::Number(n) => write!(f, "{n}"),
            ValueRef::Money(money) => write!(f, "{money}"),
            ValueRef::Date(date) => write!(f, "{date}"),
            ValueRef::Flag(flag) => write!(f, "{flag}"),
        }
    }
}

const TEXT: u8 = 0;
const COUNT: u8 = 1;
const NUMBER: u8 = 2;
const MONEY: u8 = 3;
const DATE: u8 = 4;
const FLAG: u8 = 5;

/// Places take four bytes.
const WIDE: u16 = 1 << 15;

/// How many low bytes of a number say all of it: the rest repeats its sign.
fn needed(n: i64) -> usize {
    let told = 65 - (if n < 0 { !n } else { n }).leading_zeros() as usize;
    if n == 0 { 0 } else { told.div_ceil(8) }
}

fn number(bytes: &[u8]) -> i64 {
    let Some(last) = bytes.last() else { return 0 };
    let mut all = if *last >= 0x80 { [u8::MAX; 8] } else { [0; 8] };
    all[..bytes.len()].copy_from_slice(bytes);
    i64::from_le_bytes(all)
}

impl ValueRef<'_> {
    fn len(&self) -> usize {
        1 + match self {
            ValueRef::Text(text) => text.len(),
            ValueRef::Count(n) | ValueRef::Money(Money(n)) => needed(*n),
            ValueRef::Number(_) => 8,
            ValueRef::Date(_) => 4,
            ValueRef::Flag(_) => 1,
        }
    }

    fn put(&self, out: &mut Vec<u8>) {
        match self {
            ValueRef::Text(text) => {
                out.push(TEXT);
                out.extend_from_slice(text.as_bytes());
            }
            ValueRef::Count(n) => {
                out.push(COUNT);
                out.extend_from_slice(&n.to_le_bytes()[..needed(*n)]);
            }
            ValueRef::Number(n) => {
                out.push(NUMBER);
                out.extend_from_slice(&n.to_bits().to_le_bytes());
            }
            ValueRef::Money(Money(n)) => {
                out.push(MONEY);
                out.extend_from_slice(&n.to_le_bytes()[..needed(*n)]);
            }
            ValueRef::Date(PartialDate { year, month, day }) => {
                let [low, high] = year.to_le_bytes();
                out.extend([DATE, low, high, *month, *day]);
            }
            ValueRef::Flag(flag) => out.extend([FLAG, u8::from(*flag)]),
        }
    }
}

/// See the module.
#[derive(Clone, Default, PartialEq)]
pub struct StatedValues(Box<[u8]>);

impl StatedValues {
    /// These, in their order; of more than 32,767 the first.
    pub fn of<'a>(values: impl Iterator<Item = (Field, ValueRef<'a>)> + Clone) -> StatedValues {
        let values = values.take(usize::from(WIDE - 1));
        let (number, size) = values.clone().fold((0, 0), |(number, size), (_, value)| (number + 1, size + value.len()));
        if number == 0 {
            return StatedValues::default();
        }
        let is_wide = size > usize::from(u16::MAX);
        let mut out = Vec::with_capacity(2 + number * if is_wide { 5 } else { 3 } + size);
        out.extend((number as u16 | if is_wide { WIDE } else { 0 }).to_le_bytes());
        out.extend(values.clone().map(|(field, _)| field as u8));
        let mut at = 0;
        for (_, value) in values.clone() {
            match is_wide {
                true => out.extend((at as u32).to_le_bytes()),
                false => out.extend((at as u16).to_le_bytes()),
            }
            at += value.len();
        }
        values.for_each(|(_, value)| value.put(&mut out));
        StatedValues(out.into_boxed_slice())
    }

    /// How many there are.
    pub fn len(&self) -> usize {
        match self.0.first_chunk() {
            Some(number) => usize::from(u16::from_le_bytes(*number) & !WIDE),
            None => 0,
        }
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    fn fields(&self) -> &[u8] {
        self.0.get(2..2 + self.len()).unwrap_or_default()
    }

    /// The first value of a field.
    pub fn get(&self, field: Field) -> Option<ValueRef<'_>> {
        let at = self.fields().iter().position(|of| *of == field as u8)?;
        Some(self.at(at))
    }

    /// All of them in their order.
    pub fn iter(&self) -> impl Iterator<Item = (Field, ValueRef<'_>)> + Clone + '_ {
        self.fields().iter().enumerate().map(|(at, field)| (Field::ALL[usize::from(*field)], self.at(at)))
    }

    fn at(&self, at: usize) -> ValueRef<'_> {
        let number = self.len();
        let is_wide = self.0[1] & 0x80 != 0;
        let wide = if is_wide { 4 } else { 2 };
        let (places, said) = self.0[2 + number..].split_at(number * wide);
        let place = |at: usize| match is_wide {
            true => u32::from_le_bytes(places[at * 4..at * 4 + 4].try_into().expect("four bytes")) as usize,
            false => usize::from(u16::from_le_bytes([places[at * 2], places[at * 2 + 1]])),
        };
        let end = if at + 1 < number { place(at + 1) } else { said.len() };
        let [kind, bytes @ ..] = &said[place(at)..end] else { unreachable!("a value has a kind") };
        match *kind {
            // SAFETY: these are the bytes of a text, and nobody else writes here.
            TEXT => ValueRef::Text(unsafe { std::str::from_utf8_unchecked(bytes) }),
            COUNT => ValueRef::Count(self::number(bytes)),
            MONEY => ValueRef::Money(Money(self::number(bytes))),
            NUMBER => ValueRef::Number(f64::from_bits(u64::from_le_bytes(bytes.try_into().expect("eight bytes")))),
            DATE => {
                ValueRef::Date(PartialDate { year: i16::from_le_bytes([bytes[0], bytes[1]]), month: bytes[2], day: bytes[3] })
            }
            FLAG => ValueRef::Flag(bytes[0] != 0),
            kind => unreachable!("no value is of kind {kind}"),
        }
    }
}

impl FromIterator<(Field, Value)> for StatedValues {
    fn from_iter<I: IntoIterator<Item = (Field, Value)>>(values: I) -> StatedValues {
        let values: Vec<(Field, Value)> = values.into_iter().collect();
        StatedValues::of(values.iter().map(|(field, value)| (*field, ValueRef::from(value))))
    }
}

impl fmt::Debug for StatedValues {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_come_back_as_they_were_put_in() {
        let numbers = [0, 1, -1, 127, 128, -128, -129, 255, 256, 32_767, 32_768, i64::MAX, i64::MIN, -8_388_608, 8_388_608];
        let day = PartialDate { year: -3, month: 0, day: 31 };
        let mut values = vec![
            (Field::Name, Value::Text("北京甲有限公司".into())),
            (Field::Name, Value::Text("".into())),
            (Field::EstablishedOn, Value::Date(day)),
            (Field::OfficialList, Value::Flag(true)),
            (Field::SharePercent, Value::Number(-0.25)),
        ];
        values.extend(numbers.map(|n| (Field::Employees, Value::Count(n))));
        values.extend(numbers.map(|n| (Field::Revenue, Value::Money(Money(n)))));
        let check = |values: &[(Field, Value)]| {
            let stated: StatedValues = values.iter().cloned().collect();
            let expected: Vec<(Field, ValueRef<'_>)> = values.iter().map(|(field, value)| (*field, value.into())).collect();
            assert_eq!((stated.iter().collect::<Vec<_>>(), stated.len()), (expected, values.len()));
            for (field, _) in values {
                let first = values.iter().find(|(of, _)| of == field).map(|(_, value)| value.into());
                assert_eq!(stated.get(*field), first);
            }
            assert_eq!((stated.get(Field::Industry), stated.is_empty()), (None, values.is_empty()));
        };
        check(&values);
        check(&[]);
        // Beyond what two bytes count.
        values.insert(1, (Field::Address, Value::Text("路".repeat(30_000).into())));
        check(&values);
    }
}

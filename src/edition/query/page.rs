//! Pages: rows of a bitmap in an order, from a cursor on. A cursor is an edition, an order and a row: the edition never
//! changes, so a page after it never skips or repeats anybody, whatever is published meanwhile.

use data_encoding::BASE64URL_NOPAD;
use std::cmp::Ordering;

use arrow_array::Array;
use roaring::RoaringBitmap;
use serde::Serialize;

use crate::edition::format::row::Row;
use crate::edition::format::scores::ToldScores;
use crate::edition::open::Edition;

/// What lists can be ordered by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum Sort {
    /// The score.
    Priority,
    /// Persons employed.
    Employees,
    /// Operating revenue.
    Revenue,
    /// By code point.
    Name,
    /// Day of foundation.
    EstablishedOn,
    /// Day since which a union has been lacking.
    GapSince,
}

/// Rising or falling.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub enum SortDirection {
    /// The least first.
    Asc,
    /// The greatest first.
    Desc,
}

/// One key of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize)]
pub struct Order {
    /// By what.
    pub sort: Sort,
    /// Which way; rows without a value come last either way.
    pub direction: SortDirection,
}

/// Where a page ended. `question` is a digest of the filter and the order: a cursor fits only the question it came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RowCursor {
    /// Number of the edition it belongs to.
    pub edition: u32,
    /// Digest of the filter and the order.
    pub question: u32,
    /// The last row of the page; its place in the list where rows must not be told (`told`).
    pub row: Row,
}

impl RowCursor {
    /// Sixteen characters of base64url.
    pub fn encode(&self) -> String {
        let mut bytes = [0; 12];
        bytes[..4].copy_from_slice(&self.edition.to_be_bytes());
        bytes[4..8].copy_from_slice(&self.question.to_be_bytes());
        bytes[8..].copy_from_slice(&self.row.to_be_bytes());
        BASE64URL_NOPAD.encode(&bytes)
    }
    /// None for anything `encode` did not write.
    pub fn decode(text: &str) -> Option<RowCursor> {
        let bytes: [u8; 12] = BASE64URL_NOPAD.decode(text.as_bytes()).ok()?.try_into().ok()?;
        let number = |i: usize| u32::from_be_bytes(bytes[i..i + 4].try_into().expect("four bytes"));
        Some(RowCursor { edition: number(0), question: number(4), row: number(8) })
    }
}

/// One page of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct RowPage {
    /// In the order asked for.
    pub rows: Vec<Row>,
    /// Of all pages together; exact.
    pub total: u64,
    /// Whether rows follow.
    pub has_next: bool,
    /// Whether rows came before.
    pub has_previous: bool,
    /// How many came before, where cursors count places (`told`); None where they name rows.
    pub start: Option<u32>,
}

impl Edition {
    /// The `first` rows of `matches` after row `after`, in `order`; equal rows by priority. Rows without a value come last.
    pub fn page(&self, matches: &RoaringBitmap, order: &[Order], first: usize, after: Option<Row>) -> RowPage {
        self.page_behind(matches, order, first, (after, 0))
    }

    /// The same behind row `after` and `skip` more: a jump costs one page, however far it leads.
    pub fn page_behind(
        &self,
        matches: &RoaringBitmap,
        order: &[Order],
        first: usize,
        (after, skip): (Option<Row>, usize),
    ) -> RowPage {
        let total = matches.len();
        let skip = skip.min(total as usize);
        let wanted = skip.saturating_add(first).saturating_add(1);
        let mut rows: Vec<Row> = match order {
            [] | [Order { sort: Sort::Priority, direction: SortDirection::Desc }, ..] => match (self.only(), after) {
                (Some(_), after) => {
                    let mut rows = matches.iter();
                    rows.advance_to(after.map_or(0, |after| after.saturating_add(1)));
                    rows.skip(skip).take(first + 1).collect()
                }
                (None, None) => self.in_order(matches).skip(skip).take(first + 1).collect(),
                (None, Some(after)) => self.in_order(matches).after(after).skip(skip).take(first + 1).collect(),
            },
            order => self.smallest(matches, (skip, wanted), after, |a, b| self.compare(order, a, b, None)),
        };
        let has_next = rows.len() > first;
        rows.truncate(first);
        RowPage { rows, total, has_next, has_previous: (after.is_some() || skip > 0) && total > 0, start: None }
    }

    /// The `count` first rows after `after` in the order of `compare`, less the `skip` first of them, without sorting them all.
    fn smallest(
        &self,
        matches: &RoaringBitmap,
        (skip, count): (usize, usize),
        after: Option<Row>,
        compare: impl Fn(Row, Row) -> Ordering,
    ) -> Vec<Row> {
        let mut kept: Vec<Row> = Vec::with_capacity(count * 2 + 64);
        let mut worst: Option<Row> = None;
        for row in matches {
            if after.is_some_and(|after| compare(row, after).is_le()) || worst.is_some_and(|worst| compare(row, worst).is_ge()) {
                continue;
            }
            kept.push(row);
            if kept.len() == kept.capacity() {
                kept.select_nth_unstable_by(count - 1, |a, b| compare(*a, *b));
                kept.truncate(count);
                worst = kept.last().copied();
            }
        }
        let left = count - skip;
        if skip >= kept.len() {
            kept.clear();
        } else if skip > 0 {
            kept.select_nth_unstable_by(skip, |a, b| compare(*a, *b));
            kept.drain(..skip);
        }
        if kept.len() > left {
            kept.select_nth_unstable_by(left - 1, |a, b| compare(*a, *b));
            kept.truncate(left);
        }
        kept.sort_unstable_by(|a, b| compare(*a, *b));
        kept
    }

    /// Which of two rows comes first in an order; by the whole priority, or by what is told of it.
    pub(super) fn compare(&self, order: &[Order], a: Row, b: Row, told: Option<&ToldScores>) -> Ordering {
        let ((left, i), (right, j)) = (self.place(a), self.place(b));
        let (left, right) = (&left.part.columns, &right.part.columns);
        for Order { sort, direction } in order {
            let ordering = match sort {
                Sort::Priority if told.is_some() => {
                    let [a, b] = [a, b].map(|row| told.map(|told| self.told_score(told, row)));
                    directed(a, b, *direction)
                }
                Sort::Priority => directed(Some(left.priority.value(i)), Some(right.priority.value(j)), *direction),
                Sort::Employees => directed(value(&left.employees, i), value(&right.employees, j), *direction),
                Sort::Revenue => directed(value(&left.revenue, i), value(&right.revenue, j), *direction),
                Sort::Name => directed(Some(left.name.value(i)), Some(right.name.value(j)), *direction),
                Sort::EstablishedOn => directed(value(&left.established_on, i), value(&right.established_on, j), *direction),
                Sort::GapSince => directed(value(&left.gap_since, i), value(&right.gap_since, j), *direction),
            };
            if ordering.is_ne() {
                return ordering;
            }
        }
        match told {
            Some(told) => self.told_order(told, a, b),
            None => self.order(a, b),
        }
    }
}

fn value<T: arrow_array::types::ArrowPrimitiveType>(array: &arrow_array::PrimitiveArray<T>, row: usize) -> Option<T::Native> {
    (!array.is_null(row)).then(|| array.value(row))
}

fn directed<T: PartialOrd>(a: Option<T>, b: Option<T>, direction: SortDirection) -> Ordering {
    match (a, b) {
        (Some(a), Some(b)) => {
            let ordering = a.partial_cmp(&b).unwrap_or(Ordering::Equal);
            if direction == SortDirection::Desc { ordering.reverse() } else { ordering }
        }
        (Some(_), None) => Ordering::Less,
        (None, Some(_)) => Ordering::Greater,
        (None, None) => Ordering::Equal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_reads_back_and_nothing_else_does() {
        let cursor = RowCursor { edition: 12, question: 0xdead_beef, row: 2_499_999 };
        assert_eq!(RowCursor::decode(&cursor.encode()), Some(cursor));
        for text in ["", "AAAA", "AAAAAAAAAAAAAAA!", "AAAAAAAAAAAAAAAAA", "中文中文中"] {
            assert_eq!(RowCursor::decode(text), None, "{text}");
        }
    }
}

//! What changed about each enterprise from the edition before to this one: the material of `history`.

use std::collections::HashMap;

use rayon::prelude::*;

use super::events::EntityHistory;
use crate::edition::{Edition, EnterpriseRow};
use crate::model::enterprise::{Enterprise, EnterpriseField};
use crate::store::edition::ChangeRow;

/// One fact that can change: how to read it from the new state and from the old one.
struct Watched {
    /// None for verdicts, which are no fields of a registry.
    field: Option<EnterpriseField>,
    what: &'static str,
    same: fn(&Enterprise, &EnterpriseRow<'_>) -> bool,
    now: fn(&Enterprise) -> Option<String>,
    before: fn(&EnterpriseRow<'_>) -> Option<String>,
}

const WATCHED: &[Watched] = &[
    Watched {
        field: Some(EnterpriseField::Name),
        what: "name",
        same: |e, r| *e.name == *r.name(),
        now: |e| Some(e.name.to_string()),
        before: |r| Some(r.name().to_owned()),
    },
    Watched {
        field: Some(EnterpriseField::CreditCode),
        what: "credit_code",
        same: |e, r| e.credit_code.as_deref() == r.credit_code(),
        now: |e| e.credit_code.as_ref().map(ToString::to_string),
        before: |r| r.credit_code().map(str::to_owned),
    },
    Watched {
        field: Some(EnterpriseField::Status),
        what: "status",
        same: |e, r| Some(e.status) == r.status(),
        now: |e| Some(e.status.name().to_owned()),
        before: |r| r.status().map(|s| s.name().to_owned()),
    },
    Watched {
        field: Some(EnterpriseField::Area),
        what: "area",
        same: |e, r| e.district == r.district(),
        now: |e| e.district.map(|d| d.to_string()),
        before: |r| r.district().map(|d| d.to_string()),
    },
    Watched {
        field: None,
        what: "designated_size",
        same: |e, r| Some(e.verdicts.size.verdict) == r.size(),
        now: |e| Some(e.verdicts.size.verdict.name().to_owned()),
        before: |r| r.size().map(|s| s.name().to_owned()),
    },
    Watched {
        field: Some(EnterpriseField::Union),
        what: "union_coverage",
        same: |e, r| Some(e.verdicts.union.verdict) == r.union(),
        now: |e| Some(e.verdicts.union.verdict.name().to_owned()),
        before: |r| r.union().map(|s| s.name().to_owned()),
    },
    Watched {
        field: None,
        what: "gap",
        same: |e, r| Some(e.verdicts.gap.status) == r.gap(),
        now: |e| Some(e.verdicts.gap.status.name().to_owned()),
        before: |r| r.gap().map(|s| s.name().to_owned()),
    },
];

/// The edition before, and the row in it of each of the enterprises that come next.
pub struct Before<'e> {
    pub edition: &'e Edition,
    pub rows: Vec<Option<u32>>,
}

impl<'e> Before<'e> {
    pub fn new(edition: &'e Edition, current: &[Enterprise]) -> Before<'e> {
        // All of a city are asked for: its ids are read once, in their order, instead of being searched for one by one.
        let all = edition.all();
        let ids = all.iter().map(|row| (EnterpriseRow { edition, row }.id(), row));
        let row_of: hashbrown::HashMap<&str, u32> = ids.collect();
        Before { edition, rows: current.par_iter().map(|e| row_of.get(&*e.id).copied()).collect() }
    }
}

/// All changes, in the order of the new enterprises, then those that are no more, then parts that split off (old id, new
/// id). `merged` maps ended ids to the ids that took them in. Without a previous edition there is nothing to compare with.
pub fn changes(
    before: Option<&Before<'_>>,
    current: &[Enterprise],
    merged: &HashMap<Box<str>, Box<str>>,
    splits: &[(String, String)],
    number: i64,
    at: i64,
) -> Vec<ChangeRow> {
    let Some(Before { edition: previous, rows }) = before else { return Vec::new() };
    let kept: roaring::RoaringBitmap = rows.iter().flatten().copied().collect();
    changes_to(previous, (current, rows), &(&*previous.all() - kept), (merged, splits), (number, at))
}

/// The same of a part: of these enterprises, and of those that are no more.
pub fn of_part(
    previous: &Edition,
    current: &[Enterprise],
    gone: &[Box<str>],
    events: &EntityHistory,
    number: i64,
    at: i64,
) -> Vec<ChangeRow> {
    let rows: Vec<Option<u32>> = current.iter().map(|e| previous.row_of_id(&e.id)).collect();
    let ended: roaring::RoaringBitmap = gone.iter().filter_map(|id| previous.row_of_id(id)).collect();
    changes_to(previous, (current, &rows), &ended, (&events.merged, &events.splits), (number, at))
}

fn changes_to(
    previous: &Edition,
    (current, rows): (&[Enterprise], &[Option<u32>]),
    ended: &roaring::RoaringBitmap,
    (merged, splits): (&HashMap<Box<str>, Box<str>>, &[(String, String)]),
    (number, at): (i64, i64),
) -> Vec<ChangeRow> {
    let mut changes = watched(previous, current, rows, number, at);
    let change = |id: &str, field, what: &str, from, to| change(id, field, what, from, to, number, at);
    for row in previous.in_order(ended) {
        let before = EnterpriseRow { edition: previous, row };
        let into = merged.get(before.id());
        let what = if into.is_some() { "merged" } else { "gone" };
        changes.push(change(before.id(), None, what, Some(before.name().to_owned()), into.map(ToString::to_string)));
        if let Some(into) = into {
            changes.push(change(into, None, "took_in", Some(before.id().to_owned()), None));
        }
    }
    if !splits.is_empty() {
        let standing: std::collections::HashSet<&str> = current.iter().map(|e| &*e.id).collect();
        for (from, into) in splits {
            if standing.contains(&**into) {
                changes.push(change(into, None, "split_from", Some(from.clone()), None));
            }
            if standing.contains(&**from) {
                changes.push(change(from, None, "split_off", None, Some(into.clone())));
            }
        }
    }
    changes
}

/// Of enterprises that are there: that they appeared, or what of the watched facts is another.
pub fn watched(previous: &Edition, current: &[Enterprise], rows: &[Option<u32>], number: i64, at: i64) -> Vec<ChangeRow> {
    let change = |id: &str, field, what: &str, from, to| change(id, field, what, from, to, number, at);
    let of_one = |(e, row): (&Enterprise, &Option<u32>)| match row {
        None => vec![change(&e.id, None, "appeared", None, Some(e.name.to_string()))],
        Some(row) => {
            let before = EnterpriseRow { edition: previous, row: *row };
            let moved = WATCHED.iter().filter(|w| !(w.same)(e, &before));
            moved.map(|w| change(&e.id, w.field, w.what, (w.before)(&before), (w.now)(e))).collect()
        }
    };
    current.par_iter().zip(rows).flat_map_iter(of_one).collect()
}

fn change(
    id: &str,
    field: Option<EnterpriseField>,
    what: &str,
    from: Option<String>,
    to: Option<String>,
    edition: i64,
    at: i64,
) -> ChangeRow {
    ChangeRow {
        enterprise_id: id.to_owned(),
        edition,
        at,
        field: field.map(|f| f.name().to_owned()),
        what: what.to_owned(),
        from_value: from,
        to_value: to,
        registry: None,
    }
}

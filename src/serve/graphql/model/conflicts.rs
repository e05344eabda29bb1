//! The fields on which registries differ, over all enterprises.

use std::sync::Arc;

use async_graphql::{Context, InputObject, Object, Result, SelectionField, SimpleObject};
use roaring::RoaringBitmap;

use super::connection::PageInfo;
use super::enterprise::Enterprise;
use super::provenance::{FieldConflict, conflict_of};
use super::scalars::EnterpriseField;
use crate::access::{AccessScope, classes};
use crate::edition::{Edition, EditionAsOf, Filter, Row, RowCursor};
use crate::hub::corrections::CorrectionTarget;
use crate::hub::told_order::most_urgent_first;
use crate::model::enterprise::EnterpriseField as Model;
use crate::serve::answers::filter::known_registries;
use crate::serve::answers::usage::selected;
use crate::serve::context::{OrTell, RequestContext, ask, checked_cursor, question_of};
use crate::serve::problem::Problem;

/// Conditions on conflicts.
#[derive(Debug, Default, InputObject)]
pub struct ConflictFilter {
    /// Only on these fields.
    field: Option<Vec<EnterpriseField>>,
    /// Only where one of these registries says something else than the value that was chosen.
    registry: Option<Vec<String>>,
    /// Only of enterprises in one of these areas, by code or name.
    area: Option<Vec<String>>,
}

impl ConflictFilter {
    /// The fields that are meant, and the enterprises. Revenue and payroll only for who may see them.
    fn meant(&self, ask: &RequestContext) -> Result<(Vec<Model>, Filter), Problem> {
        known_registries(ask.state.hub(), self.registry.as_deref().unwrap_or_default())?;
        // What is asked about is told, though it be that there is nothing.
        let hidden = |field: Model| !ask.caller.is_shown(classes::of_field(field));
        let wanted: Vec<Model> = match &self.field {
            Some(fields) => fields.iter().map(|f| Model::from(*f)).collect(),
            None => Model::ALL.to_vec(),
        };
        if self.field.is_some() && wanted.iter().any(|f| hidden(*f)) {
            return Err(Problem::forbidden(AccessScope::Finance.name()));
        }
        let fields: Vec<Model> = Model::ALL.iter().copied().filter(|f| wanted.contains(f) && !hidden(*f)).collect();
        let mut scope = Filter::All;
        if let Some(codes) = &self.area {
            scope = scope.and(Filter::Area(codes.clone()));
        }
        Ok((fields, ask.within_areas(scope)))
    }
}

/// Whom to ask about what: for every conflict of the current edition each registry that says something else than the value that was
/// chosen, of those that the filter names; those of the most urgent enterprises first, as far as the caller is told the priority.
///
/// # Errors
/// A registry, area or field that cannot be meant, or not by this caller.
pub fn disputes(ask: &RequestContext, filter: &ConflictFilter) -> Result<Vec<CorrectionTarget>, Problem> {
    let (fields, scope) = filter.meant(ask)?;
    let edition = ask.edition()?;
    let scope = edition.filter(&scope)?;
    let registries: Vec<String> = match &filter.registry {
        Some(names) => names.clone(),
        None => ask.state.hub().connectors.iter().map(|c| c.name.clone()).collect(),
    };
    let mut by_pair = Vec::new();
    let mut any = RoaringBitmap::new();
    for field in fields {
        for registry in &registries {
            let rows = disputed(&edition, field, Some(std::slice::from_ref(registry))) & &*scope;
            any |= &rows;
            by_pair.push((field, registry, rows));
        }
    }
    let mut targets = Vec::new();
    for row in most_urgent_first(&edition, &any, ask.caller.sight()) {
        let enterprise = edition.enterprise(row).id().to_owned();
        let of_row = by_pair.iter().filter(|(_, _, rows)| rows.contains(row));
        targets.extend(of_row.map(|(field, registry, _)| CorrectionTarget {
            enterprise: enterprise.clone(),
            registry: (*registry).clone(),
            key: None,
            field: *field,
            column: None,
        }));
    }
    Ok(targets)
}

/// A conflict of one enterprise on one field.
struct Place {
    row: Row,
    field: Model,
}

/// A place is numbered row × fields + field; 4 billion places are enough for 100 million enterprises.
fn number_of(place: &Place) -> u64 {
    u64::from(place.row) * Model::ALL.len() as u64 + place.field as u64
}

/// The row of a place by its number.
fn row_of(number: u64) -> Row {
    (number / Model::ALL.len() as u64) as Row
}

/// Conflicts, page by page, those of the most urgent enterprises first.
pub struct ConflictConnection {
    edition: Arc<Edition>,
    question: u32,
    places: Vec<Place>,
    /// How many came before, where cursors count places: a row's number tells all of the priority. None where they name rows.
    start: Option<u32>,
    total: u64,
    has_next: bool,
    has_previous: bool,
}

/// A conflict and whose it is.
#[derive(SimpleObject)]
pub struct ConflictRow {
    /// The enterprise.
    enterprise: Enterprise,
    /// What its registries say; null where their rows can no longer be read.
    conflict: Option<FieldConflict>,
}

/// A conflict and its cursor.
#[derive(SimpleObject)]
pub struct ConflictEdge {
    /// Give it as `after` to go on behind this row.
    cursor: String,
    /// The conflict and whose it is.
    node: ConflictRow,
}

/// The rows on which registries differ on a field: any of them, or those that differ with the value chosen.
fn disputed(edition: &Edition, field: Model, by: Option<&[String]>) -> RoaringBitmap {
    let rows = |facet: &str, value: &str| edition.facet(facet, value).map_or_else(RoaringBitmap::new, |rows| (*rows).clone());
    match by {
        None => rows("conflict", field.name()),
        Some(names) => {
            let of = names.iter().map(|name| rows("disputed_by", &format!("{field}:{name}")));
            of.fold(RoaringBitmap::new(), |all, rows| all | rows)
        }
    }
}

impl ConflictConnection {
    /// A page after a cursor, from the cursor's edition. Revenue and payroll only for who may see them.
    pub fn page(
        ask: &RequestContext,
        filter: &ConflictFilter,
        first: usize,
        after: Option<&str>,
        as_of: Option<EditionAsOf>,
    ) -> Result<ConflictConnection, Problem> {
        let (fields, scope) = filter.meant(ask)?;
        let names: Vec<&str> = fields.iter().map(|field| field.name()).collect();
        let sight = ask.caller.sight().bits();
        let question = question_of(&("conflicts", &scope, names, &filter.registry, sight));
        let cursor = checked_cursor(after, question)?;
        let edition = ask.edition_at(as_of, cursor.as_ref())?;
        let scope = edition.filter(&scope)?;
        let per_field: Vec<(Model, RoaringBitmap)> =
            fields.into_iter().map(|field| (field, disputed(&edition, field, filter.registry.as_deref()) & &*scope)).collect();
        let total: u64 = per_field.iter().map(|(_, rows)| rows.len()).sum();
        let any = per_field.iter().fold(RoaringBitmap::new(), |any, (_, rows)| any | rows);
        let per_field = &per_field;
        let of_row = move |row: Row| {
            let of_field = per_field.iter().filter(move |(_, rows)| rows.contains(row));
            of_field.map(move |(field, _)| Place { row, field: *field })
        };
        let (mut taken, start): (Vec<Place>, Option<u32>) = match ask.told_scores(&edition) {
            Some(told) => {
                let start = cursor.map_or(0, |c| c.row.saturating_add(1));
                let places = edition.told_rows(&any, &[], &told).into_iter().flat_map(of_row);
                (places.skip(start as usize).take(first + 1).collect(), Some(start))
            }
            None => {
                let last = cursor.map(|c| u64::from(c.row));
                // What is left of the last row, then the rows after it.
                let rest = last.map(row_of).filter(|row| any.contains(*row));
                let rows = edition.in_order(&any);
                let rows = match last {
                    Some(last) => rows.after(row_of(last)),
                    None => rows,
                };
                let places = rest.into_iter().chain(rows).flat_map(of_row);
                let is_new = |place: &Place| last.is_none_or(|last| row_of(last) != place.row || number_of(place) > last);
                (places.filter(is_new).take(first + 1).collect(), None)
            }
        };
        let has_next = taken.len() > first;
        taken.truncate(first);
        let has_previous = total > 0 && start.map_or(cursor.is_some(), |start| start > 0);
        Ok(ConflictConnection { edition, question, places: taken, start, total, has_next, has_previous })
    }

    /// The conflicts of this page, read for a field that selects them directly, or their `node`.
    async fn read(&self, ctx: &Context<'_>, selects: bool) -> Result<Vec<ConflictRow>> {
        let ask = ask(ctx);
        ask.show(&self.edition, self.places.iter().map(|p| p.row), selected(ctx.field()));
        if selects {
            // One read for all enterprises of the page.
            let members = self.places.iter().flat_map(|p| self.edition.enterprise(p.row).members().map(|m| m.record_id()));
            ask.touch_store();
            ask.records.load_many(members.collect::<Vec<i64>>()).await.or_tell(ctx)?;
        }
        let mut nodes = Vec::with_capacity(self.places.len());
        for place in &self.places {
            let enterprise = Enterprise::new(ask, &self.edition, place.row);
            let conflict = match selects {
                true => conflict_of(ctx, &enterprise, place.field.into()).await.or_tell(ctx)?,
                false => None,
            };
            nodes.push(ConflictRow { enterprise, conflict });
        }
        Ok(nodes)
    }

    /// The cursor of a place of this page.
    fn cursor(&self, at: usize) -> Option<String> {
        let place = self.places.get(at)?;
        let row = self.start.map_or_else(|| number_of(place) as u32, |start| start.saturating_add(at as u32));
        Some(RowCursor { edition: self.edition.number(), question: self.question, row }.encode())
    }
}

/// Conflicts, page by page, those of the most urgent enterprises first. All pages come from the edition of the first one.
#[Object]
impl ConflictConnection {
    /// The conflicts of this page.
    async fn nodes(&self, ctx: &Context<'_>) -> Result<Vec<ConflictRow>> {
        let selects = ctx.field().selection_set().any(|f| f.name() == "conflict");
        self.read(ctx, selects).await
    }
    /// The same with their cursors.
    async fn edges(&self, ctx: &Context<'_>) -> Result<Vec<ConflictEdge>> {
        let of_edge = |f: SelectionField<'_>| f.name() == "node" && f.selection_set().any(|f| f.name() == "conflict");
        let selects = ctx.field().selection_set().any(of_edge);
        let nodes = self.read(ctx, selects).await?;
        let edge = |(at, node)| ConflictEdge { cursor: self.cursor(at).unwrap_or_default(), node };
        Ok(nodes.into_iter().enumerate().map(edge).collect())
    }
    /// Where the page stands.
    async fn page_info(&self) -> PageInfo {
        PageInfo {
            has_next_page: self.has_next,
            has_previous_page: self.has_previous,
            start_cursor: self.cursor(0),
            end_cursor: self.places.len().checked_sub(1).and_then(|last| self.cursor(last)),
        }
    }
    /// Of all pages together; exact. An enterprise counts once for each of its fields.
    async fn total_count(&self) -> i32 {
        i32::try_from(self.total).unwrap_or(i32::MAX)
    }
}

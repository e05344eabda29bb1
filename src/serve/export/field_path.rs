//! A column that the graph answers: the way to it in the answer, the same way in the schema, and what the schema says of its end.
//! An alias changes what a column is called, never what it holds.

use std::sync::OnceLock;

use async_graphql::OutputType;
use async_graphql::registry::{MetaTypeName, Registry};

use super::columns::{CellKind, ExportColumn};
use super::field_names::label;
use crate::model::message::Lang;
use crate::serve::graphql::model::enterprise::Enterprise;

/// The types that an enterprise leads to.
pub(super) fn registry() -> &'static Registry {
    static REGISTRY: OnceLock<Registry> = OnceLock::new();
    REGISTRY.get_or_init(|| {
        let mut registry = Registry::default();
        <Enterprise as OutputType>::create_type_info(&mut registry);
        registry
    })
}

/// Where a selection stands in the schema: a type, and whether lists lead there. Of what the schema does not know nothing is said: the
/// graph refuses it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SchemaPlace {
    type_name: String,
    in_list: bool,
}

impl SchemaPlace {
    /// Where the columns of an export begin.
    pub fn enterprise() -> SchemaPlace {
        SchemaPlace { type_name: <Enterprise as OutputType>::type_name().into_owned(), in_list: false }
    }
    /// Behind a field.
    pub fn field(&self, name: &str) -> SchemaPlace {
        let field = registry().types.get(&self.type_name).and_then(|of| of.field_by_name(name));
        let ty = field.map_or("", |field| field.ty.as_str());
        SchemaPlace {
            type_name: if ty.is_empty() { String::new() } else { MetaTypeName::concrete_typename(ty).to_owned() },
            in_list: self.in_list || ty.contains('['),
        }
    }
    /// Inside `... on Type`.
    pub fn on(&self, type_name: &str) -> SchemaPlace {
        SchemaPlace { type_name: type_name.to_owned(), in_list: self.in_list }
    }
}

/// A column that the graph answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GraphColumn {
    /// Names on the way to it in the answer: aliases where there are. Lists on the way give several values.
    pub shown: Vec<String>,
    /// The schema's names on the same way.
    pub fields: Vec<String>,
    end: SchemaPlace,
}

impl GraphColumn {
    pub fn new(shown: Vec<String>, fields: Vec<String>, end: SchemaPlace) -> GraphColumn {
        GraphColumn { shown, fields, end }
    }
    /// A way without aliases.
    pub fn of_path(path: Vec<String>) -> GraphColumn {
        let end = path.iter().fold(SchemaPlace::enterprise(), |place, name| place.field(name));
        GraphColumn::new(path.clone(), path, end)
    }
    /// The type of its values in the schema, without brackets; empty where the schema does not know it.
    pub fn type_name(&self) -> &str {
        &self.end.type_name
    }
    /// What its cells hold: values of a list stand one after the other, as text.
    pub fn kind(&self) -> CellKind {
        let is_code = matches!(self.fields.last().map(String::as_str), Some("creditCode" | "creditCodeRaw"));
        match self.type_name() {
            "CreditCode" => CellKind::Code,
            _ if is_code => CellKind::Code,
            _ if self.end.in_list => CellKind::Text,
            "Int" => CellKind::Count,
            "Decimal" => CellKind::Money,
            "Float" => CellKind::Number,
            "Date" => CellKind::Date,
            "DateTime" => CellKind::Instant,
            "Boolean" => CellKind::Flag,
            _ => CellKind::Text,
        }
    }
    /// Its heading: that of a column that means the same, else the names on the way, each by its label. An alias stands as it is.
    pub fn title(&self, lang: Lang) -> String {
        if self.shown == self.fields
            && let Some(column) = ExportColumn::of_graph(&self.fields.join("."))
        {
            return column.title(lang).to_owned();
        }
        let steps =
            self.shown.iter().zip(&self.fields).filter(|(_, field)| !matches!(field.as_str(), "nodes" | "edges" | "node"));
        let names = steps.map(|(shown, field)| if shown == field { label(field, lang) } else { shown.clone() });
        names.collect::<Vec<_>>().join(lang.pick("·", " / "))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn of(path: &str) -> GraphColumn {
        GraphColumn::of_path(path.split('.').map(str::to_owned).collect())
    }

    #[test]
    fn the_schema_says_what_a_column_holds() {
        for (path, kind) in [
            ("establishedOn", CellKind::Date),
            ("employees", CellKind::Count),
            ("revenueYuan", CellKind::Money),
            ("creditCode", CellKind::Code),
            ("membersExceedStaff", CellKind::Flag),
            ("location.longitude", CellKind::Number),
            ("corrections.totalCount", CellKind::Count),
            ("records.nodes.key", CellKind::Text),
            ("branches.nodes.employees", CellKind::Text),
            ("case.openedAt", CellKind::Instant),
            ("nothing.there", CellKind::Text),
        ] {
            assert_eq!(of(path).kind(), kind, "{path}");
        }
    }

    #[test]
    fn a_heading_is_wholly_in_one_language() {
        assert_eq!(of("records.nodes.registry.name").title(Lang::Zh), "来源记录·登记库·名称");
        assert_eq!(of("records.nodes.registry.name").title(Lang::En), "records / registry / name");
        assert_eq!(of("gap.since").title(Lang::Zh), "缺口起始");
        let place = SchemaPlace::enterprise().field("name");
        let aliased = GraphColumn::new(vec!["employees".to_owned()], vec!["name".to_owned()], place);
        assert_eq!((aliased.title(Lang::Zh), aliased.kind()), ("employees".to_owned(), CellKind::Text));
    }

    #[test]
    fn every_field_that_an_enterprise_leads_to_has_a_label() {
        let fields = registry().types.values().filter_map(|of| of.fields()).flatten();
        let missing: BTreeSet<&str> = fields
            .map(|(name, _)| name.as_str())
            .filter(|name| label(name, Lang::Zh).bytes().any(|b| b.is_ascii_lowercase()))
            .collect();
        assert!(missing.is_empty(), "write labels of these fields: {missing:?}");
    }
}

//! Which columns an export has: names, paths of the graph, or a selection written as in GraphQL.
//!
//! Columns that the edition holds are written straight from it. What needs the store (the registries' rows, provenance, changes)
//! and whatever else the graph offers of an enterprise is answered by the graph itself, batch by batch: see `graph`.

use std::borrow::Cow;
use std::collections::BTreeMap;

use async_graphql::parser::types::{DocumentOperations, Selection, SelectionSet};

use super::columns::{CellKind, ExportColumn, PATHS, USUAL};
use super::field_path::{GraphColumn, SchemaPlace};
use super::format::ExportFileFormat;
use crate::access::Caller;
use crate::model::message::Lang;
use crate::serve::answers::usage;
use crate::serve::limits::cost;
use crate::serve::limits::cost::Limits;
use crate::serve::problem::{Code, Problem};

/// One column of an export.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Chosen {
    /// Written from the edition.
    Edition(ExportColumn),
    /// Read from what the graph answers.
    Graph(GraphColumn),
}

/// The columns of an export, and what to ask the graph for them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ColumnChoice {
    pub columns: Vec<Chosen>,
    /// The selection on an enterprise, with its brackets; None where the edition has all columns.
    pub selection: Option<String>,
    /// What `choose` makes the same choice of.
    pub written: String,
}

impl Chosen {
    /// As in NDJSON and Arrow.
    pub fn name(&self) -> Cow<'_, str> {
        match self {
            Chosen::Edition(column) => column.name().into(),
            Chosen::Graph(column) => column.shown.join(".").into(),
        }
    }
    /// As in the first line of a table.
    pub fn title(&self, lang: Lang) -> Cow<'_, str> {
        match self {
            Chosen::Edition(column) => column.title(lang).into(),
            Chosen::Graph(column) => column.title(lang).into(),
        }
    }
    pub fn kind(&self) -> CellKind {
        match self {
            Chosen::Edition(column) => column.kind(),
            Chosen::Graph(column) => column.kind(),
        }
    }
    pub fn is_number(&self) -> bool {
        match self {
            Chosen::Edition(column) => column.is_number(),
            Chosen::Graph(column) => matches!(column.kind(), CellKind::Count | CellKind::Money | CellKind::Number),
        }
    }
}

impl ColumnChoice {
    /// Bits of the fields it shows.
    pub fn fields(&self) -> u32 {
        let of = |chosen: &Chosen| match chosen {
            Chosen::Edition(column) => column.fields(),
            Chosen::Graph(column) => column.fields.iter().fold(0, |bits, name| bits | usage::bits_of(name)),
        };
        self.columns.iter().fold(0, |bits, chosen| bits | of(chosen))
    }
}

/// What one enterprise of an export may cost, in rows read.
const MAX_COST: u64 = 2_000;
/// Columns of a table.
const MAX_COLUMNS: usize = 200;

/// The columns of `a,b,c`, or of a selection; a column of the edition that the caller may not see is refused, an unknown one named
/// with the known ones. What is left to the graph is checked by `graph::probe`.
pub fn choose(names: Option<&str>, format: ExportFileFormat, caller: &Caller) -> Result<ColumnChoice, Problem> {
    let Some(names) = names else {
        let written = USUAL.map(|c| c.name()).join(",");
        USUAL.iter().for_each(|column| column.note_opened(caller));
        return Ok(ColumnChoice { columns: USUAL.map(Chosen::Edition).to_vec(), selection: None, written });
    };
    let choice = match names.trim_start().starts_with('{') {
        true => of_selection(names.trim(), format)?,
        false => of_names(names)?,
    };
    for chosen in &choice.columns {
        if let Chosen::Edition(column) = chosen {
            column.scopes().iter().try_for_each(|scope| caller.require(*scope))?;
            column.note_opened(caller);
        }
    }
    if choice.columns.len() > MAX_COLUMNS {
        return Err(Problem::bad_input(format!("最多 {MAX_COLUMNS} 列"), format!("at most {MAX_COLUMNS} columns")));
    }
    Ok(choice)
}

/// Names and paths, separated by commas. A path that is no column of the edition is left to the graph.
fn of_names(names: &str) -> Result<ColumnChoice, Problem> {
    let mut columns = Vec::new();
    let mut tree = Tree::default();
    for name in names.split(',').map(str::trim) {
        if let Some(column) = ExportColumn::find(name) {
            columns.push(Chosen::Edition(column));
            continue;
        }
        let path: Vec<String> = name.split('.').map(str::to_owned).collect();
        let is_name = |part: &String| {
            !part.is_empty()
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
                && !part.starts_with(|c: char| c.is_ascii_digit())
        };
        if !path.iter().all(is_name) {
            return Err(unknown(name));
        }
        tree.add(&path);
        columns.push(Chosen::Graph(GraphColumn::of_path(path)));
    }
    let selection = (!tree.0.is_empty()).then(|| tree.to_string());
    if let Some(selection) = &selection {
        leaves(selection)?;
    }
    Ok(ColumnChoice { columns, selection, written: names.to_owned() })
}

/// A selection. Where the edition has all of it, a table is written from there; NDJSON holds objects as the graph answers them.
fn of_selection(selection: &str, format: ExportFileFormat) -> Result<ColumnChoice, Problem> {
    let found = leaves(selection)?;
    let native: Option<Vec<Chosen>> = found.iter().map(|leaf| leaf.of_edition().map(Chosen::Edition)).collect();
    let native = native.filter(|_| format != ExportFileFormat::Ndjson);
    let written = selection.to_owned();
    Ok(match native {
        Some(columns) => ColumnChoice { columns, selection: None, written },
        None => ColumnChoice {
            columns: found.into_iter().map(|leaf| Chosen::Graph(leaf.column)).collect(),
            selection: Some(written.clone()),
            written,
        },
    })
}

/// Names of columns and the first steps of paths.
pub fn unknown(name: &str) -> Problem {
    let known = ExportColumn::ALL.iter().map(|c| c.name()).chain(PATHS.iter().map(|(path, _)| *path));
    Problem::bad_input(format!("没有列 {name}"), format!("there is no column {name}")).remedy(known.collect::<Vec<_>>().join(","))
}

/// A field without fields of its own.
struct Leaf {
    column: GraphColumn,
    /// Without arguments, aliases and directives on the way.
    is_plain: bool,
}

impl Leaf {
    /// The edition's column that means the same.
    fn of_edition(&self) -> Option<ExportColumn> {
        ExportColumn::of_graph(&self.column.fields.join(".")).filter(|_| self.is_plain)
    }
}

/// Where the walk over a selection stands.
struct Way {
    shown: Vec<String>,
    fields: Vec<String>,
    place: SchemaPlace,
    is_plain: bool,
}

/// The leaves of a selection in their order.
fn leaves(selection: &str) -> Result<Vec<Leaf>, Problem> {
    let limits = Limits { cost: MAX_COST, ..Limits::default() };
    let shape = || {
        Problem::bad_input(
            format!("列的选择应如 {{ name area {{ code name }} gap {{ status }} }}，收到 {selection}"),
            format!("columns are chosen like {{ name area {{ code name }} gap {{ status }} }}; got {selection}"),
        )
    };
    cost::scan(selection, &limits)?;
    let document = async_graphql::parser::parse_query(selection).map_err(|_| shape())?;
    let DocumentOperations::Single(operation) = &document.operations else { return Err(shape()) };
    if !cost::is_query(&operation.node) || !document.fragments.is_empty() || !operation.node.variable_definitions.is_empty() {
        return Err(shape());
    }
    cost::cost(&document, &operation.node, &async_graphql::Variables::default(), &limits).map_err(|problem| {
        match problem.code {
            Code::CostExceeded => Problem::new(
                Code::CostExceeded,
                format!("{}（每家企业）", problem.zh),
                format!("{} (per enterprise)", problem.en),
            )
            .remedy(MAX_COST.to_string()),
            _ => problem,
        }
    })?;
    let mut found = Vec::new();
    let start = Way { shown: Vec::new(), fields: Vec::new(), place: SchemaPlace::enterprise(), is_plain: true };
    walk(&operation.node.selection_set.node, &start, &mut found)?;
    if found.is_empty() {
        return Err(shape());
    }
    Ok(found)
}

fn walk(set: &SelectionSet, above: &Way, found: &mut Vec<Leaf>) -> Result<(), Problem> {
    for selection in &set.items {
        match &selection.node {
            Selection::Field(field) => {
                let field = &field.node;
                let name = field.name.node.as_str();
                if name == "live" {
                    return Err(Problem::bad_input(
                        "导出不能包含 live：它会逐户查询登记源",
                        "live cannot be exported: it would ask the registries for every single enterprise",
                    ));
                }
                let is_plain = field.alias.is_none() && field.arguments.is_empty() && field.directives.is_empty();
                let shown = field.alias.as_ref().map_or(name, |alias| alias.node.as_str());
                let with = |names: &[String], name: &str| [names, &[name.to_owned()][..]].concat();
                let here = Way {
                    shown: with(&above.shown, shown),
                    fields: with(&above.fields, name),
                    place: above.place.field(name),
                    is_plain: above.is_plain && is_plain,
                };
                match field.selection_set.node.items.is_empty() {
                    true => {
                        let column = GraphColumn::new(here.shown, here.fields, here.place);
                        found.push(Leaf { column, is_plain: here.is_plain });
                    }
                    false => walk(&field.selection_set.node, &here, found)?,
                }
            }
            Selection::InlineFragment(inline) => {
                let on = inline.node.type_condition.as_ref().map(|on| on.node.on.node.as_str());
                let here = Way {
                    shown: above.shown.clone(),
                    fields: above.fields.clone(),
                    place: on.map_or_else(|| above.place.clone(), |on| above.place.on(on)),
                    is_plain: false,
                };
                walk(&inline.node.selection_set.node, &here, found)?;
            }
            // Its definition is not there: the graph will say so.
            Selection::FragmentSpread(_) => {}
        }
    }
    Ok(())
}

/// Paths with their common beginnings.
#[derive(Default)]
struct Tree(BTreeMap<String, Tree>);

impl Tree {
    fn add(&mut self, path: &[String]) {
        if let [first, rest @ ..] = path {
            self.0.entry(first.clone()).or_default().add(rest);
        }
    }
}

impl std::fmt::Display for Tree {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, " {{")?;
        for (name, inner) in &self.0 {
            write!(f, " {name}{inner}")?;
        }
        write!(f, " }}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::access::Role;

    fn chosen(names: &str) -> Result<ColumnChoice, Problem> {
        choose(Some(names), ExportFileFormat::Csv, &Caller::new("ann", Role::Analyst))
    }

    #[test]
    fn what_the_edition_has_is_written_from_it() {
        for names in ["name,area.name,gap.status", "{ name area { name } gap { status } }"] {
            let choice = chosen(names).unwrap();
            assert_eq!(choice.selection, None, "{names}");
            assert_eq!(choice.columns, [ExportColumn::Name, ExportColumn::AreaName, ExportColumn::Gap].map(Chosen::Edition));
        }
    }

    #[test]
    fn a_selection_in_ndjson_is_answered_as_the_graph_answers_it() {
        let caller = Caller::new("ann", Role::Analyst);
        assert!(choose(Some("{ name area { name } }"), ExportFileFormat::Ndjson, &caller).unwrap().selection.is_some());
        assert!(choose(Some("name,area.name"), ExportFileFormat::Ndjson, &caller).unwrap().selection.is_none());
    }

    #[test]
    fn everything_else_is_left_to_the_graph() {
        let choice = chosen("name, districtName, records.nodes.registry.name, records.nodes.gone").unwrap();
        assert_eq!(choice.columns[1], Chosen::Edition(ExportColumn::DistrictName));
        assert_eq!(choice.columns[3].name(), "records.nodes.gone");
        assert_eq!(choice.selection.as_deref().map(str::trim), Some("{ records { nodes { gone registry { name } } } }"));
        let choice = chosen("{ firm: name designatedSize { verdict reasons { message(lang: EN) } } }").unwrap();
        assert_eq!(choice.columns[0].name(), "firm");
        assert_eq!(choice.columns[1].title(Lang::Zh), "规模以上");
        assert!(choice.selection.is_some());
    }

    #[test]
    fn an_alias_decides_no_column_s_type() {
        let choice = chosen("{ employees: name name: employees since: gap { since } gap { of: status } }").unwrap();
        let kinds: Vec<CellKind> = choice.columns.iter().map(Chosen::kind).collect();
        assert_eq!(kinds, [CellKind::Text, CellKind::Count, CellKind::Date, CellKind::Text]);
        assert_eq!(choice.columns[0].title(Lang::Zh), "employees");
        let caller = Caller::new("ann", Role::Analyst);
        let plain = choose(Some("{ name employees gap { since status } }"), ExportFileFormat::Ndjson, &caller).unwrap();
        assert_eq!(choice.fields(), plain.fields(), "its use is counted all the same");
    }

    #[test]
    fn what_is_no_selection_is_refused() {
        for names in [
            "{ name",
            "{ name } { id }",
            "{}",
            "name,",
            "na me",
            "{ live { state } }",
            "mutation { x }",
            "{ ...f } fragment f on Enterprise { name }",
            "{ branches(first: 500) { nodes { branches(first: 500) { nodes { id } } } } }",
        ] {
            let problem = chosen(names).expect_err(names);
            assert!(matches!(problem.code, Code::BadInput | Code::CostExceeded), "{names}: {problem:?}");
        }
    }
}

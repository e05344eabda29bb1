//! What a document may cost, decided before the GraphQL library looks at it.
//!
//! The library's own limits expand every fragment wherever it is spread: a document of 2.5 KB can keep a core busy for
//! minutes. Here the text is scanned for length, nesting and tokens, then parsed, then its cost is computed with every
//! fragment counted once. What is refused here never reaches validation.

use std::collections::{HashMap, HashSet};

use async_graphql::parser::types::{
    Directive, DocumentOperations, ExecutableDocument, Field, OperationDefinition, OperationType, Selection, SelectionSet,
};
use async_graphql::{Name, Positioned, Value, Variables};

use crate::serve::problem::{Code, Problem};

/// What one request may use.
#[derive(Debug, Clone)]
pub struct Limits {
    pub body_bytes: usize,
    pub document_bytes: usize,
    pub tokens: usize,
    /// Brackets of any kind inside each other, in the text.
    pub nesting: usize,
    /// Selections inside each other, fragments expanded.
    pub depth: u32,
    /// Fields with all fragments expanded.
    pub fields: u64,
    /// Rows read: a list of 50 with 3 objects each costs about 150.
    pub cost: u64,
    /// Cost of all questions of one caller within a minute.
    pub cost_per_minute: u64,
    /// Questions in one request; 0 refuses batches.
    pub batch: usize,
    pub time: std::time::Duration,
    /// A WebSocket must say who it is within this.
    pub init_within: std::time::Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 1 << 20,
            document_bytes: 64 << 10,
            tokens: 4_000,
            nesting: 40,
            depth: 22,
            fields: 5_000,
            cost: 50_000,
            cost_per_minute: 5_000_000,
            batch: 0,
            time: std::time::Duration::from_secs(15),
            init_within: std::time::Duration::from_secs(10),
        }
    }
}

fn too_deep(limit: usize) -> Problem {
    Problem::new(Code::TooDeep, format!("查询嵌套超过 {limit} 层"), format!("the document is nested more than {limit} deep"))
        .remedy(limit.to_string())
}

fn too_much(zh: String, en: String, limit: u64) -> Problem {
    Problem::new(Code::CostExceeded, zh, en).remedy(limit.to_string())
}

/// What stands between two brackets.
enum Bracket<'a> {
    /// A selection, or a list of types.
    Fields,
    /// Arguments or variables, and lists among them.
    Arguments,
    /// An input, with its keys so far.
    Object(HashSet<&'a str>),
}

impl<'a> Bracket<'a> {
    /// A list in here.
    fn inside(&self) -> Bracket<'a> {
        if matches!(self, Bracket::Fields) { Bracket::Fields } else { Bracket::Arguments }
    }
    /// Braces in here.
    fn braces(&self) -> Bracket<'a> {
        if matches!(self, Bracket::Fields) { Bracket::Fields } else { Bracket::Object(HashSet::new()) }
    }
}

/// The specification's 5.6.3: the parser keeps one of the two values and does not say which.
fn twice(key: &str) -> Problem {
    Problem::bad_input(format!("输入中 {key} 出现两次：请只保留一个"), format!("an input has {key} twice: leave one of them out"))
        .remedy(key.to_owned())
}

/// Reads the text once: length, tokens, nesting, keys that come twice. Takes a microsecond per kilobyte.
pub fn scan(document: &str, limits: &Limits) -> Result<(), Problem> {
    let bytes = document.as_bytes();
    if bytes.len() > limits.document_bytes {
        let limit = limits.document_bytes;
        return Err(too_much(
            format!("查询超过 {limit} 字节"),
            format!("the document is longer than {limit} bytes"),
            limit as u64,
        ));
    }
    let (mut at, mut tokens) = (0, 0_usize);
    let mut open: Vec<Bracket<'_>> = Vec::new();
    while let Some(&byte) = bytes.get(at) {
        at += 1;
        match byte {
            b'#' => at += bytes[at..].iter().position(|b| matches!(b, b'\n' | b'\r')).unwrap_or(bytes.len() - at),
            b'"' if bytes[at..].starts_with(b"\"\"") => {
                at += 2;
                let mut escaped = false;
                while at < bytes.len() && (escaped || !bytes[at..].starts_with(b"\"\"\"")) {
                    escaped = bytes[at] == b'\\' && bytes[at..].starts_with(b"\\\"\"\"");
                    at += if escaped { 4 } else { 1 };
                    escaped = false;
                }
                at = (at + 3).min(bytes.len());
                tokens += 1;
            }
            b'"' => {
                while at < bytes.len() && bytes[at] != b'"' && bytes[at] != b'\n' {
                    at += if bytes[at] == b'\\' { 2 } else { 1 };
                }
                at = (at + 1).min(bytes.len());
                tokens += 1;
            }
            b'{' | b'[' | b'(' => {
                open.push(match byte {
                    b'(' => Bracket::Arguments,
                    b'[' => open.last().map_or(Bracket::Fields, Bracket::inside),
                    _ => open.last().map_or(Bracket::Fields, Bracket::braces),
                });
                tokens += 1;
                if open.len() > limits.nesting {
                    return Err(too_deep(limits.nesting));
                }
            }
            b'}' | b']' | b')' => {
                open.pop();
                tokens += 1;
            }
            b'_' | b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' => {
                let start = at - 1;
                while bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'+' | b'-')) {
                    at += 1;
                }
                tokens += 1;
                if let Some(Bracket::Object(keys)) = open.last_mut() {
                    let rest = document[at..].trim_start_matches([' ', '\t', '\n', '\r', ',', '\u{feff}']);
                    let key = &document[start..at];
                    if rest.starts_with(':') && !keys.insert(key) {
                        return Err(twice(key));
                    }
                }
            }
            b'$' | b':' | b'!' | b'@' | b'|' | b'&' | b'=' | b'.' => tokens += 1,
            _ => {}
        }
    }
    if tokens > limits.tokens {
        let limit = limits.tokens;
        return Err(too_much(
            format!("查询超过 {limit} 个词"),
            format!("the document has more than {limit} tokens"),
            limit as u64,
        ));
    }
    Ok(())
}

/// The operation a request means: the named one, or the only one.
pub fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Result<&'a OperationDefinition, Problem> {
    let found = match (&document.operations, name) {
        (DocumentOperations::Single(operation), None) => Some(operation),
        (DocumentOperations::Single(_), Some(_)) => None,
        (DocumentOperations::Multiple(all), None) if all.len() == 1 => all.values().next(),
        (DocumentOperations::Multiple(_), None) => {
            return Err(Problem::bad_input(
                "有多个操作：请给出 operationName",
                "there are several operations: give operationName",
            ));
        }
        (DocumentOperations::Multiple(all), Some(name)) => all.get(name),
    };
    found.map(|operation| &operation.node).ok_or_else(|| {
        Problem::bad_input("没有名为 operationName 的操作", "there is no operation with the name given as operationName")
    })
}

/// What an operation asks for first: `gap`, `startSync`; `several` where that stands in a fragment.
pub fn first_field(operation: &OperationDefinition) -> String {
    match operation.selection_set.node.items.first().map(|item| &item.node) {
        Some(Selection::Field(field)) => field.node.name.node.to_string(),
        _ => "several".to_owned(),
    }
}

pub fn is_query(operation: &OperationDefinition) -> bool {
    operation.ty == OperationType::Query
}

/// What a selection costs: rows read, fields, depth.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Cost {
    pub rows: u64,
    pub fields: u64,
    pub depth: u32,
}

/// The cost of an operation, or why it is refused. Linear in the document: each fragment is counted once and remembered.
pub fn cost(
    document: &ExecutableDocument,
    operation: &OperationDefinition,
    variables: &Variables,
    limits: &Limits,
) -> Result<Cost, Problem> {
    let defaults = operation
        .variable_definitions
        .iter()
        .filter_map(|v| Some((&v.node.name.node, v.node.default_value.as_ref().map(|d| &d.node)?)))
        .collect();
    let mut counter = Counter { document, variables, defaults, fragments: HashMap::new(), visited: 0 };
    let cost = counter.selections(&operation.selection_set.node)?;
    debug_assert!(counter.visited <= limits.tokens as u64, "every selection takes a token, and none is visited twice");
    if cost.depth > limits.depth {
        return Err(too_deep(limits.depth as usize));
    }
    if cost.fields > limits.fields {
        let limit = limits.fields;
        return Err(too_much(
            format!("查询展开后超过 {limit} 个字段"),
            format!("the document has more than {limit} fields once expanded"),
            limit,
        ));
    }
    if cost.rows > limits.cost {
        return Err(too_much(
            format!("查询成本 {} 超过上限 {}；请减小 first 或少选嵌套列表", cost.rows, limits.cost),
            format!("the question costs {}, more than {}: ask for fewer rows or fewer nested lists", cost.rows, limits.cost),
            limits.cost,
        ));
    }
    Ok(cost)
}

struct Counter<'a> {
    document: &'a ExecutableDocument,
    variables: &'a Variables,
    defaults: HashMap<&'a Name, &'a Value>,
    /// None while a fragment is being counted: meeting it again is a cycle.
    fragments: HashMap<&'a Name, Option<Cost>>,
    /// Selections looked at: the work that was done.
    visited: u64,
}

/// What a list without `first` is taken to hold.
const SHORT_LIST: u64 = 1;
/// Lists of the graph and how many rows they give where `first` is left out; a test compares them with the schema.
pub const DEFAULT_LENGTHS: &[(&str, u64)] = &[
    ("appraisalYears", 50),
    ("auditSearch", 50),
    ("batches", 20),
    ("branches", 50),
    ("cases", 50),
    ("conflicts", 20),
    ("corrections", 20),
    ("covers", 50),
    ("dispatchAgreements", 50),
    ("dispatchedFrom", 50),
    ("dispatchesTo", 50),
    ("dueToday", 20),
    ("editions", 50),
    ("enterpriseIds", 20),
    ("enterpriseLists", 50),
    ("enterprises", 50),
    ("events", 50),
    ("exports", 20),
    ("gap", 50),
    ("heldDuties", 50),
    ("history", 20),
    ("leads", 50),
    ("lookedAtBy", 20),
    ("lost", 20),
    ("newOnList", 20),
    ("nextPulls", 3),
    ("overdue", 20),
    ("qualityHistory", 20),
    ("quarantine", 20),
    ("records", 20),
    ("review", 20),
    ("search", 20),
    ("statedFigures", 50),
    ("tokens", 50),
    ("tradeUnions", 50),
    ("undated", 20),
    ("unentered", 20),
    ("unionAppraisal", 50),
    ("unionCollections", 50),
    ("unionKeyPoints", 50),
    ("unionObjections", 50),
    ("unionPilotAreas", 50),
    ("unionPlaces", 50),
    ("unionPosts", 50),
    ("unionRewards", 50),
    ("unionServices", 50),
    ("unionStandings", 50),
    ("unionUnits", 50),
    ("unionWork", 50),
    ("visitLists", 20),
    ("won", 20),
    ("workloads", 50),
];
/// Lists that are no connections: their selection is that of a row.
const BARE: [&str; 4] = ["exports", "search", "unionAppraisal", "visitLists"];
/// Selections that are looked at for rows; of more it is taken that there are some.
const MAX_LOOKED_AT: usize = 1_000;
/// Rows that counting groups is worth.
const COVERAGE_ROWS: u64 = 500;

impl<'a> Counter<'a> {
    fn selections(&mut self, set: &'a SelectionSet) -> Result<Cost, Problem> {
        let mut sum = Cost::default();
        for selection in &set.items {
            self.visited += 1;
            let cost = match &selection.node {
                Selection::Field(field) => self.field(&field.node)?,
                Selection::InlineFragment(inline) => self.selections(&inline.node.selection_set.node)?,
                Selection::FragmentSpread(spread) => self.fragment(&spread.node.fragment_name.node)?,
            };
            // What is left out reads nothing; it counts as fields and depth, as it is looked at all the same.
            let rows = if self.is_left_out(selection.node.directives()) { 0 } else { cost.rows };
            sum.rows = sum.rows.saturating_add(rows);
            // So does a fragment that holds nothing known: it is expanded wherever it is spread.
            sum.fields = sum.fields.saturating_add(cost.fields.max(1));
            sum.depth = sum.depth.max(cost.depth);
        }
        Ok(sum)
    }

    fn fragment(&mut self, name: &'a Name) -> Result<Cost, Problem> {
        match self.fragments.get(name) {
            Some(Some(cost)) => return Ok(*cost),
            Some(None) => {
                return Err(Problem::bad_input(format!("片段 {name} 引用了自身"), format!("the fragment {name} spreads itself")));
            }
            None => {}
        }
        // An unknown fragment is validation's to name.
        let Some(fragment) = self.document.fragments.get(name) else { return Ok(Cost::default()) };
        self.fragments.insert(name, None);
        let cost = self.selections(&fragment.node.selection_set.node)?;
        self.fragments.insert(name, Some(cost));
        Ok(cost)
    }

    fn field(&mut self, field: &'a Field) -> Result<Cost, Problem> {
        let inside = self.selections(&field.selection_set.node)?;
        let is_object = !field.selection_set.node.items.is_empty();
        let name = field.name.node.as_str();
        let times = if name.starts_with("__") { 0 } else { self.length(field).unwrap_or(SHORT_LIST) };
        let own = match name {
            "coverage" => COVERAGE_ROWS,
            _ => u64::from(is_object && times > 0),
        };
        Ok(Cost {
            rows: own.saturating_add(times.saturating_mul(inside.rows.max(u64::from(is_object)))),
            fields: inside.fields.saturating_add(1),
            depth: inside.depth.saturating_add(1),
        })
    }

    /// How many rows a list argument asks for; where `first` is left out, its default.
    fn length(&self, field: &'a Field) -> Option<u64> {
        let Some((name, value)) =
            field.arguments.iter().find(|(name, _)| matches!(name.node.as_str(), "first" | "ids" | "representations"))
        else {
            let of_list =
                || DEFAULT_LENGTHS.iter().find(|(name, _)| *name == field.name.node.as_str()).map(|(_, length)| *length);
            // `gap` is a list of enterprises, and of an enterprise a verdict: a list is asked for its rows.
            let is_bare = BARE.contains(&field.name.node.as_str());
            return (is_bare || self.asks_for_rows(&field.selection_set.node, &mut { MAX_LOOKED_AT })).then(of_list).flatten();
        };
        let value = value.node.clone().into_const_with(|name| self.variable(&name).cloned().ok_or(())).ok()?;
        match (name.node.as_str(), value) {
            // A negative number is the resolver's to refuse.
            ("first", Value::Number(number)) => Some(number.as_u64().unwrap_or(0)),
            ("ids" | "representations", Value::List(ids)) => Some(ids.len() as u64),
            _ => None,
        }
    }

    /// Whether a selection names the rows of a connection, by itself or through fragments.
    fn asks_for_rows(&self, set: &SelectionSet, left: &mut usize) -> bool {
        set.items.iter().any(|selection| {
            *left = left.saturating_sub(1);
            *left == 0
                || match &selection.node {
                    Selection::Field(field) => ["nodes", "edges"].contains(&field.node.name.node.as_str()),
                    Selection::InlineFragment(inline) => self.asks_for_rows(&inline.node.selection_set.node, left),
                    Selection::FragmentSpread(spread) => {
                        let fragment = self.document.fragments.get(&spread.node.fragment_name.node);
                        fragment.is_some_and(|f| self.asks_for_rows(&f.node.selection_set.node, left))
                    }
                }
        })
    }

    /// Whether `@skip` or `@include` says that a selection is not to be answered: it costs nothing then.
    fn is_left_out(&self, directives: &'a [Positioned<Directive>]) -> bool {
        directives.iter().any(|directive| {
            let unless = match directive.node.name.node.as_str() {
                "skip" => true,
                "include" => false,
                _ => return false,
            };
            let value = directive.node.get_argument("if").map(|value| value.node.clone());
            let value = value.and_then(|value| value.into_const_with(|name| self.variable(&name).cloned().ok_or(())).ok());
            value == Some(Value::Boolean(unless))
        })
    }

    fn variable(&self, name: &Name) -> Option<&Value> {
        self.variables.get(name).or_else(|| self.defaults.get(name).copied())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use async_graphql::parser::parse_query;

    fn cost_of(document: &str, variables: serde_json::Value) -> Result<Cost, Problem> {
        let limits = Limits::default();
        scan(document, &limits)?;
        let parsed = parse_query(document).unwrap();
        let operation = operation(&parsed, None)?;
        cost(&parsed, operation, &Variables::from_json(variables), &limits)
    }

    #[test]
    fn an_input_has_each_key_once() {
        let scan = |document: &str| scan(document, &Limits::default()).map_err(|problem| problem.en);
        for document in [
            "{ gap(filter: { text: \"a\", text: \"b\" }) { a } }",
            "{ gap(filter: { and: [{ text: \"a\" }, { not: { area: [] area: [] } }] }) { a } }",
            "query($f: F = { a: 1, b: 2, a : 3 }) { gap(filter: $f) { a } }",
            "{ a @include(if: { x: 1 x: 2 }) }",
        ] {
            assert!(scan(document).is_err_and(|said| said.contains("twice")), "{document}");
        }
        for document in [
            "{ gap(filter: { text: \"text: a, text: b\", not: { text: \"b\" } }) { text: a b text: a } }",
            "query($a: [Int!]! = [1, 1]) { gap(first: $a, order: [{ field: NAME }, { field: AREA }]) { a(x: 1) { a: b } } }",
            "{ gap(by: [{ a: A a_b: a }]) { a } }",
        ] {
            assert_eq!(scan(document), Ok(()), "{document}");
        }
    }

    #[test]
    fn a_page_costs_its_rows() {
        let cost = cost_of(
            "query($n: Int!) { gap(first: $n) { totalCount nodes { name area { name } } } }",
            serde_json::json!({"n": 50}),
        )
        .unwrap();
        assert!((100..=200).contains(&cost.rows), "{cost:?}");
        let nested = "{ enterprises(first: 500) { nodes { branches(first: 500) { nodes { id } } } } }";
        assert_eq!(cost_of(nested, serde_json::json!({})).unwrap_err().code, Code::CostExceeded);
    }

    #[test]
    fn a_fragment_bomb_of_any_size_costs_no_more_than_reading_it() {
        for (levels, bottom) in [(3, "name"), (6, "name"), (12, "name"), (6, "...nothing")] {
            let mut document = String::from("{ gap(first: 1) { nodes { ...f0 } } }");
            for level in 0..levels {
                let spreads = format!("...f{} ", level + 1).repeat(100);
                document.push_str(&format!(" fragment f{level} on Enterprise {{ {spreads} }}"));
            }
            document.push_str(&format!(" fragment f{levels} on Enterprise {{ {bottom} }}"));
            assert_eq!(cost_of(&document, serde_json::json!({})).unwrap_err().code, Code::CostExceeded);
            // Expanded it has 100^levels fields; each selection is looked at once.
            let parsed = parse_query(&document).unwrap();
            let (variables, fragments) = (Variables::default(), HashMap::new());
            let mut counter =
                Counter { document: &parsed, variables: &variables, defaults: HashMap::new(), fragments, visited: 0 };
            let cost = counter.selections(&operation(&parsed, None).unwrap().selection_set.node).unwrap();
            assert!(cost.fields >= 100_u64.saturating_pow(levels), "{cost:?}");
            assert_eq!(counter.visited, 3 + 100 * u64::from(levels) + 1);
        }
        // One that is longer than a document may be is never parsed.
        let limits = Limits::default();
        let long = "{ a } ".repeat(limits.document_bytes);
        assert_eq!(scan(&long, &limits).unwrap_err().code, Code::CostExceeded);
    }

    #[test]
    fn what_is_left_out_costs_nothing_and_a_list_without_first_its_default() {
        let skipped = "query($more: Boolean = false) { gap(first: 1) { totalCount } enterprises(first: 500) @include(if: $more) { nodes { branches(first: 500) { nodes { id } } } } }";
        assert!(cost_of(skipped, serde_json::json!({})).unwrap().rows < 10);
        assert_eq!(cost_of(skipped, serde_json::json!({"more": true})).unwrap_err().code, Code::CostExceeded);
        let skipped = "query($less: Boolean!) { enterprises(first: 500) @skip(if: $less) { nodes { id } } }";
        assert_eq!(cost_of(skipped, serde_json::json!({"less": true})).unwrap().rows, 0);
        // Left out or not, a bomb is never handed to the library.
        let mut bomb = String::from("{ ...f0 @skip(if: true) }");
        (0..6).for_each(|level| {
            bomb.push_str(&format!(" fragment f{level} on Query {{ {} }}", format!("...f{} ", level + 1).repeat(100)))
        });
        bomb.push_str(" fragment f6 on Query { viewer { name } }");
        assert_eq!(cost_of(&bomb, serde_json::json!({})).unwrap_err().code, Code::CostExceeded);
        for (left_out, said) in [
            ("{ gap { nodes { name } } }", "{ gap(first: 50) { nodes { name } } }"),
            (
                "{ gap { ...p } } fragment p on EnterpriseConnection { edges { node { name } } }",
                "{ gap(first: 50) { ...p } } fragment p on EnterpriseConnection { edges { node { name } } }",
            ),
            ("{ search(text: \"a\") { matched } }", "{ search(text: \"a\", first: 20) { matched } }"),
        ] {
            assert_eq!(cost_of(left_out, serde_json::json!({})), cost_of(said, serde_json::json!({})), "{left_out}");
        }
        // The verdict of an enterprise bears the name of the list, and is one row.
        let verdict = "{ gap(first: 300) { nodes { gap { reasons { message } priority { factors { message } } } } } }";
        assert!(cost_of(verdict, serde_json::json!({})).unwrap().rows < 3_000);
    }

    #[test]
    fn cycles_depth_and_length_are_refused() {
        let cycle = "{ ...a } fragment a on Query { ...b } fragment b on Query { ...a }";
        assert_eq!(cost_of(cycle, serde_json::json!({})).unwrap_err().code, Code::BadInput);
        let deep = format!("{}{}", "{ a".repeat(60), "}".repeat(60));
        assert_eq!(cost_of(&deep, serde_json::json!({})).unwrap_err().code, Code::TooDeep);
        let long = format!("{{ a }} # {}", "x".repeat(70_000));
        assert_eq!(cost_of(&long, serde_json::json!({})).unwrap_err().code, Code::CostExceeded);
        let many = format!("{{ {} }}", "a ".repeat(5_000));
        assert_eq!(cost_of(&many, serde_json::json!({})).unwrap_err().code, Code::CostExceeded);
    }

    #[test]
    fn brackets_in_strings_and_comments_do_not_count() {
        let text = format!("{{ search(text: \"{}\", first: 1) {{ matched }} }} # {}", "{[(".repeat(50), "{".repeat(100));
        scan(&text, &Limits::default()).unwrap();
        scan(&format!("{{ a(b: \"\"\"{} \\\"\"\" {{\"\"\") }}", "{".repeat(100)), &Limits::default()).unwrap();
        for broken in ["\"", "\"\"\"", "\"\\", "\"\"\"\\\"\"\"", "#", "{", "}}}}"] {
            scan(broken, &Limits::default()).unwrap();
        }
    }
}

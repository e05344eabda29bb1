//! The query string of the routes outside GraphQL: a parameter that a route does not know is refused by name, one that comes twice
//! counts with all its values or is refused. Nothing that was asked is passed over.

use std::collections::HashMap;

use axum::http::Uri;

use crate::connector::nearest;
use crate::model::message::Lang;
use crate::serve::answers::filter::EnterpriseFilter;
use crate::serve::answers::input_keys::keys_of;
use crate::serve::problem::Problem;

/// Short forms of the filter: names of the graph's EnterpriseFilter that hold lists. Several values are separated by commas.
pub const LISTS: &[&str] = &[
    "area",
    "unit",
    "industry",
    "ownership",
    "tags",
    "sizeClass",
    "status",
    "designatedSize",
    "union",
    "gap",
    "fund",
    "investorCountry",
    "inRegistry",
    "notInRegistry",
    "hasConflict",
    "hasFinding",
];
/// Parameters whose values may be spread over several of the same name.
const JOINED: &[&str] = &["columns", "include", "orderBy"];
/// Every route takes these. `nocache` and `_` mean nothing: they make an address that no cache has seen.
const EVERYWHERE: &[&str] = &["lang", "nocache", "_"];
/// What is answered as of an edition takes these too.
const AS_OF: &[&str] = &["edition", "asOf"];

/// What a route takes.
#[derive(Debug, Clone, Copy)]
pub struct RouteParameters {
    /// Beside those of every route.
    pub own: &'static [&'static str],
    /// Whether it takes `filter`, its short forms and `text`.
    pub filters: bool,
    /// Whether its answer holds addresses of the hub, which follow the caller.
    pub addresses: bool,
    /// Whether its answer rests on what was entered of the federation.
    pub federation: bool,
    /// Whether an edition can be named.
    pub editions: bool,
}

impl RouteParameters {
    /// A route without a filter.
    pub const fn plain(own: &'static [&'static str]) -> RouteParameters {
        RouteParameters { own, filters: false, addresses: false, federation: false, editions: true }
    }
    /// A route whose answer rests on the enterprises of a filter.
    pub const fn filtered(own: &'static [&'static str]) -> RouteParameters {
        RouteParameters { own, filters: true, addresses: false, federation: false, editions: true }
    }
    /// The same, of an answer that rests on what was entered of the federation.
    pub const fn on_federation(self) -> RouteParameters {
        RouteParameters { federation: true, ..self }
    }
    /// The same, of an answer that says how things stand now, and as of no edition.
    pub const fn as_it_is(self) -> RouteParameters {
        RouteParameters { editions: false, ..self }
    }
    /// The same, of an answer that holds addresses of the hub.
    pub const fn with_addresses(self) -> RouteParameters {
        RouteParameters { addresses: true, ..self }
    }
    fn names(self) -> impl Iterator<Item = &'static str> {
        let filter = if self.filters { LISTS } else { &[] };
        let more: &[&str] = if self.filters { &["filter", "text", "membersExceedStaff"] } else { &[] };
        let as_of = if self.editions { AS_OF } else { &[] };
        self.own.iter().chain(more).chain(filter).chain(as_of).chain(EVERYWHERE).copied()
    }
}

/// The parameters of an address, each once.
///
/// # Errors
/// A name that the route does not know, with the nearest known one; one that comes twice and cannot be joined.
pub fn read(uri: &Uri, known: RouteParameters) -> Result<HashMap<String, String>, Problem> {
    let pairs: Vec<(String, String)> = axum::extract::Query::try_from_uri(uri)
        .map(|q: axum::extract::Query<Vec<(String, String)>>| q.0)
        .map_err(|_| Problem::bad_input("网址参数无法解析", "the query string cannot be read"))?;
    let mut parameters: HashMap<String, String> = HashMap::new();
    for (name, value) in pairs {
        if !known.names().any(|k| k == name) {
            return Err(unknown(&name, known));
        }
        if matches!(name.as_str(), "nocache" | "_") {
            continue;
        }
        // An empty condition would hold of everybody: whoever filled a form with nothing, or a variable, did not ask for that.
        if known.filters && value.trim().is_empty() && name != "lang" {
            return Err(Problem::bad_input(
                format!("参数 {name} 没有取值：请给出取值，或去掉该参数"),
                format!("the parameter {name} has no value: give it one, or leave it out"),
            )
            .remedy(name));
        }
        let joins = JOINED.contains(&name.as_str()) || LISTS.contains(&name.as_str());
        match parameters.get_mut(&name) {
            None => drop(parameters.insert(name, value)),
            Some(before) if joins => *before = format!("{before},{value}"),
            Some(before) if *before == value => {}
            Some(_) => {
                return Err(Problem::bad_input(
                    format!("参数 {name} 出现了两次且取值不同：请只给一次"),
                    format!("the parameter {name} comes twice with different values: give it once"),
                )
                .remedy(name));
            }
        }
    }
    if ["edition", "asOf"].iter().all(|name| parameters.get(*name).is_some_and(|text| !text.is_empty())) {
        return Err(Problem::bad_input("edition 与 asOf 只能给出一个", "give edition or asOf, not both"));
    }
    Ok(parameters)
}

/// The language that the parameters name, else the caller's.
///
/// # Errors
/// One that there is not.
pub fn lang(parameters: &HashMap<String, String>, callers: Lang) -> Result<Lang, Problem> {
    match parameters.get("lang").filter(|text| !text.is_empty()).map(|text| text.to_ascii_lowercase()).as_deref() {
        None => Ok(callers),
        Some("zh") => Ok(Lang::Zh),
        Some("en") => Ok(Lang::En),
        Some(other) => {
            let (zh, en) = (format!("lang 没有取值 {other}：可用 zh、en"), format!("lang has no value {other}: zh or en"));
            Err(Problem::bad_input(zh, en).remedy("zh, en"))
        }
    }
}

/// Of a route that takes no parameters but those of every route: the language of its answer.
///
/// # Errors
/// Another parameter; a language that there is not.
pub fn none(uri: &Uri, callers: Lang) -> Result<Lang, Problem> {
    lang(&read(uri, RouteParameters::plain(&[]).as_it_is())?, callers)
}

fn unknown(name: &str, known: RouteParameters) -> Problem {
    let bare = name.trim_end_matches("[]");
    let list: Vec<&str> = known.names().filter(|k| !matches!(*k, "nocache" | "_")).collect();
    let same = |k: &&str| k.eq_ignore_ascii_case(bare);
    // `employees`, `bbox`: conditions without a short form.
    if known.filters && !known.names().any(|k| same(&k)) && keys_of::<EnterpriseFilter>().iter().any(|key| same(&key.as_str())) {
        return Problem::bad_input(
            format!("没有参数 {name}：请写在 filter 中，如 filter={{\"{bare}\": …}}"),
            format!("there is no parameter {name}: write it in filter, such as filter={{\"{bare}\": …}}"),
        )
        .remedy("filter");
    }
    let near = known.names().find(|k| same(k)).or_else(|| nearest(bare, list.iter().copied()));
    let (zh, en) = match near {
        Some(near) => (format!("；是否指 {near}？"), format!("; did you mean {near}?")),
        None => (String::new(), String::new()),
    };
    Problem::bad_input(format!("没有参数 {name}{zh}"), format!("there is no parameter {name}{en}")).remedy(list.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<HashMap<String, String>, Problem> {
        read(&format!("/export/gap.csv?{query}").parse().expect("an address"), RouteParameters::filtered(&["columns"]))
    }

    #[test]
    fn a_parameter_that_nobody_knows_is_refused_with_the_one_that_was_meant() {
        for (query, meant) in [
            ("areas=110108", "area"),
            ("area%5B%5D=110108", "area"),
            ("AREA=110108", "area"),
            ("column=id", "columns"),
            ("asof=1", "asOf"),
        ] {
            let problem = of(query).expect_err(query);
            assert!(problem.en.ends_with(&format!("did you mean {meant}?")), "{query}: {}", problem.en);
            assert!(problem.remedy.expect("the known ones").contains("investorCountry"));
        }
        let problem = of("employees=100").expect_err("a condition without a short form");
        assert!(problem.en.contains("write it in filter, such as filter={\"employees\": …}"), "{}", problem.en);
    }

    #[test]
    fn repeated_parameters_join_or_are_refused() {
        assert_eq!(of("area=110108&area=110105").expect("two areas")["area"], "110108,110105");
        assert_eq!(of("text=a&text=a").expect("the same twice")["text"], "a");
        assert!(of("text=a&text=b").is_err() && of("edition=1&asOf=2026-11-22").is_err());
    }

    #[test]
    fn a_parameter_without_a_value_is_no_question_for_everybody() {
        for query in ["area=", "filter=", "area=110108&area=", "columns=", "text=", "text=%20"] {
            assert!(of(query).expect_err(query).en.contains("has no value"), "{query}");
        }
        assert!(of("lang=&nocache=&_=").is_ok());
        assert!(
            read(&"/reconcile/suggest/entity?prefix=".parse().expect("an address"), RouteParameters::plain(&["prefix"])).is_ok()
        );
        let none = |query: &str| none(&format!("/receipts/1?{query}").parse().expect("an address"), Lang::En);
        assert_eq!(none("lang=zh").expect("a language"), Lang::Zh);
        assert!(none("format=csv").is_err() && none("edition=1").is_err());
    }
}

//! What every field of every type of the graph takes, found out by asking: whoever lacks one scope alone is refused what needs it. The table
//! is generated, so that a field that is new shows in it what it takes, and somebody looks. Conditions of filters likewise.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::fmt::Write;

use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use huitu::access::{AccessScope, Role};
use huitu::serve::Authentication;
use huitu::store::token::TokenRow;
use serde_json::{Value, json};

use crate::access_matrix::Types;
use crate::support::graph::{Served, served, token};

/// A step from a type to one that it leads to: the field as it is asked, its name, and the type that was answered.
#[derive(Debug, Clone)]
struct Step {
    asked: String,
    name: String,
    to: String,
}

/// One field as it is asked by itself: with what it needs, a page of one, and what is below it by its type alone.
fn asked(types: &Types, field: &Value) -> String {
    let mut inner = &field["type"];
    while !inner["ofType"].is_null() {
        inner = &inner["ofType"];
    }
    let name = field["name"].as_str().unwrap();
    let mut arguments = match name {
        "_entities" => "representations: [{ __typename: \"Enterprise\", id: \"E000000000000\" }]".to_owned(),
        "node" if field["args"].as_array().is_some_and(|all| !all.is_empty()) => "id: \"E000000000000\"".to_owned(),
        _ => types.values(&field["args"]),
    };
    let takes_first = field["args"].as_array().is_some_and(|all| all.iter().any(|a| a["name"] == "first"));
    if takes_first && !arguments.contains("first:") {
        arguments = if arguments.is_empty() { "first: 1".to_owned() } else { format!("{arguments}, first: 1") };
    }
    let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
    let below = if matches!(inner["kind"].as_str(), Some("SCALAR" | "ENUM")) { "" } else { " { __typename }" };
    format!("{name}{arguments}{below}")
}

fn query(way: &[Step], fields: &[String]) -> String {
    let inner = format!("__typename {}", fields.join(" "));
    let whole = way.iter().rev().fold(inner, |inner, step| {
        let head = step.asked.trim_end_matches(" { __typename }");
        format!("{head} {{ __typename ... on {} {{ {inner} }} }}", step.to)
    });
    format!("{{ {whole} }}")
}

/// The objects that stand at the end of a way.
fn at<'a>(answer: &'a Value, way: &[Step]) -> Vec<&'a Value> {
    fn flat<'a>(value: &'a Value, into: &mut Vec<&'a Value>) {
        match value {
            Value::Array(all) => all.iter().for_each(|one| flat(one, into)),
            Value::Object(_) => into.push(value),
            _ => {}
        }
    }
    let mut found = Vec::new();
    flat(&answer["data"], &mut found);
    for step in way {
        let mut next = Vec::new();
        found.iter().for_each(|value| flat(&value[&step.name], &mut next));
        next.retain(|value| value["__typename"] == json!(step.to));
        found = next;
    }
    found
}

/// Names on the path of an error.
fn path(error: &Value) -> Vec<&str> {
    error["path"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

fn is_refusal(error: &Value) -> bool {
    matches!(error["extensions"]["code"].as_str(), Some("FORBIDDEN" | "FORBIDDEN_FIELD"))
}

/// A caller of all scopes, and for each scope one who lacks it alone.
async fn guarded() -> (Served, Vec<(AccessScope, String)>) {
    let served = served(300, |options| {
        options.access = Authentication::Tokens;
        options.limits.cost_per_minute = 1 << 40;
        options.limits.cost = 1 << 30;
        options.limits.fields = 1 << 20;
    })
    .await;
    served.state.hub().store.put_token(&token("chief", "admin", None, None)).await.unwrap();
    let mut lacking = Vec::new();
    for scope in AccessScope::ALL {
        let id = format!("without-{}", scope.name());
        let scopes: Vec<&str> = AccessScope::ALL.into_iter().filter(|s| *s != scope).map(AccessScope::name).collect();
        let row = TokenRow { scopes: Some(json!(scopes).to_string()), ..token(&id, Role::Admin.name(), None, None) };
        served.state.hub().store.put_token(&row).await.unwrap();
        lacking.push((scope, format!("secret-{id}")));
    }
    (served, lacking)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_generated_table_says_of_every_field_of_every_type_what_it_takes() {
    let (served, lacking) = guarded().await;
    let types = Types::of(&served).await;
    let mut ways: BTreeMap<String, Vec<Step>> = BTreeMap::from([("Query".to_owned(), Vec::new())]);
    let mut queue = VecDeque::from(["Query".to_owned()]);
    let mut lines: BTreeMap<String, String> = BTreeMap::new();
    while let Some(name) = queue.pop_front() {
        let way = ways[&name].clone();
        let mut fields: BTreeMap<String, String> =
            types.fields(&name).iter().map(|f| (f["name"].as_str().unwrap().to_owned(), asked(&types, f))).collect();
        let mut failed: BTreeSet<String> = BTreeSet::new();
        // A field that cannot be asked so takes its parent with it where it may not be null: it is left out, and said.
        let answer = loop {
            let all: Vec<String> = fields.values().cloned().collect();
            let answer = served.ask_as(Some("secret-chief"), &query(&way, &all), json!({})).await;
            let wrong: Vec<String> = answer["errors"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|e| path(e).get(way.len()).map(|name| (*name).to_owned()))
                .filter(|name| fields.contains_key(name))
                .collect();
            if wrong.is_empty() {
                break answer;
            }
            for name in wrong {
                fields.remove(&name);
                failed.insert(name);
            }
        };
        let there = at(&answer, &way);
        assert!(!there.is_empty(), "{name} was there a moment ago: {answer:.600}");
        for (field, asked) in &fields {
            for value in &there {
                let mut below = vec![&value[field]];
                while let Some(value) = below.pop() {
                    match value {
                        Value::Array(all) => below.extend(all),
                        Value::Object(_) => {
                            let to = value["__typename"].as_str().unwrap_or_default().to_owned();
                            if !to.starts_with("__") && !ways.contains_key(&to) && types.0.contains_key(&to) {
                                let step = Step { asked: asked.clone(), name: field.clone(), to: to.clone() };
                                ways.insert(to.clone(), way.iter().cloned().chain([step]).collect());
                                queue.push_back(to);
                            }
                        }
                        _ => {}
                    }
                }
            }
        }
        let mut takes: BTreeMap<&String, Vec<&str>> = fields.keys().map(|field| (field, Vec::new())).collect();
        let mut by_way = Vec::new();
        let all: Vec<String> = fields.values().cloned().collect();
        for (scope, secret) in &lacking {
            let answer = served.ask_as(Some(secret), &query(&way, &all), json!({})).await;
            let mut is_reached = true;
            for error in answer["errors"].as_array().into_iter().flatten().filter(|e| is_refusal(e)) {
                match path(error).get(way.len()) {
                    Some(field) => {
                        if let Some((_, scopes)) = takes.iter_mut().find(|(name, _)| name.as_str() == *field)
                            && !scopes.contains(&scope.name())
                        {
                            scopes.push(scope.name());
                        }
                    }
                    None => is_reached = false,
                }
            }
            if !is_reached || at(&answer, &way).is_empty() && answer["data"].is_null() {
                by_way.push(scope.name());
            }
        }
        let mut text = String::new();
        let by_way = if by_way.is_empty() { String::new() } else { format!(", reached with {}", by_way.join(", ")) };
        writeln!(text, "{name}{by_way}").unwrap();
        for (field, scopes) in takes {
            writeln!(text, "  {field}{}", if scopes.is_empty() { String::new() } else { format!(": {}", scopes.join(", ")) })
                .unwrap();
        }
        failed.iter().for_each(|field| writeln!(text, "  {field}: not asked").unwrap());
        lines.insert(name, text);
    }
    let objects = types.0.iter().filter(|(name, t)| t["kind"] == "OBJECT" && !name.starts_with("__"));
    let unseen: Vec<&str> = objects.map(|(name, _)| name.as_str()).filter(|name| !lines.contains_key(*name)).collect();
    let mut text = lines.into_values().collect::<Vec<_>>().join("\n");
    write!(text, "\nNot reached with this data, or by changes and subscriptions alone\n  {}\n", unseen.join("\n  ")).unwrap();
    assert!(ways.len() > 60, "{:?}", ways.keys());
    crate::generated::compare("tests/it/rights.txt", &text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_generated_table_says_of_every_condition_and_order_what_it_takes() {
    let (served, lacking) = guarded().await;
    let types = Types::of(&served).await;
    // A value of each kind that a condition can have.
    let value = |input: &Value| -> Option<String> {
        let mut inner = &input["type"];
        let mut is_list = false;
        while !inner["ofType"].is_null() {
            is_list |= inner["kind"] == "LIST";
            inner = &inner["ofType"];
        }
        let name = inner["name"].as_str()?;
        let one = match (inner["kind"].as_str()?, name) {
            ("ENUM", _) => types.0[name]["enumValues"][0]["name"].as_str()?.to_owned(),
            (_, "EnterpriseFilter") => "{}".to_owned(),
            (_, "IntRange" | "FloatRange") => "{ gte: 1 }".to_owned(),
            (_, "DecimalRange") => "{ gte: \"1\" }".to_owned(),
            (_, "DateRange") => "{ gte: \"2026-01-01\" }".to_owned(),
            (_, "BoundingBox") => "{ west: 1, south: 1, east: 2, north: 2 }".to_owned(),
            (_, "Boolean") => "true".to_owned(),
            _ => match input["name"].as_str()? {
                "inRegistry" | "notInRegistry" => "\"tax\"".to_owned(),
                "investorCountry" => "\"US\"".to_owned(),
                "hasFinding" => format!("\"{}\"", huitu::model::reference::unions::finding_reasons()[0].code),
                _ => "\"110105\"".to_owned(),
            },
        };
        Some(if is_list { format!("[{one}]") } else { one })
    };
    let mut asked: Vec<(String, String)> = Vec::new();
    for input in types.0["EnterpriseFilter"]["inputFields"].as_array().unwrap() {
        let name = input["name"].as_str().unwrap();
        // Every mark and every field that registries may differ on has a class of its own.
        let of_values = match name {
            "tags" => Some("EnterpriseTag"),
            "hasConflict" => Some("EnterpriseField"),
            _ => None,
        };
        match of_values {
            Some(of) => asked.extend(types.0[of]["enumValues"].as_array().unwrap().iter().map(|v| {
                let v = v["name"].as_str().unwrap();
                (format!("{name} {v}"), format!("filter: {{ {name}: [{v}] }}"))
            })),
            None => {
                let value = value(input).unwrap_or_else(|| panic!("{name}: say a value of {}", input["type"]));
                asked.push((name.to_owned(), format!("filter: {{ {name}: {value} }}")));
            }
        }
    }
    asked.extend(types.0["EnterpriseSort"]["enumValues"].as_array().unwrap().iter().map(|v| {
        let v = v["name"].as_str().unwrap();
        (format!("orderBy {v}"), format!("orderBy: [{{ field: {v} }}]"))
    }));
    let mut text = String::new();
    for (name, argument) in asked {
        let query = format!("{{ enterprises(first: 1, {argument}) {{ totalCount }} }}");
        let mut scopes = Vec::new();
        for (scope, secret) in &lacking {
            let answer = served.ask_as(Some(secret), &query, json!({})).await;
            if answer["errors"].as_array().is_some_and(|errors| errors.iter().any(is_refusal)) {
                scopes.push(scope.name());
            }
        }
        writeln!(text, "{name}{}", if scopes.is_empty() { String::new() } else { format!(": {}", scopes.join(", ")) }).unwrap();
    }
    crate::generated::compare("tests/it/rights_of_conditions.txt", &text);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_route_that_is_described_names_nobody_to_those_who_see_nobody() {
    let (served, _) = guarded().await;
    let names = served.ask_as(Some("secret-chief"), "{ enterprises(first: 300) { nodes { id name } } }", json!({})).await;
    let names: Vec<String> = names["data"]["enterprises"]["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|n| [n["id"].as_str().unwrap().to_owned(), n["name"].as_str().unwrap().to_owned()])
        .collect();
    let blind: Vec<Role> = Role::ALL.into_iter().filter(|role| !role.sees_single_enterprises()).collect();
    for role in &blind {
        let registry = role.has_registry().then(|| "tax".to_owned());
        let row = TokenRow { registry, ..token(role.name(), role.name(), None, None) };
        served.state.hub().store.put_token(&row).await.unwrap();
    }
    let yaml = std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.yaml")).unwrap();
    let paths: Vec<&str> = yaml.lines().filter_map(|line| line.strip_prefix("  /")?.strip_suffix(':')).collect();
    assert!(paths.len() > 20, "{paths:?}");
    let mut told = 0;
    for path in paths {
        // What a part of an address is, where it has to be something that there is.
        let real = [
            ("{layer}", "gap"),
            ("{z}", "13"),
            ("{x}", "6743"),
            ("{y}", "3105"),
            ("{list}", "gap"),
            ("{format}", "csv"),
            ("{level}", "districts"),
            ("{registry}", "tax"),
            ("{id}", "E000000000000"),
            ("{what}", "entity"),
            ("{batch}", "1"),
        ];
        let mut address = format!("/{path}");
        real.iter().for_each(|(part, text)| address = address.replace(part, text));
        while let (Some(start), Some(end)) = (address.find('{'), address.find('}')) {
            address.replace_range(start..=end, "1");
        }
        let fetched = async |who: &str| {
            let request = Request::get(&address).header(header::AUTHORIZATION, format!("Bearer secret-{who}"));
            let (status, _, body) =
                match tokio::time::timeout(std::time::Duration::from_secs(60), served.send(request.body(Body::empty()).unwrap()))
                    .await
                {
                    Ok(answer) => answer,
                    Err(_) => panic!("{address} does not end"),
                };
            (status, String::from_utf8_lossy(&body).into_owned())
        };
        for role in &blind {
            let (status, body) = fetched(role.name()).await;
            let told = names.iter().find(|name| body.contains(name.as_str()));
            assert!(told.is_none() || !status.is_success(), "{} is told {told:?} by {address}", role.name());
        }
        let (status, body) = fetched("chief").await;
        told += usize::from(status == StatusCode::OK && names.iter().any(|name| body.contains(name.as_str())));
    }
    assert!(told > 0, "whoever sees them is told by none of them");
}

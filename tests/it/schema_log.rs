//! The log of the schema: made of the schemas that were, and of the one that is served.

use std::path::Path;

use huitu::serve::graphql::schema_changes::{as_markdown, schema_changes};

const HEAD: &str = "# What changed in the schema

Made from the schemas themselves by `make bless`, and compared by a test: a change of the schema that is not listed here fails it. Whether a
change can break a document is decided by the types alone; [what stays, and how it goes](stability.md) are the rules. The schemas of these
days lie in `docs/schema/`; between any two, `huitu schema --since FILE` says the same.

";

/// The schemas that were kept, by day.
fn kept() -> Vec<(String, String)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/schema");
    let mut all: Vec<(String, String)> = std::fs::read_dir(folder)
        .expect("schemas that were")
        .flatten()
        .filter_map(|file| {
            let day = file.file_name().to_str()?.strip_suffix(".graphql")?.to_owned();
            Some((day, std::fs::read_to_string(file.path()).ok()?))
        })
        .collect();
    all.sort();
    all
}

#[test]
fn the_generated_log_of_the_schema_lists_every_change_since_the_days_that_were_kept() {
    let kept = kept();
    let mut text = HEAD.to_owned();
    let served = huitu::serve::graphql::sdl();
    let ends =
        kept.iter().skip(1).map(|(day, sdl)| (format!("Until {day}"), sdl)).chain([("Not released yet".to_owned(), &served)]);
    let mut parts = Vec::new();
    for ((day, before), (title, now)) in kept.iter().zip(ends) {
        let found = schema_changes(before, now).expect("two schemas");
        let list = if found.is_empty() { "Nothing.\n\n".to_owned() } else { as_markdown(&found) };
        parts.push(format!("## {title}, since {day}\n\n{list}"));
    }
    parts.reverse();
    text.push_str(&parts.concat());
    crate::generated::compare("docs/src/api/schema-changes.md", &format!("{}\n", text.trim_end()));
}

/// A field that goes says when, half a year ahead at the least, and what is there instead (`docs/src/api/stability.md`).
#[test]
fn what_is_announced_to_go_says_when_and_what_is_instead() {
    let served = huitu::serve::graphql::sdl();
    let nothing = "type Query { nothing: Int }";
    let before = kept().pop().map_or_else(|| nothing.to_owned(), |(_, sdl)| sdl);
    // Where it is used, not where it is declared.
    for (at, _) in served.match_indices(" @deprecated(reason: \"") {
        let reason = served[at..].split('"').nth(1).unwrap_or_default();
        let day = reason
            .split("Goes after ")
            .nth(1)
            .and_then(|rest| rest.get(..10))
            .and_then(|day| day.parse::<chrono::NaiveDate>().ok());
        assert!(day.is_some() && reason.to_lowercase().contains("use "), "say what to use instead and when it goes: {reason:?}");
        let is_new = !before.contains(reason);
        let least = huitu::model::Clock::System.now().date_naive() + chrono::Days::new(180);
        assert!(!is_new || day >= Some(least), "announced today, it stays until {least} at the least: {reason:?}");
    }
}

/// Word by word what `docs/openapi.yaml` says of each route, as a page to read.
#[test]
fn the_generated_page_of_routes_lists_what_openapi_describes() {
    let yaml = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/openapi.yaml")).expect("it is there");
    let paths = yaml.split("\npaths:\n").nth(1).and_then(|rest| rest.split("\ncomponents:").next()).expect("its paths");
    let (mut path, mut method, mut tag) = ("", "", "");
    let mut rows: std::collections::BTreeMap<&str, Vec<String>> = std::collections::BTreeMap::new();
    for line in paths.lines() {
        let depth = line.len() - line.trim_start().len();
        match (depth, line.trim().split_once(':')) {
            (2, Some(_)) => path = line.trim().trim_end_matches(':').trim_matches('\''),
            (4, Some((name, _))) => method = name,
            (6, Some(("tags", list))) => tag = list.trim().trim_matches(['[', ']']),
            (6, Some(("summary", text))) => {
                let text = text.trim().trim_matches('\'').replace("''", "'").replace('|', "\\|");
                rows.entry(tag).or_default().push(format!("| `{}` | `{path}` | {text} |\n", method.to_uppercase()));
            }
            _ => {}
        }
    }
    let mut page = "# Routes outside the graph\n\nEverything else is GraphQL. Parameters, answers and their types stand in `docs/openapi.yaml`, which a running hub has at \
                    `/openapi.yaml`;\nthis list is made of it by `make bless`.\n"
        .to_owned();
    for (tag, rows) in &rows {
        page.push_str(&format!(
            "\n## {}{}\n\n| method | path | what |\n|---|---|---|\n{}",
            tag[..1].to_uppercase(),
            &tag[1..],
            rows.concat()
        ));
    }
    assert!(rows.values().map(Vec::len).sum::<usize>() > 20, "{page}");
    crate::generated::compare("docs/src/api/routes.md", &page);
}

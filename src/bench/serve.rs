//! `huitu bench serve`: what each kind of question costs the server, on generated facts, against the bars of the product.
//!
//! CPU time of the whole process per request, through the router, nothing kept (except where said): what a busy server pays.

use std::path::Path;
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Body;
use axum::http::{Request, StatusCode, header};
use axum::routing::post;
use http_body_util::BodyExt;
use tower::ServiceExt;

pub use super::figure::Figure;
use super::invented_streets;
use crate::edition::{Edition, Filter, synthetic, write};
use crate::hub::Hub;
use crate::serve::{App, Authentication, Options, app};

/// CPU time of this process, all threads.
fn cpu() -> Duration {
    let mut time = libc::timespec { tv_sec: 0, tv_nsec: 0 };
    // SAFETY: `time` is a valid place to write to.
    unsafe { libc::clock_gettime(libc::CLOCK_PROCESS_CPUTIME_ID, &raw mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// Resident memory in megabytes, and the part of it that is not mapped files; 0 where the system does not say.
fn memory_megabytes() -> (f64, f64) {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let field = |name: &str| {
        let line = status.lines().find(|l| l.starts_with(name)).and_then(|l| l.split_whitespace().nth(1)?.parse::<f64>().ok());
        line.unwrap_or(0.0) / 1024.0
    };
    (field("VmRSS:"), field("RssAnon:"))
}

/// The priority of the last enterprise whose records `bench_store` wrote.
fn least_priority(hub: &Hub) -> anyhow::Result<f32> {
    let edition = hub.editions.current()?;
    let last = edition.len().min(20_000) - 1;
    Ok(edition.enterprise(last).priority())
}

fn question(query: &str) -> Request<Body> {
    let body = serde_json::json!({ "query": query }).to_string();
    Request::post("/graphql").header(header::CONTENT_TYPE, "application/json").body(Body::from(body)).expect("a plain request")
}

async fn answer(router: &Router, request: Request<Body>) -> (StatusCode, usize) {
    let response = router.clone().oneshot(request).await.expect("routers do not fail");
    let status = response.status();
    (status, response.into_body().collect().await.map_or(0, |b| b.to_bytes().len()))
}

/// Milliseconds of CPU per request: the median of several rounds.
async fn cost(router: &Router, make: impl Fn(usize) -> Request<Body>, times: usize) -> (f64, usize) {
    let (status, size) = answer(router, make(0)).await;
    assert!(status.is_success(), "a benchmark's question must be answered, got {status}");
    let mut rounds: Vec<f64> = Vec::new();
    for round in 0..7 {
        let started = cpu();
        for i in 0..times {
            answer(router, make(round * times + i)).await;
        }
        rounds.push((cpu() - started).as_secs_f64() * 1e3 / times as f64);
    }
    rounds.sort_by(f64::total_cmp);
    (rounds[rounds.len() / 2], size)
}

/// Whose coverage is counted the first time in an edition.
const FILTERED: [(&str, fn() -> Filter); 3] = [
    ("everything", || Filter::All),
    ("all but the deregistered", || Filter::Not(Box::new(any("status", &["DEREGISTERED"])))),
    ("four facets", || {
        Filter::And(vec![
            Filter::Industry(vec!["C".to_owned(), "I".to_owned()]),
            any("ownership", &["PRIVATE", "FOREIGN"]),
            any("size_class", &["SMALL", "LARGE"]),
            any("status", &["ACTIVE"]),
        ])
    }),
];

/// What questions cost in an edition just opened: the first page, and the same dimensions again and again (the first time rows are gone
/// over, the second time they are put in order).
fn repeated(hub: &Hub) -> anyhow::Result<Vec<Figure>> {
    let by = [crate::edition::Dimension::Town, crate::edition::Dimension::IndustrySection];
    let half = |least| Filter::Employees(crate::edition::Range { gte: Some(least), lte: None });
    let edition = hub.editions.current()?;
    let mut costs = [Vec::new(), Vec::new(), Vec::new()];
    let mut pages = Vec::new();
    for _ in 0..5 {
        let fresh = edition.reopened()?;
        let began = cpu();
        let found = fresh.page(&*fresh.filter(&Filter::InGap)?, &[], 50, None);
        let named = found.rows.iter().map(|row| fresh.enterprise(*row).name().len() + fresh.enterprise(*row).id().len());
        anyhow::ensure!(named.sum::<usize>() > 0, "a page has enterprises");
        pages.push((cpu() - began).as_secs_f64() * 1e3);
        for (costs, least) in costs.iter_mut().zip([50, 51, 52]) {
            let began = cpu();
            fresh.coverage_of(&by, &half(least), 20_000)?;
            costs.push((cpu() - began).as_secs_f64() * 1e3);
        }
    }
    let figure = |(costs, which): (&mut Vec<f64>, &str)| {
        costs.sort_by(f64::total_cmp);
        Figure::at_most(&format!("coverage of half of them, {which} in an edition"), costs[costs.len() / 2], "ms", None)
    };
    pages.sort_by(f64::total_cmp);
    let page = Figure::at_most("first page of the gap list in an edition just opened", pages[pages.len() / 2], "ms", None);
    let counted = costs.iter_mut().zip(["first", "second, which puts rows in order", "third"]).map(figure);
    Ok(std::iter::once(page).chain(counted).collect())
}

fn any(facet: &'static str, values: &[&str]) -> Filter {
    Filter::Any { facet, values: values.iter().map(|v| (*v).to_owned()).collect() }
}

/// Writes the benchmark's edition of `rows` enterprises under `root`, unless it is there already: for millions that takes
/// minutes and gigabytes.
///
/// # Errors
/// The folder cannot be written to.
pub fn prepare(root: &Path, rows: u32) -> anyhow::Result<Vec<Figure>> {
    let editions = root.join("editions");
    if editions.join("000001").exists() {
        return Ok(Vec::new());
    }
    let facts = synthetic::input(1, rows, 1);
    let (started, wall) = (cpu(), Instant::now());
    let manifest = write(&editions, facts)?;
    let wall = wall.elapsed();
    come_to_rest();
    let bytes: u64 = manifest.files.iter().map(|f| f.bytes).sum();
    Ok(vec![
        Figure::at_most("writing the edition, CPU", (cpu() - started).as_secs_f64(), "s", None),
        Figure::at_most("writing the edition, wall clock", wall.as_secs_f64(), "s", None),
        Figure::at_most("size of the edition", bytes as f64 / 1e6, "MB", None),
    ])
}

/// Waits until a thread of its own has given back what was written, half a minute at most: it is counted, and in nobody's way.
fn come_to_rest() {
    const LOOK: Duration = Duration::from_millis(200);
    for _ in 0..150 {
        let before = cpu();
        std::thread::sleep(LOOK);
        if cpu() - before < LOOK / 10 {
            break;
        }
    }
}

/// What of serving is measured.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
pub enum ServePart {
    /// Everything.
    #[default]
    All,
    /// Questions without their rows in the audit, beside a build that had none.
    Questions,
    /// What the audit costs.
    Audit,
}

/// Measures a hub whose edition `prepare` made. A process that only opened it shows what serving needs in memory.
///
/// # Errors
/// The edition or the store cannot be read or written, or an export breaks off or lacks rows.
pub async fn measure(hub: Hub, opened_in: Duration, part: ServePart) -> anyhow::Result<Vec<Figure>> {
    let mut figures = Vec::new();
    if part == ServePart::Audit {
        return super::audited::measure(&hub).await;
    }
    let started = Instant::now();
    {
        let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
        state.refresh().await.map_err(|p| anyhow::anyhow!(p.en))?;
        let ready = Request::get("/readyz").body(Body::empty()).expect("a plain request");
        answer(&app(state), ready).await;
    }
    let ready = (opened_in + started.elapsed()).as_secs_f64() * 1e3;
    figures.push(Figure::at_most("start to ready", ready, "ms", Some(3_000.0)));
    let folder = hub.editions_root().join("000001");
    let edition = Edition::open(&folder)?;
    let rows = f64::from(edition.len());
    let edition = std::sync::Arc::new(edition);
    let records = super::serve_store::fill(&hub, &edition).await?;
    if records > 0 {
        figures.push(Figure::at_most("records written for the detail page", records as f64, "rows", None));
    }
    drop(edition);
    let serve = async |cache_bytes: usize| -> anyhow::Result<Router> {
        let mut options = Options::new(Authentication::Demonstration);
        options.cache_bytes = cache_bytes;
        // What rows of the audit add to kept answers is measured over sockets, where they come together.
        options.is_measured_without_audit = cache_bytes > 0 || part == ServePart::Questions;
        let state = App::new(hub.clone(), options);
        state.refresh().await.map_err(|p| anyhow::anyhow!(p.en))?;
        Ok(app(state))
    };
    let router = serve(0).await?;
    let page = "{ gap(first: 50) { totalCount nodes { id name creditCode employees status address } } }";
    let (uncached, size) = cost(&router, |_| question(page), 40).await;
    figures.push(Figure::at_most("gap page of 50 × 6 fields with exact total", uncached, "ms", Some(1.0)));
    let facets = "{ gap(first: 50, filter: { area: [\"110105\"], industry: [\"C\", \"I\"], ownership: [PRIVATE, FOREIGN], sizeClass: [SMALL, LARGE] }) \
                  { totalCount nodes { id name creditCode employees status address } } }";
    figures.push(Figure::at_most(
        "the same behind a filter of four facets",
        cost(&router, |_| question(facets), 40).await.0,
        "ms",
        Some(1.5),
    ));
    let adhoc = "{ enterprises(first: 50, filter: { employees: { gte: 37, lte: 95 } }) { totalCount nodes { id name } } }";
    figures.push(Figure::at_most(
        "a range of employees over everything",
        cost(&router, |_| question(adhoc), 10).await.0,
        "ms",
        Some(1.0),
    ));
    for (what, filter) in FILTERED {
        let edition = hub.editions.current()?;
        let rows = &*edition.filter(&filter())?;
        let mut firsts = Vec::new();
        for _ in 0..7 {
            let fresh = edition.reopened()?;
            let began = cpu();
            fresh.coverage(&[crate::edition::Dimension::Town, crate::edition::Dimension::IndustrySection], rows, 20_000)?;
            firsts.push((cpu() - began).as_secs_f64() * 1e3);
        }
        firsts.sort_by(f64::total_cmp);
        let what = format!("coverage by street × section, first in an edition, {what}");
        figures.push(Figure::at_most(&what, firsts[firsts.len() / 2], "ms", Some(15.0)));
    }
    figures.extend(repeated(&hub)?);
    let coverage = "{ coverage(by: [TOWN, INDUSTRY_SECTION]) { total { enterprises inGap } } }";
    figures.push(Figure::at_most(
        "coverage by street × section, over GraphQL",
        cost(&router, |_| question(coverage), 10).await.0,
        "ms",
        Some(15.0),
    ));
    for (what, filter) in [
        ("of one district above designated size", "area: [\"110105\"], designatedSize: [ABOVE]"),
        (
            "behind four facets",
            "industry: [\"C\", \"I\"], ownership: [PRIVATE, FOREIGN], sizeClass: [SMALL, LARGE], status: [ACTIVE]",
        ),
        ("of all that are not deregistered", "not: { status: [DEREGISTERED] }"),
        ("of half of them", "employees: { gte: 50 }"),
        (
            "of half of three ownerships",
            "employees: { gte: 50 }, ownership: [PRIVATE, FOREIGN, STATE], not: { status: [DEREGISTERED] }",
        ),
        (
            "of a range of revenue and of days",
            "revenueYuan: { gte: \"9000000\", lte: \"90000000\" }, establishedOn: { gte: \"2001-01-01\" }",
        ),
        ("of a word in the name", "text: \"科技\""),
    ] {
        let question = |_| {
            question(&format!(
                "{{ coverage(by: [TOWN, INDUSTRY_SECTION], filter: {{ {filter} }}) {{ total {{ enterprises inGap }} }} }}"
            ))
        };
        let what = format!("the same {what}");
        figures.push(Figure::at_most(&what, cost(&router, question, 5).await.0, "ms", Some(15.0)));
    }
    let table = "{ coverage(by: [TOWN, INDUSTRY_SECTION]) { rows { keys { code } inGap } } }";
    figures.push(Figure::at_most(
        "the same with all rows written out",
        cost(&router, |_| question(table), 3).await.0,
        "ms",
        Some(15.0),
    ));
    let words = ["科技", "北京", "华宇", "天地", "食品", "信达"];
    let search = |i: usize| {
        question(&format!("{{ search(text: \"{}\", first: 10) {{ matched enterprise {{ id name }} }} }}", words[i % 6]))
    };
    figures.push(Figure::at_most("search as you type, two characters", cost(&router, search, 12).await.0, "ms", Some(5.0)));
    let letters = ["hy", "kj", "huayu", "tiandi", "xdsp", "bjhy"];
    let search = |i: usize| {
        question(&format!("{{ search(text: \"{}\", first: 10) {{ matched enterprise {{ id name }} }} }}", letters[i % 6]))
    };
    figures.push(Figure::at_most("search by pinyin", cost(&router, search, 6).await.0, "ms", None));
    let tile = |i: usize| {
        let address = ["8/210/96", "12/3371/1551", "14/13487/6207", "13/6742/3103"][i % 4];
        Request::get(format!("/tiles/gap/{address}.mvt")).body(Body::empty()).expect("a plain request")
    };
    figures.push(Figure::at_most("tile of the gap list", cost(&router, tile, 12).await.0, "ms", Some(5.0)));
    let coverage = |addresses: [&'static str; 3], more: &'static str| {
        move |i: usize| {
            let address = addresses[i % addresses.len()];
            Request::get(format!("/tiles/coverage/{address}.mvt{more}")).body(Body::empty()).expect("a plain request")
        }
    };
    let (far, near) = (["8/210/96", "7/105/48", "9/421/193"], ["10/843/387", "11/1686/775", "12/3373/1551"]);
    let data = &hub.settings.data;
    invented_streets::import(data)?;
    // Boundaries are read when a server starts.
    let with_streets = serve(0).await?;
    invented_streets::remove(data)?;
    for (what, router, addresses, more) in [
        ("coverage tile of the districts", &router, far, ""),
        ("the same of one district's enterprises", &router, far, "?area=110105"),
        ("coverage tile of imported streets", &with_streets, near, ""),
        ("the same of one district's enterprises, streets", &with_streets, near, "?area=110105"),
    ] {
        let spent = cost(router, coverage(addresses, more), 60).await.0;
        figures.push(Figure::at_most(what, spent, "ms", Some(1.0)));
    }
    let detail = "{ gap(first: 1) { nodes { id name records { nodes { key } } identity { members { method weight evidence { weight } } } \
                  unionCoverage { unions { tradeUnion { name } } reasons { message } } designatedSize { reasons { message inputs { name value } } } } } }";
    figures.push(Figure::at_most(
        "detail from the edition alone: members, evidence, unions, reasons",
        cost(&router, |_| question(detail), 40).await.0,
        "ms",
        None,
    ));
    // Another enterprise every time, its registries' rows read from the store.
    let current = hub.editions.current()?;
    let apart = (current.len() / 400).clamp(1, 100);
    let ids: Vec<String> = (0..400).map(|nth| current.enterprise(nth * apart % current.len()).id().to_owned()).collect();
    let whole = |i: usize| {
        question(&format!(
            "{{ enterprise(by: {{ id: \"{}\" }}) {{ id name creditCode employees area {{ name parent {{ name }} }} \
             records {{ nodes {{ key registry {{ name }} observedAt landedAt fields {{ column raw field value }} }} }} \
             provenance {{ field value rule agreement source {{ registry {{ name }} raw landedAt }} others {{ registry {{ name }} value }} }} \
             unionCoverage {{ verdict unions {{ tradeUnion {{ name members }} kind since }} reasons {{ message }} }} \
             designatedSize {{ verdict reasons {{ message inputs {{ name value }} }} }} gap {{ status priority {{ score factors {{ code points }} }} }} }} }}",
            ids[i % ids.len()]
        ))
    };
    let (whole, detail_size) = cost(&router, whole, 40).await;
    figures.push(Figure::at_most("detail with records, provenance, unions, from the store", whole, "ms", Some(2.0)));
    figures.push(Figure::at_most("size of that answer", detail_size as f64 / 1e3, "kB", None));
    let mut bomb = String::from("{ gap(first: 1) { nodes { ...f0 } } }");
    for level in 0..12 {
        let spreads = format!("...f{} ", level + 1).repeat(300);
        bomb.push_str(&format!(" fragment f{level} on Enterprise {{ {spreads} }}"));
    }
    bomb.push_str(" fragment f12 on Enterprise { name }");
    for (what, document) in [("a fragment bomb of 28 KB, refused", bomb.clone()), ("one of 1 MB, refused", bomb.repeat(36))] {
        let mut times = Vec::new();
        for _ in 0..21 {
            let started = Instant::now();
            answer(&router, question(&document)).await;
            times.push(started.elapsed().as_secs_f64() * 1e3);
        }
        times.sort_by(f64::total_cmp);
        figures.push(Figure::at_most(what, times[times.len() - 1], "ms", Some(20.0)));
    }

    let keeping = serve(64 << 20).await?;
    let (kept, _) = cost(&keeping, |_| question(page), 400).await;
    let body = vec![b'x'; size];
    let empty: Router = Router::new().route(
        "/graphql",
        post(move |bytes: axum::body::Bytes| {
            let body = body.clone();
            async move { if bytes.is_empty() { Vec::new() } else { body } }
        }),
    );
    let (floor, _) = cost(&empty, |_| question(page), 400).await;
    figures.push(Figure::at_most(
        "a kept answer without its row in the audit, above an empty handler of that size",
        (kept - floor) * 1e3,
        "µs",
        Some(10.0),
    ));

    let request = Request::get("/export/enterprises.csv").body(Body::empty()).expect("a plain request");
    let (started, began) = (Instant::now(), cpu());
    let mut body = router.clone().oneshot(request).await.expect("routers do not fail").into_body();
    let mut first = None;
    while let Some(frame) = body.frame().await {
        frame.map_err(|e| anyhow::anyhow!("the export broke off: {e}"))?;
        first.get_or_insert_with(|| started.elapsed());
    }
    let first = first.unwrap_or_default().as_secs_f64() * 1e3;
    figures.push(Figure::at_most("CSV export, first byte", first, "ms", Some(100.0)));
    let rate = rows / started.elapsed().as_secs_f64();
    figures.push(Figure::at_most("CSV export, CPU per row", (cpu() - began).as_secs_f64() * 1e6 / rows, "µs", Some(1.2)));
    figures.push(Figure {
        what: "CSV export, 15 columns with reasons".to_owned(),
        value: rate,
        unit: "rows/s",
        bar: Some(300_000.0),
        higher_is_better: true,
    });
    let columns = "id,name,records.nodes.key,records.nodes.landedAt,provenance.value";
    let request = Request::get(format!(
        "/export/gap.csv?columns={columns}&filter=%7B%22priority%22%3A%7B%22gte%22%3A{:.1}%7D%7D",
        least_priority(&hub)?
    ));
    let request = request.body(Body::empty()).expect("a plain request");
    let began = cpu();
    let response = router.clone().oneshot(request).await.expect("routers do not fail");
    let rows: f64 = response.headers().get("x-huitu-rows").and_then(|v| v.to_str().ok()?.parse().ok()).unwrap_or(0.0);
    let bytes = response.into_body().collect().await.map_err(|e| anyhow::anyhow!("the export broke off: {e}"))?.to_bytes();
    anyhow::ensure!(bytes.iter().filter(|b| **b == b'\n').count() as f64 > rows, "the export has every row");
    figures.push(Figure::at_most(
        "CSV export with records and provenance from the store, CPU per row",
        (cpu() - began).as_secs_f64() * 1e6 / rows,
        "µs",
        Some(12.0),
    ));
    if part == ServePart::All {
        figures.extend(super::audited::measure(&hub).await?);
    }
    let (resident, own) = memory_megabytes();
    figures.push(Figure::at_most("memory without mapped files after all this", own, "MB", Some(1_024.0)));
    figures.push(Figure::at_most("memory with mapped files (the system takes them back)", resident, "MB", None));
    Ok(figures)
}

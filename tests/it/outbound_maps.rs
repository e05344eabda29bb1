//! Maps for other people's clients: announcements that hand on what was asked, tiles that can be drawn one by one, ids that stay.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::http::{HeaderValue, Request, StatusCode, header};
use huitu::edition::synthetic::input;
use huitu::edition::write;
use huitu::hub::Hub;
use huitu::model::Clock;
use huitu::serve::{App, Authentication, Options, app};
use serde_json::{Value, json};

use crate::support::graph::{Served, served, settings};

/// A feature of a tile: its id, its kind, the numbers of its geometry, its properties as they are shown.
#[derive(Debug)]
pub struct Feature {
    id: u64,
    kind: u64,
    geometry: Vec<u64>,
    pub properties: BTreeMap<String, String>,
}

impl Feature {
    /// The first corner.
    fn at(&self) -> (i64, i64) {
        let signed = |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
        (signed(self.geometry[1]), signed(self.geometry[2]))
    }

    /// The rings of polygons, each without its first corner again.
    fn rings(&self) -> Vec<Vec<(i64, i64)>> {
        let signed = |n: u64| (n >> 1) as i64 ^ -((n & 1) as i64);
        let (mut x, mut y) = (0, 0);
        let mut rings: Vec<Vec<(i64, i64)>> = Vec::new();
        let mut commands = self.geometry.iter().copied();
        while let Some(command) = commands.next() {
            match command & 7 {
                1 => rings.push(Vec::new()),
                7 => continue,
                _ => {}
            }
            for _ in 0..command >> 3 {
                x += signed(commands.next().unwrap());
                y += signed(commands.next().unwrap());
                rings.last_mut().unwrap().push((x, y));
            }
        }
        rings
    }
}

/// Fields of a protobuf message: number, and a number or bytes.
fn fields(mut bytes: &[u8]) -> Vec<(u64, u64, &[u8])> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        let tag = varint(&mut bytes);
        let (number, value, length) = match tag & 7 {
            0 => (tag >> 3, varint(&mut bytes), 0),
            1 => (tag >> 3, u64::from_le_bytes(bytes[..8].try_into().unwrap()), 8),
            2 => {
                let length = varint(&mut bytes) as usize;
                (tag >> 3, 0, length)
            }
            other => panic!("wire type {other}"),
        };
        found.push((number, value, &bytes[..length]));
        bytes = &bytes[length..];
    }
    found
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let mut n = 0;
    for shift in (0..).step_by(7) {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        n |= u64::from(byte & 0x7f) << shift;
        if byte < 0x80 {
            break;
        }
    }
    n
}

fn numbers(mut bytes: &[u8]) -> Vec<u64> {
    let mut found = Vec::new();
    while !bytes.is_empty() {
        found.push(varint(&mut bytes));
    }
    found
}

/// The layers of a tile by name.
pub fn layers(tile: &[u8]) -> BTreeMap<String, Vec<Feature>> {
    let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).unwrap();
    let mut found = BTreeMap::new();
    for (_, _, layer) in fields(tile) {
        let parts = fields(layer);
        let of = |number: u64| parts.iter().filter(move |p| p.0 == number);
        let keys: Vec<String> = of(3).map(|p| text(p.2)).collect();
        let values: Vec<String> = of(4)
            .map(|p| match fields(p.2)[0] {
                (1, _, bytes) => text(bytes),
                (3, bits, _) => f64::from_bits(bits).to_string(),
                (7, flag, _) => (flag != 0).to_string(),
                (_, number, _) => number.to_string(),
            })
            .collect();
        let features = of(2).map(|p| {
            let parts = fields(p.2);
            let first = |number: u64| parts.iter().find(|p| p.0 == number).unwrap();
            let tags = numbers(first(2).2);
            let properties = tags.chunks(2).map(|t| (keys[t[0] as usize].clone(), values[t[1] as usize].clone())).collect();
            Feature { id: first(1).1, kind: first(3).1, geometry: numbers(first(4).2), properties }
        });
        found.insert(text(of(1).next().unwrap().2), features.collect());
    }
    found
}

async fn tile(served: &Served, path: &str) -> BTreeMap<String, Vec<Feature>> {
    let request = Request::get(path).header(header::ACCEPT_LANGUAGE, "en").body(Body::empty()).unwrap();
    let (status, _, bytes) = served.send(request).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
    layers(&bytes)
}

async fn tilejson(served: &Served, path: &str, host: &str) -> Value {
    let request = Request::get(path).header(header::HOST, host).header(header::ACCEPT_LANGUAGE, "zh");
    let (status, _, bytes) = served.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{path}: {}", String::from_utf8_lossy(&bytes));
    serde_json::from_slice(&bytes).unwrap()
}

/// The tiles at this zoom that hold the whole invented city.
fn city(z: u32) -> impl Iterator<Item = (u32, u32)> {
    let (x, y) = ((3364 << z) >> 12, (1534 << z) >> 12);
    let (x2, y2) = ((3386 << z) >> 12, (1561 << z) >> 12);
    (x..=x2).flat_map(move |x| (y..=y2).map(move |y| (x, y)))
}

#[tokio::test]
async fn an_announcement_hands_on_what_was_asked_at_the_callers_own_address() {
    let served = served(1_500, |_| {}).await;
    let first = tilejson(&served, "/tiles/gap.json?edition=1", "127.0.0.1:8080").await;
    let second = tilejson(&served, "/tiles/gap.json?edition=1", "localhost:9090").await;
    assert!(first["tiles"][0].as_str().unwrap().starts_with("http://127.0.0.1:8080/tiles/gap/"));
    assert!(second["tiles"][0].as_str().unwrap().starts_with("http://localhost:9090/tiles/gap/"));
    let narrowed = "/tiles/gap.json?area=110108&area=110105&filter=%7B%22ownership%22%3A%5B%22PRIVATE%22%5D%7D&lang=en";
    let told = tilejson(&served, narrowed, "127.0.0.1:8080").await;
    let address = told["tiles"][0].as_str().unwrap();
    for part in ["edition=1", "lang=en", "area=110108%2C110105", "filter=%7B%22ownership"] {
        assert!(address.contains(part), "{address}: {part}");
    }
    // The tiles of that address hold what the graph counts.
    let filter = "{ gap(first: 0, filter: { area: [\"110108\", \"110105\"], ownership: [PRIVATE] }) { totalCount } }";
    let total = served.data(filter, json!({})).await["gap"]["totalCount"].as_u64().unwrap();
    let path = address.strip_prefix("http://127.0.0.1:8080").unwrap().replace("{z}/{x}/{y}", "0/0/0");
    let counted: u64 = tile(&served, &path).await["clusters"].iter().map(|f| f.properties["count"].parse::<u64>().unwrap()).sum();
    assert_eq!(counted, total);
    let [west, south, east, north] = [0, 1, 2, 3].map(|i| told["bounds"][i].as_f64().unwrap());
    assert!(west < 115.5 && south < 39.5 && east > 117.4 && north > 40.9, "the outlines lie inside: {}", told["bounds"]);
    assert!(told["attribution"].as_str().unwrap().contains("not a legal boundary"));
    // A filter that cannot be is refused here, not tile by tile.
    let wrong = Request::get("/tiles/gap.json?area=nowhere").body(Body::empty()).unwrap();
    assert_eq!(served.send(wrong).await.0, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn behind_a_proxy_the_public_address_and_its_path_count() {
    let root = tempfile::tempdir().unwrap();
    write(&root.path().join("editions"), input(1, 100, 11)).unwrap();
    let mut settings = settings(root.path());
    settings.public_url = Some("https://hub.example/huitu".to_owned());
    let at = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    let hub = Hub::open(settings, Clock::fixed(at)).await.unwrap();
    let state = App::new(hub, Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };
    let told = tilejson(&served, "/tiles/coverage.json", "localhost").await;
    assert!(told["tiles"][0].as_str().unwrap().starts_with("https://hub.example/huitu/tiles/coverage/{z}/{x}/{y}.mvt?"));
    let manifest = tilejson(&served, "/reconcile", "localhost").await;
    assert_eq!(manifest["preview"]["url"], "https://hub.example/huitu/reconcile/preview?id={{id}}");
}

#[tokio::test]
async fn a_point_near_the_edge_of_a_tile_is_in_the_neighbour_too() {
    let served = served(3_000, |_| {}).await;
    let total = served.data("{ gap(first: 0) { totalCount } }", json!({})).await["gap"]["totalCount"].as_u64().unwrap();
    for z in [12, 13] {
        let (mut inside, mut around) = (0, 0);
        for (x, y) in city(z) {
            for (name, features) in tile(&served, &format!("/tiles/gap/{z}/{x}/{y}.mvt")).await {
                for feature in features {
                    let (px, py) = feature.at();
                    assert!((-128..4224).contains(&px) && (-128..4224).contains(&py), "{px} {py}");
                    let count = if name == "points" { 1 } else { feature.properties["count"].parse().unwrap() };
                    match (0..4096).contains(&px) && (0..4096).contains(&py) {
                        true => inside += count,
                        false => around += count,
                    }
                }
            }
        }
        assert_eq!(inside, total, "zoom {z}: without the buffers each enterprise is there once");
        assert!(around > 0, "zoom {z}");
    }
}

#[tokio::test]
async fn a_points_id_and_priority_are_those_of_the_enterprise() {
    let served = served(2_000, |_| {}).await;
    write(&served.root.path().join("editions"), input(2, 2_100, 11)).unwrap();
    served.state.refresh().await.unwrap();
    let ids = async |edition: u32| {
        let mut found = BTreeMap::new();
        for (x, y) in city(12) {
            let mut layers = tile(&served, &format!("/tiles/gap/12/{x}/{y}.mvt?edition={edition}")).await;
            for f in layers.remove("points").unwrap_or_default() {
                assert!(f.id > 0 && f.id < 1 << 53, "a number that JavaScript holds");
                found.insert(f.properties["id"].clone(), (f.id, f.properties["priority"].clone()));
            }
        }
        found
    };
    let (before, now) = (ids(1).await, ids(2).await);
    let both: Vec<&String> = before.keys().filter(|id| now.contains_key(*id)).collect();
    assert!(both.len() > 50, "{}", both.len());
    assert!(both.iter().all(|id| before[*id].0 == now[*id].0));
    let numbers: std::collections::BTreeSet<u64> = now.values().map(|v| v.0).collect();
    assert_eq!(numbers.len(), now.len(), "no two share one");
    let (id, (_, priority)) = now.iter().next().unwrap();
    let asked =
        served.data("query($id: ID!) { enterprise(by: { id: $id }) { gap { priority { score } } } }", json!({ "id": id })).await;
    assert_eq!(asked["enterprise"]["gap"]["priority"]["score"].to_string().trim_end_matches(".0"), priority);
}

#[tokio::test]
async fn coverage_is_a_layer_of_areas_with_the_graphs_numbers() {
    let served = served(2_000, |_| {}).await;
    let query = "{ coverage(by: [DISTRICT]) { rows { keys { code } enterprises inGap coverageRate { value } } } }";
    let rows = served.data(query, json!({})).await["coverage"]["rows"].take();
    let layers = tile(&served, "/tiles/coverage/5/26/12.mvt").await;
    assert!(layers["areas"].len() >= 12, "{}", layers["areas"].len());
    for area in &layers["areas"] {
        let code = &area.properties["code"];
        assert_eq!((area.kind, &area.id.to_string()), (3, code));
        let row = rows.as_array().unwrap().iter().find(|row| row["keys"][0]["code"] == code.as_str());
        let Some(row) = row else {
            assert_eq!(area.properties["enterprises"], "0", "{code} has nobody");
            continue;
        };
        assert_eq!(area.properties["enterprises"], row["enterprises"].to_string());
        assert_eq!(area.properties["inGap"], row["inGap"].to_string());
        let rate: f64 = area.properties["coverageRate"].parse().unwrap();
        assert!((rate - row["coverageRate"]["value"].as_f64().unwrap()).abs() < 1e-9);
        assert_eq!(area.properties["suppressed"], "false");
    }
    assert!(layers["labels"].iter().all(|f| f.kind == 1) && layers["labels"].len() >= 16);
    // Far away there is nothing, and a tile inside one district is filled to its buffer.
    assert!(tile(&served, "/tiles/coverage/5/1/1.mvt").await.is_empty());
    let deep = tile(&served, "/tiles/coverage/16/53959/24832.mvt").await;
    assert_eq!(deep["areas"].len(), 1, "{deep:?}");
}

#[tokio::test]
async fn streets_stand_in_the_middle_of_their_enterprises_or_say_that_they_stand_with_their_district() {
    let served = served(6_000, |_| {}).await;
    let request = Request::get("/geo/streets.geojson").body(Body::empty()).unwrap();
    let streets: Value = serde_json::from_slice(&served.send(request).await.2).unwrap();
    let (mut places, mut own) = (std::collections::BTreeSet::new(), 0);
    for feature in streets["features"].as_array().unwrap().iter().filter(|f| f["id"] != "") {
        assert_eq!(feature["geometry"]["type"], "Point", "{feature}");
        let p = &feature["properties"];
        match p["labelBasis"].as_str().unwrap() {
            "TOWN" => {
                own += 1;
                places.insert(p["labelPoint"].to_string());
            }
            other => assert_eq!(other, "DISTRICT"),
        }
    }
    assert!(own > 100 && places.len() * 10 > own * 9, "{own} streets stand on {} points", places.len());
    // Below zoom 12 clusters stand for streets, and hold everybody.
    let total = served.data("{ gap(first: 0) { totalCount } }", json!({})).await["gap"]["totalCount"].as_u64().unwrap();
    let (mut counted, mut clusters) = (0, 0);
    for (x, y) in city(10) {
        for f in tile(&served, &format!("/tiles/gap/10/{x}/{y}.mvt")).await.remove("clusters").unwrap_or_default() {
            let (px, py) = f.at();
            if (0..4096).contains(&px) && (0..4096).contains(&py) {
                counted += f.properties["count"].parse::<u64>().unwrap();
                clusters += 1;
            }
        }
    }
    assert_eq!(counted, total);
    assert!(clusters > 100, "{clusters}");
}

#[tokio::test]
async fn what_an_edition_pins_is_kept_and_what_is_newest_is_asked_again() {
    let served = served(400, |_| {}).await;
    let keeps = async |path: String| {
        let (_, headers, _) = served.send(Request::get(path).body(Body::empty()).unwrap()).await;
        assert!(headers.contains_key(header::ETAG));
        headers[header::CACHE_CONTROL].to_str().unwrap().to_owned()
    };
    let is_pinned = |keeps: &str| keeps.contains("private") && keeps.contains("max-age=") && keeps.contains("immutable");
    let told = tilejson(&served, "/tiles/coverage.json?edition=1", "localhost:7070").await;
    let address = told["tiles"][0].as_str().unwrap();
    let (_, drawn) = address.rsplit_once("boundaries=").expect("the outlines that ship have a name too");
    for path in ["/tiles/gap/12/3372/1552.mvt", "/export/gap.csv", "/export/enterprises.xlsx"] {
        let pinned = keeps(format!("{path}?edition=1")).await;
        assert!(is_pinned(&pinned), "{path}: {pinned}");
        assert!(keeps(path.to_owned()).await.contains("no-cache"), "{path}");
    }
    // Other outlines may be imported tomorrow: what draws them is kept under an address that names them, and what names that is asked again.
    for path in ["/tiles/coverage/8/210/96.mvt", "/geo/districts.geojson", "/geo/streets.geojson"] {
        let pinned = keeps(format!("{path}?edition=1&boundaries={drawn}")).await;
        assert!(is_pinned(&pinned), "{path}: {pinned}");
        assert!(keeps(format!("{path}?edition=1")).await.contains("no-cache"), "{path}");
    }
    for path in ["/tiles/gap.json", "/tiles/coverage.json", "/map/style.json"] {
        assert!(keeps(format!("{path}?edition=1")).await.contains("no-cache"), "{path}");
    }
}

/// What is drawn of outlines, or says whose they are.
const DRAWN: [&str; 4] =
    ["/geo/streets.geojson?edition=1", "/tiles/coverage/10/843/387.mvt?edition=1", "/tiles/coverage.json", "/map/style.json"];

#[tokio::test]
async fn a_deployers_boundaries_are_drawn_everywhere_with_whose_they_are() {
    use huitu::serve::maps::boundaries::{BoundaryReading, keep, read};
    let root = tempfile::tempdir().unwrap();
    let mut facts = input(1, 400, 11);
    // One street that the reference knows too.
    let town = facts.labels.areas.iter_mut().find(|a| a.level == "TOWN" && a.code.starts_with("110105")).unwrap();
    let code = town.code.clone();
    let ring = json!([[[116.30, 39.90], [116.50, 39.90], [116.50, 40.00], [116.30, 40.00], [116.30, 39.90]]]);
    let text = json!({ "type": "FeatureCollection", "features": [
        { "type": "Feature", "properties": { "code": code }, "geometry": { "type": "Polygon", "coordinates": ring } } ] });
    write(&root.path().join("editions"), facts).unwrap();
    let found = read(&text.to_string(), &BoundaryReading::default()).unwrap();
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    let at = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    let hub = Hub::open(settings(root.path()), Clock::fixed(at)).await.unwrap();
    let started = async |root| {
        let state = App::new(hub.clone(), Options::new(Authentication::Demonstration));
        state.refresh().await.unwrap();
        Served { root, router: app(state.clone()), state }
    };
    let asked = async |served: &Served, path: &str, tag: Option<&HeaderValue>| {
        let request = tag.into_iter().fold(Request::get(path), |request, tag| request.header(header::IF_NONE_MATCH, tag));
        served.send(request.body(Body::empty()).unwrap()).await
    };
    let before = started(tempfile::tempdir().unwrap()).await;
    let kept = tilejson(&before, "/tiles/coverage.json?edition=1", "localhost:7070").await;
    let kept = kept["tiles"][0].as_str().unwrap().to_owned();
    let mut tags = Vec::new();
    for path in DRAWN {
        tags.push(asked(&before, path, None).await.1[header::ETAG].clone());
    }
    keep(root.path(), &found, "某某测绘院", Some("京S(2026)001号")).unwrap();
    let served = started(root).await;
    for (path, tag) in DRAWN.iter().zip(&tags) {
        let (status, headers, _) = asked(&served, path, Some(tag)).await;
        assert_eq!(status, StatusCode::OK, "{path}: what a client has is drawn of other outlines");
        assert!(!headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"), "{path} does not say of which outlines");
    }
    let request = Request::get("/geo/streets.geojson").body(Body::empty()).unwrap();
    let streets: Value = serde_json::from_slice(&served.send(request).await.2).unwrap();
    let street = streets["features"].as_array().unwrap().iter().find(|f| f["id"] == code.as_str()).unwrap();
    assert_eq!(street["geometry"]["type"], "MultiPolygon");
    // The districts are still those that ship, and say so.
    let said = streets["attribution"].as_str().unwrap();
    assert!(said.starts_with("某某测绘院 审图号：京S(2026)001号; ") && said.ends_with("not a legal boundary"), "{said}");
    assert_eq!(streets["isDemonstration"], true);
    let told = tilejson(&served, "/tiles/coverage.json", "localhost:7070").await;
    assert_eq!(told["attribution"], streets["attribution"]);
    let address = told["tiles"][0].as_str().unwrap();
    assert!(address.contains("&boundaries="), "{address}");
    let of = |address: &str| address.rsplit_once("boundaries=").unwrap().1.to_owned();
    assert_ne!(of(&kept), of(address), "what was kept for a week before the first import stands at another address");
    let path = address.strip_prefix("http://localhost:7070").unwrap().replace("{z}/{x}/{y}", "10/843/387");
    let (_, headers, _) = asked(&served, &path, None).await;
    assert!(headers[header::CACHE_CONTROL].to_str().unwrap().contains("immutable"), "{path}");
    let (_, digest) = path.rsplit_once("boundaries=").unwrap();
    for path in ["/geo/districts.geojson", "/tiles/gap/10/843/387.mvt", "/tiles/coverage/10/843/387.mvt"] {
        let (status, _, told) = asked(&served, &format!("{path}?boundaries=00000000"), None).await;
        let told: Value = serde_json::from_slice(&told).unwrap();
        assert_eq!((status, &told["error"]["hint"]), (StatusCode::NOT_FOUND, &json!(digest)), "{path}");
    }
    let style: Value = serde_json::from_slice(&asked(&served, "/map/style.json", None).await.2).unwrap();
    for address in [&style["sources"]["districts"]["data"], &style["sources"]["coverage"]["tiles"][0]] {
        assert!(address.as_str().unwrap().ends_with(&format!("&boundaries={digest}")), "{address}");
    }
    let layers = tile(&served, &path).await;
    assert!(layers["areas"].iter().any(|f| f.kind == 3 && f.properties["code"] == code), "streets from zoom 10 on");
    let far = tile(&served, &path.replace("10/843/387", "7/105/48")).await;
    assert!(far["areas"].iter().all(|f| f.properties["code"].len() == 6), "districts from afar");
}

/// Three hundred invented streets side by side, in a frame of straight lines; what lies between two of them winds, with a corner every
/// eighty metres.
fn dense_streets(codes: &[String]) -> Value {
    const COLUMNS: usize = 20;
    const ROWS: usize = 15;
    type Line = Vec<(f64, f64)>;
    let mut state = 7_u64;
    let mut chance = move || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) as f64 / f64::from(1_u32 << 31) * 2.0 - 1.0
    };
    let mut node = vec![[(0.0, 0.0); ROWS + 1]; COLUMNS + 1];
    for (i, column) in node.iter_mut().enumerate() {
        for (j, at) in column.iter_mut().enumerate() {
            let (x, y) = (if i % COLUMNS == 0 { 0.0 } else { chance() }, if j % ROWS == 0 { 0.0 } else { chance() });
            *at = (115.7 + i as f64 * 0.06 + x * 0.009, 39.5 + j as f64 * 0.055 + y * 0.008);
        }
    }
    let mut between = |a: (f64, f64), b: (f64, f64), winds: bool| -> Line {
        let mut line = vec![a, b];
        for _ in 0..if winds { 6 } else { 0 } {
            let mut finer = Vec::new();
            for pair in line.windows(2) {
                let (p, q) = (pair[0], pair[1]);
                let by = chance() * 0.05;
                finer.extend([p, ((p.0 + q.0) / 2.0 - (q.1 - p.1) * by, (p.1 + q.1) / 2.0 + (q.0 - p.0) * by)]);
            }
            finer.push(b);
            line = finer;
        }
        line
    };
    let mut across: BTreeMap<(usize, usize), Line> = BTreeMap::new();
    let mut along: BTreeMap<(usize, usize), Line> = BTreeMap::new();
    for i in 0..=COLUMNS {
        for j in 0..=ROWS {
            if i < COLUMNS {
                across.insert((i, j), between(node[i][j], node[i + 1][j], j % ROWS != 0));
            }
            if j < ROWS {
                along.insert((i, j), between(node[i][j], node[i][j + 1], i % COLUMNS != 0));
            }
        }
    }
    let ring = |at: usize| -> Vec<[f64; 2]> {
        let (i, j) = (at % COLUMNS, at / COLUMNS);
        let forwards = across[&(i, j)].iter().chain(&along[&(i + 1, j)]);
        let all = forwards.chain(across[&(i, j + 1)].iter().rev()).chain(along[&(i, j)].iter().rev());
        let mut ring: Vec<[f64; 2]> = all.map(|(x, y)| [*x, *y]).collect();
        ring.dedup();
        ring
    };
    let feature = |(at, code): (usize, &String)| json!({ "type": "Feature", "properties": { "code": code }, "geometry": { "type": "Polygon", "coordinates": [ring(at)] } });
    let features: Vec<Value> = codes.iter().take(COLUMNS * ROWS).enumerate().map(feature).collect();
    json!({ "type": "FeatureCollection", "features": features })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn dense_boundaries_are_sent_as_finely_as_a_zoom_can_show_and_without_slivers() {
    use huitu::serve::maps::boundaries::{BoundaryReading, keep, read};
    let root = tempfile::tempdir().unwrap();
    let mut facts = input(1, 400, 11);
    let known = huitu::model::reference::areas::areas().towns();
    let codes: Vec<String> = known.iter().take(300).map(|town| town.code.to_string()).collect();
    assert_eq!(codes.len(), 300);
    let label = facts.labels.areas.iter().find(|a| a.level == "TOWN").unwrap().clone();
    for code in &codes {
        if facts.labels.areas.iter().all(|a| a.code != *code) {
            let mut label = label.clone();
            (label.code, label.parent) = (code.clone(), Some(code[..6].to_owned()));
            facts.labels.areas.push(label);
        }
    }
    write(&root.path().join("editions"), facts).unwrap();
    let found = read(&dense_streets(&codes).to_string(), &BoundaryReading::default()).unwrap();
    assert!(found.faults.is_empty(), "{:?}", found.faults);
    assert_eq!(found.streets.len(), 300);
    keep(root.path(), &found, "某某测绘院", None).unwrap();
    let at = chrono::DateTime::from_timestamp(1_790_100_000, 0).unwrap();
    let hub = Hub::open(settings(root.path()), Clock::fixed(at)).await.unwrap();
    let state = App::new(hub, Options::new(Authentication::Demonstration));
    state.refresh().await.unwrap();
    let served = Served { root, router: app(state.clone()), state };

    let packed = async |path: &str| {
        let request = Request::get(path).header(header::ACCEPT_ENCODING, "br").body(Body::empty()).unwrap();
        let (status, headers, bytes) = served.send(request).await;
        assert_eq!((status, headers[header::CONTENT_ENCODING].to_str().unwrap()), (StatusCode::OK, "br"), "{path}");
        bytes.len()
    };
    // What a window of a thousand pixels shows first: six tiles around the middle.
    let mut bytes = 0;
    for (x, y) in [842, 843, 844].into_iter().flat_map(|x| [387, 388].map(|y| (x, y))) {
        bytes += packed(&format!("/tiles/coverage/10/{x}/{y}.mvt")).await;
    }
    assert!((5_000..=30_000).contains(&bytes), "the first view: {bytes} bytes");
    let overview = packed("/geo/streets.geojson").await;
    assert!((5_000..=30_000).contains(&overview), "streets.geojson: {overview} bytes");
    assert!(packed("/geo/streets.geojson?detail=full").await > 5 * overview, "all corners where they are asked for");
    let refused = served.send(Request::get("/geo/streets.geojson?detail=fine").body(Body::empty()).unwrap()).await;
    assert_eq!(refused.0, StatusCode::BAD_REQUEST);

    // Every border inside is gone once in each direction: nothing lies between two streets, and nothing in both.
    let mut edges = 0;
    for path in ["/tiles/coverage/10/843/387.mvt", "/tiles/coverage/12/3373/1551.mvt", "/tiles/coverage/16/53977/24824.mvt"] {
        let mut gone: BTreeMap<((i64, i64), (i64, i64)), i32> = BTreeMap::new();
        for ring in tile(&served, path).await["areas"].iter().flat_map(Feature::rings) {
            for (at, from) in ring.iter().enumerate() {
                let to = &ring[(at + 1) % ring.len()];
                let inside = |(x, y): &(i64, i64)| (1..4096).contains(x) && (1..4096).contains(y);
                if inside(from) && inside(to) {
                    *gone.entry((*from.min(to), *from.max(to))).or_default() += if from < to { 1 } else { -1 };
                    edges += 1;
                }
            }
        }
        let alone: Vec<_> = gone.iter().filter(|(_, sum)| **sum != 0).collect();
        assert!(alone.is_empty(), "{path}: {alone:?}");
    }
    assert!(edges > 500, "{edges}");
    let request = Request::get("/geo/streets.geojson").body(Body::empty()).unwrap();
    let streets: Value = serde_json::from_slice(&served.send(request).await.2).unwrap();
    let step = |value: &Value| (value.as_f64().unwrap() * 1e4).round() as i64;
    let mut gone: BTreeMap<((i64, i64), (i64, i64)), i32> = BTreeMap::new();
    for feature in streets["features"].as_array().unwrap().iter().filter(|f| f["geometry"]["type"] == "MultiPolygon") {
        let ring = feature["geometry"]["coordinates"][0][0].as_array().unwrap();
        assert!(ring.len() >= 4 && ring.first() == ring.last(), "{feature}");
        for pair in ring.windows(2) {
            let (from, to) = ((step(&pair[0][0]), step(&pair[0][1])), (step(&pair[1][0]), step(&pair[1][1])));
            *gone.entry((from.min(to), from.max(to))).or_default() += if from < to { 1 } else { -1 };
        }
    }
    let on_frame = |(x, y): (i64, i64)| [1_157_000, 1_169_000].contains(&x) || [395_000, 403_250].contains(&y);
    let alone: Vec<_> = gone.into_iter().filter(|(_, sum)| *sum != 0).map(|(edge, _)| edge).collect();
    assert!(!alone.is_empty() && alone.iter().all(|(from, to)| on_frame(*from) && on_frame(*to)), "{alone:?}");
}

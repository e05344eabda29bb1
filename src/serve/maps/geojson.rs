//! Areas with their measures, as GeoJSON for map clients: `/geo/districts.geojson`, `/geo/streets.geojson`.
//!
//! Every area of the edition is there, also where nothing was counted; what has no known area is a feature of its own
//! without geometry. Nothing is dropped.

use std::collections::HashMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::places::KnownPlaces;
use crate::edition;
use crate::edition::Measures;
use crate::edition::format::rates;
use crate::serve::counts::ToldCounts;
use crate::serve::graphql::model::coverage::{Dimension, group_name};
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::{RestRequest, not_found, refuse};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

/// `GET /geo/{level}.geojson`: measures of the filter's enterprises joined to their areas.
pub async fn geojson(
    State(state): State<ServerState>,
    State(known): State<KnownPlaces>,
    Path(file): Path<String>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let asked = RestRequest::new(&state, &uri, &headers, RouteParameters::filtered(&["detail", "boundaries"])).await;
    let plain = match asked.and_then(|plain| plain.drawn_with(&known.boundaries().digest, &headers)) {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let (level, dimension) = match file.as_str() {
        "districts.geojson" => ("DISTRICT", edition::Dimension::District),
        "streets.geojson" => ("TOWN", edition::Dimension::Town),
        _ => {
            let problem = not_found(
                "没有这个图层：可用 districts.geojson、streets.geojson",
                "no such layer: districts.geojson and streets.geojson are served",
            );
            return refuse(&problem, plain.lang, &plain.id);
        }
    };
    let draw = || {
        let whole = match plain.parameter("detail") {
            None | Some("overview") => false,
            Some("full") => true,
            Some(other) => {
                return Err(Problem::bad_input(
                    format!("detail 没有取值 {other}：overview 为全市概览，full 为全部角点"),
                    format!("detail has no value {other}: overview is for a map of the whole city, full has all corners"),
                )
                .remedy("overview, full"));
            }
        };
        collection(&plain, &known, (level, dimension), whole)
    };
    plain.kept(&uri, "application/geo+json", draw).await
}

/// What was counted by area, and which areas are too small to be told.
pub struct Counted {
    by_code: HashMap<String, (Measures, bool)>,
    pub total: Measures,
    pub is_small: bool,
    pub rounded_to: Option<u64>,
}

impl Counted {
    /// The measures of an area, and whether it is too small to be told. Rounded counts do not tell an area that has none from one that
    /// has few.
    pub fn of(&self, code: &str) -> (Measures, bool) {
        self.by_code.get(code).copied().unwrap_or((Measures::default(), self.rounded_to.is_some()))
    }
}

/// Counts the enterprises of the filter by area.
pub fn counted(plain: &RestRequest, dimension: edition::Dimension) -> Result<Counted, Problem> {
    let ToldCounts { groups, total, is_small, rounded_to } =
        ToldCounts::of(&plain.ask, &plain.edition, &[dimension], &plain.counted_filter()?, 50_000)?;
    let by_code = groups.into_iter().map(|(g, hidden)| (g.keys[0].clone(), (g.measures, hidden))).collect();
    Ok(Counted { by_code, total, is_small, rounded_to })
}

/// The areas of a level as features, with all corners of their outlines or as an overview, and the measures of all of them together.
pub fn features(
    plain: &RestRequest,
    known: &KnownPlaces,
    (level, dimension): (&str, edition::Dimension),
    whole: bool,
) -> Result<(Vec<Value>, Value), Problem> {
    let edition = &plain.edition;
    let (places, boundaries) = (known.of(edition)?, known.boundaries());
    let counted = counted(plain, dimension)?;
    let mut codes: Vec<String> = edition.labels.areas.iter().filter(|a| a.level == level).map(|a| a.code.clone()).collect();
    codes.extend(counted.by_code.keys().filter(|code| edition.area(code).is_none_or(|a| a.level != level)).cloned());
    codes.sort_unstable();
    codes.dedup();
    let features: Vec<Value> = codes
        .iter()
        .map(|code| {
            let label = edition.area(code);
            // What has no known area stands nowhere; of an area that has no point of its own, its district's or city's is known.
            let stand = (!code.is_empty()).then(|| places.stand(edition, code)).flatten().filter(|s| s.basis != "UNKNOWN");
            let point = stand.map(|stand| json!([stand.at.0, stand.at.1]));
            let outline = boundaries.geometry(code, whole).cloned();
            let geometry = outline.or_else(|| point.clone().map(|at| json!({ "type": "Point", "coordinates": at })));
            let (of_area, is_hidden) = counted.of(code);
            let mut properties = measures(&of_area, is_hidden);
            properties["code"] = json!(code);
            properties["name"] = json!(group_name(edition, Dimension::from(dimension), code, plain.lang));
            properties["parent"] = json!(label.and_then(|l| l.parent.as_deref()));
            properties["labelPoint"] = json!(point);
            properties["labelBasis"] = json!(stand.map(|stand| stand.basis));
            json!({ "type": "Feature", "id": code, "geometry": geometry, "properties": properties })
        })
        .collect();
    let mut total = measures(&counted.total, counted.is_small);
    if let Some(least) = counted.rounded_to {
        total["roundedTo"] = json!(least);
    }
    Ok((features, total))
}

fn collection(
    plain: &RestRequest,
    known: &KnownPlaces,
    level: (&str, edition::Dimension),
    whole: bool,
) -> Result<Vec<u8>, Problem> {
    let (features, total) = features(plain, known, level, whole)?;
    let (edition, places) = (&plain.edition, known.of(&plain.edition)?);
    let collection = json!({
        "type": "FeatureCollection",
        "edition": { "number": edition.number(), "asOf": edition.manifest.as_of },
        "attribution": known.boundaries().attribution,
        "isDemonstration": known.boundaries().is_demonstration(),
        "bbox": places.bounds,
        "total": total,
        "features": features,
    });
    serde_json::to_vec(&collection).map_err(|_| Problem::internal())
}

/// Counts and rates of a group, under the names of the graph's CoverageRow; where it is too small to be told, `suppressed` and no counts.
fn measures(m: &Measures, suppressed: bool) -> Value {
    if suppressed {
        return json!({ "suppressed": true });
    }
    let mut told = json!({ "suppressed": false });
    for count in rates::COUNTS.iter().filter(|count| count.is_on_map) {
        told[count.name] = json!((count.of)(m));
    }
    for rate in rates::RATES.iter().filter(|rate| rate.is_on_map) {
        told[rate.name] = json!(rate.value(m));
    }
    told
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_feature_has_the_graphs_numbers_under_the_graphs_names() {
        let m = Measures { enterprises: 12, in_scope: 10, unionised: 7, gap_covered: 3, ..Measures::default() };
        let told = measures(&m, false);
        assert_eq!((&told["covered"], &told["coverageRate"]), (&json!(7), &json!(0.7)));
        assert_eq!(told["independentRate"], Value::Null, "nothing above designated size: no rate");
        for count in rates::COUNTS.iter().filter(|count| count.is_on_map) {
            assert!(told[count.name].is_u64(), "{}", count.name);
        }
        assert_eq!(measures(&m, true), json!({ "suppressed": true }));
    }
}

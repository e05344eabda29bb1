//! `/tiles/places/{z}/{x}/{y}.mvt` and `/tiles/places.json`: centres, stations, buildings and parks of the federation, for callers who may
//! review.
//!
//! Below zoom 12 places of a kind that lie close together are one point with their number; from there on every place stands by itself, with
//! how many of its enterprises lack a union. They rest on what was entered, not on an edition alone: they are asked again each time.

use std::collections::BTreeMap;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use serde_json::{Value, json};

use super::mvt::{EXTENT, Layer, Property};
use super::places::cell;
use super::tile_address::{MAX_ZOOM, Tile};
use crate::access::AccessScope;
use crate::federation::place::{PlaceKind, UnionPlace};
use crate::hub::federation_homes::PlaceRows;
use crate::model::verdict::GapStatus;
use crate::serve::answers::filter::no_unit;
use crate::serve::http::parameters::RouteParameters;
use crate::serve::http::rest::{RestRequest, not_found};
use crate::serve::problem::Problem;
use crate::serve::state::ServerState;

/// From here on every place stands by itself.
pub const PLACES_FROM: u32 = 12;
/// Places this near to each other, in tile units, are one point below that.
const NEAR: i32 = EXTENT as i32 / 32;
/// What the routes take beside edition and language.
const TAKES: RouteParameters = RouteParameters::plain(&["within", "kind"]).on_federation();

/// `GET /tiles/places/{z}/{x}/{y}.mvt`
pub async fn tile(
    State(state): State<ServerState>,
    Path((z, x, y)): Path<(String, String, String)>,
    uri: Uri,
    headers: HeaderMap,
) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, TAKES).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let Some(tile) = Tile::parse(&z, &x, &y) else {
        return plain.refuse(&not_found(
            "没有这个瓦片：/tiles/places/{z}/{x}/{y}.mvt，z 不超过 20",
            "no such tile: /tiles/places/{z}/{x}/{y}.mvt with z at most 20",
        ));
    };
    // Kept answers are for callers who see the same; whoever may not see it is refused before one is looked for.
    let asked = match PlacesAsked::of(&plain) {
        Ok(asked) => asked,
        Err(problem) => return plain.refuse(&problem),
    };
    // Where places are is the federation's own: it was opened to the caller, so that who looks is noted.
    plain.kept(&uri, "application/vnd.mapbox-vector-tile", || Ok(asked.tile(tile))).await
}

/// `GET /tiles/places.json`
pub async fn tilejson(State(state): State<ServerState>, uri: Uri, headers: HeaderMap) -> Response {
    let plain = match RestRequest::new(&state, &uri, &headers, TAKES.with_addresses()).await {
        Ok(plain) => plain,
        Err(refused) => return *refused,
    };
    let asked = match PlacesAsked::of(&plain) {
        Ok(asked) => asked,
        Err(problem) => return plain.refuse(&problem),
    };
    let made = || {
        let points: Vec<(f64, f64)> = asked.places().filter_map(|(_, place)| place.point).collect();
        let [west, south, east, north] = bounds(&points).map(|degrees| (degrees * 1e5).round() / 1e5);
        let around = |a: f64, b: f64| ((a + b) * 5e4).round() / 1e5;
        serde_json::to_vec(&json!({
            "tilejson": "3.0.0",
            "name": "places",
            "description": plain.lang.pick("工会服务站点、楼宇和园区", "service centres and stations, office buildings and parks"),
            "version": format!("{}.0.0", plain.edition.number()),
            "attribution": "",
            "scheme": "xyz",
            "tiles": [format!("{}/tiles/places/{{z}}/{{x}}/{{y}}.mvt?{}", plain.base, plain.handed_on())],
            "minzoom": 0, "maxzoom": MAX_ZOOM,
            "bounds": [west, south, east, north],
            "center": [around(west, east), around(south, north), 8],
            "vector_layers": layers(),
        }))
        .map_err(|_| Problem::internal())
    };
    plain.kept(&uri, "application/json", made).await
}

/// The layers, and what a feature of them says.
fn layers() -> Value {
    json!([
        { "id": "places", "fields": {
            "code": "String", "name": "String", "kind": "String", "joint": "Boolean", "officers": "Number", "covered": "Number", "lacking": "Number",
        } },
        { "id": "clusters", "fields": { "kind": "String", "count": "Number" } },
    ])
}

/// What holds all points; the world where there is none.
fn bounds(points: &[(f64, f64)]) -> [f64; 4] {
    let fold = |of: fn(&(f64, f64)) -> f64, pick: fn(f64, f64) -> f64| points.iter().map(of).reduce(pick);
    let (east, north) = (|p: &(f64, f64)| p.0, |p: &(f64, f64)| p.1);
    match (fold(east, f64::min), fold(north, f64::min), fold(east, f64::max), fold(north, f64::max)) {
        (Some(west), Some(south), Some(east), Some(north)) => [west, south, east, north],
        _ => [-180.0, -85.0, 180.0, 85.0],
    }
}

/// The places that a caller asks for and may see.
struct PlacesAsked<'a> {
    plain: &'a RestRequest,
    within: Option<u32>,
    kinds: Vec<PlaceKind>,
    rows: std::sync::Arc<PlaceRows>,
}

impl<'a> PlacesAsked<'a> {
    fn of(plain: &'a RestRequest) -> Result<PlacesAsked<'a>, Problem> {
        plain.ask.caller.require(AccessScope::Review)?;
        let federation = &plain.homes.as_ref().ok_or_else(Problem::internal)?.federation;
        let unit = |code: &str| federation.unit_seen_by(&plain.ask.caller, code).ok_or_else(|| no_unit(code));
        let within = plain.parameter("within").map(unit).transpose()?;
        let kind = |name: &str| {
            PlaceKind::from_name(name.trim()).ok_or_else(|| {
                let known: Vec<&str> = PlaceKind::ALL.iter().map(|kind| kind.name()).collect();
                Problem::bad_input(format!("kind 没有取值 {name}"), format!("kind has no value {name}")).remedy(known.join(", "))
            })
        };
        let kinds = plain.parameter("kind").map(|names| names.split(',').map(kind).collect()).transpose()?.unwrap_or_default();
        let rows = plain.state.hub().place_rows(&plain.edition, federation);
        Ok(PlacesAsked { plain, within, kinds, rows })
    }

    /// Places with their positions.
    fn places(&self) -> impl Iterator<Item = (usize, &UnionPlace)> {
        let federation = self.plain.homes.as_ref().map(|homes| &homes.federation);
        let all = federation.into_iter().flat_map(|federation| {
            let entered = federation.places.iter().enumerate();
            entered.map(move |(at, place)| (at, &place.what, federation.tree.at(&place.what.unit), federation))
        });
        all.filter_map(|(at, place, unit, federation)| {
            let unit = unit.filter(|unit| federation.is_seen_by(&self.plain.ask.caller, *unit))?;
            let is_within = self.within.is_none_or(|within| federation.tree.is_within(unit, within));
            (is_within && (self.kinds.is_empty() || self.kinds.contains(&place.kind))).then_some((at, place))
        })
    }

    fn tile(&self, tile: Tile) -> Vec<u8> {
        let local = |point: (f64, f64)| {
            let (x, y) = cell(point.0, point.1);
            tile.local(x, y)
        };
        let here = self.places().filter_map(|(at, place)| Some((at, place, local(place.point?)?)));
        let (mut places, mut clusters) = (Layer::new("places"), Layer::new("clusters"));
        if tile.z >= PLACES_FROM {
            here.for_each(|(at, place, spot)| self.place(&mut places, at, place, spot));
        } else {
            type Near<'p> = Vec<(usize, &'p UnionPlace, (i32, i32))>;
            let mut near: BTreeMap<(i32, i32, &str), Near<'_>> = BTreeMap::new();
            for (at, place, (x, y)) in here {
                let key = (x.div_euclid(NEAR), y.div_euclid(NEAR), place.kind.name());
                near.entry(key).or_default().push((at, place, (x, y)));
            }
            for ((_, _, kind), group) in near {
                if let [(at, place, spot)] = group.as_slice() {
                    self.place(&mut places, *at, place, *spot);
                    continue;
                }
                let count = group.len() as i32;
                let middle = |of: fn(&(i32, i32)) -> i32| group.iter().map(|(_, _, spot)| of(spot)).sum::<i32>() / count;
                let properties = [("kind", Property::Text(kind)), ("count", Property::Count(group.len() as u64))];
                clusters.point(numbered(&group[0].1.code), middle(|spot| spot.0), middle(|spot| spot.1), &properties);
            }
        }
        let mut bytes = Vec::new();
        places.finish(&mut bytes);
        clusters.finish(&mut bytes);
        bytes
    }

    /// One place, with its enterprises that the caller may see counted by verdict.
    fn place(&self, layer: &mut Layer, at: usize, place: &UnionPlace, (x, y): (i32, i32)) {
        let mut properties = vec![
            ("code", Property::Text(&place.code)),
            ("name", Property::Text(&place.name)),
            ("kind", Property::Text(place.kind.name())),
            ("joint", Property::Flag(place.is_joint())),
            ("officers", Property::Count(place.officers)),
        ];
        if matches!(place.kind, PlaceKind::OfficeBuilding | PlaceKind::BusinessPark) {
            let (mut covered, mut lacking) = (0, 0);
            let rows = self.rows.by_address[at].iter().map(|row| self.plain.edition.enterprise(*row));
            for enterprise in rows.filter(|e| self.plain.ask.may_see(*e)) {
                match enterprise.gap() {
                    Some(GapStatus::Covered) => covered += 1,
                    Some(GapStatus::Lacking | GapStatus::LackingIndependent) => lacking += 1,
                    _ => {}
                }
            }
            properties.extend([("covered", Property::Count(covered)), ("lacking", Property::Count(lacking))]);
        }
        layer.point(numbered(&place.code), x, y, &properties);
    }
}

/// A number for a code. Numbers up to 2^53 are exact in JavaScript.
fn numbered(code: &str) -> u64 {
    xxhash_rust::xxh3::xxh3_64(code.as_bytes()) >> 11
}

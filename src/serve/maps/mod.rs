//! Maps: GeoJSON outlines with their figures, vector tiles of points and of areas, and what announces them.

pub mod boundaries;
mod clip;
mod coverage_tiles;
pub(in crate::serve) mod geojson;
pub(in crate::serve) mod mvt;
mod outlines;
pub(in crate::serve) mod places;
pub(in crate::serve) mod style;
mod tile_address;
pub(in crate::serve) mod tilejson;
pub(in crate::serve) mod tiles;

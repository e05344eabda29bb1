//! Maps: GeoJSON outlines with their figures, vector tiles of points.

pub(in crate::serve) mod geojson;
pub(in crate::serve) mod mvt;
pub(in crate::serve) mod tiles;

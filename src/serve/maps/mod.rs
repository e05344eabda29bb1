//! Maps: GeoJSON outlines with their figures, vector tiles of points and of areas, what announces them, and all of it as a folder of files.

pub mod boundaries;
mod boundary_names;
mod clip;
mod coverage_tiles;
mod crossings;
mod drawn_outlines;
pub(in crate::serve) mod geojson;
pub mod map_folder;
pub(in crate::serve) mod mvt;
mod outlines;
pub(in crate::serve) mod place_tiles;
pub(in crate::serve) mod places;
mod seams;
mod simplify;
pub(in crate::serve) mod style;
mod survey;
mod tile_address;
pub(in crate::serve) mod tilejson;
pub(in crate::serve) mod tiles;
mod topology;

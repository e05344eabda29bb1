//! Outlines of the streets of the benchmark's city, as a deployer would import them: invented, dense, with borders that two streets share.

use std::io;
use std::path::Path;

use crate::serve::maps::boundaries::{ImportedBoundaries, keep};

/// Districts and streets of one of them in the generated facts; a district is a column of the map.
const DISTRICTS: u32 = 16;
const STREETS: u32 = 20;
/// Corners of a border between two streets: one every fifty metres.
const CORNERS: u32 = 100;
/// Where the map begins, and the sides of a street, in degrees.
const WEST: f64 = 115.8;
const SOUTH: f64 = 39.5;
const SIDE: (f64, f64) = (0.07, 0.045);

/// A point of the map whose lines are bent: neighbours bend alike.
fn bent(x: f64, y: f64) -> (f64, f64) {
    let place = |degrees: f64| (degrees * 1e5).round() / 1e5;
    let wave = |of: f64| (of * 9.0).sin() * 0.12 + (of * 61.0).sin() * 0.02;
    (place(WEST + SIDE.0 * (x + wave(y))), place(SOUTH + SIDE.1 * (y + wave(x))))
}

/// The ring around a street, beginning in its south-west.
fn ring(column: u32, row: u32) -> Vec<(f64, f64)> {
    let (x, y) = (f64::from(column), f64::from(row));
    let along = |from: (f64, f64), to: (f64, f64)| {
        (0..CORNERS).map(move |i| {
            let share = f64::from(i) / f64::from(CORNERS);
            bent(from.0 + (to.0 - from.0) * share, from.1 + (to.1 - from.1) * share)
        })
    };
    let corners = [(x, y), (x + 1.0, y), (x + 1.0, y + 1.0), (x, y + 1.0), (x, y)];
    let mut ring: Vec<(f64, f64)> = corners.windows(2).flat_map(|pair| along(pair[0], pair[1])).collect();
    ring.push(ring[0]);
    ring
}

/// Puts them into a data folder.
///
/// # Errors
/// Those of the file system.
pub fn import(data: &Path) -> io::Result<()> {
    let mut found = ImportedBoundaries::default();
    for district in 1..=DISTRICTS {
        for street in 1..=STREETS {
            let code = (110_100 + district) * 1_000 + street;
            found.streets.insert(code, vec![vec![ring(district - 1, street - 1)]]);
        }
    }
    keep(data, &found, "invented for a benchmark", None).map(drop)
}

/// Takes them away again.
///
/// # Errors
/// Those of the file system.
pub fn remove(data: &Path) -> io::Result<()> {
    std::fs::remove_dir_all(data.join("boundaries"))
}

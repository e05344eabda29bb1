//! Which tile is meant: zoom, column and row of the slippy map, and what lies in it and around it on the grid.

use super::mvt::EXTENT;
use super::places::{GRID, interleave};

/// Tiles deeper than this are refused.
pub const MAX_ZOOM: u32 = 20;
/// From here on streets are told apart, not only districts.
pub const STREETS_FROM: u32 = 10;
/// Units around a tile that it holds too: the radius of a symbol.
pub const BUFFER: u32 = 128;
/// The buffer is looked up in cells of a 32nd of a tile, which is 128 units.
const RING_DEPTH: u32 = 5;

/// A tile's address, checked.
#[derive(Debug, Clone, Copy)]
pub struct Tile {
    pub z: u32,
    pub x: u32,
    pub y: u32,
}

impl Tile {
    /// None for what lies outside the world, or is written another way.
    pub fn parse(z: &str, x: &str, y: &str) -> Option<Tile> {
        let y = y.strip_suffix(".mvt").or_else(|| y.strip_suffix(".pbf"))?;
        let plain = |text: &str| text.bytes().all(|b| b.is_ascii_digit()).then(|| text.parse::<u32>().ok()).flatten();
        let (z, x, y) = (plain(z)?, plain(x)?, plain(y)?);
        (z <= MAX_ZOOM && x < 1 << z && y < 1 << z).then_some(Tile { z, x, y })
    }
    /// Bits of a grid cell inside the tile.
    pub fn shift(self) -> u32 {
        GRID - self.z
    }
    /// Tile coordinates of a grid cell, where it is in the tile or its buffer.
    pub fn local(self, x: u32, y: u32) -> Option<(i32, i32)> {
        let local = |v: u32, tile: u32| {
            let inside = i64::from(v) - (i64::from(tile) << self.shift());
            (inside * i64::from(EXTENT)) >> self.shift()
        };
        let near = |v: i64| (-i64::from(BUFFER)..i64::from(EXTENT + BUFFER)).contains(&v);
        let (x, y) = (local(x, self.x), local(y, self.y));
        (near(x) && near(y)).then_some((x as i32, y as i32))
    }
    /// The cells around the tile at the depth of the buffer, as ranges of the Z order.
    pub fn ring(self) -> impl Iterator<Item = (u64, u64)> {
        let depth = RING_DEPTH.min(GRID - self.z);
        let side = 1_i64 << depth;
        let (west, north) = (i64::from(self.x) << depth, i64::from(self.y) << depth);
        let world = 1_i64 << (self.z + depth);
        let edges = (-1..=side).flat_map(move |i| [(i, -1), (i, side)]).chain((0..side).flat_map(move |i| [(-1, i), (side, i)]));
        edges.filter_map(move |(dx, dy)| {
            let (x, y) = (west + dx, north + dy);
            let is_there = (0..world).contains(&x) && (0..world).contains(&y);
            let bits = 2 * (GRID - self.z - depth);
            is_there.then(|| {
                let first = interleave(x as u32, y as u32) << bits;
                (first, first + (1_u64 << bits))
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::super::places::compact;
    use super::*;

    #[test]
    fn addresses_outside_the_world_are_none() {
        assert!(Tile::parse("3", "7", "7.mvt").is_some());
        for (z, x, y) in [
            ("3", "8", "0.mvt"),
            ("21", "0", "0.mvt"),
            ("-1", "0", "0.mvt"),
            ("3", "0", "0"),
            ("3", "+1", "0.mvt"),
            ("99999999999", "0", "0.mvt"),
        ] {
            assert!(Tile::parse(z, x, y).is_none(), "{z}/{x}/{y}");
        }
    }

    #[test]
    fn the_buffer_of_a_tile_lies_around_it_and_inside_the_world() {
        for z in [0, 5, 12, 18, 20] {
            let tile = Tile { z, x: (1 << z) / 2, y: (1 << z) / 2 };
            let first = interleave(tile.x, tile.y) << (2 * tile.shift());
            let last = first + (1_u64 << (2 * tile.shift()));
            for (start, end) in tile.ring() {
                assert!(end <= first || start >= last, "{z}: what is inside is not around");
                let (x, y) = (compact(start), compact(start >> 1));
                let near = |v: u32, tile_at: u32| {
                    let units = (i64::from(v) - (i64::from(tile_at) << tile.shift())) * 4096 / (1_i64 << tile.shift());
                    (-256..=4096).contains(&units)
                };
                assert!(near(x, tile.x) && near(y, tile.y), "{z}: {x} {y}");
            }
        }
        assert_eq!(Tile { z: 0, x: 0, y: 0 }.ring().count(), 0);
        assert_eq!(Tile { z: 12, x: 0, y: 5 }.ring().count(), 33 + 33 + 32, "nothing west of the world");
    }
}

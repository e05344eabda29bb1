//! Mapbox vector tiles, version 2.1: points and polygons.
//!
//! Written by hand: five messages of protobuf, of which a tile needs the writing alone. A generated codec would bring a compiler of
//! schemas into every build, and knows neither deltas of coordinates nor tables of keys, which are most of this file.

use hashbrown::HashMap;

/// Tile coordinates run from 0 to this.
pub const EXTENT: u32 = 4096;

/// Kinds of geometry.
const POINT: u64 = 1;
const POLYGON: u64 = 3;

/// A property's value.
#[derive(Debug, Clone, PartialEq)]
pub enum Property<'a> {
    Text(&'a str),
    Number(f64),
    Count(u64),
    Flag(bool),
}

/// One layer.
pub struct Layer {
    name: &'static str,
    keys: Vec<&'static str>,
    values: Vec<Vec<u8>>,
    value_numbers: HashMap<Vec<u8>, u32>,
    features: Vec<u8>,
}

fn varint(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn bytes_field(out: &mut Vec<u8>, field: u64, bytes: &[u8]) {
    varint(out, field << 3 | 2);
    varint(out, bytes.len() as u64);
    out.extend_from_slice(bytes);
}

fn number_field(out: &mut Vec<u8>, field: u64, n: u64) {
    varint(out, field << 3);
    varint(out, n);
}

fn zigzag(n: i32) -> u64 {
    u64::from((n << 1 ^ n >> 31) as u32)
}

impl Layer {
    pub fn new(name: &'static str) -> Layer {
        Layer { name, keys: Vec::new(), values: Vec::new(), value_numbers: HashMap::new(), features: Vec::new() }
    }

    /// Adds a point at tile coordinates.
    pub fn point(&mut self, id: u64, x: i32, y: i32, properties: &[(&'static str, Property<'_>)]) {
        let mut geometry = Vec::with_capacity(8);
        varint(&mut geometry, 1 << 3 | 1); // MoveTo, once
        varint(&mut geometry, zigzag(x));
        varint(&mut geometry, zigzag(y));
        self.feature(id, POINT, &geometry, properties);
    }

    /// Adds polygons as one feature: rings of tile coordinates, outer ones with a positive area, without a repeated last corner.
    pub fn polygons(&mut self, id: u64, rings: &[Vec<(i32, i32)>], properties: &[(&'static str, Property<'_>)]) {
        let mut geometry = Vec::new();
        let (mut x, mut y) = (0, 0);
        for ring in rings {
            let mut step = |geometry: &mut Vec<u8>, corner: (i32, i32)| {
                varint(geometry, zigzag(corner.0 - x));
                varint(geometry, zigzag(corner.1 - y));
                (x, y) = corner;
            };
            let Some((first, rest)) = ring.split_first() else { continue };
            varint(&mut geometry, 1 << 3 | 1); // MoveTo, once
            step(&mut geometry, *first);
            varint(&mut geometry, (rest.len() as u64) << 3 | 2); // LineTo
            rest.iter().for_each(|corner| step(&mut geometry, *corner));
            varint(&mut geometry, 1 << 3 | 7); // ClosePath
        }
        self.feature(id, POLYGON, &geometry, properties);
    }

    fn feature(&mut self, id: u64, kind: u64, geometry: &[u8], properties: &[(&'static str, Property<'_>)]) {
        let mut tags = Vec::with_capacity(properties.len() * 2);
        for (key, value) in properties {
            let key_number = self.keys.iter().position(|k| k == key).unwrap_or_else(|| {
                self.keys.push(key);
                self.keys.len() - 1
            });
            varint(&mut tags, key_number as u64);
            let number = self.value(value);
            varint(&mut tags, u64::from(number));
        }
        let mut feature = Vec::with_capacity(tags.len() + geometry.len() + 16);
        number_field(&mut feature, 1, id);
        bytes_field(&mut feature, 2, &tags);
        number_field(&mut feature, 3, kind);
        bytes_field(&mut feature, 4, geometry);
        bytes_field(&mut self.features, 2, &feature);
    }

    fn value(&mut self, value: &Property<'_>) -> u32 {
        let mut bytes = Vec::new();
        match value {
            Property::Text(text) => bytes_field(&mut bytes, 1, text.as_bytes()),
            Property::Number(n) => {
                varint(&mut bytes, 3 << 3 | 1);
                bytes.extend_from_slice(&n.to_le_bytes());
            }
            Property::Count(n) => number_field(&mut bytes, 5, *n),
            Property::Flag(is) => number_field(&mut bytes, 7, u64::from(*is)),
        }
        if let Some(number) = self.value_numbers.get(&bytes) {
            return *number;
        }
        let number = self.values.len() as u32;
        self.values.push(bytes.clone());
        self.value_numbers.insert(bytes, number);
        number
    }

    /// The layer as a field of a tile. A tile is its layers one after the other.
    pub fn finish(self, tile: &mut Vec<u8>) {
        if self.features.is_empty() {
            return;
        }
        let mut layer = Vec::with_capacity(self.features.len() + 1024);
        number_field(&mut layer, 15, 2);
        bytes_field(&mut layer, 1, self.name.as_bytes());
        layer.extend_from_slice(&self.features);
        for key in &self.keys {
            bytes_field(&mut layer, 3, key.as_bytes());
        }
        for value in &self.values {
            bytes_field(&mut layer, 4, value);
        }
        number_field(&mut layer, 5, u64::from(EXTENT));
        bytes_field(tile, 3, &layer);
    }
}

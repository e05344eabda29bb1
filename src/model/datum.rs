//! The datums of coordinates in China, and the way to WGS-84.
//!
//! GCJ-02 (国测局坐标) is WGS-84 moved by a formula that is public as code, not as a standard: constants and series are those
//! of every open implementation. BD-09 (百度坐标) is GCJ-02 moved once more. Both shifts are undone here: BD-09 in closed form,
//! GCJ-02 by iteration, to less than a tenth of a metre.

use std::f64::consts::PI;

use super::field::named;

named! {
    /// What a registry's longitudes and latitudes are measured in.
    #[derive(Default)]
    pub enum Datum {
        /// What satellites measure and maps outside China use; the default.
        #[default]
        Wgs84 = "wgs84",
        /// 国测局坐标, of Chinese map services.
        Gcj02 = "gcj02",
        /// 百度坐标.
        Bd09 = "bd09",
    }
}

/// Krasovsky 1940: semi-major axis in metres, and the first eccentricity squared.
const AXIS: f64 = 6_378_245.0;
const ECCENTRICITY: f64 = 0.006_693_421_622_965_943;
/// Rounds of undoing the shift; each leaves about a thousandth of the error before.
const ROUNDS: usize = 4;

impl Datum {
    /// Degrees east and north in this datum → the same point in WGS-84. Outside China's bounds nothing was ever moved.
    pub fn to_wgs84(self, longitude: f64, latitude: f64) -> (f64, f64) {
        match self {
            Datum::Wgs84 => (longitude, latitude),
            Datum::Gcj02 => unshifted(longitude, latitude),
            Datum::Bd09 => {
                let (longitude, latitude) = without_baidu(longitude, latitude);
                unshifted(longitude, latitude)
            }
        }
    }
}

fn is_outside(longitude: f64, latitude: f64) -> bool {
    !(72.004..=137.8347).contains(&longitude) || !(0.8293..=55.8271).contains(&latitude)
}

/// How far GCJ-02 moves a point of WGS-84, in degrees.
fn shift(longitude: f64, latitude: f64) -> (f64, f64) {
    let (x, y) = (longitude - 105.0, latitude - 35.0);
    let waves = |a: f64, b: f64, c: f64, at: f64, factor: f64| -> f64 {
        (a * (at * PI).sin() + b * (at / 3.0 * PI).sin()) * 2.0 / 3.0 + c * (at / 12.0 * PI).sin() * factor
    };
    let common = (20.0 * (6.0 * x * PI).sin() + 20.0 * (2.0 * x * PI).sin()) * 2.0 / 3.0;
    let north = -100.0
        + 2.0 * x
        + 3.0 * y
        + 0.2 * y * y
        + 0.1 * x * y
        + 0.2 * x.abs().sqrt()
        + common
        + waves(20.0, 40.0, 160.0, y, 2.0 / 3.0)
        + 320.0 * (y * PI / 30.0).sin() * 2.0 / 3.0;
    let east = 300.0
        + x
        + 2.0 * y
        + 0.1 * x * x
        + 0.1 * x * y
        + 0.1 * x.abs().sqrt()
        + common
        + waves(20.0, 40.0, 150.0, x, 2.0 / 3.0)
        + 300.0 * (x / 30.0 * PI).sin() * 2.0 / 3.0;
    let radians = latitude.to_radians();
    let magic = 1.0 - ECCENTRICITY * radians.sin().powi(2);
    let root = magic.sqrt();
    let degrees_north = north * 180.0 / (AXIS * (1.0 - ECCENTRICITY) / (magic * root) * PI);
    let degrees_east = east * 180.0 / (AXIS / root * radians.cos() * PI);
    (degrees_east, degrees_north)
}

fn unshifted(longitude: f64, latitude: f64) -> (f64, f64) {
    if is_outside(longitude, latitude) {
        return (longitude, latitude);
    }
    let (mut x, mut y) = (longitude, latitude);
    for _ in 0..ROUNDS {
        let (east, north) = shift(x, y);
        (x, y) = (longitude - east, latitude - north);
    }
    (x, y)
}

/// BD-09 → GCJ-02.
fn without_baidu(longitude: f64, latitude: f64) -> (f64, f64) {
    const TURN: f64 = PI * 3000.0 / 180.0;
    let (x, y) = (longitude - 0.0065, latitude - 0.006);
    let length = x.hypot(y) - 0.000_02 * (y * TURN).sin();
    let angle = y.atan2(x) - 0.000_003 * (x * TURN).cos();
    (length * angle.cos(), length * angle.sin())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_gcj_02_moves_is_moved_back() {
        for (longitude, latitude) in [(116.391_2, 39.906_0), (115.42, 40.98), (117.5, 39.45), (121.47, 31.23), (87.6, 43.8)] {
            let (east, north) = shift(longitude, latitude);
            assert!(east.abs() > 1e-4 && east.abs() < 0.01, "{east}");
            let (x, y) = Datum::Gcj02.to_wgs84(longitude + east, latitude + north);
            assert!((x - longitude).abs() < 1e-6 && (y - latitude).abs() < 1e-6, "{x} {y}");
        }
        assert_eq!(Datum::Gcj02.to_wgs84(2.35, 48.85), (2.35, 48.85), "Paris was never moved");
    }

    #[test]
    fn the_examples_printed_with_the_open_implementations() {
        // coordtransform's readme: BD-09 116.404, 39.915 is GCJ-02 116.39762729119315, 39.90865673957631.
        let (x, y) = without_baidu(116.404, 39.915);
        assert!((x - 116.397_627_291_193_15).abs() < 1e-9 && (y - 39.908_656_739_576_31).abs() < 1e-9, "{x} {y}");
        // And WGS-84 116.404, 39.915 is GCJ-02 116.41024449916938, 39.91640428150164.
        let (east, north) = shift(116.404, 39.915);
        assert!((116.404 + east - 116.410_244_499_169_38).abs() < 1e-9, "{}", 116.404 + east);
        assert!((39.915 + north - 39.916_404_281_501_64).abs() < 1e-9, "{}", 39.915 + north);
    }
}

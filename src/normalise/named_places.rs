//! The places in two names against each other: one place, a place left out, or two.

use std::sync::LazyLock;

use super::glyph::{Glyph, glyphs, same};
use super::name_parts::NameRef;
use super::place::PLACES;

/// What the places in two names are to each other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NamedPlaces {
    /// The same places, or none in either.
    Same,
    /// One of them has none, or a shorter one.
    Dropped,
    /// In front here, in brackets there.
    Moved,
    /// Two different places.
    Differ,
}

/// What the places in two names are to each other.
pub fn named_places(a: NameRef<'_>, b: NameRef<'_>) -> NamedPlaces {
    let all = |n: NameRef<'_>| n.place().len() + n.inner_place().len();
    let compatible = |x: &[Glyph], y: &[Glyph]| {
        let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
        // 北京 and 北京市, 北京 and 北京市海淀区: the shorter is the longer without suffixes.
        short.is_empty() || same(&long[..short.len()], short) || short.iter().all(|g| long.contains(g))
    };
    match () {
        _ if same(a.place(), b.place()) && same(a.inner_place(), b.inner_place()) => NamedPlaces::Same,
        _ if all(a) == 0 || all(b) == 0 => NamedPlaces::Dropped,
        // 某某（上海）律师事务所 of a firm in 北京.
        _ if elsewhere(a, b) || elsewhere(b, a) => NamedPlaces::Differ,
        _ if a.place().is_empty() != b.place().is_empty() && a.inner_place().is_empty() != b.inner_place().is_empty() => {
            let (x, y) = (&a.glyphs[..all(a)], &b.glyphs[..all(b)]);
            if compatible(x, y) { NamedPlaces::Moved } else { NamedPlaces::Differ }
        }
        _ if compatible(a.place(), b.place()) && compatible(a.inner_place(), b.inner_place()) => NamedPlaces::Dropped,
        // 宣武区 and 西城区, 密云县 and 密云区: one county by its name of then and of today.
        _ if a.shape.place_code != 0
            && a.shape.place_code == b.shape.place_code
            && same(a.inner_place(), b.inner_place())
            && ![a, b].iter().any(|name| name.place().last().is_some_and(|end| TOWNS.contains(end))) =>
        {
            NamedPlaces::Dropped
        }
        _ => NamedPlaces::Differ,
    }
}

/// What a town's name ends with: two of one county are two places.
static TOWNS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("镇乡"));

/// The place in brackets is another province's than the place in front, and the other name, of the same place, lacks it.
fn elsewhere(long: NameRef<'_>, short: NameRef<'_>) -> bool {
    if long.inner_place().is_empty() || long.place().is_empty() || !short.inner_place().is_empty() {
        return false;
    }
    let province =
        |place: &[Glyph]| PLACES.prefix(place).filter(|(_, place)| place.code != 0).map(|(_, place)| place.code / 10_000);
    let (inner, front) = (province(long.inner_place()), province(long.place()));
    inner.is_some() && front.is_some() && inner != front
}

//! Addresses: district, road, number, and a sketch of the rest that survives slips.
//!
//! Old districts read as their successors (宣武区 → 西城区). Two addresses can be equal as written, agree on road and
//! number, on the road, on the district, or on nothing.

use std::sync::LazyLock;

use super::blank::is_blank;
use super::glyph::{CLOSE, Glyph, OPEN, glyphs, is_digit};
use super::place::{CountyKey, PLACES};

/// An address as numbers only: what is compared, not what is shown. 0 means absent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, bytemuck::Pod, bytemuck::Zeroable)]
#[repr(C)]
pub struct Address {
    /// One bit for every pair of neighbouring glyphs (64 of them): an estimate of how much two addresses share.
    pub sketch: u64,
    /// Hash of everything behind the district.
    pub whole: u32,
    /// Hash of the words before the first number.
    pub road: u32,
    /// The first number, at most nine digits.
    pub number: u32,
    /// Its county, 0 where none is named.
    pub county: CountyKey,
}

impl Address {
    pub fn is_empty(&self) -> bool {
        self.whole == 0
    }
    /// Road and number together; None where no number is told.
    pub fn door(&self) -> Option<u64> {
        (self.number != 0).then_some(u64::from(self.road) << 32 | u64::from(self.number))
    }
    /// Share of common glyph pairs, 0 to 1 (Jaccard index of the sketches).
    pub fn resemblance(&self, other: &Address) -> f32 {
        let both = (self.sketch | other.sketch).count_ones();
        if both == 0 { 0.0 } else { (self.sketch & other.sketch).count_ones() as f32 / both as f32 }
    }
}

static BUILDINGS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("幢栋座"));
static BUILDING: LazyLock<Glyph> = LazyLock::new(|| glyphs("楼")[0]);
static NUMBER_SIGNS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("号#"));
static TOWN_SIGNS: LazyLock<[Vec<Glyph>; 4]> = LazyLock::new(|| ["街道办事处", "街道", "镇", "乡"].map(glyphs));

/// Reads one address.
pub fn read_address(raw: &str) -> Address {
    if is_blank(raw) {
        return Address::default();
    }
    let written = glyphs(raw);
    let (rest, county) = cut_places(&written);
    let told = cut_town(rest);
    // The sign ends the number: 4号6层 is number 4.
    let digits = told.iter().skip_while(|g| !is_digit(**g)).take_while(|g| is_digit(**g));
    let number = digits.take(9).fold(0, |n, d| n * 10 + u32::from(d - b'0' as Glyph));
    let rest: Vec<Glyph> = told
        .iter()
        .filter(|g| !matches!(**g, OPEN | CLOSE) && !NUMBER_SIGNS.contains(g))
        .map(|g| if BUILDINGS.contains(g) { *BUILDING } else { *g })
        .collect();
    let road = &rest[..rest.iter().position(|g| is_digit(*g)).unwrap_or(rest.len())];
    let mut sketch = 0u64;
    for pair in rest.windows(2) {
        sketch |= 1 << ((u64::from(hash32(pair)) * 64) >> 32);
    }
    Address { whole: hash32(&rest), road: hash32(road), number, sketch, county }
}

/// Takes provinces, cities and counties from the front; the county, or 0.
fn cut_places(written: &[Glyph]) -> (&[Glyph], CountyKey) {
    let (mut rest, mut county, mut province) = (written, 0, 0);
    for _ in 0..4 {
        let Some((len, place)) = PLACES.prefix(rest) else { break };
        if !place.full && (rest.get(len).is_some_and(|g| ROAD_ENDS.contains(g)) || !place.lies_in(province)) {
            break; // 北京路, 朝阳门, 沙河镇 of 昌平
        }
        if place.code != 0 {
            province = place.code / 10_000;
        }
        rest = &rest[len..];
        // What follows the county is a town or a street, be it called like a county elsewhere.
        if place.county != 0 {
            county = place.county;
            break;
        }
    }
    (rest, county)
}

static ROAD_ENDS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("路街门桥大胡巷道镇乡村庄里园寺庙湖山口"));

/// A town or street office in front says little more than the district, and is often left out.
fn cut_town(rest: &[Glyph]) -> &[Glyph] {
    for at in 1..rest.len().min(7) {
        for sign in TOWN_SIGNS.iter() {
            if rest[at..].starts_with(sign) && rest.len() > at + sign.len() + 2 {
                return &rest[at + sign.len()..];
            }
        }
    }
    rest
}

/// 32-bit hash of glyphs; 0 only for no glyphs.
fn hash32(text: &[Glyph]) -> u32 {
    if text.is_empty() { 0 } else { ((super::hash::hash(text) >> 32) as u32).max(1) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings_of_one_address_agree() {
        let a = read_address("北京市海淀区学清路16号学知轩1814室");
        for same in ["海淀区学清路１６号学知轩1814室", "学清路16号学知轩1814室", "北京海淀学清路16号学知轩1814室"]
        {
            assert_eq!(read_address(same).whole, a.whole, "{same}");
        }
        for room in ["学清路16号3层", "学清路16号1814室", "学清路16号2号楼"] {
            assert_eq!(read_address(room).door(), a.door(), "{room}");
        }
        let cut = read_address("北京市海淀区学清路16号");
        assert_eq!((cut.road, cut.number, cut.county), (a.road, a.number, PLACES.county("110108").unwrap_or(0)));
        assert_ne!(cut.whole, a.whole);
        assert!(a.resemblance(&read_address("北京市海淀区学青路16号学知轩1814室")) > 0.6);
    }

    #[test]
    fn a_town_called_like_a_county_elsewhere_leaves_the_county_that_is_written() {
        for (address, code) in [
            ("北京市昌平区沙河镇恒信路16号", "110114"),
            ("昌平区沙河镇恒信路16号", "110114"),
            ("北京昌平沙河恒信路16号", "110114"),
            ("北京市房山区长阳镇恒信路16号", "110111"),
            ("北京市通州区永乐店镇恒信路16号", "110112"),
        ] {
            assert_eq!(Some(read_address(address).county), PLACES.county(code), "{address}");
        }
        assert_eq!(read_address("北京市沙河镇恒信路16号").county, 0);
        for nothing in ["#REF!", "#N/A", "无", "null"] {
            assert!(read_address(nothing).is_empty(), "{nothing}");
        }
    }

    #[test]
    fn old_districts_read_as_their_successors() {
        assert_eq!(read_address("北京市宣武区半步桥街13号").county, read_address("西城区半步桥街13号").county);
        assert!(read_address("").is_empty());
    }
}

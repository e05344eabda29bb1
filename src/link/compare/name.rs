//! How two names differ: the *kind* of difference decides, not its size.
//!
//! `恒信科技` and `恒信科技发展` are two firms, `恒信科技有限公司` and `恒信科技有限责任公司` one; a wrong homophone is a slip, a
//! glyph put in front of a 字号 is a sibling.

use super::frequencies::ValueFrequencies;
use super::levels::{FormLevel, NameLevel, PlaceLevel};
use super::weights::Weights;
use crate::link::records::{LEGAL_UNIT, NameNo, RecordNo, RecordTable};
use crate::normalise::Glyph;
use crate::normalise::glyph::{is_latin, same, sound_alike};
use crate::normalise::name::{is_numeral, is_trade, number};
use crate::normalise::name_parts::{LONGEST, NameRef};
use crate::normalise::named_places::{NamedPlaces, named_places};
use crate::normalise::place::PLACES;
use crate::normalise::romanise::reads_as;

/// The best of all pairs of names.
pub struct Best {
    pub level: NameLevel,
    pub form: FormLevel,
    pub place: PlaceLevel,
    pub names: (NameNo, NameNo),
    pub brand_count: u32,
}

pub fn best(
    record_table: &RecordTable,
    terms: &ValueFrequencies,
    weights: &Weights,
    left: &[RecordNo],
    right: &[RecordNo],
) -> Best {
    let mut best =
        Best { level: NameLevel::Absent, form: FormLevel::Unknown, place: PlaceLevel::Unknown, names: (0, 0), brand_count: 1 };
    let mut best_weight = f32::NEG_INFINITY;
    let mut seen = [0 as NameNo; 12];
    let mut known = 0;
    for there in right.iter().flat_map(|r| record_table.names_of(*r)) {
        if seen[..known].contains(&there) {
            continue;
        }
        if known < seen.len() {
            seen[known] = there;
            known += 1;
        }
        for here in left.iter().flat_map(|r| record_table.names_of(*r)) {
            let (level, form, place) = relation(record_table, here, there);
            let brand_count = if level.same_brand() { terms.brand(there) } else { 1 };
            let weight = weights.of_names(level, form, place, brand_count);
            if weight > best_weight {
                best_weight = weight;
                best = Best { level, form, place, names: (here, there), brand_count };
            }
        }
    }
    best
}

/// What the two are to each other where one of them is an establishment by its name, but a legal person's own unit by its
/// registry's word: no longer the firm itself. None where no registry says so, or both are called the same.
pub fn units(
    record_table: &RecordTable,
    (here, there): (NameNo, NameNo),
    left: &[RecordNo],
    right: &[RecordNo],
) -> Option<NameLevel> {
    let (a, b) = (record_table.name(here), record_table.name(there));
    if same(a.tail(), b.tail()) {
        return None;
    }
    let own = |name: NameNo, records: &[RecordNo]| {
        let bears = |record: &&RecordNo| record_table.names_of(**record).any(|known| known == name);
        record_table.name(name).shape.establishment
            && records.iter().filter(bears).any(|record| record_table.facts(*record).has(LEGAL_UNIT))
    };
    let of_a_firm = a.tail().is_empty() || b.tail().is_empty();
    let level = if of_a_firm { NameLevel::BranchAndParent } else { NameLevel::OtherBranch };
    (own(here, left) || own(there, right)).then_some(level)
}

/// Whether the two are one name as companies register them, glyph by glyph: a place, the whole form. A city's registrar gives
/// such a name once.
pub fn is_one_registered(record_table: &RecordTable, (here, there): (NameNo, NameNo)) -> bool {
    let (a, b) = (record_table.name(here), record_table.name(there));
    here != 0
        && same(a.glyphs, b.glyphs)
        && a.place().len() + a.inner_place().len() > 0
        && a.tail().is_empty()
        && a.form().ends_with(&COMPANY_WORD)
        && a.stem().len() >= 4
}

static COMPANY_WORD: std::sync::LazyLock<Vec<Glyph>> = std::sync::LazyLock::new(|| crate::normalise::glyph::glyphs("公司"));

fn relation(record_table: &RecordTable, here: NameNo, there: NameNo) -> (NameLevel, FormLevel, PlaceLevel) {
    if here == there {
        return (NameLevel::Equal, FormLevel::Same, PlaceLevel::Same);
    }
    let (a, b) = (record_table.name(here), record_table.name(there));
    let (ea, eb) = (record_table.name_entry(here), record_table.name_entry(there));
    if same(a.glyphs, b.glyphs) {
        return (NameLevel::Equal, FormLevel::Same, PlaceLevel::Same);
    }
    let level = if a.shape.english != b.shape.english {
        let (english, chinese) = if a.shape.english { (a, b) } else { (b, a) };
        return (in_english(english, chinese), FormLevel::Unknown, places_in_english(english, chinese));
    } else if ea.stem == eb.stem {
        NameLevel::Equal
    } else if prefixed(a, b) || prefixed(b, a) {
        // 北京通州某某 and 南通某某 name two places all the same.
        let place = if places(a, b) == PlaceLevel::Differs { PlaceLevel::Differs } else { PlaceLevel::Dropped };
        return (NameLevel::Equal, forms(a, b), place);
    } else if of_two_counties(a, b) {
        return (NameLevel::Equal, forms(a, b), PlaceLevel::Differs);
    } else if formless(a, b) || formless(b, a) {
        // A branch's name says of its firm's form what it likes.
        let form = if a.is_branch() != b.is_branch() { FormLevel::Shortened } else { forms(a, b) };
        return (NameLevel::Equal, form, places(a, b));
    } else {
        stems(a, b)
    };
    let form = match forms(a, b) {
        // Of a branch the form of its firm is often told short.
        FormLevel::Related if a.is_branch() && level == NameLevel::Equal => FormLevel::Shortened,
        form => form,
    };
    (level, form, places(a, b))
}

/// Whether a text ends with another, as [`same`] compares.
fn ends(text: &[Glyph], end: &[Glyph]) -> bool {
    text.len() >= end.len() && text.iter().rev().zip(end.iter().rev()).all(|(one, other)| one == other)
}

/// Whether a text begins with another, as [`same`] compares.
fn begins(text: &[Glyph], beginning: &[Glyph]) -> bool {
    text.len() >= beginning.len() && text.iter().zip(beginning).all(|(one, other)| one == other)
}

/// `long` is `short` with a place in front that was not taken for one (平谷鑫达商贸), or `short`'s beginning was taken for
/// a place (安达路通 for 路通 of 安达).
fn prefixed(long: NameRef<'_>, short: NameRef<'_>) -> bool {
    let (x, y) = (long.stem(), short.stem());
    // Most pairs end here, by their last glyph.
    if x.len() <= y.len() || !ends(x, y) || !same(long.branch(), short.branch()) {
        return false;
    }
    let (front, place) = (&x[..x.len() - y.len()], short.place());
    !place.is_empty() && same(front, place) || y.len() >= 4 && PLACES.is_place(front)
}

/// 昌平某某商贸 and 密云某某商贸: the 字号 seem to begin with a place each, and the rest is the same.
fn of_two_counties(a: NameRef<'_>, b: NameRef<'_>) -> bool {
    let (x, y) = (a.stem(), b.stem());
    let alike = x.iter().rev().zip(y.iter().rev()).take_while(|(a, b)| a == b).count();
    let county = |text: &[Glyph]| (2..=3).contains(&text.len()) && PLACES.is_place(text);
    alike >= 3 && same(a.branch(), b.branch()) && county(&x[..x.len() - alike]) && county(&y[..y.len() - alike])
}

/// `short` is `long` without its form, and what it ends with was taken for one: 某某实验工厂 of 某某实验工厂有限公司; or with a
/// branch behind it: 某某餐饮管理平谷餐厅 of 某某餐饮管理有限公司平谷餐厅.
fn formless(short: NameRef<'_>, long: NameRef<'_>) -> bool {
    !short.form().is_empty()
        && !short.is_branch()
        && CORPORATE.contains(&long.shape.form_class)
        && short.core().len() == long.stem().len() + long.tail().len()
        && begins(short.core(), long.stem())
        && ends(short.core(), long.tail())
}

fn forms(a: NameRef<'_>, b: NameRef<'_>) -> FormLevel {
    let (x, y) = (a.shape.form_class, b.shape.form_class);
    let shortened = |class: u8| class == 0 || class == *COMPANY;
    match () {
        _ if x == y => FormLevel::Same,
        // (普通合伙) is now a part of official names; what is before it stays the same.
        _ if partners(a, b) || partners(b, a) => FormLevel::Shortened,
        _ if shortened(x) && (y == 0 || CORPORATE.contains(&y) || x == 0) => FormLevel::Shortened,
        _ if shortened(y) && (CORPORATE.contains(&x) || y == 0) => FormLevel::Shortened,
        _ if CORPORATE.contains(&x) && CORPORATE.contains(&y) => FormLevel::Related,
        _ => FormLevel::OtherKind,
    }
}

/// 事务所(普通合伙) and 事务所.
fn partners(long: NameRef<'_>, short: NameRef<'_>) -> bool {
    long.shape.form_class == *PARTNERSHIP
        && !short.form().is_empty()
        && long.form().len() > short.form().len()
        && begins(long.form(), short.form())
}

static PARTNERSHIP: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| crate::normalise::words::form_class("合伙企业"));
static COMPANY: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| crate::normalise::words::form_class("公司"));
/// Limited and joint-stock companies; a group is another kind.
static CORPORATE: std::sync::LazyLock<[u8; 3]> =
    std::sync::LazyLock::new(|| ["有限公司", "股份有限公司", "公司"].map(crate::normalise::words::form_class));

fn places(a: NameRef<'_>, b: NameRef<'_>) -> PlaceLevel {
    match named_places(a, b) {
        NamedPlaces::Same => PlaceLevel::Same,
        NamedPlaces::Dropped => PlaceLevel::Dropped,
        NamedPlaces::Moved => PlaceLevel::Moved,
        NamedPlaces::Differ => PlaceLevel::Differs,
    }
}

/// The place of an English name against those of a Chinese one, which may name a larger or a smaller one.
fn places_in_english(english: NameRef<'_>, chinese: NameRef<'_>) -> PlaceLevel {
    let code = |place: &[Glyph]| PLACES.prefix(place).map(|(_, place)| place.code).filter(|code| *code != 0);
    let Some(there) = code(english.inner_place()) else { return PlaceLevel::Unknown };
    let agrees = |here: u32| {
        let of_one_province = here / 10_000 == there / 10_000;
        of_one_province && (here.is_multiple_of(10_000) || there.is_multiple_of(10_000) || here / 100 == there / 100)
    };
    let known = || [chinese.place(), chinese.inner_place()].into_iter().filter_map(code);
    match () {
        _ if known().next().is_none() => PlaceLevel::Unknown,
        _ if known().any(agrees) => PlaceLevel::Same,
        _ => PlaceLevel::Differs,
    }
}

/// An English name against a Chinese one.
fn in_english(english: NameRef<'_>, chinese: NameRef<'_>) -> NameLevel {
    let letters = english.brand();
    let stem = chinese.stem();
    if letters.is_empty() || !letters.iter().all(|g| is_latin(*g)) && letters.len() < 3 {
        return NameLevel::Different;
    }
    let brand = (1..=stem.len().min(6)).find(|len| reads_as(&stem[..*len], letters));
    let Some(len) = brand else { return NameLevel::Different };
    if english.is_branch() != chinese.is_branch() {
        return NameLevel::BranchAndParent;
    }
    let tells =
        |branch: &[Glyph], of: &[Glyph]| branch[..branch.len() - 2].windows(2).any(|pair| of.windows(2).any(|o| o == pair));
    if english.branch().len() > 2 && !tells(english.branch(), chinese.branch()) {
        return NameLevel::OtherBranch;
    }
    let trade = &stem[len..];
    let both = trade.windows(2).any(|pair| english.trade().windows(2).any(|known| known == pair));
    if both { NameLevel::EnglishBoth } else { NameLevel::EnglishBrand }
}

/// Room for the parts of two names without a form.
struct Flat {
    glyphs: [Glyph; LONGEST],
    len: usize,
}

impl Flat {
    /// Some parts of a name behind each other.
    fn of(parts: [&[Glyph]; 3]) -> Flat {
        let mut flat = Flat { glyphs: [0; LONGEST], len: 0 };
        for part in parts {
            flat.glyphs[flat.len..flat.len + part.len()].copy_from_slice(part);
            flat.len += part.len();
        }
        flat
    }
    fn get(&self) -> &[Glyph] {
        &self.glyphs[..self.len]
    }
}

/// 字号, trade and branch against each other where they are not equal.
fn stems(a: NameRef<'_>, b: NameRef<'_>) -> NameLevel {
    if same(a.branch(), b.branch()) && (is_numbered(a.stem(), b.stem()) || is_numbered(b.stem(), a.stem())) {
        return NameLevel::OtherBranch;
    }
    if a.is_branch() || b.is_branch() {
        if let Some(level) = branches(a, b) {
            return level;
        }
    } else if let Some(level) = slip(a.stem(), b.stem(), b.brand().len()) {
        return level;
    }
    if a.place().len() != b.place().len() {
        let p = Flat::of([a.place(), a.stem(), a.branch()]);
        let q = Flat::of([b.place(), b.stem(), b.branch()]);
        if slip(p.get(), q.get(), a.place().len().max(b.place().len())).is_some_and(|level| level != NameLevel::TwoSlips) {
            return NameLevel::SlipInPlace;
        }
    }
    // 某某软件园 of 某某软件园管理有限公司.
    if !a.form().is_empty() && !a.is_shortened() && !CORPORATE.contains(&a.shape.form_class) && begins(b.stem(), a.core()) {
        return NameLevel::TradeCut;
    }
    let (brand, other) = (a.brand(), b.brand());
    if !brand.is_empty() && same(brand, other) {
        return trades(a, b);
    }
    if let Some(level) = abbreviation(a, b) {
        return level;
    }
    let same_trade = same(a.trade(), b.trade());
    if same_trade && brand.len().min(other.len()) >= 2 && (contains(brand, other) || contains(other, brand)) {
        return NameLevel::BrandExtended;
    }
    if same_trade && a.trade().len() >= 2 && !brand.is_empty() && !other.is_empty() {
        return NameLevel::SameTrade;
    }
    NameLevel::Different
}

/// At least one is a branch.
fn branches(a: NameRef<'_>, b: NameRef<'_>) -> Option<NameLevel> {
    let (x, y) = (Flat::of([a.stem(), a.branch(), &[]]), Flat::of([b.stem(), b.branch(), &[]]));
    let slipped = slip(x.get(), y.get(), b.brand().len());
    match () {
        _ if same(x.get(), y.get()) => Some(NameLevel::Equal),
        _ if a.is_branch() != b.is_branch() => Some(NameLevel::BranchAndParent),
        // 物流 for 物流分公司.
        _ if same(a.stem(), b.stem()) && cut_short(a.branch(), b.branch()) => Some(NameLevel::DropInTrade),
        // Of two branches another glyph is another place or number; a glyph that sounds alike, or stands twice, is a slip.
        _ if same(a.stem(), b.stem()) => {
            let is_slip =
                |level: &NameLevel| !matches!(level, NameLevel::TwoSlips | NameLevel::OtherInBrand | NameLevel::OtherInTrade);
            Some(slipped.filter(|level| a.branch().len() > 3 && is_slip(level)).unwrap_or(NameLevel::OtherBranch))
        }
        _ => slipped,
    }
}

/// One slip (or two) between two texts, and whether it lies in the first `brand` glyphs.
fn slip(x: &[Glyph], y: &[Glyph], brand: usize) -> Option<NameLevel> {
    use NameLevel::*;
    if x.len().abs_diff(y.len()) > 2 || x.len().min(y.len()) < 3 {
        return None;
    }
    let front = x.iter().zip(y).take_while(|(a, b)| a == b).count();
    let back = x[front..].iter().rev().zip(y[front..].iter().rev()).take_while(|(a, b)| a == b).count();
    let (mx, my) = (&x[front..x.len() - back], &y[front..y.len() - back]);
    let pick = |in_brand: NameLevel, in_trade: NameLevel| Some(if front < brand { in_brand } else { in_trade });
    match (mx, my) {
        _ if numbers(mx, my) && (mx.len() == my.len() || in_a_number(x, front)) => {
            Some(if same_number(mx, my) { Equal } else { OtherBranch })
        }
        // Every glyph of the 字号 is another: another 字号, not slips. So are its two glyphs the other way round.
        _ if front == 0 && mx.len() == my.len() && mx.len() >= brand.clamp(2, 3) && mx.len() > 1 && brand <= 3 => None,
        // 建筑 for 科技 is another trade.
        _ if front >= brand && mx.len() > 1 && my.len() > 1 && is_trade(mx) && is_trade(my) => None,
        // A座 and B座, 甲号 and 乙号, 东区 and 西区: what tells parts of one row from each other is no slip.
        ([a], [b]) if of_a_row(*a, *b) && stands_alone(x, front) && stands_alone(y, front) => Some(OtherBranch),
        ([a], [b]) if sound_alike(*a, *b) => pick(SoundInBrand, SoundInTrade),
        // 药品 for 食品 likewise.
        ([_], [_]) if front >= brand && is_trade(&x[brand..]) && is_trade(&y[brand..]) => None,
        ([_], [_]) => pick(OtherInBrand, OtherInTrade),
        ([a, b], [c, d]) if a == d && b == c => pick(SwapInBrand, SwapInTrade),
        ([a], []) if front > 0 && x[front - 1] == *a || x.get(front + 1) == Some(a) => pick(DoubleInBrand, DoubleInTrade),
        // A glyph more at the very end of the 字号 lies in the 字号.
        ([_], []) => Some(if front <= brand { AddInBrand } else { AddInTrade }),
        ([], [_]) => pick(DropInBrand, DropInTrade),
        _ if x.len() == y.len() && x.len() >= 6 && several_sounds(x, y, brand) => pick(SoundInBrand, TwoSlips),
        _ if mx.len().max(my.len()) <= 2 && x.len().min(y.len()) >= 6 && mx.len() == my.len() => Some(TwoSlips),
        _ => None,
    }
}

/// Two or three glyphs are others that sound alike, as an input method has it that offers whole words; at most
/// one of them stands in the 字号.
fn several_sounds(x: &[Glyph], y: &[Glyph], brand: usize) -> bool {
    let differ = |upto: usize| x.iter().zip(y).take(upto).filter(|(a, b)| a != b).count();
    let (all, in_brand) = (differ(x.len()), differ(brand));
    (2..=3).contains(&all) && in_brand <= 1 && x.iter().zip(y).all(|(a, b)| sound_alike(*a, *b))
}

/// Equal 字号, unequal trade.
fn trades(a: NameRef<'_>, b: NameRef<'_>) -> NameLevel {
    let (x, y) = (a.trade(), b.trade());
    let short_form = a.shape.form_class == 0 || a.shape.form_class == *COMPANY || a.shape.form_class == *GROUP;
    match () {
        _ if x.is_empty() => NameLevel::TradeAbsent,
        _ if x.len() < y.len() && subsequence(x, y) => {
            if short_form {
                NameLevel::TradeCut
            } else {
                NameLevel::TradeShorter
            }
        }
        _ if x.len() > y.len() && subsequence(y, x) => NameLevel::TradeLonger,
        _ => NameLevel::TradeDiffers,
    }
}

static GROUP: std::sync::LazyLock<u8> = std::sync::LazyLock::new(|| crate::normalise::words::form_class("集团"));

/// The unidentified side is a short form: the beginning of the other's stem, or its first glyphs.
fn abbreviation(a: NameRef<'_>, b: NameRef<'_>) -> Option<NameLevel> {
    let (x, y) = (without_county(a, b), b.stem());
    let short_form = a.shape.form_class == 0 || a.shape.form_class == *COMPANY || a.shape.form_class == *GROUP;
    if !short_form || x.len() < 2 || x.len() >= y.len() || a.is_branch() != b.is_branch() {
        return None;
    }
    if begins(y, x) {
        return Some(if x.len() <= b.brand().len() { NameLevel::TradeAbsent } else { NameLevel::TradeCut });
    }
    // 中石化 of 中国石油化工, 北汽 of 北京汽车: the place has an initial too.
    let of_a_place = || x.len() >= 3 && b.place().contains(&x[0]) && x[1] == y[0] && subsequence(&x[1..], y);
    (x.len() <= 4 && (x[0] == y[0] && subsequence(x, y) || of_a_place())).then_some(NameLevel::Initials)
}

/// `a`'s 字号 and trade without the county that `b`, which names its city before it, has for a place: 丰台某某建筑 of
/// 北京市丰台某某建筑工程有限公司.
fn without_county<'a>(a: NameRef<'a>, b: NameRef<'_>) -> &'a [Glyph] {
    let stem = a.stem();
    let county = PLACES.prefixes(stem).map(|(len, _)| len).filter(|len| b.place().len() > *len);
    let said = |len: &usize| b.place()[1..].windows(*len).any(|part| part == &stem[..*len]);
    stem.get(county.filter(said).max().filter(|_| a.place().is_empty()).unwrap_or(0)..).unwrap_or_default()
}

fn cut_short(x: &[Glyph], y: &[Glyph]) -> bool {
    let (short, long) = if x.len() <= y.len() { (x, y) } else { (y, x) };
    short.len() >= 2 && begins(long, short) && BRANCH_OFFICE.starts_with(&long[short.len()..])
}

static BRANCH_OFFICE: std::sync::LazyLock<Vec<Glyph>> = std::sync::LazyLock::new(|| crate::normalise::glyph::glyphs("分公司"));

/// `long` is `short` with a number in it: 某某第二建筑 and 某某建筑, 某某二期基金 and 某某基金.
fn is_numbered(long: &[Glyph], short: &[Glyph]) -> bool {
    if long.len() < short.len() + 2 || short.len() < 3 {
        return false;
    }
    let front = long.iter().zip(short).take_while(|(a, b)| a == b).count();
    let more = &long[front..front + long.len() - short.len()];
    let counts = |g: &Glyph| is_numeral(*g) || *g == *ORDINAL || COUNTED.contains(g);
    same(&long[front + more.len()..], &short[front..]) && more.iter().all(counts) && more.iter().any(|g| is_numeral(*g))
}

static COUNTED: std::sync::LazyLock<Vec<Glyph>> = std::sync::LazyLock::new(|| crate::normalise::glyph::glyphs("期号届批轮次分"));

/// Nothing but numerals is between: 第二 and 第三, 十一局 and 十二局.
fn numbers(x: &[Glyph], y: &[Glyph]) -> bool {
    let both = || x.iter().chain(y);
    both().all(|g| is_numeral(*g)) && both().any(|g| !COUNTERS.contains(g))
}

/// Two that stand in one row, as parts of a whole are told from each other.
fn of_a_row(a: Glyph, b: Glyph) -> bool {
    let greek = |g: Glyph| (0x391..=0x3A9).contains(&g);
    is_latin(a) && is_latin(b) || greek(a) && greek(b) || ROWS.iter().any(|row| row.contains(&a) && row.contains(&b))
}

static ROWS: std::sync::LazyLock<[Vec<Glyph>; 4]> =
    std::sync::LazyLock::new(|| ["甲乙丙丁", "东南西北", "春夏秋冬", "上下"].map(crate::normalise::glyph::glyphs));

/// Not a letter among letters, which may be a slip in a word.
fn stands_alone(text: &[Glyph], at: usize) -> bool {
    let letter = |at: usize| text.get(at).is_some_and(|g| is_latin(*g));
    !letter(at) || !letter(at + 1) && !at.checked_sub(1).is_some_and(letter)
}

/// A numeral more or less counts where numerals or 第 stand beside it: 第一, 第十一; not in 十三陵.
fn in_a_number(text: &[Glyph], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    before.is_some_and(|g| is_numeral(*g) || *g == *ORDINAL) || text.get(at).is_some_and(|g| is_numeral(*g))
}

static ORDINAL: std::sync::LazyLock<Glyph> = std::sync::LazyLock::new(|| crate::normalise::glyph::glyphs("第")[0]);

/// 第11 and 第十一.
fn same_number(x: &[Glyph], y: &[Glyph]) -> bool {
    matches!((number(x), number(y)), (Some(a), Some(b)) if a == b)
}

static COUNTERS: std::sync::LazyLock<Vec<Glyph>> = std::sync::LazyLock::new(|| crate::normalise::glyph::glyphs("百零两"));

fn subsequence(short: &[Glyph], long: &[Glyph]) -> bool {
    let mut rest = long.iter();
    short.iter().all(|g| rest.any(|other| other == g))
}

fn contains(long: &[Glyph], short: &[Glyph]) -> bool {
    long.len() > short.len() && long.windows(short.len()).any(|part| same(part, short))
}

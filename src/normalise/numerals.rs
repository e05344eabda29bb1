//! Numbers in names: 十一 and 11, 廿一 and 二十一, 一零一 and 101, 壹号 and 一号 are one way of writing each.
//!
//! In: the glyphs of a name. Out: the same with numbers of several numerals in Arabic digits, and a capital numeral (壹) that counts
//! something as a plain one. What merely consists of numerals (三一, 八一) is a 字号 and stays as it is.

use std::sync::LazyLock;

use super::glyph::{Glyph, glyphs, is_digit, is_latin};

/// What one numeral stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Numeral {
    /// 0 to 9.
    Digit(u32),
    /// 廿, 卅.
    Tens(u32),
    /// 十, 百: by how much they multiply.
    Unit(u32),
}

/// A numeral, what it stands for, and how it is written plainly where it is a capital one (大写).
static NUMERALS: LazyLock<Vec<(Glyph, Numeral, Option<Glyph>)>> = LazyLock::new(|| {
    let one = |text: &str| glyphs(text)[0];
    let plain: Vec<Glyph> = glyphs("零一二三四五六七八九");
    let mut all: Vec<(Glyph, Numeral, Option<Glyph>)> = Vec::new();
    for (value, digits) in ["0〇", "1", "2两", "3", "4", "5", "6", "7", "8", "9"].iter().enumerate() {
        all.extend(glyphs(digits).into_iter().map(|g| (g, Numeral::Digit(value as u32), None)));
        all.push((plain[value], Numeral::Digit(value as u32), None));
    }
    for (value, capital) in glyphs("壹贰叁肆伍陆柒捌玖").into_iter().enumerate() {
        all.push((capital, Numeral::Digit(value as u32 + 1), Some(plain[value + 1])));
    }
    all.extend([(one("廿"), Numeral::Tens(20), None), (one("卅"), Numeral::Tens(30), None)]);
    all.extend([(one("十"), Numeral::Unit(10), None), (one("百"), Numeral::Unit(100), None)]);
    all.extend([(one("拾"), Numeral::Unit(10), Some(one("十"))), (one("佰"), Numeral::Unit(100), Some(one("百")))]);
    all
});

/// What is counted: 一号, 三期, 二座.
static COUNTED: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("号期座楼栋轮届"));
static ORDINAL: LazyLock<Glyph> = LazyLock::new(|| glyphs("第")[0]);

/// By glyph, the place of its numeral and one more; 0 for other glyphs. Names are many, numerals in them few.
static PLACE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut place = vec![0; 0x10000];
    for (at, known) in NUMERALS.iter().enumerate() {
        place[known.0 as usize] = at as u8 + 1;
    }
    place
});

fn numeral(glyph: Glyph) -> Option<&'static (Glyph, Numeral, Option<Glyph>)> {
    NUMERALS.get(usize::from(PLACE[glyph as usize].checked_sub(1)?))
}

/// Writes the numbers of a name one way.
pub fn one_way(mut written: Vec<Glyph>) -> Vec<Glyph> {
    let mut at = 0;
    while at < written.len() {
        if let Some((len, number)) = roman(&written, at) {
            let digits: Vec<Glyph> = number.to_string().bytes().map(Glyph::from).collect();
            let end = at + digits.len();
            written.splice(at..at + len, digits);
            at = end;
            continue;
        }
        let run = written[at..].iter().take_while(|glyph| numeral(**glyph).is_some()).count();
        if run == 0 {
            at += 1;
            continue;
        }
        let end = at + run;
        if let Some(number) = number_of(&written[at..end]) {
            let digits: Vec<Glyph> = number.bytes().map(Glyph::from).collect();
            let len = digits.len();
            written.splice(at..end, digits);
            at += len;
            continue;
        }
        let counts = at > 0 && written[at - 1] == *ORDINAL || written.get(end).is_some_and(|next| COUNTED.contains(next));
        if counts && let [glyph] = &mut written[at..end] {
            *glyph = numeral(*glyph).and_then(|known| known.2).unwrap_or(*glyph);
        }
        at = end;
    }
    written
}

/// II期, IV号: a Roman number in letters that counts something, its length and value.
fn roman(written: &[Glyph], at: usize) -> Option<(usize, usize)> {
    const NUMBERS: [&str; 12] = ["I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX", "X", "XI", "XII"];
    let len = written[at..].iter().take(5).take_while(|glyph| is_latin(**glyph)).count();
    let before = at.checked_sub(1).is_some_and(|before| is_latin(written[before]));
    let counted = || written.get(at + len).is_some_and(|next| COUNTED.contains(next));
    if before || !(1..=4).contains(&len) || !counted() {
        return None;
    }
    let is = |known: &&str| known.bytes().map(Glyph::from).eq(written[at..at + len].iter().copied());
    Some((len, NUMBERS.iter().position(is)? + 1))
}

/// The Arabic digits of a number; None where the numerals are one alone, Arabic already, or no number.
fn number_of(run: &[Glyph]) -> Option<String> {
    if run.len() < 2 || run.iter().any(|glyph| is_digit(*glyph)) || run.len() > 7 {
        return None;
    }
    let values: Vec<Numeral> = run.iter().filter_map(|glyph| numeral(*glyph)).map(|known| known.1).collect();
    let digits = || values.iter().map(|value| if let Numeral::Digit(digit) = value { Some(*digit) } else { None });
    // 一零一, 三六五; two digits are more often a 字号: 三一, 八一.
    if let Some(read) = digits().collect::<Option<Vec<u32>>>() {
        return (read.len() >= 3).then(|| read.iter().map(u32::to_string).collect());
    }
    let (mut whole, mut digit, mut unit_before) = (0, None, u32::MAX);
    for (place, value) in values.iter().enumerate() {
        match *value {
            Numeral::Digit(0) if digit.is_none() && place > 0 => {}
            Numeral::Digit(next) if digit.is_none() && unit_before > 1 => digit = Some(next),
            Numeral::Tens(tens) if place == 0 => (whole, unit_before) = (tens, 10),
            Numeral::Unit(unit) if unit < unit_before && (digit.is_some() || unit == 10) => {
                whole += digit.take().unwrap_or(1) * unit;
                unit_before = unit;
            }
            _ => return None,
        }
    }
    Some((whole + digit.unwrap_or(0)).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::normalise::glyph::text;

    #[test]
    fn numbers_are_written_one_way_and_brands_of_numerals_stay() {
        for (raw, expected) in [
            ("珞一零一中学", "珞101中学"),
            ("珞廿一世纪", "珞21世纪"),
            ("珞二十一世纪", "珞21世纪"),
            ("珞叁零贰科技", "珞302科技"),
            ("第十六分店", "第16分店"),
            ("一百零八将", "108将"),
            ("一百二十中学", "120中学"),
            ("七十二变", "72变"),
            ("珞沣壹号投资", "珞沣一号投资"),
            ("珞沣贰号投资", "珞沣二号投资"),
            ("第叁工程", "第三工程"),
            // 字号, and what is no number.
            ("三一重工", "三一重工"),
            ("八一中学", "八一中学"),
            ("陆珞商贸", "陆珞商贸"),
            ("十里铺", "十里铺"),
            ("百百乐", "百百乐"),
            ("第2十店", "第2十店"),
            ("360度", "360度"),
        ] {
            assert_eq!(text(&one_way(glyphs(raw))), expected, "{raw}");
        }
        assert_eq!(text(&one_way(glyphs("珞Ⅱ期"))), "珞2期", "Roman numerals of their own are digits");
        for (raw, expected) in
            [("珞III号", "珞3号"), ("珞iv期", "珞4期"), ("珞VIP号", "珞VIP号"), ("珞II科技", "珞II科技"), ("AII期", "AII期")]
        {
            assert_eq!(text(&one_way(glyphs(raw))), expected, "{raw}");
        }
    }
}

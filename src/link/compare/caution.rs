//! What no evidence of the usual kind may join: a person decides.
//!
//! Some differences make two firms however much else agrees, since firms that differ so are as a rule kin under one roof:
//! a branch and its firm, 第二 and 第三, 上海 and 北京, a 字号 that sounds like another. A pair with a caution does not join by
//! weight; where the rest speaks for it, it waits in the queue.

use std::sync::LazyLock;

use super::levels::{
    Caution, CodeLevel, Comparison, CountyLevel, EmployeesLevel, EstablishedLevel, FormLevel, NameLevel, PhoneLevel, PlaceLevel,
    PlaceOfBusinessLevel, RegistrationLevel,
};
use crate::normalise::Glyph;
use crate::normalise::glyph::{glyphs, sound_alike};
use crate::normalise::name::{CHINA, is_trade};
use crate::normalise::name_parts::NameRef;

/// 字号 up to this length leave no room for a slip: 金沅 and 金元, 恒信 and 恒欣 are as good as each other.
const SHORT_BRAND: usize = 3;

/// What keeps a pair from joining without a person; `None` where its weight may decide.
pub fn caution(pair: &Comparison, left: NameRef<'_>, right: NameRef<'_>) -> Caution {
    use NameLevel::*;
    let proved = pair.registration == RegistrationLevel::Same || matches!(pair.code, CodeLevel::OneSlip);
    if proved {
        return Caution::None;
    }
    let at_one_door = pair.address <= PlaceOfBusinessLevel::RoadAndNumber;
    let called = pair.phone == PhoneLevel::Same;
    // What an enterprise shares with nobody who shares its roof.
    let of_a_size = pair.employees <= EmployeesLevel::Within40Percent;
    // First glyphs that fit, and the very address: half or double the staff is a year's difference.
    let of_double =
        pair.employees <= EmployeesLevel::WithinDouble && pair.address == PlaceOfBusinessLevel::Whole && left.stem().len() > 2;
    let of_a_month = pair.established <= EstablishedLevel::Month;
    let alike = at_one_door && (called || of_a_month || of_a_size);
    match pair.name {
        _ if left.shape.several != right.shape.several => Caution::Joint,
        BranchAndParent | OtherBranch => Caution::Unit,
        _ if pair.place == PlaceLevel::Differs => Caution::Place,
        // The country's firm beside a city's: 某某（中国）投资, 某某投资.
        _ if !pair.name.is_far() && is_national(left) != is_national(right) && left.shape.english == right.shape.english => {
            Caution::Place
        }
        // Another trade than the Chinese name's; and what has no form may be anybody's.
        EnglishBoth | EnglishBrand if !called && !alike && english(left, right).shape.form_class == 0 => Caution::Form,
        EnglishBrand if !called && !alike && !left.trade().is_empty() && !right.trade().is_empty() => Caution::Trade,
        Equal if pair.form == FormLevel::Related && !called && !alike => Caution::Form,
        Equal if is_bare(left) && is_bare(right) => Caution::Namesake,
        // A union's roll calls every firm 公司 or 集团, and leaves 有限公司 out where the name ends well without it.
        Equal
            if pair.form == FormLevel::OtherKind
                && !alike
                && !(pair.of_roll
                    && (left.is_shortened() && left.form().len() <= 2 && !left.is_group()
                        || pair.county == CountyLevel::Same && is_without(left, right))) =>
        {
            Caution::Form
        }
        TradeAbsent if left.is_group() && right.is_group() && !right.trade().is_empty() => Caution::Form,
        SoundInBrand | OtherInBrand | SwapInBrand
            if left.brand().len().min(right.brand().len()) <= SHORT_BRAND && !called && !alike =>
        {
            Caution::Brand
        }
        // A glyph more at either end of a 字号, or a word, is how kin are told from each other.
        BrandExtended if !called && !alike => Caution::Brand,
        DropInBrand | AddInBrand if !called && !alike && is_longer(left.brand(), right.brand()) => Caution::Brand,
        SoundInBrand if !called && !alike && usual_homophones(left.stem(), right.stem()) => Caution::Brand,
        DoubleInBrand | DropInBrand | AddInBrand | TwoSlips
            if left.brand() != right.brand()
                && left.brand().len().max(right.brand().len()) <= SHORT_BRAND
                && !called
                && !alike =>
        {
            Caution::Brand
        }
        // What cannot be read as words of trade is a slip in the name or in its form.
        TradeDiffers | TradeShorter | TradeLonger if !called && !alike && is_trade(left.trade()) && is_trade(right.trade()) => {
            Caution::Trade
        }
        // A hotel, a park, and the company that runs it.
        TradeCut if pair.form == FormLevel::OtherKind && !left.is_shortened() && !called && !alike => Caution::Form,
        Initials if !(called || at_one_door && (of_a_size || of_double)) => Caution::Initials,
        Different | SameTrade | Absent if !(at_one_door && (called || of_a_month && of_a_size)) => Caution::Stranger,
        _ => Caution::None,
    }
}

/// One 字号 is the other with a glyph before or behind it.
fn is_longer(one: &[Glyph], other: &[Glyph]) -> bool {
    let (short, long) = if one.len() < other.len() { (one, other) } else { (other, one) };
    short.len() >= 2 && short.len() < long.len() && (long.starts_with(short) || long.ends_with(short))
}

/// The glyphs that 字号 are made of: two that sound alike are two 字号, not a slip (天诚, 天成).
static USUAL: LazyLock<Vec<Glyph>> = LazyLock::new(|| {
    glyphs(
        "诚成城盛胜晟圣宏鸿弘洪泓源元远园圆缘信欣鑫新馨心恒衡兴星瑞睿锐荣融容蓉佳嘉家金锦晋丰峰锋益亿易毅逸艺泰太和合禾顺舜\
         通同祥翔铭明鸣利力丽立东冬天添维伟玮威福富华骅汇惠慧辉晖隆龙康凯创昌长腾众世时正振震志智致广博伯",
    )
});

/// A glyph of one stem is another usual one of the same sound in the other.
fn usual_homophones(one: &[Glyph], other: &[Glyph]) -> bool {
    let usual = |glyph: &Glyph| USUAL.contains(glyph);
    one.len() == other.len() && one.iter().zip(other).any(|(a, b)| a != b && usual(a) && usual(b) && sound_alike(*a, *b))
}

fn english<'a>(left: NameRef<'a>, right: NameRef<'a>) -> NameRef<'a> {
    if left.shape.english { left } else { right }
}

/// 中国 stands in the brackets.
fn is_national(name: NameRef<'_>) -> bool {
    *name.inner_place() == **CHINA
}

/// 某某宾馆 of 某某宾馆有限公司.
fn is_without(short: NameRef<'_>, long: NameRef<'_>) -> bool {
    !short.form().is_empty() && short.core() == long.stem()
}

/// Two to four glyphs without place, trade and form.
fn is_bare(name: NameRef<'_>) -> bool {
    let is_short = (2..=4).contains(&name.glyphs.len());
    is_short && name.place().is_empty() && name.trade().is_empty() && name.shape.form_class == 0 && !name.shape.english
}

//! What stands beside a name and is not it: former names, states of the registration, kinds of the account, the words of a union.

use std::sync::LazyLock;

use super::form::{COMPANY, closing, form_suffix, is_whole};
use super::glyph::{Glyph, OPEN, glyphs, is_digit, is_han, is_latin};
use super::place::PLACES;
use super::words::WORDS;

/// Removes `(原某某公司)`, `(曾用名:某某)`, `(筹)` and, behind a whole name, `(已更名)`, `(停业)` or whatever else is no unit; what the
/// notes name goes to `noted`.
pub(super) fn cut_notes(written: Vec<Glyph>, noted: &mut Vec<Vec<Glyph>>) -> Vec<Glyph> {
    let mut kept = Vec::with_capacity(written.len());
    let mut at = 0;
    while at < written.len() {
        if written[at] == OPEN {
            let end = closing(&written, at);
            let inside = &written[at + 1..end];
            if let Some((len, ())) = WORDS.notes.prefix(inside) {
                let alias = &inside[len..];
                if alias.iter().filter(|g| is_han(**g)).count() >= 3 {
                    noted.extend(firms_of(alias).map(<[Glyph]>::to_vec));
                    at = end + 1;
                    continue;
                }
            }
            // (筹), (新), (); (已更名) behind a form; anything that tells no unit behind 公司.
            let host = || cut_union(kept.clone()).0;
            if inside.len() <= 1
                || is_dress(inside)
                || is_remark(inside) && (kept.is_empty() || is_whole(&host()))
                || host().ends_with(&COMPANY) && is_aside(inside)
            {
                at = end + 1;
                continue;
            }
        }
        kept.push(written[at]);
        at += 1;
    }
    cut_bare_note(kept, noted)
}

/// 某某有限公司原某某公司: the former name stands behind the name without brackets.
fn cut_bare_note(mut kept: Vec<Glyph>, noted: &mut Vec<Vec<Glyph>>) -> Vec<Glyph> {
    let note = |end: usize| WORDS.notes.prefix(&kept[end..]).map(|(len, ())| end + len);
    let is_name = |from: &usize| kept.len() >= from + 8 && PLACES.prefix(&kept[*from..]).is_some() && kept.ends_with(&COMPANY);
    let ends = (6..kept.len()).filter(|end| kept[..*end].ends_with(&COMPANY));
    if let Some((end, from)) = ends.filter_map(|end| Some((end, note(end).filter(is_name)?))).next() {
        noted.extend(firms_of(&kept[from..]).map(<[Glyph]>::to_vec));
        kept.truncate(end);
    }
    kept
}

/// The firms that a note names behind each other: each ends with 公司.
fn firms_of(alias: &[Glyph]) -> impl Iterator<Item = &[Glyph]> {
    let ends: Vec<usize> = (4..alias.len().saturating_sub(4)).filter(|end| alias[..*end].ends_with(&COMPANY)).collect();
    let again = |end: usize| alias[end..].iter().filter(|g| is_han(**g)).count() >= 4 && form_suffix(&alias[end..]).0 > 0;
    let cuts: Vec<usize> = ends.into_iter().filter(|end| again(*end)).collect();
    let starts: Vec<usize> = std::iter::once(0).chain(cuts.iter().copied()).collect();
    let ends: Vec<usize> = cuts.into_iter().chain([alias.len()]).collect();
    starts.into_iter().zip(ends).map(|(start, end)| &alias[start..end])
}

/// What clerks put beside a name, with brackets or without: 临时户, 报验户, 个体工商户. It says of which kind the account or the
/// unit is, not which one it is.
fn is_dress(inside: &[Glyph]) -> bool {
    let dispatched = || inside.windows(DISPATCH.len()).any(|pair| *pair == **DISPATCH);
    let account = || (2..=5).contains(&inside.len()) && inside.ends_with(&ACCOUNT);
    WORDS.dress.contains(inside)
        || dispatched()
        || account()
        || inside.len() >= 4 && inside.iter().all(|g| is_digit(*g) || DATES.contains(g))
}

/// （甲公司派遣）, （派遣至乙公司）: an account that the firm before it keeps for dispatched workers.
static DISPATCH: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("派遣"));
/// （原户）, （欠薪户）.
static ACCOUNT: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("户"));
/// （2003年至2008年）: from when to when a name was borne.
static DATES: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("年月日至起止"));

/// Takes 临时户 and its kin from the end of a whole name, and from its beginning.
pub(super) fn cut_dress(mut written: Vec<Glyph>) -> Vec<Glyph> {
    // 某某有限公司01, 某某有限公司 XINYUAN: a clerk's number, or a word of the name in letters.
    let han = written.iter().rposition(|g| is_han(*g)).map_or(0, |at| at + 1);
    let tail = &written[han..];
    let number = tail.len() <= 2 && tail.iter().all(|g| is_digit(*g));
    let word = tail.len() >= 3 && tail.iter().all(|g| is_latin(*g));
    if (number || word) && written[..han].ends_with(&COMPANY) {
        written.truncate(han);
    }
    for _ in 0..2 {
        match WORDS.dress.suffix(&written) {
            Some((len, ())) if written.len() >= len + 4 && is_whole(&written[..written.len() - len]) => {
                written.truncate(written.len() - len);
            }
            _ => break,
        }
    }
    match WORDS.dress.prefix(&written) {
        Some((len, ())) if written.len() >= len + 6 && PLACES.prefix(&written[len..]).is_some() => written.split_off(len),
        _ => written,
    }
}

/// A state of the unit: 已更名, 停业, 自然人独资. Never a branch, never a place.
fn is_remark(inside: &[Glyph]) -> bool {
    (0..inside.len()).any(|at| WORDS.remarks.prefix(&inside[at..]).is_some())
        && WORDS.branches.suffix(inside).is_none()
        && WORDS.forms.suffix(inside).is_none()
        && PLACES.prefixes(inside).next().is_none()
}

/// Behind a whole company's name: what tells no branch, no place, no number and no form is a clerk's remark, whatever it says.
fn is_aside(inside: &[Glyph]) -> bool {
    let units = |at: usize| WORDS.branches.prefix(&inside[at..]).is_some() || PLACES.prefix(&inside[at..]).is_some();
    inside.len() <= LONGEST_REMARK
        && inside.iter().all(|g| is_han(*g) && !NUMERALS.contains(g))
        && !inside.last().is_some_and(|g| UNIT_ENDS.contains(g))
        && WORDS.establishments.suffix(inside).is_none()
        && WORDS.forms.suffix(inside).is_none()
        && !(0..inside.len()).any(units)
}

/// Glyphs of the longest remark: 已迁出至外省市管理.
const LONGEST_REMARK: usize = 10;
static NUMERALS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("第一二三四五六七八九十百甲乙丙丁东南西北中"));
/// What parts of a firm and places end with.
static UNIT_ENDS: LazyLock<Vec<Glyph>> =
    LazyLock::new(|| glyphs("区厂店部处所室站院校园队组馆城行社号线座楼层会家场库段庄村镇乡街路圈"));

/// Cuts 工会委员会 and its kin from the end; 中国工会某某公司委员会 has them around its host.
pub(super) fn cut_union(mut written: Vec<Glyph>) -> (Vec<Glyph>, bool) {
    let mut joint = false;
    let [before, behind] = &*AROUND;
    if written.starts_with(before)
        && written.ends_with(behind)
        && written.len() >= before.len() + behind.len() + 4
        && WORDS.unions.suffix(&written).is_none()
    {
        written.truncate(written.len() - behind.len());
        return (written.split_off(before.len()), false);
    }
    for _ in 0..2 {
        match WORDS.unions.suffix(&written) {
            Some((len, regional)) if written.len() >= len + 2 => {
                written.truncate(written.len() - len);
                joint |= regional;
            }
            _ => break,
        }
    }
    (written, joint)
}

static AROUND: LazyLock<[Vec<Glyph>; 2]> = LazyLock::new(|| ["中国工会", "委员会"].map(glyphs));

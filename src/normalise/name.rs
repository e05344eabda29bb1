//! The parts of an enterprise's name: place, trade name (字号), trade, legal form, branch.
//!
//! Order in a Chinese name (企业名称登记管理规定): 行政区划 + 字号 + 行业 + 组织形式, the place also in brackets after the
//! 字号 (`某某(北京)有限公司`), a branch after the whole name of its unit. Former names stand in brackets behind
//! `原` or `曾用名`; a union's name is its host's with a union word behind it.

use std::sync::LazyLock;

use super::blank::is_blank;
use super::english;
use super::form::{COMPANY, FORM_GLYPHS, closing, form_suffix, is_whole, once};
use super::glyph::{CLOSE, Glyph, OPEN, glyphs, is_han, is_latin};
use super::notes::{cut_dress, cut_notes, cut_union};
use super::numerals::one_way;
use super::place::PLACES;
use super::tables::Level;
use crate::normalise::name_parts::{LONGEST, Name};
use crate::normalise::words::WORDS;

/// The name of a record and the other names that stand inside it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Names {
    pub name: Name,
    /// Former and other names from notes.
    pub noted: Vec<Name>,
}

/// Whether `text` consists of words of trade.
pub fn is_trade(text: &[Glyph]) -> bool {
    segments(text).first() == Some(&true)
}

/// Reads one name.
pub fn read_name(raw: &str) -> Name {
    read_names(raw).name
}

/// Reads a name and the former names noted inside it.
pub fn read_names(raw: &str) -> Names {
    if is_blank(raw) {
        return Names::default();
    }
    let mut written = once(one_way(glyphs(raw)));
    written.truncate(3 * LONGEST);
    let latin = written.iter().filter(|g| is_latin(**g)).count();
    if latin > 0 && !written.iter().any(|g| is_han(*g)) {
        return Names { name: english::read(raw), noted: Vec::new() };
    }
    // One cell, both languages.
    let mut both = None;
    if latin >= english::SHORTEST
        && let Some((chinese, english)) = english::beside_chinese(raw)
    {
        both = Some(english::read(english)).filter(|name| !name.view().brand().is_empty());
        written = once(one_way(glyphs(&chinese)));
        written.truncate(3 * LONGEST);
    }
    let mut noted = Vec::new();
    let written = cut_notes(written, &mut noted);
    let whole = written.len();
    let (written, joint) = cut_union(written);
    let written = if written.len() < whole { cut_street(written) } else { written };
    let (written, others) = if joint { cut_others(written) } else { (written, false) };
    let firms = if joint { listed_firms(raw) } else { Vec::new() };
    let several = others || firms.len() > 1 || joint && WORDS.parks.suffix(&written).is_some();
    let union = |written: &[Glyph]| {
        let mut name = take_apart(written);
        (name.shape.joint, name.shape.several) = (joint, several);
        name
    };
    if let [first, rest @ ..] = firms.as_slice() {
        return Names { name: union(first), noted: rest.iter().map(|firm| union(firm)).collect() };
    }
    let name = union(&cut_dress(written));
    let noted = noted.iter().map(|alias| take_apart(&cut_union(alias.clone()).0)).filter(|n| !n.glyphs.is_empty());
    Names { name, noted: noted.chain(both).collect() }
}

/// 北京市朝阳区望京街道某某广告有限公司 of a union's name: the street that leads it stands before the whole name of its host.
fn cut_street(mut written: Vec<Glyph>) -> Vec<Glyph> {
    let from = place_prefix(&written).0;
    let street = (from + 2..written.len().min(from + 8)).find(|at| written[*at..].starts_with(&STREET));
    let Some(behind) = street.map(|at| at + STREET.len()) else { return written };
    let office = if written[behind..].starts_with(&OFFICE) { OFFICE.len() } else { 0 };
    let host = &written[behind + office..];
    let is_host = host.len() >= 8 && host.ends_with(&COMPANY) && is_whole(host);
    if is_host { written.split_off(behind + office) } else { written }
}

static STREET: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("街道"));
static OFFICE: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("办事处"));

/// 甲公司等三家企业 of a joint union's name: the firm that is named, and that there are others.
fn cut_others(mut written: Vec<Glyph>) -> (Vec<Glyph>, bool) {
    let house = |at: &usize| written[*at..].contains(&OTHERS[1]) || written.len() - at <= 3;
    match written.iter().rposition(|g| *g == OTHERS[0]).filter(|at| *at >= 4 && is_whole(&written[..*at]) && house(at)) {
        Some(at) => {
            written.truncate(at);
            (written, true)
        }
        None => (written, false),
    }
}

/// 甲公司、乙公司: the firms that a joint union's name lists, where there are two or more.
fn listed_firms(raw: &str) -> Vec<Vec<Glyph>> {
    const BETWEEN: [char; 8] = ['、', '，', ',', '；', ';', '/', '与', '和'];
    let firm =
        |part: &str| Some(cut_others(cut_union(one_way(glyphs(part))).0).0).filter(|firm| firm.len() >= 4 && is_whole(firm));
    let firms: Vec<Vec<Glyph>> = raw.split(BETWEEN).filter_map(firm).collect();
    if firms.len() > 1 { firms } else { Vec::new() }
}

/// 等 behind a firm, and 家, which counts firms.
static OTHERS: LazyLock<[Glyph; 2]> = LazyLock::new(|| ["等", "家"].map(|one| glyphs(one)[0]));

/// Whether a cell holds the whole name of a firm or a branch, form and all: 某某商贸有限公司.
pub fn is_whole_name(raw: &str) -> bool {
    let written = glyphs(raw);
    let flat: Vec<Glyph> = written.iter().copied().filter(|g| *g != OPEN && *g != CLOSE).collect();
    let company = flat.windows(COMPANY.len()).any(|pair| *pair == **COMPANY);
    (6..=LONGEST).contains(&flat.len()) && company && is_whole(&flat) && flat.iter().filter(|g| is_han(**g)).count() >= 6
}

fn take_apart(written: &[Glyph]) -> Name {
    let (flat, inner) = open_brackets(written);
    let (place_len, place_code) = place_prefix(&flat);
    let (place, rest) = flat.split_at(place_len);
    let rest = cut_owner(rest);
    let (whole, branch) = cut_branch(rest);
    let (form_len, form_class) = form_suffix(whole);
    let (body, form) = whole.split_at(whole.len() - form_len);
    let (body, inner) = cut_inner_place(body, inner);
    let (brand, trade) = body.split_at(brand_len(&body));
    let mut name = Name::from_parts([place, &inner, brand, trade, form, branch]);
    (name.shape.form_class, name.shape.place_code) = (form_class, place_code);
    name.shape.establishment = is_establishment(whole, branch);
    name
}

fn cut_owner(rest: &[Glyph]) -> &[Glyph] {
    match WORDS.owners.prefix(rest) {
        Some((len, ())) if rest.len() >= len + 4 => &rest[len..],
        _ => rest,
    }
}

/// 项目部, 车间, 财务部 behind a firm's whole name: an establishment (产业活动单位) or a department. What is registered by
/// itself (分公司, 办事处, 支行) is none, wherever its name ends.
fn is_establishment(firm: &[Glyph], tail: &[Glyph]) -> bool {
    form_suffix(firm).0 > 0
        && WORDS.establishments.suffix(tail).is_some()
        && !tail.windows(BRANCH_OFFICE.len()).any(|part| part == *BRANCH_OFFICE)
}

static BRANCH_OFFICE: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("分公司"));

/// Takes the brackets away: a place in them goes aside, anything else stays where it stands.
fn open_brackets(written: &[Glyph]) -> (Vec<Glyph>, Vec<Glyph>) {
    let (mut flat, mut inner) = (Vec::with_capacity(written.len()), Vec::new());
    let mut at = 0;
    while at < written.len() {
        if written[at] == OPEN && inner.is_empty() && at >= 2 {
            let end = closing(written, at);
            let inside = &written[at + 1..end];
            if PLACES.is_place(inside) || *inside == *CHINA {
                inner.extend_from_slice(inside);
                at = end + 1;
                continue;
            }
        }
        if written[at] != OPEN && written[at] != CLOSE {
            flat.push(written[at]);
        }
        at += 1;
    }
    (flat, inner)
}

/// Length of the places in front, and the code of the smallest. A county without its suffix counts only behind a place
/// that holds it (北京海淀…), since many are everyday words (东方, 和平).
fn place_prefix(flat: &[Glyph]) -> (usize, u32) {
    let (mut len, mut code) = (0, 0u32);
    if flat.starts_with(&CHINA) && flat.len() > 4 {
        len = 2;
    }
    for _ in 0..4 {
        let rest = &flat[len..];
        let step = PLACES.prefixes(rest).find(|(step, place)| {
            let left = rest.len() - step;
            let holds = place.level != Level::County
                || place.full
                || (code != 0 && place.code / 10_000 == code / 10_000 && place.code != 0)
                || (code == 0
                    && place.code % 100 > 20
                    && !EVERYDAY.contains(&rest[..*step])
                    && (place.code % 100 > 80 || has_brand(&rest[*step..])));
            left >= 2 && holds && !WORDS.forms.contains(&rest[*step..]) && !is_road(rest, *step)
        });
        let Some((step, place)) = step else { break };
        len += step;
        if place.code != 0 {
            code = place.code;
        }
        // A town behind its county: 昆山千灯镇.
        if place.level != Level::Province {
            let rest = &flat[len..];
            if let Some(town) = (2..=3).find(|at| rest.get(*at).is_some_and(|g| TOWNS.contains(g)) && rest.len() >= at + 4) {
                len += town + 1;
                break;
            }
        }
    }
    (len, if code % 100 == 0 { 0 } else { code })
}

/// What is left would still begin with a 字号.
fn has_brand(rest: &[Glyph]) -> bool {
    let body = &rest[..rest.len() - form_suffix(rest).0];
    let len = brand_len(body);
    (2..=4).contains(&len) && len < body.len()
}

/// 中国, in front of a name or in its brackets.
pub static CHINA: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("中国"));
static TOWNS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("镇乡"));
static ROADS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("路街道"));
/// Counties whose short name is an everyday word, or a usual 字号.
const EVERYDAY_WORDS: [&str; 36] = [
    "东方", "大安", "新民", "高平", "永安", "永康", "天长", "永济", "兴隆", "平安", "安平", "大通", "大方", "文安", "太平",
    "中江", "兴国", "兴业", "新和", "大名", "永新", "永春", "富民", "富裕", "富源", "同心", "天祝", "金湖", "宝丰", "光山",
    "新兴", "德安", "万安", "永和", "大同", "长丰",
];
static EVERYDAY: LazyLock<hashbrown::HashSet<Box<[Glyph]>>> =
    LazyLock::new(|| EVERYDAY_WORDS.iter().map(|w| glyphs(w).into()).collect());

/// 北京路商店: the place is the name of a road, and what the shop does follows.
fn is_road(rest: &[Glyph], step: usize) -> bool {
    let behind = rest.get(step + 1..).unwrap_or_default();
    rest.get(step).is_some_and(|g| ROADS.contains(g))
        && (WORDS.trades.prefix(behind).is_some() || WORDS.forms.prefix(behind).is_some())
}

static BRANCH_HEADS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("分支"));
static ORDINAL: LazyLock<Glyph> = LazyLock::new(|| glyphs("第")[0]);
/// Digits of ordinals: 第十六, 第2.
static NUMERALS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("0123456789一二三四五六七八九十百零两"));
static LIMITED: LazyLock<[Vec<Glyph>; 3]> = LazyLock::new(|| ["有限责任", "股份有限", "有限"].map(glyphs));

/// Whether a branch part speaks of a branch and not of a slip in the form: it ends with a word that cannot be a firm's own
/// (分公司, 门市部), or begins with an ordinal or a place (a cut column leaves `第三分`, `汉阳区项目`).
pub fn reads_as_branch(branch: &[Glyph]) -> bool {
    let ordinal = branch.len() >= 2 && branch[0] == *ORDINAL && is_numeral(branch[1]);
    WORDS.branches.suffix(branch).is_some_and(|(len, ())| len >= 2)
        || ordinal
        || PLACES.prefixes(branch).map(|(len, _)| len).max().is_some_and(|len| branch.len() > len)
}

pub fn is_numeral(glyph: Glyph) -> bool {
    NUMERALS.contains(&glyph)
}

/// The number that numerals stand for: 11, 十一, 二十; None where they are no number below a thousand.
pub fn number(numerals: &[Glyph]) -> Option<u32> {
    let place = |glyph: Glyph| NUMERALS.iter().position(|known| *known == glyph).map(|at| at as u32);
    let (mut whole, mut digits, mut any) = (0, None, false);
    for glyph in numerals.iter().take(7) {
        any = true;
        match place(*glyph)? {
            at @ 0..=9 => digits = Some(digits.unwrap_or(0) * 10 + at),
            at @ 10..=18 => digits = Some(digits.unwrap_or(0) * 10 + at - 9),
            // 十, 百
            19 => whole += digits.take().unwrap_or(1) * 10,
            20 => whole += digits.take().unwrap_or(1) * 100,
            21 => {}
            _ => digits = Some(2),
        }
    }
    any.then(|| whole + digits.unwrap_or(0)).filter(|n| *n < 1000)
}

/// Splits `某某有限公司海淀分公司` into the whole unit's name and what makes it a branch.
fn cut_branch(rest: &[Glyph]) -> (&[Glyph], &[Glyph]) {
    // Whatever follows the first 公司 is a part of that company, unless it is a company again (某某公司管理有限公司).
    let company = rest.windows(2).position(|pair| pair == *COMPANY).map(|at| at + 2);
    if let Some(end) = company.filter(|end| rest.len() >= end + 2 && *end >= 4) {
        let tail = &rest[end..];
        // 第一粉公司 for 第一分公司.
        let numbered = (5..=6).contains(&tail.len())
            && tail[0] == *ORDINAL
            && tail[1..tail.len() - COMPANY.len() - 1].iter().all(|g| is_numeral(*g));
        let again = tail.ends_with(&COMPANY)
            && !tail[..tail.len() - COMPANY.len()].last().is_some_and(|g| BRANCH_HEADS.contains(g))
            && !numbered;
        if !again && WORDS.unions.suffix(tail).is_none() {
            return rest.split_at(end);
        }
    }
    let none = (rest, &rest[rest.len()..]);
    // The form was shortened: 某某有限责任第八分公司, 某某有限责任平谷俱乐部.
    for limited in LIMITED.iter() {
        let is_tail = |end: usize| {
            let tail = &rest[end..];
            let of_a_kind = || !FORM_GLYPHS.contains(&tail[0]) && !tail.ends_with(&COMPANY) && form_suffix(tail).0 > 0;
            WORDS.branches.suffix(tail).is_some() || tail.len() >= 4 && of_a_kind()
        };
        let at = rest.windows(limited.len()).position(|w| w == *limited).filter(|at| *at >= 2);
        if let Some(end) = at.map(|at| at + limited.len()).filter(|end| is_tail(*end)) {
            return rest.split_at(end);
        }
    }
    let Some((word, ())) = WORDS.branches.suffix(rest) else {
        return none;
    };
    let start = rest.len() - word;
    // The form was left out: 某某商贸第二门市部, 某某商贸海淀分公司.
    let numerals = rest[..start].iter().rev().take_while(|g| is_numeral(**g)).count();
    if numerals > 0 && start >= numerals + 4 && rest[start - numerals - 1] == *ORDINAL {
        return rest.split_at(start - numerals - 1);
    }
    // Only words that cannot mean anything but a branch (分公司, 支行), or that a place stands before (平谷营业部).
    let place = (2..=4).rev().find(|len| start >= len + 3 && PLACES.is_place(&rest[start - len..start]));
    if start >= 3 && (word >= 2 && BRANCH_HEADS.contains(&rest[start]) || word >= 3 && place.is_some()) {
        return rest.split_at(start - place.unwrap_or(0));
    }
    none
}

/// 某某北京科技: a place whose brackets were lost stands between 字号 and trade, or ends the body.
fn cut_inner_place(body: &[Glyph], inner: Vec<Glyph>) -> (Vec<Glyph>, Vec<Glyph>) {
    if inner.is_empty() {
        for at in 2..body.len().saturating_sub(1) {
            let rest = &body[at..];
            let found = PLACES.prefixes(rest).find(|(len, place)| {
                place.level != Level::County
                    && (*len == rest.len() || WORDS.trades.prefix(&rest[*len..]).is_some())
                    && !is_road(rest, *len)
            });
            if let Some((len, _)) = found {
                return ([&body[..at], &rest[len..]].concat(), rest[..len].to_vec());
            }
        }
    }
    (body.to_vec(), inner)
}

/// For every position: whether the text from there on consists of trade words.
fn segments(text: &[Glyph]) -> Vec<bool> {
    let mut whole = vec![false; text.len() + 1];
    whole[text.len()] = true;
    for at in (0..text.len()).rev() {
        whole[at] = WORDS.trades.prefixes(&text[at..]).any(|(len, ())| whole[at + len]);
    }
    if text.is_empty() {
        whole[0] = false;
    }
    whole
}

/// How much of the body is the 字号: up to where only trade words follow, else up to the first trade word, else four glyphs.
fn brand_len(body: &[Glyph]) -> usize {
    let whole = segments(body);
    if whole[0] {
        return 0;
    }
    if let Some(at) = (2..body.len()).find(|at| whole[*at]) {
        return at;
    }
    (2..body.len()).find(|at| WORDS.trades.prefix(&body[*at..]).is_some()).unwrap_or(if body.len() <= 5 { body.len() } else { 4 })
}

#[cfg(test)]
mod tests {
    use super::super::glyph::text;
    use super::*;

    fn parts(raw: &str) -> String {
        let name = read_name(raw);
        let name = name.view();
        [name.place(), name.inner_place(), name.brand(), name.trade(), name.form(), name.branch()].map(text).join("|")
    }

    #[test]
    fn a_name_comes_apart_into_place_brand_trade_form_and_branch() {
        for (raw, expected) in [
            ("北京恒信通达科技有限公司", "北京||恒信通达|科技|有限公司|"),
            ("恒信通达（北京）科技有限公司", "|北京|恒信通达|科技|有限公司|"),
            ("恒信通达北京科技有限公司", "|北京|恒信通达|科技|有限公司|"),
            ("北京市海淀区恒信科技发展有限责任公司", "北京市海淀区||恒信|科技发展|有限责任公司|"),
            ("恒信投资中心（有限合伙）", "||恒信|投资|中心有限合伙|"),
            ("北京恒信商贸有限公司朝阳分公司", "北京||恒信|商贸|有限公司|朝阳分公司"),
            ("北京恒信商贸有限公司第一分公司", "北京||恒信|商贸|有限公司|第一分公司"),
            ("北京恒信商贸有限责任第八分公司", "北京||恒信|商贸|有限责任|第八分公司"),
            ("恒信商贸第十六分店", "||恒信|商贸||第16分店"),
            ("恒信商贸顺义分公司", "||恒信|商贸||顺义分公司"),
            ("北京恒信商贸公司银宏粤菜馆", "北京||恒信|商贸|公司|银宏粤菜馆"),
            ("北京恒信商贸有公限司", "北京||恒信|商贸|有公限司|"),
            ("北京恒信商贸有限责任公司司", "北京||恒信|商贸|有限责任公司|"),
            ("北京市市恒信商贸有限限公司第一分公公司", "北京市||恒信|商贸|有限公司|第一分公司"),
            ("北京恒信商贸有限公司（欠薪户）", "北京||恒信|商贸|有限公司|"),
            ("北京恒信商贸有限公司（已列入名录）", "北京||恒信|商贸|有限公司|"),
            ("北京恒信商贸有限公司工会（已撤并）", "北京||恒信|商贸|有限公司|"),
            ("北京恒信商贸有限公司（二厂）", "北京||恒信|商贸|有限公司|二厂"),
            ("北京恒信商贸有限公司（回龙观店）", "北京||恒信|商贸|有限公司|回龙观店"),
            ("北京恒信酒店管理公司", "北京||恒信|酒店管理|公司|"),
            ("恒信集团有限公司", "||恒信||集团有限公司|"),
            ("北京恒信商贸有限公司(已更名)", "北京||恒信|商贸|有限公司|"),
            ("北京恒信商贸有限公司（停业）工会", "北京||恒信|商贸|有限公司|"),
            ("北京恒信商贸有限公司海淀分公司(停业)", "北京||恒信|商贸|有限公司|海淀分公司"),
            ("北京恒信商贸有限公司(海淀门市部)", "北京||恒信|商贸|有限公司|海淀门市部"),
            ("恒信投资中心(普通合伙)(非正常)", "||恒信|投资|中心普通合伙|"),
            ("", "|||||"),
            ("（）。。", "|||||"),
        ] {
            assert_eq!(parts(raw), expected, "{raw}");
        }
    }

    #[test]
    fn notes_become_other_names_and_union_words_go() {
        let names = read_names("北京恒信商贸有限公司（原北京立达商贸公司）工会委员会");
        assert_eq!(names.name.view().to_text(), "北京恒信商贸有限公司");
        assert_eq!(names.noted.iter().map(|n| n.view().to_text()).collect::<Vec<_>>(), ["北京立达商贸公司"]);
        for raw in [
            "北京恒信商贸有限公司原北京立达商贸公司",
            "北京恒信商贸有限公司（更名前：北京立达商贸公司）",
            "北京恒信商贸有限公司（已更名为北京立达商贸公司）",
        ] {
            let names = read_names(raw);
            assert_eq!(names.name.view().to_text(), "北京恒信商贸有限公司", "{raw}");
            assert_eq!(names.noted.iter().map(|n| n.view().to_text()).collect::<Vec<_>>(), ["北京立达商贸公司"], "{raw}");
        }
        assert!(read_name("中关村大厦联合工会").shape.joint);
        assert_eq!(read_name("中国工会北京恒信商贸有限公司委员会").view().to_text(), "北京恒信商贸有限公司");
    }

    #[test]
    fn a_branch_is_seen_though_its_last_word_was_cut() {
        for (branch, expected) in
            [("第三分", true), ("汉阳区项目", true), ("海淀分公司", true), ("海淀区", false), ("司", false), ("限公司", false)]
        {
            assert_eq!(reads_as_branch(&glyphs(branch)), expected, "{branch}");
        }
    }

    #[test]
    fn a_form_that_was_shortened_or_misheard_is_one_still() {
        for (raw, stem, form, tail) in [
            ("北京华厦恒建设集团有限责任第八分公司", "华厦恒建设", "集团有限责任", "第八分公司"),
            ("北京金富达商贸有限责任富达棋牌俱乐部", "金富达商贸", "有限责任", "富达棋牌俱乐部"),
            ("北京恒信科技发展平谷营业部", "恒信科技发展", "", "平谷营业部"),
            ("北京恒信商贸有限公司第一粉公司", "恒信商贸", "有限公司", "第一粉公司"),
            ("北京恒信商贸有限泽任公司", "恒信商贸", "有限泽任公司", ""),
            ("北京恒信餐饮公思", "恒信餐饮", "公思", ""),
            ("北京恒信软件宫司", "恒信软件", "宫司", ""),
        ] {
            let name = read_name(raw);
            let view = name.view();
            let parts = [view.stem(), view.form(), view.tail()].map(crate::normalise::glyph::text);
            assert_eq!(parts, [stem, form, tail].map(str::to_string), "{raw}");
        }
        let class = |raw| read_name(raw).shape.form_class;
        assert_eq!(class("北京恒信集团有限责任第八分公司"), class("北京恒信集团有限公司"));
        assert_eq!(class("北京恒信餐饮公思"), class("北京恒信餐饮公司"));
    }

    #[test]
    fn forms_that_mean_the_same_are_one_class() {
        let class = |raw| read_name(raw).shape.form_class;
        assert_eq!(class("恒信商贸有限责任公司"), class("恒信商贸有限公司"));
        assert_ne!(class("恒信商贸集团有限公司"), class("恒信商贸有限公司"));
    }
}

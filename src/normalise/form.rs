//! The legal form at the end of a name, as it is written, shortened or misspelt; and whether a text ends as a whole name does.

use std::sync::LazyLock;

use super::glyph::{CLOSE, Glyph, OPEN, glyphs, sound_alike};
use super::place::PLACES;
use super::words::{WORDS, form_class};

/// 有限限公司, 分公公司, 北京市市: a glyph of the form or of the place in front that was typed twice is written once.
pub(super) fn once(mut written: Vec<Glyph>) -> Vec<Glyph> {
    let [twice, of_company] = &*TYPED_TWICE;
    let is_double = |text: &[Glyph], at: usize| {
        let next = text.get(at + 2);
        text[at] == text[at + 1]
            && (twice.contains(&text[at])
                || of_company.contains(&text[at]) && next.is_some_and(|next| FORM_GLYPHS.contains(next) && *next != text[at])
                || at == 0 && PLACES.prefix(&text[1..]).is_some_and(|(len, _)| len >= 2) && PLACES.prefix(text).is_none()
                || at > 0 && PLACES.prefix(text).is_some_and(|(len, place)| place.full && len == at + 1))
    };
    let mut at = 0;
    while at + 1 < written.len() {
        if is_double(&written, at) {
            written.remove(at);
        } else {
            at += 1;
        }
    }
    written
}

/// Glyphs that stand in forms and hardly twice in a 字号; those that do where a form goes on behind them.
static TYPED_TWICE: LazyLock<[Vec<Glyph>; 2]> = LazyLock::new(|| ["限责任司份", "公有股"].map(glyphs));

/// Length of the legal form at the end, and its canonical class.
pub(super) fn form_suffix(whole: &[Glyph]) -> (usize, u8) {
    let (len, class) = match WORDS.forms.suffix(whole) {
        Some((len, class)) if whole.len() >= len + 2 => (len, class),
        _ => (0, 0),
    };
    if len <= 2
        && let Some(garbled) = garbled_form(whole)
    {
        return garbled;
    }
    if len == 0 {
        // 公思, 宫司: 公司 by its sound.
        let sounds = whole.len() >= 6 && whole[whole.len() - 2..].iter().zip(&*COMPANY).all(|(a, b)| sound_alike(*a, *b));
        return if sounds { (2, form_class("公司")) } else { (0, 0) };
    }
    // 投资中心(有限合伙): two endings.
    if class == WORDS.forms.prefix(&PARTNERSHIP).map_or(0, |(_, class)| class)
        && let Some((more, _)) = WORDS.forms.suffix(&whole[..whole.len() - len])
        && whole.len() >= len + more + 2
    {
        return (len + more, class);
    }
    (len, class)
}

/// 有限责任公司司, 有公限司, 有限公可: a slip inside the form must not turn it into trade. A stretch at the end that begins
/// like a form and, but for one glyph, consists of the glyphs of forms, is one.
fn garbled_form(whole: &[Glyph]) -> Option<(usize, u8)> {
    let longest = whole.len().saturating_sub(2).min(8);
    (3..=longest).rev().find_map(|len| {
        let tail = &whole[whole.len() - len..];
        let known = tail.iter().filter(|g| FORM_GLYPHS.contains(g)).count();
        let limited = tail.iter().any(|g| FORM_GLYPHS[..2].contains(g));
        let begins = FORM_GLYPHS[..4].contains(&tail[0]);
        let shares = FORM_GLYPHS[3] == tail[0];
        let group = whole[..whole.len() - len].ends_with(&GROUP) && whole.len() >= len + GROUP.len() + 2;
        (begins && limited && known + 1 >= len && known >= 3).then(|| match (group, shares) {
            // 集团有限责任.
            (true, _) => (len + GROUP.len(), form_class("集团")),
            (_, true) => (len, form_class("股份有限公司")),
            _ => (len, form_class("有限公司")),
        })
    })
}

static GROUP: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("集团"));

pub(super) static FORM_GLYPHS: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("有限责股任公司份"));

static PARTNERSHIP: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("有限合伙"));

pub(super) static COMPANY: LazyLock<Vec<Glyph>> = LazyLock::new(|| glyphs("公司"));

/// Ends as the name of a firm or a branch does.
pub(super) fn is_whole(kept: &[Glyph]) -> bool {
    let flat: Vec<Glyph> = kept.iter().copied().filter(|g| *g != OPEN && *g != CLOSE).collect();
    form_suffix(&flat).0 > 0 || WORDS.branches.suffix(&flat).is_some()
}

/// Position of the bracket that closes the one at `open`, or the end.
pub(super) fn closing(written: &[Glyph], open: usize) -> usize {
    let mut depth = 0;
    for (at, glyph) in written.iter().enumerate().skip(open) {
        match *glyph {
            OPEN => depth += 1,
            CLOSE => {
                depth -= 1;
                if depth == 0 {
                    return at;
                }
            }
            _ => {}
        }
    }
    written.len()
}

//! A name taken apart: place, brand, trade, form, branch.

use super::glyph::{Glyph, text};
use super::words::{GROUP, PLAIN};

/// Where the parts of a name end, and what is known of the whole.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct NameShape {
    /// Ends of place, place in brackets, 字号, trade and form; the branch is the rest.
    pub ends: [u8; 5],
    /// Canonical legal form: `有限责任公司` and `有限公司` are one; 0 where there is none.
    pub form_class: u8,
    /// County-level code of the place, where it names one; 0 otherwise.
    pub place_code: u32,
    /// The name is in Latin letters: the 字号 is its pinyin in capitals, the trade its Chinese trade words.
    pub english: bool,
    /// The name is a joint or regional union's: it names no single host.
    pub joint: bool,
    /// A joint union's name that speaks of several firms, or of a park: 甲公司等三家企业, 甲公司、乙公司, 某某科技园.
    pub several: bool,
    /// What stands behind the firm's name is a part of the firm (项目部, 车间), no unit of its own.
    pub establishment: bool,
}

/// A name taken apart. The parts lie behind each other: place, place in brackets, 字号, trade, form, branch.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Name {
    pub glyphs: Vec<Glyph>,
    pub shape: NameShape,
}

/// A name taken apart, its glyphs kept elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct NameRef<'a> {
    pub glyphs: &'a [Glyph],
    pub shape: NameShape,
}

/// The longest name that is read, in glyphs; what follows is cut.
pub const LONGEST: usize = 80;

impl<'a> NameRef<'a> {
    fn between(self, from: usize, to: usize) -> &'a [Glyph] {
        let end = |which: usize| self.shape.ends.get(which).map_or(self.glyphs.len(), |end| usize::from(*end));
        &self.glyphs[if from == 0 { 0 } else { end(from - 1) }..end(to)]
    }
    pub fn place(self) -> &'a [Glyph] {
        self.between(0, 0)
    }
    /// The place written in brackets.
    pub fn inner_place(self) -> &'a [Glyph] {
        self.between(1, 1)
    }
    /// The trade name, 字号.
    pub fn brand(self) -> &'a [Glyph] {
        self.between(2, 2)
    }
    pub fn trade(self) -> &'a [Glyph] {
        self.between(3, 3)
    }
    pub fn form(self) -> &'a [Glyph] {
        self.between(4, 4)
    }
    /// What makes it a branch, a unit of its own.
    pub fn branch(self) -> &'a [Glyph] {
        if self.shape.establishment { &[] } else { self.tail() }
    }
    /// What stands behind the whole firm's name: a branch, or an establishment that is no unit of its own.
    pub fn tail(self) -> &'a [Glyph] {
        self.between(5, 5)
    }
    /// Written with 公司, 集团 or no form at all, as everyday abbreviations are.
    pub fn is_shortened(self) -> bool {
        let class = self.shape.form_class;
        class == 0 || class == *PLAIN || class == *GROUP
    }
    /// 集团, of whatever form.
    pub fn is_group(self) -> bool {
        self.shape.form_class == *GROUP
    }
    /// 字号 and trade.
    pub fn stem(self) -> &'a [Glyph] {
        self.between(2, 3)
    }
    /// 字号, trade and form.
    pub fn core(self) -> &'a [Glyph] {
        self.between(2, 4)
    }
    /// Everything but the places: 字号, trade, form, branch.
    pub fn body(self) -> &'a [Glyph] {
        self.between(2, 5)
    }
    pub fn is_branch(self) -> bool {
        !self.branch().is_empty()
    }
    /// Nothing to compare: empty, or punctuation only.
    pub fn is_empty(self) -> bool {
        self.glyphs.is_empty()
    }
    pub fn to_text(self) -> String {
        text(self.glyphs)
    }
}

impl Name {
    pub fn view(&self) -> NameRef<'_> {
        NameRef { glyphs: &self.glyphs, shape: self.shape }
    }

    /// Puts the parts behind each other.
    pub(super) fn from_parts(parts: [&[Glyph]; 6]) -> Name {
        let mut name = Name::default();
        for (i, part) in parts.iter().enumerate() {
            let room = LONGEST.saturating_sub(name.glyphs.len());
            name.glyphs.extend_from_slice(&part[..part.len().min(room)]);
            if let Some(end) = name.shape.ends.get_mut(i) {
                *end = name.glyphs.len() as u8;
            }
        }
        name
    }
}

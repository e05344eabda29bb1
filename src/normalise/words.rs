//! The words that names are made of: trades, legal forms, branches, establishments, dress, unions, parks, remarks.

use std::sync::LazyLock;

use hashbrown::HashMap;

use super::glyph::glyphs;
use super::lexicon::Lexicon;
use super::tables;

pub(super) struct Words {
    pub(super) trades: Lexicon<()>,
    /// Payload: canonical form.
    pub(super) forms: Lexicon<u8>,
    pub(super) branches: Lexicon<()>,
    pub(super) establishments: Lexicon<()>,
    pub(super) dress: Lexicon<()>,
    pub(super) owners: Lexicon<()>,
    /// Payload: joint or regional.
    pub(super) unions: Lexicon<bool>,
    pub(super) parks: Lexicon<()>,
    pub(super) notes: Lexicon<()>,
    pub(super) remarks: Lexicon<()>,
}

pub(super) static WORDS: LazyLock<Words> = LazyLock::new(|| {
    let mut classes: HashMap<&str, u8> = HashMap::new();
    let forms: Vec<(&str, u8)> = tables::marked(tables::FORMS, '=')
        .map(|(form, class)| {
            let next = classes.len() as u8 + 1;
            (form, *classes.entry(class.unwrap_or(form)).or_insert(next))
        })
        .collect();
    Words {
        trades: Lexicon::new(tables::words(tables::TRADES).map(|w| (w, ()))),
        forms: Lexicon::new(forms),
        branches: Lexicon::new(tables::words(tables::BRANCHES).map(|w| (w, ()))),
        dress: Lexicon::new(tables::words(tables::DRESS).map(|w| (w, ()))),
        owners: Lexicon::new(OWNERS.map(|w| (w, ()))),
        establishments: Lexicon::new(tables::words(tables::ESTABLISHMENTS).map(|w| (w, ()))),
        unions: Lexicon::new(tables::marked(tables::UNIONS, '@').map(|(w, joint)| (w, joint.is_some()))),
        parks: Lexicon::new(tables::words(tables::PARKS).map(|w| (w, ()))),
        notes: Lexicon::new(tables::lines(tables::NOTES).map(|w| (w, ()))),
        remarks: Lexicon::new(tables::lines(tables::REMARKS).map(|w| (w, ()))),
    }
});

/// Canonical class of a legal form as written; 0 where it is none.
pub fn form_class(form: &str) -> u8 {
    WORDS.forms.prefix(&glyphs(form)).map_or(0, |(_, class)| class)
}

/// Who owns a school, a hospital or a works, written in front of its name or not: 私立明德学校, 明德学校.
pub(super) const OWNERS: [&str; 8] = ["私立", "民办", "公立", "国营", "地方国营", "公私合营", "民营", "私营"];

pub(super) static PLAIN: LazyLock<u8> = LazyLock::new(|| form_class("公司"));

pub(super) static GROUP: LazyLock<u8> = LazyLock::new(|| form_class("集团"));

//! A set of words with a payload, found by prefix in a slice of glyphs.

use hashbrown::HashMap;

use super::glyph::{Glyph, glyphs};

type ByGlyph<T> = HashMap<Glyph, Vec<(Box<[Glyph]>, T)>>;

/// Words grouped by their first glyph, longest first.
#[derive(Debug, Default)]
pub struct Lexicon<T> {
    by_first: ByGlyph<T>,
    by_last: ByGlyph<T>,
}

impl<T: Copy> Lexicon<T> {
    /// Words as written in the tables; they are folded like every other text. The first of two equal words stays.
    pub fn new<'a>(words: impl IntoIterator<Item = (&'a str, T)>) -> Lexicon<T> {
        let mut lexicon = Lexicon { by_first: HashMap::new(), by_last: HashMap::new() };
        let mut seen = hashbrown::HashSet::new();
        for (word, payload) in words {
            let word: Box<[Glyph]> = glyphs(word).into();
            let (Some(first), Some(last)) = (word.first(), word.last()) else { continue };
            if seen.insert(word.clone()) {
                lexicon.by_first.entry(*first).or_default().push((word.clone(), payload));
                lexicon.by_last.entry(*last).or_default().push((word, payload));
            }
        }
        for words in lexicon.by_first.values_mut().chain(lexicon.by_last.values_mut()) {
            words.sort_by_key(|(word, _)| std::cmp::Reverse(word.len()));
        }
        lexicon
    }

    /// The longest word that `text` starts with: its length and payload.
    pub fn prefix(&self, text: &[Glyph]) -> Option<(usize, T)> {
        let words = self.by_first.get(text.first()?)?;
        words.iter().find(|(word, _)| text.starts_with(word)).map(|(word, payload)| (word.len(), *payload))
    }

    /// All words that `text` starts with, longest first.
    pub fn prefixes<'a>(&'a self, text: &'a [Glyph]) -> impl Iterator<Item = (usize, T)> + 'a {
        let words = text.first().and_then(|first| self.by_first.get(first)).map_or(&[][..], Vec::as_slice);
        words.iter().filter(move |(word, _)| text.starts_with(word)).map(|(word, payload)| (word.len(), *payload))
    }

    /// The longest word that `text` ends with.
    pub fn suffix(&self, text: &[Glyph]) -> Option<(usize, T)> {
        let words = self.by_last.get(text.last()?)?;
        words.iter().find(|(word, _)| text.ends_with(word)).map(|(word, payload)| (word.len(), *payload))
    }

    pub fn contains(&self, text: &[Glyph]) -> bool {
        self.prefixes(text).any(|(len, _)| len == text.len())
    }
}

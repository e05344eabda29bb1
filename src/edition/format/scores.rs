//! Scores as they are told to those who see a part of the priority: of the rows of a part, and of all parts of an edition.

use std::sync::{Arc, Mutex};

/// Scores as somebody is told them.
#[derive(Debug, Clone)]
pub struct ToldScores {
    /// Of the rows of every part.
    pub(in crate::edition) parts: Vec<Arc<[f32]>>,
}

/// Scores of one part that were read before, by the number of the rule.
#[derive(Debug, Default)]
pub(in crate::edition) struct KeptScores(Mutex<Vec<(u8, Arc<[f32]>)>>);

impl KeptScores {
    /// Those of a rule, where they were read.
    pub fn get(&self, rule: u8) -> Option<Arc<[f32]>> {
        let kept = self.0.lock().expect("no panic while holding scores");
        kept.iter().find(|(of, _)| *of == rule).map(|(_, scores)| scores.clone())
    }

    /// Keeps them; where somebody else read them meanwhile, theirs stay.
    pub fn keep(&self, rule: u8, scores: Arc<[f32]>) -> Arc<[f32]> {
        let mut kept = self.0.lock().expect("no panic while holding scores");
        if let Some((_, known)) = kept.iter().find(|(of, _)| *of == rule) {
            return known.clone();
        }
        kept.push((rule, scores.clone()));
        scores
    }
}

//! The two languages everything is said in.

use serde::{Deserialize, Serialize};

/// The two languages everything is said in.
///
/// ```
/// use huitu_rules::model::message::Lang;
///
/// let lang = Lang::from_accept("fr, en-GB;q=0.8, zh;q=0.5");
/// assert_eq!(lang, Lang::En);
/// assert_eq!(lang.pick("未建会", "lacking"), "lacking");
/// assert_eq!(Lang::from_accept("fr"), Lang::Zh);
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default, Serialize, Deserialize)]
pub enum Lang {
    /// Chinese; the default.
    #[default]
    #[serde(rename = "zh")]
    Zh,
    /// English.
    #[serde(rename = "en")]
    En,
}

impl Lang {
    /// The first of the languages an `Accept-Language` header prefers that is Chinese or English; Chinese otherwise.
    pub fn from_accept(header: &str) -> Lang {
        let mut best: Option<(f32, Lang)> = None;
        for part in header.split(',') {
            let mut pieces = part.split(';');
            let tag = pieces.next().unwrap_or("").trim().to_ascii_lowercase();
            let quality = pieces.find_map(|p| p.trim().strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
            let lang = match tag.split('-').next() {
                Some("zh") => Lang::Zh,
                Some("en") => Lang::En,
                _ => continue,
            };
            if quality > 0.0 && best.is_none_or(|(q, _)| quality > q) {
                best = Some((quality, lang));
            }
        }
        best.map_or(Lang::Zh, |(_, lang)| lang)
    }
    /// The one of two texts that is in this language.
    pub fn pick<T>(self, zh: T, en: T) -> T {
        match self {
            Lang::Zh => zh,
            Lang::En => en,
        }
    }
    /// As ISO 639-1 writes it.
    pub fn code(self) -> &'static str {
        self.pick("zh", "en")
    }
}

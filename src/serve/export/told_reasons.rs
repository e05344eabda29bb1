//! Reasons as an export shows them: read from the edition without copying a text, and written behind what the cell has already.

use std::borrow::Cow;
use std::fmt;

use serde::de::{IgnoredAny, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};

use crate::access::{Sight, classes};
use crate::model::message::{Lang, StatedInput, push_on_paper};

/// As `model::verdict::Reason`, of which it is what an export shows.
#[derive(Deserialize)]
pub struct ToldReason<'a> {
    #[serde(rename = "c", borrow)]
    pub code: Cow<'a, str>,
    #[serde(rename = "i", default, borrow)]
    inputs: Vec<ToldInput<'a>>,
}

#[derive(Deserialize)]
struct ToldInput<'a> {
    #[serde(rename = "n", borrow)]
    name: Cow<'a, str>,
    #[serde(rename = "v", default, borrow)]
    value: Option<Text<'a>>,
}

/// An optional text is borrowed only where it has a type of its own.
#[derive(Deserialize)]
struct Text<'a>(#[serde(borrow)] Cow<'a, str>);

impl StatedInput for &ToldInput<'_> {
    fn name(&self) -> &str {
        &self.name
    }
    fn value(&self) -> Option<&str> {
        self.value.as_ref().map(|text| &*text.0)
    }
}

/// Texts of reasons, one after the other, without what this caller may not see and without sums of money.
pub fn push_reasons<'a: 'r, 'r>(reasons: impl Iterator<Item = &'r ToldReason<'a>>, lang: Lang, sight: Sight, out: &mut String) {
    let sees_all = sight.sees_all();
    for (at, reason) in reasons.enumerate() {
        if at > 0 {
            out.push_str(lang.pick("；", "; "));
        }
        // One that is missing is said to be missing.
        let told = reason.inputs.iter().filter(|i| sees_all || i.value.is_none() || sight.sees(classes::of_input(&i.name)));
        push_on_paper(&reason.code, &told.collect::<Vec<_>>(), lang, out);
    }
}

/// The reasons for gap and size. They stand first, and what stands behind them is not read; None where they are no JSON of this
/// program's.
pub fn gap_and_size(json: &str) -> Option<[Vec<ToldReason<'_>>; 2]> {
    let mut found = Found::default();
    let read = serde_json::Deserializer::from_str(json).deserialize_map(&mut found);
    (found.is_whole || read.is_ok()).then_some([found.gap, found.size])
}

#[derive(Default)]
struct Found<'a> {
    gap: Vec<ToldReason<'a>>,
    size: Vec<ToldReason<'a>>,
    /// What follows stands behind both of them.
    is_whole: bool,
}

impl<'de> Visitor<'de> for &mut Found<'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the reasons of an enterprise")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key::<Cow<'de, str>>()? {
            match &*key {
                "g" => self.gap = map.next_value()?,
                "s" => {
                    self.size = map.next_value()?;
                    self.is_whole = true;
                    return Ok(());
                }
                // Written in this order: `edition`'s reasons.
                _ => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::reason_on_paper;
    use crate::model::verdict::{Reason, ReasonInput};

    #[test]
    fn they_are_told_as_those_that_own_their_texts() {
        let reasons = [
            Reason::new("lacking_none"),
            Reason::new("above_rule")
                .with(ReasonInput::new("rule", "a \"quoted\" rule"))
                .with(ReasonInput::new("employees", 3_975).from_record("tax", "k\\1"))
                .with(ReasonInput::new("revenue", "85170000.00")),
            Reason::new("missing_input").with(ReasonInput::missing("revenue")),
        ];
        let json =
            serde_json::json!({ "g": &reasons[..1], "s": &reasons[1..], "u": [], "w": [{ "c": "employees" }] }).to_string();
        let [gap, size] = gap_and_size(&json).expect("as written");
        for lang in [Lang::Zh, Lang::En] {
            let mut text = "before ".to_owned();
            push_reasons(gap.iter().chain(&size), lang, Sight::ALL, &mut text);
            let own: Vec<String> = reasons.iter().map(|r| reason_on_paper(&r.code, &r.inputs, lang)).collect();
            assert_eq!(text, format!("before {}", own.join(lang.pick("；", "; "))));
        }
    }

    #[test]
    fn those_without_reasons_have_none_and_what_is_no_json_says_nothing() {
        let count = |json| gap_and_size(json).map(|[gap, size]| (gap.len(), size.len()));
        assert_eq!(count(r#"{"u":[{"c":"no_union_record"}]}"#), Some((0, 0)));
        assert_eq!(count(r#"{"s":[{"c":"above_rule"}],"w":[]}"#), Some((0, 1)));
        assert_eq!(count("{}"), Some((0, 0)));
        assert_eq!(count(r#"{"g":[{"c":"lacking_none"}"#), None);
    }
}

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

/// Inputs of one reason that are read without a list of them being made.
const FEW: usize = 16;

/// What is shown of one input, as it stands in the JSON.
#[derive(Clone, Copy, Default)]
struct WrittenInput<'a> {
    name: &'a str,
    value: Option<&'a str>,
}

impl StatedInput for WrittenInput<'_> {
    fn name(&self) -> &str {
        self.name
    }
    fn value(&self) -> Option<&str> {
        self.value
    }
}

/// JSON as this program writes it: nothing between its signs, keys in their order.
struct Compact<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Compact<'a> {
    fn takes(&mut self, sign: &str) -> bool {
        let is_next = self.text.as_bytes()[self.at..].starts_with(sign.as_bytes());
        self.at += if is_next { sign.len() } else { 0 };
        is_next
    }

    /// What stands before the next quotation mark; None where something in it is escaped.
    fn text(&mut self) -> Option<&'a str> {
        let rest = &self.text.as_bytes()[self.at..];
        let length = memchr::memchr2(b'"', b'\\', rest).filter(|end| rest[*end] == b'"')?;
        let text = self.text.get(self.at..self.at + length)?;
        self.at += length + 1;
        Some(text)
    }

    /// Reasons behind the bracket that opens their list, each told with its inputs.
    fn reasons(&mut self, mut tell: impl FnMut(&'a str, &[WrittenInput<'a>])) -> Option<()> {
        if self.takes("]") {
            return Some(());
        }
        loop {
            let code = self.takes("{\"c\":\"").then(|| self.text())??;
            let (mut inputs, mut count) = ([WrittenInput::default(); FEW], 0);
            if self.takes(",\"i\":[") {
                loop {
                    let input = inputs.get_mut(count)?;
                    input.name = self.takes("{\"n\":\"").then(|| self.text())??;
                    if self.takes(",\"v\":\"") {
                        input.value = Some(self.text()?);
                    }
                    // Where it is from is not told.
                    for from in [",\"r\":\"", ",\"k\":\""] {
                        if self.takes(from) {
                            self.text()?;
                        }
                    }
                    count += 1;
                    if self.takes("}]") {
                        break;
                    }
                    self.takes("},").then_some(())?;
                }
            }
            tell(code, &inputs[..count]);
            if self.takes("}]") {
                return Some(());
            }
            self.takes("},").then_some(())?;
        }
    }
}

/// Texts of the reasons for gap and size behind a cell; nothing where they are no JSON of this program's.
pub fn push_gap_and_size(json: &str, lang: Lang, sight: Sight, out: &mut String) {
    let start = out.len();
    if push_written(json, lang, sight, out).is_none() {
        out.truncate(start);
        let Some([gap, size]) = gap_and_size(json) else { return };
        push_reasons(gap.iter().chain(&size), lang, sight, out);
    }
}

/// The same from the JSON as it is usually written; None where it must be read as any JSON.
fn push_written(json: &str, lang: Lang, sight: Sight, out: &mut String) -> Option<()> {
    let sees_all = sight.sees_all();
    let mut is_first = true;
    let mut tell = |code: &str, inputs: &[WrittenInput<'_>]| {
        if !std::mem::take(&mut is_first) {
            out.push_str(lang.pick("；", "; "));
        }
        if sees_all {
            return push_on_paper(code, inputs, lang, out);
        }
        let (mut told, mut count) = ([WrittenInput::default(); FEW], 0);
        // One that is missing is said to be missing.
        for input in inputs.iter().filter(|i| i.value.is_none() || sight.sees(classes::of_input(i.name))) {
            told[count] = *input;
            count += 1;
        }
        push_on_paper(code, &told[..count], lang, out);
    };
    let mut written = Compact { text: json, at: 0 };
    // An empty list is left out.
    let has_gap = written.takes("{\"g\":[");
    if has_gap {
        written.reasons(&mut tell)?;
    }
    match written.takes(if has_gap { ",\"s\":[" } else { "{\"s\":[" }) {
        true => written.reasons(&mut tell),
        false => has_gap.then_some(()),
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
            let mut quick = "before ".to_owned();
            push_gap_and_size(&json, lang, Sight::ALL, &mut quick);
            assert_eq!(quick, text);
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

    #[test]
    fn what_is_written_as_usual_is_read_as_any_other_json() {
        let input = |name: &str, value: &str| ReasonInput::new(name, value).from_record("tax", "k1");
        let many = (0..FEW + 1).fold(Reason::new("above_rule"), |reason, n| reason.with(input("employees", &n.to_string())));
        let usual = Reason::new("above_rule").with(input("rule", "industry-2011")).with(input("revenue", "5.00"));
        for (gap, size, is_usual) in [
            (vec![], vec![], true),
            (vec![Reason::new("lacking_none")], vec![], true),
            (vec![], vec![usual.clone()], true),
            (
                vec![Reason::new("lacking_none")],
                vec![usual.clone(), Reason::new("missing_input").with(ReasonInput::missing("revenue"))],
                true,
            ),
            (vec![Reason::new("lacking_none")], vec![many], false),
            (vec![Reason::new("lacking_none")], vec![Reason::new("above_rule").with(input("rule", "a\nb"))], false),
        ] {
            // As `edition` writes them.
            let lists = [("g", &gap), ("s", &size)].into_iter().filter(|(_, list)| !list.is_empty());
            let lists = lists.map(|(key, list)| format!("\"{key}\":{},", serde_json::to_string(list).unwrap()));
            let json = format!("{{{}\"u\":[]}}", lists.collect::<String>());
            let is_usual = is_usual && !(gap.is_empty() && size.is_empty());
            for sight in [Sight::ALL, Sight::OPEN] {
                let (mut quick, mut slow) = (String::new(), String::new());
                assert_eq!(push_written(&json, Lang::Zh, sight, &mut quick).is_some(), is_usual, "{json}");
                let [gap, size] = gap_and_size(&json).unwrap();
                push_reasons(gap.iter().chain(&size), Lang::Zh, sight, &mut slow);
                quick.clear();
                push_gap_and_size(&json, Lang::Zh, sight, &mut quick);
                assert_eq!(quick, slow, "{json}");
            }
        }
        for broken in ["", "{", "{\"g\":[{\"c\":\"x", "{\"g\":[],\"s\":[{\"c\":\"a\",\"i\":[]}"] {
            let mut text = "before".to_owned();
            push_gap_and_size(broken, Lang::Zh, Sight::ALL, &mut text);
            assert!(gap_and_size(broken).is_some() || text == "before", "{broken}: {text}");
        }
    }
}

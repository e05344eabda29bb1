//! What stands where in a JSON answer or file: its records, and single values at JSON pointers.

use std::io::{self, Read};

use serde::Deserializer;
use serde::de::{DeserializeSeed, Error as _, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;

use super::error::said;
use super::json::{Key, scalar};
use super::window::{Allowance, Window};

/// What was sought in an answer.
#[derive(Debug, Default, PartialEq)]
pub struct Looked<'a> {
    /// The records, each as written; None where no list stands at the place.
    pub items: Option<Vec<&'a str>>,
    /// The text of the scalar at each pointer.
    pub texts: Vec<Option<String>>,
}

/// Looks through an answer once: for the list of records at the pointer `items` (None: the answer itself, or its only
/// list) and for the scalars at `texts`. With the fault of one that is cut off or no JSON comes what stood before it.
pub fn look<'a>(body: &'a str, items: Option<&str>, texts: &[Option<&str>]) -> (Looked<'a>, Option<serde_json::Error>) {
    let parts = |pointer: &str| pointer.split('/').skip(1).map(str::to_owned).collect::<Vec<String>>();
    let paths: Vec<(Slot, Vec<String>)> = items
        .map(|p| (Slot::Items, parts(p)))
        .into_iter()
        .chain(texts.iter().enumerate().filter_map(|(i, p)| p.map(|p| (Slot::Text(i), parts(p)))))
        .collect();
    let wanted: Vec<Want<'_>> = paths.iter().map(|(slot, path)| Want { slot: *slot, path }).collect();
    let mut found = Looked { items: None, texts: vec![None; texts.len()] };
    let mut lists = 0;
    let mut parser = serde_json::Deserializer::from_str(body);
    let look = Look { wanted, any_list: items.is_none().then_some(&mut lists), found: &mut found };
    let fault = look.deserialize(&mut parser).and_then(|()| parser.end()).err();
    if lists > 1 {
        found.items = None;
    }
    (found, fault)
}

/// The members of an object, each value as written; None for what is no object.
pub fn members(raw: &str) -> Option<Vec<(String, &str)>> {
    struct Members;
    impl<'de> Visitor<'de> for Members {
        type Value = Vec<(String, &'de str)>;
        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an object")
        }
        fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
            let mut members = Vec::new();
            while let Some(key) = map.next_key_seed(Key)? {
                members.push((key.into_owned(), map.next_value::<&RawValue>()?.get()));
            }
            Ok(members)
        }
    }
    serde_json::Deserializer::from_str(raw).deserialize_map(Members).ok()
}

/// The member of an object, or the element of a list, that a step of a JSON pointer names; as written.
pub fn member<'a>(raw: &'a str, step: &str) -> Option<&'a str> {
    if raw.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(raw).ok()?;
        return list.get(step.parse::<usize>().ok()?).map(|r| r.get());
    }
    members(raw)?.into_iter().find(|(name, _)| name == step).map(|(_, value)| value)
}

/// The records of an answer alone.
///
/// # Errors
/// The body is no JSON, up to where its records are.
pub fn items<'a>(body: &'a str, pointer: Option<&str>) -> Result<Option<Vec<&'a str>>, serde_json::Error> {
    match look(body, pointer, &[]) {
        (looked, None) => Ok(looked.items),
        (_, Some(fault)) => Err(fault),
    }
}

/// What a visitor of lists and objects answers to everything else.
macro_rules! scalars_are {
    ($value:expr) => {
        fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
            Ok($value)
        }
        fn visit_unit<E>(self) -> Result<Self::Value, E> {
            Ok($value)
        }
    };
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    Items,
    Text(usize),
}

/// Something sought, and the rest of the way to it.
#[derive(Debug, Clone, Copy)]
struct Want<'s> {
    slot: Slot,
    path: &'s [String],
}

struct Look<'s, 'de> {
    wanted: Vec<Want<'s>>,
    /// Counts the lists met where any list will do: in the outermost value.
    any_list: Option<&'s mut usize>,
    found: &'s mut Looked<'de>,
}

impl<'s, 'de> Look<'s, 'de> {
    /// What is sought below the key or index `step`.
    fn below(&self, step: impl Fn(&str) -> bool) -> Vec<Want<'s>> {
        let next = |w: &Want<'s>| w.path.split_first().filter(|(first, _)| step(first)).map(|(_, path)| Want { path, ..*w });
        self.wanted.iter().filter_map(next).collect()
    }

    fn text(&mut self, text: Option<String>) {
        for want in self.wanted.iter().filter(|w| w.path.is_empty()) {
            if let Slot::Text(at) = want.slot {
                self.found.texts[at].clone_from(&text);
            }
        }
    }
}

impl<'de> DeserializeSeed<'de> for Look<'_, 'de> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(mut self, d: D) -> Result<(), D::Error> {
        if self.wanted.is_empty() && self.any_list.is_none() {
            return d.deserialize_ignored_any(IgnoredAny).map(drop);
        }
        // A number keeps its digits, and a value that several pointers share is taken apart from its text.
        let ends = self.wanted.iter().filter(|w| w.path.is_empty()).count();
        if self.wanted.iter().any(|w| w.path.is_empty() && w.slot != Slot::Items) || (ends > 0 && ends < self.wanted.len()) {
            let raw = <&RawValue as serde::Deserialize>::deserialize(d)?.get();
            if !raw.starts_with(['{', '[']) && raw != "null" {
                let text = scalar(raw).map_err(|e| D::Error::custom(e.problem.en))?.map(|t| t.into_owned());
                self.text(text);
            }
            self.wanted.retain(|w| !w.path.is_empty() || w.slot == Slot::Items);
            let (lists, rest): (Vec<_>, Vec<_>) = self.wanted.iter().copied().partition(|w| w.path.is_empty());
            for wanted in [lists, rest] {
                let mut again = serde_json::Deserializer::from_str(raw);
                Look { wanted, any_list: None, found: &mut *self.found }.deserialize(&mut again).map_err(D::Error::custom)?;
            }
            return Ok(());
        }
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Look<'_, 'de> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_map<A: MapAccess<'de>>(mut self, mut map: A) -> Result<(), A::Error> {
        while let Some(key) = map.next_key_seed(Key)? {
            let wanted = self.below(|step| step == key);
            match &mut self.any_list {
                // Any list of the outermost object may be the one.
                Some(lists) if wanted.is_empty() => {
                    if let Some(list) = map.next_value_seed(List)? {
                        **lists += 1;
                        self.found.items = Some(list);
                    }
                }
                _ => map.next_value_seed(Look { wanted, any_list: None, found: &mut *self.found })?,
            }
        }
        Ok(())
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<(), A::Error> {
        if self.any_list.is_some() || self.wanted.iter().any(|w| w.path.is_empty()) {
            self.found.items = Some(List.visit_seq(list)?.unwrap_or_default());
            return Ok(());
        }
        for at in 0usize.. {
            let wanted = self.below(|step| step.parse() == Ok(at));
            if list.next_element_seed(Look { wanted, any_list: None, found: &mut *self.found })?.is_none() {
                break;
            }
        }
        Ok(())
    }
    scalars_are!(());
}

/// The elements of a list as written; None for what is no list.
struct List;

impl<'de> DeserializeSeed<'de> for List {
    type Value = Option<Vec<&'de str>>;
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<Self::Value, D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for List {
    type Value = Option<Vec<&'de str>>;
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("JSON")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = list.next_element::<&RawValue>()? {
            items.push(item.get());
        }
        Ok(Some(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }
    scalars_are!(None);
}

/// Streams the records of a JSON file: `each` gets one record after the other; its error ends the reading.
///
/// # Errors
/// `UnexpectedEof` where the file is cut off; `InvalidData` where it is no JSON, has no list at `pointer`, or a record of more than
/// `row_bytes`.
pub fn stream_items(
    stream: impl Read,
    pointer: Option<&str>,
    row_bytes: usize,
    each: &mut dyn FnMut(&str) -> io::Result<()>,
) -> io::Result<()> {
    let path: Vec<&str> = pointer.map(|p| p.split('/').skip(1).collect()).unwrap_or_default();
    let mut failed = None;
    let mut found = false;
    let allowance = Allowance::new(row_bytes);
    let window = Window::new(io::BufReader::with_capacity(1 << 16, stream), &allowance);
    let mut parser = serde_json::Deserializer::from_reader(window);
    let allowance = &allowance;
    let streamed = match pointer {
        Some(_) => AtPath { path: &path, each, failed: &mut failed, found: &mut found, allowance }.deserialize(&mut parser),
        None => AnyList { each, failed: &mut failed, found: &mut found, outermost: true, allowance }.deserialize(&mut parser),
    };
    if let Some(error) = failed {
        return Err(error);
    }
    allowance.skip();
    streamed.and_then(|()| parser.end()).map_err(|e| match e.classify() {
        serde_json::error::Category::Eof => io::ErrorKind::UnexpectedEof.into(),
        serde_json::error::Category::Io => io::Error::from(e),
        _ => said(io::ErrorKind::InvalidData, format!("不是合格的 JSON：{e}"), e.to_string()),
    })?;
    if !found {
        return Err(match pointer {
            Some(place) => said(
                io::ErrorKind::InvalidData,
                format!("「{place}」处没有记录列表（decoding.records）"),
                format!("no list of records at \"{place}\" (decoding.records)"),
            ),
            None => said(
                io::ErrorKind::InvalidData,
                "文件中没有记录列表（对象的数组）；记录在别处时请用 decoding.records 写明位置，写成数组的数组（[[…],[…]]）、按列写的（{\"列名\":[…]}）或以编号为键的（{\"编号\":{…}}）请部门改为对象的数组或 CSV",
                "there is no list of records (an array of objects): say with decoding.records where it stands; rows written as arrays ([[…],[…]]), by column ({\"name\":[…]}) or under their keys ({\"1\":{…}}) must come as an array of objects, or as CSV",
            ),
        });
    }
    Ok(())
}

/// The only list of objects, wherever it stands outside of lists: the file itself, `{"RECORDS":[…]}`, `{"data":{"rows":[…]}}`.
struct AnyList<'p> {
    each: &'p mut dyn FnMut(&str) -> io::Result<()>,
    failed: &'p mut Option<io::Error>,
    found: &'p mut bool,
    outermost: bool,
    allowance: &'p Allowance,
}

impl<'de> DeserializeSeed<'de> for AnyList<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        d.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for AnyList<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the list of records")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        self.allowance.begin();
        let Some(first) = seq.next_element::<Box<RawValue>>()? else {
            *self.found |= self.outermost;
            return Ok(());
        };
        // A list of names or numbers is a value of the object around it.
        if !self.outermost && !first.get().starts_with('{') {
            self.allowance.skip();
            while seq.next_element::<IgnoredAny>()?.is_some() {}
            return Ok(());
        }
        if first.get().starts_with('[') {
            *self.failed = Some(said(
                io::ErrorKind::InvalidData,
                "文件中的记录写成了数组的数组（[[…],[…]]），看不出哪个值属于哪一列；请部门改为对象的数组（[{\"列名\":\"值\"}]）或 CSV",
                "the records are arrays in an array ([[…],[…]]), which do not say what column a value belongs to: they must come as an array of objects ([{\"name\":\"value\"}]), or as CSV",
            ));
            return Err(A::Error::custom("stopped"));
        }
        if *self.found {
            *self.failed = Some(said(
                io::ErrorKind::InvalidData,
                "文件中有几个记录列表；请用 decoding.records 写明是哪一个（如 /data/rows）",
                "there are several lists of records: say with decoding.records which one (such as /data/rows)",
            ));
            return Err(A::Error::custom("stopped"));
        }
        *self.found = true;
        let mut next = Some(first);
        while let Some(item) = next {
            if let Err(error) = (self.each)(item.get()) {
                *self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
            self.allowance.begin();
            next = seq.next_element::<Box<RawValue>>()?;
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        loop {
            self.allowance.begin();
            if map.next_key::<IgnoredAny>()?.is_none() {
                break;
            }
            map.next_value_seed(AnyList {
                allowance: self.allowance,
                each: &mut *self.each,
                failed: &mut *self.failed,
                found: &mut *self.found,
                outermost: false,
            })?;
        }
        Ok(())
    }
    scalars_are!(());
}

struct AtPath<'p> {
    allowance: &'p Allowance,
    path: &'p [&'p str],
    each: &'p mut dyn FnMut(&str) -> io::Result<()>,
    failed: &'p mut Option<io::Error>,
    found: &'p mut bool,
}

impl<'de> DeserializeSeed<'de> for AtPath<'_> {
    type Value = ();
    fn deserialize<D: Deserializer<'de>>(self, d: D) -> Result<(), D::Error> {
        if self.path.is_empty() { d.deserialize_any(self) } else { d.deserialize_map(self) }
    }
}

impl<'de> Visitor<'de> for AtPath<'_> {
    type Value = ();
    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("the list of records")
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        *self.found = true;
        loop {
            self.allowance.begin();
            let Some(item) = seq.next_element::<Box<RawValue>>()? else { break };
            if let Err(error) = (self.each)(item.get()) {
                *self.failed = Some(error);
                return Err(A::Error::custom("stopped"));
            }
        }
        Ok(())
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        let Some((first, rest)) = self.path.split_first() else {
            return Err(A::Error::custom("an object stands where the list of records should be (decoding.records)"));
        };
        loop {
            self.allowance.begin();
            let Some(key) = map.next_key::<String>()? else { break };
            if key == *first && !*self.found {
                let (each, failed, found) = (&mut *self.each, &mut *self.failed, &mut *self.found);
                map.next_value_seed(AtPath { allowance: self.allowance, path: rest, each, failed, found })?;
            } else {
                self.allowance.skip();
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_several_pointers_share_is_found_in_one_look() {
        let body = r#"{"code":0,"data":{"total":12345678901234567890123,"rows":[{"id":"a"},{"id":"b"}],"more":null},"s":"x"}"#;
        let texts =
            [Some("/code"), Some("/data/total"), None, Some("/data/rows/1/id"), Some("/data/more"), Some("/data"), Some("/s")];
        let (looked, fault) = look(body, Some("/data/rows"), &texts);
        assert!(fault.is_none());
        assert_eq!(looked.items, Some(vec![r#"{"id":"a"}"#, r#"{"id":"b"}"#]));
        let text = |t: &str| Some(t.to_owned());
        assert_eq!(looked.texts, [text("0"), text("12345678901234567890123"), None, text("b"), None, None, text("x")]);
    }

    #[test]
    fn without_a_pointer_the_only_list_has_the_records() {
        let records = |body| items(body, None).expect("JSON").map(|l| l.len());
        assert_eq!(records(r#" [1, {"a":[]}] "#), Some(2));
        assert_eq!(records(r#"{"n":1,"o":{"l":[1]},"rows":[{"a":[1,2]}]}"#), Some(1));
        assert_eq!(records(r#"{"rows":[1],"others":[]}"#), None, "which of them?");
        assert_eq!(records(r#"{"rows":{}}"#), None);
        assert_eq!(records("7"), None);
        assert!(items(r#"{"rows":[1]"#, None).expect_err("cut off").is_eof());
        assert!(items(r#"{"rows":[1]} x"#, None).is_err());
    }

    #[test]
    fn records_are_found_where_the_connector_says() {
        let body = r#"{"code":0,"data":{"items":[{"a":1},{"a":2}],"total":2,"next":"t"}}"#;
        assert_eq!(items(body, Some("/data/items")).expect("JSON").map(|l| l.len()), Some(2));
        assert_eq!(items(body, Some("/data/rows")).expect("JSON"), None);
        let (cut, fault) = look(&body[..30], Some("/data/items"), &[Some("/code"), Some("/data/total")]);
        assert!(fault.is_some_and(|e| e.is_eof()));
        assert_eq!(cut.texts, [Some("0".to_owned()), None], "what stood before it was cut off");
        let mut seen = Vec::new();
        stream_items(body.as_bytes(), Some("/data/items"), 1 << 20, &mut |i| {
            seen.push(i.to_string());
            Ok(())
        })
        .expect("streams");
        assert_eq!(seen, [r#"{"a":1}"#, r#"{"a":2}"#]);
        let only = |body: &str| {
            let mut seen = 0;
            stream_items(body.as_bytes(), None, 1 << 20, &mut |_| {
                seen += 1;
                Ok(())
            })
            .map(|()| seen)
        };
        assert_eq!(only(r#"{"RECORDS":[{"a":1},{"a":2}]}"#).expect("the only list"), 2);
        assert_eq!(only(r#"{"s":1,"m":{"f":["a"]},"r":{"rows":[{"a":[{"b":1}]}]}}"#).expect("the only list of objects"), 1);
        assert!(only(r#"{"x":[{"a":1}],"y":[{"a":2}]}"#).expect_err("which?").to_string().contains("several lists"));
        assert!(only(r#"{"x":1}"#).is_err());
        assert_eq!(only("[]").expect("an empty list"), 0);
        let cut = stream_items(&body.as_bytes()[..30], Some("/data/items"), 1 << 20, &mut |_| Ok(())).expect_err("cut");
        assert_eq!(cut.kind(), io::ErrorKind::UnexpectedEof);
    }

    #[test]
    fn a_record_without_end_is_refused_and_a_long_list_beside_the_records_is_passed_over() {
        let endless = format!("{{\"rows\":[{{\"a\":1}},{{\"a\":\"{}\"}}]}}", "x".repeat(5_000));
        for pointer in [Some("/rows"), None] {
            let mut seen = 0;
            let error = stream_items(endless.as_bytes(), pointer, 1_000, &mut |_| {
                seen += 1;
                Ok(())
            })
            .expect_err("too long");
            assert!(error.to_string().contains("row_bytes") && seen == 1, "{pointer:?}: {error}");
        }
        let names = vec!["\"甲\""; 2_000].join(",");
        let beside = format!("{{\"names\":[{names}],\"rows\":[{{\"a\":1}},{{\"a\":2}}],\"more\":[{names}]}}");
        for pointer in [Some("/rows"), None] {
            let mut seen = 0;
            stream_items(beside.as_bytes(), pointer, 1_000, &mut |_| {
                seen += 1;
                Ok(())
            })
            .expect("what is passed over is not held");
            assert_eq!(seen, 2, "{pointer:?}");
        }
    }
}

//! Notice letters: one page each, from a text that the deployer edits.
//!
//! In: a template with placeholders, and for whom. Out: one HTML file that prints on A4. A template is plain text: what it holds is
//! escaped, a blank line begins a paragraph. A placeholder that nobody knows is an error before a single letter is printed.

use std::path::Path;

use askama::Template;

use crate::model::message::Lang;
use crate::model::problem::Problem;

/// What a template may name, and what stands there.
pub const PLACEHOLDERS: [(&str, &str, &str); 7] = [
    ("name", "企业名称", "name of the enterprise"),
    ("code", "统一社会信用代码", "credit code"),
    ("address", "地址", "address"),
    ("district", "所在区", "district"),
    ("federation", "负责的工会", "federation in charge"),
    ("date", "今天", "today"),
    ("deadline", "三十天后", "thirty days from today"),
];

const NOTICE_ZH: &str = "建会告知书\n\n{name}（{code}）：\n\n根据《中华人民共和国工会法》，企业应当依法支持职工建立工会。贵单位已缴纳建会筹备金，\
尚未建立工会组织。请于{deadline}前与{federation}联系，办理建会事宜；建会后，建会筹备金依规定转为工会经费。\n\n{federation}\n{date}";
const NOTICE_EN: &str = "Notice on founding a trade union\n\n{name} ({code}):\n\nUnder the Trade Union Law an enterprise supports its workers in \
founding a union. Your enterprise pays the preparatory fund and has no union yet. Please get in touch with {federation} by {deadline}; once \
the union is founded, the fund becomes its dues as the rules provide.\n\n{federation}\n{date}";

/// What the template of the letter of correction requests may name, and what stands there.
pub const CORRECTION_PLACEHOLDERS: [(&str, &str, &str); 6] = [
    ("department", "收函部门", "department"),
    ("registry", "登记名称", "title of the registry"),
    ("count", "请求数", "number of requests"),
    ("deadline", "最早的期限", "the first deadline"),
    ("date", "今天", "today"),
    ("basis", "法律依据或共享协议", "law or agreement of the registry"),
];

const CORRECTION_ZH: &str = "数据校核函\n\n{department}：\n\n在比对贵单位登记“{registry}”时发现 {count} 处与其他登记或走访结果不一致的内容（附后）。\
根据《政务数据共享条例》关于校核纠错的规定及{basis}，请予核实，并于 {deadline} 前答复。\n\n{date}";
const CORRECTION_EN: &str = "Request to verify data\n\n{department}:\n\nComparing your registry \"{registry}\" with others and with what visits found, we \
met {count} contradictions (listed below). Under the regulation on government data sharing (correction of shared data) and {basis}, please verify \
them and answer by {deadline}.\n\n{date}";

/// For whom a letter is: a value for each placeholder, in their order.
#[derive(Debug, Clone, Default)]
pub struct Addressee {
    pub values: [String; PLACEHOLDERS.len()],
}

#[derive(Template)]
#[template(path = "letters.html", config = "src/pages/askama.toml")]
struct LettersPage<'a> {
    code: &'static str,
    title: &'a str,
    letters: Vec<Vec<String>>,
}

/// The text of a kind of letter: the deployer's file `letters/KIND.LANG.txt` beside the store, else the one that ships.
///
/// # Errors
/// There is no such kind; the file cannot be read.
pub fn template(data: &Path, kind: &str, lang: Lang) -> Result<String, Problem> {
    let shipped = match kind {
        "notice" => lang.pick(NOTICE_ZH, NOTICE_EN),
        "correction" => lang.pick(CORRECTION_ZH, CORRECTION_EN),
        _ => {
            return Err(Problem::new(
                "no_letter",
                format!("没有函件「{kind}」；可用：notice、correction"),
                format!("there is no letter \"{kind}\"; known: notice, correction"),
            ));
        }
    };
    let path = data.join("letters").join(format!("{kind}.{}.txt", lang.code()));
    match std::fs::read_to_string(&path) {
        Ok(text) => Ok(text),
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => Ok(shipped.to_owned()),
        Err(e) => Err(Problem::new(
            "unreadable_letter",
            format!("无法读取函件模板 letters/{kind}.{}.txt：{e}", lang.code()),
            format!("the template letters/{kind}.{}.txt cannot be read: {e}", lang.code()),
        )),
    }
}

/// The parts of a template: texts, and positions of placeholders between them.
fn parts<'a>(template: &'a str, placeholders: &[(&str, &str, &str)]) -> Result<Vec<Result<&'a str, usize>>, Problem> {
    let mut parts = Vec::new();
    let mut rest = template;
    while let Some(open) = rest.find('{') {
        parts.push(Ok(&rest[..open]));
        let inner = &rest[open + 1..];
        let name = inner.split('}').next().unwrap_or("");
        let at = placeholders.iter().position(|(known, ..)| *known == name).filter(|_| inner.contains('}'));
        let at = at.ok_or_else(|| {
            let known: Vec<String> = placeholders.iter().map(|(name, ..)| format!("{{{name}}}")).collect();
            let shown: String = name.chars().take(30).collect();
            Problem::new(
                "unknown_placeholder",
                format!("函件模板中没有占位符「{{{shown}}}」；可用：{}", known.join("、")),
                format!("a template has no placeholder {{{shown}}}; known: {}", known.join(", ")),
            )
        })?;
        parts.push(Err(at));
        rest = &inner[name.len() + 1..];
    }
    parts.push(Ok(rest));
    Ok(parts)
}

/// The paragraphs of a template with these values in the places of its placeholders.
///
/// # Errors
/// A placeholder that nobody knows.
pub fn filled(template: &str, placeholders: &[(&str, &str, &str)], values: &[String]) -> Result<Vec<String>, Problem> {
    Ok(paragraphs(&parts(template, placeholders)?, values))
}

fn paragraphs(parts: &[Result<&str, usize>], values: &[String]) -> Vec<String> {
    let text: String = parts.iter().map(|part| part.map_or_else(|at| values[at].as_str(), |text| text)).collect();
    text.split("\n\n").map(|paragraph| paragraph.trim().to_owned()).filter(|p| !p.is_empty()).collect()
}

/// The letters, one page each.
///
/// # Errors
/// A placeholder that nobody knows.
pub fn render(template: &str, addressees: &[Addressee], lang: Lang) -> Result<String, Problem> {
    let parts = parts(template, &PLACEHOLDERS)?;
    let filled = |to: &Addressee| paragraphs(&parts, &to.values);
    let page = LettersPage {
        code: if lang == Lang::Zh { "zh-CN" } else { "en" },
        title: lang.pick("函件", "Letters"),
        letters: addressees.iter().map(filled).collect(),
    };
    Ok(page.render().expect("writing to a string does not fail"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn to(name: &str) -> Addressee {
        let mut values: [String; PLACEHOLDERS.len()] = Default::default();
        values[0] = name.to_owned();
        values[6] = "2026-12-22".to_owned();
        Addressee { values }
    }

    #[test]
    fn every_letter_names_its_enterprise_escaped_and_both_languages_are_there() {
        for (lang, word) in [(Lang::Zh, "建会告知书"), (Lang::En, "Notice on founding")] {
            let template = template(Path::new("/nonexistent"), "notice", lang).expect("it ships");
            let page = render(&template, &[to("甲<b>公司"), to("乙")], lang).expect("letters");
            assert!(page.contains(word) && page.contains("甲&#60;b&#62;公司") && page.contains("2026-12-22"), "{page}");
            assert_eq!(page.matches("<section").count(), 2);
        }
        assert!(template(Path::new("/"), "love", Lang::En).is_err());
    }

    #[test]
    fn what_the_deployer_wrote_is_used_and_a_slip_in_it_is_named() {
        let dir = tempfile::tempdir().expect("a folder");
        std::fs::create_dir(dir.path().join("letters")).expect("made");
        std::fs::write(dir.path().join("letters/notice.zh.txt"), "致{name}：\n\n<script>请于{deadline}前回复。")
            .expect("written");
        let own = template(dir.path(), "notice", Lang::Zh).expect("the file");
        let page = render(&own, &[to("甲")], Lang::Zh).expect("letters");
        assert!(page.contains("致甲：") && !page.contains("<script>"), "{page}");
        for wrong in ["{nam}", "{", "{name", "{}"] {
            assert_eq!(render(wrong, &[to("甲")], Lang::Zh).expect_err(wrong).code, "unknown_placeholder");
        }
    }
}

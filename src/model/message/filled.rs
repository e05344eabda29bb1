//! How the template of a reason takes its inputs: for whoever asked, and for paper.

use super::lang::Lang;
use super::shown::{self, Reader, StatedInput, all_inputs, is_money};
use super::texts::{Piece, input_name, need_text, template, template_pieces};
use crate::model::verdict::ReasonInput;

/// What a reason or a priority factor is about, without what is filled in: for a list of all that was tried.
pub fn reason_title(code: &str, lang: Lang) -> String {
    let Some(template) = template(code, lang) else { return code.to_owned() };
    // What is filled in stands behind the colon, where there is one.
    let behind = template.find(['：', ':']).filter(|colon| template.find('{').is_some_and(|open| *colon < open));
    let template = behind.map_or(template, |colon| &template[..colon]);
    let mut title = String::with_capacity(template.len());
    for (at, part) in template.split('{').enumerate() {
        let text = if at == 0 { part } else { part.split_once('}').map_or("", |(_, rest)| rest) };
        title.push_str(if at == 0 {
            text.trim_end()
        } else {
            text.trim_start_matches(" 人").trim_start_matches(" 家").trim_start_matches(" 个月")
        });
    }
    title.trim_matches([' ', ':', '：', '，', ',']).to_owned()
}

/// What a reason or a priority factor says, with its inputs filled in.
pub fn reason_text(code: &str, inputs: &[ReasonInput], lang: Lang) -> String {
    let mut text = String::new();
    fill_in(code, inputs, lang, Reader::Caller, &mut text);
    text
}

/// The same for paper that goes from hand to hand: no sums of money, no codes.
pub fn reason_on_paper(code: &str, inputs: &[ReasonInput], lang: Lang) -> String {
    let mut text = String::new();
    push_on_paper(code, inputs, lang, &mut text);
    text
}

/// Puts [`reason_on_paper`] behind a text.
pub fn push_on_paper(code: &str, inputs: &[impl StatedInput], lang: Lang, text: &mut String) {
    fill_in(code, inputs, lang, Reader::Paper, text);
}

fn fill_in(code: &str, inputs: &[impl StatedInput], lang: Lang, reader: Reader, text: &mut String) {
    let has = |name: &str| inputs.iter().any(|i| i.name() == name);
    let code = if code.starts_with("union_") && has("finding") && !has("union") { "finding_union" } else { code };
    let Some(pieces) = template_pieces(code, lang) else { return text.push_str(code) };
    let start = text.len();
    for piece in pieces {
        match *piece {
            Piece::Text(words) => text.push_str(words),
            Piece::Inputs => all_inputs(inputs, lang, reader, text),
            Piece::InputNames => {
                for (at, input) in inputs.iter().filter(|i| i.value().is_none()).enumerate() {
                    text.push_str(if at > 0 { lang.pick("、", ", ") } else { "" });
                    text.push_str(input_name(input.name(), lang));
                }
            }
            Piece::Input(name) => {
                let value = inputs.iter().find(|i| i.name() == name).and_then(|i| i.value());
                match value.filter(|_| reader == Reader::Caller || !is_money(name)) {
                    Some(need) if name == "need" => text.push_str(&need_text(need, lang)),
                    Some(value) => text.push_str(&shown::text(name, value, lang, reader)),
                    None => text.push('—'),
                }
            }
        }
    }
    // A list of inputs that turned out empty leaves its colon behind.
    let kept = text[start..].trim_end_matches([' ', ':', '：']).len();
    text.truncate(start + kept);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::message::texts::REASONS;
    use crate::model::reference::industries;

    #[test]
    fn inputs_are_filled_in_and_missing_ones_show_a_dash() {
        let inputs = [ReasonInput::new("rule", "industry-2011"), ReasonInput::new("revenue", 25_000_000)];
        assert_eq!(
            reason_text("above_rule", &inputs, Lang::Zh),
            "达到规模以上工业（年主营业务收入 2000 万元以上）的标准：营业收入 2,500 万元"
        );
        assert_eq!(
            reason_text("above_rule", &inputs, Lang::En),
            "meets the rule \"Industry: from 20 million yuan main revenue\": revenue 25,000,000 yuan"
        );
        assert_eq!(reason_text("union_joint", &[], Lang::En), "is covered by a joint union: —");
        assert_eq!(reason_text("missing_input", &[ReasonInput::missing("revenue")], Lang::Zh), "缺少判定所需的营业收入");
    }

    #[test]
    fn an_empty_list_leaves_no_colon_and_several_inputs_are_joined_in_their_language() {
        let rule = ReasonInput::new("rule", "industry-2011");
        assert_eq!(
            reason_text("above_rule", std::slice::from_ref(&rule), Lang::Zh),
            "达到规模以上工业（年主营业务收入 2000 万元以上）的标准"
        );
        assert_eq!(
            reason_text("above_rule", std::slice::from_ref(&rule), Lang::En),
            "meets the rule \"Industry: from 20 million yuan main revenue\""
        );
        let inputs = [rule, ReasonInput::new("revenue", 25_000_000), ReasonInput::new("employees", 400)];
        let zh = reason_text("above_rule", &inputs, Lang::Zh);
        assert_eq!(zh, "达到规模以上工业（年主营业务收入 2000 万元以上）的标准：营业收入 2,500 万元，从业人员 400 人");
        let en = reason_text("above_rule", &inputs, Lang::En);
        assert_eq!(en, "meets the rule \"Industry: from 20 million yuan main revenue\": revenue 25,000,000 yuan, employees 400");
    }

    #[test]
    fn paper_says_neither_sums_of_money_nor_codes() {
        let inputs = [
            ReasonInput::new("rule", "industry-2011"),
            ReasonInput::new("industry", "3911 (GB/T 4754-2017)"),
            ReasonInput::new("revenue", "85170000.00"),
            ReasonInput::new("employees", 1_750),
        ];
        let zh = reason_on_paper("above_rule", &inputs, Lang::Zh);
        let industry = industries().division("39").unwrap();
        assert_eq!(
            zh,
            format!("达到规模以上工业（年主营业务收入 2000 万元以上）的标准：行业 {}，从业人员 1,750 人", industry.name_zh)
        );
        assert!(!reason_on_paper("fund_unpaid", &[ReasonInput::new("due", 5_000)], Lang::Zh).contains("5,000"));
    }

    #[test]
    fn no_code_without_inputs_ends_in_a_colon() {
        for (code, zh, en) in REASONS {
            for lang in [Lang::Zh, Lang::En] {
                let text = reason_text(code, &[], lang);
                assert!(!text.ends_with([':', '：', ' ']), "{code}: {text}");
            }
            // What the templates lead a list in with is what is taken off when it is empty.
            assert!(!zh.contains(": {inputs}") && !en.contains("：{inputs}"), "{code}");
        }
    }

    #[test]
    fn an_unknown_code_is_shown_as_it_is() {
        assert_eq!(reason_text("from_the_future", &[], Lang::Zh), "from_the_future");
    }
}

//! The steps of a case in words, as `huitu case show` prints them.

use super::common::LangArg;
use crate::cases::standing::{CaseOwner, CaseRefusal, CaseStage, CaseStepKind};
use crate::hub::cases::evidence_of;
use crate::model::message::{Lang, value_text};
use crate::model::reference::unions::visit_results;
use crate::serve::graphql::model::labels::name_of;
use crate::store::case_event::CaseEventRow;

fn joined(parts: [Option<String>; 3]) -> String {
    parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
}

/// What a step says of before or after, in words; as it stands where there are none.
fn value(kind: CaseStepKind, text: &str, lang: Lang) -> String {
    let plain = || text.to_owned();
    match kind {
        CaseStepKind::Opened => name_of("CaseOrigin", text, lang).to_owned(),
        CaseStepKind::Method => name_of("CaseMethod", text, lang).to_owned(),
        CaseStepKind::Owner => serde_json::from_str::<CaseOwner>(text)
            .map_or_else(|_| plain(), |owner| joined([Some(owner.unit), owner.role, owner.name])),
        CaseStepKind::Refusal => serde_json::from_str::<CaseRefusal>(text)
            .map_or_else(|_| plain(), |refusal| joined([Some(refusal.by), refusal.why, None])),
        CaseStepKind::Visited => {
            let name = |code: &str| {
                let found = visit_results().iter().find(|result| result.code == code);
                found.map_or_else(|| code.to_owned(), |result| lang.pick(result.name_zh, result.name_en).to_owned())
            };
            text.split('/').map(name).collect::<Vec<_>>().join(lang.pick("，", ", "))
        }
        CaseStepKind::Stage
        | CaseStepKind::Closed
        | CaseStepKind::ClosedByData
        | CaseStepKind::Reopened
        | CaseStepKind::ReopenedByData => match CaseStage::from_name(text) {
            Some(stage) => stage.text(lang).to_owned(),
            None => value_text("finding", text, lang).into_owned(),
        },
        _ => plain(),
    }
}

/// What was done, from what to what, and what was written or rests beside it.
pub fn step_text(event: &CaseEventRow, lang: LangArg) -> [String; 3] {
    let of: Lang = lang.into();
    let Some(kind) = CaseStepKind::from_name(&event.what) else {
        return [event.what.clone(), String::new(), event.note.clone().unwrap_or_default()];
    };
    let side = |text: &Option<String>| text.as_deref().map(|text| value(kind, text, of));
    let change = match (side(&event.from_value), side(&event.to_value)) {
        (Some(from), Some(to)) => format!("{from} → {to}"),
        (None, Some(to)) => to,
        (Some(from), None) => format!("{from} →"),
        (None, None) => String::new(),
    };
    let records: Vec<String> =
        evidence_of(event.evidence.as_deref()).into_iter().map(|e| format!("{} {}", e.registry, e.key)).collect();
    let rests = (!records.is_empty()).then(|| format!("{} {}", lang.pick("依据", "by"), records.join(lang.pick("、", ", "))));
    [name_of("CaseStepKind", kind.name(), of).to_owned(), change, joined([event.note.clone(), rests, None])]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(what: &str, from: Option<&str>, to: Option<&str>) -> CaseEventRow {
        CaseEventRow {
            id: 1,
            case_id: "C1".into(),
            enterprise_id: "E1".into(),
            at: 0,
            by_whom: None,
            what: what.into(),
            from_value: from.map(str::to_owned),
            to_value: to.map(str::to_owned),
            note: None,
            edition: None,
            evidence: None,
        }
    }

    #[test]
    fn steps_are_told_in_words_with_the_records_that_say_so() {
        let told = |event: &CaseEventRow, lang| step_text(event, lang).join("|");
        assert_eq!(told(&event("OPENED", None, Some("LIST")), LangArg::Zh), "立案|未建会清单|");
        let owner = event("OWNER", None, Some(r#"{"unit":"110108","role":"协管员"}"#));
        assert_eq!(told(&owner, LangArg::En), "owner|110108 协管员|");
        assert_eq!(told(&event("VISITED", None, Some("met/refused")), LangArg::Zh), "走访|见到负责人，拒绝建会|");
        let mut closed = event("CLOSED_BY_DATA", Some("TAX_SWITCH"), Some("done_independent"));
        closed.evidence = Some(
            r#"[{"what":"union","registry":"unions","key":"GH1"},{"what":"dues","registry":"payments","key":"JF1"}]"#.into(),
        );
        let text = told(&closed, LangArg::En);
        assert!(
            text.starts_with("closed by the data|Switch from preparatory fund") && text.ends_with("|by unions GH1, payments JF1"),
            "{text}"
        );
    }
}

//! Whose verdict changed between two editions, and why: by a rule, by an input, by a union that came or went.
//!
//! In: the verdicts of one enterprise before and after. Out: one change per topic that moved, each with its causes, read
//! off the reasons both sides carry. Pure: the editions are opened elsewhere.

use serde::Serialize;

use super::explain::Topic;
use crate::model::field::named;
use crate::model::verdict::{Reason, ReasonInput, Verdicts};

named! {
    pub enum CauseKind {
        /// Another rule judges: the rules or their dates changed, or the industry did.
        Rule = "RULE",
        /// Another basis: the official list came or went, a proxy took over.
        Basis = "BASIS",
        /// An input has another value, came or went.
        Input = "INPUT",
        /// A reason that was not there before, or is there no more.
        Reason = "REASON",
        UnionAdded = "UNION_ADDED",
        UnionEnded = "UNION_ENDED",
        /// Another verdict of the same enterprise moved it.
        Verdict = "VERDICT",
    }
}

/// Why a verdict moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Cause {
    pub kind: CauseKind,
    /// Name of the input, reason code, topic, or id of the union.
    pub name: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// What a reason's text names.
    #[serde(skip)]
    pub inputs: Vec<ReasonInput>,
}

/// One verdict that moved.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct VerdictChange {
    pub topic: Topic,
    pub from: String,
    pub to: String,
    pub why: Vec<Cause>,
}

/// What moved between two states of one enterprise; empty where the verdicts are the same (their reasons may differ).
pub fn verdict_changes(before: &Verdicts, after: &Verdicts) -> Vec<VerdictChange> {
    let mut changes = Vec::new();
    let size = (before.size.verdict.name(), after.size.verdict.name());
    if size.0 != size.1 {
        let mut why = Vec::new();
        let basis = |v: &Verdicts| v.size.basis.map(|b| b.name().to_owned());
        push(&mut why, CauseKind::Basis, "basis", basis(before), basis(after));
        let rule = |v: &Verdicts| v.size.rule.as_deref().map(str::to_owned);
        push(&mut why, CauseKind::Rule, "rule", rule(before), rule(after));
        inputs(&mut why, &before.size.reasons, &after.size.reasons);
        if why.is_empty() {
            // Same rule, same inputs: the rule itself says something else now.
            why.push(Cause {
                kind: CauseKind::Rule,
                name: "rule".into(),
                from: rule(before),
                to: rule(after),
                inputs: Vec::new(),
            });
        }
        changes.push(change(Topic::Size, size, why));
    }
    let union = (before.union.verdict.name(), after.union.verdict.name());
    if union.0 != union.1 {
        changes.push(change(Topic::Union, union, union_causes(before, after)));
    }
    let gap = (before.gap.status.name(), after.gap.status.name());
    if gap.0 != gap.1 {
        let mut why = Vec::new();
        push(&mut why, CauseKind::Verdict, "designated_size", owned(size.0), owned(size.1));
        push(&mut why, CauseKind::Verdict, "union_coverage", owned(union.0), owned(union.1));
        reasons(&mut why, &before.gap.reasons, &after.gap.reasons);
        inputs(&mut why, &before.gap.reasons, &after.gap.reasons);
        changes.push(change(Topic::Gap, gap, why));
    }
    let fund = (before.fund.status.name(), after.fund.status.name());
    if fund.0 != fund.1 {
        let mut why = Vec::new();
        push(&mut why, CauseKind::Verdict, "union_coverage", owned(union.0), owned(union.1));
        inputs(&mut why, &before.fund.reasons, &after.fund.reasons);
        changes.push(change(Topic::Fund, fund, why));
    }
    changes
}

fn change(topic: Topic, (from, to): (&str, &str), why: Vec<Cause>) -> VerdictChange {
    VerdictChange { topic, from: from.to_owned(), to: to.to_owned(), why }
}

fn owned(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn push(why: &mut Vec<Cause>, kind: CauseKind, name: &str, from: Option<String>, to: Option<String>) {
    if from != to {
        why.push(Cause { kind, name: name.to_owned(), from, to, inputs: Vec::new() });
    }
}

fn union_causes(before: &Verdicts, after: &Verdicts) -> Vec<Cause> {
    let has = |v: &Verdicts, union: &str| v.union.unions.iter().any(|u| &*u.union == union);
    let mut why = Vec::new();
    for ended in before.union.unions.iter().filter(|u| !has(after, &u.union)) {
        push(&mut why, CauseKind::UnionEnded, &ended.union, owned(ended.kind.name()), None);
    }
    for added in after.union.unions.iter().filter(|u| !has(before, &u.union)) {
        push(&mut why, CauseKind::UnionAdded, &added.union, None, owned(added.kind.name()));
    }
    for kept in &after.union.unions {
        if let Some(was) = before.union.unions.iter().find(|u| u.union == kept.union) {
            push(&mut why, CauseKind::Input, "union_kind", owned(was.kind.name()), owned(kept.kind.name()));
        }
    }
    if why.is_empty() {
        reasons(&mut why, &before.union.reasons, &after.union.reasons);
        inputs(&mut why, &before.union.reasons, &after.union.reasons);
    }
    why
}

/// Reason codes that came or went.
fn reasons(why: &mut Vec<Cause>, before: &[Reason], after: &[Reason]) {
    let has = |list: &[Reason], code: &str| list.iter().any(|r| &*r.code == code);
    let mut cause = |reason: &Reason, from, to| {
        why.push(Cause { kind: CauseKind::Reason, name: reason.code.to_string(), from, to, inputs: reason.inputs.clone() });
    };
    before.iter().filter(|r| !has(after, &r.code)).for_each(|gone| cause(gone, owned(&gone.code), None));
    after.iter().filter(|r| !has(before, &r.code)).for_each(|new| cause(new, None, owned(&new.code)));
}

/// Inputs by name whose value differs, came or went.
fn inputs(why: &mut Vec<Cause>, before: &[Reason], after: &[Reason]) {
    fn all(reasons: &[Reason]) -> impl Iterator<Item = &ReasonInput> {
        reasons.iter().flat_map(|r| &r.inputs).filter(|i| !matches!(&*i.name, "rule" | "list" | "rule_verdict"))
    }
    let value = |reasons: &[Reason], name: &str| {
        all(reasons).find(|i| &*i.name == name).and_then(|i| i.value.as_deref().map(str::to_owned))
    };
    let mut seen: Vec<&str> = Vec::new();
    for name in all(before).chain(all(after)).map(|i| &*i.name) {
        if !seen.contains(&name) {
            seen.push(name);
            push(why, CauseKind::Input, name, value(before, name), value(after, name));
        }
    }
}

//! The decision tables of the verdicts as a page of the book, made from the code that decides: what the page says is what happens.
//!
//! In: the checks of scope, the table of the gap, the needs of the default policy, the rules of size, the tables of fund and
//! findings, the factors of priority. Out: Markdown in both languages. It decides nothing.

use std::fmt::Write;

use super::coverage::{covered_by_finding, union_code};
use super::fund::{self, Payment};
use super::gap::{SCOPE_CHECKS, decide};
use super::policy::{Policy, PriorityPolicy};
use super::priority::{FACTORS, head_points};
use super::rules::Rules;
use crate::model::message::{Lang, need_text, reason_text, value_name};
use crate::model::reference::unions::finding_reasons;
use crate::model::verdict::{FundKind, FundStatus, SizeStatus, UnionKind, UnionStatus};

/// The page `docs/src/develop/verdicts.md`.
pub fn page() -> String {
    let mut out = String::from(
        "# How verdicts are decided · 判定表\n\n\
         Made from the code that decides, by `make bless`: the first row that fits decides. 由判定代码生成，自上而下，先符合者为准。\n",
    );
    scope_and_needs(&mut out);
    gap(&mut out);
    coverage(&mut out);
    findings(&mut out);
    size(&mut out);
    fund_table(&mut out);
    priority_table(&mut out);
    out
}

/// A code with its text in both languages; what is filled in shows as a dash.
fn said(code: &str) -> String {
    let text = |lang| reason_text(code, &[], lang);
    format!("`{code}` | {} | {}", text(Lang::En), text(Lang::Zh))
}

fn line(out: &mut String, text: &str) {
    out.push_str(text);
    out.push('\n');
}

fn scope_and_needs(out: &mut String) {
    line(out, "\n## Gap: who is out of scope · 不在范围\n\n| code | OUT_OF_SCOPE where it | 情形 |\n|---|---|---|");
    for (code, _) in &SCOPE_CHECKS {
        line(out, &format!("| {} |", said(code)));
    }
    line(
        out,
        "\n## Gap: what it needs · 所需数据\n\nWhoever is in scope is UNDECIDED (`source_missing`, `source_stale`) where one of these is not met. \
         范围内的企业，有一项未满足即为待定。\n\n| for | one of | 其一 | days |\n|---|---|---|---|",
    );
    for (verdict, needs) in Policy::default().needs.all() {
        for need in needs {
            let names = need.one_of.join("|");
            let days = need.max_age_days.map_or_else(|| "–".to_owned(), |days| days.to_string());
            let (en, zh) = (need_text(&names, Lang::En), need_text(&names, Lang::Zh));
            let only = if verdict.decides_the_gap() { "" } else { " (not for the gap)" };
            line(out, &format!("| {}{only} | {en} | {zh} | {days} |", verdict.key()));
        }
    }
}

/// Every kind of coverage by every size; one row where the size makes no difference.
fn gap(out: &mut String) {
    line(
        out,
        "\n## Gap: by coverage and size · 覆盖与规模\n\n| coverage | size | gap | code | because | 理由 |\n|---|---|---|---|---|---|",
    );
    for union in UnionStatus::ALL {
        let decided: Vec<_> = SizeStatus::ALL.iter().map(|size| (*size, decide(*size, *union))).collect();
        let same = decided.iter().all(|(_, d)| *d == decided[0].1);
        for (size, (gap, code)) in decided.iter().take(if same { 1 } else { decided.len() }) {
            let size = if same { "any" } else { size.name() };
            line(out, &format!("| {union} | {size} | {gap} | {} |", said(code)));
        }
    }
    line(out, "\nThe gap list: size ABOVE, and gap LACKING or LACKING_INDEPENDENT. 名单：规模以上，且未建会或未单独建会。");
}

fn coverage(out: &mut String) {
    line(
        out,
        "\n## Union coverage · 工会覆盖\n\nThe strongest counts. 以最强者为准。\n\n| coverage | code | where it | 情形 |\n|---|---|---|---|",
    );
    for union in UnionStatus::ALL {
        let code = match UnionKind::ALL.iter().find(|kind| kind.name() == union.name()) {
            Some(kind) => union_code(*kind),
            None if *union == UnionStatus::Possible => "union_possible",
            None => "no_union_record",
        };
        line(out, &format!("| {union} {} | {} |", value_name(union.name(), Lang::Zh), said(code)));
    }
}

/// What a visit found, and what follows from it.
fn findings(out: &mut String) {
    line(
        out,
        "\n## Findings · 走访结论\n\nA finding counts where it says more than the roll. 走访结论强于名录时以走访为准。\n\n\
         | finding | 结论 | coverage | scope |\n|---|---|---|---|",
    );
    for reason in finding_reasons() {
        let coverage = covered_by_finding(reason.code).map_or("–", |union| union.name());
        let scope = if reason.stays_in_scope { "in scope" } else { "OUT_OF_SCOPE" };
        line(out, &format!("| `{}` {} | {} | {coverage} | {scope} |", reason.code, reason.name_en, reason.name_zh));
    }
}

/// What is paid against the coverage, then how much of what is due.
fn fund_table(out: &mut String) {
    line(
        out,
        "\n## Fund · 经费\n\nOf the latest period with payments. 以最近一期缴费为准。\n\n| paid | coverage | status | code | because | 理由 |\n|---|---|---|---|---|---|",
    );
    for kind in FundKind::ALL {
        for union in UnionStatus::ALL {
            let (status, code) = fund::decide(*union, Some(*kind), true, Payment::Full);
            if status == FundStatus::WrongKind {
                line(out, &format!("| {kind} | {union} | {status} | {} |", said(code)));
            }
        }
    }
    for payment in Payment::ALL {
        let (status, code) = fund::decide(UnionStatus::Independent, None, false, payment);
        let paid = match payment {
            Payment::Full => "all that is due",
            Payment::Part => "a part of it",
            Payment::Nothing => "nothing of it",
            Payment::UnknownDue => "what is due is unknown",
        };
        line(out, &format!("| {paid} | any other | {status} | {} |", said(code)));
    }
    line(out, &format!("| no payments | any | {} | {} |", FundStatus::Unknown, said("fund_no_payments")));
}

/// The factors with the default policy's points, and what head counts earn.
fn priority_table(out: &mut String) {
    let weights = PriorityPolicy::default();
    line(
        out,
        "\n## Priority · 急迫度\n\nThe sum of these points, for LACKING, LACKING_INDEPENDENT and UNDECIDED. 下列分值之和。\n\n| points | code | where it | 情形 |\n|---|---|---|---|",
    );
    for factor in FACTORS {
        // Employees and insured persons are two readings of one weight.
        let weight = if factor.code == "insured" { "employees" } else { factor.code };
        let points = weights.points().into_iter().find(|(code, _)| *code == weight).map_or(0.0, |(_, points)| points);
        let up_to = if matches!(factor.code, "employees" | "insured" | "waiting") { "up to " } else { "" };
        line(out, &format!("| {up_to}{points} | {} |", said(factor.code)));
    }
    line(
        out,
        &format!(
            "\nPeople earn points by the square root, up to {} persons; waiting earns in proportion up to {} months. 人数按平方根计分。\n\n| persons | points |\n|---|---|",
            weights.employees_full, weights.waiting_full_months
        ),
    );
    for persons in [5, 25, 50, 100, 240, 500, 1_000, 2_000, 5_000] {
        line(out, &format!("| {persons} | {:.1} |", head_points(&weights, persons)));
    }
}

fn size(out: &mut String) {
    line(out, "\n## Designated size · 规模\n\n| basis | code | where it | 情形 |\n|---|---|---|---|");
    for (basis, code) in [
        ("OFFICIAL_LIST", "official_list"),
        ("OFFICIAL_LIST", "not_on_official_list"),
        ("RULE", "above_rule"),
        ("RULE", "below_rule"),
        ("PROXY", "proxy_employees"),
        ("PROXY", "proxy_insured"),
        ("–", "missing_input"),
        ("–", "no_rule"),
        ("–", "no_rule_in_force"),
    ] {
        line(out, &format!("| {basis} | {} |", said(code)));
    }
    line(out, "\nThe rules of statistics. 统计标准：\n\n| rule | from | to | 内容 |\n|---|---|---|---|");
    for rule in Rules::embedded().statistics() {
        let day = |day: Option<chrono::NaiveDate>| day.map_or_else(String::new, |d| d.to_string());
        // Writing to a String cannot fail.
        let _ = writeln!(out, "| `{}` | {} | {} | {} |", rule.id, day(Some(rule.valid_from)), day(rule.valid_to), rule.scope_zh);
    }
}

//! `huitu assess explain|rules`: every rule that was tried on one enterprise with its inputs; the rules in force.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use chrono::NaiveDate;
use clap::{Args, Subcommand};
use serde_json::json;

use super::account::CommandReading;
use super::common::{Common, LangArg};
use super::terminal::table;
use crate::assess::{Explanation, Rules, Step, StepOutcome, Topic};
use crate::connector::Connector;
use crate::hub::Hub;
use crate::model::enterprise::EnterpriseField;
use crate::model::message::{input_name, reason_text, value_name, value_text};
use crate::model::provenance::{FieldProvenance, SourceValue};
use crate::model::reference::thresholds::{Condition, RuleTest, ThresholdRule};
use crate::model::verdict::ReasonInput;
use crate::model::{Clock, message};

#[derive(Args)]
pub struct AssessArgs {
    #[command(subcommand)]
    command: AssessCommand,
}

#[derive(Subcommand)]
enum AssessCommand {
    /// Every rule that was tried on an enterprise, and every input
    Explain {
        /// Enterprise id or credit code
        enterprise: String,
        /// Show the rules for other industries and other days too
        #[arg(long)]
        all: bool,
    },
    /// The rules of designated size, with their sources
    Rules {
        /// Only those in force on this day
        #[arg(long, value_name = "DATE")]
        on: Option<NaiveDate>,
        /// Check a thresholds file instead, without using it
        #[arg(long, value_name = "FILE")]
        check: Option<PathBuf>,
    },
}

pub async fn run(common: &Common, args: AssessArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        AssessCommand::Explain { enterprise, all } => {
            let hub = Hub::open(common.settings()?, Clock::System).await?;
            let explained = hub.explain(&enterprise).await;
            let registries = hub.connectors.clone();
            let noted = match &explained {
                Ok(explained) => {
                    let reading = CommandReading::of([explained.enterprise.id.to_string()]);
                    reading.note(&hub, common, &format!("assess explain {enterprise}")).await
                }
                Err(_) => Ok(()),
            };
            hub.store.close().await;
            let explained = explained?;
            noted?;
            print_explanation(common, &explained, &registries, all)?;
        }
        AssessCommand::Rules { on, check: Some(file) } => {
            let rules = read_rules(&file)?;
            let found = rules.all().iter().filter(|r| on.is_none_or(|day| r.in_force(day))).count();
            println!("{}: {found} {}", file.display(), common.lang().pick("条规则，无误", "rules, nothing wrong"));
        }
        AssessCommand::Rules { on, check: None } => {
            let rules = match common.settings()?.thresholds {
                Some(file) => read_rules(&file)?,
                None => Rules::embedded(),
            };
            print_rules(common, &rules, on)?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read_rules(file: &std::path::Path) -> anyhow::Result<Rules> {
    let text =
        std::fs::read_to_string(file).map_err(|e| anyhow::anyhow!("cannot read the thresholds {}: {e}", file.display()))?;
    Rules::parse(&text, &file.display().to_string())
        .map_err(|faults| anyhow::anyhow!(faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n")))
}

fn print_rules(common: &Common, rules: &Rules, on: Option<NaiveDate>) -> anyhow::Result<()> {
    let lang = common.lang();
    let shown: Vec<&ThresholdRule> = rules.all().iter().filter(|r| on.is_none_or(|day| r.in_force(day))).collect();
    if common.json {
        let all: Vec<_> = shown
            .iter()
            .map(|r| {
                json!({ "id": r.id, "titleZh": r.scope_zh, "titleEn": r.scope_en, "validFrom": r.valid_from, "validTo": r.valid_to,
                    "asks": r.conditions.iter().map(asked).collect::<Vec<_>>(), "all": r.test == RuleTest::All,
                    "sources": r.sources, "confidence": r.confidence, "cutoverUncertain": r.cutover_uncertain })
            })
            .collect();
        println!("{}", serde_json::to_string_pretty(&all)?);
        return Ok(());
    }
    let rows = shown.iter().map(|r| {
        let until = r.valid_to.map_or(String::new(), |d| d.to_string());
        let title = lang.pick(&r.scope_zh, &r.scope_en).to_owned();
        vec![r.id.clone(), r.valid_from.to_string(), until, r.confidence.clone(), title]
    });
    let header = match lang {
        LangArg::Zh => ["规则", "自", "至", "可信度", "内容"],
        LangArg::En => ["rule", "from", "to", "confidence", "what it says"],
    };
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}

fn asked(condition: &Condition) -> String {
    match condition {
        Condition::AtLeast(metric, least) => format!("{} >= {least}", metric.name()),
        Condition::Is(metric, flag) => format!("{} = {flag}", metric.name()),
        Condition::OneOf(metric, words) => format!("{} in {}", metric.name(), words.join(", ")),
    }
}

/// What was tried: its code, or in Chinese what it is about.
fn step_name(rule: &str, lang: LangArg) -> String {
    match lang {
        LangArg::En => format!("{rule:<28}"),
        LangArg::Zh if message::is_known(rule) => message::reason_title(rule, message::Lang::Zh),
        LangArg::Zh => value_text("rule", rule, message::Lang::Zh).into_owned(),
    }
}

fn print_explanation(common: &Common, explained: &Explanation, registries: &[Arc<Connector>], all: bool) -> anyhow::Result<()> {
    let e = &explained.enterprise;
    if common.json {
        let fields: Vec<_> = explained.fields.iter().map(|f| field_json(f, registries)).collect();
        let shown = json!({ "id": e.id, "name": e.name, "verdicts": e.verdicts, "fields": fields, "steps": explained.steps });
        println!("{}", serde_json::to_string_pretty(&shown)?);
        return Ok(());
    }
    let lang = common.lang();
    let message_lang = message_lang(lang);
    println!("{} {} {}", e.id, e.credit_code.as_deref().unwrap_or("—"), e.name);
    for topic in Topic::ALL {
        println!("\n{}", topic_title(*topic, explained, lang));
        let shown =
            |s: &&Step| s.topic == *topic && (all || !matches!(s.outcome, StepOutcome::OtherIndustry | StepOutcome::NotInForce));
        for step in explained.steps.iter().filter(shown) {
            print!("  {} {} {}", mark(step.outcome), step_name(&step.rule, lang), outcome_text(step.outcome, lang));
            if message::is_known(&step.rule) && matches!(step.outcome, StepOutcome::Decided | StepOutcome::Holds) {
                let text = reason_text(&step.rule, &step.inputs, message_lang);
                if text != step_name(&step.rule, lang) {
                    print!(" · {text}");
                }
            }
            println!();
            // The title of a rule says in Chinese what it asks for.
            for asks in step.asks.iter().filter(|_| lang == LangArg::En) {
                println!("      {asks}");
            }
            for input in &step.inputs {
                println!("      {}", input_text(input, registries, message_lang));
            }
        }
    }
    println!("\n{}", lang.pick("字段的取值", "how each field was chosen"));
    let header = match lang {
        LangArg::Zh => ["字段", "取值", "来自", "规则", "一致性", "其他"],
        LangArg::En => ["field", "value", "from", "rule", "agreement", "others"],
    };
    let source = |s: &SourceValue| {
        registries.get(usize::from(s.registry)).map_or("?", |r| lang.pick(r.title.zh.as_str(), r.name.as_str())).to_owned()
    };
    let shown = |field: EnterpriseField, value: Option<&str>| {
        value.map_or_else(|| "—".to_owned(), |value| value_text(&field.name().to_lowercase(), value, message_lang).into_owned())
    };
    let rows = explained.fields.iter().map(|f| {
        let others =
            f.others.iter().map(|o| format!("{}{}{}", source(o), lang.pick("：", ": "), shown(f.field, o.value.as_deref())));
        vec![
            lang.pick(input_name(&f.field.name().to_lowercase(), message_lang), f.field.name()).to_owned(),
            shown(f.field, f.value.as_deref()),
            f.source.as_ref().map(source).unwrap_or_default(),
            lang.pick(value_name(f.rule.name(), message_lang), f.rule.name()).to_owned(),
            lang.pick(value_name(f.agreement.name(), message_lang), f.agreement.name()).to_owned(),
            others.collect::<Vec<_>>().join(lang.pick("；", "; ")),
        ]
    });
    print!("{}", table(&header, &rows.collect::<Vec<_>>()));
    Ok(())
}

fn field_json(field: &FieldProvenance, registries: &[Arc<Connector>]) -> serde_json::Value {
    let name = |s: &SourceValue| registries.get(usize::from(s.registry)).map(|r| r.name.clone());
    let source = |s: &SourceValue| json!({ "registry": name(s), "record": s.key, "part": s.part, "value": s.value });
    json!({ "field": field.field, "value": field.value, "rule": field.rule, "agreement": field.agreement,
        "source": field.source.as_ref().map(source), "others": field.others.iter().map(source).collect::<Vec<_>>() })
}

fn message_lang(lang: LangArg) -> message::Lang {
    match lang {
        LangArg::Zh => message::Lang::Zh,
        LangArg::En => message::Lang::En,
    }
}

/// The topic and its verdict.
fn topic_title(topic: Topic, explained: &Explanation, lang: LangArg) -> String {
    let v = &explained.enterprise.verdicts;
    let (zh, en, code) = match topic {
        Topic::Size => ("规模", "designated size", v.size.verdict.name()),
        Topic::Union => ("工会覆盖", "union coverage", v.union.verdict.name()),
        Topic::Gap => ("缺口", "gap", v.gap.status.name()),
        Topic::Fund => ("经费", "fund", v.fund.status.name()),
        Topic::Priority => ("优先级", "priority", ""),
    };
    let title = lang.pick(zh, en);
    match topic {
        Topic::Priority => format!("{title}{}{:.1}", lang.pick("：", ": "), v.priority.score),
        _ => match lang {
            LangArg::Zh => format!("{title}：{}", value_name(code, message::Lang::Zh)),
            LangArg::En => format!("{title}: {code} {}", value_name(code, message::Lang::En)),
        },
    }
}

fn mark(outcome: StepOutcome) -> char {
    match outcome {
        StepOutcome::Decided => '●',
        StepOutcome::Holds => '○',
        StepOutcome::MissingInput | StepOutcome::CodeTooShort => '?',
        _ => '·',
    }
}

fn outcome_text(outcome: StepOutcome, lang: LangArg) -> &'static str {
    let (zh, en) = match outcome {
        StepOutcome::Decided => ("成立，据此判定", "holds and decides"),
        StepOutcome::Holds => ("成立，已由前者判定", "holds; decided before"),
        StepOutcome::DoesNotHold => ("不成立", "does not hold"),
        StepOutcome::MissingInput => ("缺少依据", "an input is missing"),
        StepOutcome::OtherIndustry => ("不适用于该行业", "for other industries"),
        StepOutcome::CodeTooShort => ("行业代码过粗，无法判断", "the industry code is too short to tell"),
        StepOutcome::NotInForce => ("当日不适用", "not in force on the day"),
        StepOutcome::NotTried => ("未使用", "not tried"),
    };
    lang.pick(zh, en)
}

/// `营业收入 25000000 ← statistics TJ00000001`.
fn input_text(input: &ReasonInput, registries: &[Arc<Connector>], lang: message::Lang) -> String {
    let value = input.value.as_deref().map_or_else(|| "—".into(), |value| value_text(&input.name, value, lang).into_owned());
    let from = match (&input.registry, &input.record) {
        (Some(registry), Some(record)) => {
            let known = registries.iter().find(|r| r.name == **registry);
            format!(" ← {} {record}", known.map_or(&**registry, |r| lang.pick(r.title.zh.as_str(), r.name.as_str())))
        }
        _ => String::new(),
    };
    format!("{} {value}{from}", input_name(&input.name, lang))
}

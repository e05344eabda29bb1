//! `huitu demo`: five simulated departments, a sync over their real transports, the ten most urgent enterprises, and
//! the graph served on this machine. One command, from nothing.

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Context;
use clap::Args;

use super::common::{Common, LangArg, look_up_there};
use super::correction::disputes;
use super::demo_outreach;
use super::serve::{Start, bind, serve};
use super::sync::receipt_text;
use super::terminal::{Terminal, table};
use crate::cases::correction::{CorrectionAnswer, CorrectionOrigin};
use crate::connector::Connector;
use crate::edition::Filter;
use crate::federation::entry::FederationNoun;
use crate::hub::corrections::{CorrectionOpening, GivenAnswer};
use crate::hub::federation::SheetOrigin;
use crate::hub::{Hub, SyncOptions};
use crate::model::Clock;
use crate::model::message::reason_text;
use crate::model::text::grouped;
use crate::simulate;
use crate::simulate::ServeOptions;
use crate::store::correction::CorrectionQuery;

/// Enterprises shown before serving.
const SHOWN: u32 = 10;
/// Requests that each of two departments is asked.
const ASKED: usize = 6;
/// Where the demonstration keeps its data unless --data says otherwise: never among real data.
const DEMO_DATA: &str = "huitu-demo";
/// Port of the simulated commerce registry: the same at every start, so that the second start finds nothing changed.
const COMMERCE: ([u8; 4], u16) = ([127, 0, 0, 1], 8701);

#[derive(Args)]
pub struct DemoArgs {
    /// Number of invented enterprises
    #[arg(long, short = 'n', default_value_t = 20_000, value_parser = clap::value_parser!(u64).range(100..=5_000_000))]
    enterprises: u64,
    /// The same seed gives the same city
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// End after printing the list
    #[arg(long)]
    no_serve: bool,
    /// Leave the pages of the federation and of its work empty: units, places, posts, cases and the rest are then yours to enter
    #[arg(long)]
    without_federation: bool,
}

pub async fn run(common: &Common, args: DemoArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let mut settings = common.settings()?;
    // An invented city is nobody else's.
    settings.editions = None;
    if common.data.is_none() {
        settings.data = PathBuf::from(DEMO_DATA);
    }
    let listener = if args.no_serve { None } else { Some(bind(common, settings.listen).await?) };
    let city = settings.data.join("simulated").join(format!("{}-{}", args.enterprises, args.seed));
    println!(
        "{}",
        match lang {
            LangArg::Zh => format!("模拟一座有 {} 家虚构企业的城市（种子 {}）……", grouped(args.enterprises as i64), args.seed),
            LangArg::En =>
                format!("simulating a city of {} invented enterprises (seed {}) …", grouped(args.enterprises as i64), args.seed),
        }
    );
    let served = departments(&city, &args).await?;
    let known = Connector::built_in_and(settings.connectors.as_deref(), settings.without_built_in)?;
    let known: Vec<String> = known.into_iter().map(|c| c.name).collect();
    for source in &served.sources {
        // Departments of the city that have no connector here are left out.
        if known.iter().any(|name| name == source.registry) {
            settings.sources.entry(source.registry.to_owned()).or_insert_with(|| source.place.clone());
        }
        if let Some(token) = &source.token {
            let file = city.join(format!("{}.token", source.registry));
            std::fs::write(&file, token).with_context(|| format!("cannot write {}", file.display()))?;
            settings.secrets.insert(source.registry.to_owned(), std::path::absolute(file)?);
        }
    }
    let mut hub = Hub::open(settings, Clock::System).await?;
    hub.allow_private = true;
    look_up_there(&mut hub, &served);
    let report = hub.sync(&SyncOptions::default(), Arc::new(Terminal::new(lang))).await?;
    print!("{}", receipt_text(&report, lang));
    if !args.without_federation {
        enter_federation(&hub, &city).await?;
        demo_outreach::enter(&hub).await?;
    }
    println!("{}", most_urgent(&hub, lang)?);
    ask_departments(&hub).await?;
    let code = match listener {
        Some(listener) => {
            serve(common, hub, listener, Start { scheduled: true, demonstration: true }, &common.serving()?).await?
        }
        None => ExitCode::SUCCESS,
    };
    served.stop().await;
    Ok(code)
}

/// Enters what the city's federation knows of itself; what stands there word for word stays as it is.
async fn enter_federation(hub: &Hub, city: &std::path::Path) -> anyhow::Result<()> {
    let Some((sheets, targets)) = simulate::read_sheets(city)? else { return Ok(()) };
    let origin = SheetOrigin { by: Some("demo".to_owned()), ..SheetOrigin::default() };
    let mut refused = Vec::new();
    for (noun, sheet) in &sheets {
        let noun =
            FederationNoun::from_name(noun).with_context(|| format!("the city has a sheet of {noun}, which is no noun"))?;
        refused.extend(hub.import_federation(noun, sheet, &origin).await?.faults);
    }
    refused.extend(hub.import_targets(&targets, &origin).await?.faults);
    match refused.first() {
        None => Ok(()),
        Some(fault) => anyhow::bail!("the simulated federation was refused, line {}: {}", fault.line, fault.problem.en),
    }
}

/// The simulated departments; where the usual port is taken, on a free one.
async fn departments(city: &std::path::Path, args: &DemoArgs) -> anyhow::Result<simulate::Served> {
    let usual = ServeOptions { listen: COMMERCE.into(), ..ServeOptions::default() };
    match simulate::serve(city, args.seed, args.enterprises, 0, usual).await {
        Err(simulate::SimulateError::Listen { .. }) => {
            Ok(simulate::serve(city, args.seed, args.enterprises, 0, ServeOptions::default()).await?)
        }
        done => Ok(done?),
    }
}

/// A few contradictions of the tax and social insurance registries become correction requests, one of them answered, so that their pages
/// show how it goes. At the second start they are there already.
async fn ask_departments(hub: &Hub) -> anyhow::Result<()> {
    let edition = hub.editions.current()?;
    let opening = CorrectionOpening {
        origin: CorrectionOrigin::Conflict,
        finding: None,
        reason: Some("演示：与其他登记不一致，请核实 / demonstration: others say otherwise".to_owned()),
        deadline: None,
        by: Some("demo".to_owned()),
    };
    for registry in ["tax", "social_insurance"] {
        if hub
            .store
            .count_corrections(&CorrectionQuery { registries: vec![registry.to_owned()], ..CorrectionQuery::default() })
            .await?
            > 0
        {
            continue;
        }
        let mut targets = disputes(&edition, registry, None);
        targets.truncate(ASKED);
        let asked = hub.open_corrections(&targets, &opening).await?;
        if let Some(first) = asked.opened.first() {
            let given = GivenAnswer {
                id: first.clone(),
                answer: CorrectionAnswer::Confirmed,
                value: None,
                note: Some("演示：已核对 / demonstration: checked".to_owned()),
                by: Some("demo".to_owned()),
                idempotency: None,
            };
            hub.answer_correction(&given).await?;
        }
    }
    Ok(())
}

/// The first rows of the gap list with their reasons.
fn most_urgent(hub: &Hub, lang: LangArg) -> anyhow::Result<String> {
    let edition = hub.editions.current()?;
    let header: [&str; 6] = match lang {
        LangArg::Zh => [">急迫度", "企业", "区", ">职工", "结论", "为什么"],
        LangArg::En => [">priority", "enterprise", "district", ">staff", "verdict", "why"],
    };
    let rows = edition.enterprises().filter(|e| e.in_gap()).take(SHOWN as usize);
    let mut lines = Vec::new();
    for e in rows {
        let verdicts = e.verdicts()?;
        let why: Vec<String> = verdicts
            .size
            .reasons
            .iter()
            .chain(&verdicts.gap.reasons)
            .filter(|r| &*r.code != "before_first_edition")
            .map(|r| reason_text(&r.code, &r.inputs, lang.into()))
            .collect();
        let district = e.district().and_then(|d| edition.area(&d.to_string())).map_or("", |a| lang.pick(&a.zh, &a.en));
        lines.push(vec![
            format!("{:.1}", e.priority()),
            e.name().to_owned(),
            district.to_owned(),
            e.employees().map_or_else(String::new, |n| grouped(i64::from(n))),
            e.gap().map_or_else(String::new, |g| crate::model::message::value_name(g.name(), lang.into()).to_owned()),
            why.join(lang.pick("；", "; ")),
        ]);
    }
    let undecided = edition.filter(&Filter::may_be_in_gap())?.len();
    let (_, total) = edition.coverage(&[], &edition.all(), 1)?;
    let missing = hub.missing_inputs(&edition, &edition.all())?;
    let missing: Vec<String> = missing.iter().take(3).map(|input| input.text(lang.into())).collect();
    let missing = missing.join(lang.pick("；", "; "));
    let [undecided, unknown, lacking] = [undecided, total.size_unknown, total.size_unknown_lacking].map(|n| grouped(n as i64));
    let apart = match lang {
        LangArg::Zh => format!(
            "另有 {undecided} 家暂不能判定是否应列入名单。规模不明 {unknown} 家，其中 {lacking} 家未建会；补齐以下数据最能判定：{missing}"
        ),
        LangArg::En => format!(
            "Of {undecided} more it cannot be told. {unknown} are of unknown size, {lacking} of them without a union; what would decide most: \
             {missing}"
        ),
    };
    Ok(format!(
        "\n{}\n{}\n{apart}",
        lang.pick("最应先走访的规模以上未建会企业：", "Above designated size, without a union, most urgent first:"),
        table(&header, &lines)
    ))
}

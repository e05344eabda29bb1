//! `huitu bench all`: a simulated city of any size through the real program, stage by stage, each as a process of its own: from nothing,
//! a day later, a finding. Another build of the program can be measured in the same run, stage by stage in turn.
//!
//! In: sizes and a seed. Out: seconds, CPU time, largest resident set and bytes of the edition, as a table, as JSON, and as one picture
//! a stage that shows how each grows.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use anyhow::{Context, bail};
use serde::Serialize;

use crate::config::Settings;
use crate::edition::Editions;
use crate::hub::progress::Silent;
use crate::hub::{Hub, NewFinding};
use crate::model::Clock;
use crate::model::text::grouped;
use crate::simulate::{City, ExtractFormat, SimulatedRegistry};

/// What is measured.
#[derive(Debug)]
pub struct CityBench {
    /// Enterprises of each city.
    pub sizes: Vec<u64>,
    pub seed: u64,
    /// Another build, measured beside this one.
    pub beside: Option<PathBuf>,
    /// Folder for one SVG a stage.
    pub svg: Option<PathBuf>,
}

/// One stage of one size.
#[derive(Debug, Clone, Serialize)]
struct Figure {
    enterprises: u64,
    stage: &'static str,
    /// `this`, or the other program's file name.
    program: String,
    seconds: f64,
    cpu_seconds: f64,
    peak_megabytes: i64,
    /// Of the edition that it published, not shared with one before.
    edition_megabytes: f64,
}

const FROM_NOTHING: &str = "from nothing";
const A_DAY: &str = "1 % changed";
const FINDING: &str = "a finding, program started for it";
const FINDING_SERVED: &str = "a finding, hub open";

/// Measures every stage of every size.
///
/// # Errors
/// A folder that cannot be written, a program that cannot be started or fails.
pub async fn run(settings: &Settings, json: bool, bench: CityBench) -> anyhow::Result<()> {
    let own = std::env::current_exe().context("this program does not know where it lies")?;
    let mut programs = vec![("this".to_owned(), own)];
    if let Some(other) = bench.beside {
        let name = other.file_name().map_or_else(|| "other".to_owned(), |n| n.to_string_lossy().into_owned());
        programs.push((name, other));
    }
    let mut figures: Vec<Figure> = Vec::new();
    std::fs::create_dir_all(&settings.data).context("the data folder cannot be made")?;
    for enterprises in bench.sizes {
        let dir = tempfile::tempdir_in(&settings.data).context("no temporary folder")?;
        let extracts = dir.path().join("city");
        let data = |at: usize| dir.path().join(format!("data{at}"));
        for (stage, day) in [(FROM_NOTHING, 0), (A_DAY, 1)] {
            crate::simulate::write(&City::new(bench.seed, enterprises, day), &extracts, ExtractFormat::Csv)?;
            for (at, (name, program)) in programs.iter().enumerate() {
                let mut command = Command::new(program);
                command.arg("--data").arg(data(at)).arg("sync");
                for registry in SimulatedRegistry::ALL {
                    let place = extracts.join(format!("{}.csv", registry.name()));
                    command.arg("--source").arg(format!("{}={}", registry.name(), place.display()));
                }
                let figure = measured(command, stage, enterprises, name, &data(at))?;
                show(json, &figure);
                figures.push(figure);
            }
        }
        let visited = most_urgent(&data(0))?;
        for (at, (name, program)) in programs.iter().enumerate() {
            let mut command = Command::new(program);
            command.arg("--data").arg(data(at)).args(["finding", "add", &visited[0], "--reason", "refused"]);
            let figure = measured(command, FINDING, enterprises, name, &data(at))?;
            show(json, &figure);
            figures.push(figure);
        }
        let figure = finding_served(settings, &data(0), &visited[1], enterprises).await?;
        show(json, &figure);
        figures.push(figure);
    }
    if let Some(folder) = bench.svg {
        std::fs::create_dir_all(&folder).context("the folder of the pictures cannot be made")?;
        for stage in [FROM_NOTHING, A_DAY, FINDING, FINDING_SERVED] {
            let name: String = stage.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '-' }).collect();
            std::fs::write(folder.join(format!("{name}.svg")), picture(stage, &figures))?;
        }
    }
    if json {
        println!("{}", serde_json::to_string_pretty(&figures)?);
    }
    Ok(())
}

fn show(json: bool, f: &Figure) {
    if !json {
        println!(
            "{:>10}  {:<34} {:<14} {:>8.2} s {:>8.2} s CPU  peak {:>6} MB  edition {:>8.1} MB",
            grouped(f.enterprises as i64),
            f.stage,
            f.program,
            f.seconds,
            f.cpu_seconds,
            f.peak_megabytes,
            f.edition_megabytes
        );
    }
}

/// Runs a program to its end and asks the kernel what it used.
fn measured(mut command: Command, stage: &'static str, enterprises: u64, program: &str, data: &Path) -> anyhow::Result<Figure> {
    let before = files(data);
    let began = Instant::now();
    let child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().with_context(|| format!("cannot start {program}"))?;
    // SAFETY: the process is this one's own child and is waited for once; both structs are only written to.
    let (status, usage) = unsafe {
        let (mut status, mut usage): (libc::c_int, libc::rusage) = (0, std::mem::zeroed());
        if libc::wait4(child.id() as libc::pid_t, &mut status, 0, &mut usage) < 0 {
            return Err(std::io::Error::last_os_error()).context("waiting for the program");
        }
        (status, usage)
    };
    let seconds = began.elapsed().as_secs_f64();
    if status != 0 {
        bail!("{program}, {stage}, {enterprises} enterprises: it ended with {status}");
    }
    let time = |t: libc::timeval| t.tv_sec as f64 + t.tv_usec as f64 / 1e6;
    Ok(Figure {
        enterprises,
        stage,
        program: program.to_owned(),
        seconds,
        cpu_seconds: time(usage.ru_utime) + time(usage.ru_stime),
        peak_megabytes: usage.ru_maxrss / 1024,
        edition_megabytes: new_megabytes(data, &before),
    })
}

/// The same in a hub that is open, as a server is.
async fn finding_served(settings: &Settings, data: &Path, enterprise: &str, enterprises: u64) -> anyhow::Result<Figure> {
    let settings = Settings { data: data.to_path_buf(), ..settings.clone() };
    let hub = Hub::open(settings, Clock::System).await?;
    let before = files(data);
    super::usage::forget_peak();
    let (began, cpu) = (Instant::now(), super::usage::cpu_seconds());
    let new = NewFinding {
        enterprise: enterprise.to_owned(),
        reason: "refused".to_owned(),
        note: None,
        by: None,
        until: None,
        idempotency: None,
    };
    let recorded = hub.add_finding(new, std::sync::Arc::new(Silent)).await?;
    let shown = hub.editions.current()?;
    let (seconds, cpu_seconds) = (began.elapsed().as_secs_f64(), super::usage::cpu_seconds() - cpu);
    let is_shown = shown.enterprise_of_id(enterprise).is_some_and(|e| e.findings().contains(&"refused"));
    if recorded.pending || !is_shown {
        bail!("the finding on {enterprise} is not in the graph");
    }
    let peak_megabytes = super::usage::peak_since_forgotten();
    hub.store.close().await;
    Ok(Figure {
        enterprises,
        stage: FINDING_SERVED,
        program: "this".to_owned(),
        seconds,
        cpu_seconds,
        peak_megabytes,
        edition_megabytes: new_megabytes(data, &before),
    })
}

/// The first two of the list.
fn most_urgent(data: &Path) -> anyhow::Result<[String; 2]> {
    let editions = Editions::open(&data.join("editions"))?;
    let edition = editions.current()?;
    let mut ids = edition.enterprises().filter(|e| e.in_gap()).map(|e| e.id().to_owned());
    match (ids.next(), ids.next()) {
        (Some(first), Some(second)) => Ok([first, second]),
        _ => bail!("nobody is on the list: take more enterprises"),
    }
}

/// Files of all editions, by what they are on the disk.
fn files(data: &Path) -> BTreeSet<(u64, u64)> {
    fn within(folder: &Path, found: &mut BTreeSet<(u64, u64)>) {
        for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
            match entry.metadata() {
                Ok(meta) if meta.is_dir() => within(&entry.path(), found),
                Ok(meta) => drop(found.insert((meta.ino(), meta.len()))),
                Err(_) => {}
            }
        }
    }
    let mut found = BTreeSet::new();
    within(&data.join("editions"), &mut found);
    found
}

fn new_megabytes(data: &Path, before: &BTreeSet<(u64, u64)>) -> f64 {
    files(data).difference(before).map(|(_, bytes)| *bytes as f64).sum::<f64>() / 1e6
}

/// CPU seconds by enterprises on logarithmic axes, a line a program.
fn picture(stage: &str, figures: &[Figure]) -> String {
    const W: f64 = 560.0;
    const H: f64 = 340.0;
    const EDGE: f64 = 60.0;
    let of: Vec<&Figure> = figures.iter().filter(|f| f.stage == stage).collect();
    let log = |value: f64| value.max(1e-3).log10();
    let span = |values: &mut dyn Iterator<Item = f64>| {
        let (low, high) = values.fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
        (low.floor(), high.ceil().max(low.floor() + 1.0))
    };
    let (left, right) = span(&mut of.iter().map(|f| log(f.enterprises as f64)));
    let (low, high) = span(&mut of.iter().map(|f| log(f.cpu_seconds)));
    let x = |f: &Figure| EDGE + (log(f.enterprises as f64) - left) / (right - left) * (W - 2.0 * EDGE);
    let y = |f: &Figure| H - EDGE - (log(f.cpu_seconds) - low) / (high - low) * (H - 2.0 * EDGE);
    let mut svg = String::new();
    let _ = write!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {W} {H}\" font-family=\"sans-serif\" font-size=\"12\">\n\
         <rect width=\"{W}\" height=\"{H}\" fill=\"#fff\"/>\n<text x=\"{EDGE}\" y=\"24\" font-size=\"15\">{stage}: CPU s by enterprises</text>\n\
         <path d=\"M{EDGE} {EDGE}V{}H{}\" fill=\"none\" stroke=\"#555\"/>\n",
        H - EDGE,
        W - EDGE
    );
    let programs: BTreeSet<&str> = of.iter().map(|f| f.program.as_str()).collect();
    for (at, program) in programs.iter().enumerate() {
        let colour = ["#1a6fb5", "#c0392b", "#2e8b57"][at % 3];
        let line: Vec<&&Figure> = of.iter().filter(|f| f.program == *program).collect();
        let path: Vec<String> = line.iter().map(|f| format!("{:.1},{:.1}", x(f), y(f))).collect();
        let _ = writeln!(svg, "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>", path.join(" "));
        for f in line {
            let (x, y) = (x(f), y(f));
            let _ = writeln!(
                svg,
                "<circle cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"3\" fill=\"{colour}\"/><text x=\"{:.1}\" y=\"{:.1}\" fill=\"{colour}\">{:.2}</text>\
                 <text x=\"{x:.1}\" y=\"{}\" text-anchor=\"middle\" fill=\"#555\">{}</text>",
                x + 5.0,
                y - 5.0,
                f.cpu_seconds,
                H - EDGE + 18.0,
                grouped(f.enterprises as i64)
            );
        }
        let _ = writeln!(svg, "<text x=\"{}\" y=\"{}\" fill=\"{colour}\">{program}</text>", W - EDGE - 80.0, 44 + 16 * at);
    }
    svg.push_str("</svg>\n");
    svg
}

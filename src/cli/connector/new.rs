//! `huitu connector new`: a connector folder from a sample, or from the answers to a few questions.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::shape;
use super::shape::Shape;
use crate::cli::common::{Common, Lang};
use crate::connector::guess::{Guesses, guess, manifest};
use crate::connector::{Connector, Format, department_page, format_of};
use crate::pull::PullContext;
use crate::pull::check::read_samples;
use crate::pull::sample::{Counting, at_sample, expected_json, part_with_rows, take};

#[derive(Args)]
pub struct NewArgs {
    /// Name of the registry: lower case, digits and _
    name: String,
    /// A file as the department delivers it, with invented or few rows; without it the program asks
    #[arg(long, value_name = "FILE")]
    sample: Option<PathBuf>,
    /// Folder of connector folders to write into
    #[arg(long, default_value = "connectors", value_name = "DIR")]
    into: PathBuf,
    /// The registry's name for people
    #[arg(long)]
    title: Option<String>,
    /// The department that owns the data
    #[arg(long)]
    owner: Option<String>,
    /// Where the data is: a path or glob, an address, a database, or `push` [default: the sample]
    #[arg(long)]
    place: Option<String>,
    /// Sheet of a workbook
    #[arg(long)]
    sheet: Option<String>,
    /// Rows that make the header; guessed where left out
    #[arg(long)]
    header_rows: Option<u32>,
    /// Lines above the header; guessed where left out
    #[arg(long)]
    skip: Option<u32>,
}

/// What the manifest needs that no sample says.
struct Said {
    title: String,
    owner: String,
    place: Option<String>,
    /// Each delivery holds every row.
    complete: bool,
}

/// Rows of a sample that are looked at.
const LOOKED_AT: usize = 500;

pub async fn run(common: &Common, args: NewArgs) -> anyhow::Result<ExitCode> {
    let lang = common.lang();
    let folder = args.into.join(&args.name);
    if folder.exists() {
        bail!(
            "{}",
            lang.pick(
                &format!("{} 已存在；请换一个名称，或先移走它", folder.display()),
                &format!("{} exists already: choose another name, or move it away", folder.display())
            )
        );
    }
    let shape = Shape { sheet: args.sheet.clone(), header_rows: args.header_rows, skip: args.skip, ..Shape::default() };
    let mut said = Said {
        title: args.title.clone().unwrap_or_else(|| args.name.clone()),
        owner: args.owner.clone().unwrap_or_else(|| args.title.clone().unwrap_or_else(|| args.name.clone())),
        place: args.place.clone(),
        complete: true,
    };
    match &args.sample {
        Some(sample) => from_sample(common, &args.name, &folder, sample, &said, shape).await?,
        None => {
            let mut asking = Asking { lang, input: std::io::stdin().lock(), shown: std::io::stderr().is_terminal() };
            let found = asking.all(&args, &mut said)?;
            match found {
                Header::Sample(sample) => from_sample(common, &args.name, &folder, &sample, &said, shape).await?,
                Header::Columns(columns) => from_columns(common, &args.name, &folder, &columns, &said)?,
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Asks on the terminal (or reads the answers from standard input, one a line). An empty answer takes the default.
struct Asking<R> {
    lang: Lang,
    input: R,
    shown: bool,
}

enum Header {
    Sample(PathBuf),
    Columns(Vec<String>),
}

impl<R: BufRead> Asking<R> {
    fn ask(&mut self, zh: &str, en: &str, default: &str) -> anyhow::Result<String> {
        let shown = if default.is_empty() { String::new() } else { format!(" [{default}]") };
        eprint!("{}{shown}{}", self.lang.pick(zh, en), self.lang.pick("：", ": "));
        std::io::stderr().flush()?;
        let mut line = String::new();
        if self.input.read_line(&mut line)? == 0 && default.is_empty() {
            bail!(
                "{}",
                self.lang.pick("没有回答；可用 --sample 给出样例文件", "no answer; a sample file can be given with --sample")
            );
        }
        if !self.shown {
            eprintln!();
        }
        let answer = line.trim();
        Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
    }

    fn all(&mut self, args: &NewArgs, said: &mut Said) -> anyhow::Result<Header> {
        if args.title.is_none() {
            said.title = self.ask("登记的名称（给人看的）", "the registry's name for people", &args.name)?;
        }
        if args.owner.is_none() {
            said.owner = self.ask("哪个部门的数据", "which department owns the data", &said.title.clone())?;
        }
        if args.place.is_none() {
            let place = self.ask(
                "数据在哪里（文件路径或通配符、http(s)://…、postgres://…、mysql://…、sqlite:…，或 push 表示由部门推送）",
                "where the data is (a path or glob, http(s)://…, postgres://…, mysql://…, sqlite:…, or push where the department sends it)",
                &format!("drop/{}/*.csv", args.name),
            )?;
            said.place = Some(place);
        }
        let all = self.ask("每次都给出全部记录吗（y/n）", "does each delivery hold every row (y/n)", "y")?;
        said.complete = !all.starts_with(['n', 'N', '否']);
        loop {
            let header = self.ask(
                "样例文件的路径；没有样例就粘贴表头，列名以逗号或制表符分隔",
                "path of a sample file; without one paste the header, columns separated by commas or tabs",
                "",
            )?;
            let path = PathBuf::from(&header);
            if path.is_file() {
                return Ok(Header::Sample(path));
            }
            let columns: Vec<String> =
                header.split([',', '，', '\t']).map(|c| c.trim().to_owned()).filter(|c| !c.is_empty()).collect();
            if columns.len() > 1 {
                return Ok(Header::Columns(columns));
            }
            eprintln!(
                "{}",
                self.lang.pick(
                    &format!("没有文件「{header}」，也不像表头（至少两列）"),
                    &format!("there is no file \"{header}\", and it is no header of two or more columns")
                )
            );
        }
    }
}

/// `[source]` of the manifest; `sample` where no place was said.
fn source(said: &Said, sample: Option<(&str, Format)>) -> String {
    let quoted = |text: &str| toml::Value::String(text.to_owned()).to_string();
    let complete = if said.complete { "" } else { "complete = false\n" };
    let place = match (&said.place, sample) {
        (Some(place), _) => place.clone(),
        (None, Some((file, _))) => format!("sample/{file}"),
        (None, None) => String::new(),
    };
    let format = sample.map(|(_, format)| format);
    let named = format.map_or_else(String::new, |f| format!("format = \"{f}\"\n"));
    let scheme = place.split_once(':').map_or("", |(scheme, _)| scheme);
    let table = match scheme {
        _ if place == "push" => format!("transport = \"push\"\n{}", format.map_or("format = \"ndjson\"\n".to_owned(), |_| named)),
        "postgres" | "postgresql" | "mysql" | "mariadb" | "sqlite" => {
            let (bare, params) = crate::connector::split_query(&place);
            let table = params.iter().find(|(n, _)| *n == "table").map_or("TABLE", |(_, v)| v);
            format!("transport = \"sql\"\nplace = {}\n\n[source.sql]\ntable = {}\n", quoted(bare), quoted(table))
        }
        "http" | "https" if format_of(&place).is_none_or(|f| matches!(f, Format::Json | Format::Xml)) => {
            format!("transport = \"http\"\nplace = {}\n{named}", quoted(&place))
        }
        _ => format!("transport = \"file\"\nplace = {}\n{named}", quoted(&place)),
    };
    format!("{complete}\n[source]\n{table}")
}

async fn from_sample(
    common: &Common,
    name: &str,
    folder: &Path,
    sample: &Path,
    said: &Said,
    mut shape: Shape,
) -> anyhow::Result<()> {
    let lang = common.lang();
    let place = sample.display().to_string();
    let Some(format) = format_of(&place) else {
        bail!(
            "{}",
            lang.pick(
                "样例的扩展名应为 csv、tsv、xlsx、xml、json 或 ndjson（可加 .gz、.zip）",
                "the sample should end in csv, tsv, xlsx, xml, json or ndjson (with .gz or .zip)"
            )
        );
    };
    let file = sample.file_name().and_then(|n| n.to_str()).context("a sample file")?;
    let context = PullContext::default();
    let part = part_with_rows(sample, &bare(name, format, "?", &shape)?);
    match format {
        Format::Xlsx => shape.sheet = shape.sheet.or(part),
        _ => shape.records = part,
    }
    let columns = header(lang, name, sample, format, &mut shape, &context).await?;
    let reader = at_sample(&bare(name, format, &columns[0], &shape)?, sample);
    let looked = take(&reader, None, &context, Some(LOOKED_AT)).await.map_err(|e| anyhow::anyhow!(e.text(lang.into())))?;
    let rows: Vec<_> = looked.rows.into_iter().map(|r| r.cells).collect();
    let guesses = guess(&looked.columns, &rows, &Connector::embedded_all()).with_unit(&shape.note);
    let text = manifest(&guesses, &said.title, &said.owner, &source(said, Some((file, format))), &shape.decoding());
    let connector = Connector::parse(name, &text)?;
    std::fs::create_dir_all(folder.join("sample"))?;
    std::fs::copy(sample, folder.join("sample").join(file))?;
    std::fs::write(folder.join("connector.toml"), &text)?;
    std::fs::write(folder.join("README.md"), department_page(&connector, file))?;
    let read = read_samples(&connector, folder, &context).await.map_err(|e| anyhow::anyhow!(e.text(lang.into())))?;
    std::fs::write(folder.join("expected.json"), format!("{}\n", serde_json::to_string_pretty(&expected_json(&read))?))?;
    told(lang, name, folder, &guesses, &shape);
    Ok(())
}

fn from_columns(common: &Common, name: &str, folder: &Path, columns: &[String], said: &Said) -> anyhow::Result<()> {
    let lang = common.lang();
    let guesses = guess(columns, &[], &Connector::embedded_all());
    let text = manifest(&guesses, &said.title, &said.owner, &source(said, None), "");
    let connector = Connector::parse(name, &text)?;
    std::fs::create_dir_all(folder.join("sample"))?;
    std::fs::write(folder.join("connector.toml"), &text)?;
    std::fs::write(folder.join("README.md"), department_page(&connector, "sample/"))?;
    told(lang, name, folder, &guesses, &Shape::default());
    eprintln!(
        "{}",
        lang.pick(
            &format!(
                "请在 {} 放入一份虚构样例，然后运行 huitu connector check {name} --write-expected",
                folder.join("sample").display()
            ),
            &format!(
                "put a file of invented rows into {}, then run huitu connector check {name} --write-expected",
                folder.join("sample").display()
            ),
        )
    );
    Ok(())
}

/// What was written, what was understood, and what to do next.
fn told(lang: Lang, name: &str, folder: &Path, guesses: &Guesses, shape: &Shape) {
    let mapped = guesses.columns.iter().filter(|g| g.field.is_some()).count();
    let (all, key, into) = (guesses.columns.len(), &guesses.key, folder.parent().unwrap_or(folder).display());
    let part = match (&shape.sheet, &shape.records) {
        (Some(sheet), _) => lang.pick(&format!("，工作表「{sheet}」"), &format!(", sheet \"{sheet}\"")).to_owned(),
        (_, Some(element)) => lang.pick(&format!("，记录元素「{element}」"), &format!(", records <{element}>")).to_owned(),
        _ => String::new(),
    };
    let header = match (shape.skip.unwrap_or(0), shape.header_rows.unwrap_or(1)) {
        (0, 1) => String::new(),
        (skip, rows) => match lang {
            Lang::Zh => format!("；表头 {rows} 行，其上跳过 {skip} 行"),
            Lang::En => format!("; {rows} header rows below {skip} skipped lines"),
        },
    };
    println!(
        "{}",
        lang.pick(
            &format!(
                "已写入 {}：{all} 列中识别 {mapped} 列，主键「{key}」{part}{header}。请核对 connector.toml，再运行 huitu connector check {name} --connectors {into}",
                folder.display()
            ),
            &format!(
                "wrote {}: {mapped} of {all} columns recognised, key \"{key}\"{part}{header}. Look through connector.toml, then run huitu connector check {name} --connectors {into}",
                folder.display()
            ),
        )
    );
    for guess in &guesses.columns {
        match (guess.field, guess.because) {
            (Some(_), "header") => {}
            (Some(field), because) => println!(
                "  ? {} → {field}  {}",
                guess.column,
                match (because, lang) {
                    ("values", Lang::Zh) => "（由取值推断）".to_owned(),
                    ("words", Lang::Zh) => "（由列名的常见含义推断）".to_owned(),
                    ("initials", Lang::Zh) => "（由拼音首字母推断）".to_owned(),
                    ("initials", Lang::En) => "(guessed by its pinyin initials)".to_owned(),
                    (_, Lang::Zh) => "（由相近的列名推断）".to_owned(),
                    (because, Lang::En) => format!("(guessed by its {because})"),
                }
            ),
            (None, _) if guess.column == *key => {}
            (None, _) => println!("  – {}  {}", guess.column, lang.pick("（只入库，不读取）", "(landed, not read)")),
        }
    }
}

/// A connector that knows only the shape: every column is unknown to it.
fn bare(name: &str, format: Format, key: &str, shape: &Shape) -> anyhow::Result<Connector> {
    let key = toml::Value::String(key.to_owned());
    let text = format!(
        "title = {{ zh = \"x\", en = \"x\" }}\nowner = {{ zh = \"x\", en = \"x\" }}\n[source]\ntransport = \"file\"\nplace = \"x\"\n\
         format = \"{format}\"\n[decoding]\n{}[key]\ncolumns = [{key}]\n[columns]\n",
        shape.decoding()
    );
    Ok(Connector::parse(name, &text)?)
}

/// The sample's columns; delimiter, skipped lines and header rows are found out where nobody said them.
async fn header(
    lang: Lang,
    name: &str,
    sample: &Path,
    format: Format,
    shape: &mut Shape,
    context: &PullContext,
) -> anyhow::Result<Vec<String>> {
    let delimiters: &[&str] = if format == Format::Csv { &[",", "tab", ";", "|"] } else { &[","] };
    let mut best: Option<(Vec<String>, Shape)> = None;
    let mut failed = None;
    for delimiter in delimiters {
        let mut tried = Shape { delimiter: (format == Format::Csv).then_some(*delimiter), ..shape.clone() };
        let lines = shape::first_lines(&bare(name, format, "?", &tried)?, sample, format, context).await;
        let (skip, rows) = shape::guess(&lines);
        tried.skip = shape.skip.or(Some(skip));
        tried.note =
            lines.iter().take(tried.skip.unwrap_or(0) as usize).flatten().map(String::as_str).collect::<Vec<_>>().join(" ");
        tried.header_rows = shape.header_rows.or(Some(rows));
        let reader = at_sample(&bare(name, format, "?", &tried)?, sample);
        let mut sink = Counting::default();
        match crate::pull::pull(&reader, None, context, &mut sink).await {
            Ok(_) if best.as_ref().is_none_or(|(columns, _)| sink.columns.len() > columns.len()) => {
                best = Some((sink.columns, tried));
            }
            Ok(_) => {}
            Err(error) => failed = Some(error),
        }
    }
    match (best, failed) {
        (Some((columns, found)), _) if !columns.is_empty() => {
            *shape = found;
            Ok(columns)
        }
        (_, Some(error)) => bail!("{}", lang.pick(&error.problem.zh, &error.problem.en)),
        (_, None) => bail!("{}", lang.pick("样例为空", "the sample is empty")),
    }
}

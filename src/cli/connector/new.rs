//! `huitu connector new`: a connector folder from a sample, or from the answers to a few questions.

use std::io::{BufRead, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, bail};
use clap::Args;

use super::shape::{self, DecodingShape};
use crate::cli::common::{Common, LangArg};
use crate::connector::guess::{Guesses, guess, manifest, quote};
use crate::connector::{Connector, Format, department_page, format_of};
use crate::pull::PullContext;
use crate::pull::check::read_samples;
use crate::pull::sample::{
    Counting, Sample, SampleRow, at_sample, delimiter_of, expected_json, format_inside, part_with_rows, take,
};

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
    let shape =
        DecodingShape { sheet: args.sheet.clone(), header_rows: args.header_rows, skip: args.skip, ..DecodingShape::default() };
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
    lang: LangArg,
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
    let quoted = quote;
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
    mut shape: DecodingShape,
) -> anyhow::Result<()> {
    let lang = common.lang();
    let place = sample.display().to_string();
    if shape.header_rows == Some(0) {
        // Named once the width of the table is known.
        shape.header = vec!["?".into()];
    }
    // What cannot be read at all is said by the reading that follows.
    let format = format_inside(sample, format_of(&place)).or(format_of(&place)).unwrap_or(Format::Csv);
    let file = sample.file_name().and_then(|n| n.to_str()).context("a sample file")?;
    let context = PullContext::default();
    let part = part_with_rows(sample, &bare(name, format, "?", &shape)?);
    match format {
        format if format.is_workbook() => shape.sheet = shape.sheet.or(part),
        _ => shape.records = part,
    }
    let columns = header(lang, name, sample, format, &mut shape, &context).await?;
    let reader = at_sample(&bare(name, format, &columns[0], &shape)?, sample);
    let looked = take(&reader, None, &context, None).await.map_err(|e| anyhow::anyhow!(e.text(lang.into())))?;
    let is_record = |row: &SampleRow| !matches!(&row.read, Err(error) if error.is_no_record());
    let rows: Vec<_> = looked.rows.into_iter().filter(is_record).map(|r| r.cells).collect();
    // Below and beside the table too.
    shape.notes.extend(looked.notes.iter().filter(|n| n.code == "unit_said").map(|n| n.zh.clone()));
    let guesses = guess(&looked.columns, &rows, &Connector::embedded_all()).with_unit(&shape.notes);
    if guesses.recognised() == 0 && shape.header.is_empty() {
        bail!("{}", nothing_recognised(lang, &looked.columns));
    }
    let text = manifest(&guesses, &said.title, &said.owner, &source(said, Some((file, format))), &shape.decoding());
    let connector = Connector::parse(name, &text)?;
    std::fs::create_dir_all(folder.join("sample"))?;
    std::fs::copy(sample, folder.join("sample").join(file))?;
    std::fs::write(folder.join("connector.toml"), &text)?;
    std::fs::write(folder.join("README.md"), department_page(&connector, file))?;
    let read = read_samples(&connector, folder, &context).await.map_err(|e| anyhow::anyhow!(e.text(lang.into())))?;
    std::fs::write(folder.join("expected.json"), format!("{}\n", serde_json::to_string_pretty(&expected_json(&read))?))?;
    print_guesses(lang, name, folder, &guesses, &shape);
    for note in &looked.notes {
        println!("  ! {}", lang.pick(&note.zh, &note.en));
    }
    warned(lang, &guesses, rows.len());
    for column in damaged(&connector, &read) {
        println!(
            "  ! {}",
            match lang {
                LangArg::Zh => format!(
                    "「{column}」列的号码已被 Excel 损坏（如 9.11101E+17），不能用来识别单位；请部门把该列设为文本，从原系统重新导出"
                ),
                LangArg::En => format!(
                    "the numbers of column \"{column}\" were damaged by Excel (such as 9.11101E+17) and identify nobody: ask for the column as text, exported again from its system"
                ),
            }
        );
    }
    Ok(())
}

/// Columns of codes of which most are damaged.
fn damaged<'c>(connector: &'c Connector, sample: &Sample) -> Vec<&'c str> {
    let records: Vec<_> = sample.rows.iter().filter_map(|r| r.read.as_ref().ok()?.first()).collect();
    let codes = connector.contract.columns.iter().filter(|c| c.read_as.is_identifier());
    codes
        .filter(|column| {
            let values = records.iter().filter_map(|r| r.fields.iter().find(|f| f.field == column.field));
            let (all, bad) =
                values.fold((0, 0), |(all, bad), f| (all + 1, bad + usize::from(f.value.is_none() && column.is_spoilt(&f.raw))));
            bad * 2 > all
        })
        .map(|c| c.name.as_str())
        .collect()
}

/// Rows of the sample that the key does not tell apart.
fn warned(lang: LangArg, guesses: &Guesses, rows: usize) {
    if guesses.repeated == 0 {
        return;
    }
    let (keys, n) = (guesses.keys().join(" + "), guesses.repeated);
    println!(
        "  ! {}",
        match lang {
            LangArg::Zh => format!(
                "样例 {rows} 行中有 {n} 行的主键「{keys}」与别的行相同而内容不同；入库时只保留先到的一行，其余隔离，请确认主键"
            ),
            LangArg::En => format!(
                "in {n} of {rows} rows the key \"{keys}\" is that of another row with other contents: only the first will land, look at the key"
            ),
        }
    );
}

fn nothing_recognised(lang: LangArg, columns: &[String]) -> String {
    let shown: String = columns.join(" | ").chars().take(120).collect();
    let sign = shown.chars().find(|c| matches!(c, '，' | '；' | '\u{1}'..='\u{8}' | '\u{1c}'..='\u{1f}' | '^' | '~' | '¦'));
    let hint = match (sign.filter(|_| columns.len() == 1), lang) {
        (Some(sign), LangArg::Zh) => format!("；各列之间似乎是 {sign:?}，请让部门改用半角逗号或制表符分隔"),
        (Some(sign), LangArg::En) => format!("; the cells seem to be separated by {sign:?}: ask for commas or tabs"),
        (None, LangArg::Zh) => {
            "；请核对分隔符、表头行数（--header-rows）、表头上方的行数（--skip）和工作表（--sheet）".to_owned()
        }
        (None, LangArg::En) => {
            "; look at the delimiter, the rows of the header (--header-rows), the lines above it (--skip), the sheet (--sheet)"
                .to_owned()
        }
    };
    match lang {
        LangArg::Zh => format!("{} 列中没有一列能识别：{shown}{hint}。没有写入连接器", columns.len()),
        LangArg::En => format!("none of the {} columns is recognised: {shown}{hint}. No connector was written", columns.len()),
    }
}

fn from_columns(common: &Common, name: &str, folder: &Path, columns: &[String], said: &Said) -> anyhow::Result<()> {
    let lang = common.lang();
    let guesses = guess(columns, &[], &Connector::embedded_all());
    let text = manifest(&guesses, &said.title, &said.owner, &source(said, None), "");
    let connector = Connector::parse(name, &text)?;
    std::fs::create_dir_all(folder.join("sample"))?;
    std::fs::write(folder.join("connector.toml"), &text)?;
    std::fs::write(folder.join("README.md"), department_page(&connector, "sample/"))?;
    print_guesses(lang, name, folder, &guesses, &DecodingShape::default());
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
fn print_guesses(lang: LangArg, name: &str, folder: &Path, guesses: &Guesses, shape: &DecodingShape) {
    let mapped = guesses.recognised();
    let (all, key, into) = (guesses.columns.len(), guesses.keys().join(" + "), folder.parent().unwrap_or(folder).display());
    let part = match (&shape.sheet, &shape.records) {
        (Some(sheet), _) => lang.pick(&format!("，工作表「{sheet}」"), &format!(", sheet \"{sheet}\"")).to_owned(),
        (_, Some(element)) => lang.pick(&format!("，记录元素「{element}」"), &format!(", records <{element}>")).to_owned(),
        _ => String::new(),
    };
    let header = match (shape.skip.unwrap_or(0), shape.header_rows.unwrap_or(1)) {
        (0, 1) => String::new(),
        (skip, rows) => match lang {
            LangArg::Zh => format!("；表头 {rows} 行，其上跳过 {skip} 行"),
            LangArg::En => format!("; {rows} header rows below {skip} skipped lines"),
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
                    ("values", LangArg::Zh) => "（由取值推断）".to_owned(),
                    ("words", LangArg::Zh) => "（由列名的常见含义推断）".to_owned(),
                    ("initials", LangArg::Zh) => "（由拼音首字母推断）".to_owned(),
                    ("initials", LangArg::En) => "(guessed by its pinyin initials)".to_owned(),
                    (_, LangArg::Zh) => "（由相近的列名推断）".to_owned(),
                    (because, LangArg::En) => format!("(guessed by its {because})"),
                }
            ),
            (None, _) if guesses.keys().contains(&guess.column.as_str()) => {}
            (None, _) => println!("  – {}  {}", guess.column, lang.pick("（只入库，不读取）", "(landed, not read)")),
        }
    }
}

/// A connector that knows only the shape: every column is unknown to it.
fn bare(name: &str, format: Format, key: &str, shape: &DecodingShape) -> anyhow::Result<Connector> {
    let key = quote(key);
    let text = format!(
        "title = {{ zh = \"x\", en = \"x\" }}\nowner = {{ zh = \"x\", en = \"x\" }}\n[source]\ntransport = \"file\"\nplace = \"x\"\n\
         format = \"{format}\"\n[decoding]\n{}[key]\ncolumns = [{key}]\n[columns]\n",
        shape.decoding()
    );
    Ok(Connector::parse(name, &text)?)
}

/// The sample's columns; delimiter, skipped lines and header rows are found out where nobody said them.
async fn header(
    lang: LangArg,
    name: &str,
    sample: &Path,
    format: Format,
    shape: &mut DecodingShape,
    context: &PullContext,
) -> anyhow::Result<Vec<String>> {
    let mut tried = shape.clone();
    if format == Format::Csv {
        let lines = shape::whole_lines(&bare(name, format, "?", &tried)?, sample, context).await;
        tried.delimiter = Some(match delimiter_of(&lines) {
            Some(b'\t') => "tab",
            Some(b';') => ";",
            Some(b'|') => "|",
            _ => ",",
        });
    }
    let lines = shape::first_lines(&bare(name, format, "?", &tried)?, sample, format, context).await;
    let (skip, rows) = shape::guess(&lines);
    tried.skip = shape.skip.or(Some(if shape.header_rows == Some(0) { 0 } else { skip }));
    let skipped = tried.skip.unwrap_or(0) as usize;
    tried.notes = lines.iter().take(skipped).flatten().filter(|cell| !cell.is_empty()).cloned().collect();
    tried.header_rows = shape.header_rows.or(Some(rows));
    if shape.header_rows == Some(0) {
        let width = lines.iter().skip(skipped).map(Vec::len).max().unwrap_or(0);
        tried.header = (1..=width).map(|n| format!("column_{n}")).collect();
        if tried.header.is_empty() {
            bail!(
                "{}",
                lang.pick(
                    "--header-rows 0 只用于 CSV 和工作簿，且样例不能为空",
                    "--header-rows 0 is for CSV and workbooks with rows"
                )
            );
        }
    }
    let reader = at_sample(&bare(name, format, "?", &tried)?, sample);
    let mut sink = Counting::default();
    if let Err(error) = crate::pull::pull(&reader, None, context, &mut sink).await {
        bail!("{}", lang.pick(&error.problem.zh, &error.problem.en));
    }
    if sink.columns.is_empty() && sink.faults > 0 {
        let n = sink.faults;
        bail!(
            "{}",
            lang.pick(
                &format!("样例中有 {n} 条，没有一条是记录（有列名和值的一行或一个对象）；请核对格式，或用 decoding.records 写明记录的位置"),
                &format!(
                    "the sample holds {n} items, and none of them is a record (a row or an object with names and values): look at the format, or say with decoding.records where the records stand"
                )
            )
        );
    }
    if sink.columns.is_empty() {
        bail!("{}", lang.pick("样例为空", "the sample is empty"));
    }
    if shape.header_rows.is_none() && !lines.is_empty() && shape::looks_like_data(&sink.columns) {
        let shown = sink.columns.join(" | ");
        bail!(
            "{}",
            match lang {
                LangArg::Zh => format!(
                    "第一行像数据而不像表头：{shown}。文件没有表头时加 --header-rows 0（列名为 column_1、column_2…，写入后可改）；确是表头时加 --header-rows 1"
                ),
                LangArg::En => format!(
                    "the first row looks like data and not like a header: {shown}. Without a header add --header-rows 0 (the columns are then column_1, column_2, …, to be named in the connector); if it is one, --header-rows 1"
                ),
            }
        );
    }
    *shape = tried;
    Ok(sink.columns)
}

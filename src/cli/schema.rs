//! `huitu schema`: the GraphQL schema that is served, as text.

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::Args;

#[derive(Args)]
pub struct SchemaArgs {
    /// File to write; standard output without it
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub fn run(args: SchemaArgs) -> anyhow::Result<ExitCode> {
    let sdl = crate::serve::graphql::sdl();
    match args.output {
        Some(path) => {
            std::fs::write(&path, sdl).with_context(|| format!("cannot write {}; give another file with -o", path.display()))?
        }
        None => print!("{sdl}"),
    }
    Ok(ExitCode::SUCCESS)
}

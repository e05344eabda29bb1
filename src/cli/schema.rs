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
    /// As a subgraph of Apollo Federation v2
    #[arg(long)]
    federation: bool,
}

pub fn run(args: SchemaArgs) -> anyhow::Result<ExitCode> {
    let sdl = match args.federation {
        true => crate::serve::graphql::federation_sdl(),
        false => crate::serve::graphql::sdl(),
    };
    match args.output {
        Some(path) => {
            std::fs::write(&path, sdl).with_context(|| format!("cannot write {}; give another file with -o", path.display()))?
        }
        None => print!("{sdl}"),
    }
    Ok(ExitCode::SUCCESS)
}

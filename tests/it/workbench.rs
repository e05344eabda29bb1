//! The workbench in a browser: `web/test/workbench.mjs`, `session.mjs` and `restart.mjs` against the program with the simulated city.

use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::support::servers::missing;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

fn web() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("web")
}

/// What the scripts need: the built pages, Node's packages, Chromium. Without them the test says so, and in CI it fails.
fn is_ready() -> bool {
    let browsers = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"];
    if !web().join("node_modules").is_dir() || !web().join("dist/index.html").is_file() {
        missing("node", "the built pages: run `make web` first");
    } else if std::env::var_os("CHROMIUM").is_none() && !browsers.iter().any(|place| Path::new(place).exists()) {
        missing("chromium", "run `make setup-test` first");
    } else {
        return true;
    }
    false
}

fn huitu(data: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_huitu"));
    command.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default());
    command.current_dir(data).args(["--lang", "zh", "--data"]).arg(data.join("hub"));
    command.stdout(Stdio::piped()).kill_on_drop(true);
    command
}

/// Waits for the last line of a start, which names the workbench.
async fn started(command: &mut Command) -> (Child, String) {
    let mut child = command.spawn().expect("the program runs");
    let mut lines = BufReader::new(child.stdout.take().expect("piped")).lines();
    let mut said = Vec::new();
    while let Some(line) = lines.next_line().await.unwrap() {
        if let Some(address) = line.strip_prefix("工作台： ").or_else(|| line.strip_prefix("工作台：")) {
            let address = address.trim().trim_end_matches('/').to_owned();
            // What it prints later must not fill the pipe.
            tokio::spawn(async move { while let Ok(Some(_)) = lines.next_line().await {} });
            return (child, address);
        }
        said.push(line);
    }
    panic!("no line names the workbench: {said:#?}");
}

async fn node(script: &str, arguments: &[&str]) {
    let run = Command::new("node").arg(web().join("test").join(script)).args(arguments).kill_on_drop(true).output();
    let done = tokio::time::timeout(std::time::Duration::from_secs(1_800), run).await.expect("in time").expect("node runs");
    let said = format!("{}{}", String::from_utf8_lossy(&done.stdout), String::from_utf8_lossy(&done.stderr));
    assert!(done.status.success(), "{said}");
    println!("{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_page_of_the_workbench_does_its_task_by_mouse_and_by_keyboard() {
    if !is_ready() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let (_server, address) =
        started(huitu(dir.path()).args(["demo", "--enterprises", "3000", "--without-federation", "--listen", "127.0.0.1:0"]))
            .await;
    node("workbench.mjs", &[&address]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_that_ends_is_asked_for_again_and_a_server_that_restarts_loses_nothing_that_was_typed() {
    if !is_ready() {
        return;
    }
    let dir = tempfile::tempdir().unwrap();
    let demo =
        huitu(dir.path()).args(["demo", "--enterprises", "500", "--without-federation", "--no-serve"]).output().await.unwrap();
    assert!(demo.status.success(), "{}", String::from_utf8_lossy(&demo.stderr));
    let mut secrets = Vec::new();
    for (name, role) in [("访客", "client"), ("分析员", "analyst")] {
        let made = huitu(dir.path()).args(["token", "create", "--name", name, "--role", role]).output().await.unwrap();
        let said = String::from_utf8_lossy(&made.stdout).into_owned();
        let secret = said.split_whitespace().find(|word| word.starts_with("huitu_"));
        secrets.push(secret.unwrap_or_else(|| panic!("no secret in {said}")).to_owned());
    }
    let (server, address) = started(huitu(dir.path()).args(["serve", "--listen", "127.0.0.1:0"])).await;
    node("session.mjs", &[&address, &secrets[0], &secrets[1]]).await;
    drop(server);
    // The same city again, by a server that is killed under an open page.
    let data = dir.path().join("hub").display().to_string();
    node("restart.mjs", &[env!("CARGO_BIN_EXE_huitu"), &data, &secrets[1]]).await;
}

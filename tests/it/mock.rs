//! `huitu serve --mock`: a server for whoever builds a client, the same for everybody who names the same seed.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

/// A mock under way; it ends with the test.
struct Mock {
    child: Child,
    url: String,
    folder: tempfile::TempDir,
}

impl Mock {
    fn begin(seed: &str) -> Mock {
        let folder = tempfile::tempdir().expect("a folder");
        let mut child = Command::new(env!("CARGO_BIN_EXE_huitu"))
            .env_clear()
            .env("TMPDIR", folder.path())
            .current_dir(folder.path())
            .args(["serve", "--mock", "--seed", seed, "--lang", "en", "--listen", "127.0.0.1:0"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("huitu starts");
        let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines().map_while(Result::ok);
        let url = lines.find_map(|line| Some(line.split_once("workbench: ")?.1.trim_end_matches('/').to_owned()));
        // Whoever writes into a pipe that nobody reads stands still.
        std::thread::spawn(move || lines.for_each(drop));
        Mock { child, url: url.expect("it says where it serves"), folder }
    }

    async fn ask(&self, query: &str) -> Value {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::Client::builder().no_proxy().build().expect("a client");
        let body = json!({ "query": query }).to_string();
        let answer = client
            .post(format!("{}/graphql", self.url))
            .header("content-type", "application/json")
            .header("accept-language", "en")
            .body(body)
            .send()
            .await
            .expect("an answer");
        let mut answer: Value = serde_json::from_slice(&answer.bytes().await.expect("a body")).expect("JSON");
        if let Some(extensions) = answer["extensions"].as_object_mut() {
            extensions.remove("requestId");
        }
        answer
    }

    /// Asks it to end, and says what it left behind.
    fn end(mut self) -> Vec<String> {
        let pid = self.child.id().to_string();
        assert!(Command::new("kill").arg(&pid).status().expect("kill").success());
        assert!(self.child.wait().expect("an end").success());
        std::fs::read_dir(self.folder.path()).expect("the folder").flatten().map(|f| f.path().display().to_string()).collect()
    }
}

/// A test that fails leaves no server behind.
impl Drop for Mock {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn documents() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<_> = std::fs::read_dir(folder).expect("the examples").flatten().map(|file| file.path()).collect();
    names.retain(|path| path.extension().is_some_and(|kind| kind == "graphql"));
    names.sort();
    names.iter().map(|path| std::fs::read_to_string(path).expect("a document")).collect()
}

#[tokio::test]
async fn a_mock_answers_every_example_the_same_for_the_same_seed_and_leaves_nothing() {
    let (one, same, other) = (Mock::begin("7"), Mock::begin("7"), Mock::begin("8"));
    let mut different = 0;
    for document in documents() {
        let (first, second, third) = (one.ask(&document).await, same.ask(&document).await, other.ask(&document).await);
        assert_eq!(first["errors"], Value::Null, "{document}");
        assert_eq!(first, second, "{document}");
        different += usize::from(first != third);
    }
    assert!(different > 5, "another seed is another city: {different}");
    // What persons add is there too, and registries are asked now.
    let all = "{ cases { totalCount } visitLists { id } unionUnits { totalCount } namedLists { id } targets(year: 2026) { value } editions { totalCount }
        findings: enterprises(filter: { hasFinding: [\"refused\", \"moved\"] }) { totalCount } review { totalCount } registries { name batches { totalCount } }
        gap(first: 1) { nodes { live { registry { name } state } records { totalCount } history { totalCount } } } }";
    let answer = one.ask(all).await;
    assert_eq!(answer["errors"], Value::Null);
    for (field, value) in answer["data"].as_object().expect("data") {
        let shows = value["totalCount"].as_i64().map_or(value != &json!([]), |count| count > 0);
        assert!(shows, "{field} shows nothing: {value}");
    }
    for mock in [one, same, other] {
        assert_eq!(mock.end(), Vec::<String>::new());
    }
}

#[test]
fn a_mock_keeps_nothing_where_real_data_is() {
    let data = tempfile::tempdir().expect("a folder");
    let done = Command::new(env!("CARGO_BIN_EXE_huitu"))
        .args(["serve", "--mock", "--lang", "en", "--data"])
        .arg(data.path())
        .output()
        .expect("huitu starts");
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(!done.status.success() && said.contains("leave --data and --store out"), "{said}");
    assert_eq!(std::fs::read_dir(data.path()).expect("the folder").count(), 0);
}

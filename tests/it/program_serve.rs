//! What the program says about its graph: digests of trusted documents, the subgraph, and how many statements a page costs by
//! the database driver's own log.

use std::path::Path;
use std::process::{Command, Output};

use huitu::simulate::{City, ExtractFormat, SimulatedRegistry, write};

const REGISTRIES: [SimulatedRegistry; 5] = [
    SimulatedRegistry::Commerce,
    SimulatedRegistry::Tax,
    SimulatedRegistry::SocialInsurance,
    SimulatedRegistry::Statistics,
    SimulatedRegistry::Unions,
];

fn huitu(data: &Path) -> Command {
    let mut c = Command::new(env!("CARGO_BIN_EXE_huitu"));
    c.env_clear().env("PATH", std::env::var_os("PATH").unwrap_or_default()).args(["--lang", "en", "--data"]).arg(data);
    c
}

fn text(o: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&o.stdout), String::from_utf8_lossy(&o.stderr))
}

#[test]
fn trust_names_every_document_by_its_digest_and_refuses_what_cannot_be_answered() {
    let dir = tempfile::tempdir().unwrap();
    let examples = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let done = huitu(dir.path()).arg("trust").arg(&examples).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let listed = String::from_utf8(done.stdout).unwrap();
    let documents = std::fs::read_dir(&examples).unwrap().flatten();
    let documents = documents.filter(|file| file.path().extension().is_some_and(|kind| kind == "graphql"));
    assert_eq!(listed.lines().count(), documents.count());
    let first = std::fs::read_to_string(examples.join("01-most-urgent.graphql")).unwrap();
    let digest = huitu::store::token::hash_secret(&first);
    assert!(listed.contains(&format!("sha256:{digest}  01-most-urgent.graphql")), "{listed}");

    let folder = dir.path().join("documents");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("good.graphql"), "query($n: Int!) { gap(first: $n) { totalCount } }").unwrap();
    std::fs::write(folder.join("wrong.graphql"), "{ gap(first: 1) { nodes { salary } } }").unwrap();
    std::fs::write(folder.join("several.graphql"), "query A { viewer { name } } query B { viewer { role } }").unwrap();
    std::fs::write(folder.join("told.graphql"), "subscription { editionPublished { number } }").unwrap();
    std::fs::write(folder.join("untold.graphql"), "subscription { editionPublished { colour } }").unwrap();
    let done = huitu(dir.path()).args(["--json", "trust"]).arg(&folder).output().unwrap();
    assert!(!done.status.success());
    let listed: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
    let fault = |file: &str| {
        let all = listed.as_array().unwrap();
        all.iter().find(|d| d["file"] == file).unwrap_or_else(|| panic!("{file} in {listed}"))["fault"].clone()
    };
    for answered in ["good.graphql", "several.graphql", "told.graphql"] {
        assert_eq!(fault(answered), serde_json::Value::Null, "{listed}");
    }
    assert!(fault("wrong.graphql").as_str().unwrap().contains("salary"), "{listed}");
    assert!(fault("untold.graphql").as_str().unwrap().contains("colour"), "{listed}");
    let missing = huitu(dir.path()).arg("trust").arg(dir.path().join("nowhere")).output().unwrap();
    assert!(!missing.status.success() && text(&missing).contains("nowhere"), "{}", text(&missing));
}

#[test]
fn the_subgraph_is_printed_with_its_keys() {
    let dir = tempfile::tempdir().unwrap();
    let done = huitu(dir.path()).args(["schema", "--federation"]).output().unwrap();
    let sdl = String::from_utf8(done.stdout).unwrap();
    assert!(sdl.contains("@key(fields: \"id\")") && sdl.contains("@key(fields: \"creditCode\")"), "{}", &sdl[..400]);
}

#[test]
fn a_page_of_a_hundred_sends_as_many_statements_as_a_page_of_five() {
    let dir = tempfile::tempdir().unwrap();
    let (data, extracts) = (dir.path().join("data"), dir.path().join("city"));
    write(&City::new(7, 600, 0), &extracts, ExtractFormat::Csv).unwrap();
    let mut sync = huitu(&data);
    sync.arg("sync");
    for r in REGISTRIES {
        sync.arg("--source").arg(format!("{}={}", r.name(), extracts.join(format!("{}.csv", r.name())).display()));
    }
    let done = sync.args(REGISTRIES.map(|r| r.name())).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));

    let query =
        "query($n: Int!) { enterprises(first: $n) { totalCount nodes { name findings { reason } history(first: 3) { totalCount }
        records { nodes { key registry { name state } landedAt fields { column raw } } }
        provenance { field value source { registry { name } raw } others { value } } conflicts { field }
        unionCoverage { unions { tradeUnion { name } record { landedAt } } possible { pair { weight } } }
        designatedSize { reasons { message inputs { value observedAt } } } } } }";
    let statements = |n: usize| {
        let done = huitu(&data)
            .env("HUITU_LOG", "warn,sqlx::query=debug")
            .args(["query", query, "--variables", &format!("{{\"n\": {n}}}")])
            .output()
            .unwrap();
        assert!(done.status.success(), "{}", text(&done));
        let answer: serde_json::Value = serde_json::from_slice(&done.stdout).unwrap();
        assert_eq!(answer["data"]["enterprises"]["nodes"].as_array().unwrap().len(), n);
        let log = String::from_utf8_lossy(&done.stderr).into_owned();
        let sent = log.lines().filter(|l| l.contains("db.statement") && l.contains("SELECT")).count();
        assert!(sent > 5, "the log shows statements:\n{log}");
        sent
    };
    let (few, many) = (statements(5), statements(100));
    // A page of five may have nothing to ask of one kind (no union that nearly matches): never does the larger one ask per row.
    assert!(many <= few + 2, "{few} statements for 5 enterprises, {many} for 100");
}

#[cfg(unix)]
#[test]
fn sockets_that_never_say_who_they_are_keep_nobody_out_however_few_files_may_be_open() {
    use std::io::{Read, Write};
    use std::net::TcpStream;
    use std::os::unix::process::CommandExt;
    let dir = tempfile::tempdir().unwrap();
    let (data, extracts) = (dir.path().join("data"), dir.path().join("city"));
    write(&City::new(7, 60, 0), &extracts, ExtractFormat::Csv).unwrap();
    let done = crate::program::sync(&data, &extracts).output().unwrap();
    assert!(done.status.success(), "{}", text(&done));
    let port = crate::support::servers::free_port();
    let address = format!("127.0.0.1:{port}");
    let mut serve = huitu(&data);
    serve.args(["--listen", &address, "serve", "--no-schedule", "--demo"]);
    serve.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null());
    // SAFETY: an async-signal-safe call only, between fork and exec.
    unsafe {
        serve.pre_exec(|| match libc::setrlimit(libc::RLIMIT_NOFILE, &libc::rlimit { rlim_cur: 300, rlim_max: 700 }) {
            0 => Ok(()),
            _ => Err(std::io::Error::last_os_error()),
        });
    }
    let mut server = crate::support::servers::Ended(serve.spawn().unwrap());
    crate::support::servers::until_said(server.0.stdout.take().unwrap(), "workbench", "huitu serve");
    let upgrade = format!(
        "GET /graphql/ws HTTP/1.1\r\nHost: {address}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
    );
    let ask = || {
        let mut stream = TcpStream::connect(&address).unwrap();
        let request = format!("GET /readyz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        let _ = stream.read_to_string(&mut answer);
        answer
    };
    let mut held = Vec::new();
    for _ in 0..400 {
        let mut stream = TcpStream::connect(&address).unwrap();
        stream.write_all(upgrade.as_bytes()).unwrap();
        let mut first = [0; 12];
        stream.read_exact(&mut first).unwrap();
        assert_eq!(&first, b"HTTP/1.1 101");
        held.push(stream);
    }
    let answer = ask();
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    // The first ones made room, the last one is still there.
    let mut end = Vec::new();
    held[0].read_to_end(&mut end).unwrap();
    let mut last = held.last().unwrap();
    last.set_nonblocking(true).unwrap();
    let silence = loop {
        match last.read(&mut [0; 1_024]) {
            Ok(0) => panic!("the last one was closed"),
            Ok(_) => {}
            Err(error) => break error.kind(),
        }
    };
    assert_eq!(silence, std::io::ErrorKind::WouldBlock);
}

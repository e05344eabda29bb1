//! What is done with bytes of others, once for the fuzzer and once for the replay of the corpus: none of it may panic, hang or lose count.

use huitu::connector::Connector;
use huitu::model::message::Lang;
use huitu::normalise::address::read_address;
use huitu::normalise::identifier::read_identifiers;
use huitu::normalise::phone::read_phones;
use huitu::normalise::{read_name, read_names};
use huitu::pull::PullContext;
use huitu::pull::sample::take;

/// A registry of files of one format.
fn connector(format: &str, more: &str) -> Connector {
    let manifest = format!(
        "title = {{ zh = \"件\", en = \"Item\" }}\nowner = {{ zh = \"局\", en = \"Bureau\" }}\n[source]\ntransport = \"file\"\nplace = \"x\"\n\
         format = \"{format}\"\ncaps = {{ bytes = 4000000, ratio = 50 }}\n{more}\n[key]\ncolumns = [\"编号\"]\n[columns]\n\"名称\" = \"name\"\n\"人数\" = \"employees\"\n"
    );
    Connector::parse("item", &manifest).expect("a manifest")
}

/// Reads the bytes as a delivery: kind, encoding, split into rows, layout, cells. Refusing them is right.
fn deliver(mut connector: Connector, extension: &str, bytes: &[u8]) {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join(format!("x.{extension}"));
    std::fs::write(&path, bytes).expect("written");
    connector.source.place = path.display().to_string();
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    let context = PullContext { temp: folder.path().to_path_buf(), ..PullContext::default() };
    drop(runtime.block_on(take(&connector, None, &context, None)));
}

pub fn csv(bytes: &[u8]) {
    deliver(connector("csv", ""), "csv", bytes);
}

pub fn json(bytes: &[u8]) {
    deliver(connector("ndjson", ""), "ndjson", bytes);
}

pub fn xml(bytes: &[u8]) {
    deliver(connector("xml", "[source.http]\nitems = \"企业\""), "xml", bytes);
}

pub fn workbook(bytes: &[u8]) {
    deliver(connector("xlsx", ""), "xlsx", bytes);
}

pub fn names(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    drop((read_name(&text), read_names(&text)));
    drop((read_address(&text), read_phones(&text), read_identifiers(&text, &text, &text, &text)));
}

/// A text of GraphQL: parsed, counted and checked against the schema, or refused.
pub fn questions(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().expect("a runtime");
    drop(runtime.block_on(huitu::serve::graphql::fault(&text, Lang::En)));
}

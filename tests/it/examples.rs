//! Every example of the manual is asked, and its answer is the one printed beside it.

use std::path::Path;

use serde_json::{Value, json};

use crate::graphql::served;

#[tokio::test]
async fn every_example_gives_the_answer_printed_beside_it() {
    let served = served(2_000, |_| {}).await;
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|e| e == "graphql"));
    names.sort();
    assert_eq!(names.len(), 10);
    for path in names {
        let data = served.data(&std::fs::read_to_string(&path).unwrap(), json!({})).await;
        let printed = path.with_extension("json");
        if std::env::var_os("HUITU_UPDATE").is_some() {
            std::fs::write(&printed, format!("{}\n", serde_json::to_string_pretty(&data).unwrap())).unwrap();
        }
        let expected: Value = serde_json::from_str(&std::fs::read_to_string(&printed).unwrap_or_default()).unwrap_or_default();
        let name = path.file_name().unwrap().to_string_lossy();
        assert!(data == expected, "{name} answers differently now; if that is right, run with HUITU_UPDATE=1");
        for (field, value) in data.as_object().unwrap() {
            assert!(!value.is_null() && *value != json!([]), "{name}: {field} shows nothing");
        }
    }
}

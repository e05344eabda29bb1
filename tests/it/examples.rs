//! Every example of the manual is asked, and its answer is the one printed beside it.

use std::path::Path;

use serde_json::json;

use crate::generated;
use crate::support::graph::served;

#[tokio::test]
async fn every_example_gives_the_generated_answer_printed_beside_it() {
    let served = served(2_000, |_| {}).await;
    // Questions about cases show some.
    let open = "mutation { openCases(input: { filter: { area: [\"110105\"] }, atMost: 5, owner: { unit: \"D110105\", role: \"协管员\" }, nextOn: \"2026-09-23\" }) { opened userErrors { message } } }";
    assert_eq!(served.data(open, json!({})).await["openCases"]["opened"], 5);
    // So do questions about units.
    crate::federation::bring(&served, "UNIT", crate::federation::UNITS).await;
    // And those about lists and duties.
    let list = "mutation { createNamedList(input: { title: \"示例名单\", purpose: \"示例\", source: \"示例\", entries: [\"E000000000000\", \"E000000000100\"] }) { found } }";
    assert_eq!(served.data(list, json!({})).await["createNamedList"]["found"], 2);
    for rest in [
        "role: \"主席\" }, isFirst: true",
        "role: \"协管员\" }, area: \"110105\"",
        "role: \"协管员\" }, area: \"110101\", industry: \"C\"",
    ] {
        let add = format!(
            "mutation {{ addDuty(input: {{ owner: {{ unit: \"D110105\", {rest} }}) {{ duty {{ id }} userErrors {{ message }} }} }}"
        );
        assert!(served.data(&add, json!({})).await["addDuty"]["duty"].is_object(), "{rest}");
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples");
    let mut names: Vec<_> = std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
    names.retain(|path| path.extension().is_some_and(|e| e == "graphql"));
    names.sort();
    assert_eq!(names.len(), 16);
    for path in names {
        let data = served.data(&std::fs::read_to_string(&path).unwrap(), json!({})).await;
        let name = path.file_stem().unwrap().to_string_lossy().into_owned();
        generated::compare(&format!("examples/{name}.json"), &format!("{}\n", serde_json::to_string_pretty(&data).unwrap()));
        for (field, value) in data.as_object().unwrap() {
            assert!(!value.is_null() && *value != json!([]), "{name}: {field} shows nothing");
        }
    }
}

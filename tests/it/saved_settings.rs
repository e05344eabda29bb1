//! What administrators save over the configuration beside weights and grace: thresholds, limits of an edition, schedules and guards. It
//! counts without a restart, says who and why, and is taken back key by key.

use huitu::model::Clock;
use huitu::serve::{Authentication, Options};
use serde_json::{Value, json};

use crate::people::{REGISTRIES, city_of};
use crate::support::graph::{Served, token};
use crate::support::hub::{TestHub, TestServer, hub_with, manifest, morning, rows};

async fn as_chief(served: &Served, query: &str, variables: Value) -> Value {
    let answer = served.ask_as(Some("secret-chief"), query, variables).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"].clone()
}

const POLICY: &str = "version saved { key value configured } publicationLimits { name value }
    versions { number by reason changed { key value } takenBack } thresholds { code madeOf inForce validFrom validTo amounts { metric least } }";

/// Saves a change of the policy upon a version; `wanted`: the change, keys to be taken back.
async fn save(served: &Served, wanted: (Value, &[&str]), on: u32) -> Value {
    let query = format!(
        "mutation($i: SavePolicyInput!) {{ savePolicy(input: $i) {{ held {{ id }} policy {{ {POLICY} }} userErrors {{ message(lang: EN) }} }} }}"
    );
    let input = json!({ "change": wanted.0, "takeBack": wanted.1, "basedOn": on, "reason": "新标准" });
    as_chief(served, &query, json!({ "i": input })).await["savePolicy"].take()
}

async fn tried(served: &Served, change: Value, take_back: &[&str]) -> Value {
    let query = "query($c: PolicyChangeInput!, $t: [String!]!) { policyPreview(change: $c, takeBack: $t) { judgedOn now { above } then { above } } }";
    as_chief(served, query, json!({ "c": change, "t": take_back })).await["policyPreview"].take()
}

/// How many are above designated size by what is in force.
async fn above(served: &Served) -> Value {
    tried(served, json!({}), &[]).await["now"]["above"].take()
}

/// What is published.
async fn published(served: &Served) -> Value {
    as_chief(served, "{ editions { totalCount } coverage(by: []) { total { aboveDesignatedSize inGap } } }", json!({})).await
}

fn rule<'a>(policy: &'a Value, code: &str) -> Option<&'a Value> {
    policy["thresholds"].as_array().unwrap().iter().find(|rule| rule["code"] == code)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_threshold_is_tried_saved_and_told_by_its_amount_and_taken_back_alone() {
    let served = city_of(3_000, &REGISTRIES, Options::new(Authentication::Tokens)).await;
    served.state.hub().store.put_token(&token("chief", "admin", None, None)).await.unwrap();
    let before = above(&served).await;
    let change = |least: f64, from: Option<&str>| {
        let amounts = json!([{ "metric": "revenue_main", "least": least }]);
        json!({ "thresholds": [{ "code": "industry-2011", "from": from, "amounts": amounts }] })
    };
    let promised = tried(&served, change(900_000_000.0, None), &[]).await;
    assert_eq!(promised["now"]["above"], before, "{promised}");
    let first_edition = published(&served).await;
    assert!(promised["then"]["above"].as_u64() < before.as_u64(), "{promised}");

    let mut both = change(900_000_000.0, None);
    both["graceMonths"] = json!(7);
    let first = save(&served, (both, &[]), 0).await;
    assert_eq!(first["userErrors"], json!([]), "{first}");
    assert_eq!(above(&served).await, promised["then"]["above"], "the city stands as the preview said");
    let total = |of: &Value| of["coverage"]["total"]["aboveDesignatedSize"].as_u64();
    assert!(total(&published(&served).await) <= total(&first_edition), "and so it is published");
    let code = "industry-2011[revenue_main=900000000]";
    let changed = rule(&first["policy"], code).unwrap_or_else(|| panic!("{first}"));
    assert_eq!((&changed["madeOf"], &changed["inForce"]), (&json!("industry-2011"), &json!(true)));
    assert!(rule(&first["policy"], "industry-2011").is_none(), "it stands in its place");
    let saved = json!([
        { "key": "grace_months", "value": "7", "configured": "6" },
        { "key": "thresholds.industry-2011", "value": "revenue_main >= 900000000", "configured": "revenue_main >= 20000000" },
    ]);
    assert_eq!(first["policy"]["saved"], saved);
    // Verdicts name the rule by what it asked for, in words too; also once it is no more.
    let verdicts = "{ enterprises(first: 500) { nodes { id designatedSize { rule { id title(lang: ZH) } } } } }";
    let of_rule = async || {
        let all = as_chief(&served, verdicts, json!({})).await;
        let nodes = all["enterprises"]["nodes"].as_array().unwrap().clone();
        nodes.into_iter().find(|node| node["designatedSize"]["rule"]["id"] == code)
    };
    let judged = of_rule().await.expect("somebody is judged by it");
    assert!(judged["designatedSize"]["rule"]["title"].as_str().unwrap().contains("90000 万元"), "{judged}");
    let old = format!("enterprise(by: {{ id: {} }}, asOf: \"edition:2\")", judged["id"]);
    let explained = huitu::model::message::reason_text(
        "above_rule",
        &[huitu::model::verdict::ReasonInput::new("rule", code)],
        huitu::model::message::Lang::En,
    );
    assert!(explained.contains("900 million yuan"), "{explained}");

    // A weight of nobody's, a rule and an amount that there are none of, a limit below nothing: said with what there is.
    for (wanted, said) in [
        ((json!({}), &["priority.foreign"][..]), "grace_months, thresholds.industry-2011"),
        ((json!({ "thresholds": [{ "code": "industry", "amounts": [] }] }), &[]), "industry-2011"),
        (
            (json!({ "thresholds": [{ "code": "retail-2010", "amounts": [{ "metric": "sales", "least": 1 }] }] }), &[]),
            "revenue_main",
        ),
        ((change(1.5, None), &[]), "whole number"),
        ((json!({ "publicationLimits": [{ "name": "gap", "value": 1 }] }), &[]), "gap_percent"),
        ((json!({ "publicationLimits": [{ "name": "gap_percent", "value": -1 }] }), &[]), "from 0 on"),
    ] {
        let refused = save(&served, wanted, 1).await;
        let message = refused["userErrors"][0]["message"].as_str().unwrap_or_default();
        assert!(refused["policy"].is_null() && message.contains(said), "{said}: {refused}");
    }

    // One key is taken back alone; what it was stays readable, and the edition that was judged by it too.
    let back = tried(&served, json!({}), &["thresholds.industry-2011"]).await;
    assert_eq!((&back["now"]["above"], &back["then"]["above"]), (&promised["then"]["above"], &before), "{back}");
    let second = save(&served, (json!({}), &["thresholds.industry-2011"]), 1).await;
    let newest = &second["policy"]["versions"][0];
    assert_eq!((&newest["changed"], &newest["takenBack"]), (&json!([]), &json!(["thresholds.industry-2011"])), "{second}");
    assert_eq!(second["policy"]["saved"], json!([saved[0]]));
    assert_eq!(above(&served).await, before);
    assert!(of_rule().await.is_none());
    let past =
        as_chief(&served, &format!("{{ {old} {{ designatedSize {{ rule {{ id title(lang: EN) }} }} }} }}"), json!({})).await;
    let past = &past["enterprise"]["designatedSize"]["rule"];
    assert_eq!((&past["id"], past["title"].as_str().unwrap().contains("900 million")), (&json!(code), true), "{past}");

    // From a day on: nothing changes today, and the preview looks at that day.
    let later = tried(&served, change(900_000_000.0, Some("2099-01-01")), &[]).await;
    assert_eq!(later["judgedOn"], "2099-01-01");
    assert!(later["then"]["above"].as_u64() < later["now"]["above"].as_u64(), "{later}");
    let third = save(&served, (change(900_000_000.0, Some("2099-01-01")), &[]), 2).await;
    assert_eq!(above(&served).await, before);
    let (base, next) = (
        rule(&third["policy"], "industry-2011").unwrap(),
        rule(&third["policy"], "industry-2011[from=2099-01-01,revenue_main=900000000]").unwrap(),
    );
    assert_eq!((&base["inForce"], &base["validTo"]), (&json!(true), &json!("2098-12-31")));
    assert_eq!((&next["inForce"], &next["validFrom"]), (&json!(false), &json!("2099-01-01")));

    // The limits of an edition are saved like the rest, and hold the one that follows.
    let limits = json!({ "publicationLimits": [{ "name": "gap_percent", "value": 0 }, { "name": "at_least", "value": 0 }] });
    let fourth = save(&served, (limits, &[]), 3).await;
    assert!(fourth["held"].is_null(), "nothing else differs: {fourth}");
    let limit = |name: &str| {
        fourth["policy"]["publicationLimits"].as_array().unwrap().iter().find(|l| l["name"] == name).unwrap()["value"].clone()
    };
    assert_eq!(
        (limit("gap_percent").as_f64(), limit("at_least").as_f64(), limit("unions_percent").as_f64()),
        (Some(0.0), Some(0.0), Some(10.0))
    );
    let stands = published(&served).await;
    let mut none_by_proxy = change(900_000_000.0, None);
    none_by_proxy["proxyAbove"] = Value::Null;
    let fifth = save(&served, (none_by_proxy, &[]), 4).await;
    assert!(fifth["held"]["id"].is_string(), "more than nothing changes: {fifth}");
    assert_eq!(published(&served).await, stands, "until a person releases it");
}

async fn settings_of(server: &TestServer, registry: &str, what: &str) -> Value {
    let answer = server.ask(&format!("{{ registry(name: \"{registry}\") {{ schedule settings {{ {what} }} }} }}")).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["registry"].clone()
}

/// `change` and `rest` as GraphQL writes them.
async fn save_registry(server: &TestServer, registry: &str, change: &str, rest: &str) -> Value {
    let input = format!("{{ registry: \"{registry}\", change: {{ {change} }}, {rest} }}");
    let asked = "registry { settings { version } } userErrors { message(lang: EN) }";
    let answer = server.ask(&format!("mutation {{ saveRegistrySettings(input: {input}) {{ {asked} }} }}")).await;
    assert!(answer.get("errors").is_none(), "{answer}");
    answer["data"]["saveRegistrySettings"].clone()
}

async fn due(test_hub: &TestHub) -> Vec<String> {
    huitu::serve::operate::schedule::run_due(test_hub.serve(&[]).await.state.state()).await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_schedule_is_saved_kept_switched_off_and_taken_back_without_a_restart() {
    let drop =
        |name: &str, rest: &str| manifest(name, "", &format!("transport = \"file\"\nplace = \"../../drop/{name}.csv\""), rest);
    let pushed = manifest("pushed", "", "transport = \"push\"", "");
    let all =
        [("plain", drop("plain", "")), ("daily", drop("daily", "[manners]\nschedule = \"30 2 * * *\"")), ("pushed", pushed)];
    let mut test_hub = hub_with(&all, morning()).await;
    for name in ["plain", "daily"] {
        test_hub.write(&format!("drop/{name}.csv"), rows(3));
    }
    test_hub.sync(&[]).await;
    let server = test_hub.serve(&[]).await;
    let asked = "isPulled schedule version saved { key value configured } nextPulls(first: 2)";
    let plain = settings_of(&server, "plain", asked).await;
    let none = json!({ "isPulled": true, "schedule": null, "version": 0, "saved": [], "nextPulls": [] });
    assert_eq!((&plain["schedule"], &plain["settings"]), (&Value::Null, &none));

    // Saved at 10:00: the time of the night before is not missed.
    let saved = save_registry(&server, "plain", "schedule: \" 30 2 * * * \"", "basedOn: 0, reason: \"夜间取数\"").await;
    assert_eq!(saved, json!({ "registry": { "settings": { "version": 1 } }, "userErrors": [] }));
    assert_eq!(due(&test_hub).await, Vec::<String>::new());
    let plain = settings_of(&server, "plain", &format!("{asked} other: nextPulls(schedule: \"0 6 * * 1\", first: 1) versions {{ by reason changed {{ key value }} takenBack }}")).await;
    assert_eq!(plain["schedule"], "30 2 * * *");
    let settings = &plain["settings"];
    assert_eq!(settings["nextPulls"], json!(["2026-11-22T18:30:00Z", "2026-11-23T18:30:00Z"]), "half past two in Beijing");
    assert_eq!(settings["other"], json!(["2026-11-22T22:00:00Z"]), "Monday at six");
    assert_eq!(settings["saved"], json!([{ "key": "manners.schedule", "value": "30 2 * * *", "configured": null }]));
    let version = &settings["versions"][0];
    assert_eq!((&version["reason"], &version["changed"][0]["key"]), (&json!("夜间取数"), &json!("manners.schedule")));
    test_hub.hub.clock = Clock::fixed("2026-11-22T18:31:00Z".parse().unwrap());
    assert_eq!(due(&test_hub).await, ["daily", "plain"], "both have come");
    // Another process on this store.
    let settings = (*test_hub.hub.settings).clone();
    let other = huitu::hub::Hub::open(settings, morning()).await.unwrap();
    let connector = other.connectors.iter().find(|c| c.name == "plain").unwrap().clone();
    assert_eq!(other.manners(&connector).schedule.as_deref(), Some("30 2 * * *"));

    // Switched off, it is pulled by hand alone; taken back, as its connector says. The other process sees it as it looks again.
    let off = save_registry(&server, "daily", "schedule: null", "basedOn: 0, reason: \"停几天\"").await;
    assert_eq!(off["userErrors"], json!([]), "{off}");
    test_hub.hub.clock = Clock::fixed("2026-11-23T18:31:00Z".parse().unwrap());
    assert_eq!(due(&test_hub).await, ["plain"]);
    let daily = settings_of(&server, "daily", asked).await;
    assert_eq!(daily["settings"]["saved"], json!([{ "key": "manners.schedule", "value": null, "configured": "30 2 * * *" }]));
    assert_eq!(
        save_registry(&server, "daily", "", "takeBack: [\"manners.schedule\"], basedOn: 1, reason: \"恢复\"").await["userErrors"],
        json!([])
    );
    assert_eq!(due(&test_hub).await, ["daily"], "its time of this night is missed");
    let daily = settings_of(&server, "daily", "schedule saved { key } versions { takenBack }").await;
    assert_eq!(
        daily["settings"],
        json!({ "schedule": "30 2 * * *", "saved": [], "versions": [{ "takenBack": ["manners.schedule"] }, { "takenBack": [] }] })
    );
    assert_eq!(
        save_registry(&server, "plain", "", "takeBack: [\"manners.schedule\"], basedOn: 1, reason: \"x\"").await["userErrors"],
        json!([])
    );
    other.refresh_registry_settings().await.unwrap();
    assert_eq!(other.manners(&connector).schedule, None);

    for (registry, change, rest, said) in [
        ("plain", "schedule: \"at night\"", "basedOn: 2, reason: \"x\"", "no cron line"),
        ("plain", "schedule: \"0 0 30 2 *\"", "basedOn: 2, reason: \"x\"", "comes to pass"),
        ("plain", "schedule: \"0 1 * * *\"", "basedOn: 1, reason: \"x\"", "has saved version 2"),
        ("plain", "schedule: \"0 1 * * *\"", "basedOn: 2, reason: \" \"", "say why"),
        ("plain", "", "basedOn: 2, reason: \"x\"", "nothing would change"),
        ("plain", "maxVanishedPercent: 101", "basedOn: 2, reason: \"x\"", "from 0 to 100"),
        ("plain", "", "takeBack: [\"guard.min_rows\"], basedOn: 2, reason: \"x\"", "nobody saved \"guard.min_rows\""),
        ("plane", "minRows: 1", "basedOn: 0, reason: \"x\"", "did you mean \"plain\""),
        ("pushed", "schedule: \"0 1 * * *\"", "basedOn: 0, reason: \"x\"", "is pushed by its department"),
    ] {
        let refused = save_registry(&server, registry, change, rest).await;
        let message = refused["userErrors"][0]["message"].as_str().unwrap_or_default();
        assert!(refused["registry"].is_null() && message.contains(said), "{said}: {refused}");
    }
    let wrong = server.ask("{ registry(name: \"plain\") { settings { nextPulls(schedule: \"never\") } } }").await;
    assert_eq!(wrong["errors"][0]["extensions"]["code"], "BAD_INPUT", "{wrong}");
    other.store.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_guard_of_a_registry_is_saved_and_the_next_batch_is_held_by_it() {
    let source = "transport = \"file\"\nplace = \"../../drop/tax.csv\"";
    let test_hub = hub_with(&[("tax", manifest("tax", "", source, "[guard]\nmin_rows = 5"))], morning()).await;
    test_hub.write("drop/tax.csv", rows(4));
    let report = test_hub.sync(&[]).await;
    let why = report.receipts[0].notice.as_ref().unwrap_or_else(|| panic!("{report:?}"));
    assert_eq!((why.code.as_ref(), why.en.contains("4 rows, fewer than the 5 agreed")), ("too_few", true), "{why:?}");
    test_hub.write("drop/tax.csv", rows(100));
    test_hub.sync(&[]).await;
    assert_eq!(test_hub.state("tax").await, ("CURRENT".to_owned(), 100));
    test_hub.write("drop/tax.csv", rows(60));
    test_hub.sync(&[]).await;
    assert_eq!(test_hub.state("tax").await, ("HELD".to_owned(), 100), "four of ten vanish");

    let tokens = [("chief", "admin", None), ("tax", "partner", Some("tax")), ("ann", "analyst", None)];
    let server = test_hub.serve(&[]).await;
    let change = "maxVanishedPercent: 50, maxQuarantinedPercent: 30.5, minRows: 0";
    let saved = save_registry(&server, "tax", change, "basedOn: 0, reason: \"清理过名册\"").await;
    assert_eq!(saved["userErrors"], json!([]), "{saved}");
    let asked = "maxVanishedPercent maxQuarantinedPercent minRows saved { key value configured }";
    let told = settings_of(&server, "tax", asked).await["settings"].take();
    assert_eq!(
        (&told["maxVanishedPercent"], &told["maxQuarantinedPercent"], &told["minRows"]),
        (&json!(50.0), &json!(30.5), &json!(0))
    );
    assert_eq!(told["saved"][2], json!({ "key": "guard.min_rows", "value": "0", "configured": "5" }));
    test_hub.write("drop/tax.csv", rows(61));
    test_hub.sync(&[]).await;
    assert_eq!(test_hub.state("tax").await, ("CURRENT".to_owned(), 61), "as much as was agreed");

    // A department reads how its own registry is treated; nobody else but who runs the hub.
    let guarded = test_hub.serve(&tokens).await;
    let question = json!({ "query": "{ registry(name: \"tax\") { settings { maxVanishedPercent } } }" }).to_string();
    for (who, is_told) in [("tax", true), ("chief", true), ("ann", false)] {
        let request = axum::http::Request::post("/graphql")
            .header("content-type", "application/json")
            .header("authorization", format!("Bearer {who}"))
            .body(axum::body::Body::from(question.clone()));
        let answer = guarded.send(request.unwrap()).await.2;
        assert_eq!(answer["data"]["registry"]["settings"].is_object(), is_told, "{who}: {answer}");
    }
}

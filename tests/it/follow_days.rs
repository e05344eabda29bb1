//! Deliveries of a small city over many days: whoever is judged again for a day's change, the edition is the one that judging everybody
//! would give.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::sync::Arc;

use chrono::{TimeZone, Utc};
use huitu::assess::policy::DispatchedCount;
use huitu::hub::progress::Silent;
use huitu::hub::{Hub, NewFinding, NewJudgement, SyncOptions};
use huitu::model::Clock;
use huitu::model::identifier::{credit_check, organisation_check};
use huitu::model::linkage::JudgementVerdict;
use huitu::store::entity::ReviewRow;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::support::graph::settings;

/// Name, kind, more keys, and columns with their fields; the first column is the key.
const REGISTRIES: [(&str, &str, &str, &str); 7] = [
    (
        "firms",
        "enterprise",
        "issues_codes = true",
        "credit_code name status established_on area industry parent_name parent_code group_name registration_type",
    ),
    ("list", "enterprise", "", "credit_code name official_list employees area industry"),
    ("roll", "union", "", "union_name name credit_code members female_members union_kind covered_units district"),
    ("hired", "dispatch", "", "name credit_code host_name host_code workers since until"),
    ("shares", "investment", "", "name credit_code investor_name investor_code investor_country on"),
    ("quarrels", "dispute", "", "name credit_code on title people"),
    ("dues", "payment", "", "name credit_code payment_kind period due paid payroll"),
];

fn connectors(folder: &Path) {
    for (rank, (name, kind, more, columns)) in REGISTRIES.iter().enumerate() {
        let column = |field: &str| match field {
            "credit_code" | "host_code" | "parent_code" | "investor_code" => {
                format!("\"{field}\" = {{ field = \"{field}\", as = \"credit_code\" }}\n")
            }
            "due" | "paid" | "payroll" => format!("\"{field}\" = {{ field = \"{field}\", unit = \"yuan\" }}\n"),
            "industry" => "\"industry\" = { field = \"industry\", edition = 2017 }\n".to_owned(),
            _ => format!("\"{field}\" = \"{field}\"\n"),
        };
        let columns: String = columns.split(' ').map(column).collect();
        let event = if *kind == "dispute" { "\n[constants]\nevent_kind = \"arbitration\"\n" } else { "" };
        let text = format!(
            "title = {{ zh = \"示例登记{rank}\", en = \"Example {rank}\" }}\nowner = {{ zh = \"示例局\", en = \"Example bureau\" }}\n\
             legal_basis = {{ zh = \"示例\", en = \"example\" }}\nkind = \"{kind}\"\nrank = {}\n{more}\n\n\
             [source]\ntransport = \"file\"\nplace = \"{name}.csv\"\nformat = \"csv\"\n\n[decoding]\nencoding = \"utf-8\"\n\n\
             [guard]\nmax_vanished_percent = 100\nmax_quarantined_percent = 100\n\n[key]\ncolumns = [\"no\"]\n\n[columns]\n{columns}{event}",
            rank + 1
        );
        std::fs::create_dir_all(folder.join(name)).unwrap();
        std::fs::write(folder.join(name).join("connector.toml"), text).unwrap();
    }
}

fn code(n: u32) -> String {
    let body = format!("{n:08}");
    let organisation = format!("{body}{}", organisation_check(body.as_bytes()).unwrap() as char);
    let body = format!("93110105{organisation}");
    format!("{body}{}", credit_check(body.as_bytes()).unwrap() as char)
}

fn name(rng: &mut ChaCha8Rng) -> String {
    const A: [&str; 8] = ["示例", "样板", "虚拟", "假设", "演示", "模拟", "试验", "范例"];
    const B: [&str; 12] = ["云", "河", "山", "星", "月", "川", "林", "石", "海", "泉", "岭", "桥"];
    const C: [&str; 6] = ["科技", "餐饮", "机械", "贸易", "建材", "服务"];
    let mut of = |list: &[&str]| (*list.choose(rng).unwrap()).to_owned();
    format!("北京{}{}{}{}有限公司", of(&A), of(&B), of(&B), of(&C))
}

type Rows = BTreeMap<u32, Vec<String>>;

struct Town {
    rng: ChaCha8Rng,
    rows: [Rows; 7],
    next: u32,
}

impl Town {
    fn new(seed: u64, firms: u32) -> Town {
        let mut town = Town { rng: ChaCha8Rng::seed_from_u64(seed), rows: Default::default(), next: 0 };
        for _ in 0..firms {
            town.found();
        }
        for _ in 0..firms / 6 {
            town.organise();
        }
        for _ in 0..firms / 12 {
            (0..3).for_each(|registry| town.state(3 + registry));
        }
        for _ in 0..firms / 8 {
            town.pay();
        }
        town
    }

    fn number(&mut self) -> u32 {
        self.next += 1;
        self.next
    }

    /// A firm of those that stand: number, code, name.
    fn some(&mut self) -> (u32, String, String) {
        let keys: Vec<u32> = self.rows[0].keys().copied().collect();
        let key = *keys.choose(&mut self.rng).unwrap();
        let row = &self.rows[0][&key];
        (key, row[0].clone(), row[1].clone())
    }

    fn day(&mut self) -> String {
        let (year, month, day) = (self.rng.random_range(2024..2027), self.rng.random_range(1..13), self.rng.random_range(1..29));
        format!("{year}-{month:02}-{day:02}")
    }

    fn found(&mut self) {
        let key = self.number();
        let (own, called) = (code(key), name(&mut self.rng));
        let area = ["110105", "110108", "110102"].choose(&mut self.rng).unwrap().to_string();
        let status = if self.rng.random_bool(0.9) { "存续" } else { "注销" };
        let mut row = vec![own.clone(), called.clone(), status.into(), self.day(), area.clone(), "5131".into()];
        let mut led = (String::new(), String::new(), String::new());
        if !self.rows[0].is_empty() && self.rng.random_bool(0.2) {
            let (_, head_code, head) = self.some();
            match self.rng.random_bool(0.5) {
                true => led = (head, head_code, String::new()),
                false => led.2 = head,
            }
        }
        row.extend([led.0, led.1, led.2, "有限责任公司".into()]);
        self.rows[0].insert(key, row);
        if self.rng.random_bool(0.6) {
            let employees = self.rng.random_range(0..400).to_string();
            let listed = if self.rng.random_bool(0.6) { "是" } else { "否" };
            let own = if self.rng.random_bool(0.8) { own } else { String::new() };
            self.rows[1].insert(key, vec![own, called, listed.into(), employees, area, "5131".into()]);
        }
    }

    fn organise(&mut self) {
        let key = self.number();
        let (_, code, host) = self.some();
        let members = self.rng.random_range(0..300).to_string();
        let women = self.rng.random_range(0..50).to_string();
        let (kind, called) = match self.rng.random_range(0..4) {
            0 | 1 => ("独立基层工会", format!("{host}工会委员会")),
            2 => ("联合基层工会", format!("示例园区{key}联合工会")),
            _ => ("工会联合会", format!("示例街道{key}工会联合会")),
        };
        let covered = if kind == "独立基层工会" { 0 } else { self.rng.random_range(1..9) };
        let covered: Vec<String> = (0..covered).map(|_| self.some().2).collect();
        let code = if self.rng.random_bool(0.7) { code } else { String::new() };
        let row = vec![called, host, code, members, women, kind.into(), covered.join("；"), "朝阳区".into()];
        self.rows[2].insert(key, row);
    }

    /// A row of one of the registries that speak of two.
    fn state(&mut self, registry: usize) {
        let key = self.number();
        let ((_, one_code, one), (_, other_code, other)) = (self.some(), self.some());
        let one_code = if self.rng.random_bool(0.7) { one_code } else { String::new() };
        let other_code = if self.rng.random_bool(0.5) { other_code } else { String::new() };
        let (from, until) = (self.day(), self.day());
        let row = match registry {
            3 => vec![one, one_code, other, other_code, self.rng.random_range(1..60).to_string(), from, until],
            4 => vec![one, one_code, other, other_code, "德国".into(), from],
            _ => vec![one, one_code, from, "示例".into(), self.rng.random_range(1..9).to_string()],
        };
        self.rows[registry].insert(key, row);
    }

    /// Somebody pays dues, or the preparatory fund, and is called as the cashier writes it.
    fn pay(&mut self) {
        let key = self.number();
        let (_, code, called) = self.some();
        let code = if self.rng.random_bool(0.6) { code } else { String::new() };
        let called = if self.rng.random_bool(0.8) { called } else { called.replace("有限公司", "") };
        let kind = ["工会经费", "建会筹备金"].choose(&mut self.rng).unwrap().to_string();
        let period = ["2025", "2025年第四季度", "2026-01", "2026年2月"].choose(&mut self.rng).unwrap().to_string();
        let due = self.rng.random_range(100..9_000);
        let paid = [0, due / 2, due].choose(&mut self.rng).unwrap().to_string();
        self.rows[6].insert(key, vec![called, code, kind, period, due.to_string(), paid, (due * 50).to_string()]);
    }

    /// Something happens.
    fn change(&mut self) {
        match self.rng.random_range(0..18) {
            0 => self.found(),
            1 => drop(self.any(0).map(|key| self.rows[0].remove(&key))),
            2 => self.organise(),
            3 => drop(self.any(2).map(|key| self.rows[2].remove(&key))),
            4 => (3..6).for_each(|registry| self.state(registry)),
            5 => {
                let registry = self.rng.random_range(3..6);
                self.any(registry).map(|key| self.rows[registry].remove(&key));
            }
            6 => {
                // A new name, in one registry or in all that have it.
                let called = name(&mut self.rng);
                if let Some(key) = self.any(0) {
                    self.rows[0].get_mut(&key).unwrap()[1] = called.clone();
                    if self.rng.random_bool(0.5)
                        && let Some(row) = self.rows[1].get_mut(&key)
                    {
                        row[1] = called;
                    }
                }
            }
            7 => {
                let (key, fresh) = (self.any(0), self.number());
                self.set(key, 0, 0, code(fresh));
            }
            8 => {
                let status = ["存续", "注销", "吊销", "迁出"].choose(&mut self.rng).unwrap().to_string();
                self.set(None, 0, 2, status);
            }
            9 => {
                let employees = self.rng.random_range(0..500).to_string();
                self.set(None, 1, 3, employees);
            }
            10 => {
                let members = self.rng.random_range(0..500).to_string();
                self.set(None, 2, 3, members);
            }
            11 => {
                let (_, code, host) = self.some();
                if let Some(key) = self.any(2) {
                    let row = self.rows[2].get_mut(&key).unwrap();
                    (row[1], row[2]) = (host, code);
                }
            }
            12 => {
                let more = self.some().2;
                if let Some(key) = self.any(2) {
                    let row = self.rows[2].get_mut(&key).unwrap();
                    row[6] = if row[6].is_empty() { more } else { format!("{}；{more}", row[6]) };
                }
            }
            13 => {
                let (_, head_code, head) = self.some();
                if let Some(key) = self.any(0) {
                    let row = self.rows[0].get_mut(&key).unwrap();
                    match self.rng.random_bool(0.5) {
                        true => (row[6], row[7], row[8]) = (head, head_code, String::new()),
                        false => (row[6], row[7], row[8]) = (String::new(), String::new(), head),
                    }
                }
            }
            16 => self.pay(),
            17 => drop(self.any(6).map(|key| self.rows[6].remove(&key))),
            14 => {
                let workers = self.rng.random_range(1..90).to_string();
                self.set(None, 3, 4, workers);
            }
            _ => {
                // The same code twice.
                let (_, code, _) = self.some();
                self.set(None, 1, 0, code);
            }
        }
    }

    /// Writes a cell of a row, or of any.
    fn set(&mut self, key: Option<u32>, registry: usize, column: usize, value: String) {
        if let Some(key) = key.or_else(|| self.any(registry)) {
            self.rows[registry].get_mut(&key).unwrap()[column] = value;
        }
    }

    fn any(&mut self, registry: usize) -> Option<u32> {
        let keys: Vec<u32> = self.rows[registry].keys().copied().collect();
        keys.choose(&mut self.rng).copied()
    }

    fn write(&self, folder: &Path) {
        for ((name, _, _, columns), rows) in REGISTRIES.iter().zip(&self.rows) {
            let mut text = format!("no,{}\n", columns.replace(' ', ","));
            for (key, row) in rows {
                let _ = writeln!(text, "{key},{}", row.join(","));
            }
            std::fs::write(folder.join(format!("{name}.csv")), text).unwrap();
        }
    }
}

async fn hub_of(root: &Path, clock: &Clock, at: DispatchedCount, store: Option<String>) -> Hub {
    connectors(&root.join("connectors"));
    let mut settings = settings(&root.join("data"));
    settings.connectors = Some(root.join("connectors"));
    settings.without_built_in = true;
    settings.store = store;
    settings.policy.needs.fund = Vec::new();
    settings.policy.dispatched_count_at = at;
    settings.policy.publication.at_least = 1_000_000;
    for (name, ..) in REGISTRIES {
        settings.sources.insert(name.to_owned(), root.join(format!("{name}.csv")).display().to_string());
    }
    Hub::open(settings, clock.clone()).await.unwrap()
}

/// Lands a town day by day; the number of days for which only a part was judged.
async fn live(seed: u64, firms: u32, days: u32, at: DispatchedCount, store: Option<String>) -> u32 {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 3, 1, 4, 0, 0).unwrap());
    let hub = hub_of(dir.path(), &clock, at, store).await;
    let mut town = Town::new(seed, firms);
    let mut parts = 0;
    let (mut findings, mut judgements): (Vec<String>, Vec<String>) = Default::default();
    for day in 0..=days {
        if day > 0 {
            let step = [0, 1, 1, 7, 31].choose(&mut town.rng).copied().unwrap();
            clock.set(clock.now() + chrono::Duration::days(step));
            for _ in 0..town.rng.random_range(0..6) {
                town.change();
            }
            let edition = hub.editions.current().unwrap();
            let leader = hub.store.lead().await.unwrap();
            if town.rng.random_bool(0.5) {
                let rows: Vec<u32> = edition.all().iter().collect();
                let row = *rows.choose(&mut town.rng).unwrap();
                let reason = ["refused", "already", "done_joint", "moved"].choose(&mut town.rng).unwrap();
                let new = NewFinding {
                    enterprise: edition.enterprise(row).id().to_owned(),
                    reason: (*reason).to_owned(),
                    note: None,
                    by: None,
                    until: None,
                    idempotency: None,
                };
                findings.push(hub.add_finding(new, Arc::new(Silent)).await.unwrap().row.id);
            }
            if !findings.is_empty() && town.rng.random_bool(0.15) {
                let id = findings.swap_remove(town.rng.random_range(0..findings.len()));
                hub.withdraw_finding(&id, None, None, Arc::new(Silent)).await.unwrap();
            }
            if !judgements.is_empty() && town.rng.random_bool(0.15) {
                let id = judgements.swap_remove(town.rng.random_range(0..judgements.len()));
                hub.withdraw_judgement(&id, None, None, Arc::new(Silent)).await.unwrap();
            }
            let pairs = hub.store.review_pairs(1_000).await.unwrap();
            if let Some(pair) = pairs.choose(&mut town.rng).filter(|_| town.rng.clone().random_bool(0.5)) {
                let verdict = if town.rng.random_bool(0.5) { JudgementVerdict::Same } else { JudgementVerdict::Different };
                let new = NewJudgement { pair: pair.id.clone(), verdict, reason: None, by: None, idempotency: None };
                judgements.push(hub.record_judgement(new).await.unwrap().id);
            }
            drop(leader);
        }
        town.write(dir.path());
        let report = hub.sync(&SyncOptions::default(), Arc::new(Silent)).await.unwrap();
        assert!(report.held.is_none(), "{:?}", report.held);
        let Some(published) = report.edition else { continue };
        parts += u32::from(published.judged.is_some());
        let rebuilt = hub.rebuild_edition(published.number, false).await.unwrap();
        if !rebuilt.is_equal() {
            name_the_differences(&hub, dir.path()).await;
        }
        assert!(rebuilt.is_equal(), "seed {seed}, day {day}, judged {:?}: {:?}", published.judged, rebuilt.differing);
        let edition = hub.editions.current().unwrap();
        assert_eq!(
            (published.gap, published.enterprises),
            (edition.enterprises().filter(|e| e.in_gap()).count() as u32, edition.len())
        );
    }
    // What waits for persons was changed pair by pair, links and relations one by one: they are what linking and judging everybody puts there.
    let followed = hub.store.review_pairs(i64::MAX).await.unwrap();
    let links_followed = links_and_relations(dir.path()).await;
    std::fs::remove_file(dir.path().join("data").join("linker.state")).ok();
    hub.sync(&SyncOptions { republish: true, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    let anew = hub.store.review_pairs(i64::MAX).await.unwrap();
    let beside = |some: &[ReviewRow], others: &[ReviewRow]| -> Vec<ReviewRow> {
        some.iter().filter(|pair| !others.contains(pair)).take(3).cloned().collect()
    };
    let differ = (beside(&followed, &anew), beside(&anew, &followed));
    assert!(followed == anew, "seed {seed}: {} pairs, {} anew: {differ:?}", followed.len(), anew.len());
    let links_anew = links_and_relations(dir.path()).await;
    let beside = |some: &[String], others: &[String]| -> Vec<String> {
        some.iter().filter(|row| others.binary_search(row).is_err()).take(3).cloned().collect()
    };
    let differ = (beside(&links_followed, &links_anew), beside(&links_anew, &links_followed));
    assert!(links_followed == links_anew, "seed {seed}: followed and anew: {differ:?}");
    parts
}

/// Every link, every entity that stands and every relation of the store as a line, in order; none of PostgreSQL's.
async fn links_and_relations(root: &Path) -> Vec<String> {
    use sqlx::ConnectOptions as _;
    let file = root.join("data").join("huitu.sqlite");
    if !file.exists() {
        return Vec::new();
    }
    let mut store = sqlx::sqlite::SqliteConnectOptions::new().filename(file).read_only(true).connect().await.unwrap();
    let read =
        "SELECT 'link ' || record_id || ' ' || part || ' ' || entity_id || ' ' || method || ' ' || COALESCE(runner_up, '') || ' '
                || COALESCE(refused, '') || ' ' || COALESCE(evidence, '') AS line FROM link
                UNION ALL SELECT 'entity ' || id FROM entity WHERE until IS NULL
                UNION ALL SELECT 'relation ' || from_entity || ' ' || kind || ' ' || COALESCE(to_entity, '') || ' ' || name || ' '
                || COALESCE(since, '') || ' ' || registry || ' ' || key || ' ' || part FROM relation ORDER BY line";
    let rows: Vec<(String,)> = sqlx::query_as(read).fetch_all(&mut store).await.unwrap();
    let mut lines: Vec<String> = rows.into_iter().map(|(line,)| line).collect();
    lines.sort_unstable();
    lines
}

/// Judges everybody and prints who comes out otherwise.
async fn name_the_differences(hub: &Hub, root: &Path) {
    let part = hub.editions.current().unwrap();
    std::fs::remove_file(root.join("data").join("linker.state")).ok();
    hub.sync(&SyncOptions { republish: true, ..SyncOptions::default() }, Arc::new(Silent)).await.unwrap();
    let whole = hub.editions.current().unwrap();
    let unions = |e: &huitu::edition::Edition| -> BTreeMap<String, _> {
        e.unions().map(|at| (e.union_at(at).id().to_owned(), e.union_at(at).written())).collect()
    };
    let (now, was) = (unions(&whole), unions(&part));
    for id in now.keys().chain(was.keys()).filter(|id| now.get(*id) != was.get(*id)) {
        eprintln!("whole {:?}\npart  {:?}", now.get(id), was.get(id));
    }
    for e in whole.enterprises() {
        let (now, was) = (e.written(), part.enterprise_of_id(e.id()).and_then(|e| e.written()));
        if now != was {
            eprintln!("whole {now:?}\npart  {was:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_that_touches_a_few_gives_the_edition_that_judging_everybody_gives() {
    let size = |name: &str, usual: u32| std::env::var(name).ok().and_then(|n| n.parse().ok()).unwrap_or(usual);
    let (firms, days, seeds) = (size("HUITU_FOLLOW_FIRMS", 700), size("HUITU_FOLLOW_DAYS", 10), size("HUITU_FOLLOW_SEEDS", 1));
    let mut parts = 0;
    let first = size("HUITU_FOLLOW_FIRST", 0);
    for seed in u64::from(first)..u64::from(first + seeds) {
        let at = if seed % 2 == 0 { DispatchedCount::Agency } else { DispatchedCount::Host };
        parts += live(seed, firms, days, at, None).await;
    }
    assert!(parts > seeds * days / 3, "only {parts} of {} days were followed", seeds * days);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_on_postgresql() {
    let Some(server) = crate::support::servers::postgres() else { return };
    let parts = live(7, 700, 6, DispatchedCount::Agency, Some(server.database().await)).await;
    assert!(parts > 1, "only {parts} of 6 days were followed");
}

/// The pair went on saying that a yes would cover an enterprise.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pair_whose_enterprise_is_none_any_more_says_so() {
    let dir = tempfile::tempdir().unwrap();
    let clock = Clock::fixed(Utc.with_ymd_and_hms(2026, 3, 1, 4, 0, 0).unwrap());
    let hub = hub_of(dir.path(), &clock, DispatchedCount::Agency, None).await;
    let mut town = Town::new(1, 150);
    let (firm, union, other) = (town.number(), town.number(), town.number());
    let name = "北京试验泉石服务有限公司";
    let row = [&*code(firm), name, "存续", "2024-01-01", "110105", "5131", "", "", "", "有限责任公司"];
    town.rows[0].insert(firm, row.map(str::to_owned).to_vec());
    for (key, called, host, host_code) in
        [(union, "示例园区588联合工会", name, code(firm)), (other, "示例园区579联合工会", "", String::new())]
    {
        let row = [called, host, &host_code, "30", "3", "联合基层工会", "", "朝阳区"];
        town.rows[2].insert(key, row.map(str::to_owned).to_vec());
    }
    let sync = async |town: &Town| {
        town.write(dir.path());
        hub.sync(&SyncOptions::default(), Arc::new(Silent)).await.unwrap().edition.unwrap()
    };
    let effect = async || {
        let pairs = hub.store.review_pairs(i64::MAX).await.unwrap();
        let keys = [union.to_string(), other.to_string()];
        let pair = pairs
            .into_iter()
            .find(|pair| keys.contains(&pair.left.key.to_string()) && keys.contains(&pair.right.key.to_string()));
        pair.map(|pair| (pair.right.key.to_string(), pair.effect))
    };
    sync(&town).await;
    assert_eq!(effect().await, Some((union.to_string(), "covers".to_owned())));
    town.rows[0].remove(&firm);
    let next = sync(&town).await;
    assert!(next.judged.is_some(), "followed");
    assert_eq!(effect().await, Some((union.to_string(), "joins".to_owned())));
}

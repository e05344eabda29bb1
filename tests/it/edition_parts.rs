//! An edition that says only what changed answers as the one that is written whole, whatever its history.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;

use huitu::edition::synthetic::input;
use huitu::edition::*;
use huitu::model::enterprise::{Enterprise, IdentifierKind, TradeUnion};
use huitu::model::tie::{Tie, TieKind};
use huitu::model::value::Money;
use huitu::model::verdict::GapStatus;
use rand::seq::{IndexedMutRandom, IndexedRandom};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Large enough that a base is worth keeping.
const BASE: u32 = 5_000;

/// A city that changes: what the next edition holds, whole.
struct City {
    input: EditionInput,
    rng: ChaCha8Rng,
    next: usize,
    strangers: Vec<Enterprise>,
}

impl City {
    fn new(seed: u64) -> City {
        let strangers = input(1, 400, seed + 100).enterprises;
        City { input: input(1, BASE, seed), rng: ChaCha8Rng::seed_from_u64(seed), next: 0, strangers }
    }

    /// Changes up to `many` enterprises, and says what became of whom.
    fn change(&mut self, many: usize, number: u32) -> EditionChanges {
        self.input.number = number;
        self.input.published_at += chrono::TimeDelta::minutes(5);
        let mut touched: BTreeMap<Box<str>, bool> = BTreeMap::new(); // true: gone
        let mut unions_gone = Vec::new();
        let mut union_ids: Vec<Box<str>> = Vec::new();
        let mut records = hashbrown::HashSet::new();
        for _ in 0..many {
            match self.rng.random_range(0..10) {
                0 => {
                    let mut new = self.strangers[self.next % self.strangers.len()].clone();
                    new.id = format!("EN{:011}", self.next).into();
                    new.identifiers = [(IdentifierKind::Insurance, format!("SN{:08}", self.next).into())].into();
                    let member = Member {
                        enterprise: (&*new.id).into(),
                        key: format!("new-{}", self.next).into(),
                        ..self.input.members[0].clone()
                    };
                    self.input.members.push(Member { record_id: 1_000_000 + self.next as i64, ..member });
                    let partner = self.input.enterprises.choose(&mut self.rng).unwrap().id.clone();
                    self.input.ties.push(Tie {
                        kind: TieKind::Investment,
                        subject: Some(new.id.clone()),
                        other: Some(partner),
                        record_id: 1_000_000 + self.next as i64,
                        key: format!("tie-{}", self.next).into(),
                        ..self.input.ties[0].clone()
                    });
                    touched.insert(new.id.clone(), false);
                    self.input.enterprises.push(new);
                    self.next += 1;
                }
                1 => {
                    let at = self.rng.random_range(0..self.input.enterprises.len());
                    let gone = self.input.enterprises.swap_remove(at).id;
                    self.input.members.retain(|m| *m.enterprise != *gone);
                    self.input.ties.retain(|t| t.subject.as_deref() != Some(&gone));
                    for tie in self.input.ties.iter_mut().filter(|t| t.other.as_deref() == Some(&gone)) {
                        tie.other = None;
                        touched.extend(tie.subject.clone().map(|id| (id, false)));
                    }
                    for union in &mut self.input.unions {
                        if union.host.as_deref() == Some(&gone) || union.covers.contains(&gone) {
                            union.host = union.host.take().filter(|id| *id != gone);
                            union.covers.retain(|id| *id != gone);
                            union_ids.push(union.id.clone());
                        }
                    }
                    touched.insert(gone, true);
                }
                2 => {
                    let at = self.rng.random_range(0..self.input.unions.len());
                    unions_gone.push(self.input.unions.swap_remove(at).id);
                }
                3 => {
                    let covers = self.input.enterprises.choose(&mut self.rng).unwrap().id.clone();
                    let members = self.rng.random_range(1..3_000);
                    let union = self.input.unions.choose_mut(&mut self.rng).unwrap();
                    union.members = Some(members);
                    if !union.covers.contains(&covers) {
                        union.covers.push(covers);
                    }
                    union_ids.push(union.id.clone());
                }
                4 => {
                    // A dispute of whom nobody knows.
                    let record_id = 2_000_000 + self.next as i64;
                    let other = self.input.enterprises.choose(&mut self.rng).unwrap().id.clone();
                    let key = format!("unknown-{}", self.next).into();
                    self.input.ties.push(Tie { subject: None, other: Some(other), record_id, key, ..self.input.ties[1].clone() });
                    records.insert(record_id);
                    self.next += 1;
                }
                _ => {
                    let e = self.input.enterprises.choose_mut(&mut self.rng).unwrap();
                    let step = self.rng.random_range(1..400_u32);
                    e.verdicts.priority.score += step as f32 / 10.0;
                    e.employees = e.employees.map(|n| n + step);
                    e.people.employees += step;
                    e.revenue = e.revenue.map(|m| Money(m.0 + i64::from(step)));
                    e.district = Some(110_101 + step % 16);
                    if step % 3 == 0 {
                        e.former_names.push(e.name.clone());
                        e.name = format!("北京改名{step}贸易有限公司").into();
                        e.verdicts.gap.status = GapStatus::Covered;
                        e.findings = ["refuses".into()].into();
                    }
                    touched.insert(e.id.clone(), false);
                }
            }
        }
        let unions_gone: Vec<Box<str>> = unions_gone;
        union_ids.retain(|id| !unions_gone.contains(id));
        let is = |id: &str| touched.get(id) == Some(&false);
        let part = EditionInput {
            enterprises: self.input.enterprises.iter().filter(|e| is(&e.id)).cloned().collect(),
            members: self.input.members.iter().filter(|m| is(&m.enterprise)).cloned().collect(),
            unions: self.input.unions.iter().filter(|u| union_ids.contains(&u.id)).cloned().collect::<Vec<TradeUnion>>(),
            ties: (self.input.ties.iter())
                .filter(|t| t.subject.as_deref().map_or(records.contains(&t.record_id), is))
                .cloned()
                .collect(),
            ..self.input.clone()
        };
        let gone = touched.iter().filter(|(_, gone)| **gone).map(|(id, _)| id.clone()).collect();
        EditionChanges { input: part, gone, unions_gone, records }
    }

    fn whole(&self, root: &Path) -> Edition {
        write(root, self.input.clone()).unwrap();
        Edition::open(&root.join(folder_name(self.input.number))).unwrap()
    }
}

fn ids(edition: &Edition, rows: impl IntoIterator<Item = Row>) -> Vec<String> {
    rows.into_iter().map(|row| edition.enterprise(row).id().to_owned()).collect()
}

/// Every kind of question, asked of both.
fn answers(edition: &Edition) -> BTreeMap<String, String> {
    let mut told = BTreeMap::new();
    let mut tell = |what: String, answer: String| drop(told.insert(what, answer));
    let all = |facet: &str| edition.facet_values(facet).map(str::to_owned).collect::<Vec<_>>();
    let any = |facet: &'static str, value: &str| Filter::Any { facet, values: vec![value.to_owned()] };
    let mut filters = vec![
        Filter::All,
        Filter::InGap,
        Filter::Not(Box::new(Filter::InGap)),
        Filter::may_be_in_gap(),
        Filter::Employees(Range { gte: Some(100), lte: Some(900) }),
        Filter::Revenue(Range { gte: None, lte: Some(Money::from_yuan(9_000_000)) }),
        Filter::Priority(Range { gte: Some(20.0), lte: Some(70.0) }),
        Filter::EstablishedOn(Range { gte: "2001-03-01".parse().ok(), lte: None }),
        Filter::Box { west: 116.1, south: 39.7, east: 116.5, north: 40.1 },
        Filter::Text("改名".to_owned()),
        Filter::Text("科技".to_owned()),
        Filter::Text("SI00000".to_owned()),
        Filter::Area(vec!["110105".to_owned()]),
        Filter::Area(vec!["110105".to_owned()]).and(Filter::Not(Box::new(Filter::Employees(Range { gte: Some(50), lte: None })))),
        Filter::Industry(vec!["C".to_owned()]),
        any("finding", "refuses"),
        any("tag", "FOREIGN"),
        any("registry", "tax"),
    ];
    filters.extend(all("gap").iter().map(|value| any("gap", value)));
    let orders = [
        vec![],
        vec![Order { sort: Sort::Employees, direction: SortDirection::Desc }],
        vec![Order { sort: Sort::Name, direction: SortDirection::Asc }],
        vec![Order { sort: Sort::Priority, direction: SortDirection::Asc }],
    ];
    for filter in filters {
        let rows = edition.filter(&filter).unwrap();
        tell(format!("{filter:?}"), format!("{:?}", ids(edition, edition.in_order(&rows))));
        for order in &orders {
            let (mut after, mut pages) = (None, Vec::new());
            for _ in 0..3 {
                let page = edition.page(&rows, order, 40, after);
                pages.push((ids(edition, page.rows.iter().copied()), page.total, page.has_next, page.has_previous));
                after = page.rows.last().copied();
                if !page.has_next {
                    break;
                }
            }
            let jump = edition.page_behind(&rows, order, 40, (None, 55));
            pages.push((ids(edition, jump.rows.iter().copied()), jump.total, jump.has_next, jump.has_previous));
            tell(format!("{filter:?} by {order:?}"), format!("{pages:?}"));
        }
        for by in [
            vec![],
            vec![Dimension::District],
            vec![Dimension::Ownership, Dimension::SizeClass],
            vec![Dimension::Town, Dimension::GapStatus],
        ] {
            let counted = edition.coverage(&by, &rows, 20_000).unwrap();
            assert_eq!(edition.coverage_of(&by, &filter, 20_000).unwrap(), counted, "{filter:?} by {by:?}");
            tell(format!("{filter:?} counted by {by:?}"), format!("{counted:?}"));
            tell(format!("{filter:?} in detail by {by:?}"), format!("{:?}", edition.detail(&by, &rows).unwrap()));
        }
    }
    for facet in ["district", "town", "gap", "registry", "finding", "tag", "industry", "country", "conflict", "branch_of"] {
        let values = all(facet);
        let counts: Vec<u64> = values.iter().map(|v| edition.facet(facet, v).map_or(0, |rows| rows.len())).collect();
        tell(format!("facet {facet}"), format!("{:?}", values.iter().zip(counts).filter(|(_, n)| *n > 0).collect::<Vec<_>>()));
    }
    for text in ["改名", "科技", "bjgm", "gaiming", "华宇", "9111010", "SI00000040", "餐饮管理有限"] {
        let hits: Vec<_> =
            edition.search(text, None, 30).into_iter().map(|h| (edition.enterprise(h.row).id().to_owned(), h.matched)).collect();
        tell(format!("search {text}"), format!("{hits:?}"));
        tell(format!("similar {text}"), format!("{:?}", ids(edition, edition.similar(text, None, 20))));
    }
    for e in edition.enterprises().step_by(37) {
        let keys = [
            LookupKey::Id(e.id().to_owned()),
            LookupKey::CreditCode(e.credit_code().unwrap_or("").to_owned()),
            LookupKey::Name(e.name().to_owned()),
            LookupKey::Record { registry: "commerce".to_owned(), key: e.members().next().unwrap().key().to_owned() },
        ];
        for key in keys {
            tell(format!("{key:?}"), format!("{:?}", ids(edition, edition.rows(&key))));
        }
        tell(format!("people of {}", e.id()), format!("{:?}", e.people()));
        for kind in [TieKind::Investment, TieKind::Dispatch, TieKind::Dispute, TieKind::Event] {
            let name = |row: Option<Row>| row.map(|row| edition.enterprise(row).id().to_owned());
            let tie = |t: TieRow<'_>| (name(t.subject()), name(t.other()), t.key().to_owned());
            let mut to: Vec<_> = edition.ties_to(e.row, kind).into_iter().map(tie).collect();
            to.sort();
            let of: Vec<_> = edition.ties_of(e.row, kind).into_iter().map(tie).collect();
            tell(format!("{kind:?} of {}", e.id()), format!("{of:?} {to:?}"));
        }
    }
    let union = |at: u32| {
        let u = edition.union_at(at);
        assert_eq!(edition.union_of(u.id()).map(|u| u.at), Some(at));
        (u.id().to_owned(), u.members(), ids(edition, u.covers()))
    };
    tell("unions".to_owned(), format!("{:?}", edition.unions().map(union).collect::<Vec<_>>()));
    for registry in huitu::edition::synthetic::REGISTRIES {
        tell(format!("members of {registry}"), edition.members_of(registry).to_string());
    }
    let manifest = &edition.manifest;
    tell("counts".to_owned(), format!("{} {} {}", manifest.enterprises, manifest.unions, manifest.members));
    told
}

fn same(parts: &Edition, whole: &Edition, when: &str) {
    assert_eq!(difference(parts, whole), None, "{when}");
    assert!(parts.manifest.content.is_some() && parts.manifest.content == whole.manifest.content, "{when}");
    let (mine, theirs) = (answers(parts), answers(whole));
    for (question, answer) in &theirs {
        assert_eq!(mine.get(question), Some(answer), "{when}: {question}");
    }
    assert_eq!(mine.len(), theirs.len());
}

#[test]
fn changes_upon_changes_answer_as_a_whole_edition_does() {
    // `make chaos` follows more of them.
    let seeds: u64 = if std::env::var_os("HUITU_CHAOS_REPORT").is_some() { 9 } else { 1 };
    let (mut most, mut shared) = (0, 0);
    for seed in 0..seeds {
        let (roots, mut city) = ([tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()], City::new(seed));
        let mut before = city.whole(roots[0].path());
        city.input.number = 0;
        let mut sizes = ChaCha8Rng::seed_from_u64(seed + 7);
        for number in 2..12 {
            let many = *[1, 1, 3, 20, 90].choose(&mut sizes).unwrap();
            let changes = city.change(many, number);
            write_changes(roots[0].path(), &before, changes).unwrap();
            let parts = Edition::open(&roots[0].path().join(folder_name(number))).unwrap();
            same(&parts, &city.whole(roots[1].path()), &format!("seed {seed}, edition {number}, {many} changed"));
            most = most.max(parts.manifest.parts.len());
            let bytes = |e: &Edition| {
                e.manifest.files.iter().map(|f| (f.name.trim_start_matches("0/").to_owned(), f.bytes)).collect::<HashMap<_, _>>()
            };
            shared += usize::from(bytes(&parts).get("names.arrow") == bytes(&before).get("names.arrow"));
            parts.manifest.verify(&roots[0].path().join(folder_name(number))).unwrap();
            before = parts;
        }
    }
    assert!(most >= 3, "several parts were read at once: {most}");
    assert!(shared >= 6 * seeds as usize, "the base was shared: {shared}");
}

#[test]
fn what_is_said_otherwise_is_found_by_comparing() {
    let (root, mut city) = (tempfile::tempdir().unwrap(), City::new(11));
    let mut before = city.whole(root.path());
    let other = tempfile::tempdir().unwrap();
    for number in 2..6 {
        city.change(60, number);
        let manifest = write_following(root.path(), &before, city.input.clone()).unwrap().unwrap();
        assert!(manifest.parts.len() >= 2, "{:?}", manifest.parts);
        let parts = Edition::open(&root.path().join(folder_name(number))).unwrap();
        same(&parts, &city.whole(other.path()), &format!("edition {number}"));
        before = parts;
    }
    // The same once more is nothing, and of another day a part without rows.
    city.input.number = 6;
    assert!(write_following(root.path(), &before, city.input.clone()).unwrap().is_none());
    city.input.as_of = city.input.as_of.succ_opt().unwrap();
    let manifest = write_following(root.path(), &before, city.input.clone()).unwrap().unwrap();
    assert_eq!(manifest.content, before.manifest.content);
    same(&Edition::open(&root.path().join(folder_name(6))).unwrap(), &before, "another day");
}

#[test]
fn what_grows_too_large_becomes_whole_again() {
    let (root, mut city) = (tempfile::tempdir().unwrap(), City::new(9));
    let before = city.whole(root.path());
    let changes = city.change(4_500, 2);
    let manifest = write_changes(root.path(), &before, changes).unwrap();
    assert!(manifest.parts.is_empty());
    let other = tempfile::tempdir().unwrap();
    same(&Edition::open(&root.path().join("000002")).unwrap(), &city.whole(other.path()), "one part again");
}

#[test]
fn a_torn_part_is_named_and_the_edition_before_goes_on() {
    let (root, mut city) = (tempfile::tempdir().unwrap(), City::new(4));
    let before = city.whole(root.path());
    let changes = city.change(20, 2);
    let manifest = write_changes(root.path(), &before, changes).unwrap();
    assert_eq!(manifest.parts.len(), 2);
    for (name, harm) in [
        ("1/details.arrow", "torn"),
        ("0/members.arrow", "changed"),
        ("0/particulars.arrow", "torn"),
        ("1/names.arrow", "missing"),
        ("replaced.arrow", "changed"),
    ] {
        let folder = root.path().join(folder_name(2));
        let path = folder.join(name);
        let bytes = std::fs::read(&path).unwrap();
        // Anew: the base is the edition before's too.
        std::fs::remove_file(&path).unwrap();
        match harm {
            "torn" => std::fs::write(&path, &bytes[..bytes.len() / 2]).unwrap(),
            "missing" => {}
            _ => {
                let mut other = bytes.clone();
                let middle = other.len() / 2;
                other[middle] ^= 1;
                std::fs::write(&path, other).unwrap();
            }
        }
        let error = Edition::open(&folder).unwrap_err().to_string();
        assert!(error.contains(name), "{error}");
        let editions = Editions::open(root.path()).unwrap();
        assert_eq!(editions.current().unwrap().number(), 1, "{name} is {harm}");
        std::fs::write(&path, bytes).unwrap();
    }
    assert_eq!(Editions::open(root.path()).unwrap().current().unwrap().number(), 2);
}

/// An edition of forty synthetic enterprises, as the last program wrote it whose files are of one batch each (format 4).
fn of_the_release_before(root: &Path) -> Edition {
    let bytes = include_bytes!("data/edition-of-format-4.zip");
    zip::ZipArchive::new(std::io::Cursor::new(bytes)).unwrap().extract(root).unwrap();
    Edition::open(&root.join(folder_name(1))).unwrap()
}

/// What an edition says, to be written again.
fn said(edition: &Edition, number: u32) -> EditionInput {
    let mut said = EditionInput { number, sources: edition.manifest.sources.clone(), ..input(1, 0, 1) };
    for e in edition.enterprises() {
        said.enterprises.push(e.written().unwrap());
        said.members.extend(e.written_members().unwrap());
        said.ties.extend(e.written_ties(&said.registries).unwrap());
    }
    said.unions = edition.unions().map(|at| edition.union_at(at).written().unwrap()).collect();
    said
}

#[test]
fn an_edition_of_the_release_before_opens_and_is_followed() {
    let (root, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let before = of_the_release_before(root.path());
    assert!(before.manifest.format < huitu::edition::format::manifest::FORMAT && before.manifest.records.is_empty());
    let first = before.enterprise(0);
    assert_eq!((first.id(), first.name(), first.address()), ("E000000000007", "北京川康众商贸有限公司", Some("示例街道7号")));
    assert_eq!((first.credit_code_raw(), first.findings()), (Some("93110103000000078Q"), vec!["refused"]));
    assert_eq!((first.payroll(), first.verdicts().unwrap().fund.due), (Some(Money(22_788_000_000)), Some(Money(455_760_000))));
    assert_eq!(first.members().map(|m| m.key()).collect::<Vec<_>>(), ["commerce-7", "tax-7"]);
    assert_eq!(before.members_of("social_insurance"), 15);

    // Written again it says the same.
    write(other.path(), said(&before, 1)).unwrap();
    let again = Edition::open(&other.path().join(folder_name(1))).unwrap();
    assert_eq!(again.manifest.content, before.manifest.content);
    same(&before, &again, "the release before");

    // So does what follows it.
    let mut input = said(&before, 2);
    input.enterprises[3].address = Some("示例街道改道1号".into());
    let manifest = write_following(root.path(), &before, input.clone()).unwrap().unwrap();
    assert_eq!(manifest.format, huitu::edition::format::manifest::FORMAT);
    let after = Edition::open(&root.path().join(folder_name(2))).unwrap();
    let whole = tempfile::tempdir().unwrap();
    write(whole.path(), input).unwrap();
    same(&after, &Edition::open(&whole.path().join(folder_name(2))).unwrap(), "what follows the release before");
    assert_eq!(after.search("改道", None, 5).len(), 0, "an address is no name");
}

#[test]
fn an_edition_of_a_later_program_is_refused_by_its_format() {
    let root = tempfile::tempdir().unwrap();
    write(root.path(), input(1, 30, 1)).unwrap();
    let path = root.path().join(folder_name(1)).join(MANIFEST);
    let told = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, told.replacen("\"format\": 6", "\"format\": 8", 1)).unwrap();
    let problem = Edition::open(&root.path().join(folder_name(1))).unwrap_err().to_string();
    assert!(problem.contains("format 8") && problem.contains("manifest.json"), "{problem}");
}

#[test]
fn codes_as_written_are_found_and_told_where_they_are_no_codes() {
    let root = tempfile::tempdir().unwrap();
    let mut input = input(1, 40, 3);
    let id = |input: &EditionInput, at: usize| input.enterprises[at].id.to_string();
    let wrong = id(&input, 11);
    (input.enterprises[11].credit_code, input.enterprises[11].credit_code_raw) = (None, Some("91110108WRONG0X".into()));
    let none = id(&input, 12);
    (input.enterprises[12].credit_code, input.enterprises[12].credit_code_raw) = (None, None);
    let only_valid = id(&input, 13);
    input.enterprises[13].credit_code_raw = None;
    write(root.path(), input).unwrap();
    let edition = Edition::open(&root.path().join(folder_name(1))).unwrap();
    let raw = |id: &str| edition.enterprise_of_id(id).unwrap().credit_code_raw();
    assert_eq!((raw(&wrong), raw(&none), raw(&only_valid)), (Some("91110108WRONG0X"), None, None));
    let other = edition.enterprise_of_id("E000000000014").unwrap();
    assert!(other.credit_code().is_some() && other.credit_code_raw() == other.credit_code());
    let rows = edition.filter(&Filter::Text("WRONG0X".to_owned())).unwrap();
    assert_eq!(ids(&edition, rows.iter()), [wrong]);
}

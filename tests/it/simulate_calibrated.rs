//! The simulated city against what statistics published of the real one: districts, sections of industry, sizes. What is compared stands
//! here with its source, and is held against the shared file of such figures where that is at hand.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;

use huitu::model::reference::industries;
use huitu::simulate::{City, RegistrationState, above_by_rule};

/// Series, period, breakdown, key, value.
type Figure = (&'static str, &'static str, &'static str, &'static str, f64);

const UNITS: &str = "legal_entities_23";
const SERVICES: &str = "above_size_tertiary";

/// Legal entities of industry and services, and services above designated size.
const FIGURES: &[Figure] = &[
    // Third economic census of Beijing, 2013-12-31.
    (UNITS, "2013-12-31", "total", "BJ", 631_000.0),
    ("employees_23", "2013-12-31", "total", "BJ", 11_113_000.0),
    (UNITS, "2013-12-31", "section", "F", 191_000.0),
    (UNITS, "2013-12-31", "section", "L", 135_000.0),
    (UNITS, "2013-12-31", "section", "M", 71_000.0),
    // Fourth economic census, communiqué 5; without 密云, 延庆 and the development zone.
    (UNITS, "2018-12-31", "total", "BJ", 989_000.0),
    (UNITS, "2018-12-31", "district", "110101", 44_000.0),
    (UNITS, "2018-12-31", "district", "110102", 46_000.0),
    (UNITS, "2018-12-31", "district", "110106", 89_000.0),
    (UNITS, "2018-12-31", "district", "110107", 30_000.0),
    (UNITS, "2018-12-31", "district", "110109", 21_000.0),
    (UNITS, "2018-12-31", "district", "110111", 51_000.0),
    (UNITS, "2018-12-31", "district", "110113", 37_000.0),
    (UNITS, "2018-12-31", "district", "110114", 57_000.0),
    (UNITS, "2018-12-31", "district", "110116", 48_000.0),
    (UNITS, "2018-12-31", "district", "110117", 30_000.0),
    // Fifth economic census, communiqué 7: 17.9, 12.2 and 8.2 % of the city.
    (UNITS, "2023-12-31", "district", "110105", 211_000.0),
    (UNITS, "2023-12-31", "district", "110108", 143_000.0),
    (UNITS, "2023-12-31", "district", "110112", 96_000.0),
    // Monthly figures of the city's statistics: with 6,148,184 staff in 2019, 6,569,000 in 2022.
    (SERVICES, "2019-08", "total", "BJ", 30_196.0),
    (SERVICES, "2019-08", "section", "F", 7_197.0),
    (SERVICES, "2019-08", "section", "G", 941.0),
    (SERVICES, "2019-08", "section", "H", 2_256.0),
    (SERVICES, "2019-08", "section", "I", 3_505.0),
    (SERVICES, "2019-08", "section", "K", 2_404.0),
    (SERVICES, "2019-08", "section", "L", 3_892.0),
    (SERVICES, "2022-09", "total", "BJ", 39_087.0),
];
const STAFF_OF_SERVICES: [(&str, f64); 2] = [("2019-08", 6_148_184.0), ("2022-09", 6_569_000.0)];
const CITY_OF_2023: f64 = 211_000.0 / 0.179;

fn figure(series: &str, period: &str, key: &str) -> f64 {
    let found = FIGURES.iter().find(|f| (f.0, f.1, f.3) == (series, period, key));
    found.unwrap_or_else(|| panic!("{series} {period} {key}")).4
}

/// What is counted of a city on a day.
#[derive(Default)]
struct Counted {
    enterprises: f64,
    staff: f64,
    districts: BTreeMap<u32, f64>,
    sections: BTreeMap<char, f64>,
    /// Services above designated size.
    large: f64,
    large_staff: f64,
    large_sections: BTreeMap<char, f64>,
}

fn counted(enterprises: u64, day: u16) -> Counted {
    let city = City::new(17, enterprises, day);
    let mut all = Counted::default();
    for entity in (0..city.neighbourhoods()).flat_map(|number| city.neighbourhood(number).entities) {
        if !matches!(entity.standing, RegistrationState::Active | RegistrationState::Suspended) {
            continue;
        }
        let division = entity.industry_class()[..2].parse().expect("two digits");
        let section = industries().section_of(2017, division).expect("a section");
        let staff = f64::from(entity.employees);
        all.enterprises += 1.0;
        all.staff += staff;
        *all.districts.entry(entity.district).or_default() += 1.0;
        *all.sections.entry(section).or_default() += 1.0;
        if section >= 'F' && above_by_rule(&entity) == Some(true) {
            all.large += 1.0;
            all.large_staff += staff;
            *all.large_sections.entry(section).or_default() += 1.0;
        }
    }
    all
}

/// `found` is `told`, give or take so large a share of it.
fn about(what: &str, found: f64, told: f64, tolerance: f64) {
    assert!((found / told - 1.0).abs() <= tolerance, "{what}: {found:.4} in the city, {told:.4} published");
}

#[test]
fn districts_and_sections_have_their_shares_and_firms_their_staff_on_the_first_day_and_a_year_later() {
    for (enterprises, day) in [(40_000, 0), (20_000, 365)] {
        let city = counted(enterprises, day);
        let share = |of: &BTreeMap<u32, f64>, code: u32| of.get(&code).copied().unwrap_or(0.0) / city.enterprises;
        for (_, period, _, code, units) in FIGURES.iter().filter(|f| f.2 == "district") {
            let here = share(&city.districts, code.parse().expect("a code"));
            // What is known of 2018 only has grown with all others but the three.
            let told = match *period {
                "2023-12-31" => units / CITY_OF_2023,
                _ => units / (989_000.0 - 215_000.0 - 159_000.0 - 56_000.0) * (1.0 - 450_000.0 / CITY_OF_2023),
            };
            about(&format!("day {day}, enterprises of {code}"), here, told, 0.2);
        }
        for section in ['F', 'L', 'M'] {
            let told = figure(UNITS, "2013-12-31", &section.to_string()) / figure(UNITS, "2013-12-31", "BJ");
            about(&format!("day {day}, section {section}"), city.sections[&section] / city.enterprises, told, 0.15);
        }
        let told = figure("employees_23", "2013-12-31", "BJ") / figure(UNITS, "2013-12-31", "BJ");
        about(&format!("day {day}, staff of a firm"), city.staff / city.enterprises, told, 0.2);
    }
}

#[test]
fn services_above_designated_size_are_few_large_and_of_the_sections_that_are_published() {
    let city = counted(60_000, 0);
    let staff: HashMap<&str, f64> =
        STAFF_OF_SERVICES.iter().map(|(period, staff)| (*period, staff / figure(SERVICES, period, "BJ"))).collect();
    let mean = city.large_staff / city.large;
    assert!(mean > 0.8 * staff["2022-09"] && mean < 1.2 * staff["2019-08"], "{mean:.0} staff of a large firm, {staff:?}");
    // More of them than in truth, so that a few thousand enterprises show every verdict; not twice as many.
    let told = figure(SERVICES, "2019-08", "BJ") / figure(UNITS, "2018-12-31", "BJ");
    let large = city.large / city.enterprises;
    assert!(large > told && large < 2.0 * told, "{large:.4} above designated size, {told:.4} published");
    for section in ['F', 'G', 'H', 'I', 'K', 'L'] {
        let told = figure(SERVICES, "2019-08", &section.to_string()) / figure(SERVICES, "2019-08", "BJ");
        about(&format!("above designated size, section {section}"), city.large_sections[&section] / city.large, told, 0.35);
    }
}

#[test]
fn the_figures_are_those_of_the_shared_file() {
    let root = std::env::var_os("HUITU_SHARED")
        .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../shared"), PathBuf::from);
    let file = root.join("reference/calibration/beijing_totals.csv");
    if !file.exists() {
        assert!(std::env::var_os("HUITU_SHARED").is_none(), "shared figures are missing at {}", file.display());
        eprintln!("NOT CHECKED: shared figures are missing at {}; set HUITU_SHARED", file.display());
        return;
    }
    let mut reader = csv::Reader::from_path(&file).expect("a readable file");
    let rows: Vec<HashMap<String, String>> = reader.deserialize().map(|row| row.expect("a well-formed row")).collect();
    for (series, period, breakdown, key, value) in FIGURES {
        let is = |row: &&HashMap<String, String>| {
            (&*row["series"], &*row["period"], &*row["breakdown"], &*row["key"]) == (*series, *period, *breakdown, *key)
        };
        let row = rows.iter().find(is).unwrap_or_else(|| panic!("{series} {period} {key} is in the file"));
        assert_eq!(row["value"].parse::<f64>().expect("a number"), *value, "{series} {period} {key}");
    }
    for (period, staff) in STAFF_OF_SERVICES {
        let row = rows.iter().find(|row| row["series"] == SERVICES && row["period"] == period && row["breakdown"] == "total");
        assert!(row.expect("a total")["source"].contains(&format!("({staff:.0} staff)")), "{period}");
    }
}

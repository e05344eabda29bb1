//! Small groups are not told to callers who may not see single records: a count of one or two names somebody.
//!
//! A hidden count must not follow from the others either. Along every line of the table (one dimension varies, the others
//! stay) at least two groups are hidden, and together they are no smaller than the threshold; the smallest others are
//! hidden for it until that holds everywhere.

use std::collections::HashMap;

/// Which groups to hide: `groups` are keys and numbers of enterprises, `least` the smallest number that may be told.
pub fn hidden(groups: &[(&[String], u64)], least: u64) -> Vec<bool> {
    let mut hidden: Vec<bool> = groups.iter().map(|(_, count)| (1..least).contains(count)).collect();
    if !hidden.contains(&true) {
        return hidden;
    }
    let dimensions = groups.first().map_or(0, |(keys, _)| keys.len());
    let mut lines: Vec<Vec<usize>> = Vec::new();
    for along in 0..dimensions {
        let mut by_rest: HashMap<Vec<&str>, Vec<usize>> = HashMap::new();
        for (at, (keys, _)) in groups.iter().enumerate() {
            let rest = keys.iter().enumerate().filter(|(i, _)| *i != along).map(|(_, key)| key.as_str());
            by_rest.entry(rest.collect()).or_default().push(at);
        }
        lines.extend(by_rest.into_values());
    }
    // The table as a whole is a line too: its total is told.
    lines.push((0..groups.len()).collect());
    for line in &mut lines {
        line.sort_unstable_by_key(|at| (groups[*at].1, *at));
    }
    loop {
        let mut changed = false;
        for line in &lines {
            loop {
                let of_line = line.iter().filter(|at| hidden[**at]);
                let (count, sum) = of_line.fold((0, 0), |(count, sum), at| (count + 1, sum + groups[*at].1));
                if count == 0 || (count > 1 && sum >= least) {
                    break;
                }
                let Some(next) = line.iter().find(|at| !hidden[**at] && groups[**at].1 > 0) else { break };
                hidden[*next] = true;
                changed = true;
            }
        }
        if !changed {
            return hidden;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(rows: &[(&str, u64)]) -> (Vec<Vec<String>>, Vec<u64>) {
        (rows.iter().map(|(k, _)| k.split('/').map(str::to_owned).collect()).collect(), rows.iter().map(|(_, n)| *n).collect())
    }

    fn run(rows: &[(&str, u64)], least: u64) -> Vec<bool> {
        let (keys, counts) = table(rows);
        let groups: Vec<(&[String], u64)> = keys.iter().map(Vec::as_slice).zip(counts).collect();
        hidden(&groups, least)
    }

    #[test]
    fn one_small_group_takes_the_next_smallest_with_it() {
        assert_eq!(run(&[("a", 2), ("b", 90), ("c", 7), ("d", 40)], 3), [true, false, true, false]);
        assert_eq!(run(&[("a", 3), ("b", 90)], 3), [false, false]);
        // Two ones are one each if only their sum is known: a third is hidden.
        assert_eq!(run(&[("a", 1), ("b", 1), ("c", 9), ("d", 8)], 3), [true, true, false, true]);
    }

    #[test]
    fn no_hidden_cell_follows_from_the_sums_of_its_row_or_column() {
        let mut rows = Vec::new();
        let mut numbers = Vec::new();
        for i in 0..6_u64 {
            for j in 0..5_u64 {
                numbers.push((format!("{i}/{j}"), (i * 7 + j * 13 + i * j * 3) % 11 + u64::from(i != 2) * 4));
            }
        }
        rows.extend(numbers.iter().map(|(k, n)| (k.as_str(), *n)));
        let hidden = run(&rows, 5);
        assert!(hidden.contains(&true) && hidden.contains(&false));
        for line in 0..6 {
            let row = (0..5).filter(|j| hidden[line * 5 + j]).count();
            assert_ne!(row, 1, "row {line}");
        }
        for column in 0..5 {
            let count = (0..6).filter(|i| hidden[i * 5 + column]).count();
            assert_ne!(count, 1, "column {column}");
        }
    }
}

//! Enterprises by what records call them, where some are judged anew and all others are as an edition has them.

use hashbrown::{HashMap, HashSet};

use super::touched::key;
use crate::assess::ties::Directory;
use crate::edition::{Edition, EnterpriseRow, LookupKey};
use crate::link::EntityKey;
use crate::model::enterprise::Enterprise;

/// See the module.
pub(super) struct Around<'a> {
    edition: &'a Edition,
    asked: &'a HashSet<EntityKey>,
    judged: HashMap<&'a str, &'a Enterprise>,
    by_code: HashMap<&'a str, Vec<&'a str>>,
    by_name: HashMap<&'a str, Vec<&'a str>>,
    /// Codes and names that somebody bears now and did not, or the other way round.
    codes: HashSet<Box<str>>,
    names: HashSet<Box<str>>,
}

impl<'a> Around<'a> {
    pub fn new(edition: &'a Edition, asked: &'a HashSet<EntityKey>, enterprises: &'a [Enterprise]) -> Around<'a> {
        let mut around = Around {
            edition,
            asked,
            judged: enterprises.iter().map(|e| (&*e.id, e)).collect(),
            by_code: HashMap::new(),
            by_name: HashMap::new(),
            codes: HashSet::new(),
            names: HashSet::new(),
        };
        for e in enterprises {
            if let (Some(code), None) = (e.credit_code.as_deref(), &e.branch_of) {
                around.by_code.entry(code).or_default().push(&e.id);
            }
            around.by_name.entry(&e.name).or_default().push(&e.id);
        }
        for entity in asked {
            let id = entity.to_string();
            let before =
                edition.enterprise_of_id(&id).map(|row| (row.credit_code().filter(|_| row.branch_of().is_none()), row.name()));
            let now =
                around.judged.get(id.as_str()).map(|e| (e.credit_code.as_deref().filter(|_| e.branch_of.is_none()), &*e.name));
            if before != now {
                for (code, name) in before.into_iter().chain(now) {
                    around.codes.extend(code.map(Into::into));
                    around.names.insert(name.into());
                }
            }
        }
        around
    }

    /// Whether somebody bears the code or the name now who did not, or the other way round.
    pub fn is_called_otherwise(&self, code: &str, name: &str) -> bool {
        self.codes.contains(code) || self.names.contains(name.trim())
    }

    /// Rows of the edition that are judged as before.
    fn others(&self, by: LookupKey) -> impl Iterator<Item = EnterpriseRow<'a>> {
        let rows = self.edition.rows(&by).into_iter().map(|row| self.edition.enterprise(row));
        rows.filter(|row| key(row.id()).is_none_or(|entity| !self.asked.contains(&entity)))
    }
}

impl Directory for Around<'_> {
    fn has(&self, id: &str) -> bool {
        match key(id).is_some_and(|entity| self.asked.contains(&entity)) {
            true => self.judged.contains_key(id),
            false => self.edition.row_of_id(id).is_some(),
        }
    }
    fn by_code(&self, code: &str) -> Option<Box<str>> {
        let judged = self.by_code.get(code).into_iter().flatten().copied();
        let others = self.others(LookupKey::CreditCode(code.to_owned()));
        let others = others.filter(|row| row.credit_code() == Some(code) && row.branch_of().is_none()).map(|row| row.id());
        judged.chain(others).min().map(Into::into)
    }
    fn by_name(&self, name: &str) -> Option<Box<str>> {
        let judged = self.by_name.get(name).into_iter().flatten().copied();
        let others = self.others(LookupKey::Name(name.to_owned())).filter(|row| row.name() == name).map(|row| row.id());
        let mut found = judged.chain(others);
        let first = found.next()?;
        found.next().is_none().then(|| first.into())
    }
}

//! The claims of an identity provider about a person, read as a caller.
//!
//! In: the claims of a token whose signature, issuer, audience and time were checked, and how this city's provider names roles and areas.
//! Out: a [`Caller`], or why the account is nobody's here. It checks no signature.

use std::collections::BTreeMap;

use data_encoding::BASE32_NOPAD;
use serde::Deserialize;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::{Caller, KeptToken, Role};
use crate::model::problem::{Code, Problem};

/// How the provider names who somebody is. A claim may lie inside another one: `realm_access.roles`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(default)]
pub struct ClaimRules {
    /// Text or list of texts.
    pub role_claim: String,
    /// Division codes or codes of federation units: a list, or one text with commas.
    pub area_claim: String,
    /// The registry of an account of a department, by name.
    pub registry_claim: String,
    /// What people are called; the first that is there of this, `name` and `sub`.
    pub name_claim: String,
    /// A value of the role claim → a role of huitu. A value that is itself the name of a role needs no line.
    pub roles: BTreeMap<String, String>,
}

impl Default for ClaimRules {
    fn default() -> ClaimRules {
        ClaimRules {
            role_claim: "roles".to_owned(),
            area_claim: "areas".to_owned(),
            registry_claim: "registry".to_owned(),
            name_claim: "preferred_username".to_owned(),
            roles: BTreeMap::new(),
        }
    }
}

/// Who looks at data, from those who see most to those who see least. Whoever has several of these has the first.
const READERS: [Role; 5] = [Role::Admin, Role::Analyst, Role::District, Role::Client, Role::Map];

/// Characters of a name that are kept.
const MAX_NAME: usize = 80;

impl ClaimRules {
    /// The caller of these claims.
    ///
    /// # Errors
    /// No role that is one here, roles that are kept apart, a district without an area, a department without its registry.
    pub fn caller(&self, claims: &Map<String, Value>) -> Result<Caller, Problem<Code>> {
        let text = |name: &str| found(claims, name).and_then(Value::as_str).map(str::trim).filter(|text| !text.is_empty());
        let (issuer, subject) = (text("iss").unwrap_or_default(), text("sub").unwrap_or_default());
        let name: String =
            [self.name_claim.as_str(), "name", "sub"].into_iter().find_map(text).unwrap_or("?").chars().take(MAX_NAME).collect();
        let named = texts(found(claims, &self.role_claim));
        let role = self.role(&named).ok_or_else(|| {
            let told = named.join(", ");
            Problem::new(
                Code::Forbidden,
                format!("账号「{name}」在会图没有角色（{} = [{told}]）：请让身份系统的管理员授予，或在 [login.roles] 中对应", self.role_claim),
                format!(
                    "the account \"{name}\" has no role in huitu ({} = [{told}]): let the identity provider give it one, or map it in [login.roles]",
                    self.role_claim
                ),
            )
        })??;
        let areas = texts(found(claims, &self.area_claim));
        if role == Role::District && areas.is_empty() {
            return Err(Problem::new(
                Code::Forbidden,
                format!("账号「{name}」的角色是 district，但没有区域（{}）：请让身份系统的管理员补上区划代码", self.area_claim),
                format!(
                    "the account \"{name}\" has the role district and no area ({}): let the identity provider name its division codes",
                    self.area_claim
                ),
            ));
        }
        let registry = text(&self.registry_claim).filter(|_| role.has_registry());
        if role.has_registry() && registry.is_none() {
            return Err(Problem::new(
                Code::Forbidden,
                format!(
                    "账号「{name}」的角色是 {}，但没有登记库（{}）：请让身份系统的管理员补上",
                    role.name(),
                    self.registry_claim
                ),
                format!(
                    "the account \"{name}\" has the role {} and no registry ({}): let the identity provider name it",
                    role.name(),
                    self.registry_claim
                ),
            ));
        }
        let id = caller_id(issuer, subject);
        let areas = (!areas.is_empty()).then(|| serde_json::to_string(&areas).expect("texts"));
        let kept = KeptToken {
            id: &id,
            name: &name,
            role: role.name(),
            areas: areas.as_deref(),
            scopes: None,
            registry,
            purposes: None,
        };
        Caller::from_kept(&kept).ok_or_else(Problem::internal)
    }

    /// None: no value is a role here.
    fn role(&self, named: &[String]) -> Option<Result<Role, Problem<Code>>> {
        let known = |value: &String| Role::from_name(self.roles.get(value).unwrap_or(value)).filter(|role| *role != Role::Ingest);
        let mut roles: Vec<Role> = named.iter().filter_map(known).collect();
        roles.sort_by_key(|role| (READERS.iter().position(|r| r == role), role.name()));
        roles.dedup();
        let apart = |role: &Role| !READERS.contains(role);
        match roles.as_slice() {
            [] => None,
            [only] => Some(Ok(*only)),
            several => match several.iter().find(|role| apart(role)) {
                None => Some(Ok(several[0])),
                Some(_) => {
                    let all = several.iter().map(|role| role.name()).collect::<Vec<_>>().join(", ");
                    Some(Err(Problem::new(
                        Code::Forbidden,
                        format!("账号同时有角色 {all}：管理员的角色要与数据分开，也要彼此分开，请只留一个"),
                        format!(
                            "the account has the roles {all}: administrators are kept apart from the data and from each other; leave it one"
                        ),
                    )))
                }
            },
        }
    }
}

/// One caller per account of a provider, whatever it is called today.
fn caller_id(issuer: &str, subject: &str) -> String {
    let digest = Sha256::new().chain_update(issuer.len().to_le_bytes()).chain_update(issuer).chain_update(subject).finalize();
    format!("L{}", &BASE32_NOPAD.encode(&digest[..10]))
}

/// A claim by its name, or by the names that lead to it.
fn found<'a>(claims: &'a Map<String, Value>, name: &str) -> Option<&'a Value> {
    if let Some(value) = claims.get(name) {
        return Some(value);
    }
    let (first, rest) = name.split_once('.')?;
    found(claims.get(first)?.as_object()?, rest)
}

fn texts(value: Option<&Value>) -> Vec<String> {
    let split =
        |text: &str| text.split([',', ' ', '，']).map(str::trim).filter(|t| !t.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    match value {
        Some(Value::String(text)) => split(text),
        Some(Value::Array(values)) => values.iter().filter_map(Value::as_str).map(|t| t.trim().to_owned()).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn caller(rules: &ClaimRules, claims: Value) -> Result<Caller, String> {
        rules.caller(claims.as_object().expect("claims")).map_err(|p| p.en)
    }

    #[test]
    fn an_account_is_a_caller_by_its_role_and_areas() {
        let rules = ClaimRules { roles: [("ghj-fx".to_owned(), "analyst".to_owned())].into(), ..ClaimRules::default() };
        let base = json!({ "iss": "https://id.example", "sub": "7", "preferred_username": "officer-7" });
        let with = |more: Value| {
            let mut claims = base.clone();
            claims.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            claims
        };
        let analyst = caller(&rules, with(json!({ "roles": ["ghj-fx", "offline_access"] }))).unwrap();
        assert_eq!((analyst.role, analyst.name.as_str()), (Role::Analyst, "officer-7"));
        assert!(analyst.areas.is_empty());
        let district = caller(&rules, with(json!({ "roles": "district", "areas": "110105, 110106" }))).unwrap();
        assert_eq!((district.role, district.areas), (Role::District, vec!["110105".to_owned(), "110106".to_owned()]));
        assert_eq!(district.id, analyst.id, "one account, whatever its role");
        let partner = caller(&rules, with(json!({ "roles": ["partner"], "registry": "tax" }))).unwrap();
        assert_eq!((partner.role, partner.registry.as_deref()), (Role::Partner, Some("tax")));
        let both = caller(&rules, with(json!({ "roles": ["client", "ghj-fx"] }))).unwrap();
        assert_eq!(both.role, Role::Analyst, "of several the one that sees most");
        for (claims, why) in [
            (json!({}), "has no role"),
            (json!({ "roles": ["offline_access"] }), "has no role"),
            (json!({ "roles": ["ingest"] }), "has no role"),
            (json!({ "roles": ["district"] }), "no area"),
            (json!({ "roles": ["partner"] }), "no registry"),
            (json!({ "roles": ["security", "analyst"] }), "kept apart"),
            (json!({ "roles": ["security", "system"] }), "kept apart"),
            (json!({ "roles": { "analyst": true } }), "has no role"),
        ] {
            assert!(caller(&rules, with(claims.clone())).unwrap_err().contains(why), "{claims}");
        }
    }

    #[test]
    fn a_claim_may_lie_inside_another() {
        let rules = ClaimRules { role_claim: "realm_access.roles".to_owned(), ..ClaimRules::default() };
        let claims = json!({ "iss": "i", "sub": "s", "realm_access": { "roles": ["system"] } });
        assert_eq!(caller(&rules, claims).unwrap().role, Role::System);
        let of_another = caller(&rules, json!({ "iss": "j", "sub": "s", "realm_access": { "roles": ["system"] } })).unwrap();
        assert_ne!(of_another.id, caller_id("i", "s"), "an account of another provider is somebody else");
    }
}

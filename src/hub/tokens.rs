//! Tokens: who may ask, and what for. A secret is told once, to whoever made it, and kept only as SHA-256.
//!
//! In: a token as asked for, or the id of one. Out: the token as kept, with its secret where it is new. Each change stands in one
//! transaction that no other change of tokens runs beside, so that two who end each other's token do not leave nobody.

use rand::Rng;

use super::error::HubError;
use super::open::Hub;
use crate::access::{AccessScope, Caller, KeptToken, Role};
use crate::connector::Transport;
use crate::model::reference::areas::unit_code;
use crate::model::text::visible;
use crate::store::caller;
use crate::store::token::{self, TokenRow, hash_secret};

/// Milliseconds of a day.
const DAY: i64 = 86_400_000;
/// Days that a token may be valid, at most.
pub const LONGEST_DAYS: i64 = 3_650;
/// Days that a token may stand beside the one that follows it, at most.
pub const LONGEST_OVERLAP: i64 = 365;
/// Purposes of a token, and characters of each, at most: as many as one that is stated may have.
const MOST_PURPOSES: usize = 20;
const LONGEST_PURPOSE: usize = 200;
/// Characters of a name, at most.
const LONGEST_NAME: usize = 100;
/// Without those that are taken for each other.
const ALPHABET: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZabcdefghjkmnpqrstvwxyz23456789";

/// A token to be made.
#[derive(Debug, Clone)]
pub struct NewToken {
    /// Whom it is for.
    pub name: String,
    pub role: Role,
    /// The registry of a department's token.
    pub registry: Option<String>,
    /// Codes of division or federation unit; empty: all that the role sees.
    pub areas: Vec<String>,
    /// What it may state that it reads for; empty: anything, or nothing.
    pub purposes: Vec<String>,
    /// Days that it is valid.
    pub days: i64,
}

/// A token that was made.
#[derive(Debug, Clone)]
pub struct MadeToken {
    pub row: TokenRow,
    /// What its owner proves themselves with: told now and never again.
    pub secret: String,
}

/// Whether a token is in force.
pub fn stands(token: &TokenRow, now: i64) -> bool {
    token.revoked_at.is_none() && token.expires_at.is_none_or(|at| at > now)
}

/// The caller of a token; None for a role that this release does not know.
pub fn caller_of(row: &TokenRow) -> Option<Caller> {
    Caller::from_kept(&KeptToken {
        id: &row.id,
        name: &row.name,
        role: &row.role,
        areas: row.areas.as_deref(),
        scopes: row.scopes.as_deref(),
        registry: row.registry.as_deref(),
        purposes: row.purposes.as_deref(),
    })
}

/// Whether its owner can make and end tokens now.
pub fn administers(token: &TokenRow, now: i64) -> bool {
    stands(token, now) && caller_of(token).is_some_and(|caller| caller.may(AccessScope::Tokens))
}

fn random(length: usize) -> String {
    let mut rng = rand::rng();
    (0..length).map(|_| ALPHABET[(rng.next_u32() as usize) % ALPHABET.len()] as char).collect()
}

fn within(what: (&str, &str), days: i64, from: i64, to: i64) -> Result<i64, HubError> {
    match (from..=to).contains(&days) {
        true => Ok(days),
        false => Err(HubError::said(
            format!("{}应在 {from} 到 {to} 天之间", what.0),
            format!("{} is from {from} to {to} days", what.1),
        )),
    }
}

/// Purposes as they are stated, each once.
fn purposes(given: &[String]) -> Result<Vec<String>, HubError> {
    let mut known: Vec<String> = Vec::new();
    for text in given.iter().map(|text| text.trim()) {
        let length = text.chars().count();
        if !(1..=LONGEST_PURPOSE).contains(&length) || text.chars().any(char::is_control) {
            return Err(HubError::said(
                format!("用途应有 1 到 {LONGEST_PURPOSE} 个字，不含控制字符"),
                format!("a purpose has 1 to {LONGEST_PURPOSE} characters and none that control a terminal"),
            ));
        }
        if !known.iter().any(|other| other == text) {
            known.push(text.to_owned());
        }
    }
    match known.len() {
        ..=MOST_PURPOSES => Ok(known),
        _ => Err(HubError::said(
            format!("一个令牌最多 {MOST_PURPOSES} 个用途"),
            format!("a token has at most {MOST_PURPOSES} purposes"),
        )),
    }
}

fn valid_for(days: i64) -> Result<i64, HubError> {
    within(("有效期", "the time that a token is valid"), days, 1, LONGEST_DAYS)
}

/// A row of new secret; everything else as it is to be.
fn made(like: TokenRow, now: i64, days: i64) -> MadeToken {
    let secret = format!("huitu_{}", random(40));
    let row = TokenRow {
        id: random(10),
        hash: hash_secret(&secret),
        created_at: now,
        expires_at: Some(now + days * DAY),
        revoked_at: None,
        last_used_at: None,
        ..like
    };
    MadeToken { row, secret }
}

impl Hub {
    /// Makes a token.
    ///
    /// # Errors
    /// A name, area, registry or time that cannot be; the store cannot be written.
    pub async fn create_token(&self, new: NewToken) -> Result<MadeToken, HubError> {
        let days = valid_for(new.days)?;
        let name = new.name.trim();
        if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
            return Err(HubError::said(
                format!("名称应有 1 到 {LONGEST_NAME} 个字，不含控制字符"),
                format!("a name has 1 to {LONGEST_NAME} characters and none that control a terminal"),
            ));
        }
        self.check_registry(new.role, new.registry.as_deref()).await?;
        let areas = self.known_areas(new.role, &new.areas)?;
        let purposes = purposes(&new.purposes)?;
        let like = TokenRow {
            id: String::new(),
            name: name.to_owned(),
            role: new.role.name().to_owned(),
            registry: new.registry,
            areas: (!areas.is_empty()).then(|| serde_json::to_string(&areas).expect("texts")),
            scopes: None,
            purposes: (!purposes.is_empty()).then(|| serde_json::to_string(&purposes).expect("texts")),
            hash: String::new(),
            created_at: 0,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
        };
        let made = made(like, self.clock.millis(), days);
        self.store.put_token(&made.row).await?;
        Ok(made)
    }

    /// Makes the next token of the same rights. The old one stands for `overlap_days` more, so that nobody is locked out meanwhile; 0 ends
    /// it now.
    ///
    /// # Errors
    /// The token is not in force; a time that cannot be; the store cannot be written.
    pub async fn rotate_token(&self, id: &str, overlap_days: i64, days: i64) -> Result<MadeToken, HubError> {
        let days = valid_for(days)?;
        let overlap = within(("并行期", "the overlap"), overlap_days, 0, LONGEST_OVERLAP)?;
        let now = self.clock.millis();
        let mut tx = self.store.begin_tokens().await?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let all = token::tokens(&mut tx).await.map_err(failed)?;
        let old = standing(&all, id, now)?;
        if Role::from_name(&old.role).is_none() {
            return Err(HubError::said(
                format!("令牌 {id} 的角色「{}」不是本版本所知的角色", visible(&old.role)),
                format!("the role \"{}\" of the token {id} is not one that this release knows", visible(&old.role)),
            ));
        }
        // The rights as they are kept, whatever they are: a scope that was taken away stays away.
        let made = made(old.clone(), now, days);
        token::put_token(&mut tx, &made.row).await.map_err(failed)?;
        caller::hand_on(&mut tx, id, &made.row.id).await.map_err(failed)?;
        match overlap {
            0 => token::revoke_token(&mut tx, id, now).await.map_err(failed)?,
            days => {
                let until = old.expires_at.unwrap_or(i64::MAX).min(now + days * DAY);
                token::token_expires(&mut tx, id, until).await.map_err(failed)?;
            }
        }
        tx.commit().await.map_err(failed)?;
        Ok(made)
    }

    /// Ends a token now. The last one that can make and end tokens stays.
    ///
    /// # Errors
    /// The token is not in force, or is the last administrator's; the store cannot be written.
    pub async fn revoke_token(&self, id: &str) -> Result<TokenRow, HubError> {
        let now = self.clock.millis();
        let mut tx = self.store.begin_tokens().await?;
        let failed = |e| HubError::Store(self.store.failed(e));
        let all = token::tokens(&mut tx).await.map_err(failed)?;
        let token = standing(&all, id, now)?;
        let others = all.iter().any(|t| t.id != id && administers(t, now));
        if administers(token, now) && !others {
            return Err(HubError::said(
                format!("{id} 是最后一个管理员令牌：请先创建另一个（huitu token create --role security 或 admin），再撤销它"),
                format!(
                    "{id} is the last administrator's token: make another one first (`huitu token create --role security`, or admin), then revoke it"
                ),
            ));
        }
        token::revoke_token(&mut tx, id, now).await.map_err(failed)?;
        tx.commit().await.map_err(failed)?;
        Ok(TokenRow { revoked_at: Some(now), ..token.clone() })
    }

    /// A department's token names its registry, and nobody else's does; one that pushes is of a registry that is pushed.
    async fn check_registry(&self, role: Role, registry: Option<&str>) -> Result<(), HubError> {
        let role_name = role.name();
        match (role.has_registry(), registry) {
            (true, None) => Err(HubError::said(
                format!("角色 {role_name} 需要登记库：它属于一个部门"),
                format!("the role {role_name} needs a registry: it is a department's"),
            )),
            (false, Some(_)) => Err(HubError::said(
                format!("角色 {role_name} 不属于任何登记库；只有 ingest 和 partner 属于"),
                format!("the role {role_name} is of no registry; only ingest and partner are"),
            )),
            (false, None) => Ok(()),
            (true, Some(registry)) => {
                let (connector, _) = self.registry(registry).await?;
                match role != Role::Ingest || connector.source.transport == Transport::Push {
                    true => Ok(()),
                    false => Err(HubError::said(
                        format!("登记「{registry}」由本系统拉取；只有 source.transport = \"push\" 的登记才需要推送令牌"),
                        format!(
                            "registry \"{registry}\" is pulled; only one with source.transport = \"push\" needs a token to push"
                        ),
                    )),
                }
            }
        }
    }

    /// Areas by code. A district's token names its district, and every area is one that there is: a misspelt one would see nothing, or
    /// everything.
    fn known_areas(&self, role: Role, areas: &[String]) -> Result<Vec<String>, HubError> {
        if role == Role::District && areas.is_empty() {
            return Err(HubError::said(
                "角色 district 需要 --area：例如 --area 110105；查看全市请用 --role analyst",
                "the role district needs --area, such as --area 110105; for the whole city use --role analyst",
            ));
        }
        let edition = self.editions.current().ok();
        let code = |area: &String| {
            let of_edition = || edition.as_ref().and_then(|e| e.area(area)).map(|_| area.clone());
            unit_code(area, None).or_else(of_edition).ok_or_else(|| {
                let area = visible(area);
                HubError::said(
                    format!("没有区域 {area}：请使用 6 位或 9 位区划代码（如 110105），或工会单位的代码"),
                    format!(
                        "there is no area {area}: give a division code of 6 or 9 digits such as 110105, or the code of a federation unit"
                    ),
                )
            })
        };
        areas.iter().map(code).collect()
    }
}

/// The token of an id that is in force.
fn standing<'a>(all: &'a [TokenRow], id: &str, now: i64) -> Result<&'a TokenRow, HubError> {
    all.iter().find(|t| t.id == id && stands(t, now)).ok_or_else(|| {
        let id = visible(id);
        HubError::said(
            format!("没有生效中的令牌 {id}；用 huitu token list 查看"),
            format!("there is no token {id} in force; `huitu token list` shows them"),
        )
    })
}

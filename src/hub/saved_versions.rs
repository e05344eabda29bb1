//! Settings that persons save over what the configuration says, version by version: who, when, why, what it changed, and what stands since.
//!
//! In: a change, keys to be taken back, and the version that was looked at. Out: a version more, or who was faster. What the settings
//! mean, and what follows of them, say `policy_versions` and `registry_settings`.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::HubError;
use crate::model::text::visible;
use crate::store::saved_version::SavedVersionRow;

/// Characters of a reason.
const LONGEST_REASON: usize = 500;

/// Settings that stand over the configuration, each part by its key. As JSON `{}` is nothing.
pub trait SavedSettings: Clone + Default + PartialEq + Serialize + DeserializeOwned {
    /// These over earlier ones.
    fn over(&self, earlier: &Self) -> Self;
    /// These without what stands under a key.
    fn without(&self, key: &str) -> Self;
    /// What stands under which key; None: switched off.
    fn settings(&self) -> Vec<(String, Option<String>)>;
    /// Whether nothing stands.
    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
    /// Whether something stands under a key.
    fn has(&self, key: &str) -> bool {
        self.settings().iter().any(|(known, _)| known == key)
    }

    /// These without what stands under some keys.
    ///
    /// # Errors
    /// Nobody saved one of them.
    fn taken_back(&self, keys: &[String]) -> Result<Self, HubError> {
        if let Some(unknown) = keys.iter().find(|key| !self.has(key)) {
            let (unknown, known) =
                (visible(unknown), self.settings().into_iter().map(|(key, _)| key).collect::<Vec<_>>().join(", "));
            return Err(HubError::said(
                format!("没有保存过「{unknown}」，无可撤回；已保存：{known}"),
                format!("nobody saved \"{unknown}\": there is nothing to take back; saved: {known}"),
            ));
        }
        Ok(keys.iter().fold(self.clone(), |left, key| left.without(key)))
    }
}

/// A version, as somebody saved it.
#[derive(Debug, Clone, PartialEq)]
pub struct SavedVersion<C> {
    /// From 1 on; the highest is in force.
    pub number: u32,
    /// Milliseconds since 1970.
    pub at: i64,
    pub by: String,
    pub reason: String,
    /// What it changed; nothing where it only took back.
    pub changed: C,
    /// All that stands over the configuration since.
    pub saved: C,
}

/// Reads versions; `what` names in both languages whose they are.
pub(super) fn read_versions<C: SavedSettings>(
    rows: Vec<SavedVersionRow>,
    what: &[String; 2],
) -> Result<Vec<SavedVersion<C>>, HubError> {
    rows.into_iter().map(|row| read_version(row, what)).collect()
}

pub(super) fn read_version<C: SavedSettings>(row: SavedVersionRow, [zh, en]: &[String; 2]) -> Result<SavedVersion<C>, HubError> {
    let parsed = |text: &str| {
        serde_json::from_str(text).map_err(|e| {
            HubError::said(
                format!("保存的{zh}第 {} 版无法读取：{e}；请从备份恢复", row.number),
                format!("version {} of the saved {en} cannot be read: {e}; restore the store from a backup", row.number),
            )
        })
    };
    let (changed, saved) = (parsed(&row.changed)?, parsed(&row.saved)?);
    Ok(SavedVersion {
        number: u32::try_from(row.number).unwrap_or(u32::MAX),
        at: row.at,
        by: row.by_whom,
        reason: row.reason,
        changed,
        saved,
    })
}

/// A version as the store keeps it.
pub(super) fn written<C: SavedSettings>(version: &SavedVersion<C>) -> SavedVersionRow {
    let text = |settings: &C| serde_json::to_string(settings).expect("settings are plain");
    SavedVersionRow {
        number: i64::from(version.number),
        at: version.at,
        by_whom: version.by.clone(),
        reason: version.reason.clone(),
        changed: text(&version.changed),
        saved: text(&version.saved),
    }
}

/// Keys that a version took back: saved in the one before and not since.
pub fn taken_back_by<C: SavedSettings>(version: &SavedVersion<C>, before: Option<&SavedVersion<C>>) -> Vec<String> {
    let stood = before.map(|before| before.saved.settings()).unwrap_or_default();
    stood.into_iter().map(|(key, _)| key).filter(|key| !version.saved.has(key)).collect()
}

/// A reason without blanks around it.
///
/// # Errors
/// There is none, or it is too long.
pub(super) fn reason_of(reason: &str) -> Result<String, HubError> {
    match reason.trim() {
        "" => {}
        text if text.chars().count() > LONGEST_REASON => {}
        text => return Ok(text.to_owned()),
    }
    Err(HubError::said(
        format!("请写明理由，至多 {LONGEST_REASON} 字"),
        format!("say why, in at most {LONGEST_REASON} characters"),
    ))
}

/// Somebody else was faster.
pub(super) fn overtaken<C>(newest: Option<&SavedVersion<C>>) -> HubError {
    match newest {
        Some(v) => HubError::said(
            format!("{} 已先保存了第 {} 版（理由：{}）：请核对现行参数后再保存", v.by, v.number, v.reason),
            format!(
                "{} has saved version {} meanwhile (why: {}): look at what is in force, then save again",
                v.by, v.number, v.reason
            ),
        ),
        None => HubError::said("尚未保存过任何版本：basedOn 应为 0", "no version was ever saved: basedOn is 0"),
    }
}

//! Which chains of the audit there are, kept in the store beside the list in their folder: whoever removes a chain with its list would have
//! to change the store too.
//!
//! In: the marks of the chains of this data folder. Out: all that were ever noted of it.

use super::error::HubError;
use super::open::Hub;
use crate::store::set_meta;

impl Hub {
    /// Under which name the store keeps them: several nodes with folders of their own may share a store.
    fn audit_chains_key(&self) -> String {
        let data = &self.settings.data;
        format!("audit_chains:{}", std::path::absolute(data).unwrap_or_else(|_| data.clone()).display())
    }

    /// The marks that were noted, in the order in which they were.
    ///
    /// # Errors
    /// The store cannot be read.
    pub async fn audit_chains(&self) -> Result<Vec<String>, HubError> {
        let kept = self.store.meta(&self.audit_chains_key()).await?;
        Ok(kept.map(|text| text.split(' ').filter(|mark| !mark.is_empty()).map(str::to_owned).collect()).unwrap_or_default())
    }

    /// Notes marks; none that was noted is ever taken back.
    ///
    /// # Errors
    /// The store cannot be written.
    pub async fn note_audit_chains(&self, marks: &[String]) -> Result<(), HubError> {
        let mut known = self.audit_chains().await?;
        let before = known.len();
        for mark in marks {
            if !known.contains(mark) {
                known.push(mark.clone());
            }
        }
        if known.len() == before {
            return Ok(());
        }
        let mut tx = self.store.begin().await?;
        set_meta(&mut tx, &self.audit_chains_key(), &known.join(" ")).await.map_err(|e| self.store.failed(e))?;
        tx.commit().await.map_err(|e| self.store.failed(e))?;
        Ok(())
    }
}

//! Stored rows that no connector of today can read: an edition lacks them, and says so.

use std::sync::Arc;

use crate::connector::Connector;
use crate::land::receipt::Receipt;
use crate::model::problem::Problem;
use crate::model::record::RegistryIndex;

/// Says how many they are and of which registries, in the log and on the receipts.
pub(super) fn tell(unreadable: &[(i64, RegistryIndex)], registries: &[Arc<Connector>], receipts: &mut [Receipt]) {
    for (at, connector) in registries.iter().enumerate() {
        let mut ids = unreadable.iter().filter(|(_, registry)| usize::from(*registry) == at).map(|(id, _)| *id);
        let Some(first) = ids.next() else { continue };
        let (name, rows) = (&connector.name, 1 + ids.count());
        let notice = Problem {
            code: "records_unreadable".into(),
            zh: format!(
                "库中有 {rows} 条记录按现在的连接器无法读取（如编号 {first}），未计入本期，但仍保留在库中；请修正连接器「{name}」后重新同步"
            ),
            en: format!(
                "{rows} stored records cannot be read by today's connector (one is number {first}): this edition lacks them, the store \
                 keeps them; mend connector \"{name}\" and sync again"
            ),
            remedy: None,
        };
        tracing::warn!(registry = name, rows, first, "{}", notice.en);
        if let Some(receipt) = receipts.iter_mut().find(|r| r.registry == *name && r.notice.is_none()) {
            receipt.notice = Some(notice);
        }
    }
}

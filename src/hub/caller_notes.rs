//! What a caller keeps for themselves: who they are in the federation, and views of pages under a name.

use super::error::HubError;
use super::open::Hub;
use crate::cases::standing::CaseOwner;
use crate::model::text::visible;
use crate::store::caller::{SavedViewRow, SeatRow};

/// Views of one caller, at most.
pub const MOST_VIEWS: usize = 200;
/// Characters of a name, a page, a query.
const LONGEST_NAME: usize = 60;
const LONGEST_PAGE: usize = 40;
const LONGEST_QUERY: usize = 8_000;

fn text<'a>(what: (&str, &str), text: &'a str, most: usize) -> Result<&'a str, HubError> {
    let text = text.trim();
    match text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
        false => Ok(text),
        true => Err(HubError::said(
            format!("{}应有 1 到 {most} 个字，不含控制字符", what.0),
            format!("{} has 1 to {most} characters and none that control a terminal", what.1),
        )),
    }
}

impl Hub {
    /// Notes who a caller is in the federation; None takes it back.
    ///
    /// # Errors
    /// There is no such unit; a text that is too long; the store cannot be written.
    pub async fn set_seat(&self, caller: &str, seat: Option<CaseOwner>) -> Result<(), HubError> {
        let row = match seat {
            None => None,
            Some(seat) => {
                let unit = self.owner_unit(&seat.unit).await?;
                let given = |what, of: Option<String>| -> Result<Option<String>, HubError> {
                    let of = of.filter(|t| !t.trim().is_empty());
                    of.map(|of| text(what, &of, LONGEST_NAME).map(str::to_owned)).transpose()
                };
                Some(SeatRow {
                    unit, role: given(("职务", "a role"), seat.role)?, name: given(("姓名", "a name"), seat.name)?
                })
            }
        };
        Ok(self.store.put_seat(caller, row.as_ref(), self.clock.millis()).await?)
    }

    /// Saves a view of a page under a name; one of that name is replaced.
    ///
    /// # Errors
    /// A text that is empty or too long; the caller has as many as there may be; the store cannot be written.
    pub async fn save_view(&self, caller: &str, page: &str, name: &str, query: &str) -> Result<SavedViewRow, HubError> {
        let page = text(("页面", "a page"), page, LONGEST_PAGE)?;
        let name = text(("名称", "a name"), name, LONGEST_NAME)?;
        if query.chars().count() > LONGEST_QUERY || query.chars().any(char::is_control) {
            return Err(HubError::said(
                format!("查询不超过 {LONGEST_QUERY} 个字，不含控制字符"),
                format!("a query has at most {LONGEST_QUERY} characters and none that control a terminal"),
            ));
        }
        let all = self.store.saved_views(caller, None).await?;
        if all.len() >= MOST_VIEWS && !all.iter().any(|view| view.page == page && view.name == name) {
            return Err(HubError::said(
                format!("最多保存 {MOST_VIEWS} 个视图：请先删除不用的"),
                format!("at most {MOST_VIEWS} views are kept: remove one that is not used first"),
            ));
        }
        let view =
            SavedViewRow { page: page.to_owned(), name: name.to_owned(), query: query.to_owned(), at: self.clock.millis() };
        self.store.put_view(caller, &view).await?;
        Ok(view)
    }

    /// Removes a view.
    ///
    /// # Errors
    /// There is none of that name; the store cannot be written.
    pub async fn remove_view(&self, caller: &str, page: &str, name: &str) -> Result<(), HubError> {
        match self.store.remove_view(caller, page.trim(), name.trim()).await? {
            true => Ok(()),
            false => {
                let name = visible(name);
                Err(HubError::said(format!("没有视图「{name}」"), format!("there is no view \"{name}\"")))
            }
        }
    }
}

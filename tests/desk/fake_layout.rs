//! The fake office's checker of layouts: every draft has one error on its first page, unless
//! it is said to be clean.

use jiff::Timestamp;
use vanthu::desk::door::{Door, LayoutDoor};
use vanthu::domain::document::{BlobHash, DocumentKey};
use vanthu::domain::layout::{Area, Finding, LayoutCheck, Place, Rule, Severity};
use vanthu::domain::problem::Problem;

use super::{FakeDoor, FakeKeeper};

pub fn one_error() -> LayoutCheck {
    LayoutCheck {
        file: BlobHash("00".to_owned()),
        profile: "current".to_owned(),
        checked_at: Timestamp::UNIX_EPOCH,
        pages: 1,
        unread: Vec::new(),
        findings: vec![Finding {
            rule: Rule::Date,
            severity: Severity::Error,
            code: "date-day".to_owned(),
            component: "place-date".to_owned(),
            place: Some(Place {
                page: 0,
                areas: vec![Area { x: 3000, y: 1200, width: 1500, height: 160 }],
            }),
            args: vec![("found".to_owned(), "Tân Bình, ngày 6 tháng 11".to_owned())],
            cite: "Nghị định 30/2020/NĐ-CP Phụ lục I".to_owned(),
        }],
    }
}

impl LayoutDoor for FakeDoor {
    fn layout_check(&self, key: DocumentKey) -> Result<Option<LayoutCheck>, Problem> {
        self.outbound_document(key)?;
        let books = self.keeper.enter()?;
        let checked = books.deeds.iter().any(|deed| deed == "layout checked");
        Ok(checked.then(one_error))
    }

    fn check_layout(&self, key: DocumentKey) -> Result<LayoutCheck, Problem> {
        self.outbound_document(key)?;
        self.keeper.enter()?.deeds.push("layout checked".to_owned());
        Ok(one_error())
    }

    fn component(&self, _finding: &Finding) -> String {
        "Địa danh, thời gian".to_owned()
    }
}

impl FakeKeeper {
    /// The layout of every draft has been checked.
    pub fn layouts_checked(&self) {
        self.books().deeds.push("layout checked".to_owned());
    }
}

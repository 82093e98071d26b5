//! What the window asks about the layout of outbound documents.

use std::fmt::Debug;

use crate::domain::document::DocumentKey;
use crate::domain::layout::{Finding, LayoutCheck};
use crate::domain::problem::Problem;
use crate::office::Office;
use crate::office::check_layout::component;

/// The part of the door that leads to the checker of layouts. Every method may block, except
/// [`LayoutDoor::component`].
pub trait LayoutDoor: Debug + Send + Sync {
    /// What was found in the present version of the file; `None` where it was not checked.
    fn layout_check(&self, key: DocumentKey) -> Result<Option<LayoutCheck>, Problem>;
    /// Checks now and keeps the result.
    fn check_layout(&self, key: DocumentKey) -> Result<LayoutCheck, Problem>;
    /// The name of the component that a finding concerns; empty for none.
    fn component(&self, finding: &Finding) -> String;
}

impl LayoutDoor for Office {
    fn layout_check(&self, key: DocumentKey) -> Result<Option<LayoutCheck>, Problem> {
        Self::layout_check(self, key)
    }

    fn check_layout(&self, key: DocumentKey) -> Result<LayoutCheck, Problem> {
        Self::check_layout(self, key)
    }

    fn component(&self, finding: &Finding) -> String {
        component(finding, self.profile())
    }
}

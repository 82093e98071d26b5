//! What the window asks of the office about certified copies.

use std::fmt::Debug;
use std::sync::Arc;

use crate::domain::copy::CertifiedCopy;
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::office::certify::{CopyDesk, CopyOrder};
use crate::office::{Office, SignOrder};

/// Every method may block.
pub trait CopyDoor: Debug + Send + Sync {
    /// The copies that were made of a document, and what may be made of it.
    fn copy_desk(&self, key: DocumentKey) -> Result<CopyDesk, Problem>;
    /// Makes one more; without a hand where it goes on paper.
    fn certify_copy(
        &self,
        order: &CopyOrder,
        hand: Option<&SignOrder>,
    ) -> Result<CertifiedCopy, Problem>;
    /// A copy's own file.
    fn copy_file(&self, id: DocumentKey) -> Result<(CertifiedCopy, Arc<[u8]>), Problem>;
}

impl CopyDoor for Office {
    super::pass_on! {
        fn copy_desk(&self, key: DocumentKey) -> Result<CopyDesk, Problem>;
        fn certify_copy(&self, order: &CopyOrder, hand: Option<&SignOrder>)
            -> Result<CertifiedCopy, Problem>;
        fn copy_file(&self, id: DocumentKey) -> Result<(CertifiedCopy, Arc<[u8]>), Problem>;
    }
}

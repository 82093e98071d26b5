//! What a profile asks of certified copies.

use serde::Deserialize;

use super::Profile;
use super::facts::{AppearanceLine, CornerSignature};
use crate::domain::copy::{CopyForm, CopyKind};

/// Which copies may be made, and how they are signed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Copies {
    pub rows: Vec<CopyRow>,
    /// The organisation's signature on an electronic copy.
    pub corner: CornerSignature,
    pub cite: String,
    pub confirmed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CopyRow {
    pub kind: CopyKind,
    pub forms: Vec<CopyForm>,
}

impl Profile {
    pub const fn copies(&self) -> &Copies {
        &self.copies
    }

    /// Whether a copy of this kind may be made so.
    pub fn permits_copy(&self, kind: CopyKind, form: CopyForm) -> bool {
        self.copies.rows.iter().any(|row| row.kind == kind && row.forms.contains(&form))
    }
}

/// What is wrong with the section, if anything.
pub(super) fn contradiction(profile: &Profile) -> Option<String> {
    for row in &profile.copies.rows {
        if profile.document_type(row.kind.type_key()).is_none() {
            return Some(format!("copies: there is no type {}", row.kind.type_key()));
        }
    }
    let says_kind = profile.copies.corner.lines.contains(&AppearanceLine::CopyKind);
    (!says_kind).then(|| "copies.corner: the kind of copy is not said".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_goes_on_paper_and_says_its_kind() {
        for name in Profile::names() {
            let profile = Profile::built_in(name).unwrap();
            for kind in CopyKind::ALL {
                assert!(profile.permits_copy(kind, CopyForm::ElectronicToPaper), "{name} {kind:?}");
                assert_eq!(profile.book_series(kind.type_key()), "BS");
            }
            assert!(!profile.copies().corner.image);
        }
    }
}

//! For which of the six acts a signature was made: approve, issue, income, appendix, copy,
//! comment, as the Government's signing service names them.
//!
//! No attribute of a signature says so by law. The signer's own words (`/Reason`) tell it
//! where they are this program's or speak of one of the acts; else the document does: a person
//! approves, and an organisation that seals what a person has signed issues it. Whatever else
//! there is stays without a name. Words of another kind of signature name nothing: a person
//! does not issue.

use crate::domain::act::SigningAct;
use crate::domain::outbound::SignatureKind;
use crate::domain::text;
use crate::signing::report::SignatureReport;

/// Names the acts of a file's signatures.
pub(super) fn name(signatures: &mut [SignatureReport]) {
    let personal: Vec<usize> = signatures
        .iter()
        .filter(|found| found.kind == Some(SignatureKind::Personal))
        .filter_map(|found| found.signed_length)
        .collect();
    for found in signatures.iter_mut().filter(|found| !found.is_document_timestamp) {
        let said = found.stated_reason.as_deref().and_then(in_words);
        let said = said.filter(|act| found.kind.is_none_or(|kind| act.kind() == kind));
        let length = found.signed_length.unwrap_or_default();
        found.act = said.or(match found.kind {
            Some(SignatureKind::Personal) => Some(SigningAct::Approve),
            Some(SignatureKind::Organisation) if personal.iter().any(|own| *own < length) => {
                Some(SigningAct::Issue)
            }
            _ => None,
        });
    }
}

/// The act that these words name, however they are written.
fn in_words(words: &str) -> Option<SigningAct> {
    use SigningAct::{Appendix, Approve, Comment, Copy, Income, Issue};
    const SAYINGS: [(&str, SigningAct); 20] = [
        ("vgca_sign_approved", Approve),
        ("phe duyet", Approve),
        ("vgca_sign_issued", Issue),
        ("phat hanh", Issue),
        ("vgca_sign_income", Income),
        ("van ban den", Income),
        ("cong van den", Income),
        ("vgca_sign_appendix", Appendix),
        ("phu luc", Appendix),
        ("tai lieu kem theo", Appendix),
        ("vgca_sign_copy", Copy),
        ("sao y", Copy),
        ("sao luc", Copy),
        ("trich sao", Copy),
        ("ban sao", Copy),
        ("vgca_comment", Comment),
        ("gop y", Comment),
        ("but phe", Comment),
        ("cho y kien", Comment),
        ("y kien chi dao", Comment),
    ];
    if let Some(act) = SigningAct::from_reason(words) {
        return Some(act);
    }
    let folded = text::fold(&text::tidy(words));
    if let Some(act) = SigningAct::ALL.into_iter().find(|act| act.key() == folded) {
        return Some(act);
    }
    SAYINGS.into_iter().find(|(saying, _)| folded.contains(saying)).map(|(_, act)| act)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_their_act() {
        for (words, act) in [
            ("approve", Some(SigningAct::Approve)),
            ("Issue", Some(SigningAct::Issue)),
            ("Ký phê duyệt văn bản", Some(SigningAct::Approve)),
            ("KÝ SỐ PHÁT HÀNH", Some(SigningAct::Issue)),
            ("Ký văn bản đến", Some(SigningAct::Income)),
            ("Phụ lục kèm theo Quyết định", Some(SigningAct::Appendix)),
            ("Sao y bản chính", Some(SigningAct::Copy)),
            ("Góp ý dự thảo", Some(SigningAct::Comment)),
            (SigningAct::Appendix.reason(), Some(SigningAct::Appendix)),
            ("Ký duyệt văn bản [copy]", Some(SigningAct::Copy)),
            ("Tôi là tác giả", None),
            ("", None),
        ] {
            assert_eq!(in_words(words), act, "{words}");
        }
    }
}

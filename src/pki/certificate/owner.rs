//! Whose certificate it is, and whether documents may be signed with it.

use crate::domain::outbound::SignatureKind;
use crate::pki::oid;

use super::{Certificate, Name};

/// How well a certificate suits the signing of documents, from worst to best. Of several
/// on a token, the highest is the one to offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum SigningFitness {
    /// An authority's, a service's, one with a weak or unknown key, or one whose keyUsage
    /// knows no signatures.
    Unfit,
    /// For logging in: digitalSignature only, and extKeyUsage names other purposes.
    AuthenticationOnly,
    /// Nothing speaks against it.
    Allowed,
    /// nonRepudiation (contentCommitment) is set: made for this.
    Intended,
}

impl Certificate {
    /// How well the certificate suits the signing of documents (RFC 5280, 4.2.1.3 and
    /// 4.2.1.12). The period of validity is not looked at.
    pub fn signing_fitness(&self) -> SigningFitness {
        if self.key_kind().is_strong_enough() {
            self.usage_fitness()
        } else {
            SigningFitness::Unfit
        }
    }

    /// The same, as far as the certificate's extensions tell.
    pub(in crate::pki) fn usage_fitness(&self) -> SigningFitness {
        use SigningFitness::{Allowed, AuthenticationOnly, Intended, Unfit};
        let service = [oid::TIME_STAMPING, oid::OCSP_SIGNING]
            .iter()
            .any(|purpose| self.has_extended_usage(purpose));
        if self.is_ca() || service {
            return Unfit;
        }
        let limited_to_others = self.extensions().extended.is_some()
            && ![
                oid::ANY_EXTENDED_KEY_USAGE,
                oid::EMAIL_PROTECTION,
                oid::DOCUMENT_SIGNING,
                oid::MICROSOFT_DOCUMENT_SIGNING,
                oid::ADOBE_AUTHENTIC_DOCUMENTS,
            ]
            .iter()
            .any(|purpose| self.has_extended_usage(purpose));
        match self.key_usage() {
            Some(usage) if usage.non_repudiation() => Intended,
            Some(usage) if !usage.digital_signature() => Unfit,
            _ if limited_to_others => AuthenticationOnly,
            _ => Allowed,
        }
    }

    /// Whether documents may be signed with it: keyUsage allows signatures and nothing
    /// limits it to authentication.
    pub fn may_sign_documents(&self) -> bool {
        self.signing_fitness() >= SigningFitness::Allowed
    }

    /// Whether it belongs to a person or to an organisation, as far as its subject tells.
    ///
    /// No certificate says so outright. In this order: a person's number in the user id
    /// (`CCCD:`, `CMND:`, `HC:` …) makes it personal; a tax or budget code (`MST:`, `MNS:` …)
    /// the organisation's; a job title personal (Nghị định 23/2025/NĐ-CP Điều 13 and 14); a
    /// common name that is also O or OU, or begins like an agency's, the organisation's; any
    /// other common name beside an O or OU personal, as the Government's authority writes
    /// its officials. `None` where none of this applies.
    pub fn owner_kind(&self) -> Option<SignatureKind> {
        owner_kind(self.subject())
    }
}

fn owner_kind(name: &Name) -> Option<SignatureKind> {
    const PERSON: [&str; 7] = ["CCCD", "CMND", "CMT", "CC", "DDCN", "HC", "HCH"];
    const ORGANISATION: [&str; 5] = ["MST", "MNS", "MSDN", "MDD", "QD"];
    let marked = |marks: &[&str]| {
        name.uids.iter().any(|uid| {
            uid.split_once([':', '-', '=']).is_some_and(|(mark, _)| {
                marks.iter().any(|known| mark.trim().eq_ignore_ascii_case(known))
            })
        })
    };
    let common = same_case(name.common_name.as_deref()?);
    let agencies = || name.organisation.iter().chain(&name.organisational_units);
    if marked(&PERSON) {
        Some(SignatureKind::Personal)
    } else if marked(&ORGANISATION) {
        Some(SignatureKind::Organisation)
    } else if name.title.is_some() {
        Some(SignatureKind::Personal)
    } else if agencies().any(|agency| same_case(agency) == common)
        || AGENCY_BEGINNINGS.iter().any(|beginning| common.starts_with(beginning))
    {
        Some(SignatureKind::Organisation)
    } else if agencies().next().is_some() {
        Some(SignatureKind::Personal)
    } else {
        None
    }
}

/// How the names of Vietnamese agencies begin, lower case, none of them like a family name.
const AGENCY_BEGINNINGS: [&str; 38] = [
    "ủy ban ",
    "uỷ ban ",
    "ubnd ",
    "hội đồng ",
    "hđnd ",
    "sở ",
    "bộ ",
    "văn phòng ",
    "phòng ",
    "ban ",
    "cục ",
    "chi cục ",
    "tổng cục ",
    "vụ ",
    "thanh tra ",
    "trung tâm ",
    "trường ",
    "bệnh viện ",
    "trạm ",
    "viện ",
    "công an ",
    "tòa án ",
    "toà án ",
    "kho bạc ",
    "bảo hiểm ",
    "thuế ",
    "hải quan ",
    "quỹ ",
    "đảng ủy ",
    "đảng uỷ ",
    "tỉnh ủy ",
    "tỉnh uỷ ",
    "huyện ủy ",
    "đảng bộ ",
    "chi nhánh ",
    "công ty ",
    "mặt trận ",
    "ngân hàng ",
];

fn same_case(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(common: &str, agency: &str, title: Option<&str>, uid: &str) -> Option<SignatureKind> {
        owner_kind(&Name {
            common_name: (!common.is_empty()).then(|| common.to_owned()),
            organisation: (!agency.is_empty()).then(|| agency.to_owned()),
            title: title.map(str::to_owned),
            uids: if uid.is_empty() { Vec::new() } else { vec![uid.to_owned()] },
            ..Name::default()
        })
    }

    #[test]
    fn subjects_seen_in_the_field() {
        use SignatureKind::{Organisation, Personal};
        let commune = "Ủy ban nhân dân xã Tân Bình";
        assert_eq!(kind("Nguyễn Văn An", commune, Some("Chủ tịch"), ""), Some(Personal));
        assert_eq!(kind("Nguyễn Văn An", commune, None, "CCCD:001099000001"), Some(Personal));
        assert_eq!(kind("Đoàn Thị Bé", commune, None, ""), Some(Personal));
        assert_eq!(kind(commune, commune, None, ""), Some(Organisation));
        assert_eq!(kind("UBND XÃ TÂN BÌNH", "Tỉnh Hậu Giang", None, ""), Some(Organisation));
        assert_eq!(kind("Tân Bình", "Tỉnh Hậu Giang", None, "MST:6300000001"), Some(Organisation));
        assert_eq!(kind("Phạm Văn Lạ", "", None, ""), None);
        assert_eq!(kind("", commune, None, ""), None);
    }

    #[test]
    fn fitness_is_ordered() {
        assert!(SigningFitness::Intended > SigningFitness::Allowed);
        assert!(SigningFitness::Allowed > SigningFitness::AuthenticationOnly);
        assert!(SigningFitness::AuthenticationOnly > SigningFitness::Unfit);
    }
}

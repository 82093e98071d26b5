//! Who is who: whose certificate it is, as the office has settled it.
//!
//! A certificate's subject tells its owner only in words, and no certificate says outright
//! whether it is a person's or an organisation's. The administrator therefore links each to a
//! person of the office or to the organisation; what is linked signs as nothing else (Nghị
//! định 30/2020/NĐ-CP Điều 32 and Thông tư 01/2019/TT-BNV Điều 12 and 13: the leader signs
//! with the personal certificate, only the clerk with the organisation's). A certificate
//! renewed by the same authority for the same subject is known again without a new link.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::outbound::SignatureKind;

/// Whose a certificate is.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Owner {
    Organisation,
    /// The user of that name.
    Person(String),
}

/// What tells one certificate from another, without reading it again.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateFacts {
    /// SHA-256 of the DER, lower-case hex.
    pub fingerprint: String,
    /// SHA-256 over subject and issuer, lower-case hex: the same when it is renewed.
    pub lineage: String,
    /// Lower-case hex.
    pub serial: String,
    /// For people.
    pub subject: String,
    pub issuer: String,
    pub not_before: Timestamp,
    pub not_after: Timestamp,
}

/// A certificate with its owner.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct CertificateLink {
    pub owner: Owner,
    #[serde(flatten)]
    pub certificate: CertificateFacts,
}

/// Why a certificate must not sign as what it was asked to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Misfit {
    /// The organisation's, where a person signs.
    OfOrganisation,
    /// A person's, where the organisation signs.
    OfPerson { user: String },
    /// Another person's.
    OfAnother { user: String },
    /// The owner has linked certificates, and this is none of them.
    NotLinked,
}

/// Whose a certificate is: by its own link, else by that of the one it renews.
pub fn owner<'a>(
    links: &'a [CertificateLink],
    certificate: &CertificateFacts,
) -> Option<&'a Owner> {
    let this = |link: &&CertificateLink| link.certificate.fingerprint == certificate.fingerprint;
    let renewed = |link: &&CertificateLink| link.certificate.lineage == certificate.lineage;
    let link = links.iter().find(this).or_else(|| links.iter().find(renewed));
    link.map(|link| &link.owner)
}

/// Whether `certificate` may sign as `kind` by the hand of `user`. `Ok(true)` where a link
/// says so, `Ok(false)` where nothing is linked that could tell.
pub fn permitted(
    links: &[CertificateLink],
    certificate: &CertificateFacts,
    kind: SignatureKind,
    user: &str,
) -> Result<bool, Misfit> {
    match (owner(links, certificate), kind) {
        (Some(Owner::Organisation), SignatureKind::Organisation) => Ok(true),
        (Some(Owner::Organisation), SignatureKind::Personal) => Err(Misfit::OfOrganisation),
        (Some(Owner::Person(owner)), SignatureKind::Organisation) => {
            Err(Misfit::OfPerson { user: owner.clone() })
        }
        (Some(Owner::Person(owner)), SignatureKind::Personal) if owner == user => Ok(true),
        (Some(Owner::Person(owner)), SignatureKind::Personal) => {
            Err(Misfit::OfAnother { user: owner.clone() })
        }
        (None, kind) => {
            let wanted = match kind {
                SignatureKind::Organisation => Owner::Organisation,
                SignatureKind::Personal => Owner::Person(user.to_owned()),
            };
            let settled = links.iter().any(|link| link.owner == wanted);
            if settled { Err(Misfit::NotLinked) } else { Ok(false) }
        }
    }
}

/// How near the end of a certificate is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Nearness {
    Within60Days,
    Within30Days,
    Within7Days,
    Expired,
}

/// A linked certificate that ends soon, and no other of its owner lasts longer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExpiryWarning {
    pub link: CertificateLink,
    pub nearness: Nearness,
    /// Whole days left, 0 on the last one; negative once it has expired.
    pub days_left: i64,
}

/// What should be renewed, the most pressing first.
pub fn expiry_warnings(links: &[CertificateLink], now: Timestamp) -> Vec<ExpiryWarning> {
    const DAY: i64 = 86_400;
    let mut warnings: Vec<ExpiryWarning> = links
        .iter()
        .filter(|link| {
            !links.iter().any(|other| {
                other.owner == link.owner
                    && other.certificate.not_after > link.certificate.not_after
            })
        })
        .filter_map(|link| {
            let left = link.certificate.not_after.as_second() - now.as_second();
            let days_left = left.div_euclid(DAY);
            let nearness = match days_left {
                ..0 => Nearness::Expired,
                0..7 => Nearness::Within7Days,
                7..30 => Nearness::Within30Days,
                30..60 => Nearness::Within60Days,
                _ => return None,
            };
            Some(ExpiryWarning { link: link.clone(), nearness, days_left })
        })
        .collect();
    warnings.sort_by_key(|warning| warning.days_left);
    warnings
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: i64 = 1_795_000_000;

    fn facts(name: &str, lineage: &str, days: i64) -> CertificateFacts {
        CertificateFacts {
            fingerprint: name.to_owned(),
            lineage: lineage.to_owned(),
            serial: name.to_owned(),
            subject: name.to_owned(),
            issuer: String::new(),
            not_before: Timestamp::UNIX_EPOCH,
            not_after: Timestamp::from_second(NOW + days * 86_400).unwrap(),
        }
    }

    fn link(name: &str, owner: Owner) -> CertificateLink {
        CertificateLink { owner, certificate: facts(name, &format!("{name}-line"), 400) }
    }

    fn person(user: &str) -> Owner {
        Owner::Person(user.to_owned())
    }

    #[test]
    fn what_is_linked_signs_as_nothing_else() {
        use SignatureKind::{Organisation, Personal};
        let links = [link("seal", Owner::Organisation), link("an", person("an"))];
        let asked = |name: &str, kind, user| {
            permitted(&links, &facts(name, &format!("{name}-line"), 1), kind, user)
        };
        assert_eq!(asked("seal", Organisation, "be"), Ok(true));
        assert_eq!(asked("an", Personal, "an"), Ok(true));
        assert_eq!(asked("seal", Personal, "an"), Err(Misfit::OfOrganisation));
        let user = || "an".to_owned();
        assert_eq!(asked("an", Organisation, "be"), Err(Misfit::OfPerson { user: user() }));
        assert_eq!(asked("an", Personal, "be"), Err(Misfit::OfAnother { user: user() }));
        assert_eq!(asked("x", Personal, "an"), Err(Misfit::NotLinked));
        assert_eq!(asked("x", Organisation, "be"), Err(Misfit::NotLinked));
        // Nothing is settled for her: what the subject tells must do.
        assert_eq!(asked("x", Personal, "be"), Ok(false));
    }

    #[test]
    fn a_renewed_certificate_is_known_again() {
        let links = [link("an", person("an"))];
        let renewed = facts("an-2027", "an-line", 800);
        assert_eq!(permitted(&links, &renewed, SignatureKind::Personal, "an"), Ok(true));
        assert!(permitted(&links, &renewed, SignatureKind::Organisation, "an").is_err());
    }

    #[test]
    fn warnings_come_60_30_and_7_days_ahead() {
        let now = Timestamp::from_second(NOW).unwrap();
        let nearness = |days| {
            let one = CertificateLink { owner: person("an"), certificate: facts("an", "", days) };
            expiry_warnings(&[one], now).first().map(|warning| warning.nearness)
        };
        assert_eq!(nearness(60), None);
        assert_eq!(nearness(59), Some(Nearness::Within60Days));
        assert_eq!(nearness(30), Some(Nearness::Within60Days));
        assert_eq!(nearness(29), Some(Nearness::Within30Days));
        assert_eq!(nearness(7), Some(Nearness::Within30Days));
        assert_eq!(nearness(6), Some(Nearness::Within7Days));
        assert_eq!(nearness(0), Some(Nearness::Within7Days));
        assert_eq!(nearness(-1), Some(Nearness::Expired));
        // The renewed one is linked already.
        let both = [5, 900].map(|days| CertificateLink {
            owner: person("an"),
            certificate: facts(&days.to_string(), "", days),
        });
        assert_eq!(expiry_warnings(&both, now), []);
    }

    proptest! {
        #[test]
        fn the_seal_never_signs_as_a_person_nor_a_person_as_the_seal(
            owners in proptest::collection::vec(0u8..3, 0..5),
            asked in 0usize..6,
        ) {
            let owner = |n: u8| if n == 0 { Owner::Organisation } else { person(&n.to_string()) };
            let links: Vec<_> = owners
                .iter()
                .enumerate()
                .map(|(at, n)| link(&at.to_string(), owner(*n)))
                .collect();
            let name = asked.to_string();
            let certificate = facts(&name, &format!("{name}-line"), 1);
            for (kind, user) in [(SignatureKind::Organisation, "1"), (SignatureKind::Personal, "1")] {
                if permitted(&links, &certificate, kind, user) == Ok(true) {
                    let wanted = match kind {
                        SignatureKind::Organisation => Owner::Organisation,
                        SignatureKind::Personal => person("1"),
                    };
                    prop_assert_eq!(&links[asked].owner, &wanted);
                }
            }
        }
    }
}

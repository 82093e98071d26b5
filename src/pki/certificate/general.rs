//! Alternative names, and the limits that an authority's certificate sets to the names below
//! it (RFC 5280, 4.2.1.6 and 4.2.1.10).

use crate::pki::asn1::{self, Element, Malformed};

use super::{Certificate, Name};

/// A GeneralName, as far as limits can be set to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::pki) enum GeneralName {
    Email(String),
    Dns(String),
    Directory(Box<Name>),
    Uri(String),
    /// An address, or in a limit an address and its mask.
    Address(Vec<u8>),
    /// Another kind, by its tag.
    Other(u8),
    /// Something that cannot be read; no limit lets it through.
    Unreadable,
}

/// Reads SubjectAltName.
pub(super) fn alternative_names(value: &[u8]) -> Vec<GeneralName> {
    let read = || -> Result<Vec<GeneralName>, Malformed> {
        let all = Element::whole(value)?.tagged(asn1::SEQUENCE)?.children().all()?;
        all.into_iter().map(GeneralName::read).collect()
    };
    read().unwrap_or_else(|_| vec![GeneralName::Unreadable])
}

impl GeneralName {
    fn read(element: Element<'_>) -> Result<Self, Malformed> {
        const EMAIL: u8 = asn1::context_primitive(1);
        const DNS: u8 = asn1::context_primitive(2);
        const DIRECTORY: u8 = asn1::context(4);
        const URI: u8 = asn1::context_primitive(6);
        const ADDRESS: u8 = asn1::context_primitive(7);
        let text = || {
            let text = std::str::from_utf8(element.content).map_err(|_| Malformed("name"))?;
            Ok::<_, Malformed>(text.trim().to_lowercase())
        };
        Ok(match element.tag {
            EMAIL => Self::Email(text()?),
            DNS => Self::Dns(text()?),
            DIRECTORY => Self::Directory(Box::new(Name::from_der(element.content)?)),
            URI => Self::Uri(text()?),
            ADDRESS => Self::Address(element.content.to_vec()),
            tag => Self::Other(tag),
        })
    }

    /// Whether this name lies within `limit`; `None` where they are of different kinds.
    fn within(&self, limit: &Self) -> Option<bool> {
        Some(match (self, limit) {
            (Self::Unreadable, _) | (_, Self::Unreadable) => return None,
            (Self::Email(name), Self::Email(limit)) => email_within(name, limit),
            (Self::Dns(name), Self::Dns(limit)) => host_below(name, limit) || name == limit,
            (Self::Uri(name), Self::Uri(limit)) => match host_of(name) {
                Some(host) if limit.starts_with('.') => host_below(host, limit),
                Some(host) => host == limit,
                None => false,
            },
            (Self::Directory(name), Self::Directory(limit)) => {
                name.folded.starts_with(&limit.folded)
            }
            (Self::Address(name), Self::Address(limit)) => address_within(name, limit),
            (Self::Other(name), Self::Other(limit)) if name == limit => false,
            _ => return None,
        })
    }
}

/// `a@b` is one mailbox, `b` every mailbox of a host, `.b` every host below.
fn email_within(name: &str, limit: &str) -> bool {
    let host = name.rsplit_once('@').map(|(_, host)| host);
    if limit.contains('@') {
        name == limit
    } else if limit.starts_with('.') {
        host.is_some_and(|host| host_below(host, limit))
    } else {
        host == Some(limit)
    }
}

/// Whether `host` is a proper part of the domain, with or without the dot before it.
fn host_below(host: &str, domain: &str) -> bool {
    let domain = domain.strip_prefix('.').unwrap_or(domain);
    domain.is_empty() || host.strip_suffix(domain).is_some_and(|before| before.ends_with('.'))
}

fn host_of(uri: &str) -> Option<&str> {
    let (_, rest) = uri.split_once("://")?;
    let authority = rest.split(['/', '?', '#']).next()?;
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty()).then_some(host)
}

fn address_within(name: &[u8], limit: &[u8]) -> bool {
    let (address, mask) = limit.split_at(limit.len() / 2);
    name.len() == address.len()
        && mask.len() == address.len()
        && name.iter().zip(address).zip(mask).all(|((n, a), m)| n & m == a & m)
}

/// The extension nameConstraints.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::pki) struct NameConstraints {
    permitted: Vec<GeneralName>,
    excluded: Vec<GeneralName>,
}

impl NameConstraints {
    /// NameConstraints ::= SEQUENCE { permittedSubtrees [0], excludedSubtrees [1] }.
    pub(super) fn read(value: &[u8]) -> Result<Self, Malformed> {
        let mut parts = Element::whole(value)?.tagged(asn1::SEQUENCE)?.children();
        let mut list = |number| -> Result<Vec<GeneralName>, Malformed> {
            let Some(list) = parts.optional(asn1::context(number))? else { return Ok(Vec::new()) };
            let trees = list.children().all()?;
            trees.into_iter().map(subtree).collect()
        };
        let found = Self { permitted: list(0)?, excluded: list(1)? };
        parts.finish()?;
        Ok(found)
    }

    /// Whether all names of the certificate are permitted and none is excluded.
    pub fn permit(&self, certificate: &Certificate) -> bool {
        let subject = certificate.subject();
        let directory =
            (!subject.folded.is_empty()).then(|| GeneralName::Directory(Box::new(subject.clone())));
        let email = subject.email.as_ref().map(|email| GeneralName::Email(email.to_lowercase()));
        let others = certificate.extensions().alternative_names.iter();
        let all: Vec<&GeneralName> = directory.iter().chain(&email).chain(others).collect();
        all.into_iter().all(|name| self.permits(name))
    }

    fn permits(&self, name: &GeneralName) -> bool {
        if *name == GeneralName::Unreadable {
            return false;
        }
        let same_kind = |list: &[GeneralName]| -> Vec<bool> {
            list.iter().filter_map(|limit| name.within(limit)).collect()
        };
        let permitted = same_kind(&self.permitted);
        let excluded = same_kind(&self.excluded);
        // An excluded kind that is not understood excludes all of it (RFC 5280, 6.1.4 g).
        let opaque = matches!(name, GeneralName::Other(_)) && !excluded.is_empty();
        !opaque && !excluded.contains(&true) && (permitted.is_empty() || permitted.contains(&true))
    }
}

/// GeneralSubtree ::= SEQUENCE { base, minimum [0] DEFAULT 0, maximum [1] OPTIONAL }, of which
/// the profile lets only the base be there.
fn subtree(tree: Element<'_>) -> Result<GeneralName, Malformed> {
    let mut parts = tree.tagged(asn1::SEQUENCE)?.children();
    let base = GeneralName::read(parts.next()?)?;
    parts.finish()?;
    Ok(base)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn dns(text: &str) -> GeneralName {
        GeneralName::Dns(text.to_owned())
    }

    #[test]
    fn names_lie_within_their_domains() {
        let email = |text: &str| GeneralName::Email(text.to_owned());
        let uri = |text: &str| GeneralName::Uri(text.to_owned());
        for (name, limit, expected) in [
            (dns("a.example.com"), dns("example.com"), true),
            (dns("example.com"), dns("example.com"), true),
            (dns("notexample.com"), dns("example.com"), false),
            (email("an@haugiang.gov.vn"), email("haugiang.gov.vn"), true),
            (email("an@x.haugiang.gov.vn"), email("haugiang.gov.vn"), false),
            (email("an@x.haugiang.gov.vn"), email(".haugiang.gov.vn"), true),
            (email("an@haugiang.gov.vn"), email("binh@haugiang.gov.vn"), false),
            (uri("http://a.gov.vn:80/x"), uri("a.gov.vn"), true),
            (uri("http://u@b.a.gov.vn/"), uri(".a.gov.vn"), true),
            (uri("urn:x"), uri("a.gov.vn"), false),
            (
                GeneralName::Address(vec![10, 1, 2, 3]),
                GeneralName::Address(vec![10, 0, 0, 0, 255, 0, 0, 0]),
                true,
            ),
            (
                GeneralName::Address(vec![11, 1, 2, 3]),
                GeneralName::Address(vec![10, 0, 0, 0, 255, 0, 0, 0]),
                false,
            ),
            (GeneralName::Other(0xa0), GeneralName::Other(0xa0), false),
        ] {
            assert_eq!(name.within(&limit), Some(expected), "{name:?} in {limit:?}");
        }
        assert_eq!(dns("a").within(&email("a")), None);
    }

    #[test]
    fn what_cannot_be_read_is_not_let_through() {
        let limits = NameConstraints { permitted: vec![dns("vn")], excluded: Vec::new() };
        assert!(!limits.permits(&GeneralName::Unreadable));
        assert!(limits.permits(&GeneralName::Other(0xa0)));
        let limits =
            NameConstraints { permitted: Vec::new(), excluded: vec![GeneralName::Other(0xa0)] };
        assert!(!limits.permits(&GeneralName::Other(0xa0)));
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = NameConstraints::read(&bytes);
            let _ = alternative_names(&bytes);
        }
    }
}

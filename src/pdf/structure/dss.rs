//! The document security store: certificates and revocation data that came along in the
//! file (ETSI EN 319 142-1, 5.4.2; ISO 32000-2, 12.8.4.3).

use lopdf::{Dictionary, Object, ObjectId};
use sha1::{Digest as _, Sha1};

use super::Source;
use crate::pdf::PdfError;

/// More than this of a kind is not believed.
const MAX_ITEMS: usize = 512;
/// Decoded size of all of it: CRLs of a large authority take a few megabytes.
const MAX_TOTAL: usize = 64 << 20;

/// What `/DSS` holds, as DER.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SecurityStore {
    pub certificates: Vec<Vec<u8>>,
    pub crls: Vec<Vec<u8>>,
    pub ocsps: Vec<Vec<u8>>,
}

impl SecurityStore {
    pub const fn is_empty(&self) -> bool {
        self.certificates.is_empty() && self.crls.is_empty() && self.ocsps.is_empty()
    }
}

/// A kind of validation data, by its keys in the store and in the entry of one signature.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kept {
    Certificates,
    Crls,
    Ocsps,
}

impl Kept {
    pub const ALL: [Self; 3] = [Self::Certificates, Self::Crls, Self::Ocsps];

    /// In `/DSS` (5.4.2.2).
    pub const fn key(self) -> &'static str {
        match self {
            Self::Certificates => "Certs",
            Self::Crls => "CRLs",
            Self::Ocsps => "OCSPs",
        }
    }

    /// In an entry of `/VRI` (5.4.2.3).
    pub const fn key_of_one(self) -> &'static str {
        match self {
            Self::Certificates => "Cert",
            Self::Crls => "CRL",
            Self::Ocsps => "OCSP",
        }
    }
}

/// The name of a signature's entry in `/VRI`: SHA-1 over the whole string of `/Contents`,
/// padding included, in upper-case hex (5.4.2.3). It only names; nothing rests on it.
pub fn validation_key(contents: &[u8]) -> String {
    hex::encode_upper(Sha1::digest(contents))
}

impl Source {
    /// The document security store; empty where there is none. What cannot be decoded is
    /// passed over: it proves nothing.
    pub fn security_store(&self) -> Result<SecurityStore, PdfError> {
        let (_, catalog) = self.catalog()?;
        let Some(dss) = self.member_dictionary(&catalog, b"DSS")? else {
            return Ok(SecurityStore::default());
        };
        let mut room = MAX_TOTAL;
        let mut read = |kind| -> Result<Vec<Vec<u8>>, PdfError> {
            Ok(self.kept(&dss, kind, &mut room)?.into_iter().map(|(_, der)| der).collect())
        };
        Ok(SecurityStore {
            certificates: read(Kept::Certificates)?,
            crls: read(Kept::Crls)?,
            ocsps: read(Kept::Ocsps)?,
        })
    }

    /// What `dss` holds of one kind: the objects, and their content in DER. `room` is how
    /// many bytes may still be decoded.
    pub fn kept(
        &self,
        dss: &Dictionary,
        kind: Kept,
        room: &mut usize,
    ) -> Result<Vec<(ObjectId, Vec<u8>)>, PdfError> {
        let listed = self.member_array(dss, kind.key().as_bytes())?.unwrap_or_default();
        let mut items = Vec::new();
        for item in listed.iter().take(MAX_ITEMS) {
            if let Object::Reference(id) = item
                && let Ok(Some(decoded)) = self.stream_decoded(*id)
            {
                let Some(left) = room.checked_sub(decoded.len()) else { break };
                *room = left;
                items.push((*id, decoded));
            }
        }
        Ok(items)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_entry_is_named_by_the_whole_string() {
        // `printf 'abc\0' | sha1sum`
        assert_eq!(validation_key(b"abc\0"), "686483805AC47CA14E03514F7481A7973B401762");
        assert_ne!(validation_key(b"abc"), validation_key(b"abc\0"));
    }
}

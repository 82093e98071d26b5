//! The document security store: certificates and revocation data that came along in the
//! file (ETSI EN 319 142-1, 5.4.2; ISO 32000-2, 12.8.4.3).

use lopdf::Object;

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

impl Source {
    /// The document security store; empty where there is none. What cannot be decoded is
    /// passed over: it proves nothing.
    pub fn security_store(&self) -> Result<SecurityStore, PdfError> {
        let (_, catalog) = self.catalog()?;
        let Some(dss) = self.member_dictionary(&catalog, b"DSS")? else {
            return Ok(SecurityStore::default());
        };
        let mut total = 0;
        let mut read = |key: &[u8]| -> Result<Vec<Vec<u8>>, PdfError> {
            let listed = self.member_array(&dss, key)?.unwrap_or_default();
            let mut items = Vec::new();
            for item in listed.iter().take(MAX_ITEMS) {
                if let Object::Reference(id) = item
                    && let Ok(Some(decoded)) = self.stream_decoded(*id)
                {
                    total += decoded.len();
                    if total > MAX_TOTAL {
                        break;
                    }
                    items.push(decoded);
                }
            }
            Ok(items)
        };
        Ok(SecurityStore {
            certificates: read(b"Certs")?,
            crls: read(b"CRLs")?,
            ocsps: read(b"OCSPs")?,
        })
    }
}

//! Evidence of revocation: CRLs and OCSP answers.

/// Evidence that is at hand, each element in DER: CertificateList and OCSPResponse.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Evidence {
    pub crls: Vec<Vec<u8>>,
    pub ocsps: Vec<Vec<u8>>,
}

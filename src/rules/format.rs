//! Whether a file is of a permitted format: by its name and by its first bytes.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 12. The name alone is never believed.

use super::facts::Format;
use super::{Profile, RulesError};

/// Where a PDF's header may begin (ISO 32000-1, annex H, note 13 of Acrobat's practice).
const PDF_HEADER_WITHIN: usize = 1024;

impl Profile {
    /// The format of an attachment, or why it must not be sent or taken in.
    pub fn check_attachment(&self, name: &str, bytes: &[u8]) -> Result<&Format, RulesError> {
        self.check(name, bytes, false)
    }

    /// The same for the document itself.
    pub fn check_main_file(&self, name: &str, bytes: &[u8]) -> Result<&Format, RulesError> {
        self.check(name, bytes, true)
    }

    fn check(&self, name: &str, bytes: &[u8], main: bool) -> Result<&Format, RulesError> {
        let limits = self.limits();
        let limit = if main { limits.main_file_bytes() } else { limits.attachment_bytes() };
        let size = bytes.len() as u64;
        if size > limit {
            return Err(RulesError::TooLarge { file: name.to_owned(), size, limit });
        }
        let permitted = || self.formats().iter().filter(|format| format.main || !main);
        let extension = name
            .rsplit_once('.')
            .map(|(_, extension)| extension.to_lowercase())
            .unwrap_or_default();
        let format =
            permitted().find(|format| format.extensions.contains(&extension)).ok_or_else(|| {
                RulesError::FormatForbidden {
                    file: name.to_owned(),
                    permitted: permitted()
                        .filter_map(|format| {
                            format.extensions.first().map(|name| format!(".{name}"))
                        })
                        .collect::<Vec<_>>()
                        .join(" "),
                }
            })?;
        if format.looks_right(bytes) {
            Ok(format)
        } else {
            Err(RulesError::FormatMismatch { file: name.to_owned(), extension })
        }
    }
}

impl Format {
    /// Whether `bytes` begin as the format does; plain text is anything without a NUL.
    pub fn looks_right(&self, bytes: &[u8]) -> bool {
        if self.magic.is_empty() {
            return !bytes.contains(&0);
        }
        let is_pdf = self.extensions.iter().any(|extension| extension == "pdf");
        self.magic.iter().filter_map(|magic| hex::decode(magic).ok()).any(|magic| {
            bytes.starts_with(&magic)
                || (is_pdf
                    && bytes
                        .get(..bytes.len().min(PDF_HEADER_WITHIN))
                        .is_some_and(|head| head.windows(magic.len()).any(|part| part == magic)))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_contents_must_agree() {
        let profile = Profile::built_in("hau-giang-2019").unwrap();
        assert!(profile.check_main_file("qd.PDF", b"%PDF-1.7\n...").is_ok());
        assert!(profile.check_main_file("qd.pdf", b"\r\n%PDF-1.4").is_ok());
        assert!(profile.check_attachment("a.txt", "Phụ lục".as_bytes()).is_ok());
        assert!(profile.check_attachment("a.docx", b"PK\x03\x04....").is_ok());
        assert!(matches!(
            profile.check_main_file("qd.docx", b"PK\x03\x04...."),
            Err(RulesError::FormatForbidden { permitted, .. }) if permitted == ".pdf"
        ));
        assert!(matches!(
            profile.check_attachment("x.pdf", b"MZ\x90\x00"),
            Err(RulesError::FormatMismatch { .. })
        ));
        assert!(matches!(
            profile.check_attachment("virus.exe", b"MZ"),
            Err(RulesError::FormatForbidden { .. })
        ));
        assert!(matches!(
            profile.check_attachment("no-extension", b"text"),
            Err(RulesError::FormatForbidden { .. })
        ));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        let profile = Profile::built_in("hau-giang-2019").unwrap();
        let mut bytes = b"%PDF-1.7".to_vec();
        bytes.resize(profile.limits().main_file_bytes() as usize + 1, b' ');
        assert!(matches!(
            profile.check_main_file("qd.pdf", &bytes),
            Err(RulesError::TooLarge { .. })
        ));
    }
}

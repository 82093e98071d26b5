//! Which token is meant, as people and scripts write it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::TokenError;

/// Which token is meant, as on the command line: `pcsc:READER`, `pkcs11:MODULE#TOKEN`
/// (token label, serial number or `slot=N`), `windows:THUMBPRINT` (SHA-1 of the certificate
/// in hex, as Windows shows it) or `file:P12`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    Pcsc {
        reader: String,
    },
    Pkcs11 {
        module: PathBuf,
        token: String,
    },
    /// A certificate of Windows' store; forty hex digits in capitals.
    Windows {
        thumbprint: String,
    },
    File {
        path: PathBuf,
    },
}

impl Selector {
    /// Reads what [`Display`](fmt::Display) writes. The token's name is what follows the
    /// *last* `#`, so that a module's path may contain one.
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let bad = || TokenError::BadSelector(text.to_owned());
        // PC/SC names travel as C strings, and so do paths.
        if text.contains('\0') {
            return Err(bad());
        }
        let (kind, rest) = text.split_once(':').ok_or_else(bad)?;
        match kind {
            "pcsc" if !rest.is_empty() => Ok(Self::Pcsc { reader: rest.to_owned() }),
            "file" if !rest.is_empty() => Ok(Self::File { path: rest.into() }),
            "windows" => {
                // Windows' own window shows spaces between the bytes.
                let digits: String = rest.split(' ').collect::<String>().to_uppercase();
                let is_hash = digits.len() == 40 && digits.chars().all(|c| c.is_ascii_hexdigit());
                if is_hash { Ok(Self::Windows { thumbprint: digits }) } else { Err(bad()) }
            }
            "pkcs11" => match rest.rsplit_once('#') {
                Some((module, token)) if !module.is_empty() && !token.is_empty() => {
                    Ok(Self::Pkcs11 { module: module.into(), token: token.to_owned() })
                }
                _ => Err(bad()),
            },
            _ => Err(bad()),
        }
    }
}

impl FromStr for Selector {
    type Err = TokenError;

    fn from_str(text: &str) -> Result<Self, TokenError> {
        Self::parse(text)
    }
}

impl fmt::Display for Selector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pcsc { reader } => write!(f, "pcsc:{reader}"),
            Self::Pkcs11 { module, token } => write!(f, "pkcs11:{}#{token}", module.display()),
            Self::Windows { thumbprint } => write!(f, "windows:{thumbprint}"),
            Self::File { path } => write!(f, "file:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_four_forms_are_read() {
        assert_eq!(
            Selector::parse("pcsc:Virtual PCD 00 00").unwrap(),
            Selector::Pcsc { reader: "Virtual PCD 00 00".to_owned() }
        );
        assert_eq!(
            Selector::parse(r"pkcs11:C:\Windows\System32\bit4xpki.dll#VGCA Token").unwrap(),
            Selector::Pkcs11 {
                module: r"C:\Windows\System32\bit4xpki.dll".into(),
                token: "VGCA Token".to_owned()
            }
        );
        assert_eq!(
            Selector::parse("file:/tmp/a#b.p12").unwrap(),
            Selector::File { path: "/tmp/a#b.p12".into() }
        );
    }

    #[test]
    fn a_thumbprint_is_read_as_windows_shows_it() {
        let thumbprint = "0A1B2C3D4E5F60718293A4B5C6D7E8F901234567".to_owned();
        let shown = "windows:0a 1b 2c 3d 4e 5f 60 71 82 93 a4 b5 c6 d7 e8 f9 01 23 45 67";
        assert_eq!(Selector::parse(shown).unwrap(), Selector::Windows { thumbprint });
    }

    #[test]
    fn anything_else_is_refused() {
        for text in [
            "",
            "pcsc",
            "pcsc:",
            "file:",
            "pkcs11:",
            "pkcs11:m",
            "pkcs11:#t",
            "pkcs11:m#",
            "usb:1",
            "Pcsc:x",
            "pcsc:a\0b",
            "windows:",
            "windows:0A1B",
            "windows:ZZ1B2C3D4E5F60718293A4B5C6D7E8F901234567",
        ] {
            assert!(
                matches!(Selector::parse(text), Err(TokenError::BadSelector(_))),
                "{text:?} was read"
            );
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            module in "[^\0]{1,40}", thumbprint in "[0-9A-F]{40}", token in "[^\0#]{1,20}", name in "[^\0]{1,40}",
        ) {
            for selector in [
                Selector::Pcsc { reader: name.clone() },
                Selector::File { path: name.clone().into() },
                Selector::Pkcs11 { module: module.into(), token },
                Selector::Windows { thumbprint },
            ] {
                prop_assert_eq!(Selector::parse(&selector.to_string()).unwrap(), selector);
            }
        }
    }
}

//! Which token is meant, as people and scripts write it.

use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use super::TokenError;

/// Which token is meant, as on the command line: `pcsc:READER`, `pkcs11:MODULE#TOKEN`
/// (token label, serial number or `slot=N`) or `file:P12`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Selector {
    Pcsc { reader: String },
    Pkcs11 { module: PathBuf, token: String },
    File { path: PathBuf },
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
            Self::File { path } => write!(f, "file:{}", path.display()),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_three_forms_are_read() {
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
            module in "[^\0]{1,40}", token in "[^\0#]{1,20}", name in "[^\0]{1,40}",
        ) {
            for selector in [
                Selector::Pcsc { reader: name.clone() },
                Selector::File { path: name.clone().into() },
                Selector::Pkcs11 { module: module.into(), token },
            ] {
                prop_assert_eq!(Selector::parse(&selector.to_string()).unwrap(), selector);
            }
        }
    }
}

//! Cards that are known from measurements, not from their makers: the tokens of the
//! Government Cipher Committee, as data in `assets/cards.toml`.
//!
//! A wrong PIN costs one of three tries, and these cards' inside was found out by others'
//! experiments. So a card must be *exactly* the measured one before any PIN goes to it: its
//! answer to reset, its application's name, its files, its label, the PIN's and the key's
//! descriptions in its directories, and a certificate whose key has the measured size. A
//! card that differs anywhere is left to its vendor's PKCS #11 module.

use std::sync::OnceLock;

use serde::Deserialize;

use super::apdu::Wire;
use super::files::{self, By};
use super::objects::{Directories, PinObject, Place, Value};
use super::pin::{CardPin, Padding};
use super::pkcs15::{Contents, Home, Input, Key, Method, Pkcs15, Reference, certificate, resolve};
use super::{Failure, PinPolicy};
use crate::pki::algorithm::KeyKind;
use crate::pki::certificate::Certificate;
use crate::token::{KeyRef, TokenCertificate};

/// A measured card.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    pub name: String,
    atr: Hex,
    application: Hex,
    /// P1 of SELECT for the application's files: 00 or 02.
    select: u8,
    /// Directories of PINs, of private keys and of certificates.
    pins: Hex,
    keys: Hex,
    certificates: Hex,
    /// Other files that must be there.
    others: Vec<Hex>,
    /// The label in the card's information file, where it was noted.
    label: Option<String>,
    pin: PinProfile,
    key: KeyProfile,
    /// The file of the signer's certificate.
    certificate: Hex,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct PinProfile {
    reference: u8,
    min: u8,
    max: u8,
    /// In the directory, where it was noted.
    listed_stored: Option<u8>,
    /// Shorter PINs are filled up to this many bytes with `pad`.
    stored: u8,
    pad: u8,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeyProfile {
    /// In the directory of private keys.
    listed: u8,
    /// In MANAGE SECURITY ENVIRONMENT.
    reference: u8,
    algorithm: Option<u8>,
    bits: u32,
}

/// Bytes, written as hexadecimal digits in pairs.
#[derive(Debug, Deserialize)]
#[serde(try_from = "String")]
struct Hex(Vec<u8>);

impl TryFrom<String> for Hex {
    type Error = hex::FromHexError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        hex::decode(text.replace(' ', "")).map(Self)
    }
}

/// The profile of the card with this answer to reset.
pub fn profile(atr: &[u8]) -> Option<&'static Profile> {
    profiles().iter().find(|profile| profile.atr.0 == atr)
}

/// The card, where it is exactly as measured. No PIN is sent, and no try is used.
pub fn recognise(wire: &mut dyn Wire, profile: &Profile) -> Result<Option<Pkcs15>, Failure> {
    let by = if profile.select == 0x02 { By::Child } else { By::Identifier };
    let home = Home { name: Some(profile.application.0.clone()), path: Vec::new(), by };
    if !home.enter(wire)? {
        return Ok(differs("it does not know the application"));
    }
    for path in profile.others.iter().chain([&profile.certificate]) {
        if !home.enter(wire)? || !files::select_path(wire, &path.0, by)? {
            return Ok(differs("a file is missing"));
        }
    }
    let mut contents = Contents::open(wire, &home)?;
    let listed = &contents.directories;
    for (places, path) in [
        (&listed.pins, &profile.pins),
        (&listed.private_keys, &profile.keys),
        (&listed.certificates, &profile.certificates),
    ] {
        if !matches!(places.as_slice(), [one] if one.path.ends_with(&path.0)) {
            return Ok(differs("its directories are elsewhere"));
        }
    }
    contents.directories = Directories {
        pins: vec![at(&profile.pins)],
        private_keys: vec![at(&profile.keys)],
        certificates: vec![at(&profile.certificates)],
    };
    contents.read(wire, &home)?;
    let label = contents.info.as_ref().and_then(|info| info.label.as_ref());
    if profile.label.is_some() && label != profile.label.as_ref() {
        return Ok(differs("another label"));
    }
    let mut keys = contents.keys.iter().filter(|key| key.signs);
    let (Some(key), None) = (keys.next(), keys.next()) else {
        return Ok(differs("not one signing key"));
    };
    if key.reference != Some(profile.key.listed) || key.modulus != Some(profile.key.bits) {
        return Ok(differs("another key"));
    }
    let listed = contents.certificates.iter().find(|one| one.id == key.id);
    let Some(Value::File(place)) = listed.map(|one| &one.value) else {
        return Ok(differs("no certificate of the key"));
    };
    if !place.path.ends_with(&profile.certificate.0) {
        return Ok(differs("the certificate is in another file"));
    }
    let Some(pin) = contents.only_pin(key) else { return Ok(differs("no one PIN of the key")) };
    let expected = &profile.pin;
    if (pin.reference & 0x7F, pin.min, pin.max)
        != (expected.reference, expected.min, Some(expected.max))
        || expected.listed_stored.is_some_and(|stored| stored != pin.stored)
        || pin.pad.is_some_and(|pad| pad != expected.pad)
    {
        return Ok(differs("another PIN"));
    }
    // How these cards want it padded was measured, whatever their directory says.
    let bare = PinObject { padded: false, ..pin.clone() };
    let Some(resolved) = resolve(wire, &home, &bare)? else {
        return Ok(differs("it does not tell the tries of its PIN"));
    };
    let Some(der) = certificate(wire, &home, &Value::File(at(&profile.certificate)))? else {
        return Ok(differs("its certificate cannot be unpacked"));
    };
    let read = Certificate::from_der(&der).map(|certificate| certificate.key_kind());
    if read.ok() != Some(KeyKind::Rsa(profile.key.bits)) {
        return Ok(differs("the certificate is of another key"));
    }

    let padding = Some(Padding { length: expected.stored, byte: expected.pad });
    let key = Key {
        key: KeyRef(hex::encode_upper(&key.id)),
        policy: if key.consent { PinPolicy::Always } else { PinPolicy::Once },
        reference: Reference::Number(profile.key.reference),
        methods: vec![Method { algorithm: profile.key.algorithm, input: Input::DigestInfo }],
    };
    Ok(Some(Pkcs15 {
        name: profile.name.clone(),
        home,
        pin: CardPin { min: expected.min, max: expected.max, padding, ..resolved },
        certificates: vec![TokenCertificate { key: key.key.clone(), der }],
        keys: vec![key],
        measured: true,
    }))
}

fn at(path: &Hex) -> Place {
    Place { path: path.0.clone(), part: None }
}

/// Says in the log why a card is not taken for the measured one.
fn differs(how: &str) -> Option<Pkcs15> {
    tracing::warn!(how, "a card with a known answer to reset is not as measured: left alone");
    None
}

fn profiles() -> &'static [Profile] {
    #[derive(Deserialize)]
    struct Table {
        card: Vec<Profile>,
    }
    static TABLE: OnceLock<Vec<Profile>> = OnceLock::new();
    TABLE.get_or_init(|| {
        match toml::from_str::<Table>(include_str!("../../../assets/cards.toml")) {
            Ok(table) => table.card,
            Err(error) => {
                tracing::error!(%error, "assets/cards.toml cannot be read");
                Vec::new()
            }
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::pkcs11;

    #[test]
    fn the_table_is_whole() {
        assert_eq!(profiles().len(), 2);
        for profile in profiles() {
            assert!((2..=33).contains(&profile.atr.0.len()), "{}", profile.name);
            assert!((5..=16).contains(&profile.application.0.len()));
            let directories = [&profile.pins, &profile.keys, &profile.certificates];
            let files = directories.into_iter().chain(&profile.others);
            assert!(files.chain([&profile.certificate]).all(|file| file.0.len() == 2));
            assert!(profile.pin.min <= profile.pin.max && profile.key.bits >= 2048);
            // What is not as measured needs its vendor's module.
            assert!(!pkcs11::known::card(&profile.atr.0).unwrap().modules.is_empty());
        }
    }

    #[test]
    fn one_byte_of_the_answer_to_reset_makes_another_card() {
        for one in profiles() {
            assert_eq!(profile(&one.atr.0).map(|found| &found.name), Some(&one.name));
            for at in 0..one.atr.0.len() {
                let mut other = one.atr.0.clone();
                other[at] ^= 1;
                assert!(profile(&other).is_none());
            }
            assert!(profile(&one.atr.0[1..]).is_none());
        }
    }
}

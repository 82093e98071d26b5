//! Cards with the information application of ISO/IEC 7816-15 (PKCS #15): the card itself
//! says where its certificates are, which PIN opens which key, and what it is called.
//!
//! Nothing is guessed. The PIN is presented only where the card's own directories name
//! exactly one for its signing keys *and* the card tells, asked without using up a try, how
//! many tries that PIN has left.

use super::apdu::{Command, StatusWord, Wire, send};
use super::files::{self, By, Extent};
use super::objects::{self, Algorithm, CardInfo, Directories, KeyObject, PinObject, Place, Value};
use super::pin::{CardPin, Padding};
use super::{CardApplication, Failure, PinPolicy, PinStatus, packed, tlv};
use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use crate::token::{KeyRef, TokenCertificate, TokenError, encoding, random};

/// The registered name of the application.
const NAME: [u8; 12] = *b"\xA0\x00\x00\x00\x63PKCS-15";
const EF_DIR: [u8; 4] = [0x3F, 0x00, 0x2F, 0x00];
const ODF: [u8; 2] = [0x50, 0x31];
const CARD_INFO: [u8; 2] = [0x50, 0x32];
/// No signing card has more; each costs time.
const MOST_DIRECTORIES: usize = 4;
const MOST_KEYS: usize = 16;
/// A card that announces no longer PIN.
const LONGEST_PIN: u8 = 32;

/// A card whose directories have been read.
#[derive(Debug, Clone)]
pub struct Pkcs15 {
    pub name: String,
    pub home: Home,
    pub pin: CardPin,
    pub keys: Vec<Key>,
    pub certificates: Vec<TokenCertificate>,
    /// Known from measurements of such cards, not from their maker.
    pub measured: bool,
}

/// The folder in which the application's files are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Home {
    /// The name by which it is selected, or else its path.
    pub name: Option<Vec<u8>>,
    pub path: Vec<u8>,
    pub by: By,
}

/// A private key, and how the card makes signatures with it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Key {
    pub key: KeyRef,
    pub policy: PinPolicy,
    /// What MANAGE SECURITY ENVIRONMENT calls it.
    pub reference: Reference,
    pub methods: Vec<Method>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reference {
    Number(u8),
    File(Vec<u8>),
}

/// One way to have a signature made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Method {
    /// The card's name of the algorithm, where it wants one.
    pub algorithm: Option<u8>,
    pub input: Input,
}

/// What the card takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Input {
    /// PKCS #1: the `DigestInfo`; the card pads.
    DigestInfo,
    /// The whole block, padded by us.
    Block,
    /// ECDSA: the digest.
    Digest,
}

/// What the directories of one application say.
#[derive(Debug, Clone, Default)]
pub struct Contents {
    pub directories: Directories,
    pub info: Option<CardInfo>,
    pub pins: Vec<PinObject>,
    pub keys: Vec<KeyObject>,
    pub certificates: Vec<objects::CertificateObject>,
}

impl Pkcs15 {
    /// `None` where the card has no such application, or one that leaves questions open.
    pub fn recognise(wire: &mut dyn Wire) -> Result<Option<Self>, Failure> {
        let Some(home) = Home::find(wire)? else { return Ok(None) };
        let mut contents = Contents::open(wire, &home)?;
        contents.read(wire, &home)?;
        let algorithms = contents.info.as_ref().map_or(&[][..], |info| &info.algorithms);
        let signing = contents.keys.iter().filter(|key| key.signs);
        // One PIN is asked for: that of the key that is meant for documents.
        let Some(first) = signing.clone().max_by_key(|key| key.commits) else { return Ok(None) };
        let Some(object) = contents.only_pin(first) else { return Ok(None) };
        let Some(pin) = resolve(wire, &home, object)? else { return Ok(None) };
        let mut keys: Vec<(bool, Key)> = signing
            .filter(|key| key.pin == first.pin)
            .filter_map(|key| Some((key.commits, Key::of(key, algorithms)?)))
            .take(MOST_KEYS)
            .collect();
        keys.sort_by_key(|(commits, _)| !commits);
        let keys: Vec<Key> = keys.into_iter().map(|(_, key)| key).collect();
        let mut certificates = Vec::new();
        for key in &keys {
            let object =
                contents.certificates.iter().find(|one| hex::encode_upper(&one.id) == key.key.0);
            let Some(object) = object else { continue };
            if let Some(der) = certificate(wire, &home, &object.value)? {
                certificates.push(TokenCertificate { key: key.key.clone(), der });
            }
        }
        let label = contents.info.and_then(|info| info.label).filter(|label| !label.is_empty());
        let name = label.map_or_else(|| "PKCS#15".to_owned(), |label| format!("{label}, PKCS#15"));
        Ok(Some(Self { name, home, pin, keys, certificates, measured: false }))
    }

    fn key(&self, key: &KeyRef) -> Option<&Key> {
        self.keys.iter().find(|one| one.key == *key)
    }
}

impl Home {
    /// By its registered name, or where EF.DIR says.
    fn find(wire: &mut dyn Wire) -> Result<Option<Self>, Failure> {
        let dir = files::file(wire, &EF_DIR, By::Identifier, Extent::All)?.unwrap_or_default();
        let listed = objects::applications(&dir);
        let listed = listed.into_iter().find(|(name, _)| name.starts_with(&NAME));
        let named = Self { name: Some(NAME.to_vec()), path: Vec::new(), by: By::Identifier };
        let mut homes = vec![named];
        if let Some((name, path)) = listed {
            let by = By::Identifier;
            homes.insert(0, Self { name: Some(name), path: Vec::new(), by });
            homes.extend(path.map(|path| Self { name: None, path, by }));
        }
        for home in homes {
            if home.enter(wire)? {
                return Ok(Some(home));
            }
        }
        Ok(None)
    }

    pub fn enter(&self, wire: &mut dyn Wire) -> Result<bool, Failure> {
        match &self.name {
            Some(name) => files::select_name(wire, name),
            None => files::select_path(wire, &self.path, By::Identifier),
        }
    }

    /// Goes home and reads a file from there.
    pub fn file(
        &self,
        wire: &mut dyn Wire,
        place: &Place,
        extent: Extent,
    ) -> Result<Option<Vec<u8>>, Failure> {
        if !self.enter(wire)? {
            return Ok(None);
        }
        let extent = if place.part.is_some() { Extent::All } else { extent };
        let Some(file) = files::file(wire, &place.path, self.by, extent)? else { return Ok(None) };
        Ok(match place.part {
            None => Some(file),
            Some((from, length)) => {
                from.checked_add(length).and_then(|to| file.get(from..to)).map(<[u8]>::to_vec)
            }
        })
    }
}

impl Contents {
    /// Where the directories are, and what the card says of itself.
    pub fn open(wire: &mut dyn Wire, home: &Home) -> Result<Self, Failure> {
        let at = |path: [u8; 2]| Place { path: path.to_vec(), part: None };
        let directories = home.file(wire, &at(ODF), Extent::All)?.unwrap_or_default();
        let info = home.file(wire, &at(CARD_INFO), Extent::One)?.unwrap_or_default();
        Ok(Self {
            directories: objects::directories(&directories),
            info: objects::card_info(&info),
            ..Self::default()
        })
    }

    /// Reads the directories.
    pub fn read(&mut self, wire: &mut dyn Wire, home: &Home) -> Result<(), Failure> {
        let mut all = |places: &[Place]| {
            let mut files = Vec::new();
            for place in places.iter().take(MOST_DIRECTORIES) {
                files.extend(home.file(wire, place, Extent::All)?);
            }
            Ok::<_, Failure>(files)
        };
        let Directories { private_keys, certificates, pins } = &self.directories;
        self.pins = all(pins)?.iter().flat_map(|file| objects::pins(file)).collect();
        self.keys =
            all(private_keys)?.iter().flat_map(|file| objects::private_keys(file)).collect();
        self.certificates =
            all(certificates)?.iter().flat_map(|file| objects::certificates(file)).collect();
        Ok(())
    }

    /// The one PIN that opens a key; `None` where the card names none or several.
    pub fn only_pin(&self, key: &KeyObject) -> Option<&PinObject> {
        let id = key.pin.as_ref()?;
        let mut named = self.pins.iter().filter(|pin| pin.id == *id && !pin.administrative);
        named.next().filter(|_| named.next().is_none())
    }
}

impl Key {
    fn of(object: &KeyObject, algorithms: &[Algorithm]) -> Option<Self> {
        let reference = match (object.reference, &object.path) {
            (Some(number), _) => Reference::Number(number),
            (None, Some(place)) => Reference::File(place.path.clone()),
            (None, None) => return None,
        };
        let named = |one: &&Algorithm| {
            object.algorithms.is_empty() || object.algorithms.contains(&one.reference)
        };
        let mut methods: Vec<Method> = algorithms
            .iter()
            .filter(named)
            .filter_map(|one| {
                let input = match (one.mechanism, object.modulus) {
                    (CKM_RSA_PKCS, Some(_)) => Input::DigestInfo,
                    (CKM_RSA_X_509, Some(_)) => Input::Block,
                    (CKM_ECDSA, None) => Input::Digest,
                    _ => return None,
                };
                Some(Method { algorithm: one.card_reference, input })
            })
            .collect();
        if methods.is_empty() {
            // A card that says nothing takes what the key's kind suggests.
            let input = if object.modulus.is_some() { Input::DigestInfo } else { Input::Digest };
            methods.push(Method { algorithm: None, input });
        }
        let policy = match (&object.pin, object.consent) {
            (None, _) => PinPolicy::Never,
            (Some(_), true) => PinPolicy::Always,
            (Some(_), false) => PinPolicy::Once,
        };
        Some(Self { key: KeyRef(hex::encode_upper(&object.id)), policy, reference, methods })
    }
}

// PKCS #11 mechanisms.
const CKM_RSA_PKCS: u64 = 0x0001;
const CKM_RSA_X_509: u64 = 0x0003;
const CKM_ECDSA: u64 = 0x1041;

impl CardApplication for Pkcs15 {
    fn name(&self) -> &str {
        &self.name
    }

    fn is_measured(&self) -> bool {
        self.measured
    }

    fn select(&self, wire: &mut dyn Wire) -> Result<(), Failure> {
        if self.home.enter(wire)? { Ok(()) } else { Err(StatusWord::NOT_FOUND.into()) }
    }

    fn certificates(&self, _: &mut dyn Wire) -> Result<Vec<TokenCertificate>, Failure> {
        Ok(self.certificates.clone())
    }

    fn pin(&self) -> CardPin {
        self.pin
    }

    fn policy(&self, key: &KeyRef) -> PinPolicy {
        self.key(key).map_or(PinPolicy::Once, |key| key.policy)
    }

    fn sign(
        &self,
        wire: &mut dyn Wire,
        key: &KeyRef,
        kind: KeyKind,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, Failure> {
        let no_key = || Failure::Token(TokenError::NoSuchKey { key: key.0.clone() });
        let unsupported = || {
            let what = format!("{kind} {scheme:?} {}", algorithm.name());
            Failure::Token(TokenError::Unsupported { what })
        };
        let key = self.key(key).ok_or_else(no_key)?;
        let (method, input) = key
            .methods
            .iter()
            .find_map(|method| Some((method, input(*method, kind, scheme, algorithm, digest)?)))
            .ok_or_else(unsupported)?;

        let mut environment = Vec::new();
        if let Some(algorithm) = method.algorithm {
            environment.extend(tlv::write(0x80, &[algorithm]));
        }
        environment.extend(match &key.reference {
            Reference::Number(number) => tlv::write(0x84, &[*number]),
            Reference::File(path) => tlv::write(0x81, path),
        });
        // MANAGE SECURITY ENVIRONMENT: SET, digital signature template.
        match send(wire, &Command::new(0x22, 0x41, 0xB6, environment, false))?.status {
            StatusWord::OK => {}
            StatusWord::REFERENCE_NOT_FOUND => return Err(no_key()),
            status => return Err(status.into()),
        }
        // PERFORM SECURITY OPERATION: COMPUTE DIGITAL SIGNATURE.
        let signature = send(wire, &Command::new(0x2A, 0x9E, 0x9A, input, true))?.ok()?;
        whole(kind, signature).ok_or_else(|| TokenError::BadSignature.into())
    }
}

/// What the card is to be given; `None` where the method does not make such signatures.
fn input(
    method: Method,
    kind: KeyKind,
    scheme: SignatureScheme,
    algorithm: DigestAlgorithm,
    digest: &[u8],
) -> Option<Vec<u8>> {
    match (method.input, scheme, kind) {
        (Input::DigestInfo, SignatureScheme::RsaPkcs1, KeyKind::Rsa(_)) => {
            encoding::digest_info(algorithm, digest)
        }
        (Input::Block, SignatureScheme::RsaPkcs1, KeyKind::Rsa(bits)) => {
            encoding::pkcs1_v15(algorithm, digest, bits)
        }
        (Input::Block, SignatureScheme::RsaPss, KeyKind::Rsa(bits)) => {
            encoding::pss(algorithm, digest, &random(algorithm.size()).ok()?, bits)
        }
        (Input::Digest, SignatureScheme::Ecdsa, _) if digest.len() == algorithm.size() => {
            encoding::field_bytes(kind).map(|field| encoding::ecdsa_input(digest, field))
        }
        _ => None,
    }
}

/// The signature in our form: cards give ECDSA's two numbers bare or as DER.
fn whole(kind: KeyKind, signature: Vec<u8>) -> Option<Vec<u8>> {
    match kind {
        KeyKind::Rsa(bits) => (signature.len() == bits.div_ceil(8) as usize).then_some(signature),
        _ => {
            let field = encoding::field_bytes(kind)?;
            if encoding::is_ecdsa_der(&signature, field) {
                Some(signature)
            } else {
                encoding::ecdsa_der(&signature, field)
            }
        }
    }
}

/// How a PIN is to be presented, proved by the card's own answer: asked by this reference it
/// tells the tries left. `None` where it does not, or where its lengths make no sense.
pub fn resolve(
    wire: &mut dyn Wire,
    home: &Home,
    object: &PinObject,
) -> Result<Option<CardPin>, Failure> {
    let max = object.max.unwrap_or(object.stored).min(LONGEST_PIN);
    let stored = object.stored.min(LONGEST_PIN);
    if object.min > max || max == 0 {
        return Ok(None);
    }
    let padding = match object.pad {
        Some(byte) if object.padded => Some(Padding { length: stored, byte }),
        None if object.padded => return Ok(None),
        _ => None,
    };
    let entered = match &object.path {
        Some(place) if place.path.starts_with(&[0x3F, 0x00]) => {
            // Valid elsewhere: we would have to leave home to present it.
            home.path == place.path || home.name.is_some()
        }
        _ => true,
    };
    if !entered || !home.enter(wire)? {
        return Ok(None);
    }
    // ISO/IEC 7816-4, table 92: a PIN of the application has the high bit; some cards' own
    // directories leave it out, and some cards do.
    let local = (object.local && object.reference & 0x80 == 0).then_some(object.reference | 0x80);
    for reference in local.into_iter().chain([object.reference]) {
        let pin = CardPin { reference, min: object.min, max, padding };
        match pin.status(wire) {
            Ok(PinStatus::Verified | PinStatus::TriesLeft(_) | PinStatus::Blocked) => {
                return Ok(Some(pin));
            }
            Err(Failure::Token(_)) => {}
            Err(failure) => return Err(failure),
        }
    }
    Ok(None)
}

/// The certificate of a directory's entry.
pub fn certificate(
    wire: &mut dyn Wire,
    home: &Home,
    value: &Value,
) -> Result<Option<Vec<u8>>, Failure> {
    Ok(match value {
        Value::Direct(der) => packed::certificate(der),
        Value::File(place) => {
            home.file(wire, place, Extent::One)?.as_deref().and_then(packed::certificate)
        }
    })
}

//! A vendor's module at work, inside the helper process only.
//!
//! Every signature has a session of its own, so that an operation that failed half way
//! leaves nothing behind; one more session keeps the login. Counts and lengths that the
//! module tells are bounded before anything is reserved for them.

use std::path::{Path, PathBuf};

use cryptoki::context::Pkcs11;
use cryptoki::error::{Error, RvError};
use cryptoki::mechanism::rsa::{PkcsMgfType, PkcsPssParams};
use cryptoki::mechanism::{Mechanism, MechanismType};
use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState, UserType};
use cryptoki::slot::{Slot, TokenInfo};
use cryptoki::types::AuthPin;

mod codes;
mod registry;

pub use registry::finalize;

use codes::{code, failed, name};

use crate::pki::algorithm::{DigestAlgorithm, KeyKind, SignatureScheme};
use crate::pki::certificate::Certificate;
use crate::token::host::wire::Shown;
use crate::token::{
    KeyRef, Pin, PinState, Token, TokenCertificate, TokenError, encoding, key_kind, random,
};

/// No certificate comes near this; more is a module gone wrong.
const MAX_CERTIFICATE: usize = 64 * 1024;
/// No token holds so many objects of one class.
const MAX_OBJECTS: usize = 64;
/// No computer has so many readers.
const MAX_SLOTS: usize = 64;

/// A token of a module.
pub struct ModuleToken {
    path: PathBuf,
    module: Pkcs11,
    slot: Slot,
    label: String,
    serial: String,
    /// Keeps the login; `None` before it.
    login: Option<LoggedIn>,
}

struct LoggedIn {
    session: Session,
    /// `None` where the PIN is typed on the reader.
    pin: Option<Pin>,
    _right: registry::Login,
}

/// The tokens that the module at `path` shows now.
pub fn tokens(path: &Path) -> Result<Vec<Shown>, TokenError> {
    let module = registry::module(path)?;
    Ok(present(&module)?
        .into_iter()
        .map(|(slot, info)| Shown {
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            slot: slot.id(),
        })
        .collect())
}

/// Initialised tokens in their slots. A slot that does not answer is passed over: one bad
/// card must not hide the others.
fn present(module: &Pkcs11) -> Result<Vec<(Slot, TokenInfo)>, TokenError> {
    let slots = module.get_slots_with_token().map_err(|error| failed(&error))?;
    Ok(slots
        .into_iter()
        .take(MAX_SLOTS)
        .filter_map(|slot| module.get_token_info(slot).ok().map(|info| (slot, info)))
        .filter(|(_, info)| info.token_initialized())
        .collect())
}

impl ModuleToken {
    /// Opens the token called `token`: its label, its serial number or `slot=N`.
    pub fn open(path: &Path, token: &str) -> Result<Self, TokenError> {
        let module = registry::module(path)?;
        let number = token.strip_prefix("slot=").and_then(|number| number.parse::<u64>().ok());
        let mut found = present(&module)?.into_iter().filter(|(slot, info)| match number {
            Some(number) => slot.id() == number,
            None => info.label() == token || info.serial_number() == token,
        });
        let (slot, info) =
            found.next().ok_or_else(|| TokenError::NotFound { token: token.to_owned() })?;
        if found.next().is_some() {
            return Err(TokenError::Ambiguous { token: token.to_owned() });
        }
        Ok(Self {
            path: path.to_owned(),
            slot,
            label: info.label().to_owned(),
            serial: info.serial_number().to_owned(),
            module,
            login: None,
        })
    }

    /// The token's facts, if it is still the token that was opened.
    fn info(&self) -> Result<TokenInfo, TokenError> {
        let info = self.module.get_token_info(self.slot).map_err(|error| failed(&error))?;
        if info.serial_number() == self.serial { Ok(info) } else { Err(TokenError::Removed) }
    }

    fn session(&self) -> Result<Session, TokenError> {
        self.module.open_ro_session(self.slot).map_err(|error| failed(&error))
    }

    /// Whether the PIN is typed on the reader's own keys.
    pub fn has_pad(&self) -> Result<bool, TokenError> {
        Ok(self.info()?.protected_authentication_path())
    }

    /// Presents a PIN, or lets the reader ask for it, and tells a wrong one from a fault.
    fn present_pin(
        &self,
        session: &Session,
        who: UserType,
        pin: Option<&Pin>,
    ) -> Result<(), TokenError> {
        let secret = pin.map(|pin| AuthPin::new(pin.reveal().into()));
        let mut answer = session.login(who, secret.as_ref());
        let for_one_signature = matches!(who, UserType::ContextSpecific);
        if !for_one_signature
            && matches!(answer, Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)))
        {
            // Some modules share the login of every program. That one says nothing of this
            // PIN: it is ended, and the PIN presented after all.
            let _ = session.logout();
            answer = session.login(who, secret.as_ref());
        }
        match answer {
            Ok(()) => Ok(()),
            Err(Error::Pkcs11(RvError::UserAlreadyLoggedIn, _)) => {
                // A login for one signature may be answered so; another's means that some
                // program holds on to it.
                if for_one_signature { Ok(()) } else { Err(TokenError::Busy) }
            }
            Err(Error::Pkcs11(error, _)) => Err(self.refused(error)),
            Err(error) => Err(failed(&error)),
        }
    }

    /// What a refused PIN means.
    fn refused(&self, error: RvError) -> TokenError {
        // The flags say more, where a module sets them; and where the token is gone, the PIN
        // was not what is wrong.
        let info = match self.info() {
            Ok(info) => info,
            Err(error) => return error,
        };
        match error {
            RvError::PinIncorrect if info.user_pin_locked() => TokenError::PinBlocked,
            RvError::PinIncorrect => {
                TokenError::WrongPin { tries_left: info.user_pin_final_try().then_some(1) }
            }
            RvError::PinLocked => TokenError::PinBlocked,
            RvError::PinLenRange | RvError::PinInvalid => {
                let (min, max) = pin_length(&info).unwrap_or((4, 16));
                TokenError::PinLength { min, max }
            }
            RvError::FunctionCanceled | RvError::Cancel => TokenError::Cancelled,
            error => code(error),
        }
    }

    /// `PinLength` for a PIN that cannot be one of this token.
    fn check_length(&self, pin: &Pin) -> Result<(), TokenError> {
        match pin_length(&self.info()?) {
            Some((min, max))
                if !(usize::from(min)..=usize::from(max)).contains(&pin.reveal().len()) =>
            {
                Err(TokenError::PinLength { min, max })
            }
            _ => Ok(()),
        }
    }

    /// Logs in with `pin`, or on the reader's keys.
    fn log_in(&mut self, pin: Option<Pin>) -> Result<(), TokenError> {
        self.logout();
        let right = registry::Login::take(&self.path, self.slot.id())?;
        let session = self.session()?;
        self.present_pin(&session, UserType::User, pin.as_ref())?;
        self.login = Some(LoggedIn { session, pin, _right: right });
        Ok(())
    }

    /// The private key with this id, as far as the session may see it.
    fn private_key(&self, session: &Session, key: &KeyRef) -> Result<ObjectHandle, TokenError> {
        let missing = || TokenError::NoSuchKey { key: key.0.clone() };
        let id = hex::decode(&key.0).map_err(|_| missing())?;
        find(session, &[Attribute::Class(ObjectClass::PRIVATE_KEY), Attribute::Id(id)])?
            .first()
            .copied()
            .ok_or_else(missing)
    }

    fn has(&self, mechanism: MechanismType) -> bool {
        // A module that does not answer the question is taken at its best.
        self.module.get_mechanism_list(self.slot).map_or(true, |list| list.contains(&mechanism))
    }

    /// Mechanism and input for one signature.
    fn plan(
        &self,
        kind: KeyKind,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<(Mechanism<'static>, Vec<u8>), TokenError> {
        let unsupported =
            || TokenError::Unsupported { what: format!("{kind} {scheme:?} {}", algorithm.name()) };
        let planned = match (scheme, kind) {
            (SignatureScheme::RsaPkcs1, KeyKind::Rsa(_)) => {
                encoding::digest_info(algorithm, digest).map(|info| (Mechanism::RsaPkcs, info))
            }
            (SignatureScheme::RsaPss, KeyKind::Rsa(bits)) if digest.len() == algorithm.size() => {
                if self.has(MechanismType::RSA_PKCS_PSS) {
                    Some((Mechanism::RsaPkcsPss(pss_parameters(algorithm)), digest.to_vec()))
                } else {
                    // The bare operation will do: the padding is ours.
                    let salt = random(algorithm.size())?;
                    encoding::pss(algorithm, digest, &salt, bits)
                        .map(|block| (Mechanism::RsaX509, block))
                }
            }
            (SignatureScheme::Ecdsa, KeyKind::P256 | KeyKind::P384)
                if digest.len() == algorithm.size() =>
            {
                encoding::field_bytes(kind)
                    .map(|field| (Mechanism::Ecdsa, encoding::ecdsa_input(digest, field)))
            }
            _ => None,
        };
        planned.ok_or_else(unsupported)
    }

    /// One signature in a session of its own.
    fn sign_once(
        &self,
        key: &KeyRef,
        mechanism: &Mechanism<'_>,
        input: &[u8],
    ) -> Result<Vec<u8>, Refusal> {
        let login = self.login.as_ref().ok_or(TokenError::LoginNeeded)?;
        let session = self.session()?;
        if !is_logged_in(&session) {
            return Err(Refusal::NotLoggedIn);
        }
        let handle = self.private_key(&session, key)?;
        if !wants_pin_every_time(&session, handle) {
            return Ok(session.sign(mechanism, handle, input)?);
        }
        session.sign_init(mechanism, handle)?;
        self.present_pin(&session, UserType::ContextSpecific, login.pin.as_ref())?;
        session.sign_update(input)?;
        Ok(session.sign_final()?)
    }

    /// Some modules drop the login after an error of their own. The PIN was accepted by
    /// this token, and it is still the same token: presenting it again risks no try.
    fn login_again(&mut self) -> Result<(), TokenError> {
        self.info()?;
        let login = self.login.as_ref().ok_or(TokenError::LoginNeeded)?;
        self.present_pin(&login.session, UserType::User, login.pin.as_ref())
    }
}

impl Token for ModuleToken {
    fn label(&self) -> String {
        self.label.clone()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        self.info()?;
        let session = self.session()?;
        // Before the login private keys do not show themselves.
        let keys: Option<Vec<Vec<u8>>> = if is_logged_in(&session) {
            let keys = objects(&session, ObjectClass::PRIVATE_KEY)?;
            Some(keys.into_iter().filter_map(|key| attribute_id(&session, key)).collect())
        } else {
            None
        };
        let mut found = Vec::new();
        for object in objects(&session, ObjectClass::CERTIFICATE)? {
            let Some(id) = attribute_id(&session, object) else { continue };
            let Some(der) = value(&session, object) else { continue };
            let mine = match &keys {
                Some(keys) => keys.contains(&id),
                None => Certificate::from_der(&der).is_ok_and(|read| !read.is_ca()),
            };
            if mine {
                found.push(TokenCertificate { key: KeyRef(hex::encode_upper(id)), der });
            }
        }
        Ok(found)
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        let info = self.info()?;
        Ok(if info.user_pin_locked() {
            PinState::Blocked
        } else if info.protected_authentication_path() {
            PinState::PinPad
        } else if info.user_pin_final_try() {
            PinState::TriesLeft(Some(1))
        } else if info.user_pin_count_low() {
            PinState::CountLow
        } else {
            PinState::TriesLeft(None)
        })
    }

    fn login(&mut self, pin: &Pin) -> Result<(), TokenError> {
        if self.has_pad()? {
            // The specification wants no PIN from the program then.
            return self.log_in(None);
        }
        self.check_length(pin)?;
        self.log_in(Some(pin.clone()))
    }

    fn login_on_pad(&mut self) -> Result<(), TokenError> {
        if self.has_pad()? {
            self.log_in(None)
        } else {
            Err(TokenError::Unsupported { what: "PIN pad".to_owned() })
        }
    }

    fn change_pin(&mut self, old: &Pin, new: &Pin) -> Result<(), TokenError> {
        if self.has_pad()? {
            return Err(TokenError::Unsupported { what: "PIN change".to_owned() });
        }
        self.check_length(new)?;
        self.check_length(old)?;
        self.logout();
        let _right = registry::Login::take(&self.path, self.slot.id())?;
        let session = self.module.open_rw_session(self.slot).map_err(|error| failed(&error))?;
        let secret = |pin: &Pin| AuthPin::new(pin.reveal().into());
        match session.set_pin(&secret(old), &secret(new)) {
            Ok(()) => Ok(()),
            Err(Error::Pkcs11(RvError::PinLenRange | RvError::PinInvalid, _)) => {
                Err(TokenError::NewPin)
            }
            Err(Error::Pkcs11(error, _)) => Err(self.refused(error)),
            Err(error) => Err(failed(&error)),
        }
    }

    fn wants_pin_every_time(&mut self, key: &KeyRef) -> bool {
        let Ok(session) = self.session() else { return false };
        self.private_key(&session, key).is_ok_and(|handle| wants_pin_every_time(&session, handle))
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        if self.login.is_none() {
            return Err(TokenError::LoginNeeded);
        }
        let kind = self
            .certificates()?
            .iter()
            .find(|certificate| certificate.key == *key)
            .and_then(key_kind)
            .ok_or_else(|| TokenError::NoSuchKey { key: key.0.clone() })?;
        let (mechanism, input) = self.plan(kind, scheme, algorithm, digest)?;
        let signature = match self.sign_once(key, &mechanism, &input) {
            Err(Refusal::NotLoggedIn) => {
                self.login_again()?;
                // The PIN was accepted just now: what looks like a missing login is a fault.
                self.sign_once(key, &mechanism, &input).map_err(|refusal| match refusal {
                    Refusal::NotLoggedIn => {
                        Refusal::Token(TokenError::Device { code: name(RvError::UserNotLoggedIn) })
                    }
                    refusal => refusal,
                })
            }
            other => other,
        };
        let signature = match signature {
            Ok(signature) => signature,
            Err(refusal) => {
                let error = refusal.into();
                if matches!(error, TokenError::WrongPin { .. } | TokenError::PinBlocked) {
                    // Somebody changed the PIN meanwhile: it must not be presented again.
                    self.logout();
                }
                return Err(error);
            }
        };
        match encoding::field_bytes(kind) {
            Some(field) => encoding::ecdsa_der(&signature, field).ok_or(TokenError::BadSignature),
            None => Ok(signature),
        }
    }
}

impl ModuleToken {
    fn logout(&mut self) {
        if let Some(login) = self.login.take()
            && let Err(error) = login.session.logout()
        {
            tracing::debug!(%error, "logging out of a PKCS#11 token failed");
        }
    }
}

impl Drop for ModuleToken {
    fn drop(&mut self) {
        self.logout();
    }
}

/// Why a signature was not made: the login was lost, or something else.
enum Refusal {
    NotLoggedIn,
    Token(TokenError),
}

impl From<TokenError> for Refusal {
    fn from(error: TokenError) -> Self {
        Self::Token(error)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            Error::Pkcs11(RvError::UserNotLoggedIn, _) => Self::NotLoggedIn,
            error => Self::Token(failed(&error)),
        }
    }
}

impl From<Refusal> for TokenError {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::NotLoggedIn => Self::LoginNeeded,
            Refusal::Token(error) => error,
        }
    }
}

fn pin_length(info: &TokenInfo) -> Option<(u8, u8)> {
    let min = u8::try_from(info.min_pin_length()).ok()?;
    let max = u8::try_from(info.max_pin_length()).unwrap_or(u8::MAX);
    // Modules that know no limits say nonsense.
    (max > 0 && min <= max).then_some((min, max))
}

fn pss_parameters(algorithm: DigestAlgorithm) -> PkcsPssParams {
    let (hash_alg, mgf) = match algorithm {
        DigestAlgorithm::Sha1 => (MechanismType::SHA1, PkcsMgfType::MGF1_SHA1),
        DigestAlgorithm::Sha256 => (MechanismType::SHA256, PkcsMgfType::MGF1_SHA256),
        DigestAlgorithm::Sha384 => (MechanismType::SHA384, PkcsMgfType::MGF1_SHA384),
        DigestAlgorithm::Sha512 => (MechanismType::SHA512, PkcsMgfType::MGF1_SHA512),
    };
    PkcsPssParams { hash_alg, mgf, s_len: (algorithm.size() as std::ffi::c_ulong).into() }
}

/// CKA_ALWAYS_AUTHENTICATE; a module that does not know the attribute does not mean it.
fn wants_pin_every_time(session: &Session, key: ObjectHandle) -> bool {
    matches!(
        session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).as_deref(),
        Ok([Attribute::AlwaysAuthenticate(true)])
    )
}

/// Whether the token counts us as logged in: a module may drop the login on its own.
fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| {
        matches!(info.session_state(), SessionState::RoUser | SessionState::RwUser)
    })
}

fn objects(session: &Session, class: ObjectClass) -> Result<Vec<ObjectHandle>, TokenError> {
    find(session, &[Attribute::Class(class)])
}

/// At most [`MAX_OBJECTS`]: a module that has lost count would never end.
fn find(session: &Session, wanted: &[Attribute]) -> Result<Vec<ObjectHandle>, TokenError> {
    session
        .iter_objects(wanted)
        .and_then(|found| found.take(MAX_OBJECTS).collect())
        .map_err(|error| failed(&error))
}

fn attribute_id(session: &Session, object: ObjectHandle) -> Option<Vec<u8>> {
    match attribute(session, object, AttributeType::Id)? {
        Attribute::Id(id) if !id.is_empty() => Some(id),
        _ => None,
    }
}

fn value(session: &Session, object: ObjectHandle) -> Option<Vec<u8>> {
    match attribute(session, object, AttributeType::Value)? {
        Attribute::Value(der) if !der.is_empty() => Some(der),
        _ => None,
    }
}

/// One attribute, unless it is absurdly long.
fn attribute(session: &Session, object: ObjectHandle, what: AttributeType) -> Option<Attribute> {
    match session.get_attribute_info(object, &[what]).ok()?.as_slice() {
        [AttributeInfo::Available(size)] if *size <= MAX_CERTIFICATE => {
            session.get_attributes(object, &[what]).ok()?.pop()
        }
        _ => None,
    }
}

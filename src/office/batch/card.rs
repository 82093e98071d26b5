//! The token of a batch: opened once, used in turn, and closed when its time is over.

use std::sync::Arc;
use std::time::{Duration, Instant};

use super::line::Line;
use crate::domain::problem::Problem;
use crate::office::OfficeError;
use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use crate::token::{KeyRef, Pin, PinState, Token, TokenCertificate, TokenError};

/// How busy a token was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Load {
    pub signatures: u32,
    /// How long the token worked.
    pub busy: Duration,
    /// From the beginning of its first signature to the end of its last.
    pub span: Duration,
}

impl Load {
    /// The share of its time that the token worked, from 0 to 1.
    pub fn ratio(&self) -> f64 {
        if self.span.is_zero() { 0.0 } else { self.busy.as_secs_f64() / self.span.as_secs_f64() }
    }
}

/// The token itself, with its time.
pub(super) struct Card {
    pub token: Option<Box<dyn Token>>,
    until: Option<Instant>,
    began: Option<Instant>,
    pub load: Load,
}

/// Why the token did not sign.
pub(super) enum Unsigned {
    /// The time is over for which the PIN was given.
    TimeOver,
    Token(TokenError),
}

impl Unsigned {
    pub fn stops_a_batch(&self) -> bool {
        match self {
            Self::TimeOver => true,
            Self::Token(error) => error.stops_a_batch(),
        }
    }

    pub fn problem(&self) -> Problem {
        match self {
            Self::TimeOver => OfficeError::BatchTimeOver.into(),
            Self::Token(error) => error.clone().into(),
        }
    }

    pub fn error(self) -> TokenError {
        match self {
            Self::TimeOver => TokenError::LoginNeeded,
            Self::Token(error) => error,
        }
    }
}

impl Card {
    pub fn new(token: Box<dyn Token>, until: Option<Instant>) -> Self {
        Self { token: Some(token), until, began: None, load: Load::default() }
    }

    pub fn sign(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, Unsigned> {
        let begun = Instant::now();
        if self.until.is_some_and(|until| until <= begun) {
            // Closing the token wipes the PIN that it keeps.
            self.token = None;
        }
        let token = self.token.as_mut().ok_or(Unsigned::TimeOver)?;
        let answer = token.sign_digest(key, scheme, algorithm, digest).map_err(Unsigned::Token)?;
        self.load.signatures += 1;
        self.load.busy += begun.elapsed();
        self.load.span = self.began.get_or_insert(begun).elapsed();
        Ok(answer)
    }
}

/// The token of the line, as one piece of work sees it.
pub(super) struct Shared {
    pub line: Arc<Line>,
    pub index: usize,
}

impl Shared {
    fn with<T>(
        &self,
        ask: impl FnOnce(&mut dyn Token) -> Result<T, TokenError>,
    ) -> Result<T, TokenError> {
        ask(self.line.card().token.as_mut().ok_or(TokenError::LoginNeeded)?.as_mut())
    }
}

impl Token for Shared {
    fn label(&self) -> String {
        self.with(|token| Ok(token.label())).unwrap_or_default()
    }

    fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
        self.with(|token| token.certificates())
    }

    fn pin_state(&mut self) -> Result<PinState, TokenError> {
        self.with(|token| token.pin_state())
    }

    /// The token is open already, and its PIN is nobody's business here.
    fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
        Err(TokenError::Unsupported { what: "login".to_owned() })
    }

    fn sign_digest(
        &mut self,
        key: &KeyRef,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        digest: &[u8],
    ) -> Result<Vec<u8>, TokenError> {
        self.line.sign(self.index, key, scheme, algorithm, digest)
    }

    fn wants_pin_every_time(&mut self, key: &KeyRef) -> bool {
        self.with(|token| Ok(token.wants_pin_every_time(key))).unwrap_or(false)
    }

    fn is_measured(&self) -> bool {
        self.with(|token| Ok(token.is_measured())).unwrap_or(false)
    }

    fn is_demonstration(&self) -> bool {
        self.with(|token| Ok(token.is_demonstration())).unwrap_or(false)
    }
}

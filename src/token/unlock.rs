//! Presenting the PIN: the one way by which it goes from a person to a token.
//!
//! The tries left are read first, and the last one is never used unless somebody has said
//! that it may be: a blocked token is a leader who cannot sign for weeks. Whoever calls
//! [`unlock`] cannot forget this.

use super::{Pin, PinState, Token, TokenError};

/// Whether the last try of the PIN may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LastTry {
    /// Refuse with [`TokenError::LastTry`] before anything is sent.
    #[default]
    Keep,
    /// The person was told that one try is left, and confirmed.
    Confirmed,
}

/// Presents `pin`, or has it typed on the reader where the reader wants that.
///
/// A token that is known to be blocked is not asked; nor is one with one try left, unless
/// that was confirmed. Where the state cannot be read nothing is sent: a fault is no reason
/// to risk a try.
pub fn unlock(token: &mut dyn Token, pin: &Pin, last_try: LastTry) -> Result<(), TokenError> {
    match may_try(token, last_try)? {
        PinState::PinPad => token.login_on_pad(),
        _ => token.login(pin),
    }
}

/// Replaces the PIN by the same rules.
pub fn change_pin(
    token: &mut dyn Token,
    old: &Pin,
    new: &Pin,
    last_try: LastTry,
) -> Result<(), TokenError> {
    if old.reveal() == new.reveal() {
        return Err(TokenError::NewPin);
    }
    may_try(token, last_try)?;
    token.change_pin(old, new)
}

fn may_try(token: &mut dyn Token, last_try: LastTry) -> Result<PinState, TokenError> {
    match token.pin_state()? {
        PinState::Blocked | PinState::TriesLeft(Some(0)) => Err(TokenError::PinBlocked),
        PinState::TriesLeft(Some(1)) if last_try == LastTry::Keep => Err(TokenError::LastTry),
        state => Ok(state),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
    use crate::token::{KeyRef, TokenCertificate};

    /// Counts what is sent to it.
    struct Counting {
        state: Result<PinState, TokenError>,
        sent: u32,
        on_pad: u32,
    }

    impl Token for Counting {
        fn label(&self) -> String {
            String::new()
        }

        fn certificates(&mut self) -> Result<Vec<TokenCertificate>, TokenError> {
            Ok(Vec::new())
        }

        fn pin_state(&mut self) -> Result<PinState, TokenError> {
            self.state.clone()
        }

        fn login(&mut self, _: &Pin) -> Result<(), TokenError> {
            self.sent += 1;
            Ok(())
        }

        fn login_on_pad(&mut self) -> Result<(), TokenError> {
            self.on_pad += 1;
            Ok(())
        }

        fn change_pin(&mut self, _: &Pin, _: &Pin) -> Result<(), TokenError> {
            self.sent += 1;
            Ok(())
        }

        fn sign_digest(
            &mut self,
            _: &KeyRef,
            _: SignatureScheme,
            _: DigestAlgorithm,
            _: &[u8],
        ) -> Result<Vec<u8>, TokenError> {
            Err(TokenError::LoginNeeded)
        }
    }

    /// What became of it, and how often a PIN was sent or asked for on the reader.
    fn tried(
        state: Result<PinState, TokenError>,
        last_try: LastTry,
    ) -> (Result<(), TokenError>, u32, u32) {
        let mut token = Counting { state, sent: 0, on_pad: 0 };
        let answer = unlock(&mut token, &Pin::new("123456"), last_try);
        (answer, token.sent, token.on_pad)
    }

    #[test]
    fn the_last_try_is_used_only_when_confirmed() {
        let one = || Ok(PinState::TriesLeft(Some(1)));
        assert_eq!(tried(one(), LastTry::Keep), (Err(TokenError::LastTry), 0, 0));
        assert_eq!(tried(one(), LastTry::Confirmed), (Ok(()), 1, 0));
        assert_eq!(tried(Ok(PinState::TriesLeft(Some(2))), LastTry::Keep), (Ok(()), 1, 0));
        assert_eq!(tried(Ok(PinState::TriesLeft(None)), LastTry::Keep), (Ok(()), 1, 0));
    }

    #[test]
    fn nothing_is_sent_to_a_blocked_or_faulty_token() {
        for state in [PinState::Blocked, PinState::TriesLeft(Some(0))] {
            let blocked = (Err(TokenError::PinBlocked), 0, 0);
            assert_eq!(tried(Ok(state), LastTry::Confirmed), blocked);
        }
        let fault = TokenError::Device { code: "SW 6F00".to_owned() };
        assert_eq!(tried(Err(fault.clone()), LastTry::Confirmed), (Err(fault), 0, 0));
    }

    #[test]
    fn a_reader_with_keys_is_where_the_pin_is_typed() {
        assert_eq!(tried(Ok(PinState::PinPad), LastTry::Keep), (Ok(()), 0, 1));
    }

    #[test]
    fn changing_obeys_the_same_rules() {
        let mut token = Counting { state: Ok(PinState::TriesLeft(Some(1))), sent: 0, on_pad: 0 };
        let (old, new) = (Pin::new("123456"), Pin::new("654321"));
        let refused = change_pin(&mut token, &old, &new, LastTry::Keep);
        assert_eq!(refused, Err(TokenError::LastTry));
        assert_eq!(change_pin(&mut token, &old, &old, LastTry::Confirmed), Err(TokenError::NewPin));
        assert_eq!(token.sent, 0);
        assert_eq!(change_pin(&mut token, &old, &new, LastTry::Confirmed), Ok(()));
        assert_eq!(token.sent, 1);
    }
}

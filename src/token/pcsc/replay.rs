//! A card played from a recording, for fuzzing: whatever answers come, reading a card ends
//! and nothing panics.

use super::apdu::{Format, Wire};
use super::{Failure, recognise};
use crate::token::TokenCertificate;

/// Answers one after the other, each after its length; then contact is lost.
struct Recording<'a> {
    format: Format,
    rest: &'a [u8],
}

impl Wire for Recording<'_> {
    fn exchange(&mut self, _: &[u8], _: bool, _: bool) -> Result<Vec<u8>, Failure> {
        let over = || Failure::Lost("the recording is over".to_owned());
        let (length, rest) = self.rest.split_first_chunk::<2>().ok_or_else(over)?;
        let length = usize::from(u16::from_be_bytes(*length)).min(rest.len());
        let (answer, rest) = rest.split_at_checked(length).ok_or_else(over)?;
        self.rest = rest;
        Ok(answer.to_vec())
    }

    fn format(&self) -> Format {
        self.format
    }
}

/// Reads the card that gives these answers: a byte for the protocol (bit 0: T=0, bit 1:
/// extended length), its answer to reset after one byte of length, then each answer after
/// its length in two bytes.
pub fn replay(recording: &[u8]) -> Vec<TokenCertificate> {
    let Some(([flags, length], rest)) = recording.split_first_chunk::<2>() else {
        return Vec::new();
    };
    let (atr, rest) = rest.split_at(usize::from(*length).min(rest.len()));
    let format = Format { t0: flags & 1 != 0, extended: flags & 2 != 0 };
    let mut wire = Recording { format, rest };
    let Ok(Some(card)) = recognise(&mut wire, atr) else { return Vec::new() };
    let certificates = card.certificates(&mut wire).unwrap_or_default();
    let _ = card.pin().status(&mut wire);
    certificates
}

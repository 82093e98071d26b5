//! The PIN of a card: asked about, presented, changed (ISO/IEC 7816-4, 11.5.6 and 11.5.7).

use zeroize::Zeroizing;

use super::apdu::{Command, StatusWord, Wire, send};
use super::{Failure, PinStatus};
use crate::token::{Pin, TokenError};

/// How a card wants its PIN.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CardPin {
    /// P2 of the commands.
    pub reference: u8,
    /// Least and most bytes.
    pub min: u8,
    pub max: u8,
    pub padding: Option<Padding>,
}

/// A PIN that is shorter than `length` bytes is filled up with `byte`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Padding {
    pub length: u8,
    pub byte: u8,
}

impl CardPin {
    /// Asks how many tries are left, which uses up none.
    pub fn status(&self, wire: &mut dyn Wire) -> Result<PinStatus, Failure> {
        let status = send(wire, &Command::new(0x20, 0, self.reference, [], false))?.status;
        match (status, status.tries_left()) {
            (StatusWord::OK, _) => Ok(PinStatus::Verified),
            (StatusWord::BLOCKED, _) | (_, Some(0)) => Ok(PinStatus::Blocked),
            (_, Some(tries)) => Ok(PinStatus::TriesLeft(tries)),
            _ => Err(status.into()),
        }
    }

    /// VERIFY.
    pub fn verify(&self, wire: &mut dyn Wire, pin: &Pin) -> Result<(), Failure> {
        let data = self.encode(pin)?;
        let status = send(wire, &self.command(0x20, &data))?.status;
        accepted(status).unwrap_or_else(|| Err(status.into()))
    }

    /// CHANGE REFERENCE DATA: the old PIN and the new one.
    pub fn change(&self, wire: &mut dyn Wire, old: &Pin, new: &Pin) -> Result<(), Failure> {
        let (old, new) = (self.encode(old)?, self.encode(new)?);
        let mut data = Zeroizing::new(Vec::with_capacity(old.len() + new.len()));
        data.extend_from_slice(&old);
        data.extend_from_slice(&new);
        let status = send(wire, &self.command(0x24, &data))?.status;
        match accepted(status) {
            Some(result) => result,
            None if [StatusWord::WRONG_DATA, StatusWord::CONDITIONS].contains(&status) => {
                Err(TokenError::NewPin.into())
            }
            None => Err(status.into()),
        }
    }

    /// Whether this can be a PIN of the card at all.
    pub fn check(&self, pin: &Pin) -> Result<(), TokenError> {
        let (min, max) = (self.min, self.max);
        if (usize::from(min)..=usize::from(max)).contains(&pin.reveal().len()) {
            Ok(())
        } else {
            Err(TokenError::PinLength { min, max })
        }
    }

    fn command(&self, instruction: u8, data: &[u8]) -> Command {
        Command::new(instruction, 0, self.reference, data, false)
    }

    fn encode(&self, pin: &Pin) -> Result<Zeroizing<Vec<u8>>, Failure> {
        self.check(pin)?;
        let text = pin.reveal().as_bytes();
        let length = self.padding.map_or(0, |padding| usize::from(padding.length));
        // Room for all at once: a vector that grows leaves its old bytes in memory.
        let mut bytes = Zeroizing::new(Vec::with_capacity(text.len().max(length)));
        bytes.extend_from_slice(text);
        if let Some(padding) = self.padding
            && text.len() < length
        {
            bytes.resize(length, padding.byte);
        }
        Ok(bytes)
    }
}

/// What a status says of the PIN that was sent; `None` if nothing.
fn accepted(status: StatusWord) -> Option<Result<(), Failure>> {
    let error = match (status, status.tries_left()) {
        (StatusWord::OK, _) => return Some(Ok(())),
        (StatusWord::BLOCKED, _) | (_, Some(0)) => TokenError::PinBlocked,
        (_, Some(tries)) => TokenError::WrongPin { tries_left: Some(tries) },
        _ => return None,
    };
    Some(Err(error.into()))
}

#[cfg(test)]
mod tests {
    use super::super::apdu::Format;
    use super::*;

    struct Card {
        heard: Vec<Vec<u8>>,
        answer: [u8; 2],
    }

    impl Wire for Card {
        fn exchange(&mut self, apdu: &[u8], secret: bool, _: bool) -> Result<Vec<u8>, Failure> {
            assert!(secret);
            self.heard.push(apdu.to_vec());
            Ok(self.answer.to_vec())
        }

        fn format(&self) -> Format {
            Format { t0: false, extended: false }
        }
    }

    fn card(answer: [u8; 2]) -> Card {
        Card { heard: Vec::new(), answer }
    }

    const PADDED: CardPin = CardPin {
        reference: 0x83,
        min: 4,
        max: 16,
        padding: Some(Padding { length: 8, byte: 0xFF }),
    };

    #[test]
    fn a_pin_is_padded_as_the_card_wants_it() {
        let mut heard = card([0x90, 0]);
        PADDED.verify(&mut heard, &Pin::new("1234")).unwrap();
        PADDED.verify(&mut heard, &Pin::new("1234567890")).unwrap();
        let bare = CardPin { padding: None, ..PADDED };
        bare.verify(&mut heard, &Pin::new("1234")).unwrap();
        bare.change(&mut heard, &Pin::new("1234"), &Pin::new("56789")).unwrap();
        PADDED.change(&mut heard, &Pin::new("1234"), &Pin::new("56789")).unwrap();
        let said = [
            "0020008308 31323334FFFFFFFF",
            "002000830A 31323334353637383930",
            "0020008304 31323334",
            "0024008309 313233343536373839",
            "0024008310 31323334FFFFFFFF 3536373839FFFFFF",
        ];
        let said = said.map(|hex| hex::decode(hex.replace(' ', "")).unwrap());
        assert_eq!(heard.heard, said);
    }

    #[test]
    fn what_cannot_be_a_pin_is_not_sent() {
        let mut heard = card([0x90, 0]);
        let refused = PADDED.verify(&mut heard, &Pin::new("123"));
        let length = TokenError::PinLength { min: 4, max: 16 };
        assert!(matches!(refused, Err(Failure::Token(error)) if error == length));
        let (old, new) = (Pin::new("1234"), Pin::new("1"));
        let refused = PADDED.change(&mut heard, &old, &new);
        assert!(matches!(refused, Err(Failure::Token(error)) if error == length));
        assert!(heard.heard.is_empty());
    }

    #[test]
    fn answers_are_told_apart() {
        let pin = Pin::new("1234");
        let verify = |answer| match PADDED.verify(&mut card(answer), &pin) {
            Err(Failure::Token(error)) => error,
            other => panic!("{other:?}"),
        };
        assert_eq!(verify([0x63, 0xC2]), TokenError::WrongPin { tries_left: Some(2) });
        assert_eq!(verify([0x63, 0xC0]), TokenError::PinBlocked);
        assert_eq!(verify([0x69, 0x83]), TokenError::PinBlocked);
        // A fault is never a wrong PIN.
        for answer in [[0x6F, 0x00], [0x69, 0x82], [0x6A, 0x80], [0x63, 0x00]] {
            assert!(matches!(verify(answer), TokenError::Device { .. }), "{answer:02X?}");
        }
        let change = PADDED.change(&mut card([0x6A, 0x80]), &pin, &Pin::new("9999"));
        assert!(matches!(change, Err(Failure::Token(TokenError::NewPin))));
        assert_eq!(PADDED.status(&mut card([0x63, 0xC3])).ok(), Some(PinStatus::TriesLeft(3)));
        assert_eq!(PADDED.status(&mut card([0x69, 0x83])).ok(), Some(PinStatus::Blocked));
        assert!(PADDED.status(&mut card([0x6A, 0x88])).is_err());
    }
}

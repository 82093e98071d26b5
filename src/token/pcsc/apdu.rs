//! Commands and answers of a card (ISO/IEC 7816-3 and 7816-4): short and extended length,
//! command chaining, GET RESPONSE and the retry with the right length.
//!
//! Everything here is above the [`Wire`], which carries one APDU there and back, so that
//! the tests at the bottom can play a card.

use std::fmt;

use zeroize::Zeroizing;

use super::Failure;
use crate::token::TokenError;

/// No answer of a signing card comes near this; more is a card gone wrong.
const MAX_ANSWER: usize = 64 * 1024;
/// Data that fits one short command.
const SHORT: usize = 255;
/// Most that an answer to a short command holds.
const SHORT_ANSWER: usize = 256;

/// The two bytes that end every answer.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct StatusWord(pub u16);

impl StatusWord {
    pub const OK: Self = Self(0x9000);
    /// More tries were used up than there are.
    pub const BLOCKED: Self = Self(0x6983);
    pub const SECURITY_NOT_SATISFIED: Self = Self(0x6982);
    pub const WRONG_LENGTH: Self = Self(0x6700);
    /// The file ends before as many bytes as were asked for.
    pub const END_OF_FILE: Self = Self(0x6282);
    pub const CONDITIONS: Self = Self(0x6985);
    pub const WRONG_DATA: Self = Self(0x6A80);
    pub const WRONG_P1_P2: Self = Self(0x6A86);
    pub const NOT_FOUND: Self = Self(0x6A82);
    pub const REFERENCE_NOT_FOUND: Self = Self(0x6A88);

    /// `63Cx`: the verification failed and x tries are left.
    pub const fn tries_left(self) -> Option<u8> {
        if self.0 & 0xFFF0 == 0x63C0 { Some((self.0 & 0x0F) as u8) } else { None }
    }
}

impl fmt::Debug for StatusWord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SW {:04X}", self.0)
    }
}

impl From<StatusWord> for TokenError {
    fn from(status: StatusWord) -> Self {
        Self::Device { code: format!("{status:?}") }
    }
}

/// A command. Its data is wiped when dropped, for it may be a PIN.
pub struct Command {
    pub class: u8,
    pub instruction: u8,
    pub p1: u8,
    pub p2: u8,
    pub data: Zeroizing<Vec<u8>>,
    /// Whether an answer with data is expected.
    pub answer: bool,
}

impl Command {
    pub fn new(instruction: u8, p1: u8, p2: u8, data: impl Into<Vec<u8>>, answer: bool) -> Self {
        Self { class: 0, instruction, p1, p2, data: Zeroizing::new(data.into()), answer }
    }

    /// VERIFY, CHANGE REFERENCE DATA and RESET RETRY COUNTER carry PINs.
    pub const fn is_secret(&self) -> bool {
        matches!(self.instruction, 0x20 | 0x24 | 0x2C)
    }

    /// Whether an answer that never came may have cost a try of the PIN.
    pub fn costs_a_try(&self) -> bool {
        self.is_secret() && !self.data.is_empty()
    }
}

/// How a card's answers are to be asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Format {
    /// T=0 knows neither extended length nor Lc and Le in one command (ISO/IEC 7816-3, 12.2).
    pub t0: bool,
    /// Card and reader take commands of extended length.
    pub extended: bool,
}

/// An answer's data and status.
#[derive(Debug)]
pub struct Answer {
    pub data: Vec<u8>,
    pub status: StatusWord,
}

impl Answer {
    /// The data, where the status is 9000.
    pub fn ok(self) -> Result<Vec<u8>, Failure> {
        if self.status == StatusWord::OK { Ok(self.data) } else { Err(self.status.into()) }
    }
}

impl From<StatusWord> for Failure {
    fn from(status: StatusWord) -> Self {
        Self::Token(status.into())
    }
}

/// Carries one APDU to the card and its answer back.
pub trait Wire {
    /// `secret`: the APDU must not be logged. `costs_a_try`: must not be repeated.
    fn exchange(
        &mut self,
        apdu: &[u8],
        secret: bool,
        costs_a_try: bool,
    ) -> Result<Vec<u8>, Failure>;

    fn format(&self) -> Format;
}

/// Sends a command, in as many pieces as it needs, and gathers the whole answer.
pub fn send(wire: &mut dyn Wire, command: &Command) -> Result<Answer, Failure> {
    let format = wire.format();
    let pieces = encode(command, format);
    let Some((last, chained)) = pieces.split_last() else {
        return Err(StatusWord::WRONG_LENGTH.into());
    };
    let secret = command.is_secret();
    for piece in chained {
        let status = split(wire.exchange(piece, secret, command.costs_a_try())?)?.status;
        if status != StatusWord::OK {
            return Ok(Answer { data: Vec::new(), status });
        }
    }
    let mut answer = split(wire.exchange(last, secret, command.costs_a_try())?)?;
    if answer.status.0 >> 8 == 0x6C && answer.data.is_empty() && !command.costs_a_try() {
        // "Wrong Le, ask again with this one."
        let mut again = last.clone();
        if command.data.is_empty() {
            again.truncate(4);
        } else if command.answer && !format.t0 {
            again.pop();
        }
        again.push(answer.status.0 as u8);
        answer = split(wire.exchange(&again, secret, false)?)?;
    }
    while answer.status.0 >> 8 == 0x61 {
        let mut get_response = [command.class & !0x10, 0xC0, 0, 0, answer.status.0 as u8];
        let mut more = split(wire.exchange(&get_response, secret, false)?)?;
        if more.status.0 >> 8 == 0x6C && more.data.is_empty() {
            get_response[4] = more.status.0 as u8;
            more = split(wire.exchange(&get_response, secret, false)?)?;
        }
        if more.data.is_empty() && more.status.0 >> 8 == 0x61 {
            return Err(more.status.into());
        }
        answer.data.extend(more.data);
        answer.status = more.status;
        if answer.data.len() > MAX_ANSWER {
            return Err(Failure::Token(TokenError::Device { code: "answer too long".to_owned() }));
        }
    }
    Ok(answer)
}

/// An answer shorter than its status is none: drivers report a lost card like that.
fn split(mut bytes: Vec<u8>) -> Result<Answer, Failure> {
    let Some((data, [high, low])) = bytes.split_last_chunk::<2>().map(|(d, s)| (d.len(), *s))
    else {
        return Err(Failure::Lost("answer without a status".to_owned()));
    };
    bytes.truncate(data);
    Ok(Answer { data: bytes, status: StatusWord(u16::from_be_bytes([high, low])) })
}

/// The APDUs of a command, in order.
fn encode(command: &Command, format: Format) -> Vec<Zeroizing<Vec<u8>>> {
    let data = &command.data;
    if format.extended && !format.t0 && (data.len() > SHORT || command.answer) {
        return vec![extended(command)];
    }
    if data.is_empty() {
        let mut apdu = header(command, false);
        if command.answer {
            apdu.push(0);
        } else if format.t0 {
            // T=0 has always five bytes.
            apdu.push(0);
        }
        return vec![apdu];
    }
    let count = data.len().div_ceil(SHORT);
    data.chunks(SHORT)
        .enumerate()
        .map(|(index, chunk)| {
            let last = index + 1 == count;
            let mut apdu = header(command, !last);
            apdu.push(chunk.len() as u8);
            apdu.extend_from_slice(chunk);
            if last && command.answer && !format.t0 {
                apdu.push(0);
            }
            apdu
        })
        .collect()
}

/// The four bytes of the header; with room for all, so that no PIN is left behind in
/// memory by a vector that grew.
fn header(command: &Command, chained: bool) -> Zeroizing<Vec<u8>> {
    let mut apdu = Vec::with_capacity(command.data.len().min(SHORT) + 6);
    let class = command.class | if chained { 0x10 } else { 0 };
    apdu.extend_from_slice(&[class, command.instruction, command.p1, command.p2]);
    Zeroizing::new(apdu)
}

fn extended(command: &Command) -> Zeroizing<Vec<u8>> {
    let mut apdu = Vec::with_capacity(command.data.len() + 9);
    apdu.extend_from_slice(&[command.class, command.instruction, command.p1, command.p2, 0]);
    if !command.data.is_empty() {
        apdu.extend_from_slice(&(command.data.len() as u16).to_be_bytes());
        apdu.extend_from_slice(&command.data);
    }
    if command.answer {
        apdu.extend_from_slice(&[0, 0]);
    }
    Zeroizing::new(apdu)
}

/// Room for any answer to an APDU, with its status.
pub const fn room(format: Format) -> usize {
    if format.extended { MAX_ANSWER + 2 } else { SHORT_ANSWER + 2 }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A card that records what it hears and answers `answer` in pieces.
    struct Card {
        format: Format,
        heard: Vec<Vec<u8>>,
        answer: Vec<u8>,
        /// Says 6Cxx first.
        fussy: bool,
        waiting: Vec<u8>,
    }

    impl Card {
        fn new(extended: bool, t0: bool, answer: Vec<u8>) -> Self {
            let format = Format { t0, extended };
            Self { format, heard: Vec::new(), answer, fussy: false, waiting: Vec::new() }
        }

        fn give(&mut self, most: usize) -> Vec<u8> {
            let rest = self.waiting.split_off(self.waiting.len().min(most));
            let mut out = std::mem::replace(&mut self.waiting, rest);
            match self.waiting.len() {
                0 => out.extend([0x90, 0x00]),
                left => out.extend([0x61, left.min(255) as u8]),
            }
            out
        }
    }

    impl Wire for Card {
        fn exchange(&mut self, apdu: &[u8], _: bool, _: bool) -> Result<Vec<u8>, Failure> {
            self.heard.push(apdu.to_vec());
            if apdu[1] == 0xC0 {
                let most = if apdu[4] == 0 { 256 } else { usize::from(apdu[4]) };
                return Ok(self.give(most));
            }
            if apdu[0] & 0x10 != 0 {
                return Ok(vec![0x90, 0x00]);
            }
            if self.fussy {
                self.fussy = false;
                return Ok(vec![0x6C, self.answer.len() as u8]);
            }
            self.waiting = self.answer.clone();
            let extended = self.format.extended && !self.format.t0;
            Ok(self.give(if extended { 65536 } else { 256 }))
        }

        fn format(&self) -> Format {
            self.format
        }
    }

    #[test]
    fn the_four_cases_are_encoded() {
        let short = Format { t0: false, extended: false };
        let long = Format { t0: false, extended: true };
        let t0 = Format { t0: true, extended: false };
        let bytes = |data: &[u8], answer, format| {
            encode(&Command::new(0xCB, 1, 2, data, answer), format)
                .into_iter()
                .map(|apdu| apdu.to_vec())
                .collect::<Vec<_>>()
        };
        assert_eq!(bytes(&[], false, short), [vec![0, 0xCB, 1, 2]]);
        assert_eq!(bytes(&[], false, t0), [vec![0, 0xCB, 1, 2, 0]]);
        assert_eq!(bytes(&[], true, short), [vec![0, 0xCB, 1, 2, 0]]);
        assert_eq!(bytes(&[7], false, short), [vec![0, 0xCB, 1, 2, 1, 7]]);
        assert_eq!(bytes(&[7], true, short), [vec![0, 0xCB, 1, 2, 1, 7, 0]]);
        assert_eq!(bytes(&[7], true, t0), [vec![0, 0xCB, 1, 2, 1, 7]]);
        assert_eq!(bytes(&[7], true, long), [vec![0, 0xCB, 1, 2, 0, 0, 1, 7, 0, 0]]);
        assert_eq!(bytes(&[7], false, long), [vec![0, 0xCB, 1, 2, 1, 7]]);
    }

    #[test]
    fn a_wrong_length_is_mended_once() {
        for (data, t0) in [(vec![], false), (vec![7], false), (vec![7], true)] {
            let mut card = Card::new(false, t0, vec![1, 2, 3]);
            card.fussy = true;
            let answer = send(&mut card, &Command::new(0xCB, 0, 0, data, true)).unwrap();
            assert_eq!(answer.data, [1, 2, 3]);
            assert_eq!(card.heard[1].last(), Some(&3));
        }
    }

    #[test]
    fn a_pin_is_never_sent_twice() {
        let mut card = Card::new(false, false, vec![1]);
        card.fussy = true;
        let answer = send(&mut card, &Command::new(0x20, 0, 0x80, vec![1; 8], false)).unwrap();
        assert_eq!(answer.status, StatusWord(0x6C01));
        assert_eq!(card.heard.len(), 1);
    }

    #[test]
    fn an_answer_without_status_is_a_lost_card() {
        for bytes in [vec![], vec![0x90]] {
            assert!(matches!(split(bytes), Err(Failure::Lost(_))));
        }
    }

    #[test]
    fn tries_are_told_apart_from_other_answers() {
        assert_eq!(StatusWord(0x63C2).tries_left(), Some(2));
        assert_eq!(StatusWord(0x6300).tries_left(), None);
        assert_eq!(StatusWord(0x6983).tries_left(), None);
    }

    proptest! {
        #[test]
        fn every_length_arrives_whole(
            data in proptest::collection::vec(any::<u8>(), 1..1200),
            answer in proptest::collection::vec(any::<u8>(), 0..1200),
            extended: bool, t0: bool,
        ) {
            let mut card = Card::new(extended, t0, answer.clone());
            let command = Command::new(0x87, 7, 0x9C, data.clone(), true);
            prop_assert_eq!(send(&mut card, &command).unwrap().ok().unwrap(), answer);
            // What the card heard, put together again, is what was said.
            let commands = card.heard.iter().filter(|apdu| apdu[1] == 0x87);
            let heard: Vec<u8> = commands.flat_map(|apdu| {
                let start = if extended && !t0 { 7 } else { 5 };
                let size = match start {
                    5 => usize::from(apdu[4]),
                    _ => usize::from(u16::from_be_bytes([apdu[5], apdu[6]])),
                };
                apdu[start..start + size].to_vec()
            }).collect();
            prop_assert_eq!(heard, data);
        }
    }
}

//! What desk and helper say to each other.
//!
//! A frame is a mark, a number, lengths, a JSON text and up to two secrets:
//!
//! | bytes | meaning |
//! | --- | --- |
//! | 8 | [`MARK`] |
//! | 4 | number of the question, repeated in its answer |
//! | 4 | length of the JSON text, at most [`MAX_TEXT`] |
//! | 2 + 2 | lengths of two secrets, at most [`MAX_SECRET`] |
//! | … | JSON text, first secret, second secret |
//!
//! All numbers are big-endian. Secrets stay out of the JSON because a JSON library copies
//! what it reads; here every buffer that holds one is wiped. The mark lets a reader pass
//! over what a module prints to standard output.

use std::io::{self, Read, Write};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::pki::algorithm::{DigestAlgorithm, SignatureScheme};
use crate::token::{Pin, PinState, TokenError};

/// Both sides must say the same; raised with every change of what is said.
pub const VERSION: u32 = 1;
/// Not ASCII, so that no text printed by a module holds it.
pub const MARK: [u8; 8] = [0xF5, b'v', b't', b'h', 0x00, 0xC1, 0x0A, 0xFE];
/// Certificates of one token in hex come nowhere near this.
pub const MAX_TEXT: usize = 8 << 20;
pub const MAX_SECRET: usize = 1024;
const HEADER: usize = 20;

/// A token inside a helper.
pub type Handle = u32;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Request {
    /// The first question.
    Hello {
        version: u32,
    },
    /// The tokens that the module shows now.
    List,
    /// Opens the token of this label, serial number or `slot=N`.
    Open {
        token: String,
    },
    /// Logs out, forgets the PIN and the token.
    Close {
        token: Handle,
    },
    Certificates {
        token: Handle,
    },
    PinState {
        token: Handle,
    },
    /// The PIN is the first secret.
    Login {
        token: Handle,
    },
    LoginOnPad {
        token: Handle,
    },
    /// Old and new PIN are the secrets.
    ChangePin {
        token: Handle,
    },
    WantsPinEveryTime {
        token: Handle,
        key: String,
    },
    Sign {
        token: Handle,
        key: String,
        scheme: SignatureScheme,
        algorithm: DigestAlgorithm,
        #[serde(with = "as_hex")]
        digest: Vec<u8>,
    },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Answer {
    Hello { version: u32 },
    Tokens(Vec<Shown>),
    Opened { token: Handle, label: String, pad: bool },
    Certificates(Vec<Shared>),
    PinState(PinState),
    Told(bool),
    Signature(#[serde(with = "as_hex")] Vec<u8>),
    Done,
    Failed(TokenError),
}

/// A token that a module shows now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    pub label: String,
    pub serial: String,
    pub slot: u64,
}

/// A certificate with the handle of its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shared {
    pub key: String,
    #[serde(with = "as_hex")]
    pub der: Vec<u8>,
}

/// One frame as it was read.
pub struct Frame {
    pub number: u32,
    text: Vec<u8>,
    secrets: [Zeroizing<Vec<u8>>; 2],
}

impl Frame {
    /// What the JSON text says.
    pub fn say<T: DeserializeOwned>(&self) -> io::Result<T> {
        serde_json::from_slice(&self.text).map_err(bad)
    }

    /// The secrets as PINs; nothing of them stays in the frame.
    pub fn pins(&mut self) -> io::Result<[Pin; 2]> {
        let [first, second] = &mut self.secrets;
        Ok([pin(first)?, pin(second)?])
    }
}

/// Moves the bytes into a [`Pin`] without a copy.
fn pin(bytes: &mut Zeroizing<Vec<u8>>) -> io::Result<Pin> {
    String::from_utf8(std::mem::take(&mut **bytes)).map(Pin::new).map_err(|error| {
        drop(Zeroizing::new(error.into_bytes()));
        io::ErrorKind::InvalidData.into()
    })
}

/// Writes a frame at once, so that what a module prints cannot come between.
pub fn write<T: Serialize>(
    to: &mut impl Write,
    number: u32,
    said: &T,
    secrets: &[&Pin],
) -> io::Result<()> {
    let text = serde_json::to_vec(said).map_err(bad)?;
    let secret = |place: usize| secrets.get(place).map_or(&[][..], |pin| pin.reveal().as_bytes());
    let (first, second) = (secret(0), secret(1));
    if text.len() > MAX_TEXT || first.len().max(second.len()) > MAX_SECRET {
        return Err(io::ErrorKind::InvalidInput.into());
    }
    // Never grows: growing would leave a copy of the secrets behind.
    let size = HEADER + text.len() + first.len() + second.len();
    let mut frame = Zeroizing::new(Vec::with_capacity(size));
    frame.extend_from_slice(&MARK);
    frame.extend_from_slice(&number.to_be_bytes());
    frame.extend_from_slice(&(text.len() as u32).to_be_bytes());
    frame.extend_from_slice(&(first.len() as u16).to_be_bytes());
    frame.extend_from_slice(&(second.len() as u16).to_be_bytes());
    frame.extend_from_slice(&text);
    frame.extend_from_slice(first);
    frame.extend_from_slice(second);
    to.write_all(&frame)?;
    to.flush()
}

/// Reads the next frame, passing over at most `noise` bytes before it; `None` where the
/// stream ends. `from` must not buffer, or a secret would stay in its buffer.
pub fn read(from: &mut impl Read, noise: usize) -> io::Result<Option<Frame>> {
    if !find_mark(from, noise)? {
        return Ok(None);
    }
    let number = u32::from_be_bytes(array(from)?);
    let text = u32::from_be_bytes(array(from)?) as usize;
    let secrets = [u16::from_be_bytes(array(from)?), u16::from_be_bytes(array(from)?)];
    let secrets = secrets.map(usize::from);
    if text > MAX_TEXT || secrets.iter().any(|size| *size > MAX_SECRET) {
        return Err(bad("a frame that is too long"));
    }
    let text = bytes(from, text)?;
    let secrets = [secret(from, secrets[0])?, secret(from, secrets[1])?];
    Ok(Some(Frame { number, text, secrets }))
}

/// Reads up to and with the mark; `false` where the stream ends before one.
fn find_mark(from: &mut impl Read, noise: usize) -> io::Result<bool> {
    let mut window = [0; MARK.len()];
    for _ in 0..noise + MARK.len() {
        let mut byte = [0];
        match from.read_exact(&mut byte) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(false),
            Err(error) => return Err(error),
        }
        window.rotate_left(1);
        if let Some(last) = window.last_mut() {
            *last = byte[0];
        }
        if window == MARK {
            return Ok(true);
        }
    }
    Err(bad("no frame"))
}

fn array<const N: usize>(from: &mut impl Read) -> io::Result<[u8; N]> {
    let mut bytes = [0; N];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn bytes(from: &mut impl Read, size: usize) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; size];
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn secret(from: &mut impl Read, size: usize) -> io::Result<Zeroizing<Vec<u8>>> {
    let mut bytes = Zeroizing::new(vec![0; size]);
    from.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn bad(cause: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, cause)
}

/// Bytes as hex in JSON, which is a quarter of what a list of numbers takes.
mod as_hex {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    pub fn serialize<S: Serializer>(bytes: &[u8], to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(&hex::encode(bytes))
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<u8>, D::Error> {
        hex::decode(String::deserialize(from)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn login() -> Request {
        Request::Login { token: 7 }
    }

    #[test]
    fn what_is_written_is_read() {
        let mut stream = Vec::new();
        let pins = [Pin::new("bí mật"), Pin::new("87654321")];
        write(&mut stream, 3, &login(), &[&pins[0], &pins[1]]).unwrap();
        write(&mut stream, 4, &Answer::Failed(TokenError::PinBlocked), &[]).unwrap();
        let mut from = &stream[..];
        let mut frame = read(&mut from, 0).unwrap().unwrap();
        assert_eq!((frame.number, frame.say::<Request>().unwrap()), (3, login()));
        let read_pins = frame.pins().unwrap();
        assert_eq!(read_pins.map(|pin| pin.reveal().to_owned()), ["bí mật", "87654321"]);
        let frame = read(&mut from, 0).unwrap().unwrap();
        assert_eq!(frame.say::<Answer>().unwrap(), Answer::Failed(TokenError::PinBlocked));
        assert!(read(&mut from, 0).unwrap().is_none());
    }

    #[test]
    fn the_text_of_a_question_holds_no_secret() {
        let mut stream = Vec::new();
        write(&mut stream, 1, &login(), &[&Pin::new("71530482")]).unwrap();
        let frame = read(&mut &stream[..], 0).unwrap().unwrap();
        assert!(!String::from_utf8(frame.text).unwrap().contains("71530482"));
    }

    #[test]
    fn lengths_beyond_the_bounds_are_refused_before_anything_is_reserved() {
        for lengths in [[0xFF, 0xFF, 0xFF, 0xFF, 0, 0, 0, 0], [0, 0, 0, 2, 0xFF, 0xFF, 0, 0]] {
            let stream = [&MARK[..], &[0, 0, 0, 1], &lengths].concat();
            assert!(read(&mut &stream[..], 0).is_err());
        }
        let long = Pin::new("1".repeat(MAX_SECRET + 1));
        assert!(write(&mut Vec::new(), 1, &login(), &[&long]).is_err());
    }

    #[test]
    fn a_secret_that_is_not_text_is_refused() {
        let stream = [&MARK[..], &[0, 0, 0, 1, 0, 0, 0, 4, 0, 1, 0, 0], b"null\xFF"].concat();
        assert!(read(&mut &stream[..], 0).unwrap().unwrap().pins().is_err());
    }

    proptest! {
        #[test]
        fn noise_before_a_frame_is_passed_over(
            noise in proptest::collection::vec(any::<u8>(), 0..300), number: u32,
        ) {
            let mut stream = noise.clone();
            write(&mut stream, number, &login(), &[]).unwrap();
            let frame = read(&mut &stream[..], noise.len()).unwrap().unwrap();
            prop_assert_eq!(frame.number, number);
            if !noise.is_empty() {
                prop_assert!(read(&mut &stream[..], noise.len() - 1).is_err());
            }
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let stream = [&MARK[..], &bytes].concat();
            if let Ok(Some(mut frame)) = read(&mut &stream[..], 64) {
                let _ = frame.say::<Request>();
                let _ = frame.say::<Answer>();
                let _ = frame.pins();
            }
        }
    }
}

//! What is packed on the wire: Zstandard (RFC 8878) as a content coding (RFC 9110 section 8.4).
//!
//! A coding belongs to one body on one connection. Offsets, lengths and hashes count the packet
//! itself, so that a packet is gone on with from any of its bytes, whatever carried those before.
//! An edXML packet holds its files in Base64, of which packing takes a quarter away.

use std::io;

use zstd::stream::raw::{CParameter, DParameter, Decoder, Encoder, InBuffer, Operation, OutBuffer};

/// Its name among content codings.
pub const ZSTD: &str = "zstd";

/// The fastest: what packets carry is packed already, and a higher one finds no more in it.
const LEVEL: i32 = 1;
/// How far is looked back, as a power of two; packing one body takes as much memory, and a
/// little more.
const WINDOW: u32 = 19;
/// The largest window of a body that is taken, as a power of two: the largest that the web lets
/// one ask for (RFC 9659).
const MAX_WINDOW: u32 = 23;
/// Bytes after which all that was packed is sent: a line that breaks loses no more than these.
const GRAIN: usize = 4 * 1024;
/// Bytes that are unpacked at once, at most.
const PIECE: usize = 64 * 1024;

/// Whether an `Accept-Encoding` names Zstandard, and not to refuse it.
pub fn is_taken(accept: &str) -> bool {
    accept.split(',').any(|one| {
        let mut words = one.split(';').map(str::trim);
        let named = words.next().is_some_and(|name| name.eq_ignore_ascii_case(ZSTD));
        let weight = words.find_map(|word| word.strip_prefix("q=")?.parse::<f32>().ok());
        named && weight != Some(0.0)
    })
}

/// Whether packing so many bytes to so many is worth its while.
pub fn is_worth(bytes: usize, packed: usize) -> bool {
    packed < bytes - bytes / 16
}

/// All of it packed, where that is worth its while.
pub fn packed(bytes: &[u8]) -> Option<Vec<u8>> {
    zstd::bulk::compress(bytes, LEVEL).ok().filter(|packed| is_worth(bytes.len(), packed.len()))
}

/// Packs a body piece by piece.
pub struct Packer(Encoder<'static>);

impl Packer {
    pub fn new() -> io::Result<Self> {
        let mut encoder = Encoder::new(LEVEL)?;
        encoder.set_parameter(CParameter::WindowLog(WINDOW))?;
        Ok(Self(encoder))
    }

    /// The next piece: whoever has read what this gives has all of it.
    pub fn pack(&mut self, bytes: &[u8]) -> io::Result<Vec<u8>> {
        let mut out = Vec::with_capacity(bytes.len());
        for grain in bytes.chunks(GRAIN) {
            let mut input = InBuffer::around(grain);
            while input.pos < grain.len() {
                self.0.run(&mut input, &mut room(&mut out))?;
            }
            while self.0.flush(&mut room(&mut out))? > 0 {}
        }
        Ok(out)
    }

    /// What ends the body.
    pub fn finish(mut self) -> io::Result<Vec<u8>> {
        let mut out = Vec::new();
        while self.0.finish(&mut room(&mut out), true)? > 0 {}
        Ok(out)
    }
}

/// The free end of a buffer.
fn room(out: &mut Vec<u8>) -> OutBuffer<'_, Vec<u8>> {
    out.reserve(1024);
    let end = out.len();
    OutBuffer::around_pos(out, end)
}

/// Unpacks a body piece by piece, so that whoever takes the pieces sees in time that they are
/// more than was promised: a few bytes may hold very many.
pub struct Unpacker {
    decoder: Decoder<'static>,
    input: Vec<u8>,
    /// Bytes of the input that have been read.
    read: usize,
}

impl Unpacker {
    pub fn new() -> io::Result<Self> {
        let mut decoder = Decoder::new()?;
        decoder.set_parameter(DParameter::WindowLogMax(MAX_WINDOW))?;
        Ok(Self { decoder, input: Vec::new(), read: 0 })
    }

    /// What has come.
    pub fn give(&mut self, bytes: &[u8]) {
        self.input.drain(..self.read);
        self.read = 0;
        self.input.extend_from_slice(bytes);
    }

    /// The next piece of what it holds, [`PIECE`] bytes at most; `None` when more must come.
    /// Fails where it is not Zstandard, or asks for too large a window.
    pub fn take(&mut self) -> io::Result<Option<Vec<u8>>> {
        loop {
            let mut piece = Vec::with_capacity(PIECE);
            let mut input = InBuffer::around(self.input.get(self.read..).unwrap_or_default());
            self.decoder.run(&mut input, &mut OutBuffer::around(&mut piece))?;
            let read = input.pos;
            self.read += read;
            match (piece.is_empty(), read) {
                (false, _) => return Ok(Some(piece)),
                (true, 0) => return Ok(None),
                (true, _) => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn unpacked(unpacker: &mut Unpacker, bytes: &[u8]) -> Vec<u8> {
        unpacker.give(bytes);
        let mut all = Vec::new();
        while let Some(piece) = unpacker.take().unwrap() {
            assert!(piece.len() <= PIECE);
            all.extend(piece);
        }
        all
    }

    #[test]
    fn who_refuses_it_is_not_given_it() {
        for (accept, taken) in [
            ("zstd", true),
            ("gzip, ZSTD;q=0.5", true),
            ("br;q=1, zstd; q=1", true),
            ("", false),
            ("gzip", false),
            ("*", false),
            ("zstd;q=0", false),
            ("zstd; q=0.000", false),
            ("zstdx", false),
        ] {
            assert_eq!(is_taken(accept), taken, "{accept}");
        }
    }

    #[test]
    fn what_cannot_be_packed_goes_as_it_is() {
        let digits: Vec<u8> = (0..10_000u32).flat_map(|n| n.to_string().into_bytes()).collect();
        assert!(packed(&digits).unwrap().len() < digits.len() / 2);
        let dense = packed(&digits).unwrap();
        assert_eq!(packed(&dense), None);
        assert_eq!(packed(b""), None);
    }

    #[test]
    fn few_bytes_that_hold_many_come_in_pieces() {
        let many = vec![0; 50 * 1024 * 1024];
        let few = packed(&many).unwrap();
        assert!(few.len() < 10_000, "{}", few.len());
        let mut unpacker = Unpacker::new().unwrap();
        unpacker.give(&few);
        for _ in 0..10 {
            assert!(unpacker.take().unwrap().unwrap().len() <= PIECE);
        }
    }

    #[test]
    fn a_window_that_takes_much_memory_is_refused() {
        // Magic number, no sizes, and a window of 2^24 (RFC 8878, 3.1.1).
        let head = |exponent: u8| [0x28, 0xB5, 0x2F, 0xFD, 0, (exponent - 10) << 3];
        let mut unpacker = Unpacker::new().unwrap();
        unpacker.give(&head(23));
        assert_eq!(unpacker.take().unwrap(), None);
        let mut unpacker = Unpacker::new().unwrap();
        unpacker.give(&head(24));
        assert!(unpacker.take().is_err());
        let mut unpacker = Unpacker::new().unwrap();
        unpacker.give(b"<edXML/>");
        assert!(unpacker.take().is_err());
    }

    proptest! {
        #[test]
        fn a_body_comes_out_as_it_went_in(
            pieces in proptest::collection::vec("[a-f]{0,9000}", 0..6), cut in 1usize..3000,
        ) {
            let mut packer = Packer::new().unwrap();
            let mut wire = Vec::new();
            for piece in &pieces {
                wire.extend(packer.pack(piece.as_bytes()).unwrap());
            }
            wire.extend(packer.finish().unwrap());
            let mut unpacker = Unpacker::new().unwrap();
            let mut all = Vec::new();
            for chunk in wire.chunks(cut) {
                all.extend(unpacked(&mut unpacker, chunk));
            }
            prop_assert_eq!(all, pieces.concat().into_bytes());
        }

        #[test]
        fn a_line_that_breaks_loses_a_grain(seed in 1u32.., at in 0.1f64..1.0) {
            // Sixteen letters without order: packing halves them, everywhere alike.
            let mut state = seed;
            let text: Vec<u8> = std::iter::repeat_with(|| {
                state ^= state << 13;
                state ^= state >> 17;
                state ^= state << 5;
                b'a' + (state % 16) as u8
            }).take(40_000).collect();
            let mut packer = Packer::new().unwrap();
            let wire = packer.pack(&text).unwrap();
            let mut unpacker = Unpacker::new().unwrap();
            let whole = unpacked(&mut unpacker, &wire);
            prop_assert_eq!(&whole, &text);
            let carried = (wire.len() as f64 * at) as usize;
            let mut unpacker = Unpacker::new().unwrap();
            let there = unpacked(&mut unpacker, &wire[..carried]).len();
            // A grain is less than its bytes on the wire, and more than half of them.
            let lost = carried as f64 / wire.len() as f64 * text.len() as f64 - there as f64;
            prop_assert!(lost < 1.5 * GRAIN as f64, "{} lost", lost);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let mut unpacker = Unpacker::new().unwrap();
            unpacker.give(&[0x28, 0xB5, 0x2F, 0xFD]);
            unpacker.give(&bytes);
            while let Ok(Some(_)) = unpacker.take() {}
        }
    }
}

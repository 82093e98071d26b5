//! Files on a card (ISO/IEC 7816-4, 7.2 and 11.2): applications selected by name, elementary
//! files by their identifiers, transparent ones read whole.

use super::Failure;
use super::apdu::{Command, StatusWord, Wire, send};
use super::tlv;

/// No file of ours is longer; more is a card gone wrong.
const MAX_FILE: usize = 32 * 1024;
/// The root of a card's files.
const MASTER_FILE: [u8; 2] = [0x3F, 0x00];

/// How the card wants an elementary file of the application selected: P1 of SELECT.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum By {
    /// Any file by its identifier.
    Identifier,
    /// An elementary file under the application.
    Child,
}

/// How much of a file is wanted: cards give files more room than they fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// The first data object.
    One,
    /// All data objects, up to the padding.
    All,
}

/// Selects an application by its name; `false` where the card knows none of that name.
pub fn select_name(wire: &mut dyn Wire, name: &[u8]) -> Result<bool, Failure> {
    select(wire, 0x04, name)
}

/// Selects a file by its path from the application that is selected, or, where the path
/// begins with 3F00, from the root.
pub fn select_path(wire: &mut dyn Wire, path: &[u8], by: By) -> Result<bool, Failure> {
    let (steps, rest) = path.as_chunks::<2>();
    let (Some((last, folders)), []) = (steps.split_last(), rest) else { return Ok(false) };
    for folder in folders {
        if !select(wire, 0x00, folder)? {
            return Ok(false);
        }
    }
    match by {
        By::Child if *last != MASTER_FILE => select(wire, 0x02, last),
        _ => select(wire, 0x00, last),
    }
}

/// SELECT without asking for the file's description; with it, where the card insists.
fn select(wire: &mut dyn Wire, p1: u8, which: &[u8]) -> Result<bool, Failure> {
    let status = send(wire, &Command::new(0xA4, p1, 0x0C, which, false))?.status;
    if status == StatusWord::OK {
        return Ok(true);
    }
    if status != StatusWord::WRONG_P1_P2 {
        return Ok(false);
    }
    Ok(send(wire, &Command::new(0xA4, p1, 0x00, which, true))?.status == StatusWord::OK)
}

/// Reads the transparent file that is selected; `None` where it may not be read.
pub fn read(wire: &mut dyn Wire, extent: Extent) -> Result<Option<Vec<u8>>, Failure> {
    let mut file = Vec::new();
    while file.len() < MAX_FILE && !is_whole(&file, extent) {
        let [high, low] = (file.len() as u16).to_be_bytes();
        let answer = send(wire, &Command::new(0xB0, high, low, [], true))?;
        let ends = match answer.status {
            StatusWord::OK => answer.data.is_empty(),
            StatusWord::END_OF_FILE => true,
            // Nothing beyond the last byte.
            _ if !file.is_empty() => true,
            _ => return Ok(None),
        };
        file.extend(answer.data);
        if ends {
            break;
        }
    }
    Ok(Some(file))
}

/// Selects and reads; `None` where there is no such file, or not for us.
pub fn file(
    wire: &mut dyn Wire,
    path: &[u8],
    by: By,
    extent: Extent,
) -> Result<Option<Vec<u8>>, Failure> {
    if select_path(wire, path, by)? { read(wire, extent) } else { Ok(None) }
}

/// The data objects of a file, one after the other, up to its padding with 00 or FF.
pub fn objects(mut file: &[u8]) -> impl Iterator<Item = tlv::Tlv<'_>> {
    std::iter::from_fn(move || {
        if matches!(file, [0x00 | 0xFF, ..]) {
            return None;
        }
        let (object, rest) = tlv::read(file)?;
        file = rest;
        Some(object)
    })
}

fn is_whole(mut file: &[u8], extent: Extent) -> bool {
    loop {
        match file {
            // gzip and zlib have no length at their beginning.
            [] | [0x1F, 0x8B, ..] | [0x78, ..] => return false,
            [0x00 | 0xFF, ..] => return true,
            _ => {}
        }
        match tlv::read(file) {
            Some(_) if extent == Extent::One => return true,
            Some((_, rest)) => file = rest,
            None => return false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::apdu::Format;
    use super::*;

    /// A card with one file, which it gives in pieces of `most` bytes.
    struct Card {
        file: Vec<u8>,
        most: usize,
        reads: usize,
    }

    impl Wire for Card {
        fn exchange(&mut self, apdu: &[u8], _: bool, _: bool) -> Result<Vec<u8>, Failure> {
            self.reads += 1;
            let from = usize::from(u16::from_be_bytes([apdu[2], apdu[3]]));
            let Some(rest) = self.file.get(from..).filter(|rest| !rest.is_empty()) else {
                return Ok(vec![0x6B, 0x00]);
            };
            let mut answer = rest[..rest.len().min(self.most)].to_vec();
            answer.extend([0x90, 0x00]);
            Ok(answer)
        }

        fn format(&self) -> Format {
            Format { t0: false, extended: false }
        }
    }

    #[test]
    fn files_are_read_to_the_padding_and_no_further() {
        let first = tlv::write(0x30, &[7; 300]);
        let two = [first.clone(), tlv::write(0x30, &[8; 20])].concat();
        let mut padded = two.clone();
        padded.resize(2048, 0);
        for most in [1, 100, 231, 256] {
            let mut card = Card { file: padded.clone(), most, reads: 0 };
            let all = read(&mut card, Extent::All).unwrap().unwrap();
            assert!(all.starts_with(&two));
            assert!(card.reads <= two.len().div_ceil(most) + 1);
            assert_eq!(objects(&all).count(), 2);
            let one = read(&mut card, Extent::One).unwrap().unwrap();
            assert!(one.starts_with(&first) && one.len() < first.len() + most);
            // Without padding, the end of the file ends it.
            let mut bare = Card { file: two.clone(), most, reads: 0 };
            assert_eq!(read(&mut bare, Extent::All).unwrap(), Some(two.clone()));
        }
        let mut none = Card { file: Vec::new(), most: 256, reads: 0 };
        assert_eq!(read(&mut none, Extent::All).unwrap(), None);
    }

    #[test]
    fn packed_files_are_read_to_their_end() {
        for start in [[0x1F, 0x8B, 0x08], [0x78, 0x9C, 0x01]] {
            let file = [&start[..], &[0; 500]].concat();
            let mut card = Card { file: file.clone(), most: 100, reads: 0 };
            assert_eq!(read(&mut card, Extent::One).unwrap(), Some(file));
        }
    }

    #[test]
    fn a_file_without_end_ends() {
        let mut card = Card { file: vec![0x30; 1 << 20], most: 256, reads: 0 };
        assert!(read(&mut card, Extent::All).unwrap().unwrap().len() <= MAX_FILE + 256);
    }

    proptest::proptest! {
        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(0u8.., 0..200)) {
            let _ = objects(&bytes).count();
            let _ = is_whole(&bytes, Extent::All);
        }
    }
}

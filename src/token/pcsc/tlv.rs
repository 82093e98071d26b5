//! BER-TLV as cards speak it (ISO/IEC 7816-4, 5.2.2): tags of one to three bytes, lengths
//! of up to three bytes after the first. What a card sends is read with suspicion: a
//! length that runs over the end ends the reading.

/// One data object. The tag is the number that its bytes spell (`0x5FC10A`).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tlv<'a> {
    pub tag: u32,
    pub value: &'a [u8],
}

/// Reads the first object and gives the rest; `None` at the end or where it is malformed.
pub fn read(bytes: &[u8]) -> Option<(Tlv<'_>, &[u8])> {
    let (tag, rest) = read_tag(bytes)?;
    let (length, rest) = read_length(rest)?;
    let (value, rest) = rest.split_at_checked(length)?;
    Some((Tlv { tag, value }, rest))
}

fn read_tag(bytes: &[u8]) -> Option<(u32, &[u8])> {
    let (&first, mut rest) = bytes.split_first()?;
    let mut tag = u32::from(first);
    if first & 0x1F == 0x1F {
        for size in 2.. {
            let (&next, after) = rest.split_first()?;
            rest = after;
            tag = tag << 8 | u32::from(next);
            if next & 0x80 == 0 {
                break;
            }
            if size == 3 {
                return None;
            }
        }
    }
    Some((tag, rest))
}

fn read_length(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (&first, rest) = bytes.split_first()?;
    match first {
        0..=0x7F => Some((usize::from(first), rest)),
        0x81..=0x83 => {
            let (size, rest) = rest.split_at_checked(usize::from(first & 0x0F))?;
            Some((size.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte)), rest))
        }
        _ => None,
    }
}

/// The value of the first object with `tag` at the top level of `bytes`.
pub fn find(bytes: &[u8], tag: u32) -> Option<&[u8]> {
    let mut rest = bytes;
    while let Some((object, after)) = read(rest) {
        if object.tag == tag {
            return Some(object.value);
        }
        rest = after;
    }
    None
}

/// One object, encoded.
pub fn write(tag: u32, value: &[u8]) -> Vec<u8> {
    let significant = |number: u32| {
        let bytes = number.to_be_bytes();
        bytes.into_iter().skip_while(|byte| *byte == 0).collect::<Vec<u8>>()
    };
    let mut out = significant(tag.max(1));
    let length = u32::try_from(value.len()).unwrap_or(u32::MAX);
    if length < 0x80 {
        out.push(length as u8);
    } else {
        let size = significant(length);
        out.push(0x80 | size.len() as u8);
        out.extend(size);
    }
    out.extend_from_slice(value);
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn objects_of_the_standard_are_read() {
        let bytes = [0x70, 0x02, 1, 2, 0x71, 0x01, 0x80, 0xFE, 0x00];
        assert_eq!(find(&bytes, 0x70), Some(&[1, 2][..]));
        assert_eq!(find(&bytes, 0x71), Some(&[0x80][..]));
        assert_eq!(find(&bytes, 0xFE), Some(&[][..]));
        assert_eq!(find(&bytes, 0x72), None);
        assert_eq!(write(0x5C, &[0x5F, 0xC1, 0x0A]), [0x5C, 3, 0x5F, 0xC1, 0x0A]);
        assert_eq!(read(&[0x7F, 0x49, 0]), Some((Tlv { tag: 0x7F49, value: &[] }, &[][..])));
    }

    #[test]
    fn what_runs_over_the_end_is_not_read() {
        for bytes in [
            &[0x70][..],
            &[0x70, 0x05, 1],
            &[0x70, 0x80, 0, 0],
            &[0x70, 0x81],
            &[0x70, 0x84, 0, 0, 0, 1, 1],
            &[0x70, 0x83, 0xFF, 0xFF, 0xFF, 0],
            &[0x1F, 0x81, 0x81, 0x81, 0x01, 0],
            &[],
        ] {
            assert_eq!(read(bytes), None, "{bytes:02X?}");
        }
    }

    fn tags() -> impl Strategy<Value = u32> {
        prop_oneof![
            (1u32..0x100).prop_filter("one byte", |tag| tag & 0x1F != 0x1F),
            (0u32..0x80).prop_map(|low| 0x7F00 | low),
            (0u32..0x80, 0u32..0x80).prop_map(|(a, b)| 0x5F8000 | a << 8 | b),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_is_read_again(
            tag in tags(),
            value in proptest::collection::vec(any::<u8>(), 0..70_000),
            after in proptest::collection::vec(any::<u8>(), 0..4),
        ) {
            let mut bytes = write(tag, &value);
            bytes.extend(&after);
            let (object, rest) = read(&bytes).unwrap();
            prop_assert_eq!(object, Tlv { tag, value: &value });
            prop_assert_eq!(rest, &after[..]);
            prop_assert_eq!(find(&bytes, tag), Some(&value[..]));
        }

        #[test]
        fn no_bytes_break_the_reader(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            if let Some((object, rest)) = read(&bytes) {
                prop_assert!(object.value.len() + rest.len() < bytes.len());
            }
            let _ = find(&bytes, 0x70);
        }
    }
}

//! The two things that matter of a camera's notes: which way up, and how dense.
//!
//! EXIF is a TIFF directory (EXIF 2.3, 4.5): numbers in one of two byte orders, twelve bytes
//! an entry. What cannot be read is as if it were not said.

/// What EXIF says of an image.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Notes {
    pub orientation: Option<u16>,
    /// Dots per inch.
    pub density: Option<(f64, f64)>,
}

const ORIENTATION: u16 = 0x0112;
const X_RESOLUTION: u16 = 0x011a;
const Y_RESOLUTION: u16 = 0x011b;
const RESOLUTION_UNIT: u16 = 0x0128;
const SHORT: u16 = 3;
const RATIONAL: u16 = 5;

struct Reader<'a> {
    bytes: &'a [u8],
    little: bool,
}

impl Reader<'_> {
    fn short(&self, at: usize) -> Option<u16> {
        let bytes = self.bytes.get(at..at.checked_add(2)?)?.try_into().ok()?;
        Some(if self.little { u16::from_le_bytes(bytes) } else { u16::from_be_bytes(bytes) })
    }

    fn long(&self, at: usize) -> Option<u32> {
        let bytes = self.bytes.get(at..at.checked_add(4)?)?.try_into().ok()?;
        Some(if self.little { u32::from_le_bytes(bytes) } else { u32::from_be_bytes(bytes) })
    }

    fn rational(&self, at: usize) -> Option<f64> {
        let at = usize::try_from(self.long(at)?).ok()?;
        let (over, under) = (self.long(at)?, self.long(at.checked_add(4)?)?);
        (under > 0).then(|| f64::from(over) / f64::from(under))
    }
}

/// Reads the directory; `bytes` begin with the byte order, after `Exif\0\0`.
pub(super) fn read(bytes: &[u8]) -> Notes {
    let little = match bytes.get(..4) {
        Some([b'I', b'I', 42, 0]) => true,
        Some([b'M', b'M', 0, 42]) => false,
        _ => return Notes::default(),
    };
    directory(&Reader { bytes, little }).unwrap_or_default()
}

fn directory(reader: &Reader<'_>) -> Option<Notes> {
    let at = usize::try_from(reader.long(4)?).ok()?;
    let count = usize::from(reader.short(at)?);
    let (mut orientation, mut x, mut y, mut unit) = (None, None, None, 2);
    for index in 0..count {
        let entry = at.checked_add(2)?.checked_add(index.checked_mul(12)?)?;
        let Some((tag, kind)) = reader.short(entry).zip(reader.short(entry + 2)) else { break };
        let value = entry + 8;
        match (tag, kind) {
            (ORIENTATION, SHORT) => orientation = reader.short(value),
            (RESOLUTION_UNIT, SHORT) => unit = reader.short(value).unwrap_or(unit),
            (X_RESOLUTION, RATIONAL) => x = reader.rational(value),
            (Y_RESOLUTION, RATIONAL) => y = reader.rational(value),
            _ => {}
        }
    }
    let density = x.zip(y).and_then(|both| per_inch(both, unit));
    Some(Notes { orientation: orientation.filter(|value| (1..=8).contains(value)), density })
}

/// From TIFF's unit of resolution: 2 is the inch, 3 the centimetre, 1 is none.
pub(super) fn per_inch((x, y): (f64, f64), unit: u16) -> Option<(f64, f64)> {
    match unit {
        2 => Some((x, y)),
        3 => Some((x * 2.54, y * 2.54)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Orientation 6 and 300 dots per inch, in the byte order of `order`.
    fn notes(order: &[u8; 4]) -> Vec<u8> {
        let little = order.starts_with(b"II");
        let short = |value: u16| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let long = |value: u32| if little { value.to_le_bytes() } else { value.to_be_bytes() };
        let mut bytes = order.to_vec();
        bytes.extend(long(8));
        bytes.extend(short(3));
        let rational_at = 8 + 2 + 3 * 12;
        for (tag, kind, value) in [
            (ORIENTATION, SHORT, None),
            (X_RESOLUTION, RATIONAL, Some(0)),
            (Y_RESOLUTION, RATIONAL, Some(0)),
        ] {
            bytes.extend(short(tag));
            bytes.extend(short(kind));
            bytes.extend(long(1));
            match value {
                None => bytes.extend([short(6), short(0)].concat()),
                Some(_) => bytes.extend(long(rational_at)),
            }
        }
        bytes.extend(long(300));
        bytes.extend(long(1));
        bytes
    }

    #[test]
    fn both_byte_orders_are_read() {
        for order in [b"II*\0", b"MM\0*"] {
            let read = read(&notes(order));
            assert_eq!(read, Notes { orientation: Some(6), density: Some((300.0, 300.0)) });
        }
    }

    #[test]
    fn what_is_cut_off_is_not_said() {
        let whole = notes(b"II*\0");
        for end in 0..whole.len() {
            let _ = read(&whole[..end]);
        }
        assert_eq!(read(&whole[..12]), Notes::default());
        assert_eq!(per_inch((100.0, 100.0), 3), Some((254.0, 254.0)));
        assert_eq!(per_inch((1.0, 1.0), 1), None);
    }
}

//! The colour space sRGB (IEC 61966-2-1) as an ICC profile, for files whose output intent
//! says nothing of red, green and blue.
//!
//! A matrix of the three primaries and one tone curve (ICC.1:2001-04, 6.3.1.2), about one
//! kilobyte: made here and always the same, so that no file of others is carried along.

/// Points of the tone curve; between them readers go straight.
const POINTS: u16 = 256;
/// XYZ of the profile's white and of the primaries, seen under D50, in 65,536ths.
const WHITE: [u32; 3] = [0xf6d6, 0x1_0000, 0xd32d];
const RED: [u32; 3] = [0x6fa2, 0x38f5, 0x0390];
const GREEN: [u32; 3] = [0x6299, 0xb785, 0x18da];
const BLUE: [u32; 3] = [0x24a0, 0x0f84, 0xb6cf];
const HEADER: usize = 128;

/// The profile's bytes (ICC.1:2001-04, version 2.4, class `mntr`).
pub(super) fn profile() -> Vec<u8> {
    let curve = curve();
    let tags: [(&[u8; 4], Vec<u8>); 9] = [
        (b"desc", description("sRGB IEC61966-2.1")),
        (b"cprt", text("No copyright, use freely")),
        (b"wtpt", point(WHITE)),
        (b"rXYZ", point(RED)),
        (b"gXYZ", point(GREEN)),
        (b"bXYZ", point(BLUE)),
        (b"rTRC", curve.clone()),
        (b"gTRC", curve.clone()),
        (b"bTRC", curve),
    ];
    let mut table = number(tags.len());
    let mut data: Vec<u8> = Vec::new();
    let begin = HEADER + 4 + 12 * tags.len();
    let mut before: Option<(Vec<u8>, usize)> = None;
    for (name, body) in tags {
        // The three colours share one curve (6.4).
        let at = match &before {
            Some((same, at)) if *same == body => *at,
            _ => begin + data.len(),
        };
        if at == begin + data.len() {
            data.extend_from_slice(&body);
            data.resize(data.len().next_multiple_of(4), 0);
        }
        table.extend_from_slice(name);
        table.extend(number(at));
        table.extend(number(body.len()));
        before = Some((body, at));
    }
    let mut profile = header(begin + data.len());
    profile.extend(table);
    profile.extend(data);
    profile
}

/// Clause 6.1.
fn header(size: usize) -> Vec<u8> {
    let mut header = number(size);
    header.extend([0; 4]);
    header.extend([2, 0x40, 0, 0]);
    header.extend_from_slice(b"mntrRGB XYZ ");
    // The first of January 2000: a moment of its own would make each profile another.
    for part in [2000_u16, 1, 1, 0, 0, 0] {
        header.extend(part.to_be_bytes());
    }
    header.extend_from_slice(b"acsp");
    // Platform, flags, device, and perceptual as the intent.
    header.extend([0; 28]);
    WHITE.iter().for_each(|part| header.extend(part.to_be_bytes()));
    header.resize(HEADER, 0);
    header
}

fn number(value: usize) -> Vec<u8> {
    u32::try_from(value).unwrap_or(u32::MAX).to_be_bytes().to_vec()
}

/// `textDescriptionType` (6.5.17), in ASCII alone.
fn description(said: &str) -> Vec<u8> {
    let mut body = b"desc\0\0\0\0".to_vec();
    body.extend(number(said.len() + 1));
    body.extend_from_slice(said.as_bytes());
    body.push(0);
    // No Unicode, and no text in the code of another script, which has 67 bytes.
    body.extend([0; 4 + 4 + 2 + 1 + 67]);
    body
}

/// `textType` (6.5.18).
fn text(said: &str) -> Vec<u8> {
    [b"text\0\0\0\0", said.as_bytes(), b"\0"].concat()
}

/// `XYZType` (6.5.26).
fn point(xyz: [u32; 3]) -> Vec<u8> {
    let mut body = b"XYZ \0\0\0\0".to_vec();
    xyz.iter().for_each(|part| body.extend(part.to_be_bytes()));
    body
}

/// `curveType` (6.5.3): from what is written to light.
fn curve() -> Vec<u8> {
    let mut body = b"curv\0\0\0\0".to_vec();
    body.extend(number(POINTS.into()));
    for point in 0..POINTS {
        let written = f64::from(point) / f64::from(POINTS - 1);
        let light = if written <= 0.04045 {
            written / 12.92
        } else {
            ((written + 0.055) / 1.055).powf(2.4)
        };
        body.extend(((light * 65_535.0).round() as u16).to_be_bytes());
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(profile: &[u8], place: usize) -> usize {
        u32::from_be_bytes(profile[place..place + 4].try_into().unwrap()) as usize
    }

    #[test]
    fn the_profile_is_one_and_names_what_it_holds() {
        let profile = profile();
        assert_eq!(at(&profile, 0), profile.len());
        assert_eq!(&profile[12..24], b"mntrRGB XYZ ");
        assert_eq!(&profile[36..40], b"acsp");
        let tags = at(&profile, HEADER);
        let mut curves = Vec::new();
        for tag in 0..tags {
            let entry = HEADER + 4 + 12 * tag;
            let (place, length) = (at(&profile, entry + 4), at(&profile, entry + 8));
            assert!(place % 4 == 0 && place + length <= profile.len());
            if profile[entry + 1..entry + 4] == *b"TRC" {
                curves.push(place);
            }
        }
        assert_eq!(curves, [curves[0]; 3], "one curve for all");
        assert!(profile.len() < 1_200, "{}", profile.len());
    }

    #[test]
    fn white_is_the_sum_of_the_primaries() {
        for axis in 0..3 {
            let sum = RED[axis] + GREEN[axis] + BLUE[axis];
            assert!(sum.abs_diff(WHITE[axis]) < 16, "{axis}: {sum}");
        }
    }
}

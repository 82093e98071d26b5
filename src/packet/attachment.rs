//! Files in packets: base64, and the axis library's habit of zipping some of them.
//!
//! The library stores pdf, doc, docx, zip (and, by a slip of spelling, `xsl` and `xslx`)
//! as they are and zips every other file into an archive of one entry. A reader goes by
//! the bytes: what begins like a zip file, but whose name says otherwise, is unzipped.

use std::io::{Cursor, Read, Write};

use base64::Engine;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use base64::read::DecoderReader;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

use super::{Limits, PacketError};
use crate::domain::text;

/// Padding or not: both are seen.
const ENGINE: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Extensions that the axis library does not zip, spelt as it spells them.
const STORED: [&str; 6] = ["pdf", "doc", "docx", "xsl", "xslx", "zip"];
/// Formats that are zip files themselves.
const ZIP_BASED: [&str; 10] =
    ["zip", "docx", "xlsx", "pptx", "odt", "ods", "odp", "epub", "jar", "kmz"];
/// An archive with more entries is no zipped attachment; opening it would cost memory.
const MAX_ENTRIES: usize = 4096;
/// Small files may shrink by any ratio.
const RATIO_FROM: u64 = 1 << 20;

/// The extension in lower case, or nothing.
pub(super) fn extension(name: &str) -> String {
    name.rsplit_once('.').map(|(_, extension)| extension.to_lowercase()).unwrap_or_default()
}

/// The media type that a file name suggests.
pub fn media_type_of(name: &str) -> &'static str {
    match extension(name).as_str() {
        "pdf" => "application/pdf",
        "txt" => "text/plain",
        "rtf" => "application/rtf",
        "doc" => "application/msword",
        "docx" => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
        "odt" => "application/vnd.oasis.opendocument.text",
        "csv" => "text/csv",
        "xls" => "application/vnd.ms-excel",
        "xlsx" => "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        "ods" => "application/vnd.oasis.opendocument.spreadsheet",
        "ppt" => "application/vnd.ms-powerpoint",
        "pptx" => "application/vnd.openxmlformats-officedocument.presentationml.presentation",
        "jpg" | "jpeg" => "image/jpeg",
        "png" => "image/png",
        "gif" => "image/gif",
        "tif" | "tiff" => "image/tiff",
        "xml" => "application/xml",
        "zip" => "application/zip",
        _ => "application/octet-stream",
    }
}

/// The bytes of a file whose base64 is `encoded` and whose `ContentType` is `declared`;
/// `room` is what is left of the total. An empty `name` takes the name of the zip entry,
/// made safe.
pub(super) fn decode(
    name: &mut String,
    declared: &str,
    encoded: &str,
    room: u64,
    limits: &Limits,
) -> Result<Vec<u8>, PacketError> {
    let too_large = || match limits.attachment_bytes <= room {
        true => {
            PacketError::AttachmentTooLarge { name: name.clone(), limit: limits.attachment_bytes }
        }
        false => PacketError::AttachmentsTooLarge { limit: limits.decoded_bytes },
    };
    let allowed = limits.attachment_bytes.min(room);
    let bytes = unbase64(encoded, allowed).map_err(|fault| match fault {
        Fault::TooLarge => too_large(),
        Fault::Damaged(detail) => PacketError::AttachmentDamaged { name: name.clone(), detail },
    })?;
    let extension = extension(name);
    if !bytes.starts_with(b"PK\x03\x04") || extension == "zip" {
        return Ok(bytes);
    }
    let is_zip_based = ZIP_BASED.contains(&extension.as_str());
    if is_zip_based && declared != "application/zip" {
        return Ok(bytes);
    }
    let entry = match single_entry(&bytes) {
        Ok(entry) => entry,
        // A text document that is an archive itself, or whose archive is not ours to judge.
        Err(_) if is_zip_based => return Ok(bytes),
        Err(detail) => {
            return Err(PacketError::AttachmentDamaged { name: name.clone(), detail });
        }
    };
    let unzipped = unzip(&bytes, entry, allowed, limits.zip_ratio);
    match unzipped {
        Ok((entry_name, content)) => {
            if name.is_empty() {
                *name = text::safe_file_name(&entry_name);
            }
            Ok(content)
        }
        Err(Inflate::TooLarge) => Err(too_large()),
        Err(Inflate::Bomb) => Err(PacketError::ZipBomb { name: name.clone() }),
        Err(Inflate::Damaged(detail)) => {
            Err(PacketError::AttachmentDamaged { name: name.clone(), detail })
        }
    }
}

enum Fault {
    TooLarge,
    Damaged(String),
}

fn unbase64(encoded: &str, allowed: u64) -> Result<Vec<u8>, Fault> {
    let expected = encoded.len() as u64 / 4 * 3;
    // White space may blow the text up, but not by half.
    if expected / 2 > allowed {
        return Err(Fault::TooLarge);
    }
    let capacity = usize::try_from(expected.min(allowed)).unwrap_or(0);
    let mut bytes = Vec::with_capacity(capacity.saturating_add(3));
    let source = SkipSpace { rest: encoded.as_bytes() };
    DecoderReader::new(source, &ENGINE)
        .take(allowed.saturating_add(1))
        .read_to_end(&mut bytes)
        .map_err(|error| Fault::Damaged(error.to_string()))?;
    if bytes.len() as u64 > allowed {
        return Err(Fault::TooLarge);
    }
    Ok(bytes)
}

/// Base64 without its line ends.
struct SkipSpace<'a> {
    rest: &'a [u8],
}

impl Read for SkipSpace<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let mut taken = 0;
        let mut used = 0;
        for byte in self.rest {
            let Some(place) = buffer.get_mut(taken) else { break };
            used += 1;
            if !byte.is_ascii_whitespace() {
                *place = *byte;
                taken += 1;
            }
        }
        self.rest = self.rest.get(used..).unwrap_or_default();
        Ok(taken)
    }
}

/// The index of the one file in an archive.
fn single_entry(bytes: &[u8]) -> Result<usize, String> {
    // Counted before the archive is opened: its directory alone could fill the memory.
    let headers = bytes.windows(4).filter(|part| part == b"PK\x01\x02").take(MAX_ENTRIES + 1);
    if headers.count() > MAX_ENTRIES {
        return Err("an archive of too many files".to_owned());
    }
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| error.to_string())?;
    let mut files = Vec::new();
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index).map_err(|error| error.to_string())?;
        if entry.is_file() {
            files.push(index);
        }
    }
    match files.as_slice() {
        [one] => Ok(*one),
        many => Err(format!("an archive of {} files instead of one", many.len())),
    }
}

enum Inflate {
    TooLarge,
    Bomb,
    Damaged(String),
}

fn unzip(
    bytes: &[u8],
    index: usize,
    allowed: u64,
    ratio: u64,
) -> Result<(String, Vec<u8>), Inflate> {
    let damaged = |error: zip::result::ZipError| Inflate::Damaged(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    let entry = archive.by_index(index).map_err(damaged)?;
    let name = entry.name().to_owned();
    let by_ratio = (bytes.len() as u64).saturating_mul(ratio).max(RATIO_FROM);
    // What the archive says of its size is a claim; what comes out is counted.
    let stop = allowed.min(by_ratio);
    let mut content = Vec::new();
    entry
        .take(stop.saturating_add(1))
        .read_to_end(&mut content)
        .map_err(|error| Inflate::Damaged(error.to_string()))?;
    match content.len() as u64 {
        size if size > by_ratio => Err(Inflate::Bomb),
        size if size > allowed => Err(Inflate::TooLarge),
        _ => Ok((name, content)),
    }
}

/// What goes on the wire: the media type of `ContentType`, and the bytes to encode.
pub(super) fn wrap<'a>(
    name: &str,
    content: &'a [u8],
) -> Result<(String, std::borrow::Cow<'a, [u8]>), PacketError> {
    let extension = extension(name);
    if STORED.contains(&extension.as_str()) {
        return Ok((format!("application/{extension}"), content.into()));
    }
    let zipped = zip_one(&extension, content).map_err(|error| PacketError::AttachmentDamaged {
        name: name.to_owned(),
        detail: error.to_string(),
    })?;
    Ok(("application/zip".to_owned(), zipped.into()))
}

/// The same bytes for the same content, on every machine and at every time.
fn zip_one(extension: &str, content: &[u8]) -> zip::result::ZipResult<Vec<u8>> {
    let plain = extension.bytes().all(|byte| byte.is_ascii_alphanumeric());
    let name = match extension {
        "" => "attachment".to_owned(),
        extension if plain => format!("attachment.{extension}"),
        _ => "attachment.bin".to_owned(),
    };
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .last_modified_time(zip::DateTime::default());
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file(name, options)?;
    archive.write_all(content)?;
    Ok(archive.finish()?.into_inner())
}

/// Writes `bytes` as one line of base64, without an intermediate copy.
pub(super) fn encode_into(out: &mut Vec<u8>, bytes: &[u8]) -> std::io::Result<()> {
    let mut encoder = base64::write::EncoderWriter::new(out, &ENGINE);
    encoder.write_all(bytes)?;
    encoder.finish().map(|_| ())
}

/// Base64 in a JSON description.
pub(super) fn to_text(bytes: &[u8]) -> String {
    ENGINE.encode(bytes)
}

pub(super) fn from_text(encoded: &str) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    DecoderReader::new(SkipSpace { rest: encoded.as_bytes() }, &ENGINE)
        .read_to_end(&mut bytes)
        .map_err(|error| error.to_string())?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn decoded(name: &str, bytes: &[u8]) -> Result<Vec<u8>, PacketError> {
        let mut name = name.to_owned();
        let limits = Limits::default();
        decode(&mut name, "application/zip", &to_text(bytes), limits.decoded_bytes, &limits)
    }

    fn archive(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            archive.start_file(*name, SimpleFileOptions::default()).unwrap();
            archive.write_all(content).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn what_the_library_zips_is_unzipped() {
        let one = archive(&[("1d4f1251.txt", b"phu luc")]);
        assert_eq!(decoded("phuluc.txt", &one).unwrap(), b"phu luc");
        assert_eq!(decoded("phuluc.zip", &one).unwrap(), one);
        let office = archive(&[("[Content_Types].xml", b"<a/>"), ("word/document.xml", b"<b/>")]);
        assert_eq!(decoded("a.docx", &office).unwrap(), office);
        assert_eq!(decoded("a.xlsx", &archive(&[("x", &office)])).unwrap(), office);
        assert!(matches!(
            decoded("a.txt", &office),
            Err(PacketError::AttachmentDamaged { detail, .. }) if detail.contains("2 files")
        ));
    }

    #[test]
    fn an_entry_cannot_choose_its_folder() {
        let evil = archive(&[("../../etc/cron.d/x.txt", b"x")]);
        let mut name = String::new();
        let limits = Limits::default();
        decode(&mut name, "", &to_text(&evil), limits.decoded_bytes, &limits).unwrap();
        assert_eq!(name, "x.txt");
    }

    #[test]
    fn bombs_are_defused() {
        let bomb = archive(&[("x.txt", &vec![0; 40 << 20])]);
        assert!(bomb.len() < 100_000);
        assert!(matches!(decoded("x.txt", &bomb), Err(PacketError::ZipBomb { .. })));
        let small = Limits { attachment_bytes: 1000, ..Limits::default() };
        let encoded = to_text(&archive(&[("x.txt", &vec![0; 2000])]));
        let mut name = "x.txt".to_owned();
        assert!(matches!(
            decode(&mut name, "", &encoded, u64::MAX, &small),
            Err(PacketError::AttachmentTooLarge { limit: 1000, .. })
        ));
        assert!(matches!(
            decode(&mut name, "", &encoded, 500, &small),
            Err(PacketError::AttachmentsTooLarge { .. })
        ));
    }

    #[test]
    fn an_archive_of_many_files_is_not_even_opened() {
        let mut directory = b"PK\x03\x04".to_vec();
        for _ in 0..=MAX_ENTRIES {
            directory.extend_from_slice(b"PK\x01\x02");
        }
        assert!(matches!(
            decoded("x.txt", &directory),
            Err(PacketError::AttachmentDamaged { detail, .. }) if detail.contains("too many")
        ));
    }

    #[test]
    fn base64_is_read_as_it_is_wrapped() {
        let limits = Limits::default();
        let read = |text: &str| decode(&mut "a.pdf".to_owned(), "", text, 1000, &limits);
        assert_eq!(read("JVBE\r\n Ri0=\n").unwrap(), b"%PDF-");
        assert_eq!(read("JVBERi0").unwrap(), b"%PDF-");
        assert_eq!(read("").unwrap(), b"");
        for bad in ["JVBE*Ri0", "J", "=AAA", "SGk=SGk="] {
            assert!(matches!(read(bad), Err(PacketError::AttachmentDamaged { .. })), "{bad}");
        }
    }

    proptest! {
        #[test]
        fn what_is_wrapped_is_unwrapped(
            content in proptest::collection::vec(any::<u8>(), 0..4000),
            name in "[a-z]{1,8}\\.(pdf|txt|docx|xlsx|xls|zip|p7s|csv)",
        ) {
            // A file that is called text but begins like an archive cannot be told apart.
            prop_assume!(!content.starts_with(b"PK"));
            let (declared, wire) = wrap(&name, &content).unwrap();
            prop_assert_eq!(&wrap(&name, &content).unwrap().1, &wire);
            let limits = Limits::default();
            let read = decode(&mut name.clone(), &declared, &to_text(&wire), u64::MAX, &limits);
            prop_assert_eq!(read.unwrap(), content);
        }

        #[test]
        fn any_archive_is_answered(tail in proptest::collection::vec(any::<u8>(), 0..600)) {
            let bytes = [b"PK\x03\x04".as_slice(), &tail].concat();
            let _ = decoded("a.txt", &bytes);
            let _ = decoded("a.docx", &bytes);
        }
    }
}

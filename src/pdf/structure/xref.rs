//! Cross-reference tables and streams (ISO 32000-1, 7.5.4 to 7.5.8): where each object is,
//! and how the file grew.
//!
//! The chain is followed from the last `startxref` back through `/Prev`. Nothing is
//! rebuilt: a file whose chain is broken is damaged. Each update that was appended to the
//! file is one [`Revision`]; a linearised file's two sections are one.

use std::borrow::Cow;
use std::collections::HashSet;
use std::io::Read;

use flate2::read::ZlibDecoder;
use lopdf::{Dictionary, Object};

use super::lexer::{Indirect, Lexer, are_hex_digits};
use super::storage::Storage;
use crate::pdf::PdfError;

/// Updates that one file may have; a document gets a handful of signatures.
const MAX_SECTIONS: usize = 4096;
/// Objects that one file may have.
const MAX_ENTRIES: usize = 4_000_000;
/// The highest object number that is believed (ISO 32000-1, annex C).
const MAX_NUMBER: u32 = 8_388_607;
/// Decoded size of one cross-reference or object stream.
pub(super) const MAX_DECODED: usize = 64 << 20;

/// Where an object is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entry {
    Free,
    /// At this byte of the file.
    At {
        offset: usize,
        generation: u16,
    },
    /// In this object stream.
    In {
        stream: u32,
        index: u32,
    },
}

/// One stage of the file's life: its first `end` bytes are a complete file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Revision {
    /// The byte where its newest cross-reference section begins.
    pub xref_at: usize,
    /// The byte after its `%%EOF`.
    pub end: usize,
}

/// What the chain of cross-reference sections tells.
#[derive(Debug, Clone)]
pub(super) struct Xref {
    /// By number; half a million objects take no more room than they must.
    pub entries: Vec<(u32, Entry)>,
    /// The newest trailer.
    pub trailer: Dictionary,
    /// Byte of the newest section, from the file's header, as `startxref` says it.
    pub newest: usize,
    /// The newest section is a stream and not a table.
    pub is_stream: bool,
    /// Oldest first; the last one ends where the file should end.
    pub revisions: Vec<Revision>,
    /// One more than the highest object number that is named anywhere.
    pub next_number: u32,
    /// A section gives an object two places: some readers take the first, some the last.
    pub is_disputed: bool,
    /// The newest section counts from 1 what others take to count from 0, or calls an object
    /// free that the stream beside it finds: readers that repair find others.
    pub is_irregular: bool,
}

/// `startxref`, a number and `%%EOF`.
struct Marker {
    target: usize,
    end: usize,
}

/// A section without the objects in use, which go to the list of all at once.
struct Section {
    /// It begins at 1 with the entry of object 0.
    is_shifted: bool,
    /// Of a table that has a stream beside it, what the table calls free may be in the stream.
    free: Vec<u32>,
    trailer: Dictionary,
    is_stream: bool,
    marker: Option<Marker>,
}

fn damaged(what: &str) -> PdfError {
    PdfError::Damaged(what.to_owned())
}

impl Xref {
    /// Reads the chain of a file whose header stands at byte `base`, from which offsets count.
    pub fn read(file: &Storage, base: usize) -> Result<Self, PdfError> {
        let last = last_marker(file)?;
        let mut entries: Vec<(u32, Entry)> = Vec::new();
        let mut crowded = 1 << 16;
        let mut seen = HashSet::new();
        let mut markers = Vec::new();
        let mut newest: Option<Section> = None;
        let (mut is_disputed, mut is_split) = (false, false);
        let mut next_number = 1;
        let mut next = Some(last.target);
        while let Some(target) = next.take() {
            if !seen.insert(target) || seen.len() > MAX_SECTIONS {
                return Err(damaged("the cross-references go in a circle"));
            }
            let known = entries.len();
            let mut section = read_section(file, base, target, &mut entries)?;
            is_disputed |= names_twice(entries.get(known..).unwrap_or_default(), &section.free);
            // A stream beside a table tells of objects that the table calls free.
            if let Ok(offset) = section.trailer.get(b"XRefStm")
                && !section.is_stream
            {
                let own = entries.len();
                let beside = read_section(file, base, offset_of(offset)?, &mut entries)?;
                if !beside.is_stream {
                    entries.truncate(own);
                }
                // Some readers go on from there.
                let goes_on = beside.trailer.get(b"Prev").ok();
                is_disputed |= goes_on.is_some() && goes_on != section.trailer.get(b"Prev").ok();
                is_disputed |= names_twice(entries.get(known..).unwrap_or_default(), &[]);
                let beside = entries.get(own..).unwrap_or_default();
                is_split |= newest.is_none() && names_twice(beside, &section.free);
            }
            let used = entries.get(known..).unwrap_or_default();
            let highest = used.iter().map(|(number, _)| number.saturating_add(1)).max();
            next_number = next_number.max(highest.unwrap_or(1));
            entries.extend(section.free.drain(..).map(|number| (number, Entry::Free)));
            if entries.len() > crowded {
                first_of_each(&mut entries);
                crowded = (entries.len() * 2).clamp(crowded, MAX_ENTRIES);
            }
            if entries.len() > MAX_ENTRIES {
                return Err(damaged("too many objects"));
            }
            if let Ok(size) = section.trailer.get(b"Size").and_then(Object::as_i64) {
                next_number = next_number.max(u32::try_from(size).unwrap_or(1));
            }
            if section.trailer.has(b"Encrypt") {
                return Err(PdfError::Encrypted);
            }
            markers.extend(section.marker.take().map(|marker| (target, marker)));
            next = section.trailer.get(b"Prev").ok().map(offset_of).transpose()?;
            newest.get_or_insert(section);
        }
        if next_number > MAX_NUMBER {
            return Err(damaged("an object number too large"));
        }
        first_of_each(&mut entries);
        entries.shrink_to_fit();
        let newest = newest.ok_or_else(|| damaged("no trailer"))?;
        Ok(Self {
            entries,
            trailer: newest.trailer,
            newest: last.target,
            is_stream: newest.is_stream,
            revisions: revisions(markers, &seen, base, last),
            next_number,
            is_disputed,
            is_irregular: newest.is_shifted || is_split,
        })
    }
}

/// Whether a section says two things of one object.
fn names_twice(used: &[(u32, Entry)], free: &[u32]) -> bool {
    let mut sorted = Cow::Borrowed(used);
    // Nearly all come in order.
    if !used.is_sorted_by_key(|(number, _)| *number) {
        sorted.to_mut().sort_by_key(|(number, _)| *number);
    }
    let is_used = |free: &u32| sorted.binary_search_by_key(free, |(number, _)| *number).is_ok();
    let differ = |pair: &[(u32, Entry)]| match pair {
        [one, next] => one.0 == next.0 && one.1 != next.1,
        _ => false,
    };
    free.iter().any(is_used) || sorted.windows(2).any(differ)
}

/// Of everything that is said of an object, what was said first; the newest section is read
/// first.
fn first_of_each(entries: &mut Vec<(u32, Entry)>) {
    entries.sort_by_key(|(number, _)| *number);
    entries.dedup_by_key(|(number, _)| *number);
}

/// A marker that names a section of the chain ends a revision. The first section of a
/// linearised file is followed by one that names nothing.
fn revisions(
    markers: Vec<(usize, Marker)>,
    chain: &HashSet<usize>,
    base: usize,
    last: Marker,
) -> Vec<Revision> {
    let mut revisions: Vec<Revision> = markers
        .into_iter()
        .map(|(_, marker)| marker)
        .chain([last])
        .filter(|marker| chain.contains(&marker.target))
        .map(|marker| Revision { xref_at: base.saturating_add(marker.target), end: marker.end })
        .collect();
    revisions.sort_by_key(|revision| revision.end);
    revisions.dedup_by_key(|revision| revision.end);
    revisions
}

fn offset_of(object: &Object) -> Result<usize, PdfError> {
    object
        .as_i64()
        .ok()
        .and_then(|offset| usize::try_from(offset).ok())
        .ok_or_else(|| damaged("a cross-reference offset is no number"))
}

/// The last `startxref` within the file's last kilobyte (ISO 32000-1, annex H, note 18).
fn last_marker(file: &Storage) -> Result<Marker, PdfError> {
    const WORD: &[u8] = b"startxref";
    let from = file.len().saturating_sub(1024 + WORD.len());
    let tail = file.read(from..file.len())?;
    let at = tail
        .windows(WORD.len())
        .rposition(|window| window == WORD)
        .ok_or_else(|| damaged("no startxref at the end"))?;
    marker(file, from + at).ok_or_else(|| damaged("no %%EOF after startxref"))
}

fn marker(file: &Storage, at: usize) -> Option<Marker> {
    const END: &[u8] = b"%%EOF";
    let mut lexer = Lexer::over(file, at);
    lexer.expect(b"startxref").ok()?;
    let target = usize::try_from(lexer.unsigned().ok()?).ok()?;
    lexer.skip_blanks();
    let end = lexer.position().checked_add(END.len())?;
    (*file.read(lexer.position()..end).ok()? == *END).then_some(Marker { target, end })
}

fn read_section(
    file: &Storage,
    base: usize,
    target: usize,
    used: &mut Vec<(u32, Entry)>,
) -> Result<Section, PdfError> {
    let at = base.checked_add(target).filter(|at| *at < file.len());
    let at = at.ok_or_else(|| damaged("a cross-reference offset lies outside the file"))?;
    let mut lexer = Lexer::over(file, at);
    lexer.skip_white();
    if lexer.take(b"xref") {
        read_table(file, base, lexer, used)
    } else {
        let indirect = lexer.indirect(|_| None)?;
        let mut section = read_stream(file, base, &indirect, used)?;
        lexer.skip_white();
        section.marker = marker(file, lexer.position());
        Ok(section)
    }
}

fn read_table(
    file: &Storage,
    base: usize,
    mut lexer: Lexer,
    used: &mut Vec<(u32, Entry)>,
) -> Result<Section, PdfError> {
    let known = used.len();
    let (mut free, mut is_shifted) = (Vec::new(), false);
    loop {
        lexer.skip_white();
        if lexer.take(b"trailer") {
            break;
        }
        let mut first = lexer.unsigned()?;
        let count = lexer.unsigned()?;
        // Rows take twenty bytes each, so that no number makes room that the file cannot fill.
        let rows = (file.len() - lexer.position().min(file.len())) / 20;
        used.reserve(usize::try_from(count).unwrap_or(rows).min(rows).min(MAX_ENTRIES));
        for index in 0..count {
            let offset = lexer.unsigned()?;
            let generation = lexer.unsigned()?;
            // Some producers begin at 1 with the entry of object 0; readers agree on what they
            // meant, and an object that is not where it should be is an error anyway.
            if index == 0 && first == 1 && (offset, generation) == (0, 65535) {
                (first, is_shifted) = (0, true);
            }
            let number = first
                .checked_add(index)
                .and_then(|number| u32::try_from(number).ok())
                .ok_or_else(|| damaged("an object number too large"))?;
            lexer.skip_white();
            if lexer.take(b"n") {
                let offset = usize::try_from(offset).ok().and_then(|at| at.checked_add(base));
                match (offset, u16::try_from(generation)) {
                    (Some(offset), Ok(generation)) if offset != base => {
                        used.push((number, Entry::At { offset, generation }));
                    }
                    // What is at no place is free to everybody.
                    (_, Ok(_)) => free.push(number),
                    // Some readers take the generation as far as it goes.
                    (_, Err(_)) => return Err(damaged("a generation too large")),
                }
            } else {
                lexer.expect(b"f")?;
                free.push(number);
            }
            if used.len() - known + free.len() > MAX_ENTRIES {
                return Err(damaged("too many objects"));
            }
        }
    }
    let trailer = match lexer.object()? {
        Object::Dictionary(trailer) if !lexer.duplicate_keys() => trailer,
        _ => return Err(damaged("the trailer is no plain dictionary")),
    };
    lexer.skip_white();
    let marker = marker(file, lexer.position());
    Ok(Section { is_shifted, free, trailer, is_stream: false, marker })
}

fn read_stream(
    file: &Storage,
    base: usize,
    indirect: &Indirect,
    used: &mut Vec<(u32, Entry)>,
) -> Result<Section, PdfError> {
    let (Object::Dictionary(dictionary), Some(range)) = (&indirect.object, &indirect.stream) else {
        return Err(damaged("no cross-reference section where there should be one"));
    };
    if !dictionary.has_type(b"XRef") || indirect.duplicate_keys {
        return Err(damaged("no cross-reference stream where there should be one"));
    }
    let rows = decode_structure(dictionary, &file.read(range.clone())?)?;
    let numbers = |key: &[u8]| -> Option<Vec<usize>> {
        let array = dictionary.get(key).and_then(Object::as_array).ok()?;
        array.iter().map(|item| usize::try_from(item.as_i64().ok()?).ok()).collect()
    };
    let widths = numbers(b"W").unwrap_or_default();
    let [kind_width, second_width, third_width] = widths[..] else {
        return Err(damaged("a cross-reference stream without widths"));
    };
    let width = widths
        .iter()
        .try_fold(0_usize, |sum, width| sum.checked_add(*width))
        .filter(|_| widths.iter().all(|width| *width <= 8))
        .filter(|width| *width > 0)
        .ok_or_else(|| damaged("a cross-reference stream with impossible widths"))?;
    let size = dictionary.get(b"Size").and_then(Object::as_i64).ok();
    let size = size.and_then(|size| usize::try_from(size).ok());
    // What does not read is not left out: other readers make something else of it.
    let index = match (dictionary.has(b"Index"), size) {
        (true, _) => numbers(b"Index").filter(|index| index.len() % 2 == 0),
        (false, size) => size.map(|size| vec![0, size]),
    };
    let index = index.ok_or_else(|| damaged("a cross-reference stream without an index"))?;

    let known = used.len();
    let mut free = Vec::new();
    let mut rows = rows.chunks_exact(width);
    for pair in index.chunks_exact(2) {
        let [first, count] = pair else { continue };
        for number in *first..first.saturating_add(*count) {
            let row = rows.next().ok_or_else(|| damaged("a cross-reference stream cut short"))?;
            let number =
                u32::try_from(number).map_err(|_| damaged("an object number too large"))?;
            let (kind, row) = row.split_at(kind_width);
            let (second, third) = row.split_at(second_width.min(row.len()));
            let kind = if kind_width == 0 { 1 } else { big_endian(kind) };
            let third = big_endian(third.get(..third_width).unwrap_or_default());
            match entry(kind, big_endian(second), third, base)? {
                Entry::Free => free.push(number),
                entry => used.push((number, entry)),
            }
            if used.len() - known + free.len() > MAX_ENTRIES {
                return Err(damaged("too many objects"));
            }
        }
    }
    let trailer = dictionary.clone();
    Ok(Section { is_shifted: false, free, trailer, is_stream: true, marker: None })
}

fn entry(kind: u64, second: u64, third: u64, base: usize) -> Result<Entry, PdfError> {
    let impossible = || damaged("an impossible cross-reference");
    match kind {
        1 => {
            let offset = usize::try_from(second).ok().and_then(|at| at.checked_add(base));
            Ok(Entry::At {
                offset: offset.ok_or_else(impossible)?,
                generation: u16::try_from(third).map_err(|_| impossible())?,
            })
        }
        2 => Ok(Entry::In {
            stream: u32::try_from(second).map_err(|_| impossible())?,
            index: u32::try_from(third).map_err(|_| impossible())?,
        }),
        0 => Ok(Entry::Free),
        // A reference to null (table 18), which readers do not agree about; nobody writes it.
        _ => Err(impossible()),
    }
}

fn big_endian(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0, |value, byte| value << 8 | u64::from(*byte))
}

/// The decoded bytes of a cross-reference or object stream, which nobody writes in any other
/// way than plainly or deflated.
pub(super) fn decode_structure(dictionary: &Dictionary, raw: &[u8]) -> Result<Vec<u8>, PdfError> {
    match filters(dictionary)?.as_slice() {
        [] | [b"FlateDecode"] => decode(dictionary, raw),
        // As files that stay text do it; where nothing is left out, all read the same.
        [b"ASCIIHexDecode"] if raw.strip_suffix(b">").is_some_and(are_whole_bytes) => {
            decode(dictionary, raw)
        }
        _ => Err(damaged("a stream of the structure with an unusual filter")),
    }
}

fn are_whole_bytes(digits: &[u8]) -> bool {
    digits.len().is_multiple_of(2) && are_hex_digits(digits)
}

/// The names of a stream's filters. They and their parameters stand in its dictionary: what a
/// reader would have to look for elsewhere, others might not find.
fn filters(dictionary: &Dictionary) -> Result<Vec<&[u8]>, PdfError> {
    let elsewhere = || damaged("a stream with a filter that is not named in it");
    let parameters = match dictionary.get(b"DecodeParms") {
        Ok(Object::Array(each)) => each.as_slice(),
        Ok(one) => std::slice::from_ref(one),
        Err(_) => &[],
    };
    let here = |one: &Object| match one {
        Object::Null => true,
        Object::Dictionary(members) => {
            members.iter().all(|(_, member)| !matches!(member, Object::Reference(_)))
        }
        _ => false,
    };
    if !parameters.iter().all(here) {
        return Err(elsewhere());
    }
    match dictionary.get(b"Filter") {
        Err(_) | Ok(Object::Null) => Ok(Vec::new()),
        Ok(Object::Name(name)) => Ok(vec![name]),
        Ok(Object::Array(names)) => {
            names.iter().map(|name| name.as_name().map_err(|_| elsewhere())).collect()
        }
        Ok(_) => Err(elsewhere()),
    }
}

/// The decoded bytes of a stream. One that does not inflate to its end is damaged: how much of
/// it is shown is each reader's own choice.
pub(super) fn decode(dictionary: &Dictionary, raw: &[u8]) -> Result<Vec<u8>, PdfError> {
    let filters = filters(dictionary)?;
    if filters.is_empty() {
        return Ok(raw.to_vec());
    }
    if let [b"FlateDecode", ..] = filters.as_slice() {
        let most = u64::try_from(MAX_DECODED).unwrap_or(u64::MAX).saturating_add(1);
        let mut inflated = Vec::new();
        ZlibDecoder::new(raw)
            .take(most)
            .read_to_end(&mut inflated)
            .map_err(|error| damaged(&format!("a stream that does not inflate: {error}")))?;
        if inflated.len() > MAX_DECODED {
            return Err(damaged("a stream too large"));
        }
        if filters.len() == 1 && !dictionary.has(b"DecodeParms") {
            return Ok(inflated);
        }
    }
    lopdf::Stream::new(dictionary.clone(), raw.to_vec())
        .decompressed_content_with_limit(MAX_DECODED)
        .map_err(|error| PdfError::Damaged(error.to_string()))
}

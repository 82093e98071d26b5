//! The interactive form: fields, and above all signature fields with the exact places of
//! what a signature is made over (ISO 32000-1, 12.7 and 12.8).

use std::collections::HashSet;
use std::ops::Range;

use jiff::Timestamp;
use lopdf::{Dictionary, Object, ObjectId};

use super::{Source, damaged};
use crate::pdf::{PdfError, Rect};

/// Fields of one form, and levels of their tree.
const MAX_FIELDS: usize = 20_000;
const MAX_DEPTH: u32 = 32;

/// A terminal field.
#[derive(Debug, Clone)]
pub struct Field {
    pub id: ObjectId,
    /// Fully qualified, parts joined by dots (12.7.3.2).
    pub name: String,
    /// `/FT`, inherited; empty if it has none.
    pub kind: Vec<u8>,
    pub dictionary: Dictionary,
}

/// A signature field, signed or not.
#[derive(Debug, Clone)]
pub struct SignatureField {
    pub id: ObjectId,
    pub name: String,
    /// The first widget's `/Rect`; without area when the signature is invisible.
    pub rect: Option<Rect>,
    /// `/Lock`: what signing this field will lock.
    pub lock: Option<FieldLock>,
    /// `/P` of `/Lock`: what signing this field will leave permitted in the whole document
    /// (ISO 32000-2, table 236).
    pub lock_permission: Option<Permission>,
    pub value: Option<SignatureValue>,
}

/// A signature dictionary with its places in the file.
#[derive(Debug, Clone)]
pub struct SignatureValue {
    /// `None` when it is written inside the field instead of being an object of its own.
    pub id: Option<ObjectId>,
    pub dictionary: Dictionary,
    /// `/Type /DocTimeStamp`.
    pub is_document_timestamp: bool,
    pub sub_filter: String,
    /// The decoded `/Contents`, padding included; `None` if it is no string.
    pub contents: Option<Vec<u8>>,
    /// Where the string stands, delimiters included; `None` if it has no place of its own.
    pub contents_at: Option<Range<usize>>,
    /// `None` also where it stands there twice: nobody can say which of them counts.
    pub byte_range: Option<ByteRange>,
    pub duplicate_keys: bool,
    /// `/Reference`: what the signature restricts.
    pub transforms: Vec<Transform>,
    /// `/M`, the signer's own claim.
    pub claimed_time: Option<Timestamp>,
}

impl SignatureValue {
    /// Where its byte range ends: the size in bytes of the file when it was signed.
    fn end(&self) -> Option<i64> {
        match self.byte_range.as_ref()?.0.as_slice() {
            [_, _, from, length] => from.checked_add(*length),
            _ => None,
        }
    }
}

/// `/ByteRange` as it stands, only known to be numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ByteRange(pub Vec<i64>);

/// What may still be done to a certified document (12.8.2.2, table 254).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Permission {
    Nothing,
    FillAndSign,
    FillSignAndAnnotate,
}

impl Permission {
    /// The value of `/P`.
    pub const fn number(self) -> i64 {
        match self {
            Self::Nothing => 1,
            Self::FillAndSign => 2,
            Self::FillSignAndAnnotate => 3,
        }
    }
}

/// Which fields are locked (12.8.2.4, table 256).
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldLock {
    All,
    Include(Vec<String>),
    Exclude(Vec<String>),
}

impl FieldLock {
    /// Whether the field `name` is locked; a locked field locks those below it.
    pub fn locks(&self, name: &str) -> bool {
        let named = |list: &[String]| {
            list.iter().any(|listed| {
                name.strip_prefix(listed.as_str())
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            })
        };
        match self {
            Self::All => true,
            Self::Include(list) => named(list),
            Self::Exclude(list) => !named(list),
        }
    }
}

/// A restriction that a signature carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Transform {
    /// The document's certification: in the signature that the catalog names for it, the first.
    DocMdp(Permission),
    /// What is left permitted in the whole document by a lock, or by a DocMDP that certifies
    /// nothing; it permits nothing that was not permitted before.
    Limit(Permission),
    FieldMdp(FieldLock),
    /// Named so; nothing is known of it.
    Other(String),
}

impl Source {
    /// The `/AcroForm` dictionary and, where it is an object of its own, its id.
    pub fn form(&self) -> Result<Option<(Option<ObjectId>, Dictionary)>, PdfError> {
        let (_, catalog) = self.catalog()?;
        let id = catalog.get(b"AcroForm").and_then(Object::as_reference).ok();
        Ok(self.member_dictionary(&catalog, b"AcroForm")?.map(|form| (id, form)))
    }

    /// Every terminal field of the form.
    pub fn fields(&self) -> Result<Vec<Field>, PdfError> {
        struct Waiting {
            object: Object,
            name: String,
            kind: Vec<u8>,
            depth: u32,
        }
        let Some((_, form)) = self.form()? else { return Ok(Vec::new()) };
        let mut fields = Vec::new();
        let mut seen = HashSet::new();
        let mut waiting: Vec<Waiting> = self
            .member_array(&form, b"Fields")?
            .unwrap_or_default()
            .into_iter()
            .rev()
            .map(|object| Waiting { object, name: String::new(), kind: Vec::new(), depth: 0 })
            .collect();
        while let Some(Waiting { object, name, kind, depth }) = waiting.pop() {
            let Object::Reference(id) = object else { continue };
            if !seen.insert(id.0) || depth > MAX_DEPTH {
                return Err(damaged("the form's fields go in a circle"));
            }
            let Object::Dictionary(dictionary) = self.object(id)? else { continue };
            let own = self.member(&dictionary, b"T")?;
            let name = match (own.as_str(), name.is_empty()) {
                (Ok(own), true) => text(own),
                (Ok(own), false) => format!("{name}.{}", text(own)),
                (Err(_), _) => name,
            };
            let kind = match self.member(&dictionary, b"FT")? {
                Object::Name(own) => own,
                _ => kind,
            };
            let kids = self.member_array(&dictionary, b"Kids")?.unwrap_or_default();
            let mut below = Vec::new();
            for kid in kids {
                // A kid without a name of its own is only a widget of this field.
                let is_field = match self.resolve(&kid)? {
                    Object::Dictionary(kid) => kid.has(b"T"),
                    _ => false,
                };
                if is_field {
                    below.push(kid);
                }
            }
            if below.is_empty() {
                fields.push(Field { id, name, kind, dictionary });
            } else {
                let depth = depth + 1;
                waiting.extend(below.into_iter().rev().map(|object| Waiting {
                    object,
                    name: name.clone(),
                    kind: kind.clone(),
                    depth,
                }));
            }
            if fields.len() > MAX_FIELDS || waiting.len() > MAX_FIELDS {
                return Err(damaged("too many fields"));
            }
        }
        Ok(fields)
    }

    /// Every signature field, in the form's order.
    pub fn signature_fields(&self) -> Result<Vec<SignatureField>, PdfError> {
        let fields = self.fields()?.into_iter().filter(|field| field.kind == b"Sig");
        let fields: Result<Vec<_>, _> = fields.map(|field| self.signature_field(field)).collect();
        let mut fields = fields?;
        let values = || fields.iter().filter_map(|field| field.value.as_ref());
        let first = values().filter_map(SignatureValue::end).min();
        let certifies = |value: &SignatureValue, named| value.id == named && value.end() == first;
        // A certification widens what may happen, so it counts only where all agree that it is
        // one (12.8.2.2, 12.8.5).
        let (_, catalog) = self.catalog()?;
        let named = self.member_dictionary(&catalog, b"Perms")?.unwrap_or_default();
        let named = named.get(b"DocMDP").and_then(Object::as_reference).ok();
        for value in fields.iter_mut().filter_map(|field| field.value.as_mut()) {
            if named.is_some() && certifies(value, named) {
                continue;
            }
            for transform in &mut value.transforms {
                if let Transform::DocMdp(permission) = *transform {
                    *transform = Transform::Limit(permission);
                }
            }
        }
        Ok(fields)
    }

    fn signature_field(&self, field: Field) -> Result<SignatureField, PdfError> {
        let Field { id, name, dictionary, .. } = field;
        let widget = match self.member_array(&dictionary, b"Kids")?.and_then(|kids| {
            let first = kids.into_iter().next()?;
            self.resolve(&first).ok()
        }) {
            Some(Object::Dictionary(widget)) => widget,
            _ => dictionary.clone(),
        };
        let (lock, lock_permission) = match self.member_dictionary(&dictionary, b"Lock")? {
            Some(lock) => (self.field_lock(&lock)?, permission(&self.member(&lock, b"P")?)),
            None => (None, None),
        };
        let mut value = self.signature_value(&dictionary)?;
        if let (Some(value), Some(permission)) = (&mut value, lock_permission) {
            value.transforms.push(Transform::Limit(permission));
        }
        Ok(SignatureField {
            id,
            name,
            rect: widget.get(b"Rect").ok().and_then(|rect| self.rectangle(rect)),
            lock,
            lock_permission,
            value,
        })
    }

    fn signature_value(&self, field: &Dictionary) -> Result<Option<SignatureValue>, PdfError> {
        let (id, dictionary, members, duplicate_keys) = match field.get(b"V") {
            Ok(Object::Reference(id)) => match self.indirect(*id)? {
                None => return Ok(None),
                Some(indirect) => match indirect.object {
                    Object::Dictionary(dictionary) => {
                        (Some(*id), dictionary, indirect.members, indirect.duplicate_keys)
                    }
                    Object::Null => return Ok(None),
                    _ => return Err(damaged("a signature is no dictionary")),
                },
            },
            Ok(Object::Dictionary(dictionary)) => (None, dictionary.clone(), Vec::new(), false),
            _ => return Ok(None),
        };
        let place = |key: &[u8]| {
            // The last one, as the dictionary itself keeps the last one.
            let found = members.iter().rev().find(|(member, _)| member == key);
            found.map(|(_, range)| range.clone())
        };
        let is_repeated =
            |key: &[u8]| members.iter().filter(|(member, _)| member == key).count() > 1;
        let contents = match dictionary.get(b"Contents") {
            Ok(Object::String(contents, _)) => Some(contents.clone()),
            _ => None,
        };
        let byte_range = match dictionary.get(b"ByteRange") {
            Ok(Object::Array(numbers)) if !is_repeated(b"ByteRange") => {
                let numbers: Option<Vec<i64>> =
                    numbers.iter().map(|number| number.as_i64().ok()).collect();
                numbers.map(ByteRange)
            }
            _ => None,
        };
        let name = |key: &[u8]| dictionary.get(key).and_then(Object::as_name).unwrap_or_default();
        Ok(Some(SignatureValue {
            id,
            is_document_timestamp: name(b"Type") == b"DocTimeStamp"
                || name(b"SubFilter") == b"ETSI.RFC3161",
            sub_filter: String::from_utf8_lossy(name(b"SubFilter")).into_owned(),
            contents_at: place(b"Contents").filter(|_| contents.is_some()),
            contents,
            byte_range,
            duplicate_keys,
            transforms: self.transforms(&dictionary)?,
            claimed_time: self.member(&dictionary, b"M")?.as_str().ok().and_then(date),
            dictionary,
        }))
    }

    fn transforms(&self, signature: &Dictionary) -> Result<Vec<Transform>, PdfError> {
        let mut transforms = Vec::new();
        for reference in self.member_array(signature, b"Reference")?.unwrap_or_default() {
            let Object::Dictionary(reference) = self.resolve(&reference)? else { continue };
            let parameters =
                self.member_dictionary(&reference, b"TransformParams")?.unwrap_or_default();
            let method = self.member(&reference, b"TransformMethod")?;
            let transform = match method.as_name().unwrap_or_default() {
                // Two is what a missing number means.
                b"DocMDP" => Transform::DocMdp(
                    permission(&self.member(&parameters, b"P")?).unwrap_or(Permission::FillAndSign),
                ),
                b"FieldMDP" => {
                    // Some signers copy the lock's restriction of the whole document here.
                    if let Some(found) = permission(&self.member(&parameters, b"P")?) {
                        transforms.push(Transform::Limit(found));
                    }
                    match self.field_lock(&parameters)? {
                        Some(lock) => Transform::FieldMdp(lock),
                        None => Transform::Other("FieldMDP".to_owned()),
                    }
                }
                other => Transform::Other(String::from_utf8_lossy(other).into_owned()),
            };
            transforms.push(transform);
        }
        Ok(transforms)
    }

    fn field_lock(&self, parameters: &Dictionary) -> Result<Option<FieldLock>, PdfError> {
        let names = || -> Result<Vec<String>, PdfError> {
            let listed = self.member_array(parameters, b"Fields")?.unwrap_or_default();
            listed
                .iter()
                .map(|name| Ok(self.resolve(name)?.as_str().map(text).unwrap_or_default()))
                .collect()
        };
        Ok(match self.member(parameters, b"Action")?.as_name().unwrap_or_default() {
            b"All" => Some(FieldLock::All),
            b"Include" => Some(FieldLock::Include(names()?)),
            b"Exclude" => Some(FieldLock::Exclude(names()?)),
            _ => None,
        })
    }
}

fn permission(object: &Object) -> Option<Permission> {
    match object.as_i64() {
        Ok(1) => Some(Permission::Nothing),
        Ok(2) => Some(Permission::FillAndSign),
        Ok(3) => Some(Permission::FillSignAndAnnotate),
        _ => None,
    }
}

/// A PDF text string: UTF-16BE or UTF-8 with its mark, else PDFDocEncoding, of which names
/// and reasons in practice use the part that is Latin-1.
pub(crate) fn text(bytes: &[u8]) -> String {
    match bytes {
        [0xfe, 0xff, rest @ ..] => {
            let units = rest.chunks_exact(2).map(|pair| u16::from_be_bytes([pair[0], pair[1]]));
            char::decode_utf16(units).map(|unit| unit.unwrap_or('\u{fffd}')).collect()
        }
        [0xef, 0xbb, 0xbf, rest @ ..] => String::from_utf8_lossy(rest).into_owned(),
        _ => bytes.iter().map(|byte| char::from(*byte)).collect(),
    }
}

/// `D:20261123153000+07'00'` (7.9.4): everything after the year may be missing.
fn date(bytes: &[u8]) -> Option<Timestamp> {
    let text = text(bytes);
    let text = text.strip_prefix("D:").unwrap_or(&text);
    let digits: String = text.chars().take_while(char::is_ascii_digit).take(14).collect();
    let zone = text.get(digits.len()..)?;
    let part = |from: usize, to: usize, missing: i8| match digits.get(from..to) {
        Some(part) => part.parse::<i8>().ok(),
        None => Some(missing),
    };
    let moment = jiff::civil::DateTime::new(
        digits.get(..4)?.parse().ok()?,
        part(4, 6, 1)?,
        part(6, 8, 1)?,
        part(8, 10, 0)?,
        part(10, 12, 0)?,
        // A leap second is written as 60 and counts as 59.
        part(12, 14, 0)?.min(59),
        0,
    )
    .ok()?;
    let mut zone = zone.chars();
    let sign = match zone.next() {
        Some('+') => 1,
        Some('-') => -1,
        _ => 0,
    };
    let numbers: Vec<i32> =
        zone.as_str().split('\'').filter_map(|number| number.parse().ok()).collect();
    let (hours, minutes) =
        (numbers.first().copied().unwrap_or(0), numbers.get(1).copied().unwrap_or(0));
    let (hours, minutes) = (hours.clamp(0, 23), minutes.clamp(0, 59));
    let offset = jiff::tz::Offset::from_seconds(sign * (hours * 3600 + minutes * 60)).ok()?;
    offset.to_timestamp(moment).ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn dates_are_read_with_their_zone() {
        let at = |text: &str| date(text.as_bytes()).map(|time| time.to_string());
        assert_eq!(at("D:20261123153000+07'00'").as_deref(), Some("2026-11-23T08:30:00Z"));
        assert_eq!(at("D:20261123153000+07'00").as_deref(), Some("2026-11-23T08:30:00Z"));
        assert_eq!(at("D:20261123153000Z").as_deref(), Some("2026-11-23T15:30:00Z"));
        assert_eq!(at("D:2026").as_deref(), Some("2026-01-01T00:00:00Z"));
        assert_eq!(at("D:20261323"), None);
        assert_eq!(at("yesterday"), None);
    }

    #[test]
    fn texts_are_read_in_their_encodings() {
        assert_eq!(text(b"\xfe\xff\x00L\x00\xfd\x00 \x1e\xa3"), "Lý ả");
        assert_eq!(text("\u{feff}Nguyễn".as_bytes()), "Nguyễn");
        assert_eq!(text(b"Signature1"), "Signature1");
    }

    #[test]
    fn a_lock_locks_what_it_names() {
        let include = FieldLock::Include(vec!["a.b".to_owned()]);
        assert!(include.locks("a.b") && include.locks("a.b.c") && !include.locks("a.bc"));
        assert!(FieldLock::All.locks("x") && FieldLock::Exclude(vec!["x".to_owned()]).locks("y"));
    }

    proptest! {
        #[test]
        fn no_date_makes_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..30)) {
            let _ = date(&bytes);
            let _ = text(&bytes);
        }
    }
}

//! XML into a small tree of local names and texts, within bounds.
//!
//! No document type definition and no entity but the five of XML itself gets past here, so
//! nothing can grow: the tree is never larger than the packet. Long texts (the base64 of
//! files) are borrowed from the input, not copied.

use std::borrow::Cow;

use quick_xml::Reader;
use quick_xml::errors::{Error, IllFormedError};
use quick_xml::events::{BytesRef, BytesStart, Event};

use super::{Limits, PacketError};

/// How many attributes of a `Reference` are looked at.
const MAX_ATTRIBUTES: usize = 16;

/// One element.
#[derive(Debug)]
pub(super) struct Element<'a> {
    /// Local name; `Bussiness…` is spelt `Business…`.
    pub name: Cow<'static, str>,
    pub text: Cow<'a, str>,
    /// `xlink:href` of a `Reference`.
    pub href: String,
    pub children: Vec<Element<'a>>,
}

impl<'a> Element<'a> {
    fn new(name: Cow<'static, str>) -> Self {
        Self { name, text: Cow::Borrowed(""), href: String::new(), children: Vec::new() }
    }

    pub fn child(&self, name: &str) -> Option<&Self> {
        self.children.iter().find(|child| child.name == name)
    }

    pub fn all<'s>(&'s self, name: &'s str) -> impl Iterator<Item = &'s Self> {
        self.children.iter().filter(move |child| child.name == name)
    }

    /// The first element below (or at) this one that `wanted` likes, depth first.
    pub fn find(&self, wanted: &dyn Fn(&Self) -> bool) -> Option<&Self> {
        if wanted(self) {
            return Some(self);
        }
        self.children.iter().find_map(|child| child.find(wanted))
    }

    /// Every element of this name below.
    pub fn find_all<'s>(&'s self, name: &str, found: &mut Vec<&'s Self>) {
        for child in &self.children {
            if child.name == name {
                found.push(child);
            } else {
                child.find_all(name, found);
            }
        }
    }
}

/// The element that holds a file.
pub(super) const PAYLOAD: &str = "ContentTransferEncoded";
pub(super) const ATTACHMENT: &str = "Attachment";

pub(super) fn parse<'a>(source: &'a str, limits: &Limits) -> Result<Element<'a>, PacketError> {
    let mut reader = Reader::from_str(source);
    let mut building = Building::new(source, limits);
    loop {
        building.at = offset(reader.buffer_position());
        match reader.read_event() {
            Ok(Event::Start(start)) => building.open(&start)?,
            Ok(Event::Empty(start)) => {
                building.open(&start)?;
                building.close();
            }
            Ok(Event::End(_)) => building.close(),
            Ok(Event::Text(piece)) => building.text(piece.into_inner())?,
            Ok(Event::CData(piece)) => building.text(piece.into_inner())?,
            Ok(Event::GeneralRef(reference)) => {
                building.text(Cow::Owned(resolve(&reference)?.to_string()))?;
            }
            Ok(Event::DocType(_)) => {
                return Err(PacketError::Entity { what: "DOCTYPE".to_owned() });
            }
            Ok(Event::Decl(declaration)) => {
                if let Some(Ok(encoding)) = declaration.encoding()
                    && !encoding.eq_ignore_ascii_case("utf-8")
                {
                    return Err(PacketError::NotUtf8 { offset: 0 });
                }
            }
            Ok(Event::Comment(_) | Event::PI(_)) => {}
            Ok(Event::Eof) => break,
            Err(error) => {
                return Err(told(&error, line_of(source, offset(reader.error_position()))));
            }
        }
    }
    building.finish()
}

fn offset(position: u64) -> usize {
    usize::try_from(position).unwrap_or(usize::MAX)
}

/// The elements that are open, outermost first, and what has been closed.
struct Building<'a, 'l> {
    source: &'a str,
    /// Where the present event begins.
    at: usize,
    limits: &'l Limits,
    open: Vec<Element<'a>>,
    root: Option<Element<'a>>,
    elements: usize,
    attachments: usize,
}

impl<'a, 'l> Building<'a, 'l> {
    fn new(source: &'a str, limits: &'l Limits) -> Self {
        Self { source, at: 0, limits, open: Vec::new(), root: None, elements: 0, attachments: 0 }
    }

    fn open(&mut self, start: &BytesStart<'_>) -> Result<(), PacketError> {
        self.elements += 1;
        let too_complex = |what, limit| Err(PacketError::TooComplex { what, limit });
        if self.elements > self.limits.elements {
            return too_complex("elements", self.limits.elements);
        }
        if self.open.len() >= self.limits.depth {
            return too_complex("nested elements", self.limits.depth);
        }
        if self.root.is_some() {
            return Err(self.malformed("a second root element"));
        }
        let name = start.local_name();
        let name: &str = name.as_ref();
        if name.len() > 200 {
            return too_complex("bytes in a name", 200);
        }
        if name == ATTACHMENT {
            self.attachments += 1;
            if self.attachments > self.limits.attachments {
                return Err(PacketError::TooManyAttachments { limit: self.limits.attachments });
            }
        }
        let mut element = Element::new(canonical(name));
        if name == "Reference" {
            element.href = href(start, self.limits)?;
        }
        self.open.push(element);
        Ok(())
    }

    fn close(&mut self) {
        // The reader has matched the names already.
        if let Some(element) = self.open.pop() {
            match self.open.last_mut() {
                Some(parent) => parent.children.push(element),
                None => self.root = Some(element),
            }
        }
    }

    fn text(&mut self, piece: Cow<'a, str>) -> Result<(), PacketError> {
        let blank = piece.bytes().all(|byte| byte.is_ascii_whitespace());
        let Some(element) = self.open.last_mut() else {
            return if blank {
                Ok(())
            } else {
                Err(self.malformed("text outside the root element"))
            };
        };
        // Indentation; inside a text it counts.
        if blank && element.text.is_empty() {
            return Ok(());
        }
        let room = if element.name == PAYLOAD { usize::MAX } else { self.limits.field_bytes };
        if element.text.len().saturating_add(piece.len()) > room {
            return Err(PacketError::TooComplex { what: "bytes in a field", limit: room });
        }
        if element.text.is_empty() {
            element.text = piece;
        } else {
            element.text.to_mut().push_str(&piece);
        }
        Ok(())
    }

    fn malformed(&self, detail: &str) -> PacketError {
        let line = line_of(self.source, self.at);
        PacketError::Malformed { line, detail: detail.to_owned() }
    }

    fn finish(self) -> Result<Element<'a>, PacketError> {
        if !self.open.is_empty() {
            return Err(PacketError::Truncated { line: line_of(self.source, self.source.len()) });
        }
        self.root.ok_or(PacketError::NotPacket)
    }
}

fn canonical(name: &str) -> Cow<'static, str> {
    /// Names that occur often need no allocation.
    const KNOWN: [&str; 10] = [
        "ContentId",
        "ContentType",
        "Description",
        "AttachmentName",
        PAYLOAD,
        ATTACHMENT,
        "Reference",
        "OrganId",
        "OrganName",
        "To",
    ];
    match KNOWN.iter().find(|known| **known == name) {
        Some(known) => Cow::Borrowed(*known),
        None => Cow::Owned(name.replacen("Bussiness", "Business", 1)),
    }
}

fn href(start: &BytesStart<'_>, limits: &Limits) -> Result<String, PacketError> {
    // Duplicates are compared pairwise when checked, which many attributes make slow.
    for attribute in start.attributes().with_checks(false).take(MAX_ATTRIBUTES).flatten() {
        if attribute.key.local_name().as_ref() == "href" {
            if attribute.value.len() > limits.field_bytes {
                return Err(PacketError::TooComplex {
                    what: "bytes in a field",
                    limit: limits.field_bytes,
                });
            }
            return Ok(attribute.value.into_owned());
        }
    }
    Ok(String::new())
}

/// The five entities of XML and characters by number; nothing else.
fn resolve(reference: &BytesRef<'_>) -> Result<char, PacketError> {
    let refused = || PacketError::Entity { what: reference.chars().take(40).collect() };
    match reference.resolve_char_ref() {
        Ok(Some(character)) => Ok(character),
        Ok(None) => match &**reference {
            "lt" => Ok('<'),
            "gt" => Ok('>'),
            "amp" => Ok('&'),
            "apos" => Ok('\''),
            "quot" => Ok('"'),
            _ => Err(refused()),
        },
        Err(_) => Err(refused()),
    }
}

fn told(error: &Error, line: usize) -> PacketError {
    match error {
        // Every fault of syntax is something that the end of the input left open.
        Error::Syntax(_) | Error::IllFormed(IllFormedError::MissingEndTag(_)) => {
            PacketError::Truncated { line }
        }
        other => {
            let detail: String = other.to_string().chars().take(200).collect();
            PacketError::Malformed { line, detail }
        }
    }
}

fn line_of(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree(text: &str) -> Result<Element<'_>, PacketError> {
        parse(text, &Limits::default())
    }

    #[test]
    fn names_are_local_and_texts_whole() {
        let root = tree("<a:b xmlns:a='u'>\n <a:Bussiness> x &amp; &lt;y&gt; &#7879;<![CDATA[<z>]]> </a:Bussiness>\n</a:b>").unwrap();
        assert_eq!(root.name, "b");
        assert_eq!(root.text, "");
        assert_eq!(root.child("Business").unwrap().text, " x & <y> ệ<z> ");
    }

    #[test]
    fn long_texts_are_borrowed() {
        let text = "<a><ContentTransferEncoded>AAAA</ContentTransferEncoded></a>";
        let root = tree(text).unwrap();
        assert!(matches!(root.child(PAYLOAD).unwrap().text, Cow::Borrowed("AAAA")));
    }

    #[test]
    fn nothing_grows() {
        let bomb = r#"<!DOCTYPE a [<!ENTITY x "ha"><!ENTITY y "&x;&x;&x;">]><a>&y;</a>"#;
        assert!(matches!(tree(bomb), Err(PacketError::Entity { .. })));
        assert!(matches!(tree("<a>&y;</a>"), Err(PacketError::Entity { .. })));
        assert!(matches!(tree("<a>&#0;</a>"), Err(PacketError::Entity { .. })));
        let deep = "<a>".repeat(33) + &"</a>".repeat(33);
        assert!(matches!(tree(&deep), Err(PacketError::TooComplex { limit: 32, .. })));
        let wide = format!("<a>{}</a>", "<b/>".repeat(100_000));
        assert!(matches!(tree(&wide), Err(PacketError::TooComplex { limit: 100_000, .. })));
        let long = format!("<a><Subject>{}</Subject></a>", "x".repeat(65_537));
        assert!(matches!(tree(&long), Err(PacketError::TooComplex { limit: 65_536, .. })));
    }

    #[test]
    fn what_is_cut_off_is_called_so() {
        for text in ["<a><b>", "<a><b", "<a>text", "<a><![CDATA[x", "<a><!-- x"] {
            assert!(matches!(tree(text), Err(PacketError::Truncated { line: 1 })), "{text}");
        }
        assert!(matches!(tree("<a></b>"), Err(PacketError::Malformed { line: 1, .. })));
        assert!(matches!(tree("<a/><b/>"), Err(PacketError::Malformed { .. })));
        assert!(matches!(tree("\n\n<a/>x"), Err(PacketError::Malformed { line: 3, .. })));
        assert!(matches!(tree("chỉ là chữ"), Err(PacketError::Malformed { .. })));
        assert!(matches!(tree("<!-- -->"), Err(PacketError::NotPacket)));
    }

    #[test]
    fn other_encodings_are_refused_by_name() {
        let text = "<?xml version='1.0' encoding='windows-1258'?><a/>";
        assert!(matches!(tree(text), Err(PacketError::NotUtf8 { .. })));
    }
}

//! The words of a DOCX or ODT file, read from its XML.
//!
//! Read for one purpose: to be compared with the words on the pages of the PDF that was made of
//! it. So what is printed is read (paragraphs, tables, text boxes, notes), what is not is left
//! out (deleted and hidden text, instructions of fields, comments), and headers and footers are
//! kept apart, since the pages repeat them. Sources: ECMA-376 part 1, clause 17; OpenDocument
//! 1.3 part 3.

use std::io::{Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};
use zip::ZipArchive;

use super::NotConverted;

/// Bytes of one part that are read; a longer text is no office's document.
const MOST_BYTES: u64 = 64 << 20;
/// Elements within elements.
const MOST_DEPTH: usize = 512;

/// The two formats that are converted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TextFormat {
    Docx,
    Odt,
}

impl TextFormat {
    /// By the file's name; its content is looked at when it is read.
    pub fn of_name(name: &str) -> Option<Self> {
        let (_, extension) = name.rsplit_once('.')?;
        match extension.to_lowercase().as_str() {
            "docx" => Some(Self::Docx),
            "odt" => Some(Self::Odt),
            _ => None,
        }
    }

    pub const fn extension(self) -> &'static str {
        match self {
            Self::Docx => "docx",
            Self::Odt => "odt",
        }
    }

    pub const fn media_type(self) -> &'static str {
        match self {
            Self::Docx => "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            Self::Odt => "application/vnd.oasis.opendocument.text",
        }
    }
}

/// What a text document says.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceText {
    /// A paragraph a line.
    pub body: String,
    /// Headers, footers and marks of notes: what pages may repeat.
    pub repeated: String,
    /// Paragraphs that the word processor numbers or marks with a bullet by itself.
    pub numbered: u32,
}

impl SourceText {
    /// Fails with [`NotConverted::Damaged`] for what is no such file, or is encrypted.
    pub fn read(format: TextFormat, bytes: &[u8]) -> Result<Self, NotConverted> {
        let mut archive = Parts {
            archive: ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?,
            left: MOST_BYTES,
        };
        let mut text = Self::default();
        match format {
            TextFormat::Docx => {
                let names: Vec<String> = archive.archive.file_names().map(str::to_owned).collect();
                let styled = match archive.part("word/styles.xml")? {
                    Some(styles) => numbered_styles(&styles)?,
                    None => Vec::new(),
                };
                let body = archive.part("word/document.xml")?;
                let body = body.ok_or_else(|| damaged("no word/document.xml"))?;
                text.take(&body, &styled, Goes::Body)?;
                for name in names {
                    let stem = name.strip_prefix("word/").unwrap_or_default();
                    let into = match stem {
                        "footnotes.xml" | "endnotes.xml" => Goes::Body,
                        _ if stem.starts_with("header") || stem.starts_with("footer") => {
                            Goes::Repeated
                        }
                        _ => continue,
                    };
                    if let Some(xml) = archive.part(&name)? {
                        text.take(&xml, &styled, into)?;
                    }
                }
            }
            TextFormat::Odt => {
                let body = archive.part("content.xml")?;
                let body = body.ok_or_else(|| damaged("no content.xml"))?;
                text.take(&body, &[], Goes::Body)?;
                if let Some(styles) = archive.part("styles.xml")? {
                    text.take(&styles, &[], Goes::Repeated)?;
                }
            }
        }
        Ok(text)
    }

    fn take(&mut self, xml: &str, styled: &[String], into: Goes) -> Result<(), NotConverted> {
        let read = Walk::new(styled).walk(xml)?;
        match into {
            Goes::Body => {
                self.body.push_str(&read.text);
                self.numbered += read.numbered;
            }
            Goes::Repeated => self.repeated.push_str(&read.text),
        }
        self.repeated.push_str(&read.marks);
        Ok(())
    }
}

#[derive(Clone, Copy)]
enum Goes {
    Body,
    Repeated,
}

fn damaged(why: impl ToString) -> NotConverted {
    NotConverted::Damaged(why.to_string())
}

/// The parts of a file, of which so many unpacked bytes are read and no more.
struct Parts<'a> {
    archive: ZipArchive<Cursor<&'a [u8]>>,
    left: u64,
}

impl Parts<'_> {
    /// A part as text; `None` where there is none of this name.
    fn part(&mut self, name: &str) -> Result<Option<String>, NotConverted> {
        let file = match self.archive.by_name(name) {
            Ok(file) => file,
            Err(zip::result::ZipError::FileNotFound) => return Ok(None),
            Err(error) => return Err(damaged(error)),
        };
        let mut bytes = Vec::new();
        file.take(self.left + 1).read_to_end(&mut bytes).map_err(damaged)?;
        let left = self.left.checked_sub(bytes.len() as u64);
        self.left = left.ok_or_else(|| damaged(format!("{name} is too long")))?;
        String::from_utf8(bytes).map(Some).map_err(damaged)
    }
}

/// Styles of paragraphs that number by themselves.
fn numbered_styles(xml: &str) -> Result<Vec<String>, NotConverted> {
    let mut styles = Vec::new();
    let mut current = String::new();
    let mut reader = Reader::from_str(xml);
    loop {
        match reader.read_event().map_err(damaged)? {
            Event::Start(start) | Event::Empty(start) => match start.local_name().as_ref() {
                "style" => current = attribute(&start, "styleId").unwrap_or_default(),
                "numPr" if !current.is_empty() => styles.push(std::mem::take(&mut current)),
                _ => {}
            },
            Event::Eof => return Ok(styles),
            _ => {}
        }
    }
}

fn attribute(start: &BytesStart<'_>, local: &str) -> Option<String> {
    let found = start
        .attributes()
        .filter_map(Result::ok)
        .find(|attribute| attribute.key.local_name().as_ref() == local)?;
    Some(found.value.into_owned())
}

/// What an element does to the text within it.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    /// Nothing of its own.
    Plain,
    /// Ends a line.
    Paragraph,
    /// Ends a line, and its characters are text (ODT).
    Written,
    /// A run of one look, which may be hidden.
    Run,
    /// Its characters are text (DOCX has text nowhere else).
    Text,
    /// Nothing within is printed.
    Silent,
    /// Its characters are a note's mark.
    Mark,
}

/// Reads one part, with what stands open at the moment.
struct Walk<'s> {
    styled: &'s [String],
    open: Vec<Role>,
    text: String,
    marks: String,
    numbered: u32,
    /// Where the text stood when the present run began, and whether it is hidden.
    run: Option<(usize, bool)>,
}

impl<'s> Walk<'s> {
    fn new(styled: &'s [String]) -> Self {
        Self {
            styled,
            open: Vec::new(),
            text: String::new(),
            marks: String::new(),
            numbered: 0,
            run: None,
        }
    }

    fn walk(mut self, xml: &str) -> Result<Self, NotConverted> {
        let mut reader = Reader::from_str(xml);
        loop {
            match reader.read_event().map_err(damaged)? {
                Event::Start(start) => {
                    if self.open.len() >= MOST_DEPTH {
                        return Err(damaged("too deep"));
                    }
                    let role = self.begin(&start);
                    self.open.push(role);
                }
                Event::Empty(start) => {
                    let role = self.begin(&start);
                    self.end(Some(role));
                }
                Event::End(_) => {
                    let role = self.open.pop();
                    self.end(role);
                }
                Event::Text(piece) => self.say(&piece.into_inner()),
                Event::CData(piece) => self.say(&piece.into_inner()),
                Event::GeneralRef(reference) => {
                    let c = match reference.resolve_char_ref().map_err(damaged)? {
                        Some(c) => c,
                        None => quick_xml::escape::resolve_predefined_entity(&reference)
                            .and_then(|text| text.chars().next())
                            .ok_or_else(|| damaged("an entity"))?,
                    };
                    self.say(c.encode_utf8(&mut [0; 4]));
                }
                // Nothing that a document type could define is wanted.
                Event::DocType(_) => return Err(damaged("a document type")),
                Event::Eof => return Ok(self),
                _ => {}
            }
        }
    }

    fn is_silent(&self) -> bool {
        self.open.contains(&Role::Silent)
    }

    /// Takes the characters where they are text.
    fn say(&mut self, piece: &str) {
        if self.is_silent() {
            return;
        }
        match self.open.last() {
            Some(Role::Mark) => self.marks.push_str(piece),
            Some(Role::Text | Role::Written) => self.text.push_str(piece),
            _ => {}
        }
    }

    fn put(&mut self, c: char) {
        if !self.is_silent() {
            self.text.push(c);
        }
    }

    fn begin(&mut self, start: &BytesStart<'_>) -> Role {
        let name = start.name();
        let prefix = name.prefix();
        let odt = prefix
            .is_some_and(|prefix| matches!(prefix.as_ref(), "text" | "office" | "table" | "draw"));
        match (start.local_name().as_ref(), odt) {
            // DOCX
            ("p", false) => Role::Paragraph,
            ("r", false) => {
                self.run = Some((self.text.len(), false));
                Role::Run
            }
            ("t", false) => Role::Text,
            ("tab" | "ptab", false) if self.run.is_some() => {
                self.put(' ');
                Role::Plain
            }
            ("br" | "cr", false) => {
                self.put('\n');
                Role::Plain
            }
            ("noBreakHyphen", false) => {
                self.put('-');
                Role::Plain
            }
            ("numPr", false) => {
                self.numbered += 1;
                Role::Plain
            }
            ("pStyle", false) => {
                let style = attribute(start, "val").unwrap_or_default();
                self.numbered += u32::from(self.styled.contains(&style));
                Role::Plain
            }
            ("vanish" | "webHidden", false) => {
                let off = attribute(start, "val");
                if let Some((_, hidden)) = &mut self.run {
                    *hidden = !matches!(off.as_deref(), Some("0" | "false" | "off"));
                }
                Role::Plain
            }
            // The same drawing once more for older readers; what is not printed.
            ("Fallback" | "delText" | "instrText" | "del" | "moveFrom", false) => Role::Silent,
            // ODT
            ("p" | "h", true) => Role::Written,
            ("list-item", true) => {
                self.numbered += 1;
                Role::Plain
            }
            ("s", true) => {
                let count = attribute(start, "c").and_then(|count| count.parse().ok());
                for _ in 0..count.unwrap_or(1u32).min(1000) {
                    self.put(' ');
                }
                Role::Plain
            }
            ("tab", true) => {
                self.put(' ');
                Role::Plain
            }
            ("line-break", true) => {
                self.put('\n');
                Role::Plain
            }
            ("note-citation", true) => Role::Mark,
            ("tracked-changes" | "annotation" | "hidden-text", true) => Role::Silent,
            _ => Role::Plain,
        }
        .within(self.open.last().copied(), odt)
    }

    fn end(&mut self, role: Option<Role>) {
        match role {
            Some(Role::Paragraph | Role::Written) => self.put('\n'),
            Some(Role::Run) => {
                if let Some((from, true)) = self.run {
                    self.text.truncate(from);
                }
                self.run = None;
            }
            _ => {}
        }
    }
}

impl Role {
    /// In ODT the characters of a paragraph, and of the spans within it, are text.
    fn within(self, parent: Option<Self>, odt: bool) -> Self {
        match (self, parent) {
            (Self::Plain, Some(Self::Written | Self::Text)) if odt => Self::Text,
            (role, _) => role,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(parts: &[(&str, &str)]) -> Vec<u8> {
        let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for (name, text) in parts {
            zip.start_file(*name, SimpleFileOptions::default()).unwrap();
            zip.write_all(text.as_bytes()).unwrap();
        }
        zip.finish().unwrap().into_inner()
    }

    const W: &str = "xmlns:w='w' xmlns:mc='mc'";

    #[test]
    fn a_docx_says_what_it_prints() {
        let document = format!(
            "<w:document {W}><w:body>
             <w:p><w:r><w:t>Căn cứ Luật &amp; Nghị định</w:t></w:r></w:p>
             <w:p><w:pPr><w:numPr/></w:pPr><w:r><w:t xml:space='preserve'>Việc </w:t></w:r>
               <w:del><w:r><w:delText>bỏ</w:delText></w:r></w:del>
               <w:ins><w:r><w:t>mới</w:t></w:r></w:ins>
               <w:r><w:rPr><w:vanish/></w:rPr><w:t>ẩn</w:t></w:r>
               <w:r><w:rPr><w:vanish w:val='0'/></w:rPr><w:tab/><w:t>hiện</w:t></w:r></w:p>
             <w:p><w:r><mc:AlternateContent><mc:Choice><w:txbxContent><w:p><w:r><w:t>ô</w:t></w:r></w:p>
               </w:txbxContent></mc:Choice><mc:Fallback><w:p><w:r><w:t>ô</w:t></w:r></w:p></mc:Fallback>
               </mc:AlternateContent></w:r></w:p>
             <w:p><w:pPr><w:pStyle w:val='So'/></w:pPr><w:r><w:instrText>PAGE</w:instrText></w:r></w:p>
             </w:body></w:document>"
        );
        let styles = format!(
            "<w:styles {W}><w:style w:styleId='So'><w:pPr><w:numPr/></w:pPr></w:style></w:styles>"
        );
        let header = format!("<w:hdr {W}><w:p><w:r><w:t>Đầu trang</w:t></w:r></w:p></w:hdr>");
        let bytes = archive(&[
            ("word/document.xml", &document),
            ("word/styles.xml", &styles),
            ("word/header1.xml", &header),
        ]);
        let text = SourceText::read(TextFormat::Docx, &bytes).unwrap();
        let lines: Vec<&str> = text.body.lines().filter(|line| !line.is_empty()).collect();
        assert_eq!(lines, ["Căn cứ Luật & Nghị định", "Việc mới hiện", "ô"]);
        assert_eq!((text.numbered, text.repeated.as_str()), (2, "Đầu trang\n"));
    }

    #[test]
    fn an_odt_says_what_it_prints() {
        let content = "<office:document-content xmlns:office='o' xmlns:text='t'>
            <office:body><office:text>
            <text:tracked-changes><text:p>đã xóa</text:p></text:tracked-changes>
            <text:h>Điều<text:s text:c='2'/>1</text:h>
            <text:list><text:list-item><text:p>Một <text:span>hai<text:note>
              <text:note-citation>1</text:note-citation><text:note-body><text:p>chú</text:p>
              </text:note-body></text:note></text:span> ba</text:p></text:list-item></text:list>
            </office:text></office:body></office:document-content>";
        let bytes = archive(&[("content.xml", content)]);
        let text = SourceText::read(TextFormat::Odt, &bytes).unwrap();
        assert!(text.body.contains("Điều  1\n"), "{:?}", text.body);
        assert!(text.body.contains("Một hai") && text.body.contains("chú"), "{:?}", text.body);
        assert!(!text.body.contains("xóa"));
        assert_eq!((text.numbered, text.repeated.as_str()), (1, "1"));
    }

    #[test]
    fn what_is_no_such_file_is_refused() {
        for bytes in [b"".as_slice(), b"%PDF-1.7", &archive(&[("mimetype", "x")])] {
            for format in [TextFormat::Docx, TextFormat::Odt] {
                let read = SourceText::read(format, bytes);
                assert!(matches!(read, Err(NotConverted::Damaged(_))), "{read:?}");
            }
        }
        let bomb = "<!DOCTYPE x [<!ENTITY a 'b'>]><w:p xmlns:w='w'>&a;</w:p>";
        let read = SourceText::read(TextFormat::Docx, &archive(&[("word/document.xml", bomb)]));
        assert!(matches!(read, Err(NotConverted::Damaged(_))), "{read:?}");
    }
}

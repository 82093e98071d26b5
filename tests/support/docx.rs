//! Small DOCX files, made as a word processor would make them.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;

/// A DOCX file of these paragraphs; one that begins with `# ` is numbered by the word processor.
pub fn docx(paragraphs: &[&str], header: &str) -> Vec<u8> {
    const W: &str = "xmlns:w=\"http://schemas.openxmlformats.org/wordprocessingml/2006/main\"";
    const R: &str =
        "xmlns:r=\"http://schemas.openxmlformats.org/officeDocument/2006/relationships\"";
    const TYPES: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml";
    const REL: &str = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let body: String = paragraphs
        .iter()
        .map(|text| match text.strip_prefix("# ") {
            Some(text) => format!(
                "<w:p><w:pPr><w:numPr><w:ilvl w:val=\"0\"/><w:numId w:val=\"1\"/></w:numPr>\
                 </w:pPr><w:r><w:t>{text}</w:t></w:r></w:p>"
            ),
            None => format!("<w:p><w:r><w:t xml:space=\"preserve\">{text}</w:t></w:r></w:p>"),
        })
        .collect();
    let parts = [
        (
            "[Content_Types].xml",
            format!(
                "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\">\
                 <Default Extension=\"rels\" ContentType=\
                 \"application/vnd.openxmlformats-package.relationships+xml\"/>\
                 <Override PartName=\"/word/document.xml\" ContentType=\"{TYPES}.document.main+xml\"/>\
                 <Override PartName=\"/word/header1.xml\" ContentType=\"{TYPES}.header+xml\"/>\
                 <Override PartName=\"/word/numbering.xml\" ContentType=\"{TYPES}.numbering+xml\"/>\
                 </Types>"
            ),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\
                 \"http://schemas.openxmlformats.org/package/2006/relationships\">\
                 <Relationship Id=\"r1\" Type=\"{REL}/officeDocument\" Target=\"word/document.xml\"/>\
                 </Relationships>"
            ),
        ),
        (
            "word/_rels/document.xml.rels",
            format!(
                "<Relationships xmlns=\
                 \"http://schemas.openxmlformats.org/package/2006/relationships\">\
                 <Relationship Id=\"r1\" Type=\"{REL}/header\" Target=\"header1.xml\"/>\
                 <Relationship Id=\"r2\" Type=\"{REL}/numbering\" Target=\"numbering.xml\"/>\
                 </Relationships>"
            ),
        ),
        (
            "word/document.xml",
            format!(
                "<w:document {W} {R}><w:body>{body}<w:sectPr><w:headerReference \
                 w:type=\"default\" r:id=\"r1\"/><w:pgSz w:w=\"11906\" w:h=\"16838\"/>\
                 </w:sectPr></w:body></w:document>"
            ),
        ),
        (
            "word/header1.xml",
            format!("<w:hdr {W}><w:p><w:r><w:t>{header}</w:t></w:r></w:p></w:hdr>"),
        ),
        (
            "word/numbering.xml",
            format!(
                "<w:numbering {W}><w:abstractNum w:abstractNumId=\"0\"><w:lvl w:ilvl=\"0\">\
                 <w:start w:val=\"1\"/><w:numFmt w:val=\"decimal\"/><w:lvlText w:val=\"Điều %1.\"/>\
                 </w:lvl></w:abstractNum><w:num w:numId=\"1\"><w:abstractNumId w:val=\"0\"/></w:num>\
                 </w:numbering>"
            ),
        ),
    ];
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, text) in parts {
        zip.start_file(name, SimpleFileOptions::default()).unwrap();
        zip.write_all(b"<?xml version=\"1.0\" encoding=\"UTF-8\"?>").unwrap();
        zip.write_all(text.as_bytes()).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

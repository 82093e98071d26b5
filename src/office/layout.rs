//! An administrative document on paper-sized pages, in the layout (thể thức) that the law
//! fixes: Nghị định 30/2020/NĐ-CP, Phụ lục I, phần I. The numbers of the cells (ô) in the
//! comments below are those of its mục IV.
//!
//! Documents are written with the number and the day left blank: both are known only when
//! the document is signed and registered, and are stamped onto the page then.

mod samples;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

pub use samples::{Sample, samples};

use crate::domain::document::{Code, Signer, Urgency, written_date};
use crate::pdf::appearance::RED;
use crate::pdf::compose::{Align, Block, Column, Composition, PageSetup, Run, Style};
use crate::pdf::font::Face;
use crate::pdf::{POINTS_PER_MM, PdfError, compose as pdf};

/// The text of one document, before it is set.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sheet {
    /// Superior agency (ô 2); empty for a People's Committee, which names none. Lines are
    /// separated by a line end, here and in `issuer`.
    pub superior: String,
    /// Issuing agency (ô 2).
    pub issuer: String,
    /// Number and notation (ô 3); an empty number leaves a blank.
    pub code: Code,
    /// Place (ô 4), such as `Tân Bình`.
    pub place: String,
    /// Date (ô 4); without one, day and month are left blank.
    pub date: Option<Date>,
    /// Year that stands behind a blank day and month; without it the year is blank too.
    pub year: Option<i16>,
    /// Name of the type (ô 5a), such as `Quyết định`; empty for an official letter.
    pub type_name: String,
    /// Abstract (ô 5a, or 5b behind `V/v`).
    pub subject: String,
    pub urgency: Urgency,
    /// Kính gửi (ô 9a).
    pub addressees: Vec<String>,
    /// Who decides, above the legal bases of a decision: `CHỦ TỊCH ỦY BAN NHÂN DÂN XÃ …`.
    pub authority: String,
    /// Legal bases (ô 6), without the marks at their ends.
    pub bases: Vec<String>,
    /// What stands between bases and articles, such as `QUYẾT ĐỊNH:`.
    pub enacting: String,
    pub body: Vec<Part>,
    pub signer: Signer,
    /// Nơi nhận (ô 9b), without dashes and marks; the last line is the file copy.
    pub recipients: Vec<String>,
    /// Drafter's notation and number of copies (ô 12).
    pub drafter: String,
}

/// A piece of the body (ô 6).
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    Paragraph(String),
    /// A part's heading: `I. MỤC ĐÍCH, YÊU CẦU`.
    Heading(String),
    /// A heading inside a part: `1. Mục đích`.
    Subheading(String),
    /// The text of an article; `Điều 1.` and so on is put before it.
    Article(String),
    Table {
        /// Parts of the width.
        widths: Vec<f32>,
        /// The first row is the head.
        rows: Vec<Vec<String>>,
    },
}

/// Room for the personal signature between position and name.
pub const SIGNATURE_GAP: f32 = 28.0 * POINTS_PER_MM;

/// Sizes of mục II to V as the template of Phụ lục I uses them.
const NATION: f32 = 13.0;
const MOTTO: f32 = 14.0;
const AGENCY: f32 = 13.0;
const NUMBER: f32 = 13.0;
const LETTER_SUBJECT: f32 = 12.0;
// One size with the number, so that both stand on one baseline.
const PLACE: f32 = 13.0;
const TITLE: f32 = 14.0;
const BODY: f32 = 14.0;
const SIGNER: f32 = 14.0;
const RECIPIENTS_HEAD: f32 = 12.0;
const RECIPIENTS: f32 = 11.0;
/// First-line indent of the body, 1.27 cm.
const INDENT: f32 = 12.7 * POINTS_PER_MM;
/// Thickness of the lines under motto, agency and abstract.
const HAIRLINE: f32 = 0.6;

/// Air between the columns of the head.
const GUTTER: f32 = 6.0;

/// Sets a document and writes it as PDF.
pub fn compose(sheet: &Sheet) -> Result<Vec<u8>, PdfError> {
    pdf::compose(&composition(sheet))
}

/// The document as blocks; apart from [`compose`] so that it can be looked at.
pub fn composition(sheet: &Sheet) -> Composition {
    let page = PageSetup::a4(20.0, 20.0, 30.0, 15.0);
    let measure = page.measure();
    let mut blocks = head(sheet, measure);
    blocks.extend(title(sheet, measure));
    blocks.extend(body(sheet));
    blocks.push(foot(sheet, measure));
    let kind = if sheet.type_name.is_empty() { "Công văn" } else { &sheet.type_name };
    Composition {
        title: format!("{kind} {}", sheet.subject),
        author: sheet.issuer.split_whitespace().collect::<Vec<_>>().join(" "),
        language: "vi-VN".to_owned(),
        page,
        blocks,
    }
}

/// Number and notation as they are written (ô 3), with room for a number not yet taken.
fn number_line(code: &Code) -> String {
    if code.number.is_empty() {
        format!("Số:          /{}", code.notation)
    } else {
        format!("Số: {}/{}", code.number, code.notation)
    }
}

/// Place and date as they are written (ô 4), with room for what is not yet known.
fn date_line(sheet: &Sheet) -> String {
    match (sheet.date, sheet.year) {
        (Some(date), _) => format!("{}, {}", sheet.place, written_date(date)),
        (None, Some(year)) => format!("{}, ngày       tháng       năm {year}", sheet.place),
        (None, None) => format!("{}, ngày       tháng       năm           ", sheet.place),
    }
}

/// Ô 1 to 4, 5b, 9a and 10b.
fn head(sheet: &Sheet, measure: f32) -> Vec<Block> {
    let left = measure * 0.42;
    let right = measure - left;
    let centred = |size: f32| Style::sized(size).align(Align::Centre);

    let mut agency = Vec::new();
    for line in sheet.superior.lines() {
        agency.push(paragraph(Run::plain(line.to_uppercase()), centred(AGENCY)));
    }
    let mut widest = 0.0f32;
    for line in sheet.issuer.lines().map(str::to_uppercase) {
        widest = widest.max(widest_set(&line, left - GUTTER));
        agency.push(paragraph(Run::bold(line), centred(AGENCY)));
    }
    // A third to a half of the text.
    agency.push(rule(widest * 0.4));

    let motto = "Độc lập - Tự do - Hạnh phúc";
    let nation = vec![
        paragraph(Run::bold("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), centred(NATION)),
        paragraph(Run::bold(motto), centred(MOTTO)),
        // As long as the text.
        rule(Face::SerifBold.width(motto, MOTTO)),
    ];

    let mut number = vec![paragraph(Run::plain(number_line(&sheet.code)), centred(NUMBER))];
    if sheet.type_name.is_empty() {
        // Ô 5b: 6 points below the number.
        let style = centred(LETTER_SUBJECT).before(6.0);
        number.push(paragraph(Run::plain(format!("V/v {}", sheet.subject)), style));
    }
    number.extend(urgency_mark(sheet.urgency));
    let date = vec![paragraph(Run::italic(date_line(sheet)), centred(PLACE))];

    let columns = |a: Vec<Block>, b: Vec<Block>| {
        // A little air between the columns, so that a long abstract does not touch the date.
        let a = Column { width: left - GUTTER, blocks: a };
        let b = Column { width: right + GUTTER, blocks: b };
        Block::Columns(vec![a, b])
    };
    let mut blocks = vec![columns(agency, nation), Block::Space(8.0), columns(number, date)];
    blocks.extend(addressees(sheet));
    blocks
}

/// Width of the widest line into which an agency's name falls in a column.
fn widest_set(name: &str, column: f32) -> f32 {
    let measure = |text: &str| Face::SerifBold.width(text, AGENCY);
    let (mut widest, mut line) = (0.0f32, String::new());
    for word in name.split_whitespace() {
        let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
        line = if measure(&longer) <= column { longer } else { word.to_owned() };
        widest = widest.max(measure(&line));
    }
    widest.min(column)
}

/// Ô 9a: one addressee on the same line, several as a list.
fn addressees(sheet: &Sheet) -> Vec<Block> {
    let lead = 26.0 * POINTS_PER_MM;
    let style = |left_indent: f32, before: f32| Style {
        left_indent,
        before,
        keep_with_next: true,
        ..Style::sized(BODY)
    };
    match sheet.addressees.as_slice() {
        [] => Vec::new(),
        [only] => vec![
            Block::Space(12.0),
            paragraph(
                Run::plain(format!("Kính gửi: {only}.")),
                style(0.0, 6.0).align(Align::Centre),
            ),
            Block::Space(8.0),
        ],
        several => {
            let mut blocks =
                vec![Block::Space(12.0), paragraph(Run::plain("Kính gửi:"), style(lead, 6.0))];
            let list = lead + Face::Serif.width("Kính gửi: ", BODY);
            for (index, name) in several.iter().enumerate() {
                let end = if index + 1 == several.len() { '.' } else { ';' };
                blocks.push(paragraph(Run::plain(format!("- {name}{end}")), style(list, 2.0)));
            }
            blocks.push(Block::Space(8.0));
            blocks
        }
    }
}

/// Ô 5a.
fn title(sheet: &Sheet, measure: f32) -> Vec<Block> {
    if sheet.type_name.is_empty() {
        return Vec::new();
    }
    let style = Style {
        align: Align::Centre,
        keep_with_next: true,
        left_indent: 0.0,
        ..Style::sized(TITLE)
    };
    // The abstract is held narrower than the text, so that it reads as a title.
    let width = measure * 0.82;
    let margin = (measure - width) / 2.0;
    let subject_width = Face::SerifBold.width(&sheet.subject, TITLE).min(width);
    let titled = vec![
        paragraph(Run::bold(sheet.type_name.to_uppercase()), style),
        paragraph(Run::bold(sheet.subject.clone()), style),
        rule(subject_width * 0.36),
    ];
    vec![
        Block::Space(16.0),
        Block::Columns(vec![
            Column { width: margin, blocks: Vec::new() },
            Column { width, blocks: titled },
        ]),
        Block::Space(6.0),
    ]
}

/// Ô 6.
fn body(sheet: &Sheet) -> Vec<Block> {
    let text = Style {
        align: Align::Justify,
        first_indent: INDENT,
        before: 6.0,
        leading: 1.08,
        ..Style::sized(BODY)
    };
    let centred = Style { first_indent: 0.0, align: Align::Centre, keep_with_next: true, ..text };
    let mut blocks = Vec::new();
    if !sheet.authority.is_empty() {
        blocks.push(paragraph(Run::bold(sheet.authority.to_uppercase()), centred.before(8.0)));
        blocks.push(Block::Space(4.0));
    }
    for (index, basis) in sheet.bases.iter().enumerate() {
        // The last ends with a full stop (Phụ lục I, phần I, mục II.6).
        let end = if index + 1 == sheet.bases.len() { '.' } else { ';' };
        blocks.push(paragraph(Run::italic(format!("{basis}{end}")), text));
    }
    if !sheet.enacting.is_empty() {
        blocks.push(paragraph(Run::bold(sheet.enacting.to_uppercase()), centred.before(10.0)));
        blocks.push(Block::Space(4.0));
    }
    let mut article = 0;
    for (index, part) in sheet.body.iter().enumerate() {
        // The signature never stands on a page without a line of the text.
        let keep_with_next = index + 1 == sheet.body.len();
        let style = Style { keep_with_next, ..text };
        match part {
            Part::Paragraph(text) => blocks.push(paragraph(Run::plain(text.clone()), style)),
            Part::Heading(text) | Part::Subheading(text) => {
                let style = Style { keep_with_next: true, ..style };
                blocks.push(paragraph(Run::bold(text.clone()), style));
            }
            Part::Article(text) => {
                article += 1;
                let runs =
                    vec![Run::bold(format!("Điều {article}.")), Run::plain(format!(" {text}"))];
                blocks.push(Block::Paragraph { runs, style });
            }
            Part::Table { widths, rows } => blocks.push(table(widths, rows)),
        }
    }
    blocks
}

fn table(widths: &[f32], rows: &[Vec<String>]) -> Block {
    let rows = rows.iter().enumerate().map(|(index, row)| {
        let cell = |(column, text): (usize, &String)| {
            let size = BODY - 1.0;
            let figures = text.chars().all(|c| c.is_ascii_digit() || ".,%".contains(c));
            // Heads and running numbers are centred, amounts stand at the right.
            let align = match (index, column) {
                (0, _) | (_, 0) => Align::Centre,
                _ if figures => Align::Right,
                _ => Align::Left,
            };
            let run = Run { text: text.clone(), bold: index == 0, italic: false };
            vec![paragraph(run, Style::sized(size).align(align))]
        };
        row.iter().enumerate().map(cell).collect()
    });
    Block::Table { widths: widths.to_vec(), rows: rows.collect() }
}

/// Ô 7a, 7b, 9b and 12, on one page.
fn foot(sheet: &Sheet, measure: f32) -> Block {
    let left = measure * 0.46;
    let centred = Style::sized(SIGNER).align(Align::Centre);

    let mut receivers = Vec::new();
    if !sheet.recipients.is_empty() {
        let head = Run { text: "Nơi nhận:".into(), bold: true, italic: true };
        receivers.push(paragraph(head, Style::sized(RECIPIENTS_HEAD)));
        let last = sheet.recipients.len() - 1;
        for (index, name) in sheet.recipients.iter().enumerate() {
            let end = if index == last { '.' } else { ';' };
            let hang = Face::Serif.width("- ", RECIPIENTS);
            let style =
                Style { left_indent: hang, first_indent: -hang, ..Style::sized(RECIPIENTS) };
            receivers.push(paragraph(Run::plain(format!("- {name}{end}")), style));
        }
    }
    if !sheet.drafter.is_empty() {
        let style = Style::sized(RECIPIENTS).before(6.0);
        receivers.push(paragraph(Run::plain(sheet.drafter.clone()), style));
    }

    let mut signed = Vec::new();
    for line in sheet.signer.competence.lines().chain(sheet.signer.position.lines()) {
        signed.push(paragraph(Run::bold(line.to_uppercase()), centred));
    }
    signed.push(Block::Space(SIGNATURE_GAP));
    signed.push(paragraph(Run::bold(sheet.signer.full_name.clone()), centred));

    Block::Together(vec![
        Block::Space(14.0),
        Block::Columns(vec![
            Column { width: left, blocks: receivers },
            Column { width: measure - left, blocks: signed },
        ]),
    ])
}

/// Ô 10b: a red word in a single frame, its size in millimetres (Phụ lục I, phần I, mục
/// V.2).
fn urgency_mark(urgency: Urgency) -> Option<Block> {
    let (word, width) = match urgency {
        Urgency::Normal => return None,
        Urgency::Urgent => ("KHẨN", 20.0),
        Urgency::VeryUrgent => ("THƯỢNG KHẨN", 40.0),
        Urgency::Express => ("HỎA TỐC", 30.0),
        // Not in Nghị định 30/2020 any more; the axis still knows it.
        Urgency::ExpressFixedHour => ("HỎA TỐC HẸN GIỜ", 50.0),
    };
    Some(Block::Framed {
        run: Run::bold(word),
        size: NUMBER,
        width: width * POINTS_PER_MM,
        height: 8.0 * POINTS_PER_MM,
        colour: RED,
        align: Align::Centre,
    })
}

fn paragraph(run: Run, style: Style) -> Block {
    Block::Paragraph { runs: vec![run], style }
}

fn rule(length: f32) -> Block {
    Block::Rule { length, thickness: HAIRLINE, align: Align::Centre, above: 2.0 }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn number_and_date_are_written_or_left_blank() {
        let mut sheet = Sheet {
            code: Code { number: String::new(), notation: "QĐ-UBND".into() },
            place: "Tân Bình".into(),
            year: Some(2026),
            ..Sheet::default()
        };
        assert_eq!(number_line(&sheet.code), "Số:          /QĐ-UBND");
        assert_eq!(date_line(&sheet), "Tân Bình, ngày       tháng       năm 2026");
        sheet.code.number = "07".into();
        sheet.date = Some(date(2026, 2, 6));
        assert_eq!(number_line(&sheet.code), "Số: 07/QĐ-UBND");
        assert_eq!(date_line(&sheet), "Tân Bình, ngày 06 tháng 02 năm 2026");
    }

    #[test]
    fn an_empty_sheet_is_still_a_page() {
        let pdf = compose(&Sheet::default()).unwrap();
        assert!(pdf.starts_with(b"%PDF-1.7"));
    }

    #[test]
    fn the_same_sheet_gives_the_same_bytes() {
        for sample in samples() {
            assert_eq!(compose(&sample.sheet).unwrap(), compose(&sample.sheet).unwrap());
        }
    }
}

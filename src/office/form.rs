//! What the office's printed forms share: the head with the national title, the form's own
//! title, rows of facts (Nghị định 30/2020/NĐ-CP Phụ lục IV gives the settlement slip so; the
//! submission slip follows it).

use jiff::Timestamp;
use jiff::civil::Date;

use crate::domain::calendar;
use crate::i18n::{self, Lang};
use crate::pdf::PdfError;
use crate::pdf::compose::{Align, Block, Column, Composition, PageSetup, Run, Style, compose};

pub const BODY: f32 = 12.0;
pub const SMALL: f32 = 10.0;

/// A form in one language, of one agency.
#[derive(Debug, Clone, Copy)]
pub struct Form<'a> {
    pub lang: Lang,
    pub agency: &'a str,
}

impl Form<'_> {
    pub fn say(&self, key: &str, facts: &[(&str, String)]) -> String {
        i18n::lookup(self.lang, key, facts).unwrap_or_else(|| format!("⟦{key}⟧"))
    }

    /// The whole form as a PDF file. Fails where its fonts cannot be set.
    pub fn composed(&self, title: String, body: Vec<Block>) -> Result<Vec<u8>, PdfError> {
        let page = PageSetup { number_size: None, ..PageSetup::a4(20.0, 20.0, 30.0, 15.0) };
        let half = page.measure() / 2.0;
        let centred = |run, size| paragraph(run, Style::sized(size).align(Align::Centre));
        let head = Block::Columns(vec![
            Column {
                width: half * 0.85,
                blocks: vec![centred(Run::bold(self.agency.to_uppercase()), BODY)],
            },
            Column {
                width: half * 1.15,
                blocks: vec![
                    centred(Run::bold("CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"), BODY),
                    centred(Run::bold("Độc lập - Tự do - Hạnh phúc"), BODY),
                ],
            },
        ]);
        let mut blocks = vec![
            head,
            Block::Space(18.0),
            centred(Run::bold(title.to_uppercase()), 14.0),
            Block::Space(10.0),
        ];
        blocks.extend(body);
        compose(&Composition {
            title,
            author: self.agency.to_owned(),
            language: if self.lang == Lang::Vi { "vi-VN" } else { "en-GB" }.to_owned(),
            page,
            blocks,
        })
    }

    /// Rows of a name and what it is; empty ones are left out.
    pub fn facts<const N: usize>(&self, rows: [(&str, String); N]) -> Vec<Block> {
        rows.into_iter()
            .filter(|(_, value)| !value.trim().is_empty())
            .map(|(key, value)| Block::Paragraph {
                runs: vec![Run::bold(format!("{} ", self.say(key, &[]))), Run::plain(value)],
                style: Style::sized(BODY).before(3.0),
            })
            .collect()
    }

    pub fn heading(&self, key: &str) -> Block {
        let style = Style { keep_with_next: true, ..Style::sized(BODY).before(12.0) };
        paragraph(Run::bold(self.say(key, &[])), style)
    }
}

pub fn line(text: String) -> Block {
    paragraph(Run::plain(text), Style::sized(BODY).before(3.0))
}

pub fn paragraph(run: Run, style: Style) -> Block {
    Block::Paragraph { runs: vec![run], style }
}

pub fn day(date: Date) -> String {
    date.strftime("%d/%m/%Y").to_string()
}

/// To the second, where a moment is evidence.
pub fn second(at: Timestamp) -> String {
    calendar::local(at).strftime("%d/%m/%Y %H:%M:%S").to_string()
}

pub fn moment(at: Timestamp) -> String {
    calendar::local(at).strftime("%d/%m/%Y %H:%M").to_string()
}

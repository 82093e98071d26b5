//! The register on paper: a cover, then the table across A4, its head on every page. Pages
//! are written as they get full.

use std::io::BufWriter;

use super::{Lines, Listing, Part, not_written};
use crate::domain::problem::Problem;
use crate::i18n::{Lang, language};
use crate::pdf::compose::{Align, Block, PageSetup, Register, RegisterColumn, Run, Style};
use crate::pdf::{POINTS_PER_MM, PdfError};

const BODY: f32 = 10.0;
/// Longer cells would not fit on a page; Phụ lục VI allows a subject of 500 characters and
/// 1000 for whom a document goes to.
const LONGEST: usize = 1000;

pub(super) fn write(listing: &Listing, part: &Part<'_>, lines: Lines<'_>) -> Result<(), Problem> {
    let page = across();
    let columns: Vec<RegisterColumn> = listing
        .columns
        .iter()
        .map(|column| RegisterColumn {
            title: column.title.clone(),
            share: column.share,
            widest: column.widest.clone(),
            align: if column.centred { Align::Centre } else { Align::Left },
        })
        .collect();
    let told = |error: PdfError| match error {
        PdfError::Unreadable(cause) => not_written(part.path, cause),
        other => other.into(),
    };
    let file = BufWriter::new(part.create()?);
    let mut register =
        Register::begin(file, page, &cover(listing, &page), &columns, BODY).map_err(told)?;
    lines(&mut |cells| {
        let cells = cells.iter().map(|cell| cut(cell.written())).collect();
        register.row(cells).map_err(told)
    })?;
    let lang = match language() {
        Lang::Vi => "vi-VN",
        Lang::En => "en-GB",
    };
    register.finish(&listing.title, &listing.cover.agency, lang).map_err(told)?;
    Ok(())
}

/// A4 across. Nghị định 30/2020/NĐ-CP Phụ lục IV: registers are printed on A3 or A4 across;
/// the wider margin is where the book is bound.
fn across() -> PageSetup {
    let upright = PageSetup::a4(18.0, 14.0, 20.0, 12.0);
    PageSetup { width: upright.height, height: upright.width, number_size: Some(11.0), ..upright }
}

fn cover(listing: &Listing, page: &PageSetup) -> Vec<Block> {
    let centred = |run: Run, size: f32, before: f32| Block::Paragraph {
        runs: vec![run],
        style: Style::sized(size).align(Align::Centre).before(before),
    };
    let cover = &listing.cover;
    let mut blocks = Vec::new();
    if !cover.superior.is_empty() {
        blocks.push(centred(Run::plain(cover.superior.to_uppercase()), 13.0, 0.0));
    }
    blocks.push(centred(Run::bold(cover.agency.to_uppercase()), 13.0, 2.0));
    blocks.push(Block::Rule {
        length: 50.0 * POINTS_PER_MM,
        thickness: 0.6,
        align: Align::Centre,
        above: 3.0,
    });
    blocks.push(Block::Space(page.height * 0.2));
    blocks.push(centred(Run::bold(listing.title.to_uppercase()), 24.0, 6.0));
    blocks.push(Block::Space(10.0));
    for fact in &cover.facts {
        blocks.push(centred(Run::plain(fact.clone()), 14.0, 6.0));
    }
    blocks.push(Block::Space(page.height * 0.15));
    blocks.push(centred(Run::italic(cover.printed.clone()), 11.0, 6.0));
    blocks
}

fn cut(text: String) -> String {
    if text.chars().count() <= LONGEST {
        return text;
    }
    let head: String = text.chars().take(LONGEST).collect();
    format!("{head}…")
}

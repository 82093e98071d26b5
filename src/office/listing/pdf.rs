//! The register on paper: a cover, then the table across A4, its head on every page.

use std::path::Path;

use super::{Lines, Listing, not_written};
use crate::domain::problem::Problem;
use crate::i18n::{Lang, language};
use crate::pdf::POINTS_PER_MM;
use crate::pdf::compose::{
    Align, Block, Composition, PageSetup, RegisterColumn, Run, Style, compose,
};

const BODY: f32 = 10.0;
/// Longer cells would not fit on a page; Phụ lục VI allows a subject of 500 characters and
/// 1000 for whom a document goes to.
const LONGEST: usize = 1000;

pub(super) fn write(listing: &Listing, path: &Path, lines: Lines<'_>) -> Result<(), Problem> {
    let mut rows = Vec::new();
    lines(&mut |cells| {
        rows.push(cells.iter().map(|cell| cut(cell.written())).collect::<Vec<String>>());
        Ok(())
    })?;
    let page = across();
    let mut blocks = cover(listing, &page);
    blocks.push(Block::PageBreak);
    blocks.push(Block::Register {
        columns: listing
            .columns
            .iter()
            .map(|column| RegisterColumn {
                title: column.title.clone(),
                share: column.share,
                align: if column.centred { Align::Centre } else { Align::Left },
            })
            .collect(),
        rows,
        size: BODY,
    });
    let lang = match language() {
        Lang::Vi => "vi-VN",
        Lang::En => "en-GB",
    };
    let bytes = compose(&Composition {
        title: listing.title.clone(),
        author: listing.cover.agency.clone(),
        language: lang.to_owned(),
        page,
        blocks,
    })?;
    std::fs::write(path, bytes).map_err(|error| not_written(path, error))
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

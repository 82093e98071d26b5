//! Finds the parts of a composed document by the place that the composer gives them.

use crate::pdf::compose::{Block, Column, Run, Style};

/// A paragraph that may be changed.
pub type Paragraph<'a> = (&'a mut Vec<Run>, &'a mut Style);

/// The paragraphs of a component; none where the document has none.
pub fn of<'a>(blocks: &'a mut [Block], component: &str) -> Vec<Paragraph<'a>> {
    match component {
        "national-title" => paragraphs(column(blocks, 0, 1)).into_iter().take(1).collect(),
        "motto" => paragraphs(column(blocks, 0, 1)).into_iter().skip(1).collect(),
        "superior-agency" => agency(blocks, false),
        "issuing-agency" => agency(blocks, true),
        "number-notation" => paragraphs(column(blocks, 1, 0)).into_iter().take(1).collect(),
        "letter-subject" => paragraphs(column(blocks, 1, 0)).into_iter().skip(1).collect(),
        "place-date" => paragraphs(column(blocks, 1, 1)),
        "type-name" => paragraphs(title(blocks)).into_iter().take(1).collect(),
        "subject" => paragraphs(title(blocks)).into_iter().skip(1).collect(),
        "addressees" => text(blocks, &|run, _, seen| seen.addressed && !run.bold),
        "legal-bases" => text(blocks, &|run, style, seen| {
            !seen.addressed && style.first_indent > 0.0 && (run.italic || is_basis(&run.text))
        }),
        "article" => text(blocks, &|run, _, _| run.text.starts_with("Điều ")),
        "body" => text(blocks, &|run, style, seen| {
            let basis = run.italic || is_basis(&run.text);
            !seen.addressed && style.first_indent > 0.0 && !basis
        }),
        "recipients-title" => receivers(blocks).into_iter().take(1).collect(),
        "recipients" => receivers(blocks).into_iter().skip(1).collect(),
        "signer-title" => {
            let mut signed = paragraphs(foot(blocks, 1));
            signed.pop();
            signed
        }
        "signer-name" => paragraphs(foot(blocks, 1)).pop().into_iter().collect(),
        _ => Vec::new(),
    }
}

fn is_basis(text: &str) -> bool {
    text.starts_with("Căn cứ Luật") || text.starts_with("Theo đề nghị")
}

/// All blocks of the column in which the line under a component stands.
pub fn with_rule<'a>(blocks: &'a mut [Block], component: &str) -> Option<&'a mut Vec<Block>> {
    let column = match component {
        "motto" => column(blocks, 0, 1),
        "issuing-agency" => column(blocks, 0, 0),
        _ => title(blocks),
    };
    column.map(|column| &mut column.blocks)
}

/// The blocks below number and notation: the abstract of a letter, the mark of urgency.
pub fn under_number(blocks: &mut [Block]) -> Option<&mut Vec<Block>> {
    column(blocks, 1, 0).map(|column| &mut column.blocks)
}

/// What stands under the text: recipients 0, signer 1.
pub fn foot(blocks: &mut [Block], at: usize) -> Option<&mut Column> {
    let last = blocks.iter_mut().rev().find_map(|block| match block {
        Block::Together(inner) => Some(inner),
        _ => None,
    })?;
    let columns = last.iter_mut().find_map(|block| match block {
        Block::Columns(columns) => Some(columns),
        _ => None,
    })?;
    columns.get_mut(at)
}

fn receivers(blocks: &mut [Block]) -> Vec<Paragraph<'_>> {
    paragraphs(foot(blocks, 0))
}

/// The column `side` of the pair number `pair` of the head.
fn column(blocks: &mut [Block], pair: usize, side: usize) -> Option<&mut Column> {
    let mut pairs = blocks.iter_mut().filter_map(|block| match block {
        Block::Columns(columns) => Some(columns),
        _ => None,
    });
    pairs.nth(pair)?.get_mut(side)
}

/// The title stands in the second of two columns, whose first is empty.
pub fn title(blocks: &mut [Block]) -> Option<&mut Column> {
    blocks.iter_mut().find_map(|block| match block {
        Block::Columns(columns) => match columns.as_mut_slice() {
            [margin, title] if margin.blocks.is_empty() => Some(title),
            _ => None,
        },
        _ => None,
    })
}

fn agency(blocks: &mut [Block], issuing: bool) -> Vec<Paragraph<'_>> {
    let all = paragraphs(column(blocks, 0, 0));
    all.into_iter().filter(|(runs, _)| runs.iter().any(|run| run.bold) == issuing).collect()
}

fn paragraphs(column: Option<&mut Column>) -> Vec<Paragraph<'_>> {
    let blocks = column.into_iter().flat_map(|column| &mut column.blocks);
    blocks
        .filter_map(|block| match block {
            Block::Paragraph { runs, style } => Some((runs, style)),
            _ => None,
        })
        .collect()
}

/// What came before a paragraph of the text.
struct Seen {
    /// It belongs to `Kính gửi`.
    addressed: bool,
}

fn text<'a>(
    blocks: &'a mut [Block],
    wanted: &dyn Fn(&Run, &Style, &Seen) -> bool,
) -> Vec<Paragraph<'a>> {
    let mut seen = Seen { addressed: false };
    let mut found = Vec::new();
    for block in blocks {
        match block {
            Block::Paragraph { runs, style } => {
                let Some(first) = runs.first() else { continue };
                if first.text.starts_with("Kính gửi") {
                    seen.addressed = true;
                }
                if wanted(first, style, &seen) {
                    found.push((runs, style));
                }
            }
            Block::Space(room) if *room < 10.0 => seen.addressed = false,
            // Behind the signature come annexes.
            Block::Together(_) | Block::PageBreak => break,
            _ => {}
        }
    }
    found
}

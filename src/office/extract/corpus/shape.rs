//! How real papers stray from the template of the law.

use unicode_normalization::UnicodeNormalization;

use crate::office::layout::Sheet;
use crate::pdf::POINTS_PER_MM;
use crate::pdf::compose::{Align, Block, Column, Composition, Run, Style};

/// One way to stray, or none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shape {
    Plain,
    /// Letters and marks are separate characters.
    Decomposed,
    /// A3, turned.
    Landscape,
    /// `Số : 12 / QĐ - UBND`.
    SpacedNumber,
    /// `Q U Y Ế T  Đ Ị N H`.
    SpacedTitle,
    /// The abstract in capitals.
    CapitalSubject,
    /// The signer's name in capitals.
    CapitalName,
    /// No list of recipients.
    NoRecipients,
    /// No signer yet.
    NoSigner,
    /// No national title.
    NoTitle,
    /// Number and date not yet filled in.
    Blank,
    /// A list with names behind the signature, on a page of its own.
    Annexed,
    /// A line above everything, as from a printer or a portal.
    RunningHead,
    /// `LƯU HÀNH NỘI BỘ` over the agency.
    Circulation,
    /// Legal bases upright, the abstract right above the text: as in 2011.
    Old,
    /// Everything in smaller type.
    Small,
    /// Type and abstract on one line.
    OneLine,
    /// A rank before the name.
    Rank,
}

impl Shape {
    pub const ALL: [Self; 18] = [
        Self::Plain,
        Self::Decomposed,
        Self::Landscape,
        Self::SpacedNumber,
        Self::SpacedTitle,
        Self::CapitalSubject,
        Self::CapitalName,
        Self::NoRecipients,
        Self::NoSigner,
        Self::NoTitle,
        Self::Blank,
        Self::Annexed,
        Self::RunningHead,
        Self::Circulation,
        Self::Old,
        Self::Small,
        Self::OneLine,
        Self::Rank,
    ];

    pub const fn key(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Decomposed => "decomposed",
            Self::Landscape => "landscape",
            Self::SpacedNumber => "spaced-number",
            Self::SpacedTitle => "spaced-title",
            Self::CapitalSubject => "capital-subject",
            Self::CapitalName => "capital-name",
            Self::NoRecipients => "no-recipients",
            Self::NoSigner => "no-signer",
            Self::NoTitle => "no-title",
            Self::Blank => "blank",
            Self::Annexed => "annexed",
            Self::RunningHead => "running-head",
            Self::Circulation => "circulation",
            Self::Old => "old",
            Self::Small => "small",
            Self::OneLine => "one-line",
            Self::Rank => "rank",
        }
    }

    /// Whether a document may stray so; a letter has no title.
    pub const fn fits(self, letter: bool) -> bool {
        !letter || !matches!(self, Self::SpacedTitle | Self::CapitalSubject | Self::OneLine)
    }

    /// What the document says otherwise.
    pub fn prepare(self, sheet: &mut Sheet) {
        match self {
            Self::CapitalSubject | Self::OneLine => sheet.subject = sheet.subject.to_uppercase(),
            Self::NoRecipients => sheet.recipients.clear(),
            Self::NoSigner => sheet.signer = Default::default(),
            Self::Blank => {
                sheet.code.number.clear();
                sheet.date = None;
                sheet.year = Some(2026);
            }
            _ => {}
        }
    }

    /// What is set otherwise.
    pub fn apply(self, composition: &mut Composition) {
        let blocks = &mut composition.blocks;
        match self {
            Self::Plain
            | Self::NoRecipients
            | Self::NoSigner
            | Self::Blank
            | Self::CapitalSubject => {}
            Self::Decomposed => each_run(blocks, &mut |run| run.text = run.text.nfd().collect()),
            Self::Landscape => {
                let (width, height) = (420.0 * POINTS_PER_MM, 297.0 * POINTS_PER_MM);
                let before = composition.page.measure();
                (composition.page.width, composition.page.height) = (width, height);
                widen(&mut composition.blocks, composition.page.measure() / before);
            }
            Self::SpacedNumber => each_run(blocks, &mut |run| {
                if let Some(rest) = run.text.strip_prefix("Số: ") {
                    run.text = format!("Số : {}", rest.replace('/', " / ").replace('-', " - "));
                }
            }),
            Self::SpacedTitle => each_title(blocks, &mut |run| {
                let letters: Vec<String> = run.text.chars().map(String::from).collect();
                run.text = letters.join(" ");
            }),
            Self::CapitalName => last_name(blocks, &mut |run| run.text = run.text.to_uppercase()),
            Self::Rank => last_name(blocks, &mut |run| run.text = format!("Trung tá {}", run.text)),
            Self::NoTitle => {
                if let Some(Block::Columns(columns)) = blocks.first_mut()
                    && let Some(nation) = columns.get_mut(1)
                {
                    nation.blocks.clear();
                }
            }
            Self::Annexed => blocks.extend(annex()),
            Self::RunningHead => {
                let text = "Trang in từ hệ thống quản lý văn bản, 15:04 ngày 23/11/2026";
                let style = Style::sized(9.0).align(Align::Right);
                blocks.insert(0, Block::Paragraph { runs: vec![Run::plain(text)], style });
            }
            Self::Circulation => {
                let style = Style::sized(13.0);
                let runs = vec![Run::bold("LƯU HÀNH NỘI BỘ")];
                blocks.insert(0, Block::Space(10.0));
                blocks.insert(0, Block::Paragraph { runs, style });
            }
            Self::Old => {
                each_run(blocks, &mut |run| {
                    if run.text.starts_with("Căn cứ") || run.text.starts_with("Theo đề nghị")
                    {
                        run.italic = false;
                    }
                });
                blocks.retain(|block| !matches!(block, Block::Space(room) if *room < 7.0));
            }
            Self::Small => shrink(blocks, 11.0 / 14.0),
            Self::OneLine => one_line(blocks),
        }
    }
}

/// Runs `f` over every run of text, wherever it stands.
fn each_run(blocks: &mut [Block], f: &mut dyn FnMut(&mut Run)) {
    for block in blocks {
        match block {
            Block::Paragraph { runs, .. } => runs.iter_mut().for_each(&mut *f),
            Block::Framed { run, .. } => f(run),
            Block::Columns(columns) => {
                for column in columns {
                    each_run(&mut column.blocks, f);
                }
            }
            Block::Table { rows, .. } => {
                for cell in rows.iter_mut().flatten() {
                    each_run(cell, f);
                }
            }
            Block::Together(inner) => each_run(inner, f),
            // Rules and spaces; registers are no documents.
            _ => {}
        }
    }
}

/// The paragraphs of the title: the second column of the third pair.
fn title(blocks: &mut [Block]) -> Option<&mut Column> {
    let columns = blocks.iter_mut().filter_map(|block| match block {
        Block::Columns(columns) => Some(columns),
        _ => None,
    });
    columns.skip(2).find_map(|columns| match columns.as_mut_slice() {
        [margin, title] if margin.blocks.is_empty() => Some(title),
        _ => None,
    })
}

fn each_title(blocks: &mut [Block], f: &mut dyn FnMut(&mut Run)) {
    if let Some(title) = title(blocks)
        && let Some(first) = title.blocks.first_mut()
    {
        each_run(std::slice::from_mut(first), f);
    }
}

fn one_line(blocks: &mut [Block]) {
    let Some(title) = title(blocks) else { return };
    let [Block::Paragraph { runs: kind, .. }, Block::Paragraph { runs: subject, .. }, ..] =
        title.blocks.as_mut_slice()
    else {
        return;
    };
    if let (Some(kind), Some(subject)) = (kind.first_mut(), subject.first()) {
        kind.text = format!("{} {}", kind.text, subject.text);
    }
    title.blocks.remove(1);
}

/// The very last run: the name under the signature.
fn last_name(blocks: &mut [Block], f: &mut dyn FnMut(&mut Run)) {
    let mut count = 0;
    each_run(blocks, &mut |_| count += 1);
    let mut at = 0;
    each_run(blocks, &mut |run| {
        at += 1;
        if at == count {
            f(run);
        }
    });
}

fn widen(blocks: &mut [Block], factor: f32) {
    for block in blocks {
        match block {
            Block::Columns(columns) => {
                for column in columns {
                    column.width *= factor;
                    widen(&mut column.blocks, factor);
                }
            }
            Block::Together(inner) => widen(inner, factor),
            _ => {}
        }
    }
}

fn shrink(blocks: &mut [Block], factor: f32) {
    for block in blocks {
        match block {
            Block::Paragraph { style, .. } => style.size *= factor,
            Block::Framed { size, .. } => *size *= factor,
            Block::Columns(columns) => {
                for column in columns {
                    shrink(&mut column.blocks, factor);
                }
            }
            Block::Together(inner) => shrink(inner, factor),
            _ => {}
        }
    }
}

/// A list of people behind the document: names under capitals that sign nothing.
pub(in crate::office) fn annex() -> Vec<Block> {
    let centred = Style::sized(14.0).align(Align::Centre);
    let line = |run: Run| Block::Paragraph { runs: vec![run], style: centred };
    let cell = |text: &str| {
        vec![Block::Paragraph { runs: vec![Run::plain(text)], style: Style::sized(13.0) }]
    };
    let rows = [
        ["TT", "HỌ VÀ TÊN", "CHỨC VỤ"],
        ["1", "Lý Thị Hồng", "Trưởng ban"],
        ["2", "Bùi Quang Khải", "Phó Trưởng ban"],
        ["3", "Cao Văn Lộc", "Thành viên"],
    ];
    vec![
        Block::PageBreak,
        line(Run::bold("PHỤ LỤC")),
        line(Run::bold("Danh sách Ban Chỉ đạo")),
        line(Run::italic("(Kèm theo Quyết định số 99/QĐ-UBND ngày 01 tháng 01 năm 2020)")),
        Block::Space(12.0),
        Block::Table {
            widths: vec![0.6, 3.0, 3.0],
            rows: rows.map(|row| row.map(cell).to_vec()).to_vec(),
        },
    ]
}

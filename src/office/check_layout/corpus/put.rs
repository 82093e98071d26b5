//! Puts a fault into a document: into its text, into what was composed of it, into the bytes.

use jiff::civil::date;

use super::fault::Fault;
use super::parts;
use crate::domain::charset::Charset;
use crate::domain::document::Urgency;
use crate::domain::layout::Rule;
use crate::office::layout::{Part, Sheet};
use crate::pdf::POINTS_PER_MM;
use crate::pdf::compose::{Align, Block, Composition, NumberPlace, Run, Style};

impl Fault {
    /// What the document says otherwise.
    pub(super) fn prepare(self, sheet: &mut Sheet) {
        match self {
            Self::NumberWithoutZero => sheet.code.number = "7".to_owned(),
            Self::OtherAbbreviation => {
                let (first, rest) = sheet.code.notation.split_once('-').unwrap_or(("", "UBND"));
                let other = if first == "BC" { "TB" } else { "BC" };
                sheet.code.notation = format!("{other}-{rest}");
            }
            Self::OtherNotation => {
                let first = sheet.code.notation.split('-').next().unwrap_or_default();
                sheet.code.notation = format!("{first}-XYZ");
            }
            Self::LetterWithType => sheet.code.notation = "QĐ-UBND".to_owned(),
            Self::OtherType => {
                let other =
                    if sheet.type_name == "Báo cáo" { "Thông báo" } else { "Báo cáo" };
                sheet.type_name = other.to_owned();
            }
            Self::DateDay | Self::DateMonth | Self::DateFigures => {
                sheet.date = Some(date(2026, 5, 6));
            }
            Self::NoDeputy => sheet.signer.position = "Chủ tịch".to_owned(),
            Self::Degree => sheet.signer.full_name = format!("ThS. {}", sheet.signer.full_name),
            Self::NoFileCopy => {
                sheet.recipients.pop();
            }
            Self::NoUrgency => sheet.urgency = Urgency::Normal,
            Self::UrgencyOther => {
                sheet.urgency = match sheet.urgency {
                    Urgency::Urgent => Urgency::Express,
                    _ => Urgency::Urgent,
                };
            }
            Self::ArticleColon | Self::ArticlePlain => {
                for part in &mut sheet.body {
                    if let Part::Paragraph(text) = part {
                        *part = Part::Article(text.clone());
                    }
                }
            }
            _ => {}
        }
    }

    /// What is set otherwise.
    pub(super) fn apply(self, composition: &mut Composition) {
        let page = &mut composition.page;
        let mm = |value: f32| value * POINTS_PER_MM;
        match self {
            // US letter.
            Self::Letter => (page.width, page.height) = (612.0, 792.0),
            Self::LeftNarrow => page.left = mm(20.0),
            Self::RightNarrow => page.right = mm(8.0),
            Self::TopNarrow => page.top = mm(12.0),
            Self::BottomNarrow => page.bottom = mm(8.0),
            Self::LeftWide => page.left = mm(42.0),
            Self::TopWide => page.top = mm(36.0),
            Self::NoPageNumber => page.number_size = None,
            Self::SmallPageNumber => page.number_size = Some(10.0),
            Self::PageNumberElsewhere => {
                page.number_place = match page.number_place {
                    NumberPlace::TopCentre => NumberPlace::BottomRight,
                    NumberPlace::BottomRight => NumberPlace::TopCentre,
                };
            }
            _ => self.change(&mut composition.blocks),
        }
    }

    fn change(self, blocks: &mut Vec<Block>) {
        let (rule, component) = self.breach();
        let mut styles = |f: &dyn Fn(&mut Style)| {
            parts::of(blocks, component).into_iter().for_each(|(_, style)| f(style));
        };
        match self {
            Self::OffCentreMotto => styles(&|style| style.align = Align::Right),
            Self::OffCentreSubject | Self::Ragged => styles(&|style| style.align = Align::Left),
            Self::NoIndent => styles(&|style| style.first_indent = 0.0),
            Self::DeepIndent => styles(&|style| style.first_indent = 25.0 * POINTS_PER_MM),
            Self::TightParagraphs => styles(&|style| style.before = 0.0),
            Self::WideLines => styles(&|style| style.leading = 1.9),
            Self::TightLines => styles(&|style| style.leading = 0.8),
            Self::Unpaired => {
                let title = parts::of(blocks, "national-title");
                title.into_iter().for_each(|(_, style)| style.size = 12.0);
            }
            _ => match rule {
                Rule::Missing => self.remove(blocks),
                Rule::Size => styles(&|style| style.size = wrong_size(component)),
                Rule::Style => each_run(blocks, component, &|run| restyle(component, run)),
                Rule::Underline => self.redraw(blocks),
                Rule::Urgency => {
                    let frame = parts::under_number(blocks).into_iter().flatten();
                    for block in frame {
                        if let Block::Framed { width, height, .. } = block
                            && self == Self::UrgencyFrame
                        {
                            *width += 20.0;
                            *height += 16.0;
                        }
                    }
                }
                Rule::Annex => self.change_annex(blocks),
                _ => self.rewrite(blocks),
            },
        }
    }

    /// Takes a component away, and the line under it.
    fn remove(self, blocks: &mut Vec<Block>) {
        let first_is = |block: &Block, beginning: &str| match block {
            Block::Paragraph { runs, .. } => {
                runs.first().is_some_and(|run| run.text.starts_with(beginning))
            }
            _ => false,
        };
        match self {
            Self::NoNation => drop_at(parts::with_rule(blocks, "motto"), 0),
            Self::NoMotto => {
                if let Some(column) = parts::with_rule(blocks, "motto") {
                    column.truncate(1);
                }
            }
            Self::NoNumber => drop_at(parts::under_number(blocks), 0),
            Self::NoAbout => drop_at(parts::under_number(blocks), 1),
            Self::NoType => drop_at(parts::with_rule(blocks, "subject"), 0),
            Self::NoSubject => {
                if let Some(column) = parts::with_rule(blocks, "subject") {
                    column.truncate(1);
                }
            }
            Self::NoName => {
                if let Some(column) = parts::foot(blocks, 1) {
                    column.blocks.pop();
                }
            }
            Self::NoRecipients => {
                if let Some(column) = parts::foot(blocks, 0) {
                    column.blocks.clear();
                }
            }
            Self::NoAddressees => {
                let mut within = false;
                blocks.retain(|block| {
                    within |= first_is(block, "Kính gửi");
                    let listed = first_is(block, "Kính gửi") || within && first_is(block, "- ");
                    !listed
                });
            }
            _ => {
                let (_, component) = self.breach();
                parts::of(blocks, component).into_iter().for_each(|(runs, _)| runs.clear());
            }
        }
    }

    /// The line under a component: away, too long, too short.
    fn redraw(self, blocks: &mut [Block]) {
        let (_, component) = self.breach();
        let Some(column) = parts::with_rule(blocks, component) else { return };
        let away =
            matches!(self, Self::NoLineMotto | Self::NoLineIssuingAgency | Self::NoLineSubject);
        if away {
            column.retain(|block| !matches!(block, Block::Rule { .. }));
        }
        for block in column {
            if let Block::Rule { length, .. } = block {
                *length *= match self {
                    Self::ShortLineMotto => 0.5,
                    Self::LongLineMotto => 1.3,
                    // As wide as the text.
                    _ => 2.6,
                };
            }
        }
    }

    /// Words, letters and marks.
    fn rewrite(self, blocks: &mut [Block]) {
        let (_, component) = self.breach();
        let component = if component.is_empty() { "body" } else { component };
        let mut found = parts::of(blocks, component);
        let last = found.len().saturating_sub(1);
        for (at, (runs, _)) in found.iter_mut().enumerate() {
            let Some(run) = runs.first_mut() else { continue };
            let text = run.text.clone();
            let ended = |mark: char| {
                let mut text = text.clone();
                text.pop();
                text.push(mark);
                text
            };
            run.text = match self {
                Self::WrongNation => text.replace("VIỆT NAM", "VIỆT-NAM"),
                Self::WrongMotto => text.replace(" - ", " – "),
                Self::WrongAbout => text.replace("V/v ", "Về việc "),
                Self::WrongAddressed => text.replace("Kính gửi:", "Kính gửi"),
                Self::NumberWithoutColon => text.replace("Số: ", "Số "),
                Self::NumberSpaced => text.replace('-', " - "),
                Self::NumberLongHyphen => text.replace('-', "–"),
                Self::NumberSmall => text.to_lowercase().replace("số", "Số"),
                Self::NumberWithoutSlash => text.replace('/', "-"),
                Self::DateWithoutComma => text.replace(", ngày", " ngày"),
                Self::DateWithoutPlace => {
                    text.split_once(", ").map(|(_, date)| date.to_owned()).unwrap_or(text)
                }
                Self::DateDay => text.replace("ngày 06", "ngày 6"),
                Self::DateMonth => text.replace("tháng 5", "tháng 05"),
                Self::DateFigures => text.replace("ngày 06 tháng 5 năm 2026", "06/5/2026"),
                Self::BasisEnd if at == 0 => ended('.'),
                Self::BasisLast if at == last => ended(';'),
                Self::ArticleColon => text.replace('.', ":"),
                Self::ArticlePlain => {
                    run.bold = false;
                    text
                }
                Self::AuthorityWithoutDot if at == 0 => text.replacen(". ", " ", 1),
                Self::RecipientsPlain if at == 0 => text.trim_start_matches("- ").to_owned(),
                Self::RecipientsComma if at == 0 => ended(','),
                Self::RecipientsLast if at == last => ended(';'),
                Self::Tcvn3Text => Charset::Tcvn3.write(&text),
                Self::VniText => Charset::Vni.write(&text),
                Self::SmallNationalTitle
                | Self::SmallSuperiorAgency
                | Self::SmallIssuingAgency
                | Self::SmallTypeName
                | Self::SmallSignerTitle => small(&text),
                Self::CapitalSubject | Self::CapitalSignerName | Self::CapitalMotto => {
                    text.to_uppercase()
                }
                _ => text,
            };
        }
    }

    fn change_annex(self, blocks: &mut Vec<Block>) {
        let page = blocks.iter().rposition(|block| matches!(block, Block::PageBreak));
        let Some(from) = page else { return };
        if self == Self::AnnexWithoutGuide {
            blocks.remove(from + 3);
        }
        let Some(rest) = blocks.get_mut(from + 1..) else { return };
        let mut paragraphs = rest.iter_mut().filter_map(|block| match block {
            Block::Paragraph { runs, .. } => runs.first_mut(),
            _ => None,
        });
        match self {
            Self::AnnexSmallTitle => {
                if let Some(run) = paragraphs.nth(1) {
                    run.text = small(&run.text);
                }
            }
            Self::AnnexUprightGuide => {
                if let Some(run) = paragraphs.nth(2) {
                    run.italic = false;
                }
            }
            _ => {}
        }
    }

    /// Other names for the typefaces; the length of the file stays.
    pub(super) fn patch(self, bytes: &mut [u8]) {
        const OURS: &[u8; 15] = b"LiberationSerif";
        let other: &[u8; 15] = match self {
            Self::OtherFont => b"MicrosoftTahoma",
            Self::VniFont => b"VNI-TimesNewRmn",
            _ => return,
        };
        let mut at = 0;
        while let Some(found) = bytes
            .get(at..)
            .and_then(|rest| rest.windows(OURS.len()).position(|window| window == OURS))
        {
            let from = at + found;
            if let Some(place) = bytes.get_mut(from..from + other.len()) {
                place.copy_from_slice(other);
            }
            at = from + other.len();
        }
    }
}

/// An annex as the law wants its head (Phụ lục I, phần I, mục III).
pub(super) fn annex(blocks: &mut Vec<Block>) {
    let centred = Style::sized(14.0).align(Align::Centre);
    let line = |run: Run| Block::Paragraph { runs: vec![run], style: centred };
    blocks.push(Block::PageBreak);
    blocks.push(line(Run::bold("Phụ lục")));
    blocks.push(line(Run::bold("DANH SÁCH THÀNH VIÊN BAN CHỈ ĐẠO")));
    let guide = "(Kèm theo Quyết định số 99/QĐ-UBND ngày 16 tháng 10 năm 2026)";
    blocks.push(line(Run::italic(guide)));
    blocks.push(Block::Space(12.0));
    let text = Style { first_indent: 12.7 * POINTS_PER_MM, ..Style::sized(14.0) };
    for name in ["Lý Thị Hồng, Trưởng ban", "Bùi Quang Khải, Phó Trưởng ban", "Cao Văn Lộc"]
    {
        blocks.push(Block::Paragraph { runs: vec![Run::plain(name)], style: text });
    }
}

fn drop_at(blocks: Option<&mut Vec<Block>>, at: usize) {
    if let Some(blocks) = blocks.filter(|blocks| at < blocks.len()) {
        blocks.remove(at);
    }
}

fn each_run(blocks: &mut [Block], component: &str, f: &dyn Fn(&mut Run)) {
    for (runs, _) in parts::of(blocks, component) {
        runs.iter_mut().for_each(f);
    }
}

/// A size outside the bounds of both profiles.
fn wrong_size(component: &str) -> f32 {
    match component {
        "national-title" | "superior-agency" | "issuing-agency" => 10.0,
        "motto" | "number-notation" | "place-date" => 11.0,
        "type-name" | "subject" => 16.0,
        "letter-subject" | "recipients-title" => 14.5,
        "recipients" => 13.0,
        _ => 12.0,
    }
}

fn restyle(component: &str, run: &mut Run) {
    match component {
        "superior-agency" => run.bold = true,
        "number-notation" | "letter-subject" | "addressees" | "recipients" | "body" => {
            run.italic = true;
        }
        "legal-bases" => run.italic = !run.italic,
        "place-date" | "recipients-title" => run.italic = false,
        _ => run.bold = false,
    }
}

/// A line of capitals in small letters, but for the first.
fn small(text: &str) -> String {
    let lower = text.to_lowercase();
    let mut letters = lower.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

//! How the versions look.

use iced::widget::image::Image;
use iced::widget::text::Span;
use iced::widget::{Space, column, container, rich_text, row, scrollable, span, stack};
use iced::{Center, Color, Fill, Length, Rectangle, Size};

use super::{Message, Pair, Shows, Side, VersionChoice, Versions};
use crate::desk::dialog::{Frame, frame};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::field;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::marker::{Mark, marker};
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::{Element, text};
use crate::domain::difference::{Change, Piece};
use crate::office::VersionDifference;
use crate::pdf::Rect;
use crate::t;

/// The room for words or pages, in logical pixels.
const ROOM: f32 = 460.0;
/// Width of a page beside the other one.
const WIDTH: f32 = 600.0;
/// Words of an unchanged stretch that are shown around what differs.
const AROUND: usize = 30;

impl Versions {
    pub(super) fn shown(&self) -> Element<'_, Message> {
        let choices = self.choices();
        let chosen = |number: Option<u32>| -> Option<VersionChoice> {
            choices.iter().find(|one| Some(one.number) == number).cloned()
        };
        let (old, new) = (chosen(self.old), chosen(self.new));
        // Not before there is something to choose: a picker that is there and gets its words later
        // is drawn anew only in part.
        let pickers = (!choices.is_empty()).then(|| {
            row![
                container(field(
                    t!("desk-versions-old"),
                    choice(choices.clone(), old, String::new(), Message::Old),
                    None
                ))
                .width(Fill),
                container(field(
                    t!("desk-versions-new"),
                    choice(choices.clone(), new, String::new(), Message::New),
                    None
                ))
                .width(Fill),
            ]
            .spacing(space::M)
        });
        let tab = |name, shows| {
            let weight = if self.shows == shows { Weight::Chosen } else { Weight::Quiet };
            press(None, name, weight, Some(Message::Show(shows)))
        };
        let said = self.found.as_ref().map(|found| said(found));
        let tabs = row![
            tab(t!("desk-versions-words"), Shows::Words),
            tab(t!("desk-versions-pages"), Shows::Pages),
            Space::new().width(Fill),
        ]
        .push(said)
        .spacing(space::S)
        .align_y(Center);
        let content: Element<'_, Message> = match (&self.found, self.shows) {
            (None, _) if self.stage.problem().is_some() => Space::new().into(),
            (None, _) => waits(),
            (Some(found), Shows::Words) => words(found),
            (Some(found), Shows::Pages) => self.pages(found),
        };
        let room = container(content).width(Fill).height(Length::Fixed(ROOM));
        let body = column![text(&self.about).size(size::BODY).color(theme::INK_SOFT)]
            .push(pickers)
            .push(tabs)
            .push(room.style(theme::framed))
            .spacing(space::S);
        frame(Frame {
            icon: Icon::History,
            title: t!("desk-versions-title"),
            width: 1300.0,
            body: body.into(),
            stage: Some(&self.stage),
            go: None::<(String, Weight, Option<Message>)>,
            close: Message::Close,
        })
    }

    fn pages<'a>(&'a self, found: &'a VersionDifference) -> Element<'a, Message> {
        let last = found.page_count.saturating_sub(1);
        let bar = row![
            press(
                Some(Icon::ChevronLeft),
                t!("desk-versions-before"),
                Weight::Quiet,
                self.differing(false).map(Message::Turn),
            ),
            Space::new().width(Fill),
            tool(
                Icon::ChevronLeft,
                t!("desk-page-back"),
                self.page.checked_sub(1).map(Message::Turn)
            ),
            text(t!("desk-page-of", page = self.page + 1, pages = found.page_count.max(1)))
                .size(size::CAPTION),
            tool(
                Icon::ChevronRight,
                t!("desk-page-on"),
                (self.page < last).then_some(Message::Turn(self.page + 1)),
            ),
            Space::new().width(Fill),
            press(
                Some(Icon::ChevronRight),
                t!("desk-versions-next"),
                Weight::Quiet,
                self.differing(true).map(Message::Turn),
            ),
        ]
        .spacing(space::XS)
        .align_y(Center);
        let both: Element<'_, Message> = match &self.pair {
            None => waits(),
            Some(Pair { old, new, changed }) => {
                let pages = row![
                    page(old.as_ref(), changed, Tone::Bad.ink()),
                    page(new.as_ref(), changed, Tone::Good.ink()),
                ]
                .spacing(space::M);
                scrollable(container(pages).padding(iced::Padding::ZERO.right(14.0)))
                    .style(theme::scroll)
                    .into()
            }
        };
        column![bar, both].spacing(space::XS).padding(space::XS).into()
    }
}

/// How much differs, in one line.
fn said<'a>(found: &VersionDifference) -> Element<'a, Message> {
    let changes = found.text.iter().filter(|piece| piece.change != Change::Same).count();
    if changes == 0 && found.pages.is_empty() {
        return badge(Icon::Check, t!("desk-versions-same"), Tone::Good);
    }
    let said = t!("desk-versions-differ", words = changes, pages = found.pages.len());
    badge(Icon::Info, said, Tone::Warn)
}

/// The words of both in one text: what went struck out, what came underlined.
fn words(found: &VersionDifference) -> Element<'_, Message> {
    let count = found.text.len();
    let spans: Vec<Span<'_, ()>> = found
        .text
        .iter()
        .enumerate()
        .map(|(at, piece)| match piece.change {
            Change::Same => span(shortened(piece, at == 0, at + 1 == count)).color(theme::INK),
            Change::Removed => span(piece.text.as_str())
                .color(Tone::Bad.ink())
                .background(Tone::Bad.ground())
                .strikethrough(true),
            Change::Added => span(piece.text.as_str())
                .color(Tone::Good.ink())
                .background(Tone::Good.ground())
                .font(BOLD)
                .underline(true),
        })
        .collect();
    let text = rich_text(spans).size(size::BODY).width(Fill);
    scrollable(container(text).padding(space::M).width(Fill)).style(theme::scroll).into()
}

/// An unchanged stretch without its middle, where it is long.
fn shortened(piece: &Piece, first: bool, last: bool) -> String {
    let words: Vec<&str> = piece.text.split_inclusive(char::is_whitespace).collect();
    if words.len() <= 3 * AROUND {
        return piece.text.clone();
    }
    let head = if first { &[][..] } else { words.get(..AROUND).unwrap_or_default() };
    let from = words.len().saturating_sub(AROUND);
    let tail = if last { &[][..] } else { words.get(from..).unwrap_or_default() };
    let gap = match (first, last) {
        (true, _) => "[…] ",
        (_, true) => " […]",
        _ => "\n[…]\n",
    };
    format!("{}{gap}{}", head.concat(), tail.concat())
}

fn page<'a>(side: Option<&'a Side>, changed: &[Rect], colour: Color) -> Element<'a, Message> {
    let Some(side) = side else {
        return container(text(t!("desk-versions-no-page")).color(theme::INK_SOFT))
            .width(WIDTH)
            .padding(space::XL)
            .into();
    };
    let small = Size::new(WIDTH, (side.height * WIDTH / side.width).round());
    let marks = changed
        .iter()
        .map(|part| Mark {
            rect: Rectangle {
                x: part.x * small.width,
                y: part.y * small.height,
                width: part.width * small.width,
                height: part.height * small.height,
            },
            colour,
            strong: false,
        })
        .collect();
    let picture = Image::new(side.handle.clone()).width(small.width).height(small.height);
    stack![picture, marker(small, small, marks)].into()
}

fn waits<'a>() -> Element<'a, Message> {
    let waits = row![
        tinted(Icon::Hourglass, theme::INK_SOFT),
        text(t!("desk-versions-comparing")).size(size::BODY).color(theme::INK_SOFT)
    ]
    .spacing(space::S)
    .align_y(Center);
    container(waits).center(Fill).into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_unchanged_stretch_loses_its_middle_and_a_short_one_nothing() {
        let piece = |words: usize| Piece { change: Change::Same, text: "từ ".repeat(words) };
        assert_eq!(shortened(&piece(10), false, false), "từ ".repeat(10));
        let middle = shortened(&piece(500), false, false);
        assert_eq!(middle.matches("từ").count(), 2 * AROUND);
        assert_eq!(shortened(&piece(500), true, false).matches("từ").count(), AROUND);
        assert_eq!(shortened(&piece(500), true, true).matches("từ").count(), 0);
    }
}

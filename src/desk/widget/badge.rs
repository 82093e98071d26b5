//! A small mark: icon and words on a toned ground.

use iced::widget::text::Wrapping;
use iced::widget::{container, row};
use iced::{Center, Length};

use super::icon::{Icon, icon};
use super::{Element, text};
use crate::desk::theme::{self, BOLD, Tone, size, space};

/// A mark for a line of a list or a heading.
pub fn badge<'a, Message: 'a>(
    which: Icon,
    words: impl Into<String>,
    tone: Tone,
) -> Element<'a, Message> {
    let words = text(words.into()).size(size::CAPTION).wrapping(Wrapping::None);
    container(row![icon(which).size(size::CAPTION), words].spacing(space::XS).align_y(Center))
        .padding([0.0, space::S - 2.0])
        .style(theme::toned(tone))
        .into()
}

/// A banner over the whole width: a bold first line and a second one.
pub fn banner<'a, Message: 'a>(
    which: Icon,
    headline: impl Into<String>,
    detail: Option<String>,
    tone: Tone,
) -> Element<'a, Message> {
    let words = iced::widget::column![text(headline.into()).font(BOLD).size(size::BODY)]
        .push(detail.map(|detail| text(detail).size(size::CAPTION)));
    container(
        row![icon(which).size(size::HEADLINE), words.width(Length::Fill)]
            .spacing(space::S)
            .align_y(Center),
    )
    .width(Length::Fill)
    .padding([space::XS + 2.0, space::M])
    .style(theme::toned(tone))
    .into()
}

//! Buttons, named by what they do.

use iced::widget::text::Wrapping;
use iced::widget::{button, row};
use iced::{Center, Length};

use super::focus::{Focus, focus};
use super::icon::{Icon, icon};
use super::{Element, text};
use crate::desk::theme::{self, Weight, size, space};

/// A button that mouse and keyboard reach. `None` shows it disabled.
pub fn press<'a, Message: Clone + 'a>(
    which: Option<Icon>,
    label: impl Into<String>,
    weight: Weight,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    labelled(which, label.into(), weight, space::M, on_press).into()
}

/// A plain one that the keyboard can be put on by name.
pub fn press_as<'a, Message: Clone + 'a>(
    name: &'static str,
    which: Option<Icon>,
    label: impl Into<String>,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    labelled(which, label.into(), Weight::Plain, space::M, on_press).id(name).into()
}

/// The same as [`press`], narrower: one of a row of many.
pub fn tab<'a, Message: Clone + 'a>(
    which: Option<Icon>,
    label: impl Into<String>,
    weight: Weight,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    labelled(which, label.into(), weight, space::S - 1.0, on_press).into()
}

fn labelled<'a, Message: Clone + 'a>(
    which: Option<Icon>,
    label: String,
    weight: Weight,
    beside: f32,
    on_press: Option<Message>,
) -> Focus<'a, Message> {
    let label = text(label).size(size::BODY).wrapping(Wrapping::None);
    let content = row![].push(which.map(icon)).push(label).spacing(space::S - 2.0).align_y(Center);
    focus(
        button(content)
            .padding([space::XS, beside])
            .style(theme::pressed(weight))
            .on_press_maybe(on_press.clone()),
    )
    .on_press_maybe(on_press)
}

/// A button of one icon; its name is said by the tooltip of its surroundings or `hint`.
pub fn tool<'a, Message: Clone + 'a>(
    which: Icon,
    hint: impl Into<String>,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    let inner = focus(
        button(icon(which))
            .padding(space::XS + 2.0)
            .style(theme::pressed(Weight::Quiet))
            .on_press_maybe(on_press.clone()),
    )
    .on_press_maybe(on_press);
    let hint = iced::widget::container(text(hint.into()).size(size::CAPTION))
        .padding([space::XS, space::S])
        .style(theme::framed);
    iced::widget::tooltip(inner, hint, iced::widget::tooltip::Position::Bottom).gap(2).into()
}

/// Any content as one wide button: a row of a menu, a choice in a dialog.
pub fn wide<'a, Message: Clone + 'a>(
    content: impl Into<Element<'a, Message>>,
    chosen: bool,
    on_press: Option<Message>,
) -> Element<'a, Message> {
    let weight = if chosen { Weight::Chosen } else { Weight::Quiet };
    focus(
        button(content)
            .width(Length::Fill)
            .padding([3.0, space::S])
            .style(theme::pressed(weight))
            .on_press_maybe(on_press.clone()),
    )
    .on_press_maybe(on_press)
    .inset()
    .into()
}

/// Any content, such as a badge, that can be pressed without looking like a button.
pub fn chip<'a, Message: Clone + 'a>(
    content: impl Into<Element<'a, Message>>,
    on_press: Message,
) -> Element<'a, Message> {
    focus(
        button(content).padding(0).style(theme::pressed(Weight::Quiet)).on_press(on_press.clone()),
    )
    .on_press_maybe(Some(on_press))
    .into()
}

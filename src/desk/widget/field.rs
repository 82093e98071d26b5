//! A labelled place to type or choose, with what is wrong with it said underneath.

use iced::widget::{column, container, row, text_editor, text_input};
use iced::{Center, Length, keyboard};

use super::icon::{Icon, tinted};
use super::{Element, LINE_HEIGHT, text};
use crate::desk::theme::{self, BOLD, Tone, size, space};

/// Label above, control below, and the complaint about it if there is one.
pub fn field<'a, Message: 'a>(
    label: impl Into<String>,
    control: impl Into<Element<'a, Message>>,
    complaint: Option<String>,
) -> Element<'a, Message> {
    column![text(label.into()).size(size::CAPTION).font(BOLD), control.into()]
        .push(complaint.map(|complaint| {
            row![
                tinted(Icon::Warning, Tone::Bad.ink()).size(size::CAPTION),
                text(complaint).size(size::CAPTION).color(Tone::Bad.ink())
            ]
            .spacing(space::XS)
            .align_y(Center)
        }))
        .spacing(3.0)
        .into()
}

/// One line of text.
pub fn line<'a, Message: Clone + 'a>(
    id: &'static str,
    placeholder: &str,
    value: &str,
) -> text_input::TextInput<'a, Message> {
    text_input(placeholder, value)
        .id(id)
        .size(size::BODY)
        .line_height(LINE_HEIGHT)
        .padding([space::XS, space::S])
        .style(theme::typed)
}

/// Several lines of text.
pub fn lines<'a, Message: Clone + 'a>(
    id: &'static str,
    content: &'a text_editor::Content,
    height: f32,
) -> text_editor::TextEditor<'a, iced::advanced::text::highlighter::PlainText, Message> {
    text_editor(content)
        .id(id)
        .key_binding(|press| {
            // Ctrl+Enter does what the dialog is for; the field would break the line.
            let enter = press.key == keyboard::Key::Named(keyboard::key::Named::Enter);
            if enter && press.modifiers.command() {
                None
            } else {
                text_editor::Binding::from_key_press(press)
            }
        })
        .size(size::BODY)
        .line_height(LINE_HEIGHT)
        .padding(space::S)
        .height(Length::Fixed(height))
        .style(theme::editor)
}

/// A fact: its name and its value, side by side.
pub fn fact<'a, Message: 'a>(
    name: impl Into<String>,
    value: impl Into<String>,
) -> Element<'a, Message> {
    row![
        container(text(name.into()).size(size::BODY).color(theme::INK_SOFT)).width(150),
        text(value.into()).size(size::BODY).width(Length::Fill),
    ]
    .spacing(space::S)
    .into()
}

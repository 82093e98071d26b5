//! A box to tick, reached by mouse and keyboard.

use iced::widget::checkbox;

use super::focus::focus;
use super::{Element, LINE_HEIGHT};
use crate::desk::theme::size;

/// `toggled` is told what it is to become; `None` shows it disabled.
pub fn tick<'a, Message: Clone + 'a>(
    label: impl Into<String>,
    ticked: bool,
    toggled: Option<impl Fn(bool) -> Message + 'a>,
) -> Element<'a, Message> {
    let pressed = toggled.as_ref().map(|toggled| toggled(!ticked));
    focus(
        checkbox(ticked)
            .label(label.into())
            .on_toggle_maybe(toggled)
            .text_size(size::BODY)
            .text_line_height(LINE_HEIGHT),
    )
    .on_press_maybe(pressed)
    .into()
}

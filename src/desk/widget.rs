//! What the screens are built from: the house's own controls and small compositions of
//! iced's, so that a view says what it means and never how it looks.

pub mod badge;
pub mod choice;
pub mod field;
pub mod focus;
pub mod icon;
pub mod inert;
pub mod legacy;
pub mod marker;
pub mod over_page;
pub mod placer;
pub mod press;
pub mod sheet;
pub mod shortened;
pub mod tabbing;
pub mod through;
pub mod tick;
pub mod told;
pub mod windowed;

use iced::widget::text::IntoFragment;

use crate::desk::theme;

/// Everything on the screen, with our theme and renderer.
pub type Element<'a, Message> = iced::Element<'a, Message>;

/// Height of a line as a part of the type's size: whole pixels for every size there is.
/// iced's own 1.3 is less than the typeface needs, and the software renderer then leaves the
/// dot below ọ behind when text goes.
pub const LINE_HEIGHT: f32 = 1.5;

/// Words, with room for the marks above and below Vietnamese letters.
pub fn text<'a>(words: impl IntoFragment<'a>) -> iced::widget::Text<'a> {
    iced::widget::text(words).line_height(LINE_HEIGHT)
}

/// What a field or a choice means, below it.
pub fn means<'a, Message: 'a>(words: impl IntoFragment<'a>) -> Element<'a, Message> {
    text(words).size(theme::size::CAPTION).color(theme::INK_SOFT).into()
}

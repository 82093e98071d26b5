//! Colours, spacing, type and the style of every control, in one place.
//!
//! Views name roles (`Tone::Bad`, `space::M`, `type_::TITLE`), never numbers or colours.
//! Every pair of ink and ground used together keeps the contrast of WCAG 2.1 AA (4.5 to
//! 1), and a colour never stands alone: badges carry an icon and words.

use iced::overlay::menu;
use iced::widget::{button, container, pick_list, rule, scrollable, text_editor, text_input};
use iced::{Background, Border, Color, Font, Shadow, Theme, border, color, font};

/// Distances between and inside things, in logical pixels.
pub mod space {
    pub const XS: f32 = 4.0;
    pub const S: f32 = 8.0;
    pub const M: f32 = 12.0;
    pub const L: f32 = 16.0;
    pub const XL: f32 = 24.0;
}

/// Sizes of type, in logical pixels.
pub mod size {
    pub const CAPTION: f32 = 12.0;
    pub const BODY: f32 = 14.0;
    pub const TITLE: f32 = 16.0;
    pub const HEADLINE: f32 = 22.0;
}

/// The typeface of the window; embedded, so that it looks the same on every machine.
pub const REGULAR: Font = Font::with_name("Noto Sans");
/// For titles, codes and what must be seen first.
pub const BOLD: Font = Font { weight: font::Weight::Bold, ..REGULAR };

pub const REGULAR_BYTES: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Regular.ttf");
pub const BOLD_BYTES: &[u8] = include_bytes!("../../assets/fonts/NotoSans-Bold.ttf");

pub const INK: Color = color!(0x18222e);
pub const INK_SOFT: Color = color!(0x4a5565);
pub const SURFACE: Color = Color::WHITE;
pub const CANVAS: Color = color!(0xf1f4f8);
pub const SIDE: Color = color!(0xe6ecf3);
pub const LINE: Color = color!(0xcfd6df);
/// Edges of inputs and plain buttons: 3 to 1 against the surface (WCAG 1.4.11).
pub const EDGE: Color = color!(0x7f8b99);
pub const ACCENT: Color = color!(0x0b57a4);
pub const ACCENT_DARK: Color = color!(0x083f78);
pub const ACCENT_SOFT: Color = color!(0xdceafa);
pub const FOCUS: Color = color!(0xb45309);
const BAD: Color = color!(0xa61b1b);
const BAD_DARK: Color = color!(0x7f1313);

/// What a colour means. Always together with an icon and words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    Neutral,
    Info,
    Good,
    Warn,
    Bad,
    /// The demonstration's mark.
    Play,
}

impl Tone {
    pub const ALL: [Self; 6] =
        [Self::Neutral, Self::Info, Self::Good, Self::Warn, Self::Bad, Self::Play];

    pub const fn ink(self) -> Color {
        match self {
            Self::Neutral => color!(0x3b4757),
            Self::Info => color!(0x0a4d91),
            Self::Good => color!(0x125c33),
            Self::Warn => color!(0x7a4300),
            Self::Bad => color!(0x96150f),
            Self::Play => color!(0x5b2391),
        }
    }

    pub const fn ground(self) -> Color {
        match self {
            Self::Neutral => color!(0xe8ecf1),
            Self::Info => ACCENT_SOFT,
            Self::Good => color!(0xdcf3e4),
            Self::Warn => color!(0xffefd2),
            Self::Bad => color!(0xfde4e2),
            Self::Play => color!(0xefe3fb),
        }
    }

    const fn edge(self) -> Color {
        match self {
            Self::Neutral => color!(0xc3ccd6),
            Self::Info => color!(0x9cc3ec),
            Self::Good => color!(0x93d3ab),
            Self::Warn => color!(0xe8bd75),
            Self::Bad => color!(0xeda9a4),
            Self::Play => color!(0xc9a6ea),
        }
    }
}

/// The theme that iced asks for; controls that have no style of ours follow it.
pub fn theme() -> Theme {
    Theme::custom(
        "Văn Thư",
        iced::theme::Palette {
            background: CANVAS,
            text: INK,
            primary: ACCENT,
            success: Tone::Good.ink(),
            warning: Tone::Warn.ink(),
            danger: BAD,
        },
    )
}

/// What a button does, which decides how it looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Weight {
    /// The one thing that this place is for.
    Primary,
    Plain,
    /// Ends something or sends it back.
    Danger,
    /// A tool without a frame.
    Quiet,
    /// A row or tab that is chosen.
    Chosen,
}

pub fn pressed(weight: Weight) -> impl Fn(&Theme, button::Status) -> button::Style {
    move |_, status| {
        let (ground, ink, edge) = match (weight, status) {
            (Weight::Quiet, button::Status::Disabled) => {
                (Color::TRANSPARENT, disabled_ink(), Color::TRANSPARENT)
            }
            (_, button::Status::Disabled) => (color!(0xe8ecf1), disabled_ink(), LINE),
            (Weight::Primary, button::Status::Active) => (ACCENT, Color::WHITE, ACCENT),
            (Weight::Primary, _) => (ACCENT_DARK, Color::WHITE, ACCENT_DARK),
            (Weight::Danger, button::Status::Active) => (SURFACE, BAD, BAD),
            (Weight::Danger, _) => (Tone::Bad.ground(), BAD_DARK, BAD),
            (Weight::Plain, button::Status::Active) => (SURFACE, INK, EDGE),
            (Weight::Plain, _) => (ACCENT_SOFT, INK, ACCENT),
            (Weight::Quiet, button::Status::Active) => {
                (Color::TRANSPARENT, INK, Color::TRANSPARENT)
            }
            (Weight::Quiet, _) => (ACCENT_SOFT, INK, Color::TRANSPARENT),
            (Weight::Chosen, _) => (ACCENT_SOFT, ACCENT_DARK, ACCENT),
        };
        button::Style {
            background: Some(Background::Color(ground)),
            text_color: ink,
            border: rounded(edge),
            shadow: Shadow::default(),
            snap: true,
        }
    }
}

/// Ink of what cannot be used now (exempt from WCAG 1.4.3, still readable).
pub const fn disabled_ink() -> Color {
    color!(0x66717f)
}

fn rounded(edge: Color) -> Border {
    Border { color: edge, width: 1.0, radius: border::radius(4.0) }
}

/// A flat ground without edges.
pub fn ground(colour: Color) -> impl Fn(&Theme) -> container::Style {
    move |_| container::Style {
        background: Some(Background::Color(colour)),
        text_color: Some(INK),
        ..container::Style::default()
    }
}

/// A card on the canvas: a dialog, the login. Without a shadow: the software renderer draws
/// shadows outside of what it redraws, and they would pile up.
pub fn card(_: &Theme) -> container::Style {
    container::Style {
        background: Some(Background::Color(SURFACE)),
        text_color: Some(INK),
        border: Border { color: EDGE, width: 1.0, radius: border::radius(8.0) },
        ..container::Style::default()
    }
}

/// A box inside a card or pane.
pub fn framed(_: &Theme) -> container::Style {
    container::Style {
        background: Some(Background::Color(SURFACE)),
        border: rounded(LINE),
        ..container::Style::default()
    }
}

/// A box that says something in a tone.
pub fn toned(tone: Tone) -> impl Fn(&Theme) -> container::Style {
    move |_| container::Style {
        background: Some(Background::Color(tone.ground())),
        text_color: Some(tone.ink()),
        border: rounded(tone.edge()),
        ..container::Style::default()
    }
}

/// What darkens the window behind a dialog.
pub fn veil(_: &Theme) -> container::Style {
    container::Style {
        background: Some(Background::Color(Color { a: 0.45, ..INK })),
        ..container::Style::default()
    }
}

/// A row of the list.
pub fn list_row(selected: bool, odd: bool) -> impl Fn(&Theme) -> container::Style {
    move |_| container::Style {
        background: Some(Background::Color(match (selected, odd) {
            (true, _) => ACCENT_SOFT,
            (false, true) => color!(0xf8fafc),
            (false, false) => SURFACE,
        })),
        text_color: Some(INK),
        ..container::Style::default()
    }
}

pub fn line(_: &Theme) -> rule::Style {
    rule::Style {
        color: LINE,
        radius: border::radius(0.0),
        fill_mode: rule::FillMode::Full,
        snap: true,
    }
}

pub fn typed(_: &Theme, status: text_input::Status) -> text_input::Style {
    let focused = matches!(status, text_input::Status::Focused { .. });
    let disabled = matches!(status, text_input::Status::Disabled);
    text_input::Style {
        background: Background::Color(if disabled { CANVAS } else { SURFACE }),
        border: input_border(focused),
        icon: INK_SOFT,
        placeholder: disabled_ink(),
        value: INK,
        selection: color!(0xa9cdf3),
    }
}

pub fn editor(_: &Theme, status: text_editor::Status) -> text_editor::Style {
    let focused = matches!(status, text_editor::Status::Focused { .. });
    text_editor::Style {
        background: Background::Color(SURFACE),
        border: input_border(focused),
        placeholder: disabled_ink(),
        value: INK,
        selection: color!(0xa9cdf3),
    }
}

fn input_border(focused: bool) -> Border {
    Border {
        color: if focused { FOCUS } else { EDGE },
        width: if focused { 2.0 } else { 1.0 },
        radius: border::radius(4.0),
    }
}

pub fn picker(_: &Theme, _: pick_list::Status) -> pick_list::Style {
    pick_list::Style {
        text_color: INK,
        placeholder_color: disabled_ink(),
        handle_color: INK_SOFT,
        background: Background::Color(SURFACE),
        border: input_border(false),
    }
}

/// What a picker opens.
pub fn menu(_: &Theme) -> menu::Style {
    menu::Style {
        background: Background::Color(SURFACE),
        border: input_border(false),
        text_color: INK,
        selected_text_color: INK,
        selected_background: Background::Color(ACCENT_SOFT),
        shadow: Shadow::default(),
    }
}

pub fn scroll(theme: &Theme, status: scrollable::Status) -> scrollable::Style {
    let mut style = scrollable::default(theme, status);
    let active = matches!(
        status,
        scrollable::Status::Dragged { .. }
            | scrollable::Status::Hovered { is_horizontal_scrollbar_hovered: true, .. }
            | scrollable::Status::Hovered { is_vertical_scrollbar_hovered: true, .. }
    );
    for rail in [&mut style.vertical_rail, &mut style.horizontal_rail] {
        rail.background = Some(Background::Color(color!(0xe8ecf1)));
        rail.scroller.background = Background::Color(if active { INK_SOFT } else { EDGE });
    }
    style
}

/// WCAG contrast ratio of two opaque colours.
#[cfg(test)]
fn contrast(a: Color, b: Color) -> f32 {
    fn luminance(c: Color) -> f32 {
        let linear = |v: f32| {
            if v <= 0.04045 { v / 12.92 } else { ((v + 0.055) / 1.055).powf(2.4) }
        };
        0.2126 * linear(c.r) + 0.7152 * linear(c.g) + 0.0722 * linear(c.b)
    }
    let (a, b) = (luminance(a), luminance(b));
    (a.max(b) + 0.05) / (a.min(b) + 0.05)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_ink_can_be_read_on_its_ground() {
        let mut pairs = vec![
            (INK, SURFACE),
            (INK, CANVAS),
            (INK, SIDE),
            (INK, ACCENT_SOFT),
            (INK_SOFT, SURFACE),
            (INK_SOFT, CANVAS),
            (INK_SOFT, SIDE),
            (INK_SOFT, ACCENT_SOFT),
            (Color::WHITE, ACCENT),
            (Color::WHITE, ACCENT_DARK),
            (ACCENT_DARK, ACCENT_SOFT),
            (BAD, SURFACE),
            (disabled_ink(), SURFACE),
        ];
        pairs.extend(Tone::ALL.map(|tone| (tone.ink(), tone.ground())));
        pairs.extend(Tone::ALL.map(|tone| (tone.ink(), SURFACE)));
        for (ink, ground) in pairs {
            assert!(contrast(ink, ground) >= 4.5, "{ink:?} on {ground:?}");
        }
    }

    #[test]
    fn edges_and_focus_rings_can_be_seen() {
        for ground in [SURFACE, CANVAS, SIDE, ACCENT_SOFT] {
            assert!(contrast(FOCUS, ground) >= 3.0, "{ground:?}");
        }
        assert!(contrast(EDGE, SURFACE) >= 3.0);
    }
}

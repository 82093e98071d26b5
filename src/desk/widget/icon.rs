//! Icons, drawn as letters of a small embedded font (Lucide, ISC licence, subset).

use iced::widget::{Text, text};
use iced::{Color, Font};

use crate::desk::theme;

pub const BYTES: &[u8] = include_bytes!("../../../assets/fonts/Icons.ttf");
const FONT: Font = Font::with_name("Van Thu Icons");

macro_rules! icons {
    ($($name:ident = $code:literal),* $(,)?) => {
        /// A picture that stands beside words, never instead of them.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub enum Icon { $($name),* }

        impl Icon {
            #[cfg(test)]
            const ALL: &[Self] = &[$(Self::$name),*];

            const fn letter(self) -> char {
                match self { $(Self::$name => $code),* }
            }
        }
    };
}

icons! {
    Archive = '\u{e041}', ArrowRight = '\u{e049}', BadgeCheck = '\u{e241}', Ban = '\u{e051}',
    Book = '\u{e05f}', Building = '\u{e290}', Calendar = '\u{e063}', Check = '\u{e06c}',
    CheckCircle = '\u{e226}', ChevronLeft = '\u{e06e}', ChevronRight = '\u{e06f}',
    Clipboard = '\u{e219}', Clock = '\u{e087}', Cloud = '\u{e088}', CloudOff = '\u{e08d}',
    Cross = '\u{e1b2}', CrossCircle = '\u{e084}', Dot = '\u{e345}', FilePlus = '\u{e0c9}',
    FileText = '\u{e0cc}', FitWidth = '\u{e1c6}', Flag = '\u{e0d1}', Flask = '\u{e0d5}',
    Folder = '\u{e247}', Help = '\u{e082}', History = '\u{e1f5}', Hourglass = '\u{e296}',
    Inbox = '\u{e0f7}', Info = '\u{e0f9}', Key = '\u{e4a3}', Keyboard = '\u{e284}',
    List = '\u{e106}', Loader = '\u{e109}', Lock = '\u{e10b}', LogOut = '\u{e10e}',
    Paperclip = '\u{e12d}', Pen = '\u{e130}', Plus = '\u{e13d}', Refresh = '\u{e145}',
    Search = '\u{e151}', Send = '\u{e152}', Shield = '\u{e158}', ShieldAlert = '\u{e1fe}',
    ShieldCheck = '\u{e1ff}', ShieldCross = '\u{e200}', ShieldQuestion = '\u{e40e}',
    Stamp = '\u{e3bb}', Trash = '\u{e18e}', Undo = '\u{e2a1}', Upload = '\u{e19e}',
    Usb = '\u{e356}', User = '\u{e19f}', UserPlus = '\u{e1a2}', Users = '\u{e1a4}',
    Warning = '\u{e193}', ZoomIn = '\u{e1b6}', ZoomOut = '\u{e1b7}',
}

/// An icon of the size of body text, in the ink of its surroundings.
pub fn icon<'a>(icon: Icon) -> Text<'a> {
    // Lucide's letters fill their box; a little more than the text's size looks equal.
    text(icon.letter()).font(FONT).size(theme::size::BODY + 2.0).line_height(1.0)
}

/// An icon in an ink of its own.
pub fn tinted<'a>(which: Icon, colour: Color) -> Text<'a> {
    icon(which).color(colour)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_has_every_icon() {
        let face = ttf_parser::Face::parse(BYTES, 0).unwrap();
        for icon in Icon::ALL {
            assert!(face.glyph_index(icon.letter()).is_some(), "{icon:?}");
        }
    }

    #[test]
    fn the_window_font_speaks_vietnamese() {
        for bytes in [theme::REGULAR_BYTES, theme::BOLD_BYTES] {
            let face = ttf_parser::Face::parse(bytes, 0).unwrap();
            for c in "ăâđêôơưẮẰẲẴẶẤẦẨẪẬĐẾỀỂỄỆỐỒỔỖỘỚỜỞỠỢỨỪỬỮỰỳỵỷỹ–—…“”«»·•".chars()
            {
                assert!(face.glyph_index(c).is_some(), "{c}");
            }
        }
    }
}

//! Says that a field holds text of a legacy encoding, what it means, and offers to convert it
//! (TCVN 6909:2001).

use iced::widget::{column, container, row};
use iced::{Center, Fill};

use super::icon::{Icon, icon};
use super::press::press;
use super::{Element, text};
use crate::desk::theme::{self, Tone, Weight, size, space};
use crate::domain::charset::{Fault, look};
use crate::t;

/// Below a form; nothing where all texts are Unicode. `convert` is to replace each text by
/// what [`in_unicode`] makes of it.
pub fn legacy<'a, Message: Clone + 'a>(
    texts: &[&str],
    convert: Message,
) -> Option<Element<'a, Message>> {
    let (charset, meant) = texts.iter().find_map(|text| match look(text) {
        Some(Fault::Legacy { charset, unicode }) => Some((charset, unicode)),
        _ => None,
    })?;
    let said = t!("desk-legacy-found", charset = charset.name());
    let words = column![
        text(said).size(size::BODY),
        text(t!("desk-legacy-means", meant = meant.trim())).size(size::CAPTION)
    ]
    .width(Fill);
    let button = press(None, t!("desk-legacy-convert"), Weight::Plain, Some(convert));
    let line = row![icon(Icon::Warning), words, button].spacing(space::S).align_y(Center);
    Some(
        container(line)
            .padding([space::XS, space::M])
            .width(Fill)
            .style(theme::toned(Tone::Warn))
            .into(),
    )
}

/// The text in Unicode, composed; `None` where it is so already.
pub fn in_unicode(text: &str) -> Option<String> {
    match look(text)? {
        Fault::Legacy { unicode, .. } => Some(unicode),
        Fault::Decomposed { composed } => Some(composed),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_legacy_text_is_offered_to_be_converted() {
        assert!(legacy(&["Quyết định kiện toàn", ""], ()).is_none());
        assert!(legacy(&["Quyết định", "QuyÕt ®Þnh kiÖn toµn"], ()).is_some());
        assert_eq!(in_unicode("QuyÕt ®Þnh").as_deref(), Some("Quyết định"));
        assert_eq!(in_unicode("Quyết định"), None);
    }
}

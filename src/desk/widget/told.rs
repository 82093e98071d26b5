//! A problem as people see it: what happened, what was kept, what to do next.

use iced::widget::{column, container, row};
use iced::{Length, Top};

use super::icon::{Icon, tinted};
use super::{Element, text};
use crate::desk::theme::{self, BOLD, Tone, size, space};
use crate::domain::problem::{Kind, Problem};
use crate::i18n::tell;

/// The three sentences in a toned box.
pub fn told<'a, Message: 'a>(problem: &Problem) -> Element<'a, Message> {
    let (tone, icon) = look(problem.kind);
    container(
        row![tinted(icon, tone.ink()).size(size::HEADLINE), sentences(problem)]
            .spacing(space::S)
            .align_y(Top),
    )
    .width(Length::Fill)
    .padding(space::M)
    .style(theme::toned(tone))
    .into()
}

/// The three sentences alone.
pub fn sentences<'a, Message: 'a>(problem: &Problem) -> Element<'a, Message> {
    let told = tell(problem);
    column![
        text(told.what).font(BOLD).size(size::BODY),
        text(told.kept).size(size::BODY),
        text(told.next).size(size::BODY),
    ]
    .spacing(2.0)
    .width(Length::Fill)
    .into()
}

fn look(kind: Kind) -> (Tone, Icon) {
    match kind {
        Kind::Unavailable => (Tone::Warn, Icon::Warning),
        Kind::Refused => (Tone::Bad, Icon::Ban),
        Kind::No | Kind::Usage | Kind::Unreadable => (Tone::Bad, Icon::CrossCircle),
    }
}

//! Rows that were marked, so that one decision is taken on all of them.

use iced::widget::{Space, container, row};
use iced::{Center, Fill};

use super::list::Message;
use crate::desk::deeds::Deed;
use crate::desk::document::Document;
use crate::desk::keys::{self, Command};
use crate::desk::theme::{self, BOLD, Weight, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::role::Act;
use crate::t;

/// Deeds that are done to many at once.
const DEEDS: [Deed; 3] = [Deed::Accept, Deed::Register, Deed::Assign];

/// Which rows are marked.
#[derive(Debug, Default)]
pub struct Marks(Vec<DocumentKey>);

impl Marks {
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn has(&self, key: DocumentKey) -> bool {
        self.0.contains(&key)
    }

    pub fn toggle(&mut self, key: DocumentKey) {
        match self.0.iter().position(|marked| *marked == key) {
            Some(at) => drop(self.0.remove(at)),
            None => self.0.push(key),
        }
    }

    /// Marks all of `rows`; if they are all marked already, none.
    pub fn toggle_all(&mut self, rows: &[Document]) {
        if rows.iter().all(|row| self.has(row.key())) {
            self.0.clear();
        } else {
            self.0 = rows.iter().map(Document::key).collect();
        }
    }

    pub fn clear(&mut self) {
        self.0.clear();
    }

    /// What has left the queue is marked no more.
    pub fn keep(&mut self, rows: &[Document]) {
        self.0.retain(|key| rows.iter().any(|row| row.key() == *key));
    }

    /// The marked ones among `rows`.
    pub fn among(&self, rows: &[Document]) -> Vec<Document> {
        rows.iter().filter(|row| self.has(row.key())).cloned().collect()
    }
}

/// The deeds that the person here may do to all of `marked`.
pub fn offered(marked: &[Document], may: impl Fn(Act) -> bool) -> Vec<Deed> {
    let fits = |deed: &Deed| {
        marked.iter().all(|document| {
            let state = document.state();
            deed.fits(state) && may(deed.act(state))
        })
    };
    DEEDS.into_iter().filter(|deed| !marked.is_empty() && fits(deed)).collect()
}

/// The bar above the rows while some are marked.
pub fn bar<'a>(count: usize, deeds: &[Deed]) -> Element<'a, Message> {
    let buttons = deeds.iter().map(|deed| {
        let label = match keys::written(Command::Deed(*deed)) {
            Some(key) => format!("{} ({key})", t!(deed.key())),
            None => t!(deed.key()),
        };
        press(Some(deed.icon()), label, Weight::Primary, Some(Message::Many(*deed)))
    });
    container(
        row![text(t!("desk-marked", count = count)).font(BOLD).size(size::BODY)]
            .push(Space::new().width(Fill))
            .extend(buttons)
            .push(tool(Icon::Cross, t!("desk-marks-clear"), Some(Message::ClearMarks)))
            .spacing(space::S)
            .align_y(Center),
    )
    .padding([space::XS, space::M])
    .style(theme::ground(theme::ACCENT_SOFT))
    .into()
}

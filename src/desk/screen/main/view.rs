//! The three panes, the lines above and below them, and what lies over them.

use iced::widget::{Space, column, container, responsive, row, rule, stack};
use iced::{Center, Fill, FillPortion, Shrink};

use super::{Main, Message, queues, status};
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::Element;
use crate::desk::widget::badge::badge;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::inert::inert;
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::shortened::shortened;
use crate::domain::role::Act;
use crate::i18n::{Lang, language};
use crate::t;

/// From this width on the line on top has room for everything.
const WIDE: f32 = 1500.0;

impl Main {
    pub fn view(&self) -> Element<'_, Message> {
        let busy =
            self.reader.document().is_some_and(|document| self.jobs.busy_with(document.key()));
        let panes = row![
            queues::view(
                &self.queues,
                self.list.queue(),
                self.list.words(),
                self.counts.as_ref(),
                &self.filters,
                &self.filter_counts
            ),
            rule::vertical(1).style(theme::line),
            container(self.list.view(self.may_batch(), &*self.door).map(Message::List))
                .width(FillPortion(9))
                .height(Fill)
                .style(theme::ground(theme::SURFACE)),
            rule::vertical(1).style(theme::line),
            container(self.reader.view(&*self.door, busy).map(Message::Reader))
                .width(FillPortion(11))
                .height(Fill)
                .style(theme::ground(theme::SURFACE)),
        ]
        .height(Fill);
        let desk = column![
            responsive(move |size| self.top(size.width)).height(Shrink),
            rule::horizontal(1).style(theme::line),
            panes,
            rule::horizontal(1).style(theme::line),
            status::view(
                &self.line,
                &self.token,
                self.owed(),
                self.counts.as_ref(),
                &self.jobs,
                self.door.session(),
                self.demonstration
            ),
        ];
        let dialog: Element<'_, Message> = match &self.dialog {
            Some(dialog) => dialog.view().map(Message::Dialog),
            None => Space::new().into(),
        };
        let notices = match self.notices.view() {
            Some(notices) => notices.map(Message::Notices),
            None => Space::new().into(),
        };
        let under = inert(stack![desk, notices], self.dialog.is_some());
        stack![under, dialog].into()
    }

    /// The line on top. Where it is narrow, the office's name is worth more than the whole mark of
    /// the demonstration, whose short form also stands below and in the title.
    fn top(&self, width: f32) -> Element<'_, Message> {
        let session = self.door.session();
        let mark = self.demonstration.then(|| {
            let mark = match width < WIDE {
                true => t!("desk-demonstration-short"),
                false => t!("desk-demonstration"),
            };
            badge(Icon::Flask, mark, Tone::Play)
        });
        let may_receive = self.door.may(Act::ReceiveInbound);
        // Without their keys, which the help lists: all of the line must fit 1366 pixels.
        let plain = |icon, label, message| press(Some(icon), label, Weight::Plain, Some(message));
        let bring = may_receive.then(|| plain(Icon::Inbox, t!("desk-bring-short"), Message::Bring));
        let digitise = may_receive
            .then(|| plain(Icon::FileText, t!("desk-digitise-short"), Message::Digitise));
        let draft = self
            .door
            .may(Act::Draft)
            .then(|| plain(Icon::FilePlus, t!("desk-new-draft"), Message::NewDraft));
        let sync = self.door.may(Act::Sync).then(|| {
            let (label, message) = match self.syncing {
                Some(_) => (t!("desk-syncing"), None),
                None => (t!("desk-sync"), Some(Message::Sync)),
            };
            press(Some(Icon::Refresh), label, Weight::Plain, message)
        });
        let other = match language() {
            Lang::Vi => "English",
            Lang::En => "Tiếng Việt",
        };
        container(
            row![
                tinted(Icon::Stamp, theme::ACCENT).size(size::HEADLINE),
                // The name gives way to what can be pressed.
                container(shortened(session.agency.name.clone(), size::TITLE, BOLD, None))
                    .width(Fill),
            ]
            .push(mark)
            .push(plain(Icon::Book, t!("desk-books"), Message::Books))
            .push(bring)
            .push(digitise)
            .push(draft)
            .push(sync)
            .push(press(Some(Icon::Help), t!("desk-help"), Weight::Quiet, Some(Message::Help)))
            .push(tool(Icon::List, t!("desk-settings-key"), Some(Message::Settings)))
            .push(press(None, other, Weight::Quiet, Some(Message::Language)))
            .push(tool(Icon::LogOut, t!("desk-log-out"), Some(Message::LogOut)))
            .spacing(space::S)
            .align_y(Center),
        )
        .padding([space::XS + 2.0, space::M])
        .width(Fill)
        .style(theme::ground(theme::SURFACE))
        .into()
    }
}

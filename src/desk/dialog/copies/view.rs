//! How certified copies look: what is to be made on the left, what was made on the right.

use iced::widget::{Space, column, container, row, scrollable};
use iced::{Center, Fill, Length};

use super::{Copies, Message, RECIPIENTS};
use crate::desk::dialog::hand::Hand;
use crate::desk::dialog::{Frame, frame};
use crate::desk::document::local_time;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::field::{field, line};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::shortened::shortened;
use crate::desk::widget::{Element, text};
use crate::domain::copy::{CertifiedCopy, CopyForm, CopyKind};
use crate::domain::document::Signer;
use crate::office::certify::CopyDesk;
use crate::office::labels;
use crate::t;

/// Height of a list of many, so that the page below stays to be seen.
const LIST: f32 = 150.0;
/// Copies that are listed without scrolling.
const FEW: usize = 3;

impl Copies {
    pub(super) fn shown(&self) -> Element<'_, Message> {
        let body: Element<'_, Message> = match (&self.desk, &self.hand) {
            (None, _) if self.stage.problem().is_some() => Space::new().into(),
            (None, _) => text(t!("desk-loading")).size(size::BODY).into(),
            (Some(desk), Some(hand)) => column![
                self.about(t!("desk-copies-means")),
                self.choices(desk),
                row![self.form(desk, hand), self.list(desk)].spacing(space::XL),
            ]
            .spacing(space::S)
            .into(),
            (Some(desk), None) => column![self.about(t!("desk-copies-look-only")), self.list(desk)]
                .spacing(space::M)
                .into(),
        };
        let go = self.hand.is_some().then(|| {
            let name = if self.to_paper { t!("desk-copies-make") } else { t!("desk-copies-sign") };
            let ready = self.is_ready().then_some(Message::Submit);
            (format!("{name} (Enter)"), Weight::Primary, ready)
        });
        frame(Frame {
            icon: Icon::FilePlus,
            title: t!("desk-copies-title"),
            width: if self.hand.is_some() { 1080.0 } else { 560.0 },
            body,
            stage: Some(&self.stage),
            go,
            close: Message::Close,
        })
    }

    fn about(&self, means: String) -> Element<'_, Message> {
        column![
            shortened(self.about.clone(), size::BODY, BOLD, None),
            text(means).size(size::CAPTION).color(theme::INK_SOFT),
        ]
        .spacing(2.0)
        .into()
    }

    /// Which copy, and whether onto paper: one line, so that the PIN below stays in sight.
    fn choices(&self, desk: &CopyDesk) -> Element<'_, Message> {
        let busy = self.stage.is_busy();
        let kinds = CopyKind::ALL.into_iter().zip(1..).map(|(kind, place)| {
            let label = format!("{}  Alt+{place}", labels::copy_kind(kind));
            let weight = if kind == self.kind { Weight::Chosen } else { Weight::Quiet };
            press(None, label, weight, (!busy).then_some(Message::Kind(kind)))
        });
        let ways = [(false, t!("desk-copies-electronic")), (true, t!("desk-copies-paper"))];
        let ways = ways.into_iter().map(|(to_paper, label)| {
            let weight = if to_paper == self.to_paper { Weight::Chosen } else { Weight::Quiet };
            let may = !busy && self.permits(self.kind, to_paper);
            press(None, label, weight, may.then_some(Message::ToPaper(to_paper)))
        });
        let form = labels::copy_form(CopyForm::of(desk.from_paper, self.to_paper));
        row(kinds)
            .push(Space::new().width(space::XL))
            .extend(ways)
            .push(text(form).size(size::CAPTION).color(theme::INK_SOFT))
            .spacing(space::XS)
            .align_y(Center)
            .into()
    }

    fn form<'a>(&'a self, desk: &CopyDesk, hand: &'a Hand) -> Element<'a, Message> {
        let busy = self.stage.is_busy();
        // Always a child: the fields below must not lose the keyboard when the kind is another.
        let pages: Element<'_, Message> = match self.kind {
            CopyKind::Extract => {
                let wrong = !self.pages.is_empty() && self.pages().is_none();
                field(
                    t!("desk-copies-pages", count = desk.pages),
                    line("copies-pages", "1, 3-5", &self.pages)
                        .on_input(Message::Pages)
                        .on_submit(Message::Submit),
                    wrong.then(|| t!("desk-copies-pages-wrong", count = desk.pages)),
                )
            }
            CopyKind::True | CopyKind::Reissued => Space::new().into(),
        };
        let recipients = field(
            t!("desk-copies-recipients"),
            line(RECIPIENTS, "", &self.recipients)
                .on_input(Message::Recipients)
                .on_submit(Message::Submit),
            None,
        );
        let signed: Element<'_, Message> =
            if self.to_paper { self.signer() } else { hand.view(busy).map(Message::Hand) };
        column![pages, recipients, signed].spacing(space::S).width(Fill).into()
    }

    /// Who signs the copy on paper.
    fn signer(&self) -> Element<'_, Message> {
        let Signer { competence, position, full_name } = &self.signer;
        column![
            row![
                typed(
                    "copies-competence",
                    t!("desk-copies-competence"),
                    competence,
                    Message::Competence
                ),
                typed("copies-position", t!("desk-copies-position"), position, Message::Position),
            ]
            .spacing(space::M),
            typed("copies-signer", t!("desk-copies-signer"), full_name, Message::Signer),
        ]
        .spacing(space::S)
        .into()
    }

    fn list<'a>(&'a self, desk: &'a CopyDesk) -> Element<'a, Message> {
        let title =
            text(t!("desk-copies-made", count = desk.copies.len())).font(BOLD).size(size::BODY);
        if desk.copies.is_empty() {
            let none = text(t!("desk-copies-none")).size(size::BODY).color(theme::INK_SOFT);
            return column![title, none].spacing(space::S).width(Fill).into();
        }
        let lines = desk.copies.iter().map(|copy| {
            wide(one(copy), Some(copy.id) == self.chosen, Some(Message::Choose(copy.id)))
        });
        let lines = scrollable(column(lines).spacing(2.0).padding(iced::Padding::ZERO.right(14.0)))
            .style(theme::scroll);
        let many = desk.copies.len() > FEW;
        let height = if many { Length::Fixed(LIST) } else { Length::Shrink };
        let can = |message| self.copy().is_some().then_some(message);
        let buttons = row![
            press(Some(Icon::Search), t!("desk-copies-look"), Weight::Plain, can(Message::Look)),
            press(
                Some(Icon::Upload),
                t!("desk-copies-save"),
                Weight::Plain,
                can(Message::Save { print: false })
            ),
            press(
                None,
                format!("{} (Ctrl+P)", t!("desk-copies-print")),
                Weight::Plain,
                can(Message::Save { print: true })
            ),
        ]
        .spacing(space::S);
        let said = self.said.as_ref().map(|said| {
            row![
                tinted(Icon::CheckCircle, Tone::Good.ink()),
                shortened(said.clone(), size::BODY, theme::REGULAR, Some(Tone::Good.ink()))
            ]
            .spacing(space::S)
            .align_y(Center)
        });
        let page = self.leaf.as_ref().map(|leaf| {
            container(leaf.view(Vec::new(), false, None).map(Message::Leaf)).center_x(Fill)
        });
        column![title, container(lines).height(height), buttons]
            .push(said)
            .push(page)
            .spacing(space::S)
            .width(Fill)
            .into()
    }
}

fn typed<'a>(
    id: &'static str,
    label: String,
    value: &str,
    message: fn(String) -> Message,
) -> Element<'a, Message> {
    let line = line(id, "", value).on_input(message).on_submit(Message::Submit);
    container(field(label, line, None)).width(Fill).into()
}

/// Number, kind and form; below, when, by whom and for whom.
fn one(copy: &CertifiedCopy) -> Element<'_, Message> {
    let (icon, made) = match copy.form.is_paper() {
        true => (Icon::FileText, t!("desk-copies-on-paper")),
        false => (Icon::BadgeCheck, t!("desk-copies-signed")),
    };
    let name = format!("{} · {}", copy.written, labels::copy_kind(copy.kind));
    let pages = match copy.pages.as_slice() {
        [] => None,
        pages => {
            let pages: Vec<String> = pages.iter().map(u32::to_string).collect();
            Some(t!("desk-copies-of-pages", pages = pages.join(", ")))
        }
    };
    let more = [Some(local_time(copy.at)), Some(copy.by.clone()), pages]
        .into_iter()
        .flatten()
        .chain(std::iter::once(copy.recipients.clone()))
        .filter(|part| !part.is_empty());
    let more = more.collect::<Vec<_>>().join(" · ");
    let unsecured = (!copy.unsecured.is_empty()).then(|| {
        let others = labels::unsecured(&copy.unsecured);
        text(t!("desk-copies-unsecured", others = others))
            .size(size::CAPTION)
            .color(Tone::Warn.ink())
            .width(Fill)
    });
    column![
        row![
            container(shortened(name, size::BODY, BOLD, None)).width(Fill),
            badge(icon, made, Tone::Info)
        ]
        .spacing(space::S)
        .align_y(Center),
        shortened(more, size::CAPTION, theme::REGULAR, Some(theme::INK_SOFT)),
    ]
    .push(unsecured)
    .spacing(2.0)
    .into()
}

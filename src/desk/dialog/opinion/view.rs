//! How the opinions on a draft look.

use iced::widget::{Space, column, container, row, scrollable};
use iced::{Center, Fill, Rectangle};

use super::{Message, Opinion, WayChoice};
use crate::desk::dialog::{Frame, frame};
use crate::desk::document::local_time;
use crate::desk::theme::{self, BOLD, Tone, Weight, size, space};
use crate::desk::widget::badge::badge;
use crate::desk::widget::choice::choice;
use crate::desk::widget::field::{field, line, lines};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::marker::Mark;
use crate::desk::widget::press::{press, tool, wide};
use crate::desk::widget::{Element, text};
use crate::domain::opinion::Decision;
use crate::office::CommentLook;
use crate::pdf::Rect;
use crate::t;

impl Opinion {
    pub(super) fn shown(&self) -> Element<'_, Message> {
        let marks = self.on_page().filter_map(|look| self.mark_of(look)).collect();
        let drawn = self.mark.filter(|(page, _)| *page == self.page.at()).map(|(_, rect)| rect);
        let page = self.page.view(marks, self.may_comment(), drawn).map(Message::Page);
        let beside = column![self.state(), self.comments()]
            .push(self.may_comment().then(|| self.new_comment()))
            .push((!self.ways().is_empty()).then(|| self.decision()))
            .spacing(space::M)
            .width(Fill);
        let body = column![
            text(&self.about).size(size::BODY).color(theme::INK_SOFT),
            row![page, beside].spacing(space::L)
        ]
        .spacing(space::S);
        let go = self.way.filter(|_| !self.ways().is_empty()).map(|way| {
            let weight = match way.decision {
                Decision::Return | Decision::TakeBack => Weight::Danger,
                _ => Weight::Primary,
            };
            let name = t!(&format!("decision-{}", way.decision.key()));
            let message = self.order().map(|_| Message::Decide);
            (format!("{name} (Ctrl+Enter)"), weight, message)
        });
        frame(Frame {
            icon: Icon::Users,
            title: t!("desk-opinion-title"),
            width: 1300.0,
            body: body.into(),
            stage: Some(&self.stage),
            go,
            close: Message::Close,
        })
    }

    fn mark_of(&self, look: &CommentLook) -> Option<Mark> {
        let (_, Rect { x, y, width, height }) = look.at?;
        let tone = if look.kept.is_open() { Tone::Warn } else { Tone::Good };
        let strong = self.chosen == Some(look.kept.comment.id);
        Some(Mark { rect: Rectangle { x, y, width, height }, colour: tone.ink(), strong })
    }

    /// Who has it, and what was last said.
    fn state(&self) -> Element<'_, Message> {
        let Some(desk) = &self.desk else {
            return text(t!("desk-busy")).size(size::BODY).color(theme::INK_SOFT).into();
        };
        let holder = (!desk.holder.is_empty()).then(|| {
            let tone = if desk.holds { Tone::Info } else { Tone::Neutral };
            badge(Icon::User, t!("desk-opinion-holder", holder = desk.holder), tone)
        });
        let version =
            badge(Icon::History, t!("desk-opinion-version", number = desk.version), Tone::Neutral);
        let last = desk.opinions.last().map(|(given, by, to)| {
            let decision = t!(&format!("decision-{}", given.opinion.decision.key()));
            let mut said = format!("{} · {by}: {decision}", local_time(given.at));
            if !to.is_empty() {
                said = format!("{said} → {to}");
            }
            if !given.opinion.note.is_empty() {
                said = format!("{said}. {}", given.opinion.note);
            }
            text(said).size(size::CAPTION).color(theme::INK_SOFT)
        });
        column![row![].push(holder).push(version).spacing(space::S)]
            .push(last)
            .spacing(space::XS)
            .into()
    }

    fn comments(&self) -> Element<'_, Message> {
        const ROOM: f32 = 170.0;
        let all = self.desk.as_ref().map_or(&[][..], |desk| desk.comments.as_slice());
        let open = all.iter().filter(|look| look.kept.is_open()).count();
        let title = t!("desk-opinion-comments", count = all.len(), open = open);
        let list: Element<'_, Message> = if all.is_empty() {
            text(t!("desk-opinion-no-comments")).size(size::CAPTION).color(theme::INK_SOFT).into()
        } else {
            // What was said last is read first.
            let rows =
                all.iter().enumerate().rev().map(|(at, look)| self.comment_row(look, at + 1));
            let column = column(rows).spacing(space::XS).padding(iced::Padding::ZERO.right(14.0));
            container(scrollable(column).style(theme::scroll)).max_height(ROOM).into()
        };
        column![text(title).size(size::CAPTION).font(BOLD), list].spacing(space::XS).into()
    }

    fn comment_row<'a>(&'a self, look: &'a CommentLook, number: usize) -> Element<'a, Message> {
        let comment = &look.kept.comment;
        let chosen = self.chosen == Some(comment.id);
        let (which, words, tone) = match look.kept.is_open() {
            true => (Icon::Flag, t!("desk-opinion-open"), Tone::Warn),
            false => (Icon::Check, t!("desk-opinion-settled"), Tone::Good),
        };
        let place = match (comment.anchor, look.at) {
            (Some(anchor), Some(_)) => t!("desk-opinion-at-page", page = anchor.page + 1),
            (Some(_), None) => t!("desk-opinion-of-version", number = comment.version),
            (None, _) => String::new(),
        };
        let head = row![
            text(format!("{number}. {}", look.by)).size(size::CAPTION).font(BOLD),
            text(place).size(size::CAPTION).color(theme::INK_SOFT),
            Space::new().width(Fill),
            badge(which, words, tone),
        ]
        .spacing(space::S)
        .align_y(Center);
        let quoted = (!comment.quoted.is_empty()).then(|| {
            text(format!("“{}”", comment.quoted)).size(size::CAPTION).color(theme::INK_SOFT)
        });
        let replies = look.kept.replies.iter().zip(&look.answered_by).map(|(reply, by)| {
            let settled = match reply.settles {
                Some(true) => t!("desk-opinion-settled"),
                Some(false) => t!("desk-opinion-open"),
                None => String::new(),
            };
            let said = [reply.text.as_str(), settled.as_str()].join(" ");
            text(format!("→ {by}: {}", said.trim())).size(size::CAPTION).into()
        });
        let content = column![head]
            .push(quoted)
            .push(text(&comment.text).size(size::BODY))
            .extend(replies)
            .spacing(2.0);
        let row = wide(content, chosen, Some(Message::Choose(comment.id)));
        column![row].push(chosen.then(|| self.reply_row(look))).spacing(space::XS).into()
    }

    fn reply_row(&self, look: &CommentLook) -> Element<'_, Message> {
        let may = !self.keeping && self.may_comment();
        let said = !self.answer.trim().is_empty();
        let settle = look.may_settle.then(|| {
            let (name, settles) = match look.kept.is_open() {
                true => (t!("desk-opinion-settle"), true),
                false => (t!("desk-opinion-reopen"), false),
            };
            press(
                Some(Icon::Check),
                name,
                Weight::Plain,
                may.then_some(Message::Reply(Some(settles))),
            )
        });
        row![
            line("opinion-answer", &t!("desk-opinion-answer-hint"), &self.answer)
                .on_input(Message::Answer)
                .on_submit(Message::Reply(None)),
            press(
                None,
                t!("desk-opinion-answer"),
                Weight::Plain,
                (may && said).then_some(Message::Reply(None)),
            ),
        ]
        .push(settle)
        .spacing(space::S)
        .align_y(Center)
        .into()
    }

    fn new_comment(&self) -> Element<'_, Message> {
        let place = match self.mark {
            Some((page, _)) => row![
                badge(Icon::Flag, t!("desk-opinion-at-page", page = page + 1), Tone::Info),
                tool(Icon::Cross, t!("desk-opinion-unmark"), Some(Message::Unmark)),
            ],
            None => {
                row![text(t!("desk-opinion-draw-hint")).size(size::CAPTION).color(theme::INK_SOFT)]
            }
        };
        let said = !self.words.text().trim().is_empty() && !self.keeping;
        let keep = press(
            Some(Icon::Plus),
            t!("desk-opinion-comment"),
            Weight::Plain,
            said.then_some(Message::Comment),
        );
        let foot = row![place.spacing(space::XS).align_y(Center), Space::new().width(Fill), keep]
            .spacing(space::S)
            .align_y(Center);
        let words = lines("opinion-words", &self.words, 52.0).on_action(Message::Words);
        column![field(t!("desk-opinion-new"), words, None), foot].spacing(space::XS).into()
    }

    fn decision(&self) -> Element<'_, Message> {
        let ways: Vec<WayChoice> = self
            .ways()
            .iter()
            .map(|way| WayChoice { decision: way.decision, to: way.to })
            .collect();
        let people = self.people();
        let next = (!people.is_empty()).then(|| {
            let chosen = self.person.clone().filter(|person| people.contains(person));
            let picker = choice(people, chosen, String::new(), Message::Person);
            container(field(t!("desk-opinion-next"), picker, None)).width(Fill)
        });
        let way = choice(ways, self.way, String::new(), Message::Way);
        let wants = match self.way.map(|way| way.decision) {
            Some(Decision::Return) => t!("desk-opinion-note-or-comments"),
            Some(Decision::TakeBack) => t!("desk-opinion-note-why"),
            _ => t!("desk-opinion-note"),
        };
        column![
            row![container(field(t!("desk-opinion-decision"), way, None)).width(Fill)]
                .push(next)
                .spacing(space::M),
            field(wants, lines("opinion-note", &self.note, 44.0).on_action(Message::Note), None),
        ]
        .spacing(space::S)
        .into()
    }
}

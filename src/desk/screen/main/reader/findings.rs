//! What the checker of layouts found in a document that is not signed yet: how it ended in one
//! line above the pages, and the findings as a list beside them, so that the page keeps its
//! height; each leads to its place.

use std::sync::Arc;

use iced::widget::operation::{self, RelativeOffset};
use iced::widget::{column, container, row, scrollable};
use iced::{Center, Fill, Task};

use super::super::pages::Mark;
use super::{Fetch, Part, Reader};
use crate::desk::document::{Document, State, local_time};
use crate::desk::door::Door;
use crate::desk::theme::{self, Tone, Weight, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, wide};
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::layout::{Finding, LayoutCheck, Severity, Standing};
use crate::domain::outbound::OutboundState;
use crate::domain::problem::Problem;
use crate::office::check_layout::{sentence, severity_name, standing};
use crate::pdf::Rect;
use crate::t;

/// Width of the list, so that the page beside it stays to be read.
const LIST: f32 = 248.0;
const LINES: &str = "layout-findings";

/// What is known of the layout of the document that is shown.
#[derive(Debug)]
pub struct Findings {
    check: Fetch<Option<LayoutCheck>>,
    /// It is being checked.
    looking: bool,
    /// Whether the list is to be seen.
    open: bool,
    /// The finding that one is at.
    at: Option<usize>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Known(u64, Result<Option<LayoutCheck>, Problem>),
    Check,
    Checked(u64, Result<LayoutCheck, Problem>),
    Toggle,
    Go(usize),
    /// To the next finding, or to the former.
    Step {
        forward: bool,
    },
}

impl Default for Findings {
    fn default() -> Self {
        Self { check: Fetch::Waiting, looking: false, open: false, at: None }
    }
}

impl Findings {
    fn list(&self) -> &[Finding] {
        match &self.check {
            Fetch::Here(Some(check)) => &check.findings,
            _ => &[],
        }
    }
}

impl Reader {
    /// Whether the document is still to be signed: afterwards nothing can be mended.
    fn is_unsigned(&self) -> bool {
        use OutboundState::{Draft, InFormatCheck, InReview, ToSign};
        let state = self.document.as_ref().map(Document::state);
        matches!(state, Some(State::Outbound(Draft | InReview | InFormatCheck | ToSign)))
    }

    /// Asks what was found in the version that is shown.
    pub(super) fn ask_findings(&self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(document) = self.document.as_ref().filter(|_| self.is_unsigned()) else {
            return Task::none();
        };
        let (turn, key, door) = (self.turn, document.key(), Arc::clone(door));
        Task::perform(crate::desk::ask(move || door.layout_check(key)), move |answer| {
            Message::Known(turn, answer)
        })
    }

    pub(super) fn findings_update(
        &mut self,
        message: Message,
        door: &Arc<dyn Door>,
    ) -> Task<super::Message> {
        match message {
            Message::Known(turn, answer) if turn == self.turn => {
                let known = answer.into();
                // The same again, after something else was done: one stays where one is.
                if self.findings.check == known {
                    return Task::none();
                }
                self.findings.check = known;
                self.findings.at = None;
                // The checker's own step begins with what is to be looked at.
                let checks = self.document.as_ref().map(Document::state)
                    == Some(State::Outbound(OutboundState::InFormatCheck));
                self.findings.open |= checks && !self.findings.list().is_empty();
            }
            Message::Checked(turn, answer) if turn == self.turn => {
                self.findings.looking = false;
                self.findings.at = None;
                self.findings.check = match answer {
                    Ok(check) => Fetch::Here(Some(check)),
                    Err(problem) => Fetch::Failed(problem),
                };
                self.findings.open = !self.findings.list().is_empty();
                return self.pages.mark(None).map(super::Message::Pages);
            }
            Message::Known(..) | Message::Checked(..) => {}
            Message::Check => return self.check_layout(door).map(super::Message::Layout),
            Message::Toggle if self.is_unsigned() => {
                self.part = Part::Pages;
                self.findings.open = !self.findings.open;
                if !self.findings.open {
                    self.findings.at = None;
                    return self.pages.mark(None).map(super::Message::Pages);
                }
            }
            Message::Toggle => {}
            Message::Go(index) => return self.go_to_finding(index),
            Message::Step { forward } => {
                let last = self.findings.list().len().saturating_sub(1);
                let next = match (self.findings.at, forward) {
                    (None, _) => 0,
                    (Some(at), true) => (at + 1).min(last),
                    (Some(at), false) => at.saturating_sub(1),
                };
                let shown = self.go_to_finding(next);
                return Task::batch([shown, reveal(next, last)]);
            }
        }
        Task::none()
    }

    fn check_layout(&mut self, door: &Arc<dyn Door>) -> Task<Message> {
        let Some(document) = self.document.as_ref().filter(|_| self.is_unsigned()) else {
            return Task::none();
        };
        if std::mem::replace(&mut self.findings.looking, true) {
            return Task::none();
        }
        let (turn, key, door) = (self.turn, document.key(), Arc::clone(door));
        Task::perform(crate::desk::ask(move || door.check_layout(key)), move |answer| {
            Message::Checked(turn, answer)
        })
    }

    /// Turns to a finding's page and marks its place.
    fn go_to_finding(&mut self, index: usize) -> Task<super::Message> {
        let Some(finding) = self.findings.list().get(index).filter(|_| self.is_unsigned()) else {
            return Task::none();
        };
        let mark = finding.place.as_ref().map(|place| Mark {
            page: place.page as usize,
            rects: place
                .areas
                .iter()
                .map(|area| {
                    let [x, y, width, height] = [area.x, area.y, area.width, area.height]
                        .map(|tenths| tenths as f32 / 10.0);
                    Rect::new(x, y, width, height)
                })
                .collect(),
        });
        self.findings.at = Some(index);
        self.findings.open = true;
        self.part = Part::Pages;
        self.pages.mark(mark).map(super::Message::Pages)
    }

    /// Above the pages; `None` for what is signed, and for what came from others.
    pub(super) fn findings_bar(&self) -> Option<Element<'_, Message>> {
        if !self.is_unsigned() {
            return None;
        }
        let findings = &self.findings;
        let (icon, tone, said) = match &findings.check {
            _ if findings.looking => (Icon::Hourglass, Tone::Neutral, t!("desk-layout-looking")),
            Fetch::Waiting => return None,
            Fetch::Failed(problem) => {
                return Some(container(told(problem)).padding(space::S).into());
            }
            Fetch::Here(None) => (Icon::Help, Tone::Neutral, t!("desk-layout-never")),
            Fetch::Here(Some(check)) => {
                let (icon, tone) = match check.standing() {
                    Standing::Clean => (Icon::CheckCircle, Tone::Good),
                    Standing::Blind => (Icon::Help, Tone::Warn),
                    Standing::Found(severity) => look(severity),
                };
                (icon, tone, standing(check))
            }
        };
        let count = findings.list().len();
        let toggle = (count > 0).then(|| {
            let label = match findings.open {
                true => t!("desk-layout-hide"),
                false => t!("desk-layout-show"),
            };
            press(None, format!("{label} (L)"), Weight::Plain, Some(Message::Toggle))
        });
        let again = match &findings.check {
            Fetch::Here(Some(_)) => t!("desk-layout-again"),
            _ => t!("desk-layout-check"),
        };
        let again = press(
            Some(Icon::Refresh),
            again,
            Weight::Quiet,
            (!findings.looking).then_some(Message::Check),
        );
        let bar = row![tinted(icon, tone.ink()), text(said).size(size::BODY).width(Fill)]
            .push(toggle)
            .push(again)
            .spacing(space::S)
            .align_y(Center);
        Some(container(bar).padding([space::XS, space::M]).style(theme::ground(theme::SIDE)).into())
    }

    /// Beside the pages; `None` while it is put away.
    pub(super) fn findings_list(&self, door: &dyn Door) -> Option<Element<'_, Message>> {
        let found = self.findings.list();
        if found.is_empty() || !self.findings.open || !self.is_unsigned() {
            return None;
        }
        let lines = found.iter().enumerate().map(|(index, finding)| {
            let (icon, tone) = look(finding.severity);
            let page = finding.place.as_ref().map(|place| t!("layout-page", page = place.page + 1));
            let soft = |said: String| text(said).size(size::CAPTION).color(theme::INK_SOFT);
            let severity = severity_name(finding.severity);
            let kind = row![
                tinted(icon, tone.ink()),
                text(severity).size(size::CAPTION).color(tone.ink()).width(Fill)
            ]
            .push(page.map(soft))
            .spacing(space::XS)
            .align_y(Center);
            let said = text(sentence(finding, &door.component(finding))).size(size::BODY);
            let line = column![kind, said, soft(finding.cite.clone())].spacing(2.0);
            wide(line, self.findings.at == Some(index), Some(Message::Go(index)))
        });
        let when = match &self.findings.check {
            Fetch::Here(Some(check)) => {
                t!("desk-layout-when", time = local_time(check.checked_at), profile = check.profile)
            }
            _ => String::new(),
        };
        let lines = column(lines)
            .push(text(when).size(size::CAPTION).color(theme::INK_SOFT))
            .spacing(space::XS)
            .padding(iced::Padding::new(space::XS).right(space::M));
        let list = scrollable(lines).id(LINES).width(Fill).height(Fill).style(theme::scroll);
        Some(container(list).width(LIST).height(Fill).style(theme::ground(theme::SURFACE)).into())
    }
}

/// Scrolls the list as far as `at` stands in it, so that the line there can be seen.
fn reveal(at: usize, last: usize) -> Task<super::Message> {
    let y = at as f32 / last.max(1) as f32;
    operation::snap_to(LINES, RelativeOffset { x: 0.0, y })
}

const fn look(severity: Severity) -> (Icon, Tone) {
    match severity {
        Severity::Error => (Icon::CrossCircle, Tone::Bad),
        Severity::Warning => (Icon::Warning, Tone::Warn),
        Severity::Hint => (Icon::Info, Tone::Neutral),
    }
}

//! Where the signature goes: the page in small, with the rectangle that the program found.
//!
//! What was found surely is signed there as it is. What was not is only proposed: the
//! person moves the rectangle, or says that it is right, before anything is signed. A
//! guess never becomes a signature.

use std::sync::Arc;

use bytes::Bytes;
use iced::task::Handle;
use iced::widget::image::{self, Image};
use iced::widget::{Space, column, container, row, stack};
use iced::{Center, Color, Fill, Length, Point, Rectangle, Size, Task};

use crate::desk::door::Door;
use crate::desk::easel::{Canvas, Easel, Picture};
use crate::desk::theme::{self, Tone, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::over_page::kept_on;
use crate::desk::widget::placer::placer;
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::tick::tick;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::PlaceProposal;
use crate::pdf::Rect;
use crate::t;

/// The room for the page in small, in logical pixels.
const ROOM: Size = Size::new(388.0, 444.0);
/// Sharper than the screen, since the page is small and the eye looks closely.
const SHARP: f32 = 2.0;
#[derive(Debug)]
pub struct Spot {
    kind: SignatureKind,
    canvas: Option<Arc<dyn Canvas>>,
    /// The best first; never empty once they are here.
    proposals: Vec<PlaceProposal>,
    /// Which of them is shown.
    choice: usize,
    page: usize,
    shown: Option<Shown>,
    /// Page and rectangle as shown, in points from the top left.
    mark: Option<(usize, Rectangle)>,
    moved: bool,
    /// The person says that an unsure place is right.
    confirmed: bool,
    trouble: Option<Problem>,
    /// Numbers what is drawn.
    turn: u64,
    _work: Option<Handle>,
}

#[derive(Debug)]
struct Shown {
    page: usize,
    handle: image::Handle,
}

#[derive(Debug, Clone)]
pub enum Message {
    Opened(Result<Found, Problem>),
    Drawn(u64, usize, Result<Picture, Problem>),
    Turn(usize),
    Moved(Point),
    /// The rectangle comes to the page that is shown.
    Here,
    Confirmed(bool),
    /// One of the proposals, as it was proposed.
    Choose(usize),
}

/// The open file, and what the office says about the place.
#[derive(Debug, Clone)]
pub struct Found {
    canvas: Arc<dyn Canvas>,
    proposals: Vec<PlaceProposal>,
}

/// Where to sign.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Chosen {
    /// Where the office surely finds the place.
    Found,
    /// Where the rectangle was put: page from 0, and points from the top left as shown.
    Shown { page: u32, rect: Rect },
}

impl Spot {
    /// Opens the file and asks the office for the place, both off the window's thread.
    pub fn new(
        kind: SignatureKind,
        key: DocumentKey,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let (door, easel) = (Arc::clone(door), Arc::clone(easel));
        let (task, handle) = Task::perform(
            crate::desk::ask(move || {
                let canvas = easel.open(door.main_file(key)?)?;
                let proposals = door.propose_place(key, kind)?;
                Ok(Found { canvas, proposals })
            }),
            Message::Opened,
        )
        .abortable();
        let spot = Self {
            kind,
            canvas: None,
            proposals: Vec::new(),
            choice: 0,
            page: 0,
            shown: None,
            mark: None,
            moved: false,
            confirmed: false,
            trouble: None,
            turn: 0,
            _work: Some(handle.abort_on_drop()),
        };
        (spot, task)
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Opened(Ok(found)) => {
                self.canvas = Some(found.canvas);
                self.proposals = found.proposals;
                return self.choose(0);
            }
            Message::Opened(Err(problem)) => self.trouble = Some(problem),
            Message::Drawn(turn, page, answer) if turn == self.turn => match answer {
                Ok(Picture { width, height, rgba }) => {
                    let handle = image::Handle::from_rgba(width, height, Bytes::from_owner(rgba));
                    self.shown = Some(Shown { page, handle });
                }
                Err(problem) => self.trouble = Some(problem),
            },
            Message::Drawn(..) => {}
            Message::Turn(page) => {
                self.page = page.min(self.count().saturating_sub(1));
                return self.draw();
            }
            Message::Moved(corner) => self.moved_to(corner),
            Message::Here => {
                if let Some((_, rect)) = self.mark {
                    self.moved_to(rect.position());
                }
            }
            Message::Confirmed(confirmed) => self.confirmed = confirmed,
            Message::Choose(choice) => return self.choose(choice),
        }
        Task::none()
    }

    /// Whether the place is still being looked for.
    pub fn is_looking(&self) -> bool {
        self.canvas.is_none() && self.trouble.is_none()
    }

    fn count(&self) -> usize {
        self.canvas.as_ref().map_or(0, |canvas| canvas.pages().len())
    }

    fn page_size(&self) -> Option<Size> {
        let (width, height) = self.canvas.as_ref()?.pages().get(self.page).copied()?;
        Some(Size::new(width.max(1.0), height.max(1.0)))
    }

    /// The page's size on the screen: all of it is seen.
    fn small(&self) -> Option<Size> {
        let page = self.page_size()?;
        let scale = (ROOM.width / page.width).min(ROOM.height / page.height);
        Some(Size::new((page.width * scale).round(), (page.height * scale).round()))
    }

    fn draw(&mut self) -> Task<Message> {
        let (Some(canvas), Some(small)) = (self.canvas.clone(), self.small()) else {
            return Task::none();
        };
        self.turn += 1;
        let (turn, page) = (self.turn, self.page);
        let pixels = (small.width * SHARP) as u32;
        let (task, handle) =
            Task::perform(crate::desk::ask(move || canvas.draw(page, pixels)), move |answer| {
                Message::Drawn(turn, page, answer)
            })
            .abortable();
        self._work = Some(handle.abort_on_drop());
        task
    }

    /// Shows a proposal as it was made.
    fn choose(&mut self, choice: usize) -> Task<Message> {
        let Some(found) = self.proposals.get(choice) else { return Task::none() };
        let Rect { x, y, width, height } = found.rect_shown;
        self.choice = choice;
        self.moved = false;
        self.confirmed = false;
        self.page = found.page as usize;
        self.mark = Some((self.page, Rectangle { x, y, width, height }));
        self.draw()
    }

    fn proposal(&self) -> Option<&PlaceProposal> {
        self.proposals.get(self.choice)
    }

    fn moved_to(&mut self, corner: Point) {
        let (Some(page), Some((_, rect))) = (self.page_size(), self.mark) else { return };
        let corner = kept_on(page, rect.size(), corner);
        self.mark = Some((self.page, Rectangle::new(corner, rect.size())));
        self.moved = true;
    }

    /// Where to sign; `None` as long as a person has to say.
    pub fn chosen(&self) -> Option<Chosen> {
        let proposal = self.proposal()?;
        let (page, rect) = self.mark?;
        if !self.moved && self.choice == 0 && proposal.sure {
            return Some(Chosen::Found);
        }
        if !self.moved && !proposal.sure && !self.confirmed {
            return None;
        }
        let rect = Rect { x: rect.x, y: rect.y, width: rect.width, height: rect.height };
        Some(Chosen::Shown { page: u32::try_from(page).ok()?, rect })
    }

    pub fn view(&self, busy: bool) -> Element<'_, Message> {
        if let Some(problem) = &self.trouble {
            return container(told(problem)).width(ROOM.width).into();
        }
        column![self.said(busy), self.bar(busy), self.paper(busy)]
            .spacing(space::S)
            .width(ROOM.width)
            .into()
    }

    fn bar(&self, busy: bool) -> Element<'_, Message> {
        let count = self.count();
        let turn = |to: Option<usize>| to.filter(|to| *to < count && !busy).map(Message::Turn);
        row![
            tool(Icon::ChevronLeft, t!("desk-page-back"), turn(self.page.checked_sub(1))),
            text(t!("desk-page-of", page = self.page + 1, pages = count.max(1)))
                .size(size::CAPTION),
            tool(Icon::ChevronRight, t!("desk-page-on"), turn(Some(self.page + 1))),
            Space::new().width(Fill),
        ]
        .push(
            self.mark.filter(|(at, _)| *at != self.page && !busy).map(|_| {
                press(None, t!("desk-spot-here"), theme::Weight::Plain, Some(Message::Here))
            }),
        )
        .push((self.moved && !busy).then(|| {
            let back = Some(Message::Choose(self.choice));
            press(None, t!("desk-spot-reset"), theme::Weight::Quiet, back)
        }))
        .push((self.proposals.len() > 1 && !self.moved && !busy).then(|| {
            let next = Some(Message::Choose((self.choice + 1) % self.proposals.len()));
            press(None, t!("desk-spot-next"), theme::Weight::Quiet, next)
        }))
        .spacing(space::XS)
        .align_y(Center)
        .into()
    }

    fn paper(&self, busy: bool) -> Element<'_, Message> {
        let (Some(page), Some(small)) = (self.page_size(), self.small()) else {
            let wait = text(t!("desk-opening-file")).size(size::BODY).color(theme::INK_SOFT);
            return container(wait).center_x(ROOM.width).center_y(ROOM.height).into();
        };
        let sheet: Element<'_, Message> = match &self.shown {
            Some(shown) if shown.page == self.page => Image::new(shown.handle.clone())
                .width(Length::Fixed(small.width))
                .height(Length::Fixed(small.height))
                .into(),
            _ => container(Space::new())
                .width(small.width)
                .height(small.height)
                .style(theme::ground(Color::WHITE))
                .into(),
        };
        let mark = self.mark.filter(|(at, _)| *at == self.page).map(|(_, rect)| {
            let placer = placer(page, rect, small).colour(self.colour());
            if busy { placer } else { placer.on_move(Message::Moved) }
        });
        let sheet = stack![sheet].push(mark);
        container(container(sheet).style(theme::framed))
            .padding(space::S)
            .center_x(Fill)
            .style(theme::ground(theme::CANVAS))
            .into()
    }

    fn colour(&self) -> Color {
        match self.kind {
            SignatureKind::Personal => theme::ACCENT,
            SignatureKind::Organisation => Tone::Bad.ink(),
        }
    }

    /// How sure the place is, in words.
    fn said(&self, busy: bool) -> Element<'_, Message> {
        let Some(proposal) = self.proposal() else { return Space::new().into() };
        let line = |icon, tone: Tone, words: String| -> Element<'_, Message> {
            row![
                tinted(icon, tone.ink()).size(size::BODY),
                text(words).size(size::CAPTION).color(tone.ink()).width(Fill)
            ]
            .spacing(space::XS)
            .into()
        };
        if self.moved {
            return line(Icon::CheckCircle, Tone::Info, t!("desk-spot-moved"));
        }
        if proposal.sure {
            return line(Icon::CheckCircle, Tone::Good, t!("desk-spot-sure"));
        }
        let words = [t!("desk-spot-unsure")].into_iter().chain(proposal.why.iter().cloned());
        let words = words.collect::<Vec<_>>().join(" ");
        let confirm = (!busy).then_some(Message::Confirmed);
        let right = tick(t!("desk-spot-confirm"), self.confirmed, confirm);
        column![line(Icon::Warning, Tone::Warn, words), right].spacing(space::XS).into()
    }
}

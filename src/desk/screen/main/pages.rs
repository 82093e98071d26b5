//! The pages of a PDF file, one at a time, drawn off the window's thread at exactly the
//! size at which they are shown.

mod overlay;

use std::sync::Arc;

use bytes::Bytes;
use iced::task::Handle;
use iced::widget::image::{self, Image};
use iced::widget::operation::AbsoluteOffset;
use iced::widget::{Space, column, container, operation, row, scrollable, sensor};
use iced::{Center, Fill, Length, Size, Task};

use super::jobs::PATIENCE;
use crate::desk::easel::{Canvas, Easel, Picture};
use crate::desk::keys::Command;
use crate::desk::theme::{self, Weight, size, space};
use crate::desk::widget::focus::focus;
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::press::{press, tool};
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::domain::query::Query;
use crate::pdf::Rect;
use crate::t;
use overlay::{Drawn, Overlay, next_page};
pub use overlay::{Mark, Stamp};

/// What scrolls in the right pane; the keys find it by this name.
pub const SCROLL: &str = "pages";
/// Room for the margins and the scroll bar beside a page that fits the width.
const BESIDE: f32 = 2.0 * space::M + 14.0;
/// Below this width of the pane the words of a button have no room.
const NARROW: f32 = 430.0;
/// One line of the keyboard's scrolling.
const STEP: f32 = 80.0;
/// Per cent of the paper's size on a screen of 96 dots per inch.
const ZOOMS: [u16; 7] = [50, 75, 100, 125, 150, 200, 300];
/// Wider pictures would cost more memory than they are worth.
const WIDEST: f32 = 4000.0;

#[derive(Debug)]
pub struct Pages {
    easel: Arc<dyn Easel>,
    /// The name of what scrolls.
    scroll: &'static str,
    state: State,
    page: usize,
    zoom: Zoom,
    shown: Option<Shown>,
    overlay: Overlay,
    /// The place among those found on this page that one is at.
    hit: Option<usize>,
    /// Going back to a page, one begins with its last place.
    from_end: bool,
    trouble: Option<Problem>,
    pane: Size,
    scale: f32,
    /// Numbers what is asked; answers to older questions are dropped.
    turn: u64,
    _drawing: Option<Handle>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Opened(u64, Result<Arc<dyn Canvas>, Problem>),
    Drawn {
        turn: u64,
        page: usize,
        answer: Result<Drawn, Problem>,
    },
    /// To the next or the former place where the words were found.
    Hit {
        forward: bool,
    },
    /// The page with the next ones.
    HitOn {
        turn: u64,
        forward: bool,
        answer: Result<Option<usize>, Problem>,
    },
    Slow(u64),
    Sized(Size),
    Turn(usize),
    Zoom(Zoom),
}

impl Message {
    /// Whether a person asked for it.
    pub const fn is_wish(&self) -> bool {
        matches!(self, Self::Turn(_) | Self::Zoom(_) | Self::Hit { .. })
    }
}

/// How large a page is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zoom {
    FitWidth,
    PerCent(u16),
}

#[derive(Debug)]
enum State {
    Empty,
    Opening { slow: bool },
    Open(Arc<dyn Canvas>),
    Failed(Problem),
}

#[derive(Debug)]
struct Shown {
    page: usize,
    handle: image::Handle,
    hits: Vec<Vec<Rect>>,
}

impl Pages {
    pub fn new(easel: Arc<dyn Easel>) -> Self {
        Self::beside(easel, SCROLL)
    }

    /// Another set of pages on the same screen; `scroll` names what scrolls in it.
    pub fn beside(easel: Arc<dyn Easel>, scroll: &'static str) -> Self {
        Self {
            easel,
            scroll,
            state: State::Empty,
            page: 0,
            zoom: Zoom::FitWidth,
            shown: None,
            overlay: Overlay::default(),
            hit: None,
            from_end: false,
            trouble: None,
            pane: Size::new(560.0, 480.0),
            scale: 1.0,
            turn: 0,
            _drawing: None,
        }
    }

    pub fn clear(&mut self) {
        // What was pointed at was on another document's page.
        self.overlay.mark = None;
        self.turn += 1;
        self.state = State::Empty;
        self.page = 0;
        self.shown = None;
        self.overlay.stamp = None;
        self.hit = None;
        self.trouble = None;
        self._drawing = None;
    }

    /// With what pages are drawn.
    pub fn easel(&self) -> Arc<dyn Easel> {
        Arc::clone(&self.easel)
    }

    /// Marks where these words stand.
    pub fn look_for(&mut self, query: Query) -> Task<Message> {
        if query == self.overlay.query {
            return Task::none();
        }
        self.overlay.query = query;
        self.hit = None;
        self.draw()
    }

    /// Shows the arrival stamp, or no longer.
    pub fn stamp(&mut self, stamp: Option<Stamp>) -> Task<Message> {
        // Where it goes may lie below what is seen of the page.
        let scroll = match (&stamp, &self.overlay.stamp) {
            (Some(stamp), None) if self.page == 0 => self.show_place(stamp.place.y),
            _ => Task::none(),
        };
        self.overlay.stamp = stamp;
        Task::batch([scroll, self.draw()])
    }

    /// Turns to a place and marks it, or marks none any more.
    pub fn mark(&mut self, mark: Option<Mark>) -> Task<Message> {
        if self.overlay.mark == mark {
            return Task::none();
        }
        self.overlay.mark = mark;
        let Some(mark) = &self.overlay.mark else { return self.draw() };
        let (page, first) = (mark.page, mark.rects.first().map(|rect| rect.y));
        let turned = self.turn_to(page);
        let scroll = self.show_place(first.unwrap_or(0.0));
        Task::batch([turned, scroll, self.draw()])
    }

    /// Scrolls to a place on the page, in points from its top.
    fn show_place(&self, y: f32) -> Task<Message> {
        let State::Open(canvas) = &self.state else { return Task::none() };
        let points = canvas.pages().get(self.page).map_or(1.0, |(_, height)| height.max(1.0));
        let Some((_, shown)) = self.shown_size() else { return Task::none() };
        // A third of the pane above it, so that one sees what it belongs to.
        let y = (y * shown / points - self.pane.height / 3.0).max(0.0);
        operation::scroll_to(self.scroll, AbsoluteOffset { x: None, y: Some(y) })
    }

    /// Opens what `bytes` fetches, both off the window's thread.
    pub fn open(
        &mut self,
        bytes: impl FnOnce() -> Result<Arc<[u8]>, Problem> + Send + 'static,
    ) -> Task<Message> {
        self.clear();
        let turn = self.turn;
        let easel = Arc::clone(&self.easel);
        let (task, handle) =
            Task::perform(crate::desk::ask(move || easel.open(bytes()?)), move |answer| {
                Message::Opened(turn, answer)
            })
            .abortable();
        self.state = State::Opening { slow: false };
        self._drawing = Some(handle.abort_on_drop());
        let slow = Task::perform(crate::desk::after(PATIENCE), move |()| Message::Slow(turn));
        Task::batch([task, slow])
    }

    /// The window's pixels per logical pixel.
    pub fn scaled(&mut self, scale: f32) -> Task<Message> {
        self.scale = scale.clamp(0.5, 4.0);
        self.draw()
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Opened(turn, answer) if turn == self.turn => match answer {
                Ok(canvas) => {
                    self.state = State::Open(canvas);
                    return self.draw();
                }
                Err(problem) => {
                    tracing::warn!(%problem, "a file was not opened for showing");
                    self.state = State::Failed(problem);
                }
            },
            Message::Drawn { turn, page, answer } if turn == self.turn => match answer {
                Ok(Drawn { picture: Picture { width, height, rgba }, hits }) => {
                    let handle = image::Handle::from_rgba(width, height, Bytes::from_owner(rgba));
                    let fresh = self.hit.is_none() && !hits.is_empty();
                    self.shown = Some(Shown { page, handle, hits });
                    self.trouble = None;
                    if fresh {
                        let last = self.hits().len().saturating_sub(1);
                        let first = if std::mem::take(&mut self.from_end) { last } else { 0 };
                        return self.go_to_hit(first);
                    }
                }
                Err(problem) => {
                    tracing::warn!(%problem, page, "a page was not drawn");
                    self.shown = None;
                    self.trouble = Some(problem);
                }
            },
            Message::Slow(turn) if turn == self.turn => {
                if let State::Opening { slow } = &mut self.state {
                    *slow = true;
                }
            }
            Message::HitOn { turn, forward, answer } if turn == self.turn => match answer {
                Ok(Some(page)) => {
                    self.from_end = !forward;
                    return self.turn_to(page);
                }
                Ok(None) => {}
                Err(problem) => self.trouble = Some(problem),
            },
            Message::Hit { forward } => return self.next_hit(forward),
            Message::Opened(..)
            | Message::Drawn { .. }
            | Message::HitOn { .. }
            | Message::Slow(_) => {}
            Message::Sized(pane) => {
                let wider = (pane.width - self.pane.width).abs() >= 1.0;
                self.pane = pane;
                if wider && self.zoom == Zoom::FitWidth {
                    return self.draw();
                }
            }
            Message::Turn(page) => return self.turn_to(page),
            Message::Zoom(zoom) => {
                self.zoom = zoom;
                return self.draw();
            }
        }
        Task::none()
    }

    /// The keys of the preview.
    pub fn command(&mut self, command: Command) -> Task<Message> {
        let scroll = |y| operation::scroll_by(self.scroll, AbsoluteOffset { x: 0.0, y });
        match command {
            Command::NextPage => self.turn_to(self.page.saturating_add(1)),
            Command::PreviousPage => self.turn_to(self.page.saturating_sub(1)),
            Command::ScrollDown => scroll(STEP),
            Command::ScrollUp => scroll(-STEP),
            Command::ZoomIn => self.update(Message::Zoom(self.nearby(true))),
            Command::ZoomOut => self.update(Message::Zoom(self.nearby(false))),
            Command::FitWidth => self.update(Message::Zoom(Zoom::FitWidth)),
            _ => Task::none(),
        }
    }

    fn turn_to(&mut self, page: usize) -> Task<Message> {
        let page = page.min(self.count().saturating_sub(1));
        if page == self.page {
            return Task::none();
        }
        self.page = page;
        self.hit = None;
        let top = operation::scroll_to(self.scroll, AbsoluteOffset { x: None, y: Some(0.0) });
        Task::batch([top, self.draw()])
    }

    fn hits(&self) -> &[Vec<Rect>] {
        match &self.shown {
            Some(shown) if shown.page == self.page => &shown.hits,
            _ => &[],
        }
    }

    /// The next place on this page, else on the next page that has one.
    fn next_hit(&mut self, forward: bool) -> Task<Message> {
        let count = self.hits().len();
        let next = match (self.hit, forward) {
            (None, true) if count > 0 => Some(0),
            (Some(at), true) if at + 1 < count => Some(at + 1),
            (Some(at), false) => at.checked_sub(1),
            _ => None,
        };
        if let Some(next) = next {
            return self.go_to_hit(next);
        }
        let State::Open(canvas) = &self.state else { return Task::none() };
        let (canvas, query) = (Arc::clone(canvas), self.overlay.query.clone());
        let (turn, page) = (self.turn, self.page);
        let look = crate::desk::ask(move || next_page(&*canvas, &query, page, forward));
        Task::perform(look, move |answer| Message::HitOn { turn, forward, answer })
    }

    fn go_to_hit(&mut self, hit: usize) -> Task<Message> {
        self.hit = Some(hit);
        let place = self.hits().get(hit).and_then(|rects| rects.first()).copied();
        let scroll = place.map_or(Task::none(), |place| self.show_place(place.y));
        Task::batch([scroll, self.draw()])
    }

    fn count(&self) -> usize {
        match &self.state {
            State::Open(canvas) => canvas.pages().len(),
            _ => 0,
        }
    }

    fn draw(&mut self) -> Task<Message> {
        let State::Open(canvas) = &self.state else { return Task::none() };
        let Some((width, _)) = self.shown_size() else { return Task::none() };
        self.turn += 1;
        let (turn, page, canvas) = (self.turn, self.page, Arc::clone(canvas));
        let pixels = (width * self.scale).clamp(1.0, WIDEST) as u32;
        let (overlay, at) = (self.overlay.clone(), self.hit);
        let draw = crate::desk::ask(move || overlay.draw(&*canvas, page, pixels, at));
        let (task, handle) =
            Task::perform(draw, move |answer| Message::Drawn { turn, page, answer }).abortable();
        self._drawing = Some(handle.abort_on_drop());
        task
    }

    /// Logical width and height of the page as it is to be shown.
    fn shown_size(&self) -> Option<(f32, f32)> {
        let State::Open(canvas) = &self.state else { return None };
        let (width, height) = canvas.pages().get(self.page).copied()?;
        let (width, height) = (width.max(1.0), height.max(1.0));
        let shown = match self.zoom {
            Zoom::FitWidth => (self.pane.width - BESIDE).max(80.0),
            Zoom::PerCent(per_cent) => natural(width) * f32::from(per_cent) / 100.0,
        };
        Some((shown, shown * height / width))
    }

    /// What is shown now, in per cent.
    fn per_cent(&self) -> Option<f32> {
        let State::Open(canvas) = &self.state else { return None };
        let (width, _) = canvas.pages().get(self.page).copied()?;
        Some(100.0 * self.shown_size()?.0 / natural(width.max(1.0)))
    }

    fn nearby(&self, larger: bool) -> Zoom {
        let now = self.per_cent().unwrap_or(100.0);
        let next = if larger {
            ZOOMS.into_iter().find(|zoom| f32::from(*zoom) > now + 0.5)
        } else {
            ZOOMS.into_iter().rev().find(|zoom| f32::from(*zoom) < now - 0.5)
        };
        next.map_or(self.zoom, Zoom::PerCent)
    }

    pub fn view(&self) -> Element<'_, Message> {
        let body = match &self.state {
            State::Empty | State::Opening { slow: false } => {
                Space::new().width(Fill).height(Fill).into()
            }
            State::Opening { slow: true } => middle(
                row![
                    tinted(Icon::Hourglass, theme::INK_SOFT),
                    text(t!("desk-opening-file")).size(size::BODY).color(theme::INK_SOFT)
                ]
                .spacing(space::S)
                .align_y(Center)
                .into(),
            ),
            State::Failed(problem) => middle(told(problem)),
            State::Open(_) => self.paper(),
        };
        let body = sensor(container(body).width(Fill).height(Fill))
            .on_show(Message::Sized)
            .on_resize(Message::Sized);
        column![].push(self.bar()).push(body).into()
    }

    fn bar(&self) -> Option<Element<'_, Message>> {
        let count = self.count();
        if count == 0 {
            return None;
        }
        let back = (self.page > 0).then_some(Message::Turn(self.page.saturating_sub(1)));
        let on = (self.page + 1 < count).then_some(Message::Turn(self.page + 1));
        let zoom = |larger: bool| {
            let zoom = self.nearby(larger);
            (zoom != self.zoom).then_some(Message::Zoom(zoom))
        };
        let places = self.hits().len();
        let found = (!self.overlay.query.is_empty()).then(|| {
            let at = self.hit.map_or(0, |at| at + 1).min(places);
            let past = self.page > 0 || self.hit.is_some_and(|at| at > 0);
            let more = self.page + 1 < count || self.hit.map_or(0, |at| at + 1) < places;
            row![
                tool(
                    Icon::ChevronLeft,
                    t!("desk-hit-back"),
                    past.then_some(Message::Hit { forward: false })
                ),
                text(t!("desk-hits", at = at, places = places)).size(size::BODY),
                tool(
                    Icon::ChevronRight,
                    t!("desk-hit-on"),
                    more.then_some(Message::Hit { forward: true })
                ),
            ]
            .spacing(space::XS)
            .align_y(Center)
        });
        let fit = Message::Zoom(Zoom::FitWidth);
        let fit = match self.zoom == Zoom::FitWidth {
            _ if self.pane.width < NARROW => tool(Icon::FitWidth, t!("desk-zoom-fit"), Some(fit)),
            true => press(Some(Icon::FitWidth), t!("desk-zoom-fit"), Weight::Chosen, Some(fit)),
            false => press(Some(Icon::FitWidth), t!("desk-zoom-fit"), Weight::Quiet, Some(fit)),
        };
        let per_cent = format!("{:.0} %", self.per_cent().unwrap_or(100.0));
        Some(
            container(
                row![
                    tool(Icon::ChevronLeft, t!("desk-page-back"), back),
                    text(t!("desk-page-of", page = self.page + 1, pages = count)).size(size::BODY),
                    tool(Icon::ChevronRight, t!("desk-page-on"), on),
                    Space::new().width(Fill),
                ]
                .push(found)
                .extend([
                    tool(Icon::ZoomOut, t!("desk-zoom-out"), zoom(false)),
                    text(per_cent).size(size::BODY).into(),
                    tool(Icon::ZoomIn, t!("desk-zoom-in"), zoom(true)),
                    fit,
                ])
                .spacing(space::XS)
                .align_y(Center),
            )
            .padding([2.0, space::S])
            .style(theme::ground(theme::SIDE))
            .into(),
        )
    }

    fn paper(&self) -> Element<'_, Message> {
        if let Some(problem) = &self.trouble {
            return middle(told(problem));
        }
        let Some((width, height)) = self.shown_size() else {
            return middle(text(t!("desk-no-pages")).size(size::BODY).into());
        };
        let sheet: Element<'_, Message> = match &self.shown {
            // The former size stands in until the new one is drawn; another page does not.
            Some(shown) if shown.page == self.page => Image::new(shown.handle.clone())
                .width(Length::Fixed(width))
                .height(Length::Fixed(height))
                .into(),
            _ => container(Space::new())
                .width(width)
                .height(height)
                .style(theme::ground(iced::Color::WHITE))
                .into(),
        };
        let sheet = container(container(sheet).style(theme::framed)).padding(space::M);
        let wide = width + BESIDE > self.pane.width + 1.0;
        let bar = scrollable::Scrollbar::default;
        let direction = if wide {
            scrollable::Direction::Both { vertical: bar(), horizontal: bar() }
        } else {
            scrollable::Direction::Vertical(bar())
        };
        let sheet = if wide { sheet } else { sheet.center_x(Fill) };
        focus(
            scrollable(sheet)
                .id(self.scroll)
                .direction(direction)
                .width(Fill)
                .height(Fill)
                .style(theme::scroll),
        )
        .inset()
        .into()
    }
}

/// Logical pixels of a width in points at 100 per cent.
fn natural(points: f32) -> f32 {
    points * 96.0 / 72.0
}

fn middle<'a>(content: Element<'a, Message>) -> Element<'a, Message> {
    container(content)
        .padding(space::L)
        .center(Fill)
        // A ground of its own makes the renderer redraw the whole pane when the page comes.
        .style(theme::ground(theme::CANVAS))
        .into()
}

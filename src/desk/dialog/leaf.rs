//! One page at a time of a file, with marks on it, beside what a dialog asks.

use std::sync::Arc;

use bytes::Bytes;
use iced::task::Handle;
use iced::widget::image::{self, Image};
use iced::widget::operation::{self, AbsoluteOffset};
use iced::widget::{Space, column, container, row, scrollable, stack};
use iced::{Center, Fill, Length, Rectangle, Size, Task};

use crate::desk::easel::{Canvas, Easel, Picture};
use crate::desk::theme::{self, size, space};
use crate::desk::widget::icon::{Icon, tinted};
use crate::desk::widget::marker::{Mark, marker};
use crate::desk::widget::press::tool;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::problem::Problem;
use crate::t;

const SHARP: f32 = 1.5;
const SCROLL: &str = "leaf";
const DRAW: &str = "leaf-draw";

/// A page of a file in a room of its own; the file is opened off the window's thread.
#[derive(Debug)]
pub struct Leaf {
    /// Width of the page and height of the room, in logical pixels.
    width: f32,
    height: f32,
    canvas: Option<Arc<dyn Canvas>>,
    page: usize,
    shown: Option<(usize, image::Handle)>,
    trouble: Option<Problem>,
    /// Numbers what is drawn.
    turn: u64,
    _work: Option<Handle>,
}

#[derive(Debug, Clone)]
pub enum Message {
    Opened(Result<Arc<dyn Canvas>, Problem>),
    Drawn(u64, usize, Result<Picture, Problem>),
    Turn(usize),
    /// A rectangle was drawn on the page that is shown.
    Marked(Rectangle),
    /// One of the marks of the page that is shown was pressed.
    Picked(usize),
}

impl Leaf {
    /// `load` gives the file; it may block.
    pub fn new(
        easel: &Arc<dyn Easel>,
        (width, height): (f32, f32),
        load: impl FnOnce() -> Result<Arc<[u8]>, Problem> + Send + 'static,
    ) -> (Self, Task<Message>) {
        let easel = Arc::clone(easel);
        let open = crate::desk::ask(move || easel.open(load()?));
        let (task, handle) = Task::perform(open, Message::Opened).abortable();
        let leaf = Self {
            width,
            height,
            canvas: None,
            page: 0,
            shown: None,
            trouble: None,
            turn: 0,
            _work: Some(handle.abort_on_drop()),
        };
        (leaf, task)
    }

    /// The page that is shown, from 0.
    pub fn at(&self) -> usize {
        self.page
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Opened(Ok(canvas)) => {
                self.canvas = Some(canvas);
                return self.draw();
            }
            Message::Opened(Err(problem)) => self.trouble = Some(problem),
            Message::Drawn(turn, page, answer) if turn == self.turn => match answer {
                Ok(Picture { width, height, rgba }) => {
                    let handle = image::Handle::from_rgba(width, height, Bytes::from_owner(rgba));
                    self.shown = Some((page, handle));
                }
                Err(problem) => self.trouble = Some(problem),
            },
            Message::Turn(page) => {
                self.page = page.min(self.count().saturating_sub(1));
                return self.draw();
            }
            // The dialog's own affair.
            Message::Drawn(..) | Message::Marked(_) | Message::Picked(_) => {}
        }
        Task::none()
    }

    /// Brings a place into sight: page from 0, points from its top.
    pub fn point_at(&mut self, page: usize, top: f32) -> Task<Message> {
        let turned =
            if page == self.page { Task::none() } else { self.update(Message::Turn(page)) };
        let scale = self.width / self.page_size().width;
        let y = (top * scale - self.height / 3.0).max(0.0);
        Task::batch([turned, operation::scroll_to(SCROLL, AbsoluteOffset { x: 0.0, y })])
    }

    fn count(&self) -> usize {
        self.canvas.as_ref().map_or(0, |canvas| canvas.pages().len())
    }

    fn page_size(&self) -> Size {
        let size = self.canvas.as_ref().and_then(|canvas| canvas.pages().get(self.page).copied());
        let (width, height) = size.unwrap_or((595.0, 842.0));
        Size::new(width.max(1.0), height.max(1.0))
    }

    fn draw(&mut self) -> Task<Message> {
        let Some(canvas) = self.canvas.clone() else { return Task::none() };
        self.turn += 1;
        let (turn, page) = (self.turn, self.page);
        let pixels = (self.width * SHARP) as u32;
        let (task, handle) =
            Task::perform(crate::desk::ask(move || canvas.draw(page, pixels)), move |answer| {
                Message::Drawn(turn, page, answer)
            })
            .abortable();
        self._work = Some(handle.abort_on_drop());
        task
    }

    /// `marks` are those of the page that is shown; `drawn` the one that is being made.
    pub fn view(
        &self,
        marks: Vec<Mark>,
        may_draw: bool,
        drawn: Option<Rectangle>,
    ) -> Element<'_, Message> {
        if let Some(problem) = &self.trouble {
            return container(told(problem)).width(self.width).into();
        }
        let count = self.count();
        let turn = |to: Option<usize>| to.filter(|to| *to < count).map(Message::Turn);
        let bar = row![
            tool(Icon::ChevronLeft, t!("desk-page-back"), turn(self.page.checked_sub(1))),
            text(t!("desk-page-of", page = self.page + 1, pages = count.max(1)))
                .size(size::CAPTION),
            tool(Icon::ChevronRight, t!("desk-page-on"), turn(Some(self.page + 1))),
        ]
        .spacing(space::XS)
        .align_y(Center);
        let page = self.page_size();
        let small = Size::new(self.width, (page.height * self.width / page.width).round());
        let sheet: Element<'_, Message> = match &self.shown {
            Some((shown, handle)) if *shown == self.page => {
                let picture = Image::new(handle.clone()).width(small.width).height(small.height);
                let mut over = marker(page, small, marks).id(DRAW).on_pick(Message::Picked);
                if may_draw {
                    over = over.on_draw(drawn, Message::Marked);
                }
                stack![picture, over].into()
            }
            _ => container(tinted(Icon::Hourglass, theme::INK_SOFT))
                .center(Fill)
                .width(small.width)
                .height(self.height)
                .into(),
        };
        let room =
            scrollable(sheet).id(SCROLL).style(theme::scroll).height(Length::Fixed(self.height));
        column![
            row![Space::new().width(Fill), bar, Space::new().width(Fill)],
            container(room).style(theme::framed)
        ]
        .spacing(space::XS)
        .width(self.width + 14.0)
        .into()
    }
}

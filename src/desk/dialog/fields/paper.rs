//! The page beside the form, with the place where the field stands that is being written.

use std::sync::Arc;

use bytes::Bytes;
use iced::task::Handle;
use iced::widget::image::{self, Image};
use iced::widget::operation::{self, AbsoluteOffset};
use iced::widget::{Space, column, container, row, scrollable, stack};
use iced::{Center, Color, Fill, Length, Rectangle, Size, Task};

use crate::desk::door::Door;
use crate::desk::easel::{Canvas, Easel, Picture};
use crate::desk::theme::{self, size, space};
use crate::desk::widget::icon::Icon;
use crate::desk::widget::placer::placer;
use crate::desk::widget::press::tool;
use crate::desk::widget::told::told;
use crate::desk::widget::{Element, text};
use crate::domain::document::DocumentKey;
use crate::domain::problem::Problem;
use crate::office::extract::Spot;
use crate::t;

/// The page's width on the screen: large enough to be read, in logical pixels.
const WIDTH: f32 = 560.0;
const HEIGHT: f32 = 500.0;
const SHARP: f32 = 1.5;
const SCROLL: &str = "fields-paper";

#[derive(Debug)]
pub struct Paper {
    canvas: Option<Arc<dyn Canvas>>,
    page: usize,
    shown: Option<(usize, image::Handle)>,
    mark: Option<Spot>,
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
}

impl Paper {
    pub fn new(
        key: DocumentKey,
        door: &Arc<dyn Door>,
        easel: &Arc<dyn Easel>,
    ) -> (Self, Task<Message>) {
        let (door, easel) = (Arc::clone(door), Arc::clone(easel));
        let open = crate::desk::ask(move || easel.open(door.main_file(key)?));
        let (task, handle) = Task::perform(open, Message::Opened).abortable();
        let paper = Self {
            canvas: None,
            page: 0,
            shown: None,
            mark: None,
            trouble: None,
            turn: 0,
            _work: Some(handle.abort_on_drop()),
        };
        (paper, task)
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
            Message::Drawn(..) => {}
            Message::Turn(page) => {
                self.page = page.min(self.count().saturating_sub(1));
                return self.draw();
            }
        }
        Task::none()
    }

    /// Shows where something stands, and brings it into sight.
    pub fn point_at(&mut self, spot: Option<&Spot>) -> Task<Message> {
        self.mark = spot.cloned();
        let Some(spot) = spot else { return Task::none() };
        let page = spot.page as usize;
        let turned =
            if page == self.page { Task::none() } else { self.update(Message::Turn(page)) };
        let top = spot.rects.iter().map(|rect| rect.y).fold(f32::INFINITY, f32::min);
        let scale = self.small().map_or(1.0, |small| small.width) / self.page_size().width;
        let y = (top * scale - HEIGHT / 3.0).max(0.0);
        let scroll = operation::scroll_to(SCROLL, AbsoluteOffset { x: 0.0, y });
        Task::batch([turned, scroll])
    }

    fn count(&self) -> usize {
        self.canvas.as_ref().map_or(0, |canvas| canvas.pages().len())
    }

    fn page_size(&self) -> Size {
        let size = self.canvas.as_ref().and_then(|canvas| canvas.pages().get(self.page).copied());
        let (width, height) = size.unwrap_or((595.0, 842.0));
        Size::new(width.max(1.0), height.max(1.0))
    }

    fn small(&self) -> Option<Size> {
        self.canvas.as_ref()?;
        let page = self.page_size();
        Some(Size::new(WIDTH, (page.height * WIDTH / page.width).round()))
    }

    fn draw(&mut self) -> Task<Message> {
        let Some(canvas) = self.canvas.clone() else { return Task::none() };
        self.turn += 1;
        let (turn, page) = (self.turn, self.page);
        let pixels = (WIDTH * SHARP) as u32;
        let (task, handle) =
            Task::perform(crate::desk::ask(move || canvas.draw(page, pixels)), move |answer| {
                Message::Drawn(turn, page, answer)
            })
            .abortable();
        self._work = Some(handle.abort_on_drop());
        task
    }

    pub fn view(&self) -> Element<'_, Message> {
        if let Some(problem) = &self.trouble {
            return container(told(problem)).width(WIDTH).into();
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
        let Some(small) = self.small() else {
            let wait = text(t!("desk-opening-file")).size(size::BODY).color(theme::INK_SOFT);
            return container(wait).center_x(WIDTH).center_y(HEIGHT).into();
        };
        let sheet: Element<'_, Message> = match &self.shown {
            Some((page, handle)) if *page == self.page => Image::new(handle.clone())
                .width(Length::Fixed(small.width))
                .height(Length::Fixed(small.height))
                .into(),
            _ => container(Space::new())
                .width(small.width)
                .height(small.height)
                .style(theme::ground(Color::WHITE))
                .into(),
        };
        let mut layers = stack![sheet];
        let here = self.mark.as_ref().filter(|mark| mark.page as usize == self.page);
        for rect in here.iter().flat_map(|mark| &mark.rects) {
            // A little air, so that the frame does not cross the letters.
            let mark = Rectangle {
                x: rect.x - 2.0,
                y: rect.y - 2.0,
                width: rect.width + 4.0,
                height: rect.height + 4.0,
            };
            layers = layers.push(placer(self.page_size(), mark, small));
        }
        let sheet = scrollable(layers).id(SCROLL).height(HEIGHT).style(theme::scroll);
        let sheet = container(sheet).style(theme::framed);
        column![bar, container(sheet).width(Fill).style(theme::ground(theme::CANVAS))]
            .spacing(space::XS)
            .width(WIDTH + 14.0)
            .into()
    }
}

//! A rectangle on a page that a person moves to where a signature belongs.
//!
//! It lies over the page's picture. A press on it takes it along with the pointer, a press
//! beside it brings it there, and the arrow keys move it by a millimetre, with Shift by a
//! centimetre. It never leaves the page and keeps its size, which the rules fix.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::Operation;
use iced::advanced::widget::{Id, Tree, Widget, tree};
use iced::advanced::{Clipboard, Renderer as _, Shell, mouse, renderer};
use iced::{Color, Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector, keyboard};

use super::Element;
use super::over_page::{Focus, OverPage, kept_on, outline, step};
use crate::desk::theme;

/// `page` and `mark` are in points, from the page's top left corner as it is shown;
/// `shown` is the size of the page's picture on the screen.
pub fn placer<'a, Message>(page: Size, mark: Rectangle, shown: Size) -> Placer<'a, Message> {
    let over = OverPage { page, shown };
    Placer { over, mark, id: None, colour: theme::ACCENT, on_move: None }
}

/// See [`placer`].
pub struct Placer<'a, Message> {
    over: OverPage,
    mark: Rectangle,
    id: Option<Id>,
    colour: Color,
    on_move: Option<Box<dyn Fn(Point) -> Message + 'a>>,
}

impl<'a, Message> Placer<'a, Message> {
    pub fn id(mut self, id: impl Into<Id>) -> Self {
        self.id = Some(id.into());
        self
    }

    pub fn colour(mut self, colour: Color) -> Self {
        self.colour = colour;
        self
    }

    /// Told the rectangle's new top left corner, in points. Without it nothing moves.
    pub fn on_move(mut self, f: impl Fn(Point) -> Message + 'a) -> Self {
        self.on_move = Some(Box::new(f));
        self
    }
}

#[derive(Debug, Default)]
struct State {
    /// From the rectangle's corner to where it was taken hold of, in points.
    held: Option<Vector>,
    focus: Focus,
}

impl<Message> Widget<Message, Theme, Renderer> for Placer<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fixed(self.over.shown.width), Length::Fixed(self.over.shown.height))
    }

    fn layout(&mut self, _: &mut Tree, _: &Renderer, limits: &layout::Limits) -> layout::Node {
        layout::atomic(limits, self.over.shown.width, self.over.shown.height)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        _: &Renderer,
        operation: &mut dyn Operation,
    ) {
        if self.on_move.is_some() {
            let state = tree.state.downcast_mut::<State>();
            operation.focusable(self.id.as_ref(), layout.bounds(), &mut state.focus);
        }
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Renderer,
        _: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        _: &Rectangle,
    ) {
        let state = tree.state.downcast_mut::<State>();
        let Some(on_move) = &self.on_move else {
            state.held = None;
            return;
        };
        let origin = layout.bounds().position();
        let at = |cursor: Point| self.over.on_page(origin, cursor);
        let go = |corner: Point| on_move(kept_on(self.over.page, self.mark.size(), corner));
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let over = cursor.position_over(layout.bounds());
                state.focus.visible = false;
                state.focus.here = over.is_some();
                let Some(over) = over.map(at) else { return };
                let held = if self.mark.contains(over) {
                    over - self.mark.position()
                } else {
                    let held = Vector::new(self.mark.width / 2.0, self.mark.height / 2.0);
                    shell.publish(go(over - held));
                    held
                };
                state.held = Some(held);
                shell.capture_event();
            }
            Event::Mouse(mouse::Event::CursorMoved { position }) => {
                if let Some(held) = state.held {
                    shell.publish(go(at(*position) - held));
                    shell.capture_event();
                }
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                state.held = None;
            }
            Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. })
                if state.focus.here && !shell.is_event_captured() =>
            {
                if let Some(step) = step(key, *modifiers) {
                    state.focus.visible = true;
                    shell.publish(go(self.mark.position() + step));
                    shell.capture_event();
                }
            }
            _ => {}
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        _: &Theme,
        _: &renderer::Style,
        layout: Layout<'_>,
        _: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        let state = tree.state.downcast_ref::<State>();
        let bounds = self.over.on_screen(layout.bounds().position(), self.mark);
        let Some(clip) = layout.bounds().intersection(viewport) else { return };
        renderer.with_layer(clip, |renderer| {
            let tint = Color { a: 0.14, ..self.colour };
            renderer.fill_quad(outline(bounds, 2.0, self.colour), tint);
            if state.focus.here && state.focus.visible {
                let ring = outline(bounds.expand(3.0), 2.0, theme::FOCUS);
                renderer.fill_quad(ring, Color::TRANSPARENT);
            }
        });
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Rectangle,
        _: &Renderer,
    ) -> mouse::Interaction {
        let state = tree.state.downcast_ref::<State>();
        let over = cursor.is_over(self.over.on_screen(layout.bounds().position(), self.mark));
        match (self.on_move.is_some(), state.held.is_some(), over) {
            (true, true, _) => mouse::Interaction::Grabbing,
            (true, false, true) => mouse::Interaction::Grab,
            _ => mouse::Interaction::default(),
        }
    }
}

impl<'a, Message: 'a> From<Placer<'a, Message>> for Element<'a, Message> {
    fn from(placer: Placer<'a, Message>) -> Self {
        Self::new(placer)
    }
}

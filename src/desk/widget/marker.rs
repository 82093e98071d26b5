//! Rectangles over a page: those that are there, and one that a person draws.
//!
//! It lies over the page's picture. A press on a rectangle chooses it; a drag beside them draws
//! a new one. With the keyboard a rectangle is put in the middle by Enter and moved by the arrow
//! keys, by a millimetre or with Shift by a centimetre.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::Operation;
use iced::advanced::widget::{Id, Tree, Widget, tree};
use iced::advanced::{Clipboard, Renderer as _, Shell, mouse, renderer};
use iced::keyboard::{self, Key, key::Named};
use iced::{Color, Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector};

use super::Element;
use super::over_page::{Focus, OverPage, kept_on, outline, step};
use crate::desk::theme;

/// A press that moves less than this is no drag, in pixels of the screen.
const DRAG: f32 = 5.0;
/// The rectangle that the keyboard begins with, in points.
const USUAL: Size = Size::new(180.0, 30.0);

/// A rectangle on the page, in points from its top left as shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mark {
    pub rect: Rectangle,
    pub colour: Color,
    /// Chosen: drawn more strongly.
    pub strong: bool,
}

/// `page` is the page's size in points; `shown` that of its picture on the screen.
pub fn marker<'a, Message>(page: Size, shown: Size, marks: Vec<Mark>) -> Marker<'a, Message> {
    let over = OverPage { page, shown };
    Marker { over, marks, drawn: None, id: None, on_draw: None, on_pick: None }
}

/// See [`marker`].
pub struct Marker<'a, Message> {
    over: OverPage,
    marks: Vec<Mark>,
    /// The one that is being made.
    drawn: Option<Rectangle>,
    id: Option<Id>,
    on_draw: Option<Box<dyn Fn(Rectangle) -> Message + 'a>>,
    on_pick: Option<Box<dyn Fn(usize) -> Message + 'a>>,
}

impl<'a, Message> Marker<'a, Message> {
    pub fn id(mut self, id: impl Into<Id>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// Lets a person draw a rectangle; `drawn` is the one of before.
    pub fn on_draw(
        mut self,
        drawn: Option<Rectangle>,
        f: impl Fn(Rectangle) -> Message + 'a,
    ) -> Self {
        self.drawn = drawn;
        self.on_draw = Some(Box::new(f));
        self
    }

    /// Told which of the marks was pressed.
    pub fn on_pick(mut self, f: impl Fn(usize) -> Message + 'a) -> Self {
        self.on_pick = Some(Box::new(f));
        self
    }
}

#[derive(Debug, Default)]
struct State {
    /// Where a drag began and where it is, in points.
    drag: Option<(Point, Point)>,
    focus: Focus,
}

impl<Message> Widget<Message, Theme, Renderer> for Marker<'_, Message> {
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
        if self.on_draw.is_some() {
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
        let origin = layout.bounds().position();
        let at = |cursor: Point| self.over.on_page(origin, cursor);
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let over = cursor.position_over(layout.bounds());
                state.focus.visible = false;
                state.focus.here = over.is_some() && self.on_draw.is_some();
                let Some(over) = over.map(at) else { return };
                state.drag = Some((over, over));
                shell.capture_event();
            }
            Event::Mouse(mouse::Event::CursorMoved { position }) => {
                if let Some((_, to)) = &mut state.drag {
                    *to = at(*position);
                    shell.request_redraw();
                    shell.capture_event();
                }
            }
            Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)) => {
                let Some((from, to)) = state.drag.take() else { return };
                let rect = between(self.over.page, from, to);
                let dragged = rect.width.max(rect.height) * self.over.scale() >= DRAG;
                // The smallest that holds the point is the one that is meant.
                let over = self
                    .marks
                    .iter()
                    .enumerate()
                    .filter(|(_, mark)| mark.rect.contains(from))
                    .min_by(|(_, a), (_, b)| a.rect.area().total_cmp(&b.rect.area()))
                    .map(|(index, _)| index);
                match (dragged, &self.on_draw, &self.on_pick, over) {
                    (true, Some(on_draw), ..) => shell.publish(on_draw(rect)),
                    (false, _, Some(on_pick), Some(index)) => shell.publish(on_pick(index)),
                    _ => {}
                }
                shell.request_redraw();
            }
            Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, .. })
                if state.focus.here && !shell.is_event_captured() =>
            {
                let Some(on_draw) = &self.on_draw else { return };
                let moved = match step(key, *modifiers) {
                    Some(step) => step,
                    None if *key == Key::Named(Named::Enter) && self.drawn.is_none() => {
                        Vector::ZERO
                    }
                    None => return,
                };
                let page = self.over.page;
                let middle = Point::new(
                    (page.width - USUAL.width) / 2.0,
                    (page.height - USUAL.height) / 2.0,
                );
                let rect = self.drawn.unwrap_or(Rectangle::new(middle, USUAL));
                let corner = kept_on(self.over.page, rect.size(), rect.position() + moved);
                state.focus.visible = true;
                shell.publish(on_draw(Rectangle::new(corner, rect.size())));
                shell.capture_event();
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
        let origin = layout.bounds().position();
        let Some(clip) = layout.bounds().intersection(viewport) else { return };
        renderer.with_layer(clip, |renderer| {
            for mark in &self.marks {
                let (width, alpha) = if mark.strong { (2.5, 0.22) } else { (1.5, 0.12) };
                let tint = Color { a: alpha, ..mark.colour };
                let bounds = self.over.on_screen(origin, mark.rect);
                renderer.fill_quad(outline(bounds, width, mark.colour), tint);
            }
            let dragged = state.drag.map(|(from, to)| between(self.over.page, from, to));
            let drawn = dragged.filter(|_| self.on_draw.is_some()).or(self.drawn);
            if let Some(rect) = drawn {
                let tint = Color { a: 0.2, ..theme::ACCENT };
                let bounds = self.over.on_screen(origin, rect);
                renderer.fill_quad(outline(bounds, 2.0, theme::ACCENT), tint);
            }
            if state.focus.here && state.focus.visible {
                let ring = outline(layout.bounds().shrink(1.0), 2.0, theme::FOCUS);
                renderer.fill_quad(ring, Color::TRANSPARENT);
            }
        });
    }

    fn mouse_interaction(
        &self,
        _: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        _: &Rectangle,
        _: &Renderer,
    ) -> mouse::Interaction {
        match (self.on_draw.is_some(), cursor.is_over(layout.bounds())) {
            (true, true) => mouse::Interaction::Crosshair,
            _ => mouse::Interaction::default(),
        }
    }
}

/// The rectangle between two points, kept on the page.
fn between(page: Size, from: Point, to: Point) -> Rectangle {
    let kept =
        |point: Point| Point::new(point.x.clamp(0.0, page.width), point.y.clamp(0.0, page.height));
    let (from, to) = (kept(from), kept(to));
    let corner = Point::new(from.x.min(to.x), from.y.min(to.y));
    let size = Size::new((from.x - to.x).abs(), (from.y - to.y).abs());
    Rectangle::new(corner, size)
}

impl<'a, Message: 'a> From<Marker<'a, Message>> for Element<'a, Message> {
    fn from(marker: Marker<'a, Message>) -> Self {
        Self::new(marker)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_drag_in_any_direction_is_a_rectangle_on_the_page() {
        let page = Size::new(595.0, 842.0);
        let expected = Rectangle::new(Point::new(10.0, 20.0), Size::new(30.0, 40.0));
        let (a, b) = (Point::new(10.0, 60.0), Point::new(40.0, 20.0));
        assert_eq!(between(page, a, b), expected);
        assert_eq!(between(page, b, a), expected);
        let off = between(page, Point::new(-50.0, 800.0), Point::new(900.0, 900.0));
        assert_eq!(off, Rectangle::new(Point::new(0.0, 800.0), Size::new(595.0, 42.0)));
    }
}

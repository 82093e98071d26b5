//! A rectangle on a page that a person moves to where a signature belongs.
//!
//! It lies over the page's picture. A press on it takes it along with the pointer, a press
//! beside it brings it there, and the arrow keys move it by a millimetre, with Shift by a
//! centimetre. It never leaves the page and keeps its size, which the rules fix.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{Focusable, Operation};
use iced::advanced::widget::{Id, Tree, Widget, tree};
use iced::advanced::{Clipboard, Renderer as _, Shell, mouse, renderer};
use iced::keyboard::{self, Key, Modifiers, key::Named};
use iced::{Border, Color, Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector, border};

use super::Element;
use crate::desk::theme;
use crate::pdf::POINTS_PER_MM;

/// `page` and `mark` are in points, from the page's top left corner as it is shown;
/// `shown` is the size of the page's picture on the screen.
pub fn placer<'a, Message>(page: Size, mark: Rectangle, shown: Size) -> Placer<'a, Message> {
    Placer { page, mark, shown, id: None, colour: theme::ACCENT, on_move: None }
}

/// See [`placer`].
pub struct Placer<'a, Message> {
    page: Size,
    mark: Rectangle,
    shown: Size,
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

    /// Screen pixels of one point.
    fn scale(&self) -> f32 {
        self.shown.width / self.page.width.max(1.0)
    }

    /// Where the rectangle is on the screen, for a widget at `origin`.
    fn on_screen(&self, origin: Point) -> Rectangle {
        let scale = self.scale();
        Rectangle {
            x: (origin.x + self.mark.x * scale).round(),
            y: (origin.y + self.mark.y * scale).round(),
            width: (self.mark.width * scale).round(),
            height: (self.mark.height * scale).round(),
        }
    }
}

/// `corner` such that a rectangle of `size` there is on `page`.
pub fn kept_on(page: Size, size: Size, corner: Point) -> Point {
    let within = |at: f32, room: f32| at.clamp(0.0, room.max(0.0));
    Point::new(
        within(corner.x, page.width - size.width),
        within(corner.y, page.height - size.height),
    )
}

#[derive(Debug, Default)]
struct State {
    /// From the rectangle's corner to where it was taken hold of, in points.
    held: Option<Vector>,
    focused: bool,
    visible: bool,
}

impl Focusable for State {
    fn is_focused(&self) -> bool {
        self.focused
    }

    fn focus(&mut self) {
        self.focused = true;
        self.visible = true;
    }

    fn unfocus(&mut self) {
        self.focused = false;
        self.visible = false;
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Placer<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size::new(Length::Fixed(self.shown.width), Length::Fixed(self.shown.height))
    }

    fn layout(&mut self, _: &mut Tree, _: &Renderer, limits: &layout::Limits) -> layout::Node {
        layout::atomic(limits, self.shown.width, self.shown.height)
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
            operation.focusable(self.id.as_ref(), layout.bounds(), state);
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
        let scale = self.scale();
        let at = |cursor: Point| {
            Point::new((cursor.x - origin.x) / scale, (cursor.y - origin.y) / scale)
        };
        let go = |corner: Point| on_move(kept_on(self.page, self.mark.size(), corner));
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let over = cursor.position_over(layout.bounds());
                state.visible = false;
                state.focused = over.is_some();
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
                if state.focused && !shell.is_event_captured() =>
            {
                if let Some(step) = step(key, *modifiers) {
                    state.visible = true;
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
        let bounds = self.on_screen(layout.bounds().position());
        let Some(clip) = layout.bounds().intersection(viewport) else { return };
        let frame = |bounds, width, color| renderer::Quad {
            bounds,
            border: Border { color, width, radius: border::radius(2.0) },
            ..renderer::Quad::default()
        };
        renderer.with_layer(clip, |renderer| {
            let tint = Color { a: 0.14, ..self.colour };
            renderer.fill_quad(frame(bounds, 2.0, self.colour), tint);
            if state.focused && state.visible {
                let ring = frame(bounds.expand(3.0), 2.0, theme::FOCUS);
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
        let over = cursor.is_over(self.on_screen(layout.bounds().position()));
        match (self.on_move.is_some(), state.held.is_some(), over) {
            (true, true, _) => mouse::Interaction::Grabbing,
            (true, false, true) => mouse::Interaction::Grab,
            _ => mouse::Interaction::default(),
        }
    }
}

/// What an arrow key moves by, in points.
fn step(key: &Key, modifiers: Modifiers) -> Option<Vector> {
    let far = if modifiers.shift() { 10.0 } else { 1.0 } * POINTS_PER_MM;
    if modifiers.control() || modifiers.alt() {
        return None;
    }
    Some(match key {
        Key::Named(Named::ArrowLeft) => Vector::new(-far, 0.0),
        Key::Named(Named::ArrowRight) => Vector::new(far, 0.0),
        Key::Named(Named::ArrowUp) => Vector::new(0.0, -far),
        Key::Named(Named::ArrowDown) => Vector::new(0.0, far),
        _ => return None,
    })
}

impl<'a, Message: 'a> From<Placer<'a, Message>> for Element<'a, Message> {
    fn from(placer: Placer<'a, Message>) -> Self {
        Self::new(placer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rectangle_never_leaves_the_page() {
        let (page, size) = (Size::new(595.0, 842.0), Size::new(100.0, 50.0));
        assert_eq!(kept_on(page, size, Point::new(-5.0, 900.0)), Point::new(0.0, 792.0));
        assert_eq!(kept_on(page, size, Point::new(300.0, 20.0)), Point::new(300.0, 20.0));
        // Larger than the page: at its corner.
        let wide = Size::new(700.0, 50.0);
        assert_eq!(kept_on(page, wide, Point::new(30.0, 20.0)), Point::new(0.0, 20.0));
    }

    #[test]
    fn arrows_move_by_a_millimetre_and_with_shift_by_a_centimetre() {
        let right = Key::Named(Named::ArrowRight);
        assert_eq!(step(&right, Modifiers::empty()), Some(Vector::new(POINTS_PER_MM, 0.0)));
        assert_eq!(step(&right, Modifiers::SHIFT), Some(Vector::new(10.0 * POINTS_PER_MM, 0.0)));
        assert_eq!(step(&right, Modifiers::CTRL), None);
        assert_eq!(step(&Key::Named(Named::Enter), Modifiers::empty()), None);
    }
}

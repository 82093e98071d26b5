//! What lies over a page's picture: where its points are on the screen, and how the arrow
//! keys move what lies there.

use iced::advanced::renderer;
use iced::advanced::widget::operation::Focusable;
use iced::keyboard::{Key, Modifiers, key::Named};
use iced::{Border, Color, Point, Rectangle, Size, Vector, border};

use crate::pdf::POINTS_PER_MM;

/// A page in points, and the size of its picture on the screen.
#[derive(Debug, Clone, Copy)]
pub struct OverPage {
    pub page: Size,
    pub shown: Size,
}

impl OverPage {
    /// Screen pixels of one point.
    pub fn scale(&self) -> f32 {
        self.shown.width / self.page.width.max(1.0)
    }

    /// The place on the page, in points, of a place on the screen, for a picture at `origin`.
    pub fn on_page(&self, origin: Point, at: Point) -> Point {
        let scale = self.scale();
        Point::new((at.x - origin.x) / scale, (at.y - origin.y) / scale)
    }

    /// Where a rectangle of the page is on the screen, on whole pixels and never nothing.
    pub fn on_screen(&self, origin: Point, rect: Rectangle) -> Rectangle {
        let scale = self.scale();
        Rectangle {
            x: (origin.x + rect.x * scale).round(),
            y: (origin.y + rect.y * scale).round(),
            width: (rect.width * scale).round().max(2.0),
            height: (rect.height * scale).round().max(2.0),
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

/// What an arrow key moves by, in points: a millimetre, with Shift a centimetre.
pub fn step(key: &Key, modifiers: Modifiers) -> Option<Vector> {
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

/// An outlined rectangle.
pub fn outline(bounds: Rectangle, width: f32, color: Color) -> renderer::Quad {
    renderer::Quad {
        bounds,
        border: Border { color, width, radius: border::radius(2.0) },
        ..renderer::Quad::default()
    }
}

/// Whether the keyboard is here, and whether that is to be seen: not after a press of the
/// mouse.
#[derive(Debug, Default)]
pub struct Focus {
    pub here: bool,
    pub visible: bool,
}

impl Focusable for Focus {
    fn is_focused(&self) -> bool {
        self.here
    }

    fn focus(&mut self) {
        self.here = true;
        self.visible = true;
    }

    fn unfocus(&mut self) {
        self.here = false;
        self.visible = false;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rectangle_never_leaves_the_page() {
        let (page, size) = (Size::new(595.0, 842.0), Size::new(100.0, 50.0));
        assert_eq!(kept_on(page, size, Point::new(-5.0, 900.0)), Point::new(0.0, 792.0));
        assert_eq!(kept_on(page, size, Point::new(300.0, 20.0)), Point::new(300.0, 20.0));
        // Larger than the page: at its corner.
        let wide = Size::new(700.0, 50.0);
        assert_eq!(kept_on(page, wide, Point::new(30.0, 20.0)), Point::new(0.0, 20.0));
    }

    #[test]
    fn places_on_the_screen_and_on_the_page_are_each_other() {
        let over = OverPage { page: Size::new(600.0, 800.0), shown: Size::new(300.0, 400.0) };
        let origin = Point::new(50.0, 20.0);
        let rect = Rectangle::new(Point::new(100.0, 40.0), Size::new(20.0, 10.0));
        let shown = Rectangle::new(Point::new(100.0, 40.0), Size::new(10.0, 5.0));
        assert_eq!(over.on_screen(origin, rect), shown);
        assert_eq!(over.on_page(origin, shown.position()), rect.position());
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

//! Head, body and foot, one above the other: the body yields when there is no room for
//! all three.
//!
//! iced's column gives each child what the ones before it have left, so that in a low
//! window the buttons of a dialog would be the ones to go.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::{Operation, Tree, Widget};
use iced::advanced::{Clipboard, Shell, mouse, overlay, renderer};
use iced::{Event, Length, Point, Rectangle, Renderer, Size, Theme, Vector};

use super::Element;

/// The body should be able to scroll.
pub fn sheet<'a, Message: 'a>(
    head: Element<'a, Message>,
    body: Element<'a, Message>,
    foot: Element<'a, Message>,
    spacing: f32,
) -> Element<'a, Message> {
    Element::new(Sheet { parts: vec![head, body, foot], spacing })
}

struct Sheet<'a, Message> {
    /// In the order of the eye and of the Tab key.
    parts: Vec<Element<'a, Message>>,
    spacing: f32,
}

impl<Message> Widget<Message, Theme, Renderer> for Sheet<'_, Message> {
    fn children(&self) -> Vec<Tree> {
        self.parts.iter().map(Tree::new).collect()
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(&self.parts);
    }

    fn size(&self) -> Size<Length> {
        Size { width: Length::Fill, height: Length::Shrink }
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        let room = limits.max();
        let mut left = room.height - 2.0 * self.spacing;
        let mut nodes = [const { None }; 3];
        // Head and foot first; the body takes what they leave.
        for index in [0, 2, 1] {
            let (Some(part), Some(tree)) =
                (self.parts.get_mut(index), tree.children.get_mut(index))
            else {
                continue;
            };
            let limits = layout::Limits::new(Size::ZERO, Size::new(room.width, left.max(0.0)));
            let node = part.as_widget_mut().layout(tree, renderer, &limits);
            left -= node.size().height;
            if let Some(slot) = nodes.get_mut(index) {
                *slot = Some(node);
            }
        }
        let mut y = 0.0;
        let children: Vec<_> = nodes
            .into_iter()
            .flatten()
            .map(|node| {
                let node = node.move_to(Point::new(0.0, y));
                y += node.size().height + self.spacing;
                node
            })
            .collect();
        let height = (y - self.spacing).max(0.0);
        layout::Node::with_children(Size::new(room.width, height), children)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        operation.container(None, layout.bounds());
        operation.traverse(&mut |operation| {
            for ((part, tree), layout) in
                self.parts.iter_mut().zip(&mut tree.children).zip(layout.children())
            {
                part.as_widget_mut().operate(tree, layout, renderer, operation);
            }
        });
    }

    fn update(
        &mut self,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        renderer: &Renderer,
        clipboard: &mut dyn Clipboard,
        shell: &mut Shell<'_, Message>,
        viewport: &Rectangle,
    ) {
        for ((part, tree), layout) in
            self.parts.iter_mut().zip(&mut tree.children).zip(layout.children())
        {
            part.as_widget_mut()
                .update(tree, event, layout, cursor, renderer, clipboard, shell, viewport);
        }
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        for ((part, tree), layout) in self.parts.iter().zip(&tree.children).zip(layout.children()) {
            part.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
        }
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        self.parts
            .iter()
            .zip(&tree.children)
            .zip(layout.children())
            .map(|((part, tree), layout)| {
                part.as_widget().mouse_interaction(tree, layout, cursor, viewport, renderer)
            })
            .max()
            .unwrap_or_default()
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        overlay::from_children(&mut self.parts, tree, layout, renderer, viewport, translation)
    }
}

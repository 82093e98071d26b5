//! A widget that is its content in every respect but a few.
//!
//! iced asks ten things of a widget, and a wrapper answers nearly all of them with its
//! content's answer. [`Through`] says the exceptions, and [`Element`]s are made of it by
//! [`through`].

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{Clipboard, Shell, mouse, overlay, renderer};
use iced::{Event, Length, Rectangle, Renderer, Size, Theme, Vector};

use super::Element;

/// What differs from the content; all of it may stay as it is.
pub trait Through<Message> {
    /// Whether the content hears of an event.
    fn hears(&self, _: &Event) -> bool {
        true
    }

    /// Whether pointer, keyboard order and overlays get through.
    fn is_open(&self) -> bool {
        true
    }

    /// Called after the content has seen the event.
    fn after(
        &mut self,
        _content: &mut Element<'_, Message>,
        _tree: &mut Tree,
        _event: &Event,
        _layout: Layout<'_>,
        _renderer: &Renderer,
        _shell: &mut Shell<'_, Message>,
    ) {
    }
}

/// `content` with the exceptions of `by`.
pub fn through<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    by: impl Through<Message> + 'a,
) -> Element<'a, Message> {
    Element::new(Wrapped { content: content.into(), by })
}

struct Wrapped<'a, Message, T> {
    content: Element<'a, Message>,
    by: T,
}

impl<Message, T: Through<Message>> Wrapped<'_, Message, T> {
    fn cursor(&self, cursor: mouse::Cursor) -> mouse::Cursor {
        if self.by.is_open() { cursor } else { mouse::Cursor::Unavailable }
    }
}

impl<Message, T: Through<Message>> Widget<Message, Theme, Renderer> for Wrapped<'_, Message, T> {
    fn tag(&self) -> tree::Tag {
        self.content.as_widget().tag()
    }

    fn state(&self) -> tree::State {
        self.content.as_widget().state()
    }

    fn children(&self) -> Vec<Tree> {
        self.content.as_widget().children()
    }

    fn diff(&self, tree: &mut Tree) {
        self.content.as_widget().diff(tree);
    }

    fn size(&self) -> Size<Length> {
        self.content.as_widget().size()
    }

    fn size_hint(&self) -> Size<Length> {
        self.content.as_widget().size_hint()
    }

    fn layout(
        &mut self,
        tree: &mut Tree,
        renderer: &Renderer,
        limits: &layout::Limits,
    ) -> layout::Node {
        self.content.as_widget_mut().layout(tree, renderer, limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        if self.by.is_open() {
            self.content.as_widget_mut().operate(tree, layout, renderer, operation);
        }
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
        if self.by.hears(event) {
            let cursor = self.cursor(cursor);
            self.content
                .as_widget_mut()
                .update(tree, event, layout, cursor, renderer, clipboard, shell, viewport);
        }
        self.by.after(&mut self.content, tree, event, layout, renderer, shell);
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
        let cursor = self.cursor(cursor);
        self.content.as_widget().draw(tree, renderer, theme, style, layout, cursor, viewport);
    }

    fn mouse_interaction(
        &self,
        tree: &Tree,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
        renderer: &Renderer,
    ) -> mouse::Interaction {
        if self.by.is_open() {
            self.content.as_widget().mouse_interaction(tree, layout, cursor, viewport, renderer)
        } else {
            mouse::Interaction::None
        }
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        if !self.by.is_open() {
            return None;
        }
        self.content.as_widget_mut().overlay(tree, layout, renderer, viewport, translation)
    }
}

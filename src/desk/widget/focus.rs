//! Focus for what iced does not focus: buttons, rows, pickers and lists.
//!
//! iced 0.14 gives the keyboard to text fields only. [`focus`] wraps any element, takes
//! part in the Tab order, shows a ring when reached by keyboard, and turns Enter, Space
//! and the arrow keys into messages.

use iced::advanced::layout::{self, Layout};
use iced::advanced::widget::operation::{Focusable, Operation};
use iced::advanced::widget::{Id, Tree, Widget, tree};
use iced::advanced::{Clipboard, Renderer as _, Shell, mouse, overlay, renderer};
use iced::keyboard::{self, Key, key::Named};
use iced::{Border, Color, Event, Length, Rectangle, Renderer, Size, Theme, Vector, border};

use super::Element;
use crate::desk::theme;

/// Makes `content` reachable by Tab.
pub fn focus<'a, Message>(content: impl Into<Element<'a, Message>>) -> Focus<'a, Message> {
    Focus { content: content.into(), id: None, on_press: None, on_step: None, inset: false }
}

/// See [`focus`].
pub struct Focus<'a, Message> {
    content: Element<'a, Message>,
    id: Option<Id>,
    on_press: Option<Message>,
    on_step: Option<Box<dyn Fn(Step) -> Message + 'a>>,
    inset: bool,
}

/// Which way an arrow key goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    Back,
    Forward,
}

impl<Message> Focus<'_, Message> {
    pub fn id(mut self, id: impl Into<Id>) -> Self {
        self.id = Some(id.into());
        self
    }

    /// What Enter and Space do.
    pub fn on_press_maybe(mut self, message: Option<Message>) -> Self {
        self.on_press = message;
        self
    }

    /// Draws the ring inside the bounds, for what fills its pane.
    pub fn inset(mut self) -> Self {
        self.inset = true;
        self
    }
}

impl<'a, Message> Focus<'a, Message> {
    /// What the arrow keys do.
    pub fn on_step(mut self, f: impl Fn(Step) -> Message + 'a) -> Self {
        self.on_step = Some(Box::new(f));
        self
    }
}

#[derive(Debug, Default)]
struct State {
    focused: bool,
    /// Reached by keyboard: only then is the ring shown.
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
        *self = Self::default();
    }
}

impl<Message: Clone> Widget<Message, Theme, Renderer> for Focus<'_, Message> {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn children(&self) -> Vec<Tree> {
        vec![Tree::new(&self.content)]
    }

    fn diff(&self, tree: &mut Tree) {
        tree.diff_children(std::slice::from_ref(&self.content));
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
        let Some(child) = tree.children.first_mut() else { return layout::Node::default() };
        let content = self.content.as_widget_mut();
        let node = content.layout(child, renderer, limits);
        // Edges between two pixels are smeared over both, and the software renderer, which
        // redraws only what it believes to have changed, leaves half of them behind.
        let (size, whole) = (node.size(), whole(node.size()));
        if size == whole {
            return node;
        }
        let limits = limits.min_width(whole.width).min_height(whole.height);
        content.layout(child, renderer, &limits)
    }

    fn operate(
        &mut self,
        tree: &mut Tree,
        layout: Layout<'_>,
        renderer: &Renderer,
        operation: &mut dyn Operation,
    ) {
        // What cannot be pressed now is skipped, unless it is a place of its own (a list).
        if self.on_press.is_some() || self.on_step.is_some() || self.inset {
            let state = tree.state.downcast_mut::<State>();
            operation.focusable(self.id.as_ref(), layout.bounds(), state);
        }
        if let Some(child) = tree.children.first_mut() {
            self.content.as_widget_mut().operate(child, layout, renderer, operation);
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
        if let Some(child) = tree.children.first_mut() {
            self.content
                .as_widget_mut()
                .update(child, event, layout, cursor, renderer, clipboard, shell, viewport);
        }
        let state = tree.state.downcast_mut::<State>();
        match event {
            Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)) => {
                let focused = cursor.is_over(layout.bounds());
                if state.visible {
                    shell.request_redraw();
                }
                *state = State { focused, visible: false };
            }
            Event::Keyboard(keyboard::Event::KeyPressed { key, modifiers, repeat, .. })
                if state.focused && !shell.is_event_captured() && modifiers.is_empty() =>
            {
                let message = match key {
                    // A key held down presses once: the button under it may become another.
                    Key::Named(Named::Enter | Named::Space) if *repeat => None,
                    Key::Named(Named::Enter | Named::Space) => self.on_press.clone(),
                    Key::Named(Named::ArrowUp | Named::ArrowLeft) => {
                        self.on_step.as_ref().map(|f| f(Step::Back))
                    }
                    Key::Named(Named::ArrowDown | Named::ArrowRight) => {
                        self.on_step.as_ref().map(|f| f(Step::Forward))
                    }
                    _ => None,
                };
                if let Some(message) = message {
                    state.visible = true;
                    shell.publish(message);
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
        theme: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        cursor: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        if let Some(child) = tree.children.first() {
            self.content.as_widget().draw(child, renderer, theme, style, layout, cursor, viewport);
        }
        let state = tree.state.downcast_ref::<State>();
        if state.focused && state.visible {
            let bounds = layout.bounds();
            let bounds = if self.inset { bounds.shrink(1.0) } else { bounds.expand(2.0) };
            let bounds = Rectangle {
                x: bounds.x.round(),
                y: bounds.y.round(),
                width: bounds.width.round(),
                height: bounds.height.round(),
            };
            let Some(clip) = bounds.intersection(viewport) else { return };
            renderer.with_layer(clip, |renderer| {
                renderer.fill_quad(
                    renderer::Quad {
                        bounds,
                        border: Border {
                            color: theme::FOCUS,
                            width: 2.0,
                            radius: border::radius(if self.inset { 0.0 } else { 6.0 }),
                        },
                        ..renderer::Quad::default()
                    },
                    Color::TRANSPARENT,
                );
            });
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
        tree.children.first().map_or_else(mouse::Interaction::default, |child| {
            self.content.as_widget().mouse_interaction(child, layout, cursor, viewport, renderer)
        })
    }

    fn overlay<'b>(
        &'b mut self,
        tree: &'b mut Tree,
        layout: Layout<'b>,
        renderer: &Renderer,
        viewport: &Rectangle,
        translation: Vector,
    ) -> Option<overlay::Element<'b, Message, Theme, Renderer>> {
        let child = tree.children.first_mut()?;
        self.content.as_widget_mut().overlay(child, layout, renderer, viewport, translation)
    }
}

fn whole(size: Size) -> Size {
    Size::new(size.width.ceil(), size.height.ceil())
}

impl<'a, Message: Clone + 'a> From<Focus<'a, Message>> for Element<'a, Message> {
    fn from(focus: Focus<'a, Message>) -> Self {
        Self::new(focus)
    }
}

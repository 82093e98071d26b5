//! Tab and Shift+Tab for the whole window.
//!
//! iced moves the focus by a task, which comes after the keys that follow: whoever types
//! quickly types into the wrong field. This wraps the root, moves the focus at once, goes
//! round at the ends, and scrolls what has been reached into sight.

use iced::advanced::Shell;
use iced::advanced::layout::Layout;
use iced::advanced::widget::operation::{Focusable, Scrollable};
use iced::advanced::widget::{Id, Operation, Tree};
use iced::keyboard::{self, Key, Modifiers, key::Named};
use iced::widget::operation::AbsoluteOffset;
use iced::{Event, Rectangle, Renderer, Vector};

use super::Element;
use super::through::{Through, through};

/// Gives the Tab key to everything in `content` that can have the focus.
pub fn tabbing<'a, Message: 'a>(content: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    through(content, Tabbing)
}

struct Tabbing;

/// How many there are, and which has the focus.
#[derive(Debug, Default)]
struct Count {
    total: usize,
    focused: Option<usize>,
}

impl Operation for Count {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn focusable(&mut self, _: Option<&Id>, _: Rectangle, state: &mut dyn Focusable) {
        if state.is_focused() {
            self.focused = Some(self.total);
        }
        self.total += 1;
    }
}

impl Count {
    /// Where Tab leads from here; round at the ends.
    fn next(&self, back: bool) -> Option<usize> {
        let last = self.total.checked_sub(1)?;
        Some(match (self.focused, back) {
            (None, false) => 0,
            (None, true) | (Some(0), true) => last,
            (Some(at), true) => at - 1,
            (Some(at), false) if at >= last => 0,
            (Some(at), false) => at + 1,
        })
    }
}

/// Gives the focus to the one at `target`, and notes where it is.
#[derive(Debug, Default)]
struct Give {
    target: usize,
    at: usize,
    /// Scrollables met so far, and those that we are inside of.
    scrollables: usize,
    met: bool,
    inside: Vec<usize>,
    found: Option<(Rectangle, usize)>,
}

impl Operation for Give {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        let scrolls = std::mem::take(&mut self.met);
        if scrolls {
            self.inside.push(self.scrollables);
        }
        operate(self);
        if scrolls {
            self.inside.pop();
        }
    }

    fn scrollable(
        &mut self,
        _: Option<&Id>,
        _: Rectangle,
        _: Rectangle,
        _: Vector,
        _: &mut dyn Scrollable,
    ) {
        self.scrollables += 1;
        self.met = true;
    }

    fn focusable(&mut self, _: Option<&Id>, bounds: Rectangle, state: &mut dyn Focusable) {
        if self.at == self.target {
            state.focus();
            self.found = self.inside.last().map(|scrollable| (bounds, *scrollable));
        } else {
            state.unfocus();
        }
        self.at += 1;
    }
}

/// Scrolls so that `target` can be seen in the scrollable of that place.
#[derive(Debug)]
struct Reveal {
    target: Rectangle,
    scrollable: usize,
    met: usize,
}

impl Operation for Reveal {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn scrollable(
        &mut self,
        _: Option<&Id>,
        bounds: Rectangle,
        content: Rectangle,
        translation: Vector,
        state: &mut dyn Scrollable,
    ) {
        self.met += 1;
        if self.met != self.scrollable {
            return;
        }
        let offset = translation.y;
        let (top, bottom) =
            (self.target.y - content.y, self.target.y - content.y + self.target.height);
        let to = if top < offset {
            top
        } else if bottom > offset + bounds.height {
            bottom - bounds.height
        } else {
            return;
        };
        state.scroll_to(AbsoluteOffset { x: None, y: Some(to.max(0.0)) });
    }
}

/// Moves the focus; whether there is anything that can have it.
fn go<Message>(
    content: &mut Element<'_, Message>,
    tree: &mut Tree,
    layout: Layout<'_>,
    renderer: &Renderer,
    back: bool,
) -> bool {
    let content = content.as_widget_mut();
    let mut count = Count::default();
    content.operate(tree, layout, renderer, &mut count);
    let Some(target) = count.next(back) else { return false };
    let mut give = Give { target, ..Give::default() };
    content.operate(tree, layout, renderer, &mut give);
    if let Some((target, scrollable)) = give.found {
        content.operate(tree, layout, renderer, &mut Reveal { target, scrollable, met: 0 });
    }
    true
}

impl<Message> Through<Message> for Tabbing {
    fn after(
        &mut self,
        content: &mut Element<'_, Message>,
        tree: &mut Tree,
        event: &Event,
        layout: Layout<'_>,
        renderer: &Renderer,
        shell: &mut Shell<'_, Message>,
    ) {
        if let Event::Keyboard(keyboard::Event::KeyPressed {
            key: Key::Named(Named::Tab),
            modifiers,
            ..
        }) = event
            && !shell.is_event_captured()
            && (modifiers.is_empty() || *modifiers == Modifiers::SHIFT)
            && go(content, tree, layout, renderer, modifiers.shift())
        {
            shell.capture_event();
            shell.request_redraw();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tab_goes_round() {
        let at = |focused, back| Count { total: 3, focused }.next(back);
        assert_eq!(at(None, false), Some(0));
        assert_eq!(at(None, true), Some(2));
        assert_eq!(at(Some(2), false), Some(0));
        assert_eq!(at(Some(0), true), Some(2));
        assert_eq!(at(Some(1), false), Some(2));
        assert_eq!(Count::default().next(false), None);
    }
}

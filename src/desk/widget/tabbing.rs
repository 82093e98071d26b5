//! Tab and Shift+Tab for the whole window, and the keys that no field may take.
//!
//! iced moves the focus by a task, which comes after the keys that follow: whoever types
//! quickly types into the wrong field. This wraps the root, moves the focus at once, goes
//! round at the ends, and scrolls what has been reached into sight. [`reach`] does the last two
//! for a control with a name.

use iced::advanced::Shell;
use iced::advanced::layout::Layout;
use iced::advanced::widget::operation::{Focusable, Outcome, Scrollable};
use iced::advanced::widget::{Id, Operation, Tree, operate};
use iced::keyboard::{self, Key, Modifiers, key::Named};
use iced::widget::operation::AbsoluteOffset;
use iced::{Event, Rectangle, Renderer, Task, Vector};

use super::Element;
use super::through::{Through, through};

/// Gives the Tab key to everything in `content` that can have the focus.
pub fn tabbing<'a, Message: 'a>(content: impl Into<Element<'a, Message>>) -> Element<'a, Message> {
    through(content, Tabbing)
}

/// Gives the focus to the control of this name and scrolls it into sight: a person who is told
/// that something is missing must see where.
pub fn reach<T: Send + 'static>(id: impl Into<Id>) -> Task<T> {
    operate(Give::to(Target::Named(id.into()))).discard()
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

/// Who is to have the focus.
#[derive(Debug)]
enum Target {
    /// By its place in the order of all that can have it, from 0.
    Place(usize),
    Named(Id),
}

/// Gives the focus to the target, and notes where it is.
#[derive(Debug)]
struct Give {
    target: Target,
    at: usize,
    /// Scrollables met so far, and those that we are inside of.
    scrollables: usize,
    met: bool,
    inside: Vec<usize>,
    found: Option<(Rectangle, usize)>,
}

impl Give {
    fn to(target: Target) -> Self {
        Self { target, at: 0, scrollables: 0, met: false, inside: Vec::new(), found: None }
    }

    /// What scrolls it into sight, if it can be scrolled.
    fn reveal(&self) -> Option<Reveal> {
        self.found.map(|(target, scrollable)| Reveal { target, scrollable, met: 0 })
    }
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

    fn focusable(&mut self, id: Option<&Id>, bounds: Rectangle, state: &mut dyn Focusable) {
        let meant = match &self.target {
            Target::Place(place) => self.at == *place,
            Target::Named(name) => id == Some(name),
        };
        if meant {
            state.focus();
            self.found = self.inside.last().map(|scrollable| (bounds, *scrollable));
        } else {
            state.unfocus();
        }
        self.at += 1;
    }

    fn finish(&self) -> Outcome<()> {
        match self.reveal() {
            Some(reveal) => Outcome::Chain(Box::new(reveal)),
            None => Outcome::None,
        }
    }
}

/// What is said of a field stands beneath it, and is to be seen, too.
const BENEATH: f32 = 26.0;

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
        let top = self.target.y - content.y;
        let bottom = top + self.target.height + BENEATH;
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
    let mut give = Give::to(Target::Place(target));
    content.operate(tree, layout, renderer, &mut give);
    if let Some(mut reveal) = give.reveal() {
        content.operate(tree, layout, renderer, &mut reveal);
    }
    true
}

impl<Message> Through<Message> for Tabbing {
    /// Alt with a digit is a shortcut wherever one types; a field would write the digit.
    fn hears(&self, event: &Event) -> bool {
        let Event::Keyboard(keyboard::Event::KeyPressed { key, physical_key, modifiers, .. }) =
            event
        else {
            return true;
        };
        let digit = key.to_latin(*physical_key).is_some_and(|letter| letter.is_ascii_digit());
        !(digit && *modifiers == Modifiers::ALT)
    }

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

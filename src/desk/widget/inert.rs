//! What lies under a dialog: drawn, but deaf to mouse, keyboard and the Tab order.
//!
//! Its own focus stays where it was, so that closing the dialog brings it back.

use iced::{Event, window};

use super::Element;
use super::through::{Through, through};

/// Shows `content` and, while `deaf`, keeps every event and operation from it.
pub fn inert<'a, Message: 'a>(
    content: impl Into<Element<'a, Message>>,
    deaf: bool,
) -> Element<'a, Message> {
    through(content, Inert { deaf })
}

struct Inert {
    deaf: bool,
}

impl<Message> Through<Message> for Inert {
    fn hears(&self, event: &Event) -> bool {
        // Window events keep pictures and sizes right; nothing else passes a dialog.
        !self.deaf || matches!(event, Event::Window(event) if harmless(event))
    }

    fn is_open(&self) -> bool {
        !self.deaf
    }
}

fn harmless(event: &window::Event) -> bool {
    matches!(
        event,
        window::Event::RedrawRequested(_)
            | window::Event::Resized(_)
            | window::Event::Rescaled(_)
            | window::Event::Opened { .. }
    )
}

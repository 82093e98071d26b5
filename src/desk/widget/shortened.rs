//! One line of text that ends in `…` where there is no room for all of it.
//!
//! iced 0.14 cuts text at the edge, in the middle of a letter. This measures, and keeps
//! what it found for as long as text and width stay the same.

use iced::advanced::layout::{self, Layout};
use iced::advanced::text::{self, Paragraph as _};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{mouse, renderer};
use iced::{Color, Font, Length, Pixels, Rectangle, Renderer, Size, Theme};

use super::Element;

type Paragraph = <Renderer as text::Renderer>::Paragraph;

/// One line, as wide as there is room.
pub fn shortened<'a, Message: 'a>(
    content: impl Into<String>,
    size: f32,
    font: Font,
    colour: Option<Color>,
) -> Element<'a, Message> {
    Element::new(Shortened { content: content.into(), size, font, colour })
}

struct Shortened {
    content: String,
    size: f32,
    font: Font,
    colour: Option<Color>,
}

#[derive(Default)]
struct State {
    /// What `paragraph` was made for.
    made_for: Option<(String, f32, f32, Font)>,
    paragraph: Paragraph,
}

impl Shortened {
    fn paragraph(&self, content: &str) -> Paragraph {
        Paragraph::with_text(text::Text {
            content,
            bounds: Size::INFINITE,
            size: Pixels(self.size),
            line_height: text::LineHeight::Relative(super::LINE_HEIGHT),
            font: self.font,
            align_x: text::Alignment::Default,
            align_y: iced::alignment::Vertical::Top,
            shaping: text::Shaping::Advanced,
            wrapping: text::Wrapping::None,
        })
    }

    /// The longest beginning that fits, with its `…`.
    fn fit(&self, width: f32) -> Paragraph {
        let whole = self.paragraph(&self.content);
        if whole.min_width() <= width {
            return whole;
        }
        // Text is composed (NFC) everywhere here: a letter and its marks are one `char`.
        let cuts: Vec<usize> = self.content.char_indices().map(|(at, _)| at).collect();
        let (mut fits, mut too_long) = (0, cuts.len());
        let mut best = self.paragraph("…");
        while fits + 1 < too_long {
            let middle = usize::midpoint(fits, too_long);
            let end = cuts.get(middle).copied().unwrap_or_default();
            let beginning = self.content.get(..end).unwrap_or_default().trim_end();
            let tried = self.paragraph(&format!("{beginning}…"));
            if tried.min_width() <= width {
                fits = middle;
                best = tried;
            } else {
                too_long = middle;
            }
        }
        best
    }
}

impl<Message> Widget<Message, Theme, Renderer> for Shortened {
    fn tag(&self) -> tree::Tag {
        tree::Tag::of::<State>()
    }

    fn state(&self) -> tree::State {
        tree::State::new(State::default())
    }

    fn size(&self) -> Size<Length> {
        Size { width: Length::Fill, height: Length::Shrink }
    }

    fn layout(&mut self, tree: &mut Tree, _: &Renderer, limits: &layout::Limits) -> layout::Node {
        let width = limits.max().width;
        let state = tree.state.downcast_mut::<State>();
        let same = state.made_for.as_ref().is_some_and(|(content, at, size, font)| {
            *content == self.content && *at == width && *size == self.size && *font == self.font
        });
        if !same {
            state.paragraph = self.fit(width);
            state.made_for = Some((self.content.clone(), width, self.size, self.font));
        }
        let height = state.paragraph.min_height();
        layout::Node::new(limits.resolve(Length::Fill, Length::Shrink, Size::new(width, height)))
    }

    fn operate(
        &mut self,
        _: &mut Tree,
        layout: Layout<'_>,
        _: &Renderer,
        operation: &mut dyn Operation,
    ) {
        // Whoever looks for a text finds the whole of it.
        operation.text(None, layout.bounds(), &self.content);
    }

    fn draw(
        &self,
        tree: &Tree,
        renderer: &mut Renderer,
        _: &Theme,
        style: &renderer::Style,
        layout: Layout<'_>,
        _: mouse::Cursor,
        viewport: &Rectangle,
    ) {
        use text::Renderer as _;
        let state = tree.state.downcast_ref::<State>();
        let colour = self.colour.unwrap_or(style.text_color);
        renderer.fill_paragraph(&state.paragraph, layout.position(), colour, *viewport);
    }
}

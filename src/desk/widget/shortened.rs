//! One line of text that ends in `…` where there is no room for all of it.
//!
//! iced 0.14 cuts text at the edge, in the middle of a letter. This measures, and keeps
//! what it found for as long as text and width stay the same.

use std::ops::Range;

use iced::advanced::layout::{self, Layout};
use iced::advanced::text::{self, Paragraph as _};
use iced::advanced::widget::{Operation, Tree, Widget, tree};
use iced::advanced::{mouse, renderer};
use iced::{Color, Font, Length, Pixels, Rectangle, Renderer, Size, Theme};

use super::Element;
use crate::desk::theme;

type Paragraph = <Renderer as text::Renderer>::Paragraph;

/// One line, as wide as there is room.
pub fn shortened<'a, Message: 'a>(
    content: impl Into<String>,
    size: f32,
    font: Font,
    colour: Option<Color>,
) -> Element<'a, Message> {
    emphasised(content, Vec::new(), size, font, colour)
}

/// The same with pieces of it in bold, as ranges of its bytes: what was searched for.
pub fn emphasised<'a, Message: 'a>(
    content: impl Into<String>,
    marks: Vec<Range<usize>>,
    size: f32,
    font: Font,
    colour: Option<Color>,
) -> Element<'a, Message> {
    Element::new(Shortened { content: content.into(), marks, size, font, colour })
}

struct Shortened {
    content: String,
    marks: Vec<Range<usize>>,
    size: f32,
    font: Font,
    colour: Option<Color>,
}

/// Text, what is marked in it, width, size and typeface.
type MadeFor = (String, Vec<Range<usize>>, f32, f32, Font);

#[derive(Default)]
struct State {
    /// What `paragraph` was made for.
    made_for: Option<MadeFor>,
    paragraph: Paragraph,
}

impl Shortened {
    /// `content` is the beginning of the whole.
    fn paragraph(&self, content: &str) -> Paragraph {
        if self.marks.is_empty() {
            return Paragraph::with_text(self.set(content));
        }
        let mut spans: Vec<text::Span<'_, (), Font>> = Vec::new();
        let mut at = 0;
        for mark in &self.marks {
            let (start, end) = (mark.start.min(content.len()), mark.end.min(content.len()));
            let (Some(before), Some(marked)) = (content.get(at..start), content.get(start..end))
            else {
                continue;
            };
            spans.push(text::Span::new(before));
            spans.push(text::Span::new(marked).font(theme::BOLD).color(theme::ACCENT_DARK));
            at = end;
        }
        spans.push(text::Span::new(content.get(at..).unwrap_or_default()));
        Paragraph::with_spans(self.set(spans.as_slice()))
    }

    fn set<T>(&self, content: T) -> text::Text<T, Font> {
        text::Text {
            content,
            bounds: Size::INFINITE,
            size: Pixels(self.size),
            line_height: text::LineHeight::Relative(super::LINE_HEIGHT),
            font: self.font,
            align_x: text::Alignment::Default,
            align_y: iced::alignment::Vertical::Top,
            shaping: text::Shaping::Advanced,
            wrapping: text::Wrapping::None,
        }
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
        let same = state.made_for.as_ref().is_some_and(|(content, marks, at, size, font)| {
            *content == self.content
                && *marks == self.marks
                && *at == width
                && *size == self.size
                && *font == self.font
        });
        if !same {
            state.paragraph = self.fit(width);
            let marks = self.marks.clone();
            state.made_for = Some((self.content.clone(), marks, width, self.size, self.font));
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

//! The window without a display: its widgets laid out for a given size, real key presses
//! and clicks, and the tasks that come of them run to their ends.

use std::borrow::Cow;
use std::time::{Duration, Instant};

use futures::StreamExt;
use futures::stream::{BoxStream, SelectAll};
use iced::advanced::clipboard;
use iced::advanced::graphics::text::font_system;
use iced::advanced::widget::operation::Focusable;
use iced::advanced::widget::{Id, Operation};
use iced::keyboard::key::{Code, Named, Physical};
use iced::keyboard::{self, Key, Location, Modifiers};
use iced::mouse::{self, Cursor};
use iced::{Event, Pixels, Point, Rectangle, Size, Task, event, window};
use iced_runtime::user_interface::{Cache, UserInterface};
use iced_runtime::{Action, task};
use vanthu::desk::settings::Settings;
use vanthu::desk::widget::icon;
use vanthu::desk::{App, Message, Start, heard, theme};

/// As long as anything in these tests may take; a failure waits so long.
const PATIENCE: Duration = Duration::from_secs(10);

pub struct Stage {
    pub app: App,
    size: Size,
    cache: Cache,
    renderer: iced::Renderer,
    tasks: SelectAll<BoxStream<'static, Action<Message>>>,
    window: window::Id,
    /// The window has asked to go.
    pub gone: bool,
    runtime: tokio::runtime::Runtime,
}

/// Every text on the screen, with where it is.
#[derive(Default)]
struct Texts(Vec<(String, Rectangle)>);

impl Operation for Texts {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn text(&mut self, _: Option<&Id>, bounds: Rectangle, text: &str) {
        self.0.push((text.to_owned(), bounds));
    }
}

/// Whether the field of this name has the keyboard.
struct Focused(Id, bool);

impl Operation for Focused {
    fn traverse(&mut self, operate: &mut dyn FnMut(&mut dyn Operation)) {
        operate(self);
    }

    fn focusable(&mut self, id: Option<&Id>, _: Rectangle, state: &mut dyn Focusable) {
        self.1 |= id == Some(&self.0) && state.is_focused();
    }
}

impl Stage {
    pub fn new(start: Start, width: f32, height: f32) -> Self {
        for bytes in [theme::REGULAR_BYTES, theme::BOLD_BYTES, icon::BYTES] {
            font_system().write().unwrap().load_font(Cow::Borrowed(bytes));
        }
        let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
        let renderer = iced::Renderer::new(theme::REGULAR, Pixels(16.0));
        let (app, boot) = App::new(start, Settings::default());
        let mut stage = Self {
            app,
            size: Size::new(width, height),
            cache: Cache::new(),
            renderer,
            tasks: SelectAll::new(),
            window: window::Id::unique(),
            gone: false,
            runtime,
        };
        stage.take(boot);
        stage.event(Event::Window(window::Event::RedrawRequested(Instant::now())));
        stage
    }

    /// Runs what has been begun until `done`, or for as long as anybody would wait.
    pub fn until(&mut self, what: &str, mut done: impl FnMut(&mut Self) -> bool) {
        let end = Instant::now() + PATIENCE;
        while !done(self) {
            assert!(Instant::now() < end, "waited in vain for {what}; seen: {:#?}", self.texts());
            self.turn(Duration::from_millis(20));
        }
    }

    /// Waits until this can be read on the screen.
    pub fn until_seen(&mut self, words: &str) {
        self.until(words, |stage| stage.sees(words));
    }

    /// Lets answers come in for a while, for what must *not* happen.
    pub fn let_pass(&mut self, time: Duration) {
        let end = Instant::now() + time;
        while Instant::now() < end {
            self.turn(Duration::from_millis(10));
        }
    }

    pub fn sees(&mut self, words: &str) -> bool {
        self.texts().iter().any(|text| text.contains(words))
    }

    pub fn texts(&mut self) -> Vec<String> {
        self.placed_texts().into_iter().map(|(text, _)| text).collect()
    }

    /// Where a text is, whole.
    pub fn place_of(&mut self, words: &str) -> Option<Rectangle> {
        let texts = self.placed_texts();
        texts.into_iter().find(|(text, _)| text == words).map(|(_, bounds)| bounds)
    }

    fn placed_texts(&mut self) -> Vec<(String, Rectangle)> {
        let mut texts = Texts::default();
        self.with_ui(|ui, renderer| ui.operate(renderer, &mut texts));
        texts.0
    }

    pub fn focused(&mut self, field: &'static str) -> bool {
        let mut focused = Focused(Id::new(field), false);
        self.with_ui(|ui, renderer| ui.operate(renderer, &mut focused));
        focused.1
    }

    pub fn press(&mut self, key: Named) {
        self.key(Key::Named(key), Modifiers::empty(), None);
    }

    pub fn press_with(&mut self, modifiers: Modifiers, key: Named) {
        self.key(Key::Named(key), modifiers, None);
    }

    pub fn letter(&mut self, letter: char) {
        let key = Key::Character(letter.to_string().into());
        self.key(key, Modifiers::empty(), Some(letter));
    }

    pub fn ctrl(&mut self, letter: char) {
        self.key(Key::Character(letter.to_string().into()), Modifiers::CTRL, None);
    }

    pub fn alt(&mut self, letter: char) {
        // As systems send it: a field that heard of it would write the letter.
        self.key(Key::Character(letter.to_string().into()), Modifiers::ALT, Some(letter));
    }

    /// Types as UniKey and its like do: characters, whatever they are.
    pub fn type_text(&mut self, text: &str) {
        for letter in text.chars() {
            self.letter(letter);
        }
    }

    pub fn click(&mut self, words: &str) {
        let Some(place) = self.place_of(words) else {
            panic!("«{words}» is not on the screen: {:#?}", self.texts())
        };
        self.click_at(place.center());
    }

    pub fn click_at(&mut self, at: Point) {
        self.event_at(Event::Mouse(mouse::Event::CursorMoved { position: at }), at);
        self.event_at(Event::Mouse(mouse::Event::ButtonPressed(mouse::Button::Left)), at);
        self.event_at(Event::Mouse(mouse::Event::ButtonReleased(mouse::Button::Left)), at);
    }

    pub fn event(&mut self, event: Event) {
        self.handle(event, Cursor::Unavailable);
    }

    fn event_at(&mut self, event: Event, at: Point) {
        self.handle(event, Cursor::Available(at));
    }

    pub fn send(&mut self, message: Message) {
        let task = self.app.update(message);
        self.take(task);
    }

    fn key(&mut self, key: Key, modifiers: Modifiers, letter: Option<char>) {
        self.event(Event::Keyboard(keyboard::Event::ModifiersChanged(modifiers)));
        self.event(Event::Keyboard(keyboard::Event::KeyPressed {
            modified_key: key.clone(),
            key,
            physical_key: Physical::Code(Code::F24),
            location: Location::Standard,
            modifiers,
            text: letter.map(|letter| letter.to_string().into()),
            repeat: false,
        }));
        self.event(Event::Keyboard(keyboard::Event::ModifiersChanged(Modifiers::empty())));
    }

    fn handle(&mut self, event: Event, cursor: Cursor) {
        let mut messages = Vec::new();
        let statuses = self.with_ui(|ui, renderer| {
            let mut clipboard = clipboard::Null;
            let events = std::slice::from_ref(&event);
            ui.update(events, cursor, renderer, &mut clipboard, &mut messages).1
        });
        let status = statuses.first().copied().unwrap_or(event::Status::Ignored);
        messages.extend(heard(event, status, self.window));
        for message in messages {
            self.send(message);
        }
        // Focus and the like is given before the next key arrives.
        self.turn(Duration::ZERO);
    }

    fn take(&mut self, task: Task<Message>) {
        if let Some(stream) = task::into_stream(task) {
            self.tasks.push(stream);
        }
    }

    /// Takes in whatever has been answered, waiting at most so long for the first.
    fn turn(&mut self, wait: Duration) {
        let mut wait = wait;
        loop {
            let tasks = &mut self.tasks;
            let next = self.runtime.block_on(async {
                if tasks.is_empty() {
                    tokio::time::sleep(wait).await;
                    return None;
                }
                tokio::time::timeout(wait, tasks.next()).await.ok().flatten()
            });
            let Some(action) = next else { break };
            wait = Duration::ZERO;
            self.act(action);
        }
        self.with_ui(|ui, renderer| {
            let redraw = Event::Window(window::Event::RedrawRequested(Instant::now()));
            let mut clipboard = clipboard::Null;
            let mut messages = Vec::new();
            let _ =
                ui.update(&[redraw], Cursor::Unavailable, renderer, &mut clipboard, &mut messages);
            messages
        })
        .into_iter()
        .for_each(|message| self.send(message));
    }

    fn act(&mut self, action: Action<Message>) {
        match action {
            Action::Output(message) => self.send(message),
            Action::Widget(operation) => {
                let mut next = Some(operation);
                while let Some(mut operation) = next.take() {
                    self.with_ui(|ui, renderer| ui.operate(renderer, operation.as_mut()));
                    if let iced::advanced::widget::operation::Outcome::Chain(chained) =
                        operation.finish()
                    {
                        next = Some(chained);
                    }
                }
            }
            Action::Exit => self.gone = true,
            _ => {}
        }
    }

    fn with_ui<T>(
        &mut self,
        f: impl FnOnce(
            &mut UserInterface<'_, Message, iced::Theme, iced::Renderer>,
            &mut iced::Renderer,
        ) -> T,
    ) -> T {
        let cache = std::mem::take(&mut self.cache);
        let mut ui = UserInterface::build(self.app.view(), self.size, cache, &mut self.renderer);
        let value = f(&mut ui, &mut self.renderer);
        self.cache = ui.into_cache();
        value
    }
}

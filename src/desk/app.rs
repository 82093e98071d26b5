//! The root: which screen is shown, what the window hears, and how it ends.

use std::panic::{self, AssertUnwindSafe};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::Mutex;
use std::time::Instant;

use futures::stream::BoxStream;
use iced::event::{self, Event, Status};
use iced::{Size, Subscription, Task, keyboard, window};

use super::Start;
use super::door::Doorkeeper;
use super::easel::Easel;
use super::instance::Call;
use super::keys::{self, Command};
use super::screen::{blocked, login, main};
use super::settings::{SMALLEST, Settings};
use super::theme;
use super::widget::tabbing::tabbing;
use super::widget::{Element, icon};
use crate::domain::problem::{Blame, Kind, Problem};
use crate::i18n::{Lang, set_language};
use crate::t;

/// The window's whole state.
#[derive(Debug)]
pub struct App {
    data_dir: PathBuf,
    user: String,
    doorkeeper: Arc<dyn Doorkeeper>,
    easel: Arc<dyn Easel>,
    demonstration: bool,
    settings: Settings,
    screen: Screen,
    window: Option<window::Id>,
    /// The person wants to leave; the window goes when the work has ended.
    closing: bool,
    /// Until the first frame has been seen.
    began: Option<Instant>,
    scale: f32,
}

#[derive(Debug)]
enum Screen {
    Blocked(blocked::Blocked),
    Login(login::Login),
    Main(Box<main::Main>),
}

#[derive(Debug, Clone)]
pub enum Message {
    Blocked(blocked::Message),
    Login(login::Message),
    Main(main::Message),
    /// A shortcut was pressed.
    Key(Command),
    Opened(window::Id),
    Resized(Size),
    Scaled(f32),
    Dropped(PathBuf),
    CloseAsked(window::Id),
    /// Another process asks something of the window.
    Called(Call),
    FirstFrame,
}

/// Opens the window and runs until it is closed. `calls` tells what other processes ask.
///
/// Fails where no window can be opened. iced itself panics there, and a panic while the
/// window runs ends it as well: both become a problem that can be said.
pub fn run(start: Start, calls: BoxStream<'static, Call>) -> Result<(), Problem> {
    need_display()?;
    let ran = panic::catch_unwind(AssertUnwindSafe(|| open(start, calls)));
    match ran {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(no_display(error)),
        Err(_) => Err(Problem::new("desk-broken-window", Kind::Unavailable, Blame::Environment)
            .because("the window's thread panicked")),
    }
}

/// On Linux, fails if there is nothing to open a window on; elsewhere there always is.
pub fn need_display() -> Result<(), Problem> {
    let named = |name| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    let there = !cfg!(target_os = "linux")
        || ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "DISPLAY"].into_iter().any(named);
    if there { Ok(()) } else { Err(no_display("no display is named in the environment")) }
}

fn no_display(cause: impl std::fmt::Display) -> Problem {
    Problem::new("desk-no-display", Kind::Unavailable, Blame::Environment).because(cause)
}

fn open(start: Start, calls: BoxStream<'static, Call>) -> iced::Result {
    let settings = Settings::load(&start.data_dir);
    set_language(start.lang.unwrap_or_else(|| settings.lang()));
    let size = Size::new(settings.width, settings.height);
    let calls = Mutex::new(Some(calls));
    let boot = move || {
        let (app, task) = App::new(start.clone(), settings.clone());
        // There is one window and one boot; a second would hear of no calls.
        let calls = calls.lock().ok().and_then(|mut calls| calls.take());
        let calls = match calls {
            Some(calls) => Task::run(calls, Message::Called),
            None => Task::none(),
        };
        (app, Task::batch([task, calls]))
    };
    iced::application(boot, App::update, App::view)
        .title(App::title)
        .subscription(App::subscription)
        .theme(theme::theme())
        .default_font(theme::REGULAR)
        .font(theme::REGULAR_BYTES)
        .font(theme::BOLD_BYTES)
        .font(icon::BYTES)
        .window(window::Settings {
            size,
            min_size: Some(Size::new(SMALLEST.0, SMALLEST.1)),
            exit_on_close_request: false,
            platform_specific: platform(),
            ..window::Settings::default()
        })
        .run()
}

impl App {
    pub fn new(start: Start, settings: Settings) -> (Self, Task<Message>) {
        let (screen, task) = match start.obstacle {
            Some(problem) => {
                let (screen, task) = blocked::Blocked::new(problem);
                (Screen::Blocked(screen), task.map(Message::Blocked))
            }
            None => login_screen(&start.data_dir, &start.user, start.demonstration),
        };
        let app = Self {
            data_dir: start.data_dir,
            user: start.user,
            doorkeeper: start.doorkeeper,
            easel: start.easel,
            demonstration: start.demonstration,
            settings,
            screen,
            window: None,
            closing: false,
            began: Some(start.began),
            scale: 1.0,
        };
        (app, task)
    }

    pub fn title(&self) -> String {
        let title = match &self.screen {
            Screen::Main(main) => main.title(),
            Screen::Blocked(_) | Screen::Login(_) => t!("desk-title"),
        };
        if self.is_demonstration() { t!("desk-title-demonstration", title = title) } else { title }
    }

    fn is_demonstration(&self) -> bool {
        match &self.screen {
            Screen::Main(main) => main.is_demonstration(),
            Screen::Blocked(_) | Screen::Login(_) => self.demonstration,
        }
    }

    pub fn subscription(&self) -> Subscription<Message> {
        let screen = match &self.screen {
            Screen::Main(main) => main.subscription().map(Message::Main),
            Screen::Blocked(_) | Screen::Login(_) => Subscription::none(),
        };
        let first_frame = match self.began {
            Some(_) => event::listen_raw(drawn),
            None => Subscription::none(),
        };
        Subscription::batch([event::listen_with(heard), first_frame, screen])
    }

    pub fn update(&mut self, message: Message) -> Task<Message> {
        match message {
            Message::Blocked(message) => match self.screen_blocked(message) {
                Some(blocked::Action::Quit) => self.close(),
                None => Task::none(),
            },
            Message::Login(message) => {
                let Screen::Login(login) = &mut self.screen else { return Task::none() };
                let action = login.update(message, &self.doorkeeper);
                self.login(action)
            }
            Message::Main(message) => {
                let Screen::Main(main) = &mut self.screen else { return Task::none() };
                let action = main.update(message);
                self.main(action)
            }
            Message::Key(command) => match &mut self.screen {
                Screen::Login(login) => {
                    let action = login.command(command, &self.doorkeeper);
                    self.login(action)
                }
                Screen::Main(main) => {
                    let action = main.command(command);
                    self.main(action)
                }
                Screen::Blocked(_) => Task::none(),
            },
            Message::Opened(id) => {
                self.window = Some(id);
                window::scale_factor(id).map(Message::Scaled)
            }
            Message::Resized(size) => {
                self.settings.width = size.width;
                self.settings.height = size.height;
                Task::none()
            }
            Message::Scaled(scale) => {
                self.scale = scale;
                self.rescale()
            }
            Message::Dropped(path) => {
                let Screen::Main(main) = &mut self.screen else { return Task::none() };
                let action = main.dropped(path);
                self.main(action)
            }
            Message::CloseAsked(_) => self.close(),
            Message::Called(Call::Raise) => match self.window {
                Some(id) => {
                    tracing::info!("started once more: this window comes to the front");
                    Task::batch([
                        window::minimize(id, false),
                        window::gain_focus(id),
                        window::request_user_attention(
                            id,
                            Some(window::UserAttention::Informational),
                        ),
                    ])
                }
                None => Task::none(),
            },
            Message::Called(Call::Leave) => {
                tracing::info!("the demonstration has ended");
                self.close()
            }
            Message::FirstFrame => {
                if let Some(began) = self.began.take() {
                    tracing::info!("first frame after {} ms", began.elapsed().as_millis());
                }
                Task::none()
            }
        }
    }

    fn screen_blocked(&mut self, message: blocked::Message) -> Option<blocked::Action> {
        match &mut self.screen {
            Screen::Blocked(blocked) => Some(blocked.update(message)),
            Screen::Login(_) | Screen::Main(_) => None,
        }
    }

    fn login(&mut self, action: login::Action) -> Task<Message> {
        match action {
            login::Action::None => Task::none(),
            login::Action::Run(task) => task.map(Message::Login),
            login::Action::Language(lang) => self.speak(lang),
            login::Action::Enter(door) => {
                self.user.clone_from(&door.session().user);
                tracing::info!(user = self.user, "signed in");
                let (main, task) =
                    main::Main::new(door, Arc::clone(&self.easel), self.demonstration);
                self.screen = Screen::Main(Box::new(main));
                Task::batch([task.map(Message::Main), self.rescale()])
            }
        }
    }

    fn main(&mut self, action: main::Action) -> Task<Message> {
        let task = match action {
            main::Action::None => Task::none(),
            main::Action::Run(task) => task.map(Message::Main),
            main::Action::Language(lang) => self.speak(lang),
            main::Action::LogOut => {
                tracing::info!(user = self.user, "signed out");
                let (screen, task) = login_screen(&self.data_dir, &self.user, self.demonstration);
                self.screen = screen;
                task
            }
        };
        // The window was to go when the work had ended.
        if self.closing && !self.is_busy() {
            return self.close();
        }
        task
    }

    fn speak(&mut self, lang: Lang) -> Task<Message> {
        set_language(lang);
        self.settings.language = lang.tag().to_owned();
        Task::none()
    }

    fn rescale(&mut self) -> Task<Message> {
        let Screen::Main(main) = &mut self.screen else { return Task::none() };
        match main.scaled(self.scale) {
            main::Action::Run(task) => task.map(Message::Main),
            _ => Task::none(),
        }
    }

    fn is_busy(&self) -> bool {
        matches!(&self.screen, Screen::Main(main) if main.is_busy())
    }

    /// Leaves, once what the office has begun has ended. A second wish leaves at once: a
    /// server that does not answer must not keep anybody at the office.
    fn close(&mut self) -> Task<Message> {
        if let Screen::Main(main) = &mut self.screen
            && main.is_busy()
            && !self.closing
        {
            self.closing = true;
            return main.say_closing().map(Message::Main);
        }
        self.settings.save(&self.data_dir);
        iced::exit()
    }

    pub fn view(&self) -> Element<'_, Message> {
        tabbing(match &self.screen {
            Screen::Blocked(screen) => screen.view().map(Message::Blocked),
            Screen::Login(screen) => screen.view().map(Message::Login),
            Screen::Main(screen) => screen.view().map(Message::Main),
        })
    }
}

/// The name under which window managers, taskbars and scripts know the window.
#[cfg(target_os = "linux")]
fn platform() -> window::settings::PlatformSpecific {
    window::settings::PlatformSpecific {
        application_id: "vanthu".to_owned(),
        ..window::settings::PlatformSpecific::default()
    }
}

#[cfg(not(target_os = "linux"))]
fn platform() -> window::settings::PlatformSpecific {
    window::settings::PlatformSpecific::default()
}

fn login_screen(
    data_dir: &std::path::Path,
    user: &str,
    demonstration: bool,
) -> (Screen, Task<Message>) {
    let (login, task) = login::Login::new(data_dir.to_owned(), user.to_owned(), demonstration);
    (Screen::Login(login), task.map(Message::Login))
}

/// What the window hears, and whether a control has taken it: keys that a field has taken
/// are left to it.
pub fn heard(event: Event, status: Status, id: window::Id) -> Option<Message> {
    match event {
        Event::Keyboard(keyboard::Event::KeyPressed { key, physical_key, modifiers, .. }) => {
            let command = keys::command(&key, physical_key, modifiers)?;
            let free = status == Status::Ignored || command.while_typing();
            free.then_some(Message::Key(command))
        }
        Event::Window(window::Event::Opened { .. }) => Some(Message::Opened(id)),
        Event::Window(window::Event::Resized(size)) => Some(Message::Resized(size)),
        Event::Window(window::Event::Rescaled(scale)) => Some(Message::Scaled(scale)),
        Event::Window(window::Event::CloseRequested) => Some(Message::CloseAsked(id)),
        Event::Window(window::Event::FileDropped(path)) => Some(Message::Dropped(path)),
        _ => None,
    }
}

/// A frame has been asked for: the answer to it comes back after it was drawn.
fn drawn(event: Event, _: Status, _: window::Id) -> Option<Message> {
    matches!(event, Event::Window(window::Event::RedrawRequested(_))).then_some(Message::FirstFrame)
}

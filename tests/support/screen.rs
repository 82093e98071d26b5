//! A display of one's own, and the real window on it: keys and mouse go in through xdotool,
//! what is to be seen comes out as pictures.
//!
//! Nothing here waits for a fixed time: everything is looked for until it is there, and a
//! test fails where it does not come. Pictures are for people; what a test claims is read
//! from the log and, once the window has let the folder go, from `vanthuctl`.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::cell::{Cell, RefCell};
use std::io::{BufRead, BufReader};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use x11rb::connection::Connection;
use x11rb::protocol::Event;
use x11rb::protocol::xproto::{
    AtomEnum, ChangeWindowAttributesAux, ClientMessageEvent, ConnectionExt, EventMask, ImageFormat,
};
use x11rb::rust_connection::RustConnection;

pub const WIDTH: u16 = 1366;
pub const HEIGHT: u16 = 768;

/// For what a person would wait for without a thought, on a machine that has much to do.
pub const SOON: Duration = Duration::from_secs(30);
/// Nothing has moved, and no thread of the window wanted to run, for this long: less than a
/// cursor rests between two blinks.
const STILL: Duration = Duration::from_millis(220);
/// Whatever has not changed for so long is not about to.
const LONG: Duration = Duration::from_millis(2000);
/// A blinking cursor, and nothing else, changes fewer pixels than this.
const BLINK: usize = 100;
/// A dialog, another queue, a page: changes more than this.
const MUCH: usize = 3_000;

/// What the program runs to ask for a file where the desktop has no dialog of its own.
const CHOOSER: &str = "#!/bin/sh
cd \"$(dirname \"$0\")\" && cat chosen && rm chosen
";

/// Looks until `there` answers.
#[track_caller]
pub fn until<T>(what: &str, patience: Duration, mut there: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(answer) = there() {
            return answer;
        }
        assert!(began.elapsed() < patience, "{what}: not within {patience:?}");
        sleep(Duration::from_millis(30));
    }
}

/// An X server without a window manager, 1366x768, and the folder of its pictures.
pub struct Display {
    server: Child,
    name: String,
    connection: RustConnection,
    root: u32,
    shots: PathBuf,
    taken: Cell<u32>,
    /// Holds what stands in for the desktop's dialog that asks for a file's place.
    chooser: tempfile::TempDir,
    /// Windows that asked a window manager to bring them to the front.
    raised: RefCell<Vec<u32>>,
}

impl Display {
    /// `area` names the folder of the pictures under `target/screenshots`.
    pub fn start(area: &str) -> Self {
        let size = format!("{WIDTH}x{HEIGHT}x24");
        let mut server = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb is installed");
        let mut number = String::new();
        let mut output = BufReader::new(server.stdout.take().unwrap());
        output.read_line(&mut number).unwrap();
        let name = format!(":{}", number.trim());
        let (connection, screen) = x11rb::connect(Some(&name)).expect("Xvfb answers");
        let root = connection.setup().roots[screen].root;
        let listen = ChangeWindowAttributesAux::new().event_mask(EventMask::SUBSTRUCTURE_NOTIFY);
        connection.change_window_attributes(root, &listen).unwrap().check().unwrap();

        lay_out_vietnamese(&connection);

        let target = Path::new(env!("CARGO_TARGET_TMPDIR")).parent().unwrap();
        let shots = target.join("screenshots").join(area);
        drop(std::fs::remove_dir_all(&shots));
        std::fs::create_dir_all(&shots).unwrap();
        let (taken, raised) = (Cell::new(0), RefCell::default());
        let chooser = tempfile::tempdir().unwrap();
        let zenity = chooser.path().join("zenity");
        std::fs::write(&zenity, CHOOSER).unwrap();
        std::fs::set_permissions(&zenity, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { server, name, connection, root, shots, taken, chooser, raised }
    }

    /// Whoever is asked for a file or its place next answers with this one; without an answer
    /// the question is called off.
    pub fn will_choose(&self, path: &Path) {
        std::fs::write(self.chooser.path().join("chosen"), path.to_str().unwrap()).unwrap();
    }

    /// `vanthu` with `words`, told to appear here and to draw without a graphics card.
    pub fn program(&self, words: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_vanthu"));
        let mut path = self.chooser.path().as_os_str().to_owned();
        path.push(":");
        path.push(std::env::var_os("PATH").unwrap_or_default());
        command
            .args(words)
            .env("PATH", path)
            // No desktop's own dialog: it could not be answered.
            .env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent")
            .env("DISPLAY", &self.name)
            .env_remove("WAYLAND_DISPLAY")
            .env("ICED_BACKEND", "tiny-skia")
            .env("VANTHU_LOG", "warn,vanthu=info,vanthu::desk::work=debug");
        command
    }

    /// Opens the office in `data_dir` and gives its window the keyboard.
    pub fn open(&self, data_dir: &Path, user: &str) -> Window<'_> {
        let (dir, log) = (data_dir.to_str().unwrap(), Log::of(data_dir));
        let child = self.program(&["--data-dir", dir, "--user", user]).spawn().unwrap();
        let window = self.window_of(child, log, SOON);
        window.says("first frame");
        window.focus();
        window
    }

    /// The window that `child` opens, once it is there.
    pub fn window_of(&self, mut child: Child, log: Log, patience: Duration) -> Window<'_> {
        let id = until("the window", patience, || {
            if let Some(status) = child.try_wait().unwrap() {
                panic!("vanthu ended before its window opened: {status}");
            }
            self.windows().first().copied()
        });
        let process = self.xdotool(&["getwindowpid", &id.to_string()]).trim().parse();
        let process = process.expect("the window names its process");
        Window { display: self, child, id, process, log: RefCell::new(log) }
    }

    /// The windows of `vanthu` that can be seen.
    pub fn windows(&self) -> Vec<u32> {
        let found = self.xdotool(&["search", "--onlyvisible", "--class", "vanthu"]);
        found.lines().filter_map(|line| line.parse().ok()).collect()
    }

    pub fn xdotool(&self, words: &[&str]) -> String {
        let output = Command::new("xdotool")
            .args(words)
            .env("DISPLAY", &self.name)
            .output()
            .expect("xdotool is installed");
        // A search that finds nothing fails, and says so with nothing.
        String::from_utf8(output.stdout).unwrap()
    }

    /// The whole screen, 4 bytes a pixel: blue, green, red, nothing.
    fn look(&self) -> Vec<u8> {
        self.connection
            .get_image(ImageFormat::Z_PIXMAP, self.root, 0, 0, WIDTH, HEIGHT, u32::MAX)
            .unwrap()
            .reply()
            .unwrap()
            .data
    }

    /// The screen once it has come to rest while nothing is at work behind it. A program that
    /// draws a cursor on a busy machine always wants to run: a picture that stays the same for
    /// long is at rest all the same.
    #[track_caller]
    fn at_rest(&self, at_work: impl Fn() -> bool, wants_to_run: impl Fn() -> bool) -> Vec<u8> {
        let mut last = self.look();
        let (mut still, mut idle) = (Instant::now(), Instant::now());
        until("the screen at rest", SOON, || {
            let now = self.look();
            if differing(&last, &now) > BLINK || at_work() {
                still = Instant::now();
                last = now;
            }
            if wants_to_run() {
                idle = Instant::now();
            }
            let rests = still.elapsed() > STILL && idle.elapsed() > STILL;
            (rests || still.elapsed() > LONG).then(|| last.clone())
        })
    }

    /// Keeps a picture, numbered in order. It must show something.
    #[track_caller]
    fn keep(&self, step: &str, picture: &[u8]) {
        self.taken.set(self.taken.get() + 1);
        let path = self.shots.join(format!("{:02}-{step}.png", self.taken.get()));
        let rgb: Vec<u8> =
            picture.chunks_exact(4).flat_map(|pixel| [pixel[2], pixel[1], pixel[0]]).collect();
        let spread = spread(&rgb);
        image::RgbImage::from_raw(WIDTH.into(), HEIGHT.into(), rgb).unwrap().save(&path).unwrap();
        assert!(spread > 8.0, "{} is nearly blank: {spread:.1}", path.display());
    }

    /// Whether a window has asked to be brought to the front since the last question.
    pub fn was_raised(&self, window: u32) -> bool {
        let wanted = self.atom("_NET_ACTIVE_WINDOW");
        let mut raised = self.raised.borrow_mut();
        while let Some(event) = self.connection.poll_for_event().unwrap() {
            if let Event::ClientMessage(message) = event
                && message.type_ == wanted
            {
                raised.push(message.window);
            }
        }
        let was = raised.contains(&window);
        raised.clear();
        was
    }

    fn atom(&self, name: &str) -> u32 {
        self.connection.intern_atom(false, name.as_bytes()).unwrap().reply().unwrap().atom
    }
}

impl Drop for Display {
    fn drop(&mut self) {
        drop(self.server.kill());
        drop(self.server.wait());
    }
}

/// Gives every Vietnamese letter a key. xdotool would lay out a spare key anew for each
/// letter that it types, and on a busy machine the program hears of some too late.
fn lay_out_vietnamese(connection: &RustConnection) {
    const LETTERS: &str = "àáảãạăằắẳẵặâầấẩẫậđèéẻẽẹêềếểễệìíỉĩịòóỏõọôồốổỗộơờớởỡợùúủũụưừứửữựỳýỷỹỵ";
    let setup = connection.setup();
    let (first, last) = (setup.min_keycode, setup.max_keycode);
    let keys = connection.get_keyboard_mapping(first, last - first + 1).unwrap().reply().unwrap();
    let keysym = |letter: char| match u32::from(letter) {
        latin @ ..0x100 => latin,
        other => 0x0100_0000 | other,
    };
    // Keys without a meaning, and those for loudness, brightness and the like.
    let spare = (first..=last)
        .zip(keys.keysyms.chunks_exact(keys.keysyms_per_keycode.into()))
        .filter(|(_, meanings)| matches!(meanings[0], 0 | 0x1008_FE00..=0x1008_FFFF))
        .map(|(key, _)| key);
    let mut given = 0;
    for (key, letter) in spare.zip(LETTERS.chars()) {
        let upper = letter.to_uppercase().next().unwrap();
        let meanings = [keysym(letter), keysym(upper)];
        connection.change_keyboard_mapping(1, key, 2, &meanings).unwrap().check().unwrap();
        given += 1;
    }
    assert_eq!(given, LETTERS.chars().count(), "the keyboard has too few keys to spare");
}

/// Pixels that are not alike.
fn differing(one: &[u8], other: &[u8]) -> usize {
    one.chunks_exact(4).zip(other.chunks_exact(4)).filter(|(a, b)| a[..3] != b[..3]).count()
}

/// Standard deviation of all samples: 0 where everything has one colour.
fn spread(samples: &[u8]) -> f64 {
    let count = samples.len() as f64;
    let mean = samples.iter().map(|s| f64::from(*s)).sum::<f64>() / count;
    let variance = samples.iter().map(|s| (f64::from(*s) - mean).powi(2)).sum::<f64>() / count;
    variance.sqrt()
}

/// Whether a thread of the process runs, or would if the machine had time for it: what it has
/// heard is not all on the screen yet.
fn wants_to_run(process: u32) -> bool {
    let Ok(threads) = std::fs::read_dir(format!("/proc/{process}/task")) else { return false };
    threads.flatten().any(|thread| {
        let stat = std::fs::read_to_string(thread.path().join("stat")).unwrap_or_default();
        // The state stands behind the name, which is in parentheses and may hold any.
        let state = stat.rsplit_once(')').map_or("", |(_, rest)| rest.trim_start());
        state.starts_with(['R', 'D'])
    })
}

/// One window of the program, and the process behind it.
pub struct Window<'a> {
    display: &'a Display,
    child: Child,
    id: u32,
    /// The one that draws it.
    process: u32,
    log: RefCell<Log>,
}

impl Window<'_> {
    pub fn id(&self) -> u32 {
        self.id
    }

    /// The process of the window (or of the demonstration that opened it).
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Gives it the keyboard; there is no window manager that would.
    pub fn focus(&self) {
        let id = self.id.to_string();
        self.display.xdotool(&["windowfocus", "--sync", &id]);
    }

    pub fn title(&self) -> String {
        let name = self.display.atom("_NET_WM_NAME");
        let connection = &self.display.connection;
        let reply = connection
            .get_property(false, self.id, name, AtomEnum::ANY, 0, 1024)
            .unwrap()
            .reply()
            .unwrap();
        String::from_utf8(reply.value).unwrap()
    }

    #[track_caller]
    pub fn until_title(&self, title: &str) {
        until(&format!("the title «{title}»"), SOON, || (self.title() == title).then_some(()));
    }

    /// Presses keys, one after the other, named as xdotool names them.
    pub fn keys(&self, keys: &[&str]) {
        let mut words = vec!["key", "--clearmodifiers", "--delay", "30"];
        words.extend(keys);
        self.display.xdotool(&words);
    }

    /// Types text as a quick keyboard would.
    pub fn text(&self, text: &str) {
        self.display.xdotool(&["type", "--clearmodifiers", "--delay", "20", text]);
    }

    /// The left button at a place of the screen.
    pub fn click(&self, x: u16, y: u16) {
        let (x, y) = (x.to_string(), y.to_string());
        self.display.xdotool(&["mousemove", "--sync", &x, &y, "click", "1"]);
    }

    /// Draws with the left button from one place to another.
    pub fn drag(&self, (x, y): (u16, u16), (to_x, to_y): (u16, u16)) {
        let [x, y, to_x, to_y] = [x, y, to_x, to_y].map(|at| at.to_string());
        self.display.xdotool(&["mousemove", "--sync", &x, &y, "mousedown", "1"]);
        self.display.xdotool(&["mousemove", "--sync", &to_x, &to_y, "mouseup", "1"]);
    }

    /// Does something that changes much of the picture, and waits until it has.
    #[track_caller]
    pub fn changes(&self, what: &str, act: impl FnOnce()) {
        let before = self.at_rest();
        act();
        until(what, SOON, || (differing(&before, &self.display.look()) > MUCH).then_some(()));
        self.at_rest();
    }

    /// The same for something small, where no cursor blinks.
    #[track_caller]
    pub fn stirs(&self, what: &str, act: impl FnOnce()) {
        let before = self.at_rest();
        act();
        until(what, SOON, || (differing(&before, &self.display.look()) > BLINK).then_some(()));
    }

    /// Waits for the next line of the log that holds `words`.
    #[track_caller]
    pub fn says(&self, words: &str) -> String {
        self.log.borrow_mut().next(words)
    }

    #[track_caller]
    pub fn shot(&self, step: &str) {
        self.display.keep(step, &self.at_rest());
    }

    #[track_caller]
    fn at_rest(&self) -> Vec<u8> {
        self.display.at_rest(|| self.log.borrow().at_work(), || wants_to_run(self.process))
    }

    /// Signs in at a login that has the user's name already.
    #[track_caller]
    pub fn sign_in(&self, password: &str) {
        self.text(password);
        self.keys(&["Return"]);
        self.says("signed in");
        self.at_rest();
    }

    /// Signs out, and in as somebody else.
    #[track_caller]
    pub fn become_user(&self, user: &str, password: &str) {
        self.changes("the login", || self.keys(&["ctrl+l"]));
        self.keys(&["shift+Tab", "ctrl+a"]);
        self.text(user);
        self.keys(&["Tab"]);
        self.sign_in(password);
    }

    /// Closes the window as a click on its cross does, and waits for the end of the program.
    #[track_caller]
    pub fn close(mut self) -> ExitStatus {
        let protocols = self.display.atom("WM_PROTOCOLS");
        let delete = self.display.atom("WM_DELETE_WINDOW");
        let message = ClientMessageEvent::new(32, self.id, protocols, [delete, 0, 0, 0, 0]);
        let connection = &self.display.connection;
        connection.send_event(false, self.id, EventMask::NO_EVENT, message).unwrap();
        connection.flush().unwrap();
        until("the end of the program", SOON, || self.child.try_wait().unwrap())
    }
}

impl Drop for Window<'_> {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// The program's log, read onwards.
pub struct Log {
    folder: PathBuf,
    began: usize,
    read: usize,
}

impl Log {
    /// The log of an office, from here on.
    pub fn of(data_dir: &Path) -> Self {
        let log = Self { folder: data_dir.join("logs"), began: 0, read: 0 };
        let began = log.text().len();
        Self { began, read: began, ..log }
    }

    fn text(&self) -> String {
        let Ok(entries) = std::fs::read_dir(&self.folder) else { return String::new() };
        let mut files: Vec<PathBuf> =
            entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        files.iter().filter_map(|file| std::fs::read_to_string(file).ok()).collect()
    }

    /// Whether the office is asked something that it has not answered yet.
    fn at_work(&self) -> bool {
        let text = self.text();
        let since = text.get(self.began..).unwrap_or_default();
        since.matches("a call begins").count() > since.matches("a call ends").count()
    }

    /// The next line with `words`, waited for; lines before it are passed over.
    #[track_caller]
    pub fn next(&mut self, words: &str) -> String {
        let began = Instant::now();
        loop {
            let text = self.text();
            let rest = text.get(self.read..).unwrap_or_default();
            let mut at = self.read;
            for line in rest.split_inclusive('\n').filter(|line| line.ends_with('\n')) {
                at += line.len();
                if line.contains(words) {
                    self.read = at;
                    return line.to_owned();
                }
            }
            assert!(began.elapsed() < SOON, "the log does not say «{words}»:\n{rest}");
            sleep(Duration::from_millis(30));
        }
    }
}

//! Pages as pictures and as text, by pdfium.
//!
//! pdfium is not made for several threads. One thread, named `pdfium`, loads the library and
//! owns every open document; everybody else holds handles that send it requests and wait for
//! the answers. The thread lives as long as the program, because the library can be loaded
//! only once; [`Renderer::start`] gives out handles to the same thread.
//!
//! Pictures are kept in a cache that is bounded in bytes and that handles read without
//! waiting for the thread. A window that scrolls past a page drops its interest with
//! [`Cancel`], and the thread skips what nobody waits for any more.
//!
//! The library is looked for in the file or folder that `VANTHU_PDFIUM` names, beside the
//! program, in a folder `.pdfium` in a parent of the program or of the current folder
//! (development), and where the system keeps its libraries.

mod cache;
mod worker;

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{self, Sender};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use cache::{Cache, Key};
use worker::{Request, Shared};

use super::ink::Ink;
use super::structure::{Reader, Source};
use super::text::PageText;
use super::{PdfError, Rect};

/// Bytes of pictures that are kept: about eight A4 pages at 144 dots per inch.
pub const CACHE_BYTES: usize = 64 << 20;
/// Pixels of one picture; larger scales are reduced to this (A4 at 400 dots per inch).
pub const MAX_PIXELS: u32 = 16 << 20;
/// Bytes of a file that is opened for display.
pub const MAX_FILE: u64 = 512 << 20;
/// Pages of a file that is opened for display.
pub const MAX_PAGES: u32 = 20_000;

/// A handle to the thread that owns pdfium. Cheap to clone, usable from every thread.
#[derive(Debug, Clone)]
pub struct Renderer {
    shared: Arc<Shared>,
}

/// A page as a picture: eight bits each of red, green, blue and alpha, from the top left.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bitmap {
    pub width: u32,
    pub height: u32,
    pub rgba: Arc<[u8]>,
}

/// Width and height of a page in points, as it is shown (rotation applied).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PageSize {
    pub width: f32,
    pub height: f32,
}

/// How a page's user space lies on the page as it is shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Geometry {
    /// The part of user space that is shown.
    pub visible: Rect,
    /// `/Rotate`: 0, 90, 180 or 270 degrees clockwise.
    pub rotation: u16,
}

/// Interest in a picture, which may be lost before it is drawn. Clones share it.
#[derive(Debug, Clone, Default)]
pub struct Cancel(Arc<AtomicBool>);

/// An open document. Clones share it; the last one that is dropped closes it.
#[derive(Debug, Clone)]
pub struct RenderedDocument {
    inner: Arc<Open>,
}

#[derive(Debug)]
struct Open {
    shared: Arc<Shared>,
    id: u64,
    pages: Vec<PageSize>,
    encrypted: bool,
}

impl Renderer {
    /// Loads pdfium, or gives another handle if it is loaded already.
    ///
    /// Fails with [`PdfError::NoRenderer`], which names the files that were tried. May be
    /// tried again, for example after the library was installed.
    pub fn start() -> Result<Self, PdfError> {
        static STARTED: Mutex<Option<Renderer>> = Mutex::new(None);
        let mut started = STARTED.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(renderer) = &*started {
            return Ok(renderer.clone());
        }
        let (requests, inbox) = mpsc::channel();
        let (version_sender, version) = mpsc::channel();
        let candidates = candidates();
        std::thread::Builder::new()
            .name("pdfium".into())
            .spawn(move || worker::run(&candidates, &version_sender, &inbox))
            .map_err(|e| PdfError::NoRenderer(e.to_string()))?;
        let version = version.recv().map_err(|_| ended())??;
        let renderer = Self { shared: Arc::new(Shared::new(requests, version)) };
        *started = Some(renderer.clone());
        Ok(renderer)
    }

    /// Which library is used: its file and, where `packaging/fetch-pdfium` brought it, the
    /// version of the package.
    pub fn version(&self) -> &str {
        &self.shared.version
    }

    /// Opens a document. The bytes are shared, not copied.
    pub fn open(&self, bytes: Arc<[u8]>) -> Result<RenderedDocument, PdfError> {
        self.open_reader(Reader::of(bytes))
    }

    /// Opens a document of which not all need be in memory.
    pub fn open_source(&self, source: &Source) -> Result<RenderedDocument, PdfError> {
        self.open_reader(source.reader())
    }

    fn open_reader(&self, reader: Reader) -> Result<RenderedDocument, PdfError> {
        let size = reader.size() as u64;
        if size == 0 {
            return Err(PdfError::Empty);
        }
        if size > MAX_FILE {
            return Err(PdfError::TooLarge { size, limit: MAX_FILE });
        }
        tracing::trace!(target: super::OPENING, rendered = size);
        let id = self.shared.fresh_id();
        let opened = self.shared.ask(|answer| Request::Open { id, reader, answer })?;
        Ok(RenderedDocument {
            inner: Arc::new(Open {
                shared: Arc::clone(&self.shared),
                id,
                pages: opened.pages,
                encrypted: opened.encrypted,
            }),
        })
    }
}

impl RenderedDocument {
    /// Sizes of all pages, in points, as shown.
    pub fn pages(&self) -> &[PageSize] {
        &self.inner.pages
    }

    /// Whether the file is encrypted although it opens without a password. Such a file can
    /// be shown but not signed.
    pub fn is_encrypted(&self) -> bool {
        self.inner.encrypted
    }

    /// Draws a page (counted from 0), with annotations and signature appearances. The scale
    /// is reduced where the picture would have more than [`MAX_PIXELS`].
    pub fn page(&self, index: u32, pixels_per_point: f32) -> Result<Bitmap, PdfError> {
        self.page_unless(index, pixels_per_point, &Cancel::default())?.ok_or_else(ended)
    }

    /// Like [`Self::page`], but gives `None` if `cancel` comes before the drawing begins.
    pub fn page_unless(
        &self,
        index: u32,
        pixels_per_point: f32,
        cancel: &Cancel,
    ) -> Result<Option<Bitmap>, PdfError> {
        let page = self.size(index)?;
        let (width, height) = pixels(page, pixels_per_point);
        let key = Key { document: self.inner.id, page: index, width, height };
        let shared = &self.inner.shared;
        if let Some(bitmap) = shared.cache().get(&key) {
            return Ok(Some(bitmap));
        }
        let cancel = cancel.clone();
        let drawn = shared.ask(|answer| Request::Page { key, cancel, answer })?;
        if let Some(bitmap) = &drawn {
            shared.cache().put(key, bitmap.clone());
        }
        Ok(drawn)
    }

    /// The characters of a page (counted from 0) in its user space.
    pub fn text(&self, index: u32) -> Result<PageText, PdfError> {
        self.size(index)?;
        let document = self.inner.id;
        self.inner.shared.ask(|answer| Request::Text { document, page: index, answer })
    }

    /// Everything that is printed on a page (counted from 0), in its user space: characters
    /// with their typefaces, and what lines are drawn.
    pub fn ink(&self, index: u32) -> Result<Ink, PdfError> {
        self.size(index)?;
        let document = self.inner.id;
        self.inner.shared.ask(|answer| Request::Ink { document, page: index, answer })
    }

    /// How the user space of a page lies on the page as shown.
    pub fn geometry(&self, index: u32) -> Result<Geometry, PdfError> {
        self.size(index)?;
        let document = self.inner.id;
        self.inner.shared.ask(|answer| Request::Geometry { document, page: index, answer })
    }

    fn size(&self, index: u32) -> Result<PageSize, PdfError> {
        let pages = &self.inner.pages;
        pages.get(index as usize).copied().ok_or(PdfError::NoSuchPage {
            page: index.saturating_add(1),
            pages: pages.len() as u32,
        })
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.shared.cache().forget(self.id);
        self.shared.tell(Request::Close { document: self.id });
    }
}

impl Cancel {
    pub fn new() -> Self {
        Self::default()
    }

    /// From now on nobody waits for the picture.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

impl Geometry {
    /// A rectangle of user space on the page as shown: points, origin at the **top left**,
    /// y downwards.
    pub fn to_shown(&self, rect: Rect) -> Rect {
        let v = self.visible;
        let (left, bottom) = (rect.x - v.x, rect.y - v.y);
        let (right, top) = (v.right() - rect.right(), v.top() - rect.top());
        match self.rotation {
            90 => Rect::new(bottom, left, rect.height, rect.width),
            180 => Rect::new(right, bottom, rect.width, rect.height),
            270 => Rect::new(top, right, rect.height, rect.width),
            _ => Rect::new(left, top, rect.width, rect.height),
        }
    }

    /// The inverse of [`Self::to_shown`]: from the page as shown to user space.
    pub fn to_user(&self, shown: Rect) -> Rect {
        let v = self.visible;
        let (x, y, w, h) = (shown.x, shown.y, shown.width, shown.height);
        match self.rotation {
            90 => Rect::new(v.x + y, v.y + x, h, w),
            180 => Rect::new(v.right() - x - w, v.y + y, w, h),
            270 => Rect::new(v.right() - y - h, v.top() - x - w, h, w),
            _ => Rect::new(v.x + x, v.top() - y - h, w, h),
        }
    }
}

/// Pixels of a page at a scale, at least one, never more than [`MAX_PIXELS`] in all.
fn pixels(page: PageSize, pixels_per_point: f32) -> (u32, u32) {
    let scale = if pixels_per_point.is_finite() { pixels_per_point.max(0.0) } else { 1.0 };
    let side = |points: f32| (f64::from(points) * f64::from(scale)).max(1.0);
    let (mut width, mut height) = (side(page.width), side(page.height));
    let excess = width * height / f64::from(MAX_PIXELS);
    if excess > 1.0 {
        width /= excess.sqrt();
        height /= excess.sqrt();
    }
    // A page that is all length keeps its length within the limit and one pixel of breadth.
    let whole = |side: f64| (side.round().max(1.0) as u32).min(MAX_PIXELS);
    let (width, height) = (whole(width), whole(height));
    (width.min(MAX_PIXELS / height), height)
}

/// No file may hold up the caller for ever.
const PATIENCE: Duration = Duration::from_secs(120);

fn ended() -> PdfError {
    PdfError::NoRenderer("the pdfium thread has ended".into())
}

/// Where the library may be, in the order of trial; an empty path stands for the system.
fn candidates() -> Vec<PathBuf> {
    let name = library_name();
    let program = std::env::current_exe().ok();
    let beside = program.as_deref().and_then(Path::parent).map(Path::to_path_buf);
    let mut found: Vec<PathBuf> = beside.iter().map(|folder| folder.join(name)).collect();
    for start in beside.into_iter().chain(std::env::current_dir().ok()) {
        found.extend(start.ancestors().map(|folder| folder.join(".pdfium").join(name)));
    }
    found.retain(|path| path.is_file());
    // What was asked for is tried, and named in the error, even if it is not there.
    let given = std::env::var_os("VANTHU_PDFIUM").filter(|given| !given.is_empty());
    let given = given.map(PathBuf::from).map(|given| match given.is_dir() {
        true => given.join(name),
        false => given,
    });
    given.into_iter().chain(found).chain([PathBuf::new()]).collect()
}

const fn library_name() -> &'static str {
    if cfg!(windows) {
        "pdfium.dll"
    } else if cfg!(target_os = "macos") {
        "libpdfium.dylib"
    } else {
        "libpdfium.so"
    }
}

type Answer<T> = Sender<Result<T, PdfError>>;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_page_has_at_least_one_pixel_and_never_too_many() {
        let a4 = PageSize { width: 595.0, height: 842.0 };
        assert_eq!(pixels(a4, 2.0), (1190, 1684));
        assert_eq!(pixels(a4, 0.0), (1, 1));
        assert_eq!(pixels(a4, f32::NAN), (595, 842));
        let (width, height) = pixels(a4, 1e6);
        assert!(u64::from(width) * u64::from(height) <= u64::from(MAX_PIXELS));
        assert!((f64::from(height) / f64::from(width) - 842.0 / 595.0).abs() < 0.01);
    }

    #[test]
    fn handles_may_go_to_every_thread() {
        fn shared<T: Clone + Send + Sync + 'static>() {}
        shared::<Renderer>();
        shared::<RenderedDocument>();
        shared::<Bitmap>();
        shared::<Cancel>();
    }

    proptest! {
        #[test]
        fn no_size_breaks_the_bound(w in any::<f32>(), h in any::<f32>(), scale in any::<f32>()) {
            let (width, height) = pixels(PageSize { width: w, height: h }, scale);
            prop_assert!(width >= 1 && height >= 1);
            prop_assert!(u64::from(width) * u64::from(height) <= u64::from(MAX_PIXELS));
        }

        #[test]
        fn to_user_undoes_to_shown(
            turn in 0u16..4, x in 0f32..500.0, y in 0f32..700.0, w in 1f32..90.0, h in 1f32..90.0,
        ) {
            let geometry =
                Geometry { visible: Rect::new(10.0, -20.0, 600.0, 800.0), rotation: turn * 90 };
            let rect = Rect::new(x, y, w, h);
            let back = geometry.to_user(geometry.to_shown(rect));
            for (a, b) in [(back.x, x), (back.y, y), (back.width, w), (back.height, h)] {
                prop_assert!((a - b).abs() < 0.01, "{back:?} {rect:?}");
            }
        }
    }
}

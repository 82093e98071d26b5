//! The thread that owns pdfium, and the channel to it.

use std::collections::HashMap;
use std::io::{Read, Seek};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{self, Receiver, RecvTimeoutError, Sender};
use std::sync::{Mutex, MutexGuard, PoisonError};

use pdfium_render::prelude::{
    PdfBitmap, PdfBitmapFormat, PdfColor, PdfDocument, PdfPage, PdfPageObjectCommon,
    PdfPageObjectType, PdfPageObjectsCommon, PdfPageRenderRotation, PdfPageTextChar,
    PdfRenderConfig, PdfSecurityHandlerRevision, Pdfium, PdfiumError, PdfiumInternalError,
};
use unicode_normalization::char::is_combining_mark;

use super::{
    Answer, Bitmap, CACHE_BYTES, Cache, Cancel, Geometry, Key, MAX_PAGES, PATIENCE, PageSize, ended,
};
use crate::pdf::ink::{Ink, Typeface};
use crate::pdf::structure::Reader;
use crate::pdf::text::{Glyph, PageText};
use crate::pdf::{PdfError, Rect};

/// What the thread is asked to do.
pub(super) enum Request {
    Open { id: u64, reader: Reader, answer: Answer<Opened> },
    Page { key: Key, cancel: Cancel, answer: Answer<Option<Bitmap>> },
    Text { document: u64, page: u32, answer: Answer<PageText> },
    Ink { document: u64, page: u32, answer: Answer<Ink> },
    Geometry { document: u64, page: u32, answer: Answer<Geometry> },
    Close { document: u64 },
}

/// What is known of a document once it is open.
pub(super) struct Opened {
    pub pages: Vec<PageSize>,
    pub encrypted: bool,
}

/// What all handles share.
#[derive(Debug)]
pub(super) struct Shared {
    requests: Mutex<Sender<Request>>,
    cache: Mutex<Cache>,
    next_id: AtomicU64,
    pub version: String,
}

impl Shared {
    pub fn new(requests: Sender<Request>, version: String) -> Self {
        Self {
            requests: Mutex::new(requests),
            cache: Mutex::new(Cache::new(CACHE_BYTES)),
            next_id: AtomicU64::new(1),
            version,
        }
    }

    pub fn fresh_id(&self) -> u64 {
        self.next_id.fetch_add(1, Ordering::Relaxed)
    }

    pub fn cache(&self) -> MutexGuard<'_, Cache> {
        self.cache.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub fn tell(&self, request: Request) {
        let requests = self.requests.lock().unwrap_or_else(PoisonError::into_inner);
        // A thread that has ended has nothing to close any more.
        let _ = requests.send(request);
    }

    /// Sends a request and waits for its answer.
    pub fn ask<T>(&self, request: impl FnOnce(Answer<T>) -> Request) -> Result<T, PdfError> {
        let (answer, answers) = mpsc::channel();
        self.tell(request(answer));
        answers.recv_timeout(PATIENCE).map_err(|e| match e {
            RecvTimeoutError::Disconnected => ended(),
            RecvTimeoutError::Timeout => PdfError::Damaged("pdfium does not come to an end".into()),
        })?
    }
}

type Documents = HashMap<u64, PdfDocument<'static>>;

/// Loads the library, says which, and serves until every handle is gone.
pub(super) fn run(
    candidates: &[PathBuf],
    loaded: &Sender<Result<String, PdfError>>,
    inbox: &Receiver<Request>,
) {
    let (pdfium, version) = match load(candidates) {
        Ok(found) => found,
        Err(error) => {
            let _ = loaded.send(Err(error));
            return;
        }
    };
    // Open documents borrow the library; it stays as long as the program anyway.
    let pdfium: &'static Pdfium = Box::leak(Box::new(pdfium));
    let _ = loaded.send(Ok(version));
    let mut documents = Documents::new();
    while let Ok(request) = inbox.recv() {
        serve(pdfium, &mut documents, request);
    }
}

/// The first library that loads, and its file.
fn load(candidates: &[PathBuf]) -> Result<(Pdfium, String), PdfError> {
    let mut tried = Vec::new();
    for path in candidates {
        let (library, name) = if path.as_os_str().is_empty() {
            (Pdfium::bind_to_system_library(), "(system library)".to_owned())
        } else {
            (Pdfium::bind_to_library(path), path.display().to_string())
        };
        match library {
            Ok(bindings) => {
                tracing::debug!(library = name, "pdfium is loaded");
                let version = std::fs::read_to_string(format!("{name}.version"))
                    .map(|version| format!("pypdfium2 {} ({name})", version.trim()));
                return Ok((Pdfium::new(bindings), version.unwrap_or(name)));
            }
            Err(error) => tried.push(format!("{name}: {error:?}")),
        }
    }
    Err(PdfError::NoRenderer(tried.join("; ")))
}

fn serve(pdfium: &'static Pdfium, documents: &mut Documents, request: Request) {
    match request {
        Request::Open { id, reader, answer } => {
            let opened = guarded(|| open(pdfium, reader)).map(|(document, opened)| {
                documents.insert(id, document);
                opened
            });
            if answer.send(opened).is_err() {
                documents.remove(&id);
            }
        }
        Request::Page { key, cancel, answer } => {
            let drawn = if cancel.is_cancelled() {
                Ok(None)
            } else {
                guarded(|| draw(&page(documents, key.document, key.page)?, key)).map(Some)
            };
            let _ = answer.send(drawn);
        }
        Request::Text { document, page: index, answer } => {
            let _ = answer.send(guarded(|| text(&page(documents, document, index)?)));
        }
        Request::Ink { document, page: index, answer } => {
            let _ = answer.send(guarded(|| ink(&page(documents, document, index)?)));
        }
        Request::Geometry { document, page: index, answer } => {
            let _ = answer.send(guarded(|| geometry(&page(documents, document, index)?)));
        }
        Request::Close { document } => {
            documents.remove(&document);
        }
    }
}

/// A panic over one document must not take the thread, and with it all others, along.
fn guarded<T>(work: impl FnOnce() -> Result<T, PdfError>) -> Result<T, PdfError> {
    catch_unwind(AssertUnwindSafe(work))
        .unwrap_or_else(|_| Err(PdfError::Damaged("pdfium gave an impossible answer".into())))
}

fn open(
    pdfium: &'static Pdfium,
    mut reader: Reader,
) -> Result<(PdfDocument<'static>, Opened), PdfError> {
    // ISO 32000-1 annex H: readers accept a header within the first 1024 bytes.
    let mut head = Vec::with_capacity(1024);
    let read = reader.by_ref().take(1024).read_to_end(&mut head).and_then(|_| reader.rewind());
    read.map_err(|error| PdfError::Unreadable(error.to_string()))?;
    if !head.windows(5).any(|window| window == b"%PDF-") {
        return Err(PdfError::NotPdf);
    }
    let document = pdfium.load_pdf_from_reader(reader, None).map_err(told)?;
    let count = u32::try_from(document.pages().len()).unwrap_or(0);
    if count == 0 {
        return Err(PdfError::Damaged("it has no pages".into()));
    }
    if count > MAX_PAGES {
        return Err(PdfError::TooManyPages { pages: count, limit: MAX_PAGES });
    }
    let sizes = document.pages().page_sizes().map_err(told)?;
    let side = |points: f32| if points.is_finite() && points > 0.0 { points } else { 1.0 };
    let pages = sizes
        .iter()
        .map(|size| PageSize { width: side(size.width().value), height: side(size.height().value) })
        .collect();
    // A revision that the binding does not know is encryption too.
    let encrypted = !matches!(
        document.permissions().security_handler_revision(),
        Ok(PdfSecurityHandlerRevision::Unprotected)
    );
    Ok((document, Opened { pages, encrypted }))
}

fn page(documents: &Documents, document: u64, index: u32) -> Result<PdfPage<'_>, PdfError> {
    let document = documents.get(&document).ok_or_else(ended)?;
    let index = i32::try_from(index).map_err(|e| PdfError::Damaged(e.to_string()))?;
    document.pages().get(index).map_err(told)
}

fn draw(page: &PdfPage<'_>, key: Key) -> Result<Bitmap, PdfError> {
    let (width, height) = (key.width as i32, key.height as i32);
    let mut rgba = vec![0u8; key.width as usize * key.height as usize * 4];
    {
        let mut bitmap =
            PdfBitmap::from_bytes(width, height, PdfBitmapFormat::BGRA, &mut rgba).map_err(told)?;
        let config = PdfRenderConfig::new()
            .set_fixed_size(width, height)
            .set_reverse_byte_order(true)
            .clear_before_rendering(true)
            .set_clear_color(PdfColor::WHITE)
            .render_annotations(true)
            .render_form_data(true);
        page.render_into_bitmap_with_config(&mut bitmap, &config).map_err(told)?;
    }
    Ok(Bitmap { width: key.width, height: key.height, rgba: rgba.into() })
}

fn text(page: &PdfPage<'_>) -> Result<PageText, PdfError> {
    let text = page.text().map_err(told)?;
    Ok(PageText::new(text.chars().iter().filter_map(|c| glyph(&c))))
}

/// A character with its place; `None` for one that stands for nothing.
fn glyph(c: &PdfPageTextChar<'_>) -> Option<Glyph> {
    let ch = c.unicode_char().filter(|ch| *ch != '\0')?;
    let bounds = c.loose_bounds().ok();
    let (x, baseline) = c.origin().map_or((0.0, 0.0), |(x, y)| (x.value, y.value));
    let rect = bounds.map_or(Rect::new(x, baseline, 0.0, 0.0), |b| {
        Rect::new(b.left().value, b.bottom().value, b.width().value, b.height().value)
    });
    Some(Glyph { ch, rect, pen: x, baseline, size: size(c), face: 0 })
}

/// Everything that is printed on a page: characters with their typefaces, and paths.
fn ink(page: &PdfPage<'_>) -> Result<Ink, PdfError> {
    let text = page.text().map_err(told)?;
    let mut ink = Ink::default();
    let mut glyphs = Vec::new();
    for c in text.chars().iter() {
        let Some(glyph) = glyph(&c) else { continue };
        let face = ink.face(Typeface::read(
            &c.font_name(),
            c.font_is_bold_reenforced(),
            c.font_is_italic(),
        ));
        if is_combining_mark(glyph.ch) {
            ink.marks.push(glyph.rect);
        }
        glyphs.push(Glyph { face, ..glyph });
    }
    ink.text = PageText::new(glyphs);
    // Drawings and maps have paths without end; what is looked for are a few lines.
    for object in page.objects().iter().take(MAX_OBJECTS) {
        if object.object_type() != PdfPageObjectType::Path {
            continue;
        }
        if let Ok(bounds) = object.bounds() {
            let bounds = bounds.to_rect();
            ink.paths.push(Rect::new(
                bounds.left().value,
                bounds.bottom().value,
                bounds.width().value,
                bounds.height().value,
            ));
        }
    }
    Ok(ink)
}

/// Objects of a page that are looked at for lines.
const MAX_OBJECTS: usize = 20_000;

/// The size in which a character is drawn, whichever way it is turned.
fn size(char: &PdfPageTextChar<'_>) -> f32 {
    let scale = char.matrix().map_or(1.0, |matrix| matrix.c().hypot(matrix.d()));
    (char.unscaled_font_size().value * scale).abs()
}

fn geometry(page: &PdfPage<'_>) -> Result<Geometry, PdfError> {
    let rotation = match page.rotation().map_err(told)? {
        PdfPageRenderRotation::None => 0,
        PdfPageRenderRotation::Degrees90 => 90,
        PdfPageRenderRotation::Degrees180 => 180,
        PdfPageRenderRotation::Degrees270 => 270,
    };
    let bounds = page.boundaries().bounding().map_err(told)?.bounds;
    let visible = Rect::new(
        bounds.left().value,
        bounds.bottom().value,
        bounds.width().value,
        bounds.height().value,
    );
    Ok(Geometry { visible, rotation })
}

fn told(error: PdfiumError) -> PdfError {
    match error {
        PdfiumError::PdfiumLibraryInternalError(
            PdfiumInternalError::PasswordError | PdfiumInternalError::SecurityError,
        ) => PdfError::Encrypted,
        other => PdfError::Damaged(format!("{other:?}")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_library_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let missing = folder.path().join("libpdfium.so");
        let broken = folder.path().join("broken.so");
        std::fs::write(&broken, b"not a library").unwrap();
        let error = load(&[missing.clone(), broken]).map(|_| ()).unwrap_err();
        let PdfError::NoRenderer(tried) = &error else { panic!("{error:?}") };
        assert!(tried.contains(&missing.display().to_string()) && tried.contains("broken.so"));
    }

    #[test]
    fn a_panic_becomes_an_error() {
        let outcome: Result<(), PdfError> = guarded(|| panic!("impossible"));
        assert!(matches!(outcome, Err(PdfError::Damaged(_))));
    }
}

//! The image of a signature or a seal: the one that is kept, or another that was chosen.

use std::path::Path;
use std::sync::Arc;

use bytes::Bytes;
use iced::widget::image::Handle;

use super::super::choose;
use crate::desk::easel::Picture;
use crate::domain::outbound::SignatureKind;
use crate::domain::problem::Problem;
use crate::office::OfficeError;
use crate::office::settings::{ImageWarning, fit_image};
use crate::pdf::appearance::thumbnail;

/// The size of the small picture at most, in pixels.
const SMALL: (u32, u32) = (180, 72);

/// The small picture of an image.
#[derive(Debug, Clone)]
pub struct Drawn(Picture);

impl Drawn {
    pub fn of(png: &[u8]) -> Result<Self, Problem> {
        let (width, height, rgba) = thumbnail(png, SMALL).map_err(|_| OfficeError::ImageNotPng)?;
        Ok(Self(Picture { width, height, rgba: rgba.into() }))
    }

    fn handle(self) -> Handle {
        let Picture { width, height, rgba } = self.0;
        Handle::from_rgba(width, height, Bytes::from_owner(rgba))
    }
}

/// An image that was chosen and can be set.
#[derive(Debug, Clone)]
pub struct Chosen {
    png: Arc<[u8]>,
    drawn: Drawn,
    /// What is not as the regulation wants it but no hindrance.
    warnings: Vec<ImageWarning>,
}

impl Chosen {
    /// Reads a file and looks it over. Blocks.
    pub fn read(path: &Path, kind: SignatureKind) -> Result<Self, Problem> {
        let png = choose::read(path)?;
        let look = fit_image(&png)?;
        let warnings = ImageWarning::of(&look, kind);
        Ok(Self { drawn: Drawn::of(&png)?, png: Arc::from(png.as_slice()), warnings })
    }
}

/// What is to be seen of it on the page.
#[derive(Debug)]
pub struct Image {
    pub picture: Option<Handle>,
    /// Whether one is kept.
    pub is_kept: bool,
    pub warnings: Vec<ImageWarning>,
    /// Why the file that was chosen last cannot be set.
    pub problem: Option<Problem>,
    /// What is to be instead of what is kept.
    instead: Option<Option<Arc<[u8]>>>,
}

impl Image {
    pub fn new(drawn: Option<Drawn>, is_kept: bool) -> Self {
        let picture = drawn.map(Drawn::handle);
        Self { picture, is_kept, warnings: Vec::new(), problem: None, instead: None }
    }

    /// What was chosen instead; what cannot be set leaves what was there.
    pub fn chosen(&mut self, answer: Result<Chosen, Problem>) {
        match answer {
            Ok(Chosen { png, drawn, warnings }) => {
                (self.instead, self.picture) = (Some(Some(png)), Some(drawn.handle()));
                (self.warnings, self.problem) = (warnings, None);
            }
            Err(problem) => self.problem = Some(problem),
        }
    }

    /// No image from now on.
    pub fn removed(&mut self) {
        (self.picture, self.problem) = (None, None);
        self.warnings.clear();
        self.instead = self.is_kept.then_some(None);
    }

    /// Whether there is one, kept or chosen.
    pub fn is_there(&self) -> bool {
        self.instead.as_ref().map_or(self.is_kept, Option::is_some)
    }

    /// What is to be set instead of what is kept; `Some(None)` for none.
    pub fn instead(&self) -> Option<Option<Arc<[u8]>>> {
        self.instead.clone()
    }
}

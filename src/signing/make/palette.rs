//! The colours of what one revision draws.

use lopdf::ObjectId;

use crate::pdf::PdfError;
use crate::pdf::intent::{Colours, Intent, profile};
use crate::pdf::structure::{Source, Update};

/// Reads the file's output intent with the first thing that is drawn, and puts the profile in
/// once: a revision that shows nothing gets neither.
#[derive(Debug, Default)]
pub(super) struct Palette {
    intent: Option<Intent>,
    profile: Option<ObjectId>,
}

impl Palette {
    /// The colours for `source`; the profile that they need is in `update`.
    pub fn colours(
        &mut self,
        update: &mut Update<'_>,
        source: &Source,
    ) -> Result<Colours, PdfError> {
        let intent = *self.intent.get_or_insert_with(|| Intent::of(source));
        if intent == Intent::Rgb {
            return Ok(Colours::default());
        }
        let id = match self.profile {
            Some(id) => id,
            None => {
                let id = update.allocate();
                update.set(id, profile()?);
                *self.profile.insert(id)
            }
        };
        Ok(Colours::by(intent, id))
    }
}

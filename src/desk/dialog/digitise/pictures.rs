//! The pages as pictures: small ones for the list, a large one for the chosen page. One at a
//! time is drawn, and of the small ones so many are kept as a few screens show.

use std::collections::VecDeque;
use std::sync::Arc;

use bytes::Bytes;
use iced::Task;
use iced::widget::image;
use uuid::Uuid;

use crate::desk::door::Door;
use crate::desk::easel::{Easel, Picture};
use crate::domain::paper::SheafPage;
use crate::domain::problem::Problem;

/// Pixels across; the large one for a screen of twice the usual density.
const SMALL: u32 = 120;
const LARGE: u32 = 760;
const KEPT: usize = 60;

/// A page as it is turned now, and whether it is the large picture.
type Key = (Uuid, u8, i16, bool);

#[derive(Debug)]
pub struct Pictures {
    easel: Arc<dyn Easel>,
    /// The oldest first; `None` for a page that cannot be drawn.
    drawn: VecDeque<(Key, Option<image::Handle>)>,
    /// Something is being drawn or looked at.
    busy: bool,
}

#[derive(Debug, Clone)]
pub struct Message(Key, Result<Picture, Problem>);

fn key(page: &SheafPage, large: bool) -> Key {
    // In the list a page is recognised, not measured: the angle is for the large one.
    (page.id, page.quarters, if large { page.tenths } else { 0 }, large)
}

impl Pictures {
    pub fn new(easel: &Arc<dyn Easel>) -> Self {
        Self { easel: Arc::clone(easel), drawn: VecDeque::new(), busy: false }
    }

    fn find(&self, key: Key) -> Option<&Option<image::Handle>> {
        self.drawn.iter().find(|(known, _)| *known == key).map(|(_, handle)| handle)
    }

    /// The picture of a page, whether it is drawn already; `Err` where it cannot be.
    pub fn of(&self, page: &SheafPage, large: bool) -> Result<Option<&image::Handle>, ()> {
        match self.find(key(page, large)) {
            None => Ok(None),
            Some(Some(handle)) => Ok(Some(handle)),
            Some(None) => Err(()),
        }
    }

    pub fn update(&mut self, Message(key, answer): Message) {
        self.busy = false;
        let handle = match answer {
            Ok(Picture { width, height, rgba }) => {
                Some(image::Handle::from_rgba(width, height, Bytes::from_owner(rgba)))
            }
            Err(problem) => {
                tracing::warn!(%problem, "a scanned page was not drawn");
                None
            }
        };
        if key.3 {
            // One large picture at a time.
            self.drawn.retain(|(known, _)| !known.3);
        }
        self.drawn.push_back((key, handle));
        if self.drawn.len() > KEPT {
            self.drawn.pop_front();
        }
    }

    /// Begins to draw what is wanted most: the chosen page large, then what can be seen.
    pub fn next(
        &mut self,
        chosen: Option<&SheafPage>,
        seen: &[SheafPage],
        door: &Arc<dyn Door>,
    ) -> Option<Task<Message>> {
        if self.busy {
            return None;
        }
        let wanted = chosen.map(|page| (page, true)).into_iter();
        let mut wanted = wanted.chain(seen.iter().map(|page| (page, false)));
        let (page, large) = wanted.find(|(page, large)| self.find(key(page, *large)).is_none())?;
        self.busy = true;
        let wanted = key(page, large);
        let page = if large { page.clone() } else { SheafPage { tenths: 0, ..page.clone() } };
        let (door, easel) = (Arc::clone(door), Arc::clone(&self.easel));
        let width = if large { LARGE } else { SMALL };
        let work = crate::desk::ask(move || easel.open(door.sheaf_page(&page)?)?.draw(0, width));
        Some(Task::perform(work, move |answer| Message(wanted, answer)))
    }

    /// Whether there is time to look at a page, which then is being done.
    pub fn begin_look(&mut self) -> bool {
        !std::mem::replace(&mut self.busy, true)
    }

    pub fn looked(&mut self) {
        self.busy = false;
    }
}

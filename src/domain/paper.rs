//! Paper on its way to becoming a document: the sheaf of scanned pages, what a clerk does to
//! it, and what is remembered afterwards.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 6 khoản 2 (Thông tư 01/2019/TT-BNV Điều 6 khoản 2): paper
//! is scanned in colour, at 200 dots per inch or more, as large as it is. The clerk decides
//! what to do about a page that is not; the program says so and remembers it.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use super::document::BlobHash;

/// How much colour a scan can show.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Ink {
    Colour,
    Grey,
    /// Black and white alone.
    Bilevel,
}

/// How a page was scanned.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scan {
    /// Dots per inch, of the coarser direction.
    pub dpi: f32,
    /// The file says so; else it was taken from the shape of the paper.
    pub stated: bool,
    pub ink: Ink,
}

/// One page of a sheaf.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SheafPage {
    pub id: Uuid,
    /// The file that it came in, and which of its pages it is, from 0.
    pub blob: BlobHash,
    pub index: u32,
    /// The file's name, for people.
    pub name: String,
    /// Size of the paper in millimetres, before it is turned.
    pub width_mm: f32,
    pub height_mm: f32,
    /// `None` for a page of a PDF, which may hold anything.
    pub scan: Option<Scan>,
    /// Quarter turns clockwise, 0 to 3.
    #[serde(default)]
    pub quarters: u8,
    /// What makes its lines level: clockwise, in tenths of a degree.
    #[serde(default)]
    pub tenths: i16,
}

/// The furthest that a page is straightened: beyond it was put in askew and is scanned again.
pub const FURTHEST_TENTHS: i16 = 150;

impl SheafPage {
    /// Width and height in millimetres, as it will be shown.
    pub const fn shown_mm(&self) -> (f32, f32) {
        if self.quarters % 2 == 1 {
            (self.height_mm, self.width_mm)
        } else {
            (self.width_mm, self.height_mm)
        }
    }

    /// `A4`, `A3`, `A5`, whichever way it lies; `None` for another size.
    pub fn format(&self) -> Option<&'static str> {
        const TOLERANCE_MM: f32 = 4.0;
        let (short, long) = (self.width_mm.min(self.height_mm), self.width_mm.max(self.height_mm));
        [("A5", 148.0, 210.0), ("A4", 210.0, 297.0), ("A3", 297.0, 420.0)]
            .into_iter()
            .find(|(_, width, height)| {
                (short - width).abs() <= TOLERANCE_MM && (long - height).abs() <= TOLERANCE_MM
            })
            .map(|(name, ..)| name)
    }

    pub fn turn(&mut self, quarters: u8) {
        self.quarters = (self.quarters + quarters % 4) % 4;
    }

    pub fn straighten(&mut self, tenths: i16) {
        self.tenths = tenths.clamp(-FURTHEST_TENTHS, FURTHEST_TENTHS);
    }
}

/// Pages that were scanned and are not a document yet. It is kept in the data folder until
/// it has become one, so that a crash loses no page.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Sheaf {
    pub id: Uuid,
    pub begun: Timestamp,
    /// What the document will be called.
    #[serde(default)]
    pub subject: String,
    pub pages: Vec<SheafPage>,
}

impl Sheaf {
    pub fn begin(now: Timestamp) -> Self {
        Self { id: Uuid::now_v7(), begun: now, subject: String::new(), pages: Vec::new() }
    }

    pub fn place(&self, id: Uuid) -> Option<usize> {
        self.pages.iter().position(|page| page.id == id)
    }

    pub fn page_mut(&mut self, id: Uuid) -> Option<&mut SheafPage> {
        self.pages.iter_mut().find(|page| page.id == id)
    }

    /// Moves a page to stand at `place`; further than the ends is the end.
    pub fn move_to(&mut self, id: Uuid, place: usize) {
        if let Some(from) = self.place(id) {
            let page = self.pages.remove(from);
            self.pages.insert(place.min(self.pages.len()), page);
        }
    }

    pub fn remove(&mut self, ids: &[Uuid]) {
        self.pages.retain(|page| !ids.contains(&page.id));
    }

    /// The files whose bytes the pages are in, each once.
    pub fn blobs(&self) -> Vec<BlobHash> {
        let mut blobs: Vec<_> = self.pages.iter().map(|page| page.blob.clone()).collect();
        blobs.sort();
        blobs.dedup();
        blobs
    }
}

/// A sheaf under a person's hands: what it is, and what it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Workbench {
    sheaf: Sheaf,
    past: Vec<Sheaf>,
    future: Vec<Sheaf>,
}

/// Steps that can be taken back.
const MEMORY: usize = 200;

impl Workbench {
    pub const fn new(sheaf: Sheaf) -> Self {
        Self { sheaf, past: Vec::new(), future: Vec::new() }
    }

    pub const fn sheaf(&self) -> &Sheaf {
        &self.sheaf
    }

    /// Does something to the sheaf that can be taken back. What changes nothing is no step.
    pub fn change(&mut self, deed: impl FnOnce(&mut Sheaf)) -> bool {
        let before = self.sheaf.clone();
        deed(&mut self.sheaf);
        if self.sheaf == before {
            return false;
        }
        self.future.clear();
        self.past.push(before);
        if self.past.len() > MEMORY {
            self.past.remove(0);
        }
        true
    }

    /// Takes in pages that have just been added; the steps before can still be taken back, and
    /// the new pages stay.
    pub fn add(&mut self, pages: &[SheafPage]) {
        let all = self.past.iter_mut().chain(&mut self.future).chain([&mut self.sheaf]);
        for sheaf in all {
            for page in pages {
                if sheaf.place(page.id).is_none() {
                    sheaf.pages.push(page.clone());
                }
            }
        }
    }

    pub fn undo(&mut self) -> bool {
        let Some(before) = self.past.pop() else { return false };
        self.future.push(std::mem::replace(&mut self.sheaf, before));
        true
    }

    pub fn redo(&mut self) -> bool {
        let Some(after) = self.future.pop() else { return false };
        self.past.push(std::mem::replace(&mut self.sheaf, after));
        true
    }

    pub const fn can_undo(&self) -> bool {
        !self.past.is_empty()
    }
}

/// What is not as the regulation wants it. The clerk decides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Remark {
    /// Fewer dots per inch than asked for.
    Coarse,
    /// Not in colour.
    Colourless,
    /// The file does not say how dense it is, so the size of the page is a guess.
    Guessed,
}

impl Remark {
    pub const ALL: [Self; 3] = [Self::Coarse, Self::Colourless, Self::Guessed];

    /// The name in scripts and in the keys of sentences.
    pub const fn key(self) -> &'static str {
        match self {
            Self::Coarse => "coarse",
            Self::Colourless => "colourless",
            Self::Guessed => "guessed",
        }
    }

    /// What there is to remark of a page, where `least_dpi` is asked for and, with `colour`,
    /// colour. Of the pages of a PDF nothing is known.
    pub fn of(page: &SheafPage, least_dpi: f32, colour: bool) -> Vec<Self> {
        // Scanners round: 1653 pixels across 210 mm are 199.9 dots per inch.
        const ROUNDING: f32 = 1.0;
        let Some(scan) = page.scan else { return Vec::new() };
        let mut remarks = Vec::new();
        if scan.dpi + ROUNDING < least_dpi {
            remarks.push(Self::Coarse);
        }
        if colour && scan.ink != Ink::Colour {
            remarks.push(Self::Colourless);
        }
        if !scan.stated {
            remarks.push(Self::Guessed);
        }
        remarks
    }
}

/// That a document came on paper, and how it was digitised.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Paper {
    pub pages: u32,
    /// Who digitised it, and when.
    pub by: String,
    pub digitised_at: Timestamp,
    /// The coarsest page; `None` where no page says.
    pub least_dpi: Option<u32>,
    /// Each with the pages that it is about, from 1.
    pub remarks: Vec<(Remark, Vec<u32>)>,
    /// The organisation's signature on the copy (Thông tư 01/2019/TT-BNV Điều 6 khoản 2 điểm
    /// c); `None` as long as nobody has signed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seal: Option<PaperSeal>,
}

/// Who signed a digitised copy for the organisation, and when.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperSeal {
    pub signer: String,
    pub serial: String,
    pub signed_at: Timestamp,
}

impl Paper {
    /// What is remembered of a sheaf that becomes a document now.
    pub fn of(sheaf: &Sheaf, by: &str, now: Timestamp, least_dpi: f32, colour: bool) -> Self {
        let numbered = || (1_u32..).zip(&sheaf.pages);
        let remarks = Remark::ALL.into_iter().filter_map(|remark| {
            let about: Vec<u32> = numbered()
                .filter(|(_, page)| Remark::of(page, least_dpi, colour).contains(&remark))
                .map(|(number, _)| number)
                .collect();
            (!about.is_empty()).then_some((remark, about))
        });
        let coarsest = sheaf
            .pages
            .iter()
            .filter_map(|page| page.scan.map(|scan| scan.dpi))
            .min_by(f32::total_cmp);
        Self {
            pages: u32::try_from(sheaf.pages.len()).unwrap_or(u32::MAX),
            by: by.to_owned(),
            digitised_at: now,
            least_dpi: coarsest.map(|dpi| dpi.round() as u32),
            remarks: remarks.collect(),
            seal: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn page(name: &str) -> SheafPage {
        SheafPage {
            id: Uuid::now_v7(),
            blob: BlobHash(name.to_owned()),
            index: 0,
            name: name.to_owned(),
            width_mm: 210.0,
            height_mm: 297.0,
            scan: Some(Scan { dpi: 200.0, stated: true, ink: Ink::Colour }),
            quarters: 0,
            tenths: 0,
        }
    }

    fn sheaf(count: usize) -> Sheaf {
        let mut sheaf = Sheaf::begin(Timestamp::UNIX_EPOCH);
        sheaf.pages = (0..count).map(|number| page(&number.to_string())).collect();
        sheaf
    }

    #[test]
    fn sizes_of_paper_are_known_whichever_way_they_lie() {
        let mut page = page("a");
        assert_eq!(page.format(), Some("A4"));
        page.turn(1);
        assert_eq!((page.format(), page.shown_mm()), (Some("A4"), (297.0, 210.0)));
        (page.width_mm, page.height_mm) = (419.0, 296.5);
        assert_eq!(page.format(), Some("A3"));
        page.width_mm = 300.0;
        assert_eq!(page.format(), None);
    }

    #[test]
    fn what_is_not_as_asked_is_remarked_and_nothing_else() {
        let mut sheaf = sheaf(3);
        sheaf.pages[1].scan = Some(Scan { dpi: 150.0, stated: true, ink: Ink::Grey });
        sheaf.pages[2].scan = None;
        let paper = Paper::of(&sheaf, "be", Timestamp::UNIX_EPOCH, 200.0, true);
        assert_eq!(paper.remarks, [(Remark::Coarse, vec![2]), (Remark::Colourless, vec![2])]);
        assert_eq!((paper.pages, paper.least_dpi), (3, Some(150)));
        // The rounding of a scanner is no fault.
        sheaf.pages[1].scan = Some(Scan { dpi: 199.4, stated: true, ink: Ink::Colour });
        assert_eq!(Paper::of(&sheaf, "be", Timestamp::UNIX_EPOCH, 200.0, true).remarks, []);
    }

    #[test]
    fn pages_that_come_in_between_survive_an_undo() {
        let mut bench = Workbench::new(sheaf(2));
        bench.change(|sheaf| sheaf.pages.truncate(1));
        let late = page("muộn");
        bench.add(std::slice::from_ref(&late));
        assert!(bench.undo());
        assert_eq!(bench.sheaf().pages.len(), 3);
        assert!(bench.redo());
        assert_eq!(bench.sheaf().pages.len(), 2);
        assert!(bench.sheaf().place(late.id).is_some());
    }

    #[derive(Debug, Clone)]
    enum Deed {
        Move(usize, usize),
        Turn(usize, u8),
        Straighten(usize, i16),
        Remove(usize),
        Undo,
        Redo,
    }

    fn deeds() -> impl Strategy<Value = Vec<Deed>> {
        let one = prop_oneof![
            (0usize..9, 0usize..12).prop_map(|(from, to)| Deed::Move(from, to)),
            (0usize..9, any::<u8>()).prop_map(|(page, turns)| Deed::Turn(page, turns)),
            (0usize..9, any::<i16>()).prop_map(|(page, tenths)| Deed::Straighten(page, tenths)),
            (0usize..9).prop_map(Deed::Remove),
            Just(Deed::Undo),
            Just(Deed::Redo),
        ];
        proptest::collection::vec(one, 0..40)
    }

    proptest! {
        #[test]
        fn no_page_is_lost_or_made_and_everything_is_taken_back(deeds in deeds()) {
            let begin = sheaf(7);
            let mut bench = Workbench::new(begin.clone());
            for deed in deeds {
                let before = bench.sheaf().clone();
                let id = |place: usize| before.pages.get(place).map(|page| page.id);
                let mut removed = 0;
                match deed {
                    Deed::Move(from, to) => {
                        if let Some(id) = id(from) { bench.change(|sheaf| sheaf.move_to(id, to)); }
                    }
                    Deed::Turn(place, turns) => {
                        if let Some(id) = id(place) {
                            bench.change(|sheaf| if let Some(page) = sheaf.page_mut(id) { page.turn(turns) });
                        }
                    }
                    Deed::Straighten(place, tenths) => {
                        if let Some(id) = id(place) {
                            bench.change(|sheaf| if let Some(page) = sheaf.page_mut(id) { page.straighten(tenths) });
                        }
                    }
                    Deed::Remove(place) => {
                        if let Some(id) = id(place) {
                            bench.change(|sheaf| sheaf.remove(&[id]));
                            removed = 1;
                        }
                    }
                    Deed::Undo => { bench.undo(); continue; }
                    Deed::Redo => { bench.redo(); continue; }
                }
                prop_assert_eq!(bench.sheaf().pages.len(), before.pages.len() - removed);
                let mut known: Vec<_> = before.pages.iter().map(|page| page.id).collect();
                known.retain(|id| bench.sheaf().place(*id).is_some());
                prop_assert_eq!(known.len(), bench.sheaf().pages.len());
                prop_assert!(bench.sheaf().pages.iter().all(|page| page.quarters < 4 && page.tenths.abs() <= FURTHEST_TENTHS));
            }
            while bench.undo() {}
            prop_assert_eq!(bench.sheaf(), &begin);
        }

        #[test]
        fn four_quarter_turns_are_none(start in 0u8..4) {
            let mut page = page("a");
            page.turn(start);
            let before = page.clone();
            for _ in 0..4 { page.turn(1); }
            prop_assert_eq!(page, before);
        }
    }
}

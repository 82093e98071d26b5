//! Paper and files that are brought, in the office in memory.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use uuid::Uuid;
use vanthu::desk::door::{Door, PaperDoor};
use vanthu::domain::document::{BlobHash, DocumentKey};
use vanthu::domain::duplicate::Ground;
use vanthu::domain::inbound::{InboundDocument, InboundState, Registration};
use vanthu::domain::paper::{Ink, Paper, PaperSeal, Scan, Sheaf, SheafPage};
use vanthu::domain::problem::{Blame, Kind, Problem};
use vanthu::office::batch::{Cancel, Made};
use vanthu::office::duplicate::Duplicate;
use vanthu::office::folder::Sweep;
use vanthu::office::scan::{ScannerInfo, Wish};
use vanthu::office::set_up::DeskOrder;
use vanthu::office::sheaf::PageLook;
use vanthu::office::{Imported, SignOrder};

use super::{Books, FakeDoor, FakeKeeper};

/// What the office in memory has of paper.
#[derive(Debug, Default)]
pub struct OnPaper {
    pub sheaf: Option<Sheaf>,
    /// A document, the one it may be, and whether a clerk said why both are registered.
    pub twins: Vec<(DocumentKey, DocumentKey, bool)>,
    pub sweeps: Vec<Sweep>,
    pub watched: Option<PathBuf>,
    pub scanned: Option<PathBuf>,
}

/// A folder that is not there.
pub const NOWHERE: &str = "/khong-co";

impl FakeKeeper {
    /// The watched folder, the scanner's, and whether the system tells of things.
    pub fn desk_settings(&self) -> (Option<PathBuf>, Option<PathBuf>, bool) {
        let books = self.books();
        (books.paper.watched.clone(), books.paper.scanned.clone(), books.gate.notifies)
    }

    /// How many inbound documents stand in a state.
    pub fn standing(&self, state: InboundState) -> usize {
        self.books().inbound.iter().filter(|document| document.state == state).count()
    }

    /// Pages that were left from the last time.
    pub fn leave_pages(&self, names: &[&str]) {
        let mut sheaf = Sheaf::begin(Timestamp::now());
        sheaf.pages = names.iter().map(|name| page(name)).collect();
        self.books().paper.sheaf = Some(sheaf);
    }

    pub fn sheaf(&self) -> Option<Sheaf> {
        self.books().paper.sheaf.clone()
    }

    /// The newest accepted document becomes one that the newest registered one is, too.
    pub fn make_twins(&self) {
        let mut books = self.books();
        let newest = |books: &Books, state| {
            books.inbound.iter().rev().find(|one| one.state == state).map(|one| one.key).unwrap()
        };
        let accepted = newest(&books, InboundState::Accepted);
        let registered = newest(&books, InboundState::Registered);
        books.paper.twins.push((accepted, registered, false));
    }

    /// What the next looks at the watched folder bring.
    pub fn bring_by_folder(&self, sweep: Sweep) {
        self.books().paper.sweeps.push(sweep);
    }
}

impl Books {
    /// Takes other folders for those of the desk: all of them or none.
    pub fn set_up_folders(&mut self, order: &DeskOrder) -> Result<(), Problem> {
        let wanted = [&order.watched, &order.scanned].into_iter().flatten().flatten();
        if wanted.into_iter().any(|folder| folder.starts_with(NOWHERE)) {
            let gone = Problem::new("office-folder-gone", Kind::Unavailable, Blame::Environment);
            return Err(gone.with("folder", NOWHERE));
        }
        let paper = &mut self.paper;
        paper.watched = order.watched.clone().unwrap_or_else(|| paper.watched.take());
        paper.scanned = order.scanned.clone().unwrap_or_else(|| paper.scanned.take());
        Ok(())
    }

    /// Refuses to register what is registered as another.
    pub fn refuse_twin(&self, key: DocumentKey) -> Result<(), Problem> {
        let twin = self.paper.twins.iter().find(|(one, _, allowed)| *one == key && !allowed);
        let first =
            twin.and_then(|(_, first, _)| self.inbound.iter().find(|one| one.key == *first));
        match first.and_then(|first| Some((first, first.registration.as_ref()?))) {
            Some((first, registration)) => {
                Err(Problem::new("office-duplicate-registered", Kind::Refused, Blame::Input)
                    .with("number", registration.arrival_number)
                    .with("date", registration.arrival_date)
                    .with("code", &first.metadata.code))
            }
            None => Ok(()),
        }
    }

    fn arrive_by_hand(&mut self, name: &str) -> DocumentKey {
        let mut document: InboundDocument = self.inbound.first().cloned().unwrap();
        document.key = DocumentKey::fresh();
        document.state = InboundState::Arrived;
        document.metadata.subject = name.to_owned();
        (document.registration, document.assignment, document.paper) = (None, None, None);
        let key = document.key;
        if let Some(sheet) = self.sheets.first().cloned() {
            self.sheets.push(sheet);
        }
        self.inbound.push(document);
        key
    }
}

/// A page by its name: `xám` is grey and coarse, `trắng` empty, `nghiêng` leans.
fn page(name: &str) -> SheafPage {
    let grey = name.contains("xám");
    SheafPage {
        id: Uuid::now_v7(),
        blob: BlobHash(name.to_owned()),
        index: 0,
        name: name.to_owned(),
        width_mm: 210.0,
        height_mm: 297.0,
        scan: Some(Scan {
            dpi: if grey { 150.0 } else { 200.0 },
            stated: true,
            ink: if grey { Ink::Grey } else { Ink::Colour },
        }),
        quarters: 0,
        tenths: 0,
    }
}

fn name_of(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

impl PaperDoor for FakeDoor {
    fn import_file(&self, path: &Path) -> Result<Imported, Problem> {
        let mut books = self.keeper.enter()?;
        let name = name_of(path);
        if name.contains("hỏng") {
            let problem = Problem::new("pdf-damaged", Kind::Unreadable, Blame::Input);
            return Ok(Imported::Quarantined(problem));
        }
        if name.contains("trùng") {
            return Ok(Imported::Duplicate(books.inbound.first().unwrap().key));
        }
        books.deeds.push(format!("import {name}"));
        Ok(Imported::Document(books.arrive_by_hand(&name)))
    }

    fn watched_folder(&self) -> Result<Option<PathBuf>, Problem> {
        let books = self.keeper.enter()?;
        let swept = (!books.paper.sweeps.is_empty()).then(|| PathBuf::from("/nowhere"));
        Ok(books.paper.watched.clone().or(swept))
    }

    fn scanned_folder(&self) -> Result<Option<PathBuf>, Problem> {
        Ok(self.keeper.enter()?.paper.scanned.clone())
    }

    fn sweep(&self, _: &Cancel, _: &mut dyn FnMut(usize, usize)) -> Result<Sweep, Problem> {
        Ok(self.keeper.enter()?.paper.sweeps.pop().unwrap_or_default())
    }

    fn sheaf(&self) -> Result<Option<Sheaf>, Problem> {
        Ok(self.keeper.enter()?.paper.sheaf.clone())
    }

    fn add_file_to_sheaf(&self, path: &Path) -> Result<Vec<SheafPage>, Problem> {
        let mut books = self.keeper.enter()?;
        let name = name_of(path);
        if name.contains("hỏng") {
            return Err(Problem::new("pdf-bad-image", Kind::Unreadable, Blame::Input));
        }
        let pages = vec![page(&name)];
        let sheaf = books.paper.sheaf.get_or_insert_with(|| Sheaf::begin(Timestamp::now()));
        sheaf.pages.extend(pages.clone());
        Ok(pages)
    }

    fn keep_sheaf(&self, sheaf: &Sheaf) -> Result<(), Problem> {
        self.keeper.enter()?.paper.sheaf = Some(sheaf.clone());
        Ok(())
    }

    fn drop_sheaf(&self) -> Result<(), Problem> {
        self.keeper.enter()?.paper.sheaf = None;
        Ok(())
    }

    fn sheaf_page(&self, _: &SheafPage) -> Result<Arc<[u8]>, Problem> {
        drop(self.keeper.enter()?);
        Ok(Arc::from(&b"%PDF-"[..]))
    }

    fn look_at_page(&self, page: &SheafPage) -> Result<PageLook, Problem> {
        drop(self.keeper.enter()?);
        Ok(PageLook {
            blank: page.name.contains("trắng"),
            lean: page.name.contains("nghiêng").then_some(13),
        })
    }

    fn paper_of(&self, sheaf: &Sheaf) -> Paper {
        Paper::of(sheaf, &self.session.user, Timestamp::now(), 200.0, true)
    }

    fn paper_cite(&self) -> String {
        "Thông tư 01/2019/TT-BNV Điều 6 khoản 2".to_owned()
    }

    fn scanners(&self) -> Result<Vec<ScannerInfo>, Problem> {
        let name = "Máy quét tầng 1".to_owned();
        Ok(vec![ScannerInfo { id: "folder".to_owned(), name, heeds: true }])
    }

    fn scan(
        &self,
        _: &str,
        _: Wish,
        progress: &mut dyn FnMut(u32),
        _: &Cancel,
    ) -> Result<Vec<SheafPage>, Problem> {
        let pages = self.add_file_to_sheaf(Path::new("máy quét.jpg"))?;
        progress(1);
        Ok(pages)
    }

    fn digitise(
        &self,
        sheaf: &Sheaf,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<DocumentKey, Problem> {
        let all = u32::try_from(sheaf.pages.len()).unwrap();
        for done in 0..all {
            progress(done, all);
            drop(self.keeper.enter()?);
            if cancel.is_cancelled() {
                let code = "office-digitising-cancelled";
                return Err(Problem::new(code, Kind::Refused, Blame::Input));
            }
        }
        let paper = self.paper_of(sheaf);
        let mut books = self.keeper.enter()?;
        let key = books.arrive_by_hand(&sheaf.subject);
        if let Some(document) = books.inbound.last_mut() {
            document.paper = Some(paper);
        }
        books.paper.sheaf = None;
        books.deeds.push(format!("digitise {all}"));
        Ok(key)
    }

    fn seal_copy(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem> {
        let mut books = self.keeper.enter()?;
        books.present(&order.pin)?;
        let document = books.inbound.iter_mut().find(|one| one.key == key).unwrap();
        let (signer, serial) = ("UBND xã Tân Bình".to_owned(), "01".to_owned());
        if let Some(paper) = &mut document.paper {
            let signed_at = Timestamp::now();
            paper.seal =
                Some(PaperSeal { signer: signer.clone(), serial: serial.clone(), signed_at });
        }
        books.deeds.push("seal copy".to_owned());
        Ok(Made { numbering: None, signer, serial })
    }

    fn duplicates(&self, key: DocumentKey) -> Result<Vec<Duplicate>, Problem> {
        let books = self.keeper.enter()?;
        let twins = books.paper.twins.iter().filter(|(one, ..)| *one == key);
        let found = twins.filter_map(|(_, first, allowed)| {
            let document = books.inbound.iter().find(|one| one.key == *first)?.clone();
            Some(Duplicate { document, grounds: vec![Ground::Code], allowed: *allowed })
        });
        Ok(found.collect())
    }

    fn register_despite(&self, key: DocumentKey, reason: &str) -> Result<Registration, Problem> {
        assert!(!reason.is_empty());
        {
            let mut books = self.keeper.enter()?;
            for (one, _, allowed) in &mut books.paper.twins {
                *allowed |= *one == key;
            }
            books.deeds.push(format!("despite {reason}"));
        }
        self.register(key)
    }
}

/// The fake office is as slow as it is told to be.
pub fn slow(keeper: &FakeKeeper, millis: u32) {
    keeper.troubles.delay.store(millis, Ordering::Relaxed);
}

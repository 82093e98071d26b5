//! Paper becomes an inbound document, and the organisation signs the copy.
//!
//! Quyết định 01/2019/QĐ-UBND Điều 6 khoản 2 (Thông tư 01/2019/TT-BNV Điều 6 khoản 2): what
//! comes on paper is scanned into one PDF and signed by the organisation in the top right
//! corner of the first page. Scanning and signing are two steps: without the token at hand
//! the document is there, visibly unsigned, and is signed later.

use jiff::Timestamp;

use super::batch::{Cancel, Made};
use super::corner::{self, Words};
use super::draft::refuse_secrets;
use super::extract::Field;
use super::gate::{Evidence, Looked};
use super::hand::Work;
use super::opened::Opened;
use super::scanner::refuse_malware;
use super::sheaf::Press;
use super::{Office, OfficeError, SignOrder, duplicate};
use crate::domain::act::SigningAct;
use crate::domain::document::{BlobHash, DocumentKey, FileRef, Metadata};
use crate::domain::inbound::InboundDocument;
use crate::domain::operation::Change;
use crate::domain::outbound::SignatureKind;
use crate::domain::paper::{Paper, PaperSeal, Sheaf};
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::text;
use crate::pdf::import::PaperWriter;
use crate::pdf::structure::Source;
use crate::signing::check::Expectation;

impl Office {
    /// What would be remembered of a sheaf that becomes a document now: its remarks above
    /// all, for the clerk to decide before it does.
    pub fn paper_of(&self, sheaf: &Sheaf) -> Paper {
        let rule = self.profile().digitising();
        let user = &self.session().user;
        Paper::of(sheaf, user, Timestamp::now(), rule.least_dpi, rule.colour)
    }

    /// The pages of files, without a sheaf that is kept: for scripts, which have the files.
    pub fn sheaf_of(&self, files: &[(String, Vec<u8>)]) -> Result<Sheaf, Problem> {
        self.actor(Act::ReceiveInbound)?;
        let mut sheaf = Sheaf::begin(Timestamp::now());
        for (name, bytes) in files {
            sheaf.pages.extend(self.scan_in(name, bytes)?);
        }
        Ok(sheaf)
    }

    /// Makes one inbound document of a sheaf. The sheaf that is kept is let go in the same
    /// transaction, if it is this one; a page is never in neither place.
    ///
    /// `progress` is told how many of how many pages are done. Blocks.
    pub fn digitise(
        &self,
        sheaf: &Sheaf,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<DocumentKey, Problem> {
        let actor = self.actor(Act::ReceiveInbound)?;
        let subject = text::tidy(&sheaf.subject);
        if subject.is_empty() || subject.chars().count() > self.profile().limits().subject {
            return Err(OfficeError::FieldInvalid("subject").into());
        }
        refuse_secrets(&subject)?;
        let pdf = self.bind(sheaf, &subject, progress, cancel)?;
        let pdf: std::sync::Arc<[u8]> = pdf.into();
        let opened = Opened::of(self, &pdf);
        let mut content = opened.content();
        refuse_secrets(&content)?;
        let mut reading = opened.arrival_fields();
        if let Some(reading) = &mut reading {
            refuse_secrets(&reading.recognised_text)?;
            content.push_str(&reading.recognised_text);
            // The clerk has said what it is about.
            reading.proposals.retain(|proposal| proposal.field != Field::Subject);
        }
        let name = format!("{subject}.pdf");
        let scanned = self.scan([(name.as_str(), &*pdf)])?;
        refuse_malware(&scanned)?;
        let file = self.keep_file(&name, "application/pdf", &pdf, true)?;
        let verdict = self.judge_opened(&opened, &Expectation::default())?;
        let paper = self.paper_of(sheaf);
        let key = DocumentKey::fresh();
        let proposed = reading.and_then(|reading| self.proposed_fields(key, &subject, &reading));
        let metadata = Metadata { subject, pages: Some(paper.pages), ..Metadata::default() };
        let gate = self.look(&Evidence {
            metadata: &metadata,
            sender: None,
            verdict: &verdict,
            packet: None,
            files: &[Looked { name: &file.name, file: &opened, main: true }],
            text: &content,
            scanned: &scanned,
        })?;
        let main = file.blob.clone();
        let arrived = Change::InboundArrived {
            key,
            sender: None,
            sender_name: String::new(),
            metadata,
            files: vec![file],
            packet: None,
            arrived_at: paper.digitised_at,
            verdict,
            text: content,
        };
        let (user, sheaf) = (self.session().user.clone(), sheaf.id);
        let _one_at_a_time = self.taking();
        self.store().write(&actor, move |writer| {
            // The same pages in the same order are the same paper.
            if let Some(known) = writer.with_main_file(&main)?.first() {
                return Err(OfficeError::DigitisedAlready(known.to_string()).into());
            }
            writer.append(arrived)?;
            writer.append(Change::InboundGated { key, gate, verdict: None })?;
            writer.append(Change::PaperDigitised { key, paper })?;
            if let Some(proposed) = proposed {
                writer.append(proposed)?;
                duplicate::note(writer, key)?;
            }
            if writer.sheaf(&user)?.is_some_and(|kept| kept.id == sheaf) {
                writer.drop_sheaf(&user)?;
            }
            Ok(key)
        })
    }

    /// One PDF of all pages.
    fn bind(
        &self,
        sheaf: &Sheaf,
        title: &str,
        progress: &mut dyn FnMut(u32, u32),
        cancel: &Cancel,
    ) -> Result<Vec<u8>, Problem> {
        if sheaf.pages.is_empty() {
            return Err(OfficeError::SheafEmpty.into());
        }
        let limit = self.profile().limits().main_file_bytes();
        let all = u32::try_from(sheaf.pages.len()).unwrap_or(u32::MAX);
        let mut press = Press::new(PaperWriter::begin(Vec::new())?);
        for (done, page) in (0..).zip(&sheaf.pages) {
            progress(done, all);
            if cancel.is_cancelled() {
                return Err(OfficeError::DigitisingCancelled.into());
            }
            let bytes = if press.has(page) { Vec::new() } else { self.store().blob(&page.blob)? };
            press.add(page, bytes)?;
            let size = press.writer.size();
            if size > limit {
                let name = title.to_owned();
                return Err(OfficeError::FileTooLarge { name, size, limit }.into());
            }
        }
        progress(all, all);
        Ok(press.writer.finish(title)?)
    }

    /// Signs a digitised copy for the organisation, in its corner.
    pub fn seal_copy(&self, key: DocumentKey, order: &SignOrder) -> Result<Made, Problem> {
        let actor = self.actor(Act::Seal)?;
        let (document, main) = self.unsigned_copy(key)?;
        let source = Source::parse(self.file(&main)?)?;
        if !source.signature_fields()?.is_empty() {
            return Err(OfficeError::SignedPdf { name: main.name }.into());
        }
        let at = Timestamp::now();
        // The place is there before the PIN is spent.
        let words = Words { code: "", organisation: &self.session().agency.name, copy_kind: "" };
        let image = self.seal_image()?;
        let image = self.seal_stamp(image.as_deref())?;
        let look = corner::look(&source, &self.profile().signatures().copy, &words, image, at)?;
        let (trust, tsa_urls) = (self.trust()?, self.tsa_urls()?);
        let hand = self.hand(order, SignatureKind::Organisation, None, &trust, &tsa_urls)?;
        let mut ready = hand.ready(at)?;
        let work = Work::new(SigningAct::Income, look);
        let signed = hand.carry_out(&mut ready, &source, work, at, &mut std::io::sink())?;
        let file = self.keep_signed(&main, &signed)?;
        let now = source.with_appended(signed.appended())?;
        let (_, verdict) = self.judged(&now, &self.expected_of_ours(&document.metadata))?;
        let made = Made {
            numbering: None,
            signer: ready.certificate.subject().label(),
            serial: ready.certificate.serial_hex(),
        };
        let seal =
            PaperSeal { signer: made.signer.clone(), serial: made.serial.clone(), signed_at: at };
        let (before, level) = (main.blob, Some(signed.level));
        self.store().write(&actor, move |writer| {
            let now = writer.inbound(&key)?.ok_or_else(|| Self::missing(key))?;
            may_be_signed(&now, Some(&before))?;
            writer.append(Change::PaperSealed { key, before, file, seal, verdict, level })?;
            Ok::<(), Problem>(())
        })?;
        // What stands at the gate speaks of the file without the signature.
        if let Err(problem) = self.check_again(key) {
            tracing::warn!(%problem, "a signed copy was not looked at again");
        }
        Ok(made)
    }

    /// The document and its main file, if it is a copy of paper that nobody has signed.
    fn unsigned_copy(&self, key: DocumentKey) -> Result<(InboundDocument, FileRef), Problem> {
        let document = self.inbound_document(key)?;
        may_be_signed(&document, None)?;
        let main = super::sign::main_file(&document.files).cloned();
        let main = main.ok_or_else(|| Self::missing(key))?;
        Ok((document, main))
    }
}

fn may_be_signed(document: &InboundDocument, file: Option<&BlobHash>) -> Result<(), Problem> {
    let Some(paper) = &document.paper else {
        return Err(OfficeError::NotPaper.into());
    };
    let changed = file.is_some_and(|blob| document.files.iter().all(|known| known.blob != *blob));
    if paper.seal.is_some() || changed {
        return Err(OfficeError::CopySigned.into());
    }
    if document.state.is_gone() {
        let state = super::labels::inbound(document.state);
        return Err(OfficeError::WrongState { state }.into());
    }
    Ok(())
}

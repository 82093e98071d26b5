//! Judging a document's signatures: for its receipt, before it is sealed and issued, and
//! whenever somebody asks again.
//!
//! What was fetched for one check is kept in the data folder and serves the next, with or
//! without a line.

use std::sync::Arc;

use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::opened::Opened;
use super::{Office, OfficeError};
use crate::domain::agency::AgencyCode;
use crate::domain::document::{DocumentKey, FileRef, Metadata};
use crate::domain::inbound::InboundState;
use crate::domain::problem::Problem;
use crate::domain::role::Act;
use crate::domain::verdict::VerdictSummary;
use crate::i18n::Lang;
use crate::pdf::structure::Source;
use crate::pki::kept::Kept;
use crate::signing::check::{self, CheckOptions, Expectation, FirstPage};
use crate::signing::report::{self, FileFacts, Report};

/// Where fetched revocation data lie in the data folder.
pub const KEPT_FOLDER: &str = "kept";

impl Office {
    /// The verdict on a PDF's signatures, by this office's trust and profile, now.
    pub(super) fn judge(
        &self,
        pdf: &Arc<[u8]>,
        expected: &Expectation,
    ) -> Result<VerdictSummary, Problem> {
        Ok(self.judge_closely(pdf, expected)?.1)
    }

    /// The same, with everything that it rests on.
    pub(super) fn judge_closely(
        &self,
        pdf: &Arc<[u8]>,
        expected: &Expectation,
    ) -> Result<(Report, VerdictSummary), Problem> {
        self.judged(&Source::parse(pdf.clone())?, expected)
    }

    /// The verdict on a file that others look at as well.
    pub(super) fn judge_opened(
        &self,
        pdf: &Opened<'_>,
        expected: &Expectation,
    ) -> Result<VerdictSummary, Problem> {
        let source = pdf.source()?;
        Ok(self.concluded(source, expected, || pdf.first_page())?.1)
    }

    /// The same of a file that is open.
    pub(super) fn judged(
        &self,
        source: &Source,
        expected: &Expectation,
    ) -> Result<(Report, VerdictSummary), Problem> {
        self.concluded(source, expected, || self.first_page(source))
    }

    fn concluded(
        &self,
        source: &Source,
        expected: &Expectation,
        page: impl FnOnce() -> FirstPage,
    ) -> Result<(Report, VerdictSummary), Problem> {
        let report = self.examine(source)?;
        let mut summary = report.summary();
        if !report.signatures.is_empty() {
            summary.completeness = check::completeness(&report, expected, &page());
        }
        Ok((report, summary))
    }

    /// What the first page says of number and date; a file that cannot be drawn is still checked.
    fn first_page(&self, source: &Source) -> FirstPage {
        match self.renderer() {
            Ok(renderer) => FirstPage::opened(renderer, source),
            Err(problem) => {
                tracing::info!(%problem, "the text of the first page was not read");
                FirstPage::Unread
            }
        }
    }

    fn examine(&self, source: &Source) -> Result<Report, Problem> {
        let kept = Kept::in_folder(&self.data_dir().join(KEPT_FOLDER));
        let now = Timestamp::now();
        let mut trust = self.trust()?;
        kept.add_to(&mut trust, now);
        let options = CheckOptions { trust: &trust, at: None, online: Some(&self.0.fetch) };
        let report = check::check_by(source, &options, self.profile().algorithms())?;
        for found in &report.signatures {
            kept.keep(&found.proof.certificates, &found.proof.evidence, now);
        }
        Ok(report)
    }

    /// The report on a document's main file, checked now, as a PDF file to be printed.
    pub fn verdict_report(&self, key: DocumentKey, lang: Lang) -> Result<Vec<u8>, Problem> {
        self.actor(Act::ViewQueues)?;
        let (files, expected) = match self.store().inbound(&key)? {
            Some(document) => {
                let (code, name) = (document.sender.as_ref(), document.sender_name.as_str());
                let expected = self.expected_of(&document.metadata, code, name);
                (document.files, expected)
            }
            None => {
                let document = self.outbound_document(key)?;
                let expected = self.expected_of_ours(&document.metadata);
                (document.files, expected)
            }
        };
        let main = files.iter().find(|file| file.main).ok_or_else(|| Self::missing(key))?;
        let pdf = self.main_file(key)?;
        let source = Source::parse(pdf.clone())?;
        let report = self.examine(&source)?;
        let file = FileFacts {
            name: main.name.clone(),
            size: pdf.len() as u64,
            sha256: hex::encode(Sha256::digest(&pdf)),
        };
        let lines = check::completeness(&report, &expected, &self.first_page(&source));
        Ok(report::printable(&report, &file, &lines, lang)?)
    }

    /// A file as it was when the signature in `field` was made: what the signer saw.
    pub fn as_signed(&self, file: &FileRef, field: &str) -> Result<Arc<[u8]>, Problem> {
        self.actor(Act::ViewQueues)?;
        let bytes = self.file(file)?;
        let signed = check::as_signed(&Source::parse(bytes.clone())?, field)?;
        let then = signed.and_then(|signed| bytes.get(..signed.size()).map(Arc::from));
        then.ok_or_else(|| OfficeError::NoSuchSignature(field.to_owned()).into())
    }

    /// The same of a document's main file.
    pub fn main_as_signed(&self, key: DocumentKey, field: &str) -> Result<Arc<[u8]>, Problem> {
        self.refuse_infected(key)?;
        let files = match self.store().inbound(&key)? {
            // Nor is an older state of it shown.
            Some(document) if document.state == InboundState::Recalled => {
                return Err(OfficeError::Sealed.into());
            }
            Some(document) => document.files,
            None => self.outbound_document(key)?.files,
        };
        let main = files.iter().find(|file| file.main).ok_or_else(|| Self::missing(key))?;
        self.as_signed(main, field)
    }

    /// What a document of this office must carry.
    pub(super) fn expected_of_ours(&self, metadata: &Metadata) -> Expectation {
        let agency = &self.session().agency;
        self.expected_of(metadata, Some(&agency.code), &agency.name)
    }

    /// What is known of a document from its fields, its sender and the directory.
    pub(super) fn expected_of(
        &self,
        metadata: &Metadata,
        sender: Option<&AgencyCode>,
        sender_name: &str,
    ) -> Expectation {
        // Certificates outlive a change of code. Without the directory the packet's code decides.
        let known = sender.and_then(|code| self.store().agency(code).ok().flatten());
        let codes = known.into_iter().flat_map(|agency| {
            agency.other_codes.into_iter().chain([agency.code]).map(|code| code.to_string())
        });
        let issuer = metadata.issuer.as_ref().map(|one| one.agency.to_string());
        Expectation {
            sender_name: sender_name.to_owned(),
            sender_code: sender.map(ToString::to_string).unwrap_or_default(),
            sender_other_codes: codes.collect(),
            issuer_name: metadata.issuer_name().to_owned(),
            issuer_code: issuer.unwrap_or_default(),
            signer_name: metadata.signer.full_name.clone(),
            position: metadata.signer.position.clone(),
            number: metadata.code.number.clone(),
            notation: metadata.code.notation.clone(),
            issued: metadata.issued,
        }
    }
}

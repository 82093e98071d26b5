//! A document's packet taken apart: scanned, refused where it must be, its files kept, read
//! and judged. Nothing is decided here.

use crate::domain::document::{FileRef, Metadata};
use crate::domain::gate::Gate;
use crate::domain::gate::looks::Scanned;
use crate::domain::problem::Problem;
use crate::domain::verdict::VerdictSummary;
use crate::office::draft::refuse_secrets;
use crate::office::gate::{Evidence, Looked, Packeted, secret_field};
use crate::office::opened::Opened;
use crate::office::scanner::refuse_malware;
use crate::office::{Office, OfficeError};
use crate::packet::{Attachment, DocumentPacket};

/// What is in a packet, looked through.
pub(in crate::office) struct Unpacked<'a> {
    packet: &'a DocumentPacket,
    /// What the packet says, its pages counted.
    pub metadata: Metadata,
    /// Kept in the store, the main one first.
    pub files: Vec<FileRef>,
    pub verdict: VerdictSummary,
    /// The main file's text.
    pub text: String,
    scanned: Scanned,
    /// One for each attachment, in the packet's order.
    opened: Vec<Opened<'a>>,
}

impl Office {
    /// The main file of a packet: the PDF that the others belong to.
    pub(super) fn main_of(packet: &DocumentPacket) -> Result<&Attachment, OfficeError> {
        let main = packet.main_attachment().filter(|file| file.is_pdf());
        main.ok_or(OfficeError::NoMainFile)
    }

    /// Looks through a packet whose fields are `metadata`.
    ///
    /// # Errors
    /// Those that refuse a document before the gate: malware, a mark of secrecy, no main file.
    pub(in crate::office) fn unpack<'a>(
        &'a self,
        packet: &'a DocumentPacket,
        mut metadata: Metadata,
    ) -> Result<Unpacked<'a>, Problem> {
        let main = Self::main_of(packet)?;
        let is_main = |file: &Attachment| std::ptr::eq(file, main);
        // Before anything of it is taken apart.
        let files = packet.attachments.iter();
        let scanned = self.scan(files.map(|file| (file.name.as_str(), &*file.content)))?;
        refuse_malware(&scanned)?;
        if let Some(mark) = secret_field(packet) {
            return Err(OfficeError::Secret(mark.stamp().to_owned()).into());
        }
        let files = packet.attachments.iter();
        let opened: Vec<_> = files.map(|file| Opened::new(self, &file.content)).collect();
        let each = || packet.attachments.iter().zip(&opened);
        let pdf = each().find(|(file, _)| is_main(file)).map(|(_, opened)| opened);
        let pdf = pdf.ok_or(OfficeError::NoMainFile)?;
        let text = pdf.content();
        refuse_secrets(&text)?;
        for (_, enclosed) in each().filter(|(file, _)| !is_main(file)) {
            enclosed.refuse_secrets()?;
        }
        let expected = self.expected_of(&metadata, packet.from.code.as_ref(), &packet.from.name);
        let verdict = self.judge_opened(pdf, &expected)?;
        metadata.pages = pdf.page_count().ok().or(metadata.pages);
        let mut files = Vec::new();
        for file in &packet.attachments {
            files.push(self.keep_file(
                &file.name,
                &file.media_type,
                &file.content,
                is_main(file),
            )?);
        }
        files.sort_by_key(|file| !file.main);
        Ok(Unpacked { packet, metadata, files, verdict, text, scanned, opened })
    }

    /// The look at the gate at what was unpacked.
    pub(super) fn gate_of(
        &self,
        unpacked: &Unpacked<'_>,
        over_line: bool,
    ) -> Result<Gate, Problem> {
        let packet = unpacked.packet;
        let main = Self::main_of(packet)?;
        let files = packet.attachments.iter().zip(&unpacked.opened);
        let looked: Vec<Looked<'_>> = files
            .map(|(about, file)| Looked {
                name: &about.name,
                file,
                main: std::ptr::eq(about, main),
            })
            .collect();
        self.look(&Evidence {
            metadata: &unpacked.metadata,
            sender: packet.from.code.as_ref(),
            verdict: &unpacked.verdict,
            packet: Some(Packeted { packet, over_line }),
            files: &looked,
            text: &unpacked.text,
            scanned: &unpacked.scanned,
        })
    }
}

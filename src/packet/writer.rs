//! Packets as the axis' published Java library writes them, byte for byte: its order of
//! elements, its indentation, CRLF, empty elements left out.

use quick_xml::escape::partial_escape;

use super::model::{Attachment, Business, DocumentPacket, Kind, Organ, OtherInfo, Staff};
use super::model::{Hop, StatusPacket};
use super::reader::clean;
use super::{Packet, PacketError, attachment, date, media_type_of};
use crate::domain::document::ResponseFor;

const NAMESPACE: &str = "http://www.mic.gov.vn/TBT/QCVN_102_2016";

/// The bytes of a packet, ready to be sent.
///
/// # Errors
/// [`PacketError::FieldMissing`] where no receiver could read it: a sender without a code.
pub fn write(packet: &Packet) -> Result<Vec<u8>, PacketError> {
    if packet.sender().code.is_none() {
        return Err(PacketError::FieldMissing { field: "From/OrganId" });
    }
    let mut xml = Xml::new();
    xml.line("<?xml version=\"1.0\" encoding=\"UTF-8\"?>");
    xml.start(&format!("edXML xmlns=\"{NAMESPACE}\""));
    xml.start(&format!("edXML:edXMLEnvelope xmlns:edXML=\"{NAMESPACE}\""));
    match packet {
        Packet::Document(packet) => document(&mut xml, packet)?,
        Packet::Status(packet) => {
            xml.start("edXML:edXMLHeader");
            status(&mut xml, packet);
            xml.end("edXML:edXMLHeader");
            xml.end("edXML:edXMLEnvelope");
        }
    }
    xml.end("edXML");
    Ok(xml.out)
}

fn document(xml: &mut Xml, packet: &DocumentPacket) -> Result<(), PacketError> {
    xml.start("edXML:edXMLHeader");
    header(xml, packet);
    xml.start("edXML:TraceHeaderList");
    business(xml, &packet.business);
    for hop in &packet.trace {
        trace(xml, hop);
    }
    xml.end("edXML:TraceHeaderList");
    xml.end("edXML:edXMLHeader");
    let ids: Vec<String> = packet
        .attachments
        .iter()
        .enumerate()
        .map(|(index, file)| match clean(&file.content_id) {
            id if id.is_empty() => format!("cid:attachment-{}", index + 1),
            id => format!("cid:{id}"),
        })
        .collect();
    xml.start("edXML:edXMLBody");
    manifest(xml, &packet.attachments, &ids);
    xml.end("edXML:edXMLBody");
    xml.end("edXML:edXMLEnvelope");
    files(xml, &packet.attachments, &ids)
}

fn status(xml: &mut Xml, packet: &StatusPacket) {
    xml.start("edXML:MessageHeader");
    organ(xml, "From", &packet.from);
    response_for(xml, &packet.response_for);
    staff(xml, &packet.staff);
    xml.leaf("StatusCode", packet.code.digits());
    xml.leaf("Description", &packet.description);
    if let Some(at) = packet.at {
        xml.leaf("Timestamp", &date::written_time(at));
    }
    xml.end("edXML:MessageHeader");
}

fn header(xml: &mut Xml, packet: &DocumentPacket) {
    xml.start("edXML:MessageHeader");
    organ(xml, "From", &packet.from);
    for to in &packet.to {
        organ(xml, "To", to);
    }
    xml.leaf("DocumentId", &packet.document_id);
    xml.group("Code", |xml| {
        xml.leaf("CodeNumber", &packet.code.number);
        xml.leaf("CodeNotation", &packet.code.notation);
    });
    xml.group("PromulgationInfo", |xml| {
        xml.leaf("Place", &packet.place);
        xml.optional("PromulgationDate", packet.issued.map(date::written));
    });
    xml.group("DocumentType", |xml| {
        xml.optional("Type", packet.document_type.number);
        xml.optional("TypeDetail", packet.document_type.detail);
        xml.leaf("TypeName", &packet.document_type.name);
    });
    xml.leaf("Subject", &packet.subject);
    xml.leaf("Content", &packet.content);
    xml.group("SignerInfo", |xml| {
        xml.leaf("Competence", &packet.signer.competence);
        xml.leaf("Position", &packet.signer.position);
        xml.leaf("FullName", &packet.signer.full_name);
    });
    xml.optional("DueDate", packet.due.map(date::written));
    other_info(xml, &packet.other);
    for answered in &packet.response_for {
        response_for(xml, answered);
    }
    xml.optional("SteeringType", packet.steering_type);
    xml.list("ResponseForTask", "TaskCode", &packet.tasks);
    xml.leaf("ApplicationType", &packet.application_type);
    xml.list("ToPlaces", "Place", &packet.to_places);
    xml.end("edXML:MessageHeader");
}

fn organ(xml: &mut Xml, name: &str, organ: &Organ) {
    xml.group(name, |xml| {
        xml.optional("OrganId", organ.code.as_ref());
        xml.leaf("OrganizationInCharge", &organ.in_charge);
        xml.leaf("OrganName", &organ.name);
        xml.leaf("OrganAdd", &organ.address);
        xml.leaf("Email", &organ.email);
        xml.leaf("Telephone", &organ.telephone);
        xml.leaf("Fax", &organ.fax);
        xml.leaf("Website", &organ.website);
    });
}

fn other_info(xml: &mut Xml, other: &OtherInfo) {
    xml.group("OtherInfo", |xml| {
        xml.leaf("Priority", &other.urgency.priority().to_string());
        xml.leaf("SphereOfPromulgation", &other.sphere);
        xml.leaf("TyperNotation", &other.drafter_notation);
        xml.optional("PromulgationAmount", other.copies);
        xml.optional("PageAmount", other.pages);
        xml.leaf("Direction", if other.steering { "true" } else { "false" });
        for text in &other.reply_fors {
            xml.leaf("ReplyFors", text);
        }
        for text in &other.reference_codes {
            xml.leaf("ReferenceCodes", text);
        }
        xml.list("Appendixes", "Appendix", &other.appendixes);
    });
}

fn response_for(xml: &mut Xml, answered: &ResponseFor) {
    xml.group("ResponseFor", |xml| {
        xml.optional("OrganId", answered.agency.as_ref());
        xml.leaf("Code", &answered.code);
        xml.leaf("DocumentId", &answered.document_id);
        xml.optional("PromulgationDate", answered.issued.map(date::written));
    });
}

fn staff(xml: &mut Xml, staff: &Staff) {
    xml.group("StaffInfo", |xml| {
        xml.leaf("Department", &staff.department);
        xml.leaf("DepartmentId", &staff.department_id);
        xml.leaf("Staff", &staff.name);
        xml.leaf("StaffId", &staff.staff_id);
        xml.leaf("Email", &staff.email);
        xml.leaf("Mobile", &staff.mobile);
    });
}

fn business(xml: &mut Xml, business: &Business) {
    // The library misspells the word; so does everybody who talks to it.
    xml.group("Bussiness", |xml| {
        xml.leaf("DocumentId", &business.document_id);
        xml.leaf("BussinessDocType", &business.kind.number().to_string());
        xml.leaf("BussinessDocReason", &business.reason);
        if let Kind::Update { document_changed, receivers_changed, receivers } = &business.kind {
            xml.group("BussinessDocumentInfo", |xml| {
                xml.leaf("DocumentInfo", digit(*document_changed));
                xml.leaf("DocumentReceiver", digit(*receivers_changed));
                xml.group("ReceiverList", |xml| {
                    for receiver in receivers {
                        xml.group("Receiver", |xml| {
                            xml.leaf("OrganId", receiver.code.as_str());
                            xml.leaf("ReceiverType", digit(receiver.added));
                        });
                    }
                });
            });
        }
        xml.leaf("Paper", digit(business.paper));
        staff(xml, &business.staff);
        if let Kind::Replace { documents } = &business.kind {
            xml.group("ReplacementInfoList", |xml| {
                for document in documents {
                    xml.start("edXML:ReplacementInfo");
                    xml.leaf("DocumentId", &document.document_id);
                    let codes: Vec<String> =
                        document.receivers.iter().map(ToString::to_string).collect();
                    xml.list("OrganIdList", "OrganId", &codes);
                    xml.end("edXML:ReplacementInfo");
                }
            });
        }
    });
}

const fn digit(flag: bool) -> &'static str {
    if flag { "1" } else { "0" }
}

fn trace(xml: &mut Xml, hop: &Hop) {
    xml.group("TraceHeader", |xml| {
        xml.leaf("OrganId", hop.code.as_str());
        xml.optional("Timestamp", hop.at.map(date::written_time));
    });
}

fn manifest(xml: &mut Xml, files: &[Attachment], ids: &[String]) {
    const MANIFEST: &str = "edXML:edXMLManifest version=\"1.0\"";
    if files.is_empty() {
        return xml.line(&format!("<{MANIFEST} />"));
    }
    xml.start(MANIFEST);
    for (file, id) in files.iter().zip(ids) {
        xml.group("Reference", |xml| {
            xml.leaf("ContentId", id);
            // The library says so here whatever the file is; the truth stands with the file.
            xml.leaf("ContentType", "application/zip");
            xml.leaf("Description", &file.description);
            xml.leaf("AttachmentName", &file.name);
        });
    }
    xml.end("edXML:edXMLManifest");
}

fn files(xml: &mut Xml, files: &[Attachment], ids: &[String]) -> Result<(), PacketError> {
    if files.is_empty() {
        xml.line("<AttachmentEncoded />");
        return Ok(());
    }
    let damaged = |file: &Attachment, error: std::io::Error| PacketError::AttachmentDamaged {
        name: file.name.clone(),
        detail: error.to_string(),
    };
    xml.start("AttachmentEncoded");
    for (file, id) in files.iter().zip(ids) {
        let (content_type, bytes) = attachment::wrap(&file.name, &file.content)?;
        xml.start("Attachment");
        xml.plain("ContentId", id);
        xml.plain("AttachmentName", &file.name);
        xml.plain("Description", &file.description);
        xml.plain("FieldName", &file.field_name);
        if file.media_type != media_type_of(&file.name) {
            xml.plain("MimeType", &file.media_type);
        }
        xml.plain("ContentType", &content_type);
        xml.payload(&bytes).map_err(|error| damaged(file, error))?;
        xml.end("Attachment");
    }
    xml.end("AttachmentEncoded");
    Ok(())
}

/// Indented XML with CRLF.
struct Xml {
    out: Vec<u8>,
    depth: usize,
}

impl Xml {
    fn new() -> Self {
        Self { out: Vec::new(), depth: 0 }
    }

    fn indent(&mut self) {
        self.out.extend(std::iter::repeat_n(b' ', self.depth.saturating_mul(2)));
    }

    fn line(&mut self, text: &str) {
        self.indent();
        self.out.extend_from_slice(text.as_bytes());
        self.out.extend_from_slice(b"\r\n");
    }

    /// Opens an element; `tag` may hold attributes.
    fn start(&mut self, tag: &str) {
        self.line(&format!("<{tag}>"));
        self.depth += 1;
    }

    fn end(&mut self, name: &str) {
        self.depth = self.depth.saturating_sub(1);
        self.line(&format!("</{name}>"));
    }

    /// An element with children; left out if they all are.
    fn group(&mut self, name: &str, children: impl FnOnce(&mut Self)) {
        let before = self.out.len();
        self.start(&format!("edXML:{name}"));
        let inside = self.out.len();
        children(self);
        if self.out.len() == inside {
            self.out.truncate(before);
            self.depth = self.depth.saturating_sub(1);
        } else {
            self.end(&format!("edXML:{name}"));
        }
    }

    /// An element with text and the prefix; left out if empty.
    fn leaf(&mut self, name: &str, text: &str) {
        self.element("edXML:", name, text);
    }

    /// The same without the prefix.
    fn plain(&mut self, name: &str, text: &str) {
        self.element("", name, text);
    }

    fn element(&mut self, prefix: &str, name: &str, text: &str) {
        let text = clean(text);
        if !text.is_empty() {
            self.line(&format!("<{prefix}{name}>{}</{prefix}{name}>", partial_escape(&text)));
        }
    }

    fn optional(&mut self, name: &str, value: Option<impl std::fmt::Display>) {
        if let Some(value) = value {
            self.leaf(name, &value.to_string());
        }
    }

    fn list(&mut self, name: &str, item: &str, texts: &[String]) {
        self.group(name, |xml| {
            for text in texts {
                xml.leaf(item, text);
            }
        });
    }

    fn payload(&mut self, bytes: &[u8]) -> std::io::Result<()> {
        self.indent();
        self.out.extend_from_slice(
            format!("<edXML:ContentTransferEncoded xmlns:edXML=\"{NAMESPACE}\">").as_bytes(),
        );
        self.out.reserve(bytes.len().div_ceil(3).saturating_mul(4).saturating_add(64));
        attachment::encode_into(&mut self.out, bytes)?;
        self.out.extend_from_slice(b"</edXML:ContentTransferEncoded>\r\n");
        Ok(())
    }
}

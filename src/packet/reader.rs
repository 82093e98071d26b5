//! From the tree of a packet to what it says.

use super::model::{
    Attachment, Business, DocumentPacket, Hop, Kind, Organ, OtherInfo, ReceiverChange, Replacement,
    Staff, StatusPacket, TypeRef,
};
use super::tree::{ATTACHMENT, Element, PAYLOAD};
use super::{Limits, Packet, PacketError, attachment, date, media_type_of};
use crate::domain::agency::AgencyCode;
use crate::domain::delivery::StatusCode;
use crate::domain::document::{Code, ResponseFor, Signer, Urgency};
use crate::domain::text;
use jiff::Timestamp;
use jiff::civil::Date;

/// Finds out which kind of packet it is and reads it.
///
/// The status block is known by its children, not by its path: the axis library calls it
/// `MessageHeader` like that of a document, older systems `Status`.
pub(super) fn packet(root: &Element<'_>, limits: &Limits) -> Result<Packet, PacketError> {
    let is_status =
        |e: &Element<'_>| e.child("ResponseFor").is_some() && e.child("StatusCode").is_some();
    if let Some(header) = root.find(&is_status) {
        return status(header).map(Packet::Status);
    }
    let header =
        root.find(&|element| element.name == "MessageHeader").ok_or(PacketError::NotPacket)?;
    document(root, header, limits).map(Packet::Document)
}

fn status(header: &Element<'_>) -> Result<StatusPacket, PacketError> {
    let told = field(header, "StatusCode");
    let response_for =
        header.child("ResponseFor").ok_or(PacketError::FieldMissing { field: "ResponseFor" })?;
    Ok(StatusPacket {
        from: sender(header)?,
        response_for: answered(response_for)?,
        code: StatusCode::parse(&told).ok_or_else(|| bad("StatusCode", &told))?,
        description: field(header, "Description"),
        at: timestamp(header, "Timestamp")?,
        staff: staff(header),
    })
}

fn document(
    root: &Element<'_>,
    header: &Element<'_>,
    limits: &Limits,
) -> Result<DocumentPacket, PacketError> {
    let trace = root.find(&|element| element.name == "TraceHeaderList");
    let code = header.child("Code");
    let promulgation = header.child("PromulgationInfo");
    let signer = header.child("SignerInfo");
    Ok(DocumentPacket {
        from: sender(header)?,
        to: header.all("To").map(organ).collect::<Result<_, _>>()?,
        document_id: field(header, "DocumentId"),
        code: Code { number: below(code, "CodeNumber"), notation: below(code, "CodeNotation") },
        place: below(promulgation, "Place"),
        issued: promulgation.map_or(Ok(None), |info| day(info, "PromulgationDate"))?,
        document_type: header.child("DocumentType").map_or(Ok(TypeRef::default()), |info| {
            Ok(TypeRef {
                number: number(info, "Type")?,
                detail: number(info, "TypeDetail")?,
                name: field(info, "TypeName"),
            })
        })?,
        subject: field(header, "Subject"),
        content: field(header, "Content"),
        signer: Signer {
            competence: below(signer, "Competence"),
            position: below(signer, "Position"),
            full_name: below(signer, "FullName"),
        },
        due: day(header, "DueDate")?,
        other: header.child("OtherInfo").map_or(Ok(OtherInfo::default()), other_info)?,
        response_for: header.all("ResponseFor").map(answered).collect::<Result<_, _>>()?,
        steering_type: number(header, "SteeringType")?,
        tasks: header.child("ResponseForTask").map_or(Vec::new(), |list| texts(list, "TaskCode")),
        application_type: field(header, "ApplicationType"),
        to_places: header.child("ToPlaces").map_or(Vec::new(), |list| texts(list, "Place")),
        business: trace
            .and_then(|trace| trace.child("Business"))
            .map_or(Ok(Business::default()), business)?,
        trace: trace
            .map(|trace| trace.all("TraceHeader").map(hop).collect::<Result<Vec<_>, _>>())
            .transpose()?
            .map_or(Vec::new(), |hops| hops.into_iter().flatten().collect()),
        attachments: attachments(root, limits)?,
    })
}

fn other_info(info: &Element<'_>) -> Result<OtherInfo, PacketError> {
    Ok(OtherInfo {
        urgency: number::<i64>(info, "Priority")?.map_or(Urgency::Normal, Urgency::from_priority),
        sphere: field(info, "SphereOfPromulgation"),
        drafter_notation: field(info, "TyperNotation"),
        copies: number(info, "PromulgationAmount")?,
        pages: number(info, "PageAmount")?,
        steering: flag(info, "Direction")?,
        reply_fors: texts(info, "ReplyFors"),
        reference_codes: texts(info, "ReferenceCodes"),
        appendixes: info.child("Appendixes").map_or(Vec::new(), |list| texts(list, "Appendix")),
    })
}

fn business(info: &Element<'_>) -> Result<Business, PacketError> {
    let number: Option<u8> = number(info, "BusinessDocType")?;
    let kind = match number.unwrap_or(0) {
        0 => Kind::New,
        1 => Kind::Recall,
        2 => update(info)?,
        3 => Kind::Replace { documents: replacements(info)? },
        other => return Err(bad("BussinessDocType", &other.to_string())),
    };
    Ok(Business {
        kind,
        document_id: field(info, "DocumentId"),
        reason: field(info, "BusinessDocReason"),
        paper: self::number::<i64>(info, "Paper")?.is_some_and(|paper| paper > 0),
        staff: staff(info),
    })
}

fn update(info: &Element<'_>) -> Result<Kind, PacketError> {
    let mut receivers = Vec::new();
    let Some(info) = info.child("BusinessDocumentInfo") else {
        return Ok(Kind::Update { document_changed: false, receivers_changed: false, receivers });
    };
    for receiver in info.child("ReceiverList").into_iter().flat_map(|list| list.all("Receiver")) {
        if let Some(code) = agency(receiver, "OrganId")? {
            let added = number::<i64>(receiver, "ReceiverType")? != Some(0);
            receivers.push(ReceiverChange { code, added });
        }
    }
    Ok(Kind::Update {
        document_changed: number::<i64>(info, "DocumentInfo")? == Some(1),
        receivers_changed: number::<i64>(info, "DocumentReceiver")? == Some(1),
        receivers,
    })
}

fn replacements(info: &Element<'_>) -> Result<Vec<Replacement>, PacketError> {
    let mut documents = Vec::new();
    let lists = info.all("ReplacementInfoList");
    for replacement in lists.flat_map(|list| list.all("ReplacementInfo")) {
        let mut receivers = Vec::new();
        for organ in replacement.child("OrganIdList").into_iter().flat_map(|l| l.all("OrganId")) {
            let written = clean(&organ.text);
            receivers.push(AgencyCode::new(&written).ok_or_else(|| bad("OrganId", &written))?);
        }
        documents.push(Replacement { document_id: field(replacement, "DocumentId"), receivers });
    }
    Ok(documents)
}

fn hop(header: &Element<'_>) -> Result<Option<Hop>, PacketError> {
    let at = timestamp(header, "Timestamp")?;
    Ok(agency(header, "OrganId")?.map(|code| Hop { code, at }))
}

fn sender(header: &Element<'_>) -> Result<Organ, PacketError> {
    let from = header.child("From").ok_or(PacketError::FieldMissing { field: "From" })?;
    let from = organ(from)?;
    match from.code {
        Some(_) => Ok(from),
        None => Err(PacketError::FieldMissing { field: "From/OrganId" }),
    }
}

fn organ(element: &Element<'_>) -> Result<Organ, PacketError> {
    Ok(Organ {
        code: agency(element, "OrganId")?,
        in_charge: field(element, "OrganizationInCharge"),
        name: field(element, "OrganName"),
        address: field(element, "OrganAdd"),
        email: field(element, "Email"),
        telephone: field(element, "Telephone"),
        fax: field(element, "Fax"),
        website: field(element, "Website"),
    })
}

fn staff(parent: &Element<'_>) -> Staff {
    let info = parent.child("StaffInfo");
    Staff {
        department: below(info, "Department"),
        department_id: below(info, "DepartmentId"),
        name: below(info, "Staff"),
        staff_id: below(info, "StaffId"),
        email: below(info, "Email"),
        mobile: below(info, "Mobile"),
    }
}

fn answered(element: &Element<'_>) -> Result<ResponseFor, PacketError> {
    Ok(ResponseFor {
        agency: agency(element, "OrganId")?,
        code: field(element, "Code"),
        issued: day(element, "PromulgationDate")?,
        document_id: field(element, "DocumentId"),
    })
}

/// The files, in the order of the manifest; those that it forgot come last.
fn attachments(root: &Element<'_>, limits: &Limits) -> Result<Vec<Attachment>, PacketError> {
    let mut found = Vec::new();
    root.find_all(ATTACHMENT, &mut found);
    let mut waiting: Vec<(String, &Element<'_>)> =
        found.into_iter().map(|element| (content_id(element), element)).collect();
    let mut references = Vec::new();
    root.find_all("Reference", &mut references);
    // References of an XML signature have the same name.
    references.retain(|reference| {
        reference.child("ContentId").is_some() || reference.child("AttachmentName").is_some()
    });
    if references.len() > limits.attachments {
        return Err(PacketError::TooManyAttachments { limit: limits.attachments });
    }
    let mut room = limits.decoded_bytes;
    let mut files = Vec::new();
    for reference in references {
        let id = content_id(reference);
        let Some(place) = waiting.iter().position(|(waiting, _)| *waiting == id) else {
            let name = match field(reference, "AttachmentName") {
                name if name.is_empty() => id,
                name => text::safe_file_name(&name),
            };
            return Err(PacketError::AttachmentMissing { name });
        };
        let (id, element) = waiting.remove(place);
        files.push(file(id, element, Some(reference), &mut room, limits)?);
    }
    for (id, element) in waiting {
        files.push(file(id, element, None, &mut room, limits)?);
    }
    Ok(files)
}

fn file(
    content_id: String,
    element: &Element<'_>,
    reference: Option<&Element<'_>>,
    room: &mut u64,
    limits: &Limits,
) -> Result<Attachment, PacketError> {
    let told = |name: &str| match field(element, name) {
        value if value.is_empty() => below(reference, name),
        value => value,
    };
    let mut name = match told("AttachmentName") {
        name if name.is_empty() => name,
        name => text::safe_file_name(&name),
    };
    let encoded = element.child(PAYLOAD).map_or("", |payload| &payload.text);
    let declared = field(element, "ContentType");
    let content = attachment::decode(&mut name, &declared, encoded, *room, limits)?;
    *room = room.saturating_sub(content.len() as u64);
    if name.is_empty() {
        name = text::safe_file_name(&content_id);
    }
    let media_type = match field(element, "MimeType") {
        told if told.is_empty() => media_type_of(&name).to_owned(),
        told => told,
    };
    Ok(Attachment {
        content_id,
        media_type,
        name,
        description: told("Description"),
        field_name: field(element, "FieldName"),
        content,
    })
}

fn content_id(element: &Element<'_>) -> String {
    let id = match field(element, "ContentId") {
        id if id.is_empty() => clean(&element.href),
        id => id,
    };
    id.strip_prefix("cid:").map_or(id.clone(), |id| id.trim().to_owned())
}

// Fields.

/// NFC, trimmed, `\n` between lines, no control characters.
pub(super) fn clean(raw: &str) -> String {
    let lines = raw.replace("\r\n", "\n");
    let shown: String = lines
        .chars()
        .map(|c| match c {
            '\n' | '\t' => c,
            '\r' => '\n',
            // XML 1.0 does not know the last two at all.
            '\u{fffe}' | '\u{ffff}' => ' ',
            c if c.is_control() => ' ',
            c => c,
        })
        .collect();
    text::compose(shown.trim())
}

fn field(parent: &Element<'_>, name: &str) -> String {
    parent.child(name).map_or(String::new(), |child| clean(&child.text))
}

fn below(parent: Option<&Element<'_>>, name: &str) -> String {
    parent.map_or(String::new(), |parent| field(parent, name))
}

/// Every non-empty text of the elements called `name`.
fn texts(parent: &Element<'_>, name: &str) -> Vec<String> {
    parent.all(name).map(|child| clean(&child.text)).filter(|text| !text.is_empty()).collect()
}

fn bad(field: &'static str, value: &str) -> PacketError {
    PacketError::FieldBad { field, value: value.chars().take(60).collect() }
}

fn agency(parent: &Element<'_>, name: &'static str) -> Result<Option<AgencyCode>, PacketError> {
    match field(parent, name) {
        code if code.is_empty() => Ok(None),
        code => AgencyCode::new(&code).map(Some).ok_or_else(|| bad(name, &code)),
    }
}

fn number<N: std::str::FromStr>(
    parent: &Element<'_>,
    name: &'static str,
) -> Result<Option<N>, PacketError> {
    match field(parent, name) {
        text if text.is_empty() => Ok(None),
        text => text.parse().map(Some).map_err(|_| bad(name, &text)),
    }
}

fn flag(parent: &Element<'_>, name: &'static str) -> Result<bool, PacketError> {
    match field(parent, name).to_lowercase().as_str() {
        "" | "false" | "0" => Ok(false),
        "true" | "1" => Ok(true),
        other => Err(bad(name, other)),
    }
}

fn day(parent: &Element<'_>, name: &'static str) -> Result<Option<Date>, PacketError> {
    let text = field(parent, name);
    placed(date::date(&text), name, &text)
}

fn timestamp(parent: &Element<'_>, name: &'static str) -> Result<Option<Timestamp>, PacketError> {
    let text = field(parent, name);
    placed(date::timestamp(&text), name, &text)
}

fn placed<T>(
    read: date::Read<T>,
    name: &'static str,
    text: &str,
) -> Result<Option<T>, PacketError> {
    match read {
        date::Read::None => Ok(None),
        date::Read::Some(value) => Ok(Some(value)),
        date::Read::Bad => Err(bad(name, text)),
    }
}

//! The rules of the wire, written from the regulation and from nothing of ours: a packet's
//! bytes in, the rules that it breaks out.
//!
//! QCVN 102:2016/BTTTT as the axis' published library writes it: names, prefixes, order and
//! number of elements, forms of dates, codes and content ids, what is zipped. [`broken`] knows
//! no type of the program, so that a mistake there is not repeated here.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used, clippy::panic)]

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

const NAMESPACE: &str = "http://www.mic.gov.vn/TBT/QCVN_102_2016";

/// An element as it stands, prefix included.
#[derive(Debug, Default)]
struct Element {
    name: String,
    attributes: Vec<(String, String)>,
    text: String,
    children: Vec<Element>,
}

impl Element {
    fn local(&self) -> &str {
        self.name.rsplit(':').next().unwrap_or_default()
    }

    fn attribute(&self, name: &str) -> Option<&str> {
        self.attributes.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Element> {
        self.children.iter().filter(move |child| child.local() == name)
    }

    fn one(&self, name: &str) -> Option<&Element> {
        self.children.iter().find(|child| child.local() == name)
    }

    /// The text of the element at this path, empty where there is none.
    fn at(&self, path: &str) -> &str {
        let found = path.split('/').try_fold(self, |element, name| element.one(name));
        found.map_or("", |element| element.text.as_str())
    }
}

/// The rules that the packet breaks, in words; empty for a good one.
pub fn broken(packet: &[u8]) -> Vec<String> {
    let mut faults = Faults::default();
    match parsed(packet) {
        Ok(root) => envelope(&root, &mut faults),
        Err(error) => faults.0.push(format!("not well-formed UTF-8 XML: {error}")),
    }
    faults.0
}

#[derive(Default)]
struct Faults(Vec<String>);

impl Faults {
    fn unless(&mut self, holds: bool, rule: impl FnOnce() -> String) {
        if !holds {
            self.0.push(rule());
        }
    }
}

fn parsed(packet: &[u8]) -> Result<Element, String> {
    let text = std::str::from_utf8(packet).map_err(|error| error.to_string())?;
    if !text.starts_with("<?xml version=\"1.0\" encoding=\"UTF-8\"?>") {
        return Err("the declaration does not say UTF-8".to_owned());
    }
    let mut reader = Reader::from_str(text);
    let mut open = vec![Element::default()];
    let opened = |start: &BytesStart<'_>| -> Result<Element, String> {
        let name = start.name().as_ref().to_owned();
        let mut attributes = Vec::new();
        for attribute in start.attributes() {
            let attribute = attribute.map_err(|error| error.to_string())?;
            let name = attribute.key.as_ref().to_owned();
            attributes.push((name, attribute.value.into_owned()));
        }
        Ok(Element { name, attributes, ..Element::default() })
    };
    let close = |open: &mut Vec<Element>| {
        let mut closed = open.pop().unwrap();
        closed.text = closed.text.trim().to_owned();
        open.last_mut().unwrap().children.push(closed);
    };
    loop {
        match reader.read_event().map_err(|error| error.to_string())? {
            Event::Start(start) => open.push(opened(&start)?),
            Event::Empty(start) => {
                open.push(opened(&start)?);
                close(&mut open);
            }
            Event::End(_) => close(&mut open),
            Event::Text(text) => {
                open.last_mut().unwrap().text.push_str(&text);
            }
            Event::GeneralRef(reference) => {
                let name: &str = &reference;
                let known = [("amp", "&"), ("lt", "<"), ("gt", ">"), ("quot", "\""), ("apos", "'")];
                let text = known.iter().find(|(known, _)| *known == name).map(|(_, text)| *text);
                open.last_mut().unwrap().text.push_str(text.unwrap_or("?"));
            }
            Event::DocType(_) => return Err("a document type is no part of a packet".to_owned()),
            Event::Eof => break,
            _ => {}
        }
    }
    let mut outside = open.pop().unwrap();
    match (outside.children.pop(), outside.children.pop()) {
        (Some(root), None) => Ok(root),
        _ => Err("not one root element".to_owned()),
    }
}

/// 5.3: the skeleton, and who carries the prefix.
fn envelope(root: &Element, faults: &mut Faults) {
    faults.unless(root.name == "edXML", || format!("the root is {}", root.name));
    faults.unless(root.attribute("xmlns") == Some(NAMESPACE), || {
        "the root's default namespace is another".to_owned()
    });
    let Some(inner) = root.children.first().filter(|one| one.name == "edXML:edXMLEnvelope") else {
        return faults.0.push("the first element is not edXML:edXMLEnvelope".to_owned());
    };
    faults.unless(inner.attribute("xmlns:edXML") == Some(NAMESPACE), || {
        "the prefix edXML is not bound in the envelope".to_owned()
    });
    // Receivers of the axis reject packets whose prefix was optimised away.
    prefixed(inner, faults);
    let Some(header) = inner.one("edXMLHeader") else {
        return faults.0.push("there is no edXMLHeader".to_owned());
    };
    let Some(message) = header.one("MessageHeader") else {
        return faults.0.push("there is no MessageHeader".to_owned());
    };
    for leaf in leaves(message) {
        faults.unless(!leaf.text.is_empty(), || format!("{} is there and empty", leaf.name));
    }
    if message.one("StatusCode").is_some() {
        status(root, inner, message, faults);
    } else {
        document(root, inner, header, message, faults);
    }
}

fn prefixed(element: &Element, faults: &mut Faults) {
    faults.unless(element.name.starts_with("edXML:"), || {
        format!("{} has no prefix edXML", element.name)
    });
    for child in &element.children {
        prefixed(child, faults);
    }
}

fn leaves(element: &Element) -> Vec<&Element> {
    if element.children.is_empty() {
        return vec![element];
    }
    element.children.iter().flat_map(leaves).collect()
}

/// 5.4 to 5.6.
fn document(
    root: &Element,
    inner: &Element,
    header: &Element,
    message: &Element,
    faults: &mut Faults,
) {
    const ORDER: [&str; 16] = [
        "From",
        "To",
        "DocumentId",
        "Code",
        "PromulgationInfo",
        "DocumentType",
        "Subject",
        "Content",
        "SignerInfo",
        "DueDate",
        "OtherInfo",
        "ResponseFor",
        "SteeringType",
        "ResponseForTask",
        "ApplicationType",
        "ToPlaces",
    ];
    ordered("MessageHeader", message, &ORDER, &["To", "ResponseFor"], faults);
    organ(message.one("From"), true, faults);
    faults.unless(message.one("To").is_some(), || "nobody gets it: no To".to_owned());
    for to in message.all("To") {
        organ(Some(to), true, faults);
    }
    let id = message.at("DocumentId");
    faults.unless(is_document_id(id), || format!("DocumentId {id:?}"));
    for path in [
        "Code/CodeNumber",
        "Code/CodeNotation",
        "DocumentType/TypeName",
        "Subject",
        "SignerInfo/FullName",
    ] {
        faults.unless(!message.at(path).is_empty(), || format!("{path} is missing"));
    }
    faults
        .unless(message.at("Subject").chars().count() <= 500, || "Subject is too long".to_owned());
    for path in ["PromulgationInfo/PromulgationDate", "DueDate"] {
        let day = message.at(path);
        let missing = path != "DueDate" && day.is_empty();
        faults.unless(!missing && (day.is_empty() || is_day(day)), || format!("{path} {day:?}"));
    }
    for (path, most) in [("OtherInfo/Priority", 4), ("SteeringType", 3)] {
        let said = message.at(path);
        let fits = said.parse::<u8>().is_ok_and(|number| number <= most);
        faults.unless(said.is_empty() || fits, || format!("{path} {said:?}"));
    }
    for path in [
        "DocumentType/Type",
        "DocumentType/TypeDetail",
        "OtherInfo/PageAmount",
        "OtherInfo/PromulgationAmount",
    ] {
        let said = message.at(path);
        faults
            .unless(said.is_empty() || said.parse::<u32>().is_ok(), || format!("{path} {said:?}"));
    }
    let steering = message.at("OtherInfo/Direction");
    faults.unless(["", "true", "false"].contains(&steering), || format!("Direction {steering:?}"));
    for answered in message.all("ResponseFor") {
        response_for(answered, faults);
    }
    let Some(trace) = header.one("TraceHeaderList") else {
        return faults.0.push("there is no TraceHeaderList".to_owned());
    };
    let kind = business(trace, faults);
    files(root, inner, kind, faults);
}

/// 5.5. Returns the `BussinessDocType`.
fn business(trace: &Element, faults: &mut Faults) -> Option<u8> {
    for hop in trace.all("TraceHeader") {
        let (code, at) = (hop.at("OrganId"), hop.at("Timestamp"));
        faults.unless(is_agency_code(code), || format!("TraceHeader/OrganId {code:?}"));
        faults.unless(is_moment(at), || format!("TraceHeader/Timestamp {at:?}"));
    }
    faults.unless(trace.one("TraceHeader").is_some(), || "no TraceHeader".to_owned());
    let Some(business) = trace.one("Bussiness").filter(|_| trace.all("Bussiness").count() == 1)
    else {
        faults.0.push("not one Bussiness, spelt so".to_owned());
        return None;
    };
    const ORDER: [&str; 7] = [
        "DocumentId",
        "BussinessDocType",
        "BussinessDocReason",
        "BussinessDocumentInfo",
        "Paper",
        "StaffInfo",
        "ReplacementInfoList",
    ];
    ordered("Bussiness", business, &ORDER, &["StaffInfo"], faults);
    let kind = business.at("BussinessDocType");
    faults.unless(["0", "1", "2", "3"].contains(&kind), || format!("BussinessDocType {kind:?}"));
    let id = business.at("DocumentId");
    faults.unless(is_document_id(id), || format!("Bussiness/DocumentId {id:?}"));
    let reason = business.at("BussinessDocReason");
    faults.unless(kind == "0" || !reason.is_empty(), || format!("{kind} without a reason"));
    let paper = business.at("Paper");
    faults.unless(["0", "1"].contains(&paper), || format!("Paper {paper:?}"));
    let info = business.one("BussinessDocumentInfo");
    faults.unless((kind == "2") == info.is_some(), || {
        format!("BussinessDocumentInfo with the type {kind}")
    });
    if let Some(info) = info {
        let (data, receivers) = (info.at("DocumentInfo"), info.at("DocumentReceiver"));
        let flags = [data, receivers].iter().all(|flag| ["0", "1"].contains(flag));
        faults.unless(flags, || format!("DocumentInfo {data:?}, DocumentReceiver {receivers:?}"));
        let list: Vec<&Element> =
            info.one("ReceiverList").map_or(Vec::new(), |list| list.all("Receiver").collect());
        faults.unless((receivers == "1") != list.is_empty(), || {
            format!("DocumentReceiver {receivers} with {} receivers", list.len())
        });
        for one in list {
            let (code, added) = (one.at("OrganId"), one.at("ReceiverType"));
            faults.unless(is_agency_code(code), || format!("Receiver/OrganId {code:?}"));
            faults.unless(["0", "1"].contains(&added), || format!("ReceiverType {added:?}"));
        }
    }
    let replaced = business.one("ReplacementInfoList");
    faults.unless((kind == "3") == replaced.is_some(), || {
        format!("ReplacementInfoList with the type {kind}")
    });
    for one in replaced.into_iter().flat_map(|list| list.all("ReplacementInfo")) {
        let id = one.at("DocumentId");
        faults.unless(is_document_id(id), || format!("ReplacementInfo/DocumentId {id:?}"));
        let codes = one.one("OrganIdList").map_or(Vec::new(), |list| list.all("OrganId").collect());
        faults.unless(codes.iter().all(|code| is_agency_code(&code.text)), || {
            "OrganIdList names no agency".to_owned()
        });
    }
    kind.parse().ok()
}

/// 5.6: the manifest and the files say the same, and what is zipped is what must be.
fn files(root: &Element, inner: &Element, kind: Option<u8>, faults: &mut Faults) {
    let manifest = inner.one("edXMLBody").and_then(|body| body.one("edXMLManifest"));
    let Some(manifest) = manifest else {
        return faults.0.push("there is no edXMLManifest".to_owned());
    };
    faults.unless(manifest.attribute("version") == Some("1.0"), || "manifest version".to_owned());
    let references: Vec<&Element> = manifest.all("Reference").collect();
    let encoded = root.children.get(1).filter(|one| one.name == "AttachmentEncoded");
    let attachments: Vec<&Element> =
        encoded.map_or(Vec::new(), |encoded| encoded.children.iter().collect());
    faults.unless(references.len() == attachments.len(), || {
        format!("{} references, {} attachments", references.len(), attachments.len())
    });
    match kind {
        Some(1) => faults.unless(attachments.is_empty(), || "a recall carries files".to_owned()),
        Some(0 | 3) => {
            faults.unless(!attachments.is_empty(), || "a document without a file".to_owned());
        }
        _ => {}
    }
    let mut seen = Vec::new();
    for (reference, attachment) in references.iter().zip(&attachments) {
        let id = reference.at("ContentId");
        let bare = id.strip_prefix("cid:").unwrap_or_default();
        let well_formed = !bare.is_empty() && !bare.contains(char::is_whitespace);
        faults.unless(well_formed, || format!("ContentId {id:?} is not cid:…"));
        faults.unless(!seen.contains(&bare), || format!("ContentId {id:?} stands there twice"));
        seen.push(bare);
        if let Some(link) = reference.attribute("xlink:href") {
            faults.unless(link == id, || format!("xlink:href {link:?} of {id:?}"));
        }
        let theirs = attachment.at("ContentId");
        faults.unless(theirs.strip_prefix("cid:").unwrap_or(theirs) == bare, || {
            format!("the attachment {theirs:?} stands where {id:?} is referred to")
        });
        let names = (reference.at("AttachmentName"), attachment.at("AttachmentName"));
        faults.unless(names.0 == names.1 && !names.0.is_empty(), || format!("names {names:?}"));
        faults.unless(!names.1.contains(['/', '\\']), || format!("a path: {:?}", names.1));
        attached(attachment, names.1, faults);
    }
}

fn attached(attachment: &Element, name: &str, faults: &mut Faults) {
    let bare = attachment.name == "Attachment"
        && attachment
            .children
            .iter()
            .all(|child| !child.name.contains(':') || child.local() == "ContentTransferEncoded");
    faults.unless(bare, || format!("{name}: AttachmentEncoded carries the prefix"));
    let payload = BASE64.decode(attachment.at("ContentTransferEncoded"));
    let Ok(payload) = payload else {
        return faults.0.push(format!("{name}: the payload is not base64"));
    };
    // The library's own spelling of xls and xlsx is part of the rule.
    const STORED: [&str; 6] = ["pdf", "doc", "docx", "xsl", "xslx", "zip"];
    let extension = name.rsplit('.').next().unwrap_or_default().to_lowercase();
    let kind = attachment.at("ContentType");
    if STORED.contains(&extension.as_str()) {
        let right = format!("application/{extension}");
        faults.unless(kind == right, || format!("{name}: ContentType {kind:?}"));
        let pdf = extension != "pdf" || payload.starts_with(b"%PDF-");
        faults.unless(pdf, || format!("{name}: the payload is no PDF"));
        return;
    }
    faults.unless(kind == "application/zip", || format!("{name}: ContentType {kind:?}, not zip"));
    let archive = zip::ZipArchive::new(std::io::Cursor::new(&payload));
    let Ok(mut archive) = archive else {
        return faults.0.push(format!("{name}: is not zipped"));
    };
    faults.unless(archive.len() == 1, || format!("{name}: {} entries", archive.len()));
    let mut bytes = Vec::new();
    let read = archive.by_index(0).map(|mut entry| entry.read_to_end(&mut bytes).is_ok());
    faults.unless(matches!(read, Ok(true)), || format!("{name}: the entry cannot be read"));
}

/// 5.8: a status has no body and no files.
fn status(root: &Element, inner: &Element, message: &Element, faults: &mut Faults) {
    const ORDER: [&str; 6] =
        ["From", "ResponseFor", "StaffInfo", "StatusCode", "Description", "Timestamp"];
    ordered("MessageHeader", message, &ORDER, &["StaffInfo"], faults);
    organ(message.one("From"), true, faults);
    match message.one("ResponseFor") {
        Some(about) => {
            response_for(about, faults);
            let code = about.at("OrganId");
            faults.unless(is_agency_code(code), || format!("ResponseFor/OrganId {code:?}"));
        }
        None => faults.0.push("a status about nothing".to_owned()),
    }
    let code = message.at("StatusCode");
    let known = ["01", "02", "03", "04", "05", "06", "13", "15", "16"];
    faults.unless(known.contains(&code), || format!("StatusCode {code:?}"));
    let reasoned = code != "02" || !message.at("Description").is_empty();
    faults.unless(reasoned, || "returned without a reason".to_owned());
    let at = message.at("Timestamp");
    faults.unless(is_moment(at), || format!("Timestamp {at:?}"));
    faults.unless(inner.one("edXMLBody").is_none() && root.children.len() == 1, || {
        "a status with a body".to_owned()
    });
}

fn response_for(answered: &Element, faults: &mut Faults) {
    const ORDER: [&str; 4] = ["OrganId", "Code", "DocumentId", "PromulgationDate"];
    ordered("ResponseFor", answered, &ORDER, &[], faults);
    let day = answered.at("PromulgationDate");
    faults.unless(day.is_empty() || is_day(day), || format!("PromulgationDate {day:?}"));
    let id = answered.at("DocumentId");
    faults.unless(id.is_empty() || is_document_id(id), || format!("DocumentId {id:?}"));
    faults.unless(!answered.at("Code").is_empty() || !id.is_empty(), || {
        "ResponseFor names no document".to_owned()
    });
}

fn organ(organ: Option<&Element>, coded: bool, faults: &mut Faults) {
    const ORDER: [&str; 8] = [
        "OrganId",
        "OrganizationInCharge",
        "OrganName",
        "OrganAdd",
        "Email",
        "Telephone",
        "Fax",
        "Website",
    ];
    let Some(organ) = organ else { return faults.0.push("an agency is missing".to_owned()) };
    ordered(&organ.name, organ, &ORDER, &[], faults);
    let code = organ.at("OrganId");
    faults.unless(!coded || is_agency_code(code), || format!("{}/OrganId {code:?}", organ.name));
    faults.unless(!organ.at("OrganName").is_empty(), || format!("{} has no name", organ.name));
}

/// Known children only, in this order, once but for those that repeat.
fn ordered(place: &str, element: &Element, order: &[&str], repeat: &[&str], faults: &mut Faults) {
    let mut last = 0;
    let mut seen: Vec<&str> = Vec::new();
    for child in &element.children {
        let name = child.local();
        let Some(position) = order.iter().position(|known| *known == name) else {
            faults.0.push(format!("{place} holds {name}"));
            continue;
        };
        faults.unless(position >= last, || format!("{name} stands too late in {place}"));
        faults.unless(repeat.contains(&name) || !seen.contains(&name), || {
            format!("{name} stands twice in {place}")
        });
        last = last.max(position);
        seen.push(name);
    }
}

/// 5.1: both forms; codes of tests on the axis are neither, and are opaque keys.
fn is_agency_code(code: &str) -> bool {
    let plain = code.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    !code.is_empty() && code.len() <= 35 && plain && code.split('.').all(|group| !group.is_empty())
}

/// 5.2: agency, year or day, number or code.
fn is_document_id(id: &str) -> bool {
    let parts: Vec<&str> = id.splitn(3, ',').collect();
    let [agency, issued, number] = parts.as_slice() else { return false };
    let year = issued.len() == 4 && issued.chars().all(|c| c.is_ascii_digit());
    is_agency_code(agency) && (year || is_day(issued)) && !number.trim().is_empty()
}

/// `yyyy/MM/dd`
fn is_day(text: &str) -> bool {
    shaped(text, "dddd/dd/dd")
        && text[5..7].parse().is_ok_and(|month: u8| (1..=12).contains(&month))
        && text[8..10].parse().is_ok_and(|day: u8| (1..=31).contains(&day))
}

/// `yyyy/MM/dd HH:mm:ss`
fn is_moment(text: &str) -> bool {
    shaped(text, "dddd/dd/dd dd:dd:dd") && is_day(&text[..10])
}

fn shaped(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && text.chars().zip(shape.chars()).all(|(c, s)| match s {
            'd' => c.is_ascii_digit(),
            s => c == s,
        })
}

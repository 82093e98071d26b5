//! Between packets and what the office keeps of a document.

use jiff::Timestamp;

use super::model::{
    Attachment, Business, DocumentPacket, Hop, Kind, Organ, OtherInfo, Staff, StatusPacket, TypeRef,
};
use crate::domain::agency::{Agency, AgencyCode};
use crate::domain::delivery::{StatusCode, StatusEntry};
use crate::domain::document::{DocumentId, Metadata, Recipient, ResponseFor, Steering};
use crate::domain::text;
use crate::rules::Profile;

/// Everything that a document packet is made of.
#[derive(Debug, Clone)]
pub struct Outgoing<'a> {
    pub metadata: &'a Metadata,
    pub profile: &'a Profile,
    pub from: &'a Agency,
    /// Every electronic recipient, not only the one to whom this copy goes.
    pub to: &'a [Agency],
    pub kind: Kind,
    pub reason: &'a str,
    pub staff: Staff,
    pub at: Timestamp,
    /// The document first. Empty for a recall.
    pub attachments: Vec<Attachment>,
}

/// Everything that a status packet is made of.
#[derive(Debug, Clone)]
pub struct Report<'a> {
    /// The document that is meant, as its sender described it.
    pub document: &'a Metadata,
    /// The agency that issued it.
    pub issuer: &'a AgencyCode,
    pub from: &'a Agency,
    pub code: StatusCode,
    pub description: &'a str,
    pub at: Timestamp,
    pub staff: Staff,
}

impl From<&Agency> for Organ {
    fn from(agency: &Agency) -> Self {
        Self {
            code: Some(agency.code.clone()),
            in_charge: agency.in_charge.clone(),
            name: agency.name.clone(),
            address: agency.address.clone(),
            email: agency.email.clone(),
            telephone: agency.telephone.clone(),
            fax: String::new(),
            website: agency.website.clone(),
        }
    }
}

impl Organ {
    /// The agency that the packet describes, for a directory that does not know it yet.
    pub fn agency(&self) -> Option<Agency> {
        let mut agency = Agency::new(self.code.clone()?, &self.name);
        agency.in_charge = text::tidy(&self.in_charge);
        agency.address = text::tidy(&self.address);
        agency.email = text::tidy(&self.email);
        agency.telephone = text::tidy(&self.telephone);
        agency.website = text::tidy(&self.website);
        Some(agency)
    }

    fn recipient(&self) -> Option<Recipient> {
        let agency = self.code.clone()?;
        Some(Recipient { agency, name: text::tidy(&self.name) })
    }
}

impl DocumentPacket {
    /// What the register wants to know of it. The type is found by its name; only where a
    /// packet gives none, by its number.
    pub fn metadata(&self, profile: &Profile) -> Metadata {
        let kind = &self.document_type;
        let by_number = || {
            let number = kind.number.filter(|_| kind.name.is_empty())?;
            profile.type_by_packet_number(u16::try_from(number).ok()?)
        };
        let known = profile.type_by_name(&kind.name).or_else(by_number);
        let type_name = match (kind.name.is_empty(), known) {
            (true, Some(known)) => known.name.clone(),
            _ => text::tidy(&kind.name),
        };
        let notes = if self.content == self.subject { String::new() } else { self.content.clone() };
        // A recipient without a code is a place on paper.
        let named = self.to.iter().filter(|to| to.code.is_none() && !to.name.is_empty());
        Metadata {
            document_id: DocumentId::parse(&self.document_id),
            code: self.code.clone(),
            type_key: known.map_or(String::new(), |known| known.key.clone()),
            type_name,
            subject: text::tidy(&self.subject),
            issuer: self.from.recipient(),
            // A sender without a code is named all the same.
            unlisted_issuer: match self.from.recipient() {
                Some(_) => String::new(),
                None => text::tidy(&self.from.name),
            },
            place: text::tidy(&self.place),
            issued: self.issued,
            signer: self.signer.clone(),
            urgency: self.other.urgency,
            due: self.due,
            pages: self.other.pages,
            copies: self.other.copies,
            recipients: self.to.iter().filter_map(Organ::recipient).collect(),
            other_places: self
                .to_places
                .iter()
                .cloned()
                .chain(named.map(|to| text::tidy(&to.name)))
                .collect(),
            response_for: self.response_for.clone(),
            drafter_notation: self.other.drafter_notation.clone(),
            notes,
            paper_follows: self.business.paper,
            circulation: self.other.sphere.clone(),
            steering: match self.steering_type {
                Some(number) => Steering::from_number(number),
                None if self.other.steering => Steering::Steering,
                None => Steering::Plain,
            },
        }
    }

    /// The packet that carries a document, or an order about it.
    pub fn from_metadata(outgoing: Outgoing<'_>) -> Self {
        let Outgoing { metadata, profile, from, to, kind, reason, staff, at, attachments } =
            outgoing;
        let document_id = metadata.document_id.as_ref().map_or(String::new(), ToString::to_string);
        let number = profile.document_type(&metadata.type_key).and_then(|row| row.packet_number);
        Self {
            from: from.into(),
            to: to.iter().map(Organ::from).collect(),
            document_id: document_id.clone(),
            code: metadata.code.clone(),
            place: metadata.place.clone(),
            issued: metadata.issued,
            document_type: TypeRef {
                number: number.map(u32::from),
                detail: Some(0),
                name: metadata.type_name.clone(),
            },
            subject: metadata.subject.clone(),
            content: metadata.notes.clone(),
            signer: metadata.signer.clone(),
            due: metadata.due,
            other: OtherInfo {
                urgency: metadata.urgency,
                drafter_notation: metadata.drafter_notation.clone(),
                copies: metadata.copies,
                pages: metadata.pages,
                sphere: metadata.circulation.clone(),
                steering: metadata.steering == Steering::Steering,
                // Everything but the document itself, by the names of the files.
                appendixes: attachments.iter().skip(1).map(|file| file.name.clone()).collect(),
                ..OtherInfo::default()
            },
            response_for: metadata.response_for.clone(),
            steering_type: Some(metadata.steering.number()),
            to_places: metadata.other_places.clone(),
            business: Business {
                kind,
                document_id,
                reason: reason.to_owned(),
                paper: metadata.paper_follows,
                staff,
            },
            trace: vec![Hop { code: from.code.clone(), at: Some(at) }],
            attachments,
            ..Self::default()
        }
    }
}

impl StatusPacket {
    /// The packet that tells the issuer how far its document is.
    pub fn report(report: Report<'_>) -> Self {
        let Report { document, issuer, from, code, description, at, staff } = report;
        Self {
            from: from.into(),
            response_for: ResponseFor {
                agency: Some(issuer.clone()),
                code: document.code.to_string(),
                issued: document.issued,
                document_id: document
                    .document_id
                    .as_ref()
                    .map_or(String::new(), |id| id.to_string()),
            },
            code,
            description: description.to_owned(),
            at: Some(at),
            staff,
        }
    }

    /// The entry of a delivery; `received_at` stands in where the packet tells no time.
    pub fn entry(&self, received_at: Timestamp) -> StatusEntry {
        StatusEntry {
            code: self.code,
            at: self.at.unwrap_or(received_at),
            description: self.description.clone(),
        }
    }

    /// Whether it speaks of this document of the agency `own`: by the document id where
    /// both have one, else by agency, code and date.
    pub fn is_about(&self, document: &Metadata, own: &AgencyCode) -> bool {
        let meant = &self.response_for;
        if let (Some(id), Some(told)) =
            (&document.document_id, DocumentId::parse(&meant.document_id))
        {
            return *id == told;
        }
        meant.agency.as_ref().is_none_or(|agency| agency == own)
            && !meant.code.is_empty()
            && meant.code == document.code.to_string()
            && meant.issued.is_none_or(|day| Some(day) == document.issued)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn agency(code: &str, name: &str) -> Agency {
        Agency::new(AgencyCode::new(code).unwrap(), name)
    }

    fn metadata() -> Metadata {
        Metadata {
            document_id: DocumentId::parse("000.01.05.H30,2019,7"),
            code: crate::domain::document::Code {
                number: "07".to_owned(),
                notation: "QĐ-UBND".to_owned(),
            },
            type_key: "QĐ".to_owned(),
            type_name: "Quyết định".to_owned(),
            subject: "Về việc ban hành Quy chế làm việc".to_owned(),
            issued: Some(jiff::civil::date(2019, 5, 6)),
            pages: Some(2),
            paper_follows: true,
            other_places: vec!["Lưu: VT".to_owned()],
            circulation: "LƯU HÀNH NỘI BỘ".to_owned(),
            steering: Steering::Report,
            ..Metadata::default()
        }
    }

    #[test]
    fn metadata_travel_there_and_back() {
        let profile = Profile::built_in("hau-giang-2019").unwrap();
        let from = agency("000.01.05.H30", "Ủy ban nhân dân xã Tân Bình");
        let to = [agency("000.00.00.H30", "Ủy ban nhân dân tỉnh Hậu Giang")];
        let sent = metadata();
        let packet = DocumentPacket::from_metadata(Outgoing {
            metadata: &sent,
            profile: &profile,
            from: &from,
            to: &to,
            kind: Kind::New,
            reason: "Văn bản mới",
            staff: Staff::default(),
            at: Timestamp::UNIX_EPOCH,
            attachments: Vec::new(),
        });
        assert_eq!(packet.document_type.number, Some(2));
        let received = packet.metadata(&profile);
        let recipient =
            |agency: &Agency| Recipient { agency: agency.code.clone(), name: agency.name.clone() };
        let expected = Metadata {
            issuer: Some(recipient(&from)),
            recipients: vec![recipient(&to[0])],
            ..sent
        };
        assert_eq!(received, expected);
    }

    #[test]
    fn the_name_of_a_type_beats_its_number() {
        let profile = Profile::built_in("current").unwrap();
        let key = |number, name: &str| {
            let document_type = TypeRef { number, detail: None, name: name.to_owned() };
            DocumentPacket { document_type, ..DocumentPacket::default() }
                .metadata(&profile)
                .type_key
        };
        assert_eq!(key(Some(1), "Công văn"), "CV");
        assert_eq!(key(Some(18), ""), "CV");
        assert_eq!(key(Some(18), "Sắc lệnh"), "");
        assert_eq!(key(Some(70_000), ""), "");
    }

    #[test]
    fn a_status_finds_its_document() {
        let own = AgencyCode::new("000.01.05.H30").unwrap();
        let from = agency("000.00.00.H30", "UBND tỉnh");
        let mut document = metadata();
        let mut status = StatusPacket::report(Report {
            document: &document,
            issuer: &own,
            from: &from,
            code: StatusCode::Accepted,
            description: "",
            at: Timestamp::UNIX_EPOCH,
            staff: Staff::default(),
        });
        assert!(status.is_about(&document, &own));
        document.code.number = "8".to_owned();
        assert!(status.is_about(&document, &own), "the id decides");
        status.response_for.document_id = String::new();
        assert!(!status.is_about(&document, &own));
        document.code.number = "07".to_owned();
        assert!(status.is_about(&document, &own));
        let other = AgencyCode::new("H30").unwrap();
        assert!(!status.is_about(&document, &other));
    }
}

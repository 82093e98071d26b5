//! The faults that are put into documents.

use super::Breach;
use crate::domain::document::Urgency;
use crate::domain::layout::Rule;
use crate::office::layout::Sheet;
use crate::rules::{DocumentType, Profile, TypeForm};

/// One way to go against the layout. The name says what is wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Fault {
    Letter,
    LeftNarrow,
    RightNarrow,
    TopNarrow,
    BottomNarrow,
    LeftWide,
    TopWide,
    OtherFont,
    NoNation,
    NoMotto,
    NoNumber,
    NoDate,
    NoType,
    NoSubject,
    NoAbout,
    NoAddressees,
    NoName,
    NoRecipients,
    WrongNation,
    WrongMotto,
    WrongAbout,
    WrongAddressed,
    SizeNationalTitle,
    SizeMotto,
    SizeSuperiorAgency,
    SizeIssuingAgency,
    SizeNumberNotation,
    SizePlaceDate,
    SizeTypeName,
    SizeSubject,
    SizeLetterSubject,
    SizeAddressees,
    SizeLegalBases,
    SizeBody,
    SizeSignerTitle,
    SizeSignerName,
    SizeRecipientsTitle,
    SizeRecipients,
    StyleNationalTitle,
    StyleMotto,
    StyleSuperiorAgency,
    StyleIssuingAgency,
    StyleNumberNotation,
    StylePlaceDate,
    StyleTypeName,
    StyleSubject,
    StyleLetterSubject,
    StyleAddressees,
    StyleLegalBases,
    StyleBody,
    StyleSignerTitle,
    StyleSignerName,
    StyleRecipientsTitle,
    StyleRecipients,
    SmallNationalTitle,
    SmallSuperiorAgency,
    SmallIssuingAgency,
    SmallTypeName,
    SmallSignerTitle,
    CapitalSubject,
    CapitalSignerName,
    CapitalMotto,
    NoLineMotto,
    LongLineMotto,
    NoLineIssuingAgency,
    LongLineIssuingAgency,
    NoLineSubject,
    LongLineSubject,
    ShortLineMotto,
    Unpaired,
    OffCentreMotto,
    OffCentreSubject,
    NumberWithoutColon,
    NumberWithoutZero,
    NumberSpaced,
    NumberLongHyphen,
    NumberSmall,
    NumberWithoutSlash,
    OtherAbbreviation,
    OtherNotation,
    LetterWithType,
    DateWithoutComma,
    DateDay,
    DateMonth,
    DateFigures,
    DateWithoutPlace,
    OtherType,
    BasisEnd,
    BasisLast,
    NoIndent,
    DeepIndent,
    TightParagraphs,
    WideLines,
    TightLines,
    Ragged,
    ArticleColon,
    ArticlePlain,
    Degree,
    AuthorityWithoutDot,
    NoDeputy,
    RecipientsPlain,
    RecipientsComma,
    RecipientsLast,
    NoFileCopy,
    NoPageNumber,
    SmallPageNumber,
    PageNumberElsewhere,
    AnnexWithoutGuide,
    AnnexSmallTitle,
    AnnexUprightGuide,
    NoUrgency,
    UrgencyFrame,
    UrgencyOther,
    Tcvn3Text,
    VniText,
    VniFont,
}

/// Fault, name in scripts, rule, component, what may be found beside it.
type Row = (Fault, &'static str, Rule, &'static str, &'static [Breach]);

#[rustfmt::skip]
const ROWS: [Row; 116] = [
    (Fault::Letter, "letter-paper", Rule::PageSize, "", &[(Rule::Margin, "")]),
    (Fault::LeftNarrow, "left-narrow", Rule::Margin, "", &[]),
    (Fault::RightNarrow, "right-narrow", Rule::Margin, "", &[]),
    (Fault::TopNarrow, "top-narrow", Rule::Margin, "", &[]),
    (Fault::BottomNarrow, "bottom-narrow", Rule::Margin, "", &[]),
    (Fault::LeftWide, "left-wide", Rule::Margin, "", &[]),
    (Fault::TopWide, "top-wide", Rule::Margin, "", &[]),
    (Fault::OtherFont, "other-font", Rule::Font, "", &[]),
    (Fault::NoNation, "no-nation", Rule::Missing, "national-title", &[(Rule::Centred, "motto"), (Rule::Pairing, "motto"), (Rule::Style, "superior-agency")]),
    (Fault::NoMotto, "no-motto", Rule::Missing, "motto", &[]),
    (Fault::NoNumber, "no-number", Rule::Missing, "number-notation", &[(Rule::Missing, "letter-subject")]),
    (Fault::NoDate, "no-date", Rule::Missing, "place-date", &[]),
    (Fault::NoType, "no-type", Rule::Missing, "type-name", &[(Rule::Missing, "subject")]),
    (Fault::NoSubject, "no-subject", Rule::Missing, "subject", &[]),
    (Fault::NoAbout, "no-about", Rule::Missing, "letter-subject", &[]),
    (Fault::NoAddressees, "no-addressees", Rule::Missing, "addressees", &[]),
    (Fault::NoName, "no-name", Rule::Missing, "signer-name", &[(Rule::Authority, "signer-title")]),
    (Fault::NoRecipients, "no-recipients", Rule::Missing, "recipients-title", &[]),
    (Fault::WrongNation, "wrong-nation", Rule::Wording, "national-title", &[]),
    (Fault::WrongMotto, "wrong-motto", Rule::Wording, "motto", &[(Rule::Underline, "motto")]),
    (Fault::WrongAbout, "wrong-about", Rule::Wording, "letter-subject", &[(Rule::Missing, "letter-subject")]),
    (Fault::WrongAddressed, "wrong-addressed", Rule::Wording, "addressees", &[]),
    (Fault::SizeNationalTitle, "size-national-title", Rule::Size, "national-title", &[(Rule::Pairing, "motto")]),
    (Fault::SizeMotto, "size-motto", Rule::Size, "motto", &[(Rule::Underline, "motto"), (Rule::Pairing, "motto")]),
    (Fault::SizeSuperiorAgency, "size-superior-agency", Rule::Size, "superior-agency", &[]),
    (Fault::SizeIssuingAgency, "size-issuing-agency", Rule::Size, "issuing-agency", &[(Rule::Underline, "issuing-agency")]),
    (Fault::SizeNumberNotation, "size-number-notation", Rule::Size, "number-notation", &[]),
    (Fault::SizePlaceDate, "size-place-date", Rule::Size, "place-date", &[]),
    (Fault::SizeTypeName, "size-type-name", Rule::Size, "type-name", &[]),
    (Fault::SizeSubject, "size-subject", Rule::Size, "subject", &[(Rule::Underline, "subject")]),
    (Fault::SizeLetterSubject, "size-letter-subject", Rule::Size, "letter-subject", &[]),
    (Fault::SizeAddressees, "size-addressees", Rule::Size, "addressees", &[]),
    (Fault::SizeLegalBases, "size-legal-bases", Rule::Size, "legal-bases", &[]),
    (Fault::SizeBody, "size-body", Rule::Size, "body", &[]),
    (Fault::SizeSignerTitle, "size-signer-title", Rule::Size, "signer-title", &[]),
    (Fault::SizeSignerName, "size-signer-name", Rule::Size, "signer-name", &[]),
    (Fault::SizeRecipientsTitle, "size-recipients-title", Rule::Size, "recipients-title", &[]),
    (Fault::SizeRecipients, "size-recipients", Rule::Size, "recipients", &[]),
    (Fault::StyleNationalTitle, "style-national-title", Rule::Style, "national-title", &[]),
    (Fault::StyleMotto, "style-motto", Rule::Style, "motto", &[(Rule::Underline, "motto")]),
    (Fault::StyleSuperiorAgency, "style-superior-agency", Rule::Style, "superior-agency", &[]),
    (Fault::StyleIssuingAgency, "style-issuing-agency", Rule::Style, "issuing-agency", &[(Rule::Underline, "issuing-agency")]),
    (Fault::StyleNumberNotation, "style-number-notation", Rule::Style, "number-notation", &[]),
    (Fault::StylePlaceDate, "style-place-date", Rule::Style, "place-date", &[]),
    (Fault::StyleTypeName, "style-type-name", Rule::Style, "type-name", &[]),
    (Fault::StyleSubject, "style-subject", Rule::Style, "subject", &[(Rule::Underline, "subject")]),
    (Fault::StyleLetterSubject, "style-letter-subject", Rule::Style, "letter-subject", &[]),
    (Fault::StyleAddressees, "style-addressees", Rule::Style, "addressees", &[]),
    (Fault::StyleLegalBases, "style-legal-bases", Rule::Style, "legal-bases", &[]),
    (Fault::StyleBody, "style-body", Rule::Style, "body", &[]),
    (Fault::StyleSignerTitle, "style-signer-title", Rule::Style, "signer-title", &[]),
    (Fault::StyleSignerName, "style-signer-name", Rule::Style, "signer-name", &[]),
    (Fault::StyleRecipientsTitle, "style-recipients-title", Rule::Style, "recipients-title", &[]),
    (Fault::StyleRecipients, "style-recipients", Rule::Style, "recipients", &[]),
    (Fault::SmallNationalTitle, "small-national-title", Rule::Capitals, "national-title", &[]),
    (Fault::SmallSuperiorAgency, "small-superior-agency", Rule::Capitals, "superior-agency", &[]),
    (Fault::SmallIssuingAgency, "small-issuing-agency", Rule::Capitals, "issuing-agency", &[(Rule::Underline, "issuing-agency")]),
    (Fault::SmallTypeName, "small-type-name", Rule::Capitals, "type-name", &[(Rule::Missing, "type-name")]),
    (Fault::SmallSignerTitle, "small-signer-title", Rule::Capitals, "signer-title", &[(Rule::Missing, "signer-name")]),
    (Fault::CapitalSubject, "capital-subject", Rule::Capitals, "subject", &[(Rule::Underline, "subject")]),
    (Fault::CapitalSignerName, "capital-signer-name", Rule::Capitals, "signer-name", &[(Rule::Underline, "signer-name")]),
    (Fault::CapitalMotto, "capital-motto", Rule::Capitals, "motto", &[(Rule::Underline, "motto")]),
    (Fault::NoLineMotto, "no-line-motto", Rule::Underline, "motto", &[]),
    (Fault::LongLineMotto, "long-line-motto", Rule::Underline, "motto", &[]),
    (Fault::NoLineIssuingAgency, "no-line-issuing-agency", Rule::Underline, "issuing-agency", &[]),
    (Fault::LongLineIssuingAgency, "long-line-issuing-agency", Rule::Underline, "issuing-agency", &[]),
    (Fault::NoLineSubject, "no-line-subject", Rule::Underline, "subject", &[]),
    (Fault::LongLineSubject, "long-line-subject", Rule::Underline, "subject", &[]),
    (Fault::ShortLineMotto, "short-line-motto", Rule::Underline, "motto", &[]),
    (Fault::Unpaired, "unpaired", Rule::Pairing, "motto", &[]),
    (Fault::OffCentreMotto, "off-centre-motto", Rule::Centred, "motto", &[(Rule::Underline, "motto")]),
    (Fault::OffCentreSubject, "off-centre-subject", Rule::Centred, "subject", &[(Rule::Underline, "subject"), (Rule::Missing, "subject")]),
    (Fault::NumberWithoutColon, "number-without-colon", Rule::Number, "number-notation", &[(Rule::Notation, "number-notation"), (Rule::Kind, "type-name")]),
    (Fault::NumberWithoutZero, "number-without-zero", Rule::Number, "number-notation", &[(Rule::Notation, "number-notation"), (Rule::Kind, "type-name")]),
    (Fault::NumberSpaced, "number-spaced", Rule::Number, "number-notation", &[(Rule::Notation, "number-notation"), (Rule::Kind, "type-name")]),
    (Fault::NumberLongHyphen, "number-long-hyphen", Rule::Number, "number-notation", &[(Rule::Notation, "number-notation"), (Rule::Kind, "type-name")]),
    (Fault::NumberSmall, "number-small", Rule::Number, "number-notation", &[(Rule::Notation, "number-notation"), (Rule::Kind, "type-name")]),
    (Fault::NumberWithoutSlash, "number-without-slash", Rule::Number, "number-notation", &[(Rule::Notation, "number-notation"), (Rule::Kind, "type-name")]),
    (Fault::OtherAbbreviation, "other-abbreviation", Rule::Notation, "number-notation", &[(Rule::Kind, "type-name")]),
    (Fault::OtherNotation, "other-notation", Rule::Notation, "number-notation", &[]),
    (Fault::LetterWithType, "letter-with-type", Rule::Notation, "number-notation", &[]),
    (Fault::DateWithoutComma, "date-without-comma", Rule::Date, "place-date", &[]),
    (Fault::DateDay, "date-day", Rule::Date, "place-date", &[]),
    (Fault::DateMonth, "date-month", Rule::Date, "place-date", &[]),
    (Fault::DateFigures, "date-figures", Rule::Date, "place-date", &[]),
    (Fault::DateWithoutPlace, "date-without-place", Rule::Date, "place-date", &[]),
    (Fault::OtherType, "other-type", Rule::Kind, "type-name", &[]),
    (Fault::BasisEnd, "basis-end", Rule::Bases, "legal-bases", &[]),
    (Fault::BasisLast, "basis-last", Rule::Bases, "legal-bases", &[]),
    (Fault::NoIndent, "no-indent", Rule::Indent, "body", &[]),
    (Fault::DeepIndent, "deep-indent", Rule::Indent, "body", &[]),
    (Fault::TightParagraphs, "tight-paragraphs", Rule::ParagraphSpacing, "body", &[]),
    (Fault::WideLines, "wide-lines", Rule::LineSpacing, "body", &[]),
    (Fault::TightLines, "tight-lines", Rule::LineSpacing, "body", &[(Rule::Margin, "")]),
    (Fault::Ragged, "ragged", Rule::Justified, "body", &[]),
    (Fault::ArticleColon, "article-colon", Rule::Article, "article", &[]),
    (Fault::ArticlePlain, "article-plain", Rule::Article, "article", &[]),
    (Fault::Degree, "degree", Rule::SignerName, "signer-name", &[]),
    (Fault::AuthorityWithoutDot, "authority-without-dot", Rule::Authority, "signer-title", &[]),
    (Fault::NoDeputy, "no-deputy", Rule::Authority, "signer-title", &[]),
    (Fault::RecipientsPlain, "recipients-plain", Rule::Recipients, "recipients", &[]),
    (Fault::RecipientsComma, "recipients-comma", Rule::Recipients, "recipients", &[]),
    (Fault::RecipientsLast, "recipients-last", Rule::Recipients, "recipients", &[]),
    (Fault::NoFileCopy, "no-file-copy", Rule::FileCopy, "recipients", &[]),
    (Fault::NoPageNumber, "no-page-number", Rule::PageNumber, "", &[]),
    (Fault::SmallPageNumber, "small-page-number", Rule::PageNumber, "", &[]),
    (Fault::PageNumberElsewhere, "page-number-elsewhere", Rule::PageNumber, "", &[]),
    (Fault::AnnexWithoutGuide, "annex-without-guide", Rule::Annex, "", &[]),
    (Fault::AnnexSmallTitle, "annex-small-title", Rule::Annex, "", &[]),
    (Fault::AnnexUprightGuide, "annex-upright-guide", Rule::Annex, "", &[]),
    (Fault::NoUrgency, "no-urgency", Rule::Urgency, "urgency-mark", &[]),
    (Fault::UrgencyFrame, "urgency-frame", Rule::Urgency, "urgency-mark", &[]),
    (Fault::UrgencyOther, "urgency-other", Rule::Urgency, "urgency-mark", &[]),
    (Fault::Tcvn3Text, "tcvn3-text", Rule::Legacy, "", &[(Rule::Style, "body")]),
    (Fault::VniText, "vni-text", Rule::Legacy, "", &[]),
    (Fault::VniFont, "vni-font", Rule::Legacy, "", &[]),
];

impl Fault {
    pub const ALL: [Self; 116] = {
        let mut all = [Self::Letter; 116];
        let mut at = 0;
        while at < all.len() {
            all[at] = ROWS[at].0;
            at += 1;
        }
        all
    };

    fn row(self) -> &'static Row {
        // Every fault has its row, in the order of the list.
        &ROWS[self as usize]
    }

    /// The name in scripts.
    pub fn key(self) -> &'static str {
        self.row().1
    }

    /// What is to be found.
    pub fn breach(self) -> Breach {
        (self.row().2, self.row().3)
    }

    /// What follows from it and is true as well.
    pub fn consequences(self) -> &'static [Breach] {
        self.row().4
    }

    /// Whether a document of this text and type can have the fault.
    pub fn fits(self, sheet: &Sheet, kind: &DocumentType, profile: &Profile) -> bool {
        use Fault::*;
        let letter = kind.form == TypeForm::Letter;
        let (_, component) = self.breach();
        let there = match component {
            "superior-agency" => !sheet.superior.is_empty(),
            "letter-subject" => letter,
            "addressees" => !sheet.addressees.is_empty(),
            "type-name" | "subject" => !letter,
            "legal-bases" => sheet.bases.len() > 1 && !letter,
            "body" => sheet.body.len() > 6,
            "urgency-mark" => sheet.urgency != Urgency::Normal,
            _ => true,
        };
        let authority = |mark: &str| sheet.signer.competence.starts_with(mark);
        there
            && match self {
                // Two pages, the first of them full.
                NoPageNumber | SmallPageNumber | PageNumberElsewhere | BottomNarrow => {
                    sheet.body.len() > 11
                }
                LeftWide | ArticleColon | ArticlePlain | Tcvn3Text | VniText => {
                    sheet.body.len() > 6
                }
                // Where any mark may end them, nothing is wrong.
                BasisLast => !profile.layout().check.bases_last.iter().any(|mark| mark == ";"),
                OtherAbbreviation => !letter,
                LetterWithType => letter,
                AuthorityWithoutDot => authority("TM.") || authority("KT."),
                NoDeputy => sheet.signer.competence.contains("KT."),
                UrgencyOther => profile.layout().urgency_stamps.len() > 2,
                _ => true,
            }
    }

    /// Whether two faults concern the same part of a page, so that one would hide the other.
    pub fn meets(self, other: Self) -> bool {
        let part = |fault: Self| match fault.breach().1 {
            "national-title" | "motto" => 1,
            "superior-agency" | "issuing-agency" => 2,
            "number-notation" | "letter-subject" | "place-date" | "urgency-mark" => 3,
            "type-name" | "subject" | "addressees" => 4,
            "legal-bases" | "body" | "article" => 5,
            "signer-title" | "signer-name" => 6,
            "recipients-title" | "recipients" => 7,
            _ => 0,
        };
        let whole = |fault: Self| matches!(fault.breach().0, Rule::Legacy | Rule::Annex);
        part(self) == part(other) || whole(self) || whole(other)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_fault_has_its_row_and_every_rule_but_one_its_fault() {
        for (at, row) in ROWS.iter().enumerate() {
            assert_eq!(row.0 as usize, at, "{}", row.1);
        }
        for rule in Rule::ALL {
            // The composer puts letters and marks together.
            let seeded = ROWS.iter().any(|row| row.2 == rule);
            assert_eq!(seeded, rule != Rule::Decomposed, "{}", rule.key());
        }
    }
}

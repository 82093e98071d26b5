//! Number and date that are written with the organisation's signature, not before the
//! personal one.
//!
//! Two lawful orders exist. Quyết định 01/2019/QĐ-UBND Điều 14 khoản 2 fills number and date
//! in when the leader signs; then they are drawn on the page under the personal signature.
//! The Government's signing service fills them in at issue. A page must not change any more
//! after it was signed, so for the second order each blank becomes a *form field* in the
//! revision of the personal signature, and the seal's revision fills these fields and locks
//! them. That is the one way that others permit: Acrobat takes filling a form after an
//! approval signature as what forms are for, and pyHanko's difference policy classes it as
//! form filling, while it takes new annotations, new fields and new page content for
//! tampering. (Signature fields cannot carry the text: they have one widget, at the seal.)
//!
//! - Fields: `VtNumber`, `VtDay`, `VtMonth`, `VtYear`; text, read-only, printed, without a
//!   value. Their fonts stand in the form's `/DR`, embedded, with the ten figures only, so
//!   that what a figure looks like is under the personal signature too; so does the profile
//!   of their colours, where the file needs one to stay PDF/A.
//! - Filling changes `/V` and `/AP` of those fields and nothing else. A look holds one line
//!   of figures and refers to the signed fonts.
//! - The seal's signature dictionary locks the fields (FieldMDP, ISO 32000-1, 12.8.2.4).

use std::collections::BTreeMap;

use lopdf::{Dictionary, Object, ObjectId, Stream, dictionary};

use super::palette::Palette;
use crate::pdf::appearance::number;
use crate::pdf::blanks::{Opening, Part};
use crate::pdf::font::{Embedder, Face};
use crate::pdf::intent::Colours;
use crate::pdf::structure::{FieldLock, PageGeometry, Source, Update};
use crate::pdf::{PdfError, Rect};
use crate::signing::SigningError;

/// All figures, in the order of their codes, which begin at 1.
const FIGURES: &str = "0123456789";
/// Read-only (table 221): people do not type here.
const READ_ONLY: i64 = 1;
/// Where a field was left and where the blank is now may differ by rounding only.
const TOLERANCE: f32 = 1.0;

/// The name of the field for a piece; `None` for the notation, which is known from the start.
pub const fn field_name(part: Part) -> Option<&'static str> {
    match part {
        Part::Number => Some("VtNumber"),
        Part::Day => Some("VtDay"),
        Part::Month => Some("VtMonth"),
        Part::Year => Some("VtYear"),
        Part::Notation => None,
    }
}

/// What the field is to whoever hears the page.
const fn spoken(part: Part) -> &'static str {
    match part {
        Part::Number => "Số văn bản",
        Part::Day => "Ngày ban hành",
        Part::Month => "Tháng ban hành",
        Part::Year => "Năm ban hành",
        Part::Notation => "Ký hiệu văn bản",
    }
}

/// A face in the form's resources.
const fn font_name(face: Face) -> &'static str {
    match face {
        Face::SerifItalic => "VtSerifItalic",
        _ => "VtSerif",
    }
}

/// The fields that were added, and what the form's `/DR` needs for them.
#[derive(Debug, Default)]
pub(super) struct Added {
    pub fields: Vec<ObjectId>,
    pub fonts: Dictionary,
    pub colours: Colours,
}

/// Makes a field of each blank on page 1. Their texts are not known yet and not read.
pub(super) fn keep_open(
    update: &mut Update<'_>,
    source: &Source,
    palette: &mut Palette,
    openings: &[Opening],
) -> Result<Added, SigningError> {
    if openings.is_empty() {
        return Ok(Added::default());
    }
    let taken: Vec<String> = source.fields()?.into_iter().map(|field| field.name).collect();
    let colours = palette.colours(update, source)?;
    let mut embedder = Embedder::new();
    let faces = openings.iter().map(|one| one.face);
    faces.for_each(|face| drop(embedder.encode(face, FIGURES)));
    let written = embedder.write(update.first_free())?;
    for (id, object) in written.objects {
        update.set(id, object);
    }
    let mut fonts = Dictionary::new();
    for (face, id) in &written.faces {
        fonts.set(font_name(*face), *id);
    }
    let (page, _) = source.page(1)?;
    let geometry = source.page_geometry(1)?;
    let mut fields = Vec::new();
    for Opening { part, blank, face, .. } in openings {
        let Some(name) = field_name(*part) else { continue };
        if taken.iter().any(|taken| taken == name) {
            return Err(SigningError::FieldTaken(name.to_owned()));
        }
        let empty = look(update, blank.rect, &geometry, None);
        let rect = geometry.user_from_points(blank.rect);
        let corners = [rect.x, rect.y, rect.right(), rect.top()].map(Object::Real);
        let size = number(blank.font_size);
        let id = update.allocate();
        update.set(
            id,
            Object::Dictionary(dictionary! {
                "Type" => "Annot",
                "Subtype" => "Widget",
                "FT" => "Tx",
                "T" => Object::string_literal(name),
                "TU" => super::revision::text(spoken(*part)),
                "F" => super::revision::WIDGET_FLAGS,
                "Ff" => READ_ONLY,
                "P" => page,
                "Rect" => corners.to_vec(),
                "DA" => Object::string_literal(format!("/{} {size} Tf 0 g", font_name(*face))),
                "Q" => 1,
                "AP" => dictionary! { "N" => empty },
            }),
        );
        fields.push(id);
    }
    let Object::Dictionary(dictionary) = update.object(page)? else {
        return Err(PdfError::Damaged("a page is no dictionary".to_owned()).into());
    };
    let added = fields.clone();
    let (dictionary, changed) = update.change_array(dictionary, b"Annots", |list| {
        list.extend(added.into_iter().map(Object::Reference));
    })?;
    if changed {
        update.set(page, Object::Dictionary(dictionary));
    }
    Ok(Added { fields, fonts, colours })
}

/// Fills the fields that the personal signature left open; what is to be locked now.
///
/// # Errors
/// [`SigningError::NothingLeftOpen`] where a piece has no field that stands empty in its blank.
pub(super) fn fill(
    update: &mut Update<'_>,
    source: &Source,
    openings: &[Opening],
) -> Result<Option<FieldLock>, SigningError> {
    if openings.is_empty() {
        return Ok(None);
    }
    let fields: BTreeMap<String, (ObjectId, Dictionary)> = source
        .fields()?
        .into_iter()
        .filter(|field| field.kind == b"Tx")
        .map(|field| (field.name, (field.id, field.dictionary)))
        .collect();
    let (_, form) = source.form()?.unwrap_or_default();
    let resources = source.member_dictionary(&form, b"DR").ok().flatten().unwrap_or_default();
    let listed = |key| source.member_dictionary(&resources, key).ok().flatten();
    let fonts = listed(b"Font").unwrap_or_default();
    let colours = Colours::listed(source, &listed(b"ColorSpace").unwrap_or_default());
    let geometry = source.page_geometry(1)?;
    let mut names = Vec::new();
    for opening in openings {
        let missing = || SigningError::NothingLeftOpen;
        let name = field_name(opening.part).ok_or_else(missing)?;
        let (id, mut dictionary) = fields.get(name).cloned().ok_or_else(missing)?;
        let rect = dictionary.get(b"Rect").ok().and_then(|rect| source.rectangle(rect));
        let rect = rect.ok_or_else(missing)?;
        let blank = opening.blank.rect;
        let there = geometry.points_from_user(rect);
        let stands = there.holds(&blank, TOLERANCE) && blank.holds(&there, TOLERANCE);
        let figures = opening.text.chars().all(|c| c.is_ascii_digit());
        let font = fonts.get(font_name(opening.face).as_bytes()).and_then(Object::as_reference);
        let (Ok(font), true, true, false) = (font, stands, figures, dictionary.has(b"V")) else {
            return Err(missing());
        };
        let filled = look(update, blank, &geometry, Some((opening, font, &colours)));
        dictionary.set("V", Object::string_literal(opening.text.as_str()));
        dictionary.set("AP", dictionary! { "N" => filled });
        update.set(id, Object::Dictionary(dictionary));
        names.push(name.to_owned());
    }
    Ok(Some(FieldLock::Include(names)))
}

/// The look of a field, empty or with its line.
fn look(
    update: &mut Update<'_>,
    rect: Rect,
    geometry: &PageGeometry,
    line: Option<(&Opening, ObjectId, &Colours)>,
) -> ObjectId {
    let mut resources = Dictionary::new();
    let mut content = String::from("/Tx BMC EMC");
    if let Some((opening, font, colours)) = line {
        let name = font_name(opening.face);
        let stamp = opening.stamp();
        let codes: String = opening
            .text
            .bytes()
            .map(|figure| format!("{:04X}", figure.saturating_sub(b'0') + 1))
            .collect();
        content = format!(
            "/Tx BMC q BT /{name} {} Tf 0 0 0 rg {} {} Td <{codes}> Tj ET Q EMC",
            number(stamp.size),
            number(stamp.x - rect.x),
            number(stamp.baseline - rect.y),
        );
        resources.set("Font", dictionary! { name => font });
        colours.enter_into(&mut resources);
    }
    let form = dictionary! {
        "Type" => "XObject",
        "Subtype" => "Form",
        "BBox" => vec![0.into(), 0.into(), Object::Real(rect.width), Object::Real(rect.height)],
        "Matrix" => geometry.upright_matrix().map(Object::Integer).to_vec(),
        "Resources" => resources,
    };
    let id = update.allocate();
    update.set(id, Object::Stream(Stream::new(form, content.into_bytes())));
    id
}

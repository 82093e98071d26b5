//! What happened to the form: signatures may come, and fields may be filled in ([`fill`]).
//!
//! A further signature is a new signature field with its widget, or the signing of a field
//! that stood empty. It brings a signature dictionary of its own, and no actions. A time
//! stamp is given to anybody who asks, so its field must show nothing: a visible one could
//! cover what was signed without anybody having to answer for it.

use std::collections::HashSet;

use lopdf::{Dictionary, Object, ObjectId};

use super::changes::Change;
use super::comparison::Comparison;
use super::fill::{self, Filling};
use super::walk::{differing, grown};
use crate::domain::outbound::SignatureKind;
use crate::pdf::structure::{Field, Indirect, Source, operations};
use crate::pdf::{PdfError, Rect};
use crate::pki::Certificate;
use crate::pki::cms::SignedData;

/// A signature that came later.
pub(super) struct NewSignature {
    pub name: String,
    pub widget: ObjectId,
    pub rect: Option<Rect>,
    pub is_timestamp: bool,
    /// Nobody provided its field before.
    pub is_new_field: bool,
    /// By its certificate; whether it is good is judged where it is checked itself.
    pub is_organisation: bool,
}

/// What the form got.
#[derive(Default)]
pub(super) struct Found {
    pub signatures: Vec<NewSignature>,
    pub fillings: Vec<Filling>,
}

/// A signature dictionary that came in this step.
struct Value {
    is_timestamp: bool,
    is_organisation: bool,
}

/// What a new signature field or its widget may hold; no `/A` and no `/AA`, which act, and
/// no `/OC`, which hides.
const FIELD_KEYS: [&[u8]; 23] = [
    b"Type", b"Subtype", b"FT", b"Ff", b"T", b"TU", b"TM", b"V", b"F", b"Rect", b"P", b"AP",
    b"Parent", b"Kids", b"MK", b"DA", b"Q", b"Lock", b"SV", b"Border", b"BS", b"NM", b"M",
];

/// Flags of annotations that do not turn or grow with their page.
const NO_ZOOM: i64 = 1 << 3;
const NO_ROTATE: i64 = 1 << 4;

/// What signing adds to a field that stood empty.
const SIGNING_KEYS: [&[u8]; 6] = [b"V", b"AP", b"MK", b"M", b"DA", b"F"];

pub(super) fn compare(comparison: &mut Comparison) -> Result<Found, PdfError> {
    let old = comparison.signed.fields()?;
    let new = comparison.now.fields()?;
    form(comparison, &old)?;
    let mut found = Found::default();
    for field in &old {
        match new.iter().find(|found| found.id == field.id) {
            Some(now) if field.kind == b"Sig" => {
                if comparison.is_changed(field.id.0) {
                    found.signatures.extend(newly_signed(comparison, field, now)?);
                }
            }
            Some(now) => found.fillings.extend(fill::filled(comparison, field, now)?),
            None => comparison.note(Change::Field(field.name.clone())),
        }
    }
    let ids: HashSet<ObjectId> = old.iter().map(|field| field.id).collect();
    let names: HashSet<&str> = old.iter().map(|field| field.name.as_str()).collect();
    for field in new.iter().filter(|field| !ids.contains(&field.id)) {
        let fresh = comparison.is_added(field.id.0) && !names.contains(field.name.as_str());
        match (fresh, new_field(comparison, field)?) {
            (true, Some(signature)) => found.signatures.push(signature),
            _ => comparison.note(Change::Field(field.name.clone())),
        }
    }
    Ok(found)
}

/// The form's own dictionary and its list of fields.
fn form(comparison: &mut Comparison, fields: &[Field]) -> Result<(), PdfError> {
    let (old, new) = (comparison.signed.form()?, comparison.now.form()?);
    let (catalog, _) = comparison.signed.catalog()?;
    let (old_id, old) = old.unwrap_or_default();
    let Some((_, new)) = new else {
        if !old.is_empty() {
            comparison.note(Change::Catalog("AcroForm".to_owned()));
        }
        return Ok(());
    };
    for key in differing(&old, &new) {
        match key.as_slice() {
            b"Fields" | b"SigFlags" => {}
            // Signers add these once for their own appearances; what was there stays. A field
            // that viewers draw themselves would be drawn with them.
            b"DR" | b"DA" if !old.has(&key) && fields.iter().all(|f| f.kind == b"Sig") => {}
            _ => comparison.note(Change::Catalog("AcroForm".to_owned())),
        }
    }
    let listed = |dictionary: &Dictionary| dictionary.get(b"Fields").and_then(Object::as_reference);
    let holder = old_id.map_or(catalog.0, |id| id.0);
    if let Some(id) = old_id {
        comparison.plain(id)?;
        comparison.explain(id.0, |place| place == &(catalog.0, b"AcroForm".to_vec()));
    }
    if let Ok(list) = listed(&old) {
        // Written inside the catalog, the form's members are seen as the catalog's.
        comparison.explain(list.0, |(from, key)| {
            *from == holder && matches!(key.as_slice(), b"Fields" | b"AcroForm")
        });
    }
    let before = comparison.signed.member_array(&old, b"Fields")?.unwrap_or_default();
    let after = comparison.now.member_array(&new, b"Fields")?.unwrap_or_default();
    if grown(&before, &after).is_none() {
        comparison.note(Change::Catalog("AcroForm".to_owned()));
    }
    Ok(())
}

/// An old field that changed: permitted only where an empty signature field was signed.
fn newly_signed(
    comparison: &mut Comparison,
    old: &Field,
    new: &Field,
) -> Result<Option<NewSignature>, PdfError> {
    comparison.plain(old.id)?;
    let was_empty = comparison.signed.member(&old.dictionary, b"V")?.is_null();
    let only_signed = differing(&old.dictionary, &new.dictionary)
        .iter()
        .all(|key| SIGNING_KEYS.contains(&key.as_slice()));
    let value = signature(comparison, &new.dictionary)?;
    match value {
        Some(value)
            if new.kind == b"Sig"
                && old.name == new.name
                && was_empty
                && only_signed
                && is_shown_lawfully(comparison, &new.dictionary, &value)? =>
        {
            comparison.explain_in_form(old.id.0);
            Ok(Some(new_signature(comparison, old, old.id, &new.dictionary, &value)))
        }
        // Left unexplained, it is named with the other changed objects.
        _ => Ok(None),
    }
}

fn new_field(comparison: &mut Comparison, field: &Field) -> Result<Option<NewSignature>, PdfError> {
    let Some(value) = signature(comparison, &field.dictionary)? else { return Ok(None) };
    let kids = comparison.now.member_array(&field.dictionary, b"Kids")?;
    let (widget, dictionary) = match kids.as_deref() {
        None | Some([]) => (field.id, field.dictionary.clone()),
        Some([Object::Reference(kid)]) if comparison.is_added(kid.0) => {
            match comparison.now.object(*kid)? {
                Object::Dictionary(widget) => (*kid, widget),
                _ => return Ok(None),
            }
        }
        Some(_) => return Ok(None),
    };
    let known = |dictionary: &Dictionary| {
        dictionary.iter().all(|(key, _)| FIELD_KEYS.contains(&key.as_slice()))
    };
    let plain = |id: ObjectId| -> Result<bool, PdfError> {
        let indirect = comparison.now.indirect(id)?;
        Ok(indirect.is_some_and(|indirect| !indirect.duplicate_keys && indirect.stream.is_none()))
    };
    let good = field.kind == b"Sig"
        && known(&field.dictionary)
        && known(&dictionary)
        && plain(field.id)?
        && plain(widget)?
        && is_shown_lawfully(comparison, &dictionary, &value)?;
    Ok(good.then(|| new_signature(comparison, field, widget, &dictionary, &value)))
}

fn new_signature(
    comparison: &Comparison,
    field: &Field,
    widget: ObjectId,
    dictionary: &Dictionary,
    value: &Value,
) -> NewSignature {
    NewSignature {
        name: field.name.clone(),
        widget,
        rect: dictionary.get(b"Rect").ok().and_then(|rect| comparison.now.rectangle(rect)),
        is_timestamp: value.is_timestamp,
        is_new_field: comparison.is_added(field.id.0),
        is_organisation: value.is_organisation,
    }
}

/// The field's signature dictionary if it came after the signed revision. Its validity is
/// judged with the other signatures.
fn signature(comparison: &Comparison, field: &Dictionary) -> Result<Option<Value>, PdfError> {
    let Ok(Object::Reference(id)) = field.get(b"V") else { return Ok(None) };
    if !comparison.is_added(id.0) {
        return Ok(None);
    }
    let Object::Dictionary(value) = comparison.now.object(*id)? else { return Ok(None) };
    let name = |key: &[u8]| value.get(key).and_then(Object::as_name).unwrap_or_default();
    let is_timestamp = name(b"Type") == b"DocTimeStamp" || name(b"SubFilter") == b"ETSI.RFC3161";
    let contents = value.get(b"Contents").and_then(Object::as_str).unwrap_or_default();
    let kind = || {
        let signed = SignedData::parse(contents).ok()?;
        signed.signer_certificate().and_then(Certificate::owner_kind)
    };
    let is_organisation = !is_timestamp && kind() == Some(SignatureKind::Organisation);
    let complete = value.has(b"Contents") && value.has(b"ByteRange");
    Ok(complete.then_some(Value { is_timestamp, is_organisation }))
}

/// At a place that every reader finds the same; and a time stamp shows nothing.
fn is_shown_lawfully(
    comparison: &Comparison,
    widget: &Dictionary,
    value: &Value,
) -> Result<bool, PdfError> {
    let empty = match widget.get(b"Rect") {
        Err(_) => true,
        Ok(rect) => match comparison.now.rectangle(rect) {
            Some(rect) => rect.width == 0.0 || rect.height == 0.0,
            // Readers take what is no four numbers in different ways, as a page over the page.
            None => return Ok(false),
        },
    };
    // Enlarged, the page would leave it as it is, and so more of it covered (12.5.3).
    let flags = comparison.now.member(widget, b"F")?.as_i64().unwrap_or(0);
    if flags & (NO_ZOOM | NO_ROTATE) != 0 && !empty {
        return Ok(false);
    }
    let look = comparison.now.member_dictionary(widget, b"AP")?;
    let hidden = look.is_none() && !widget.has(b"MK");
    let Some(looks) = looks(comparison.now, &look.unwrap_or_default(), 0)? else {
        return Ok(false);
    };
    let is_bounded =
        |look: &Drawn| look.bounds.is_some_and(|bounds| bounds.width > 0.0 && bounds.height > 0.0);
    Ok(match value.is_timestamp {
        true => (empty || hidden) && looks.iter().all(|look| !look.paints),
        false => looks.iter().all(|look| !look.paints || is_bounded(look)),
    })
}

/// What one look of a widget is.
struct Drawn {
    /// `/BBox`. What has none is neither clipped nor scaled by some readers, however small the
    /// place is that it should fill.
    bounds: Option<Rect>,
    paints: bool,
}

/// All looks of a widget, by their kinds (`depth` 0) and states (1); `None` for what is none.
fn looks(source: &Source, of: &Dictionary, depth: u8) -> Result<Option<Vec<Drawn>>, PdfError> {
    let mut looks = Vec::new();
    for (_, state) in of {
        let id = state.as_reference().ok();
        let found = id.map(|id| source.indirect(id)).transpose()?.flatten();
        let states = match (id, &found, state) {
            (
                Some(id),
                Some(Indirect { object: Object::Dictionary(form), stream: Some(_), .. }),
                _,
            ) => {
                let bounds = form.get(b"BBox").ok().and_then(|bounds| source.rectangle(bounds));
                let content = source.stream_plain(id)?.map(|content| operations(&content));
                let is_empty = matches!(content, Some(Ok(operations)) if operations.is_empty());
                looks.push(Drawn { bounds, paints: !is_empty });
                continue;
            }
            (_, Some(Indirect { object: Object::Dictionary(states), .. }), _)
            | (None, _, Object::Dictionary(states)) => states,
            _ => return Ok(None),
        };
        match self::looks(source, states, depth + 1)?.filter(|_| depth == 0) {
            Some(more) => looks.extend(more),
            None => return Ok(None),
        }
    }
    Ok(Some(looks))
}

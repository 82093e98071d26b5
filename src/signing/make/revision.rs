//! The revision that carries a signature: stamps on pages, the field with its widget and
//! look, and the signature dictionary with a hole for the value.

use lopdf::{Dictionary, Object, ObjectId, StringFormat, Writer, dictionary};

use super::palette::Palette;
use super::{Look, PageStamps, SigningJob, open};
use crate::pdf::appearance;
use crate::pdf::blanks::Opening;
use crate::pdf::structure::{FieldLock, Permission, SignatureField, Source, Transform, Update};
use crate::pdf::{PdfError, Rect};
use crate::signing::SigningError;

/// Print, so that it is on paper too, and locked, so that nobody drags it (12.5.3).
pub(super) const WIDGET_FLAGS: i64 = 4 | 128;
/// Signatures that one document may carry; the office makes two.
const MAX_SIGNATURES: usize = 64;

/// A revision with a hole.
#[derive(Debug)]
pub(super) struct Reserved {
    pub appended: Vec<u8>,
    /// The hex string's place in `appended`, delimiters included.
    pub hole: std::ops::Range<usize>,
    pub field: String,
}

/// What the signature dictionary says beside range and value.
#[derive(Debug)]
pub(super) struct Wording {
    /// `/Type`: `Sig` or `DocTimeStamp`.
    pub kind: &'static str,
    pub sub_filter: &'static str,
    pub entries: Dictionary,
}

/// What a revision with a hole consists of beside the signature.
struct Layout<'a> {
    field: Option<&'a str>,
    /// What new fields are called, with a number, and what they are to whoever hears the page.
    prefix: &'static str,
    spoken: &'static str,
    look: &'a Look,
    stamps: &'a [PageStamps],
    keep_open: &'a [Opening],
    fill: &'a [Opening],
}

/// Lays out the revision for `job`, with room for `room` bytes of signature.
pub(super) fn reserve(
    job: &SigningJob<'_>,
    wording: &Wording,
    room: usize,
) -> Result<Reserved, SigningError> {
    let SigningJob { field, look, stamps, keep_open, fill, .. } = job;
    let field = field.as_deref();
    let (prefix, spoken) = ("Signature", "Chữ ký số");
    let layout = Layout { field, prefix, spoken, look, stamps, keep_open, fill };
    lay_out(job.source, &layout, wording, room)
}

/// Lays out the revision for a document time stamp, which shows nothing.
pub(super) fn reserve_timestamp(
    source: &Source,
    wording: &Wording,
    room: usize,
) -> Result<Reserved, SigningError> {
    let look = Look::Invisible;
    let layout = Layout {
        field: None,
        prefix: "Timestamp",
        spoken: "Dấu thời gian",
        look: &look,
        stamps: &[],
        keep_open: &[],
        fill: &[],
    };
    lay_out(source, &layout, wording, room)
}

fn lay_out(
    source: &Source,
    layout: &Layout<'_>,
    wording: &Wording,
    room: usize,
) -> Result<Reserved, SigningError> {
    let fields = source.signature_fields()?;
    if fields.len() >= MAX_SIGNATURES {
        return Err(PdfError::Forbidden("too many signatures".to_owned()).into());
    }
    let (name, existing) = choose_field(layout, source, &fields)?;
    permit(&fields, &name, wording)?;
    if existing.is_none() && matches!(layout.look, Look::Visible { .. }) {
        permit_new_visible(&fields)?;
    }
    let new_on_page = !layout.stamps.is_empty() || !layout.keep_open.is_empty();
    if new_on_page && fields.iter().any(|field| field.value.is_some()) {
        return Err(SigningError::WouldBreakEarlier);
    }

    let mut update = Update::new(source)?;
    let mut palette = Palette::default();
    for stamps in layout.stamps {
        stamp_page(&mut update, source, &mut palette, stamps)?;
    }
    let added = open::keep_open(&mut update, source, &mut palette, layout.keep_open)?;
    let lock = open::fill(&mut update, source, layout.fill)?;
    let value = update.allocate();
    let field = match existing {
        Some(field) => sign_existing(&mut update, source, &mut palette, field, value, layout.look)?,
        None => {
            let named = (name.as_str(), layout.spoken);
            add_field(&mut update, source, &mut palette, named, value, layout.look)?
        }
    };
    let entered: Vec<ObjectId> = added.fields.iter().copied().chain([field]).collect();
    enter_in_form(&mut update, source, &entered, &added)?;
    let own = existing.and_then(|field| Some((field.lock.clone()?, field.lock_permission)));
    let locks = own.into_iter().chain(lock.map(|lock| (lock, None))).collect();
    let (body, hole, range) = signature_body(source, locks, wording, room)?;
    update.set_raw(value, body);

    let mut revised = update.write()?;
    let body = *revised
        .bodies
        .get(&value.0)
        .ok_or_else(|| PdfError::Damaged("the signature was not written".to_owned()))?;
    let hole = body + hole.start..body + hole.end;
    let start = source.size();
    let total = start + revised.appended.len();
    let numbers =
        format!("[0 {} {} {}]", start + hole.start, start + hole.end, total - (start + hole.end));
    let place = revised.appended.get_mut(body + range.start..body + range.end);
    let place = place
        .and_then(|place| place.get_mut(..numbers.len()))
        .ok_or_else(|| PdfError::Damaged("no room for the byte range".to_owned()))?;
    place.copy_from_slice(numbers.as_bytes());
    Ok(Reserved { appended: revised.appended, hole, field: name })
}

/// The field to sign: the one that is named, if it stands empty, or a new one.
fn choose_field<'a>(
    layout: &Layout<'_>,
    source: &Source,
    fields: &'a [SignatureField],
) -> Result<(String, Option<&'a SignatureField>), SigningError> {
    let taken: Vec<String> = source.fields()?.into_iter().map(|field| field.name).collect();
    match layout.field {
        Some(name) => match fields.iter().find(|field| field.name == name) {
            Some(field) if field.value.is_none() => Ok((name.to_owned(), Some(field))),
            Some(_) => Err(SigningError::FieldTaken(name.to_owned())),
            // A dot would ask for a tree of fields.
            None if taken.iter().any(|taken| taken == name) || name.contains('.') => {
                Err(SigningError::FieldTaken(name.to_owned()))
            }
            None => Ok((name.to_owned(), None)),
        },
        None => {
            let free = (1_u32..).map(|number| format!("{}{number}", layout.prefix));
            let name = free.into_iter().find(|name| !taken.contains(name));
            Ok((name.unwrap_or_default(), None))
        }
    }
}

/// Earlier signatures may forbid this one.
fn permit(fields: &[SignatureField], name: &str, wording: &Wording) -> Result<(), SigningError> {
    // Time stamps are permitted always (ISO 32000-2, table 257).
    if wording.kind == "DocTimeStamp" {
        return Ok(());
    }
    let forbids = |rule: &Transform| match rule {
        Transform::DocMdp(permission) | Transform::Limit(permission) => {
            *permission == Permission::Nothing
        }
        Transform::FieldMdp(lock) => lock.locks(name),
        Transform::Other(_) => false,
    };
    let locking = fields.iter().find(|field| {
        field.value.as_ref().is_some_and(|value| value.transforms.iter().any(forbids))
    });
    match locking {
        Some(field) => Err(SigningError::Locked { by: field.name.clone() }),
        None => Ok(()),
    }
}

/// What was certified with changes permitted lets empty fields be signed and invisible ones be
/// added. A new one that shows is an annotation that the author did not provide, and checkers
/// hold it to be a change of the document
/// (ISO 32000-2, 12.8.2.2).
fn permit_new_visible(fields: &[SignatureField]) -> Result<(), SigningError> {
    let certified = |field: &&SignatureField| {
        field.value.as_ref().is_some_and(|value| {
            value.transforms.iter().any(|rule| matches!(rule, Transform::DocMdp(_)))
        })
    };
    match fields.iter().find(certified) {
        Some(field) => Err(SigningError::CertifiedAgainst { by: field.name.clone() }),
        None => Ok(()),
    }
}

fn stamp_page(
    update: &mut Update<'_>,
    source: &Source,
    palette: &mut Palette,
    PageStamps { page, stamps }: &PageStamps,
) -> Result<(), SigningError> {
    let (id, _) = source.page(*page)?;
    let geometry = source.page_geometry(*page)?;
    let colours = palette.colours(update, source)?;
    let overlay = appearance::overlay(stamps, &geometry, update.first_free(), &colours)?;
    for (id, object) in overlay.objects {
        update.set(id, object);
    }
    let Object::Dictionary(mut dictionary) = update.object(id)? else {
        return Err(PdfError::Damaged("a page is no dictionary".to_owned()).into());
    };
    // Resources may be inherited or shared: the page gets a copy of its own.
    let mut resources = match source.inherited(&dictionary, b"Resources")? {
        Some(Object::Dictionary(resources)) => resources,
        _ => Dictionary::new(),
    };
    let mut objects = source.member_dictionary(&resources, b"XObject")?.unwrap_or_default();
    if objects.has(overlay.name.as_bytes()) {
        return Err(PdfError::Damaged("a name is taken".to_owned()).into());
    }
    objects.set(overlay.name, overlay.form);
    resources.set("XObject", objects);
    let mut contents = vec![Object::Reference(overlay.before)];
    match dictionary.get(b"Contents") {
        Ok(Object::Reference(old)) => match source.object(*old)? {
            Object::Array(parts) => contents.extend(parts),
            _ => contents.push(Object::Reference(*old)),
        },
        Ok(Object::Array(parts)) => contents.extend(parts.iter().cloned()),
        _ => {}
    }
    contents.push(Object::Reference(overlay.after));
    dictionary.set("Contents", contents);
    dictionary.set("Resources", resources);
    update.set(id, Object::Dictionary(dictionary));
    Ok(())
}

/// The look of a signature as `/AP`, fitted to its place.
fn draw(
    update: &mut Update<'_>,
    source: &Source,
    palette: &mut Palette,
    page: u32,
    rect: Rect,
    look: &appearance::Appearance,
) -> Result<Dictionary, SigningError> {
    let geometry = source.page_geometry(page)?;
    // In points, so that text keeps its size; the viewer fits the form into the rectangle.
    let shown = geometry.points_from_user(rect);
    let look = appearance::Appearance {
        size_pt: (shown.width, shown.height),
        page_rotation: geometry.rotate,
        ..look.clone()
    };
    let colours = palette.colours(update, source)?;
    let built = look.build(update.first_free(), &colours)?;
    for (id, object) in built.objects {
        update.set(id, object);
    }
    Ok(dictionary! { "N" => built.form })
}

fn add_field(
    update: &mut Update<'_>,
    source: &Source,
    palette: &mut Palette,
    (name, spoken): (&str, &str),
    value: ObjectId,
    look: &Look,
) -> Result<ObjectId, SigningError> {
    let id = update.allocate();
    let (page, rect, drawn) = match look {
        Look::Invisible => (1, Rect::new(0.0, 0.0, 0.0, 0.0), None),
        Look::Visible { page, rect, appearance } => {
            let crop = source.page_geometry(*page)?.crop;
            let sane = [rect.x, rect.y, rect.width, rect.height].iter().all(|n| n.is_finite())
                && rect.width > 0.0
                && rect.height > 0.0;
            let seen = rect.x < crop.right()
                && rect.right() > crop.x
                && rect.y < crop.top()
                && rect.top() > crop.y;
            if !sane || !seen {
                return Err(SigningError::OutsidePage { page: *page });
            }
            (*page, *rect, Some(draw(update, source, palette, *page, *rect, appearance)?))
        }
    };
    let (page_id, page_dictionary) = source.page(page)?;
    let corners = [rect.x, rect.y, rect.right(), rect.top()].map(Object::Real);
    let mut field = dictionary! {
        "Type" => "Annot",
        "Subtype" => "Widget",
        "FT" => "Sig",
        "T" => text(name),
        "TU" => text(spoken),
        "V" => value,
        "F" => WIDGET_FLAGS,
        "P" => page_id,
        "Rect" => corners.to_vec(),
    };
    if let Some(drawn) = drawn {
        field.set("AP", drawn);
    }
    update.set(id, Object::Dictionary(field));
    // The page may have been stamped in this very update.
    let page_dictionary = match update.object(page_id)? {
        Object::Dictionary(page) => page,
        _ => page_dictionary,
    };
    let (page_dictionary, changed) =
        update.change_array(page_dictionary, b"Annots", |list| list.push(id.into()))?;
    if changed {
        update.set(page_id, Object::Dictionary(page_dictionary));
    }
    Ok(id)
}

fn sign_existing(
    update: &mut Update<'_>,
    source: &Source,
    palette: &mut Palette,
    field: &SignatureField,
    value: ObjectId,
    look: &Look,
) -> Result<ObjectId, SigningError> {
    let Object::Dictionary(mut dictionary) = source.object(field.id)? else {
        return Err(PdfError::Damaged("a field is no dictionary".to_owned()).into());
    };
    if dictionary.has(b"Kids") {
        return Err(PdfError::Forbidden("a field with several widgets".to_owned()).into());
    }
    dictionary.set("V", value);
    let place = field.rect.filter(|rect| rect.width > 0.0 && rect.height > 0.0);
    if let (Some(rect), Look::Visible { page, appearance, .. }) = (place, look) {
        // The document says where; the job only how it looks.
        let drawn = draw(update, source, palette, *page, rect, appearance)?;
        dictionary.set("AP", drawn);
    }
    update.set(field.id, Object::Dictionary(dictionary));
    Ok(field.id)
}

/// Lists the fields in `/AcroForm`, which may be missing or stand anywhere, and their fonts and
/// colours in its resources.
fn enter_in_form(
    update: &mut Update<'_>,
    source: &Source,
    fields: &[ObjectId],
    added: &open::Added,
) -> Result<(), SigningError> {
    let (catalog_id, mut catalog) = source.catalog()?;
    let (form_id, form) = source.form()?.unwrap_or_default();
    let known = source.fields()?;
    let new: Vec<Object> = fields
        .iter()
        .filter(|field| !known.iter().any(|known| known.id == **field))
        .map(|field| Object::Reference(*field))
        .collect();
    let (mut form, mut fields_changed) = if new.is_empty() {
        (form, false)
    } else {
        update.change_array(form, b"Fields", |list| list.extend(new))?
    };
    if !added.fonts.is_empty() {
        let mut resources = source.member_dictionary(&form, b"DR")?.unwrap_or_default();
        let mut listed = source.member_dictionary(&resources, b"Font")?.unwrap_or_default();
        listed.extend(&added.fonts);
        resources.set("Font", listed);
        if added.colours.profile.is_some() {
            let spaces = source.member_dictionary(&resources, b"ColorSpace")?;
            let mut spaces = spaces.unwrap_or_default();
            added.colours.list_in(&mut spaces);
            resources.set("ColorSpace", spaces);
        }
        form.set("DR", resources);
        fields_changed = true;
    }
    // Signatures exist, and the file must only be appended to (table 219).
    let flags_changed = form.get(b"SigFlags").and_then(Object::as_i64).ok() != Some(3);
    form.set("SigFlags", 3_i64);
    if fields_changed || flags_changed {
        match form_id {
            Some(id) => update.set(id, Object::Dictionary(form)),
            None => {
                catalog.set("AcroForm", form);
                update.set(catalog_id, Object::Dictionary(catalog));
            }
        }
    }
    Ok(())
}

type Place = std::ops::Range<usize>;

/// The signature dictionary as bytes, with the places of its hole and of its byte range.
fn signature_body(
    source: &Source,
    locks: Vec<(FieldLock, Option<Permission>)>,
    wording: &Wording,
    room: usize,
) -> Result<(Vec<u8>, Place, Place), SigningError> {
    let mut body =
        format!("<</Type/{}/Filter/Adobe.PPKLite/SubFilter/{}", wording.kind, wording.sub_filter)
            .into_bytes();
    body.extend_from_slice(b"/ByteRange ");
    let range = body.len();
    // Three numbers of at most ten digits each, as in a cross-reference table.
    body.extend_from_slice(&[b' '; 40]);
    let range = range..body.len();
    body.extend_from_slice(b"/Contents ");
    let hole = body.len();
    body.push(b'<');
    body.resize(body.len() + room * 2, b'0');
    body.push(b'>');
    let hole = hole..body.len();
    let mut entries = wording.entries.clone();
    if !locks.is_empty() {
        let (root, _) = source.catalog()?;
        let reference = |(lock, permission): &(FieldLock, Option<Permission>)| {
            Object::Dictionary(lock_reference(lock, *permission, root))
        };
        entries.set("Reference", locks.iter().map(reference).collect::<Vec<_>>());
    }
    for (key, entry) in entries.iter() {
        let mut written = Vec::new();
        Writer::write_object(&mut written, &Object::Name(key.clone()))
            .and_then(|()| {
                written.push(b' ');
                Writer::write_object(&mut written, entry)
            })
            .map_err(|error| PdfError::Damaged(error.to_string()))?;
        body.extend_from_slice(&written);
    }
    body.extend_from_slice(b">>");
    Ok((body, hole, range))
}

/// A field with `/Lock` locks what it names when it is signed (12.7.4.5, table 233).
fn lock_reference(lock: &FieldLock, permission: Option<Permission>, root: ObjectId) -> Dictionary {
    let (action, names) = match lock {
        FieldLock::All => ("All", None),
        FieldLock::Include(names) => ("Include", Some(names)),
        FieldLock::Exclude(names) => ("Exclude", Some(names)),
    };
    let mut parameters =
        dictionary! { "Type" => "TransformParams", "V" => "1.2", "Action" => action };
    // The version is a name, as the standard wants it.
    parameters.set("V", Object::Name(b"1.2".to_vec()));
    if let Some(permission) = permission {
        parameters.set("P", permission.number());
    }
    if let Some(names) = names {
        let names: Vec<Object> = names.iter().map(|name| text(name)).collect();
        parameters.set("Fields", names);
    }
    dictionary! {
        "Type" => "SigRef",
        "TransformMethod" => "FieldMDP",
        "TransformParams" => parameters,
        "Data" => root,
    }
}

/// A text string: as it is where it is ASCII, else UTF-16 (7.9.2.2).
pub(super) fn text(text: &str) -> Object {
    if text.is_ascii() {
        return Object::String(text.as_bytes().to_vec(), StringFormat::Literal);
    }
    let units = text.encode_utf16().flat_map(u16::to_be_bytes);
    let bytes = [0xfe, 0xff].into_iter().chain(units).collect();
    Object::String(bytes, StringFormat::Hexadecimal)
}

//! Forms that were filled in: what the field says now, and that its look says the same.
//!
//! A value that says one thing and a look that shows another are the oldest trick of the
//! shadow attacks. So the look is read ([`look`]) and must show the value and nothing else;
//! only `/V`, `/AP` and `/AS` may differ, and whatever is not understood stays unexplained.

use lopdf::{Dictionary, Object, ObjectId};

use super::comparison::Comparison;
use super::look;
use super::tick;
use super::walk::{Place, differing};
use crate::pdf::structure::{Field, Source, text};
use crate::pdf::{PdfError, Rect};

/// A field that says something else than before.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Filling {
    pub field: String,
    pub text: String,
    /// It had no value before, and showed none.
    pub was_empty: bool,
    pub look: Look,
    /// It was kept for number or date.
    pub is_number: bool,
}

/// What the value is drawn with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Look {
    /// What every viewer knows: a standard font, or a small box that is ticked.
    Common,
    /// What only the form's maker answers for: a font that the document brings and that may
    /// draw anything for any letter, a box that is more than a box, what the viewer draws.
    OfForm,
}

/// Fields that the maker leaves empty for the number and the date at issue.
const NUMBER_FIELDS: [&str; 4] = ["VtNumber", "VtDay", "VtMonth", "VtYear"];
/// A number or a part of a date.
const MOST_DIGITS: usize = 6;
/// The largest box for one of them, in points.
const NUMBER_BOX: (f32, f32) = (200.0, 40.0);

/// Keys of a widget, and of a field, that filling in changes.
const WIDGET_KEYS: [&[u8]; 3] = [b"AP", b"AS", b"M"];
const FIELD_KEYS: [&[u8]; 2] = [b"V", b"M"];

/// A widget of a field, before and now.
pub(super) struct Widget {
    pub id: ObjectId,
    pub old: Dictionary,
    pub new: Dictionary,
}

impl Widget {
    pub fn rect(&self, comparison: &Comparison) -> Option<Rect> {
        self.new.get(b"Rect").ok().and_then(|rect| comparison.now.rectangle(rect))
    }

    /// The text of this look, where it shows text and nothing else.
    fn shows(
        &self,
        comparison: &Comparison,
        look: ObjectId,
    ) -> Result<Option<(String, Look)>, PdfError> {
        match self.rect(comparison) {
            Some(rect) => {
                let style = comparison.now.member_dictionary(&self.new, b"MK")?.unwrap_or_default();
                let turn = comparison.now.member(&style, b"R")?.as_i64().unwrap_or(0);
                // Upside down, a 6 is a 9.
                match turn.rem_euclid(360) {
                    180 => Ok(None),
                    turn => look::shown(comparison, look, rect, turn),
                }
            }
            None => Ok(None),
        }
    }
}

/// What a field that is none for signatures says now, if it changed and that can be
/// understood. What cannot stays unexplained and is named with the other objects.
pub(super) fn filled(
    comparison: &mut Comparison,
    old: &Field,
    new: &Field,
) -> Result<Option<Filling>, PdfError> {
    let widgets = widgets(comparison, old)?;
    let touched: Vec<ObjectId> = std::iter::once(old.id)
        .chain(widgets.iter().map(|widget| widget.id))
        .filter(|id| comparison.is_changed(id.0))
        .collect();
    if touched.is_empty() {
        return Ok(None);
    }
    for id in &touched {
        comparison.plain(*id)?;
    }
    if old.kind != new.kind || old.name != new.name || !only_filled(old, new, &widgets) {
        return Ok(None);
    }
    let said = match old.kind.as_slice() {
        b"Tx" | b"Ch" => written(comparison, new, &widgets)?,
        b"Btn" => tick::ticked(comparison, new, &widgets)?,
        _ => None,
    };
    let Some((text, look)) = said else { return Ok(None) };
    let was_empty = match comparison.signed.member(&old.dictionary, b"V")? {
        Object::Name(value) => value == b"Off",
        Object::Null if old.kind == b"Btn" => true,
        Object::Null => showed_nothing(comparison, &widgets)?,
        Object::String(value, _) => value.is_empty() && showed_nothing(comparison, &widgets)?,
        _ => false,
    };
    let is_number = NUMBER_FIELDS.contains(&old.name.as_str());
    if is_number && !is_number_filled(comparison, new, &text)? {
        return Ok(None);
    }
    for id in touched {
        comparison.explain_in_form(id.0);
    }
    Ok(Some(Filling { field: old.name.clone(), text, was_empty, look, is_number }))
}

/// The names of the fields for number and date that still wait for their digits.
pub(super) fn still_open(source: &Source) -> Result<Vec<String>, PdfError> {
    let mut open = Vec::new();
    for field in source.fields()? {
        let is_empty = match source.member(&field.dictionary, b"V")? {
            Object::Null => true,
            Object::String(value, _) => value.is_empty(),
            _ => false,
        };
        if is_empty && NUMBER_FIELDS.contains(&field.name.as_str()) {
            open.push(field.name);
        }
    }
    Ok(open)
}

/// Ways to a field or widget that show it as nothing else.
pub(super) fn is_form_place(place: &Place) -> bool {
    const KEYS: [&[u8]; 5] = [b"AcroForm", b"Parent", b"K", b"Obj", b"CO"];
    KEYS.contains(&place.1.as_slice()) || is_list_place(place)
}

/// Ways to a list of fields or widgets.
pub(super) fn is_list_place(place: &Place) -> bool {
    // Written inside the catalog, the form's members are seen as the catalog's.
    const KEYS: [&[u8]; 4] = [b"AcroForm", b"Fields", b"Annots", b"Kids"];
    KEYS.contains(&place.1.as_slice())
}

/// Whether viewers are asked to draw what fields show themselves, whatever looks they bring
/// (12.7.2, `/NeedAppearances`).
fn is_drawn_anew(source: &Source) -> Result<bool, PdfError> {
    let (_, form) = source.form()?.unwrap_or_default();
    let asked = source.member(&form, b"NeedAppearances")?;
    Ok(!matches!(asked, Object::Null | Object::Boolean(false)))
}

/// The field itself, or the kids that have no names of their own.
fn widgets(comparison: &Comparison, field: &Field) -> Result<Vec<Widget>, PdfError> {
    let kids = comparison.signed.member_array(&field.dictionary, b"Kids")?.unwrap_or_default();
    let mut ids: Vec<ObjectId> = kids.iter().filter_map(|kid| kid.as_reference().ok()).collect();
    if ids.is_empty() {
        ids.push(field.id);
    }
    let dictionary = |source: &Source, id| -> Result<Dictionary, PdfError> {
        Ok(match source.object(id)? {
            Object::Dictionary(found) => found,
            _ => Dictionary::new(),
        })
    };
    ids.into_iter()
        .map(|id| {
            let (old, new) = (dictionary(comparison.signed, id)?, dictionary(comparison.now, id)?);
            Ok(Widget { id, old, new })
        })
        .collect()
}

fn only_filled(old: &Field, new: &Field, widgets: &[Widget]) -> bool {
    let is_widget = |id: ObjectId| widgets.iter().any(|widget| widget.id == id);
    let in_field = differing(&old.dictionary, &new.dictionary).iter().all(|key| {
        FIELD_KEYS.contains(&key.as_slice())
            || is_widget(old.id) && WIDGET_KEYS.contains(&key.as_slice())
    });
    let in_widgets = widgets.iter().filter(|widget| widget.id != old.id).all(|widget| {
        let differing = differing(&widget.old, &widget.new);
        differing.iter().all(|key| WIDGET_KEYS.contains(&key.as_slice()))
    });
    in_field && in_widgets
}

/// A text or a choice: every widget shows the value.
fn written(
    comparison: &Comparison,
    field: &Field,
    widgets: &[Widget],
) -> Result<Option<(String, Look)>, PdfError> {
    let value = match field.dictionary.get(b"V") {
        Ok(Object::String(value, _)) => text(value),
        Ok(Object::Null) | Err(_) => String::new(),
        Ok(_) => return Ok(None),
    };
    let shown =
        if field.kind == b"Ch" { displayed(comparison, field, &value)? } else { value.clone() };
    let anew = is_drawn_anew(comparison.now)?;
    let mut kind = if anew { Look::OfForm } else { Look::Common };
    for widget in widgets {
        let looks = (widget.old.get(b"AP").ok(), widget.new.get(b"AP").ok());
        // Drawn by the viewer with the form's fonts, and with its ground, which may hide.
        if anew || looks == (None, None) {
            let style = comparison.now.member_dictionary(&widget.new, b"MK")?;
            if style.is_some_and(|style| style.has(b"BG") || style.has(b"BC")) {
                return Ok(None);
            }
        }
        let own = match looks {
            (None, None) => Look::OfForm,
            (Some(old), Some(new)) if old == new => return Ok(None),
            (_, Some(look)) => {
                let Some(id) = only_look(look).filter(|id| comparison.is_added(id.0)) else {
                    return Ok(None);
                };
                match widget.shows(comparison, id)? {
                    Some((drawn, kind)) if bare(&drawn) == bare(&shown) => kind,
                    _ => return Ok(None),
                }
            }
            (Some(_), None) => return Ok(None),
        };
        kind = kind.max(own);
    }
    Ok(Some((value, kind)))
}

/// The one look of a widget without states.
fn only_look(look: &Object) -> Option<ObjectId> {
    let look = look.as_dict().ok().filter(|look| look.len() == 1)?;
    look.get(b"N").and_then(Object::as_reference).ok()
}

/// A look that says something without a value would be gone with the next one.
fn showed_nothing(comparison: &Comparison, widgets: &[Widget]) -> Result<bool, PdfError> {
    for widget in widgets {
        let Ok(look) = widget.old.get(b"AP") else { continue };
        let shown = match only_look(look) {
            Some(id) => widget.shows(comparison, id)?,
            None => None,
        };
        if shown.is_none_or(|(text, _)| !text.is_empty()) {
            return Ok(false);
        }
    }
    Ok(true)
}

/// A text without its spaces: lines are broken where the box ends.
fn bare(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

/// What a choice shows for a value (12.7.4.4, `/Opt`).
fn displayed(comparison: &Comparison, field: &Field, value: &str) -> Result<String, PdfError> {
    let options = comparison.now.member_array(&field.dictionary, b"Opt")?.unwrap_or_default();
    for option in options {
        if let Object::Array(pair) = comparison.now.resolve(&option)?
            && let [Object::String(export, _), Object::String(shown, _)] = pair.as_slice()
            && text(export) == value
        {
            return Ok(text(shown));
        }
    }
    Ok(value.to_owned())
}

/// Digits, drawn, in a small box on the first page.
fn is_number_filled(comparison: &Comparison, field: &Field, text: &str) -> Result<bool, PdfError> {
    let digits =
        (1..=MOST_DIGITS).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let small = |rect: &Rect| rect.width <= NUMBER_BOX.0 && rect.height <= NUMBER_BOX.1;
    let rect = field.dictionary.get(b"Rect").ok().and_then(|rect| comparison.now.rectangle(rect));
    let (_, page) = comparison.now.page(1)?;
    let annotations = comparison.now.member_array(&page, b"Annots")?.unwrap_or_default();
    Ok(field.kind == b"Tx"
        && digits
        && field.dictionary.has(b"AP")
        && !field.dictionary.has(b"Kids")
        && rect.as_ref().is_some_and(small)
        && annotations.contains(&Object::Reference(field.id)))
}

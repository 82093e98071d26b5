//! Objects of a token and what they say of themselves, in bounded numbers and lengths.

use cryptoki::object::{Attribute, AttributeInfo, AttributeType, ObjectClass, ObjectHandle};
use cryptoki::session::{Session, SessionState};

use super::codes::failed;
use crate::token::TokenError;

/// No certificate comes near this; more is a module gone wrong.
const MAX_CERTIFICATE: usize = 64 * 1024;
/// No token holds so many objects of one class.
const MAX_OBJECTS: usize = 64;

/// CKA_ALWAYS_AUTHENTICATE; a module that does not know the attribute does not mean it.
pub fn wants_pin_every_time(session: &Session, key: ObjectHandle) -> bool {
    matches!(
        session.get_attributes(key, &[AttributeType::AlwaysAuthenticate]).as_deref(),
        Ok([Attribute::AlwaysAuthenticate(true)])
    )
}

/// Whether the token counts us as logged in: a module may drop the login on its own.
pub fn is_logged_in(session: &Session) -> bool {
    session.get_session_info().is_ok_and(|info| {
        matches!(info.session_state(), SessionState::RoUser | SessionState::RwUser)
    })
}

pub fn objects(session: &Session, class: ObjectClass) -> Result<Vec<ObjectHandle>, TokenError> {
    find(session, &[Attribute::Class(class)])
}

/// At most [`MAX_OBJECTS`]: a module that has lost count would never end.
pub fn find(session: &Session, wanted: &[Attribute]) -> Result<Vec<ObjectHandle>, TokenError> {
    session
        .iter_objects(wanted)
        .and_then(|found| found.take(MAX_OBJECTS).collect())
        .map_err(|error| failed(&error))
}

pub fn attribute_id(session: &Session, object: ObjectHandle) -> Option<Vec<u8>> {
    match attribute(session, object, AttributeType::Id)? {
        Attribute::Id(id) if !id.is_empty() => Some(id),
        _ => None,
    }
}

pub fn value(session: &Session, object: ObjectHandle) -> Option<Vec<u8>> {
    match attribute(session, object, AttributeType::Value)? {
        Attribute::Value(der) if !der.is_empty() => Some(der),
        _ => None,
    }
}

/// One attribute, unless it is absurdly long.
fn attribute(session: &Session, object: ObjectHandle, what: AttributeType) -> Option<Attribute> {
    match session.get_attribute_info(object, &[what]).ok()?.as_slice() {
        [AttributeInfo::Available(size)] if *size <= MAX_CERTIFICATE => {
            session.get_attributes(object, &[what]).ok()?.pop()
        }
        _ => None,
    }
}
